"""Where a printed gradient first departs from the right one, and by which factor."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

from harness.coursework.agreement import TOLERANCE, relative_error
from harness.coursework.sources import Point
from harness.network.layout import Layer
from harness.network.network import Network
from optimizers.objective import Array

SMALL = 1e-3
"""Part of the largest entry below which an entry says little of a ratio."""


class Departure(NamedTuple):
    """One part of the gradient: its error, the extremes of printed over right, and their common factor."""

    part: str
    error: float
    lowest: float
    highest: float
    factor: float | None

    @property
    def departs(self) -> bool:
        """Whether the printed formula is wrong here."""
        return not self.error <= TOLERANCE

    @property
    def words(self) -> str:
        """What printed over right amounts to."""
        if self.factor is not None:
            return f"{self.factor:.4g}"
        return f"{self.lowest:.2g} to {self.highest:.2g}"


def flat(layers: Sequence[Layer]) -> Array:
    """Return layers as one vector, in the order of the network's parameters."""
    return np.concatenate([np.append(np.ravel(weights), biases) for weights, biases in layers])


def parts(network: Network, y: Array) -> dict[str, Array]:
    """Return the parts of the gradient from the output back, each as a mask of shape (n,).

    The biases of a layer come before its weights, for their derivatives are those by the layer's sums, from
    which a derivation goes on. Where targets are a distribution, the output layer is split by class.

    >>> list(parts(Network(sizes=(2, 2, 1)), np.zeros(1)))
    ['output biases', 'output weights', 'hidden biases', 'hidden weights']
    """
    hidden = len(network.sizes) - 2
    count = len(network.sizes) - 1
    found: dict[str, Array] = {}
    for layer in range(count - 1, -1, -1):
        form = "output {}" if layer == count - 1 else "hidden {}" if hidden == 1 else "{} of hidden layer "
        form += "" if layer == count - 1 or hidden == 1 else str(layer + 1)
        classes: dict[str, Array] = {"": np.ones(network.sizes[layer + 1], dtype=bool)}
        if layer == count - 1 and network.loss_entry.targets == "distribution":
            classes = {" (true class)": y == 1.0, " (other classes)": y != 1.0}
        for kind in ("biases", "weights"):
            for name, units in classes.items():
                mask = np.zeros(network.size)
                views = network.layers(mask)[layer]
                (views.biases if kind == "biases" else views.weights)[units] = 1.0
                found[form.format(kind) + name] = mask.astype(bool)
    return found


def departures(
    network: Network, points: Sequence[Point], printed: Sequence[Array], right: Sequence[Array]
) -> list[Departure]:
    """Compare a printed gradient with the right one part by part, from the output back.

    Arguments:
        network: the network.
        points: where.
        printed: a gradient a point, NaN where nothing is printed; parts without print are left out.
        right: a gradient a point.
    """
    masks = [parts(network, point.y) for point in points]
    rows = []
    for part in masks[0]:
        places = [mask[part] & ~np.isnan(found) for mask, found in zip(masks, printed, strict=True)]
        if not any(place.any() for place in places):
            continue
        error = max(relative_error(*pair) for pair in zip(printed, right, places, strict=True))
        found = np.concatenate([vector[place] for vector, place in zip(printed, places, strict=True)])
        expected = np.concatenate([vector[place] for vector, place in zip(right, places, strict=True)])
        telling = abs(expected) > SMALL * abs(expected).max(initial=0.0)
        ratios = found[telling] / expected[telling] if telling.any() else np.ones(1)
        factor = float(found @ expected / (expected @ expected)) if telling.any() else 1.0
        fits = relative_error(found, factor * expected) <= TOLERANCE
        rows.append(
            Departure(part, error, float(ratios.min()), float(ratios.max()), factor if fits else None)
        )
    return rows
