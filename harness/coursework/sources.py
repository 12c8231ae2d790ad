"""What the harness's own ways to a gradient say at a few points."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

from harness.network.network import Network
from optimizers.objective import Array

PLAIN_LOSS = "autodiff of the plain loss"


class Point(NamedTuple):
    """Parameters, shape (n,), one row of inputs and its targets."""

    w: Array
    x: Array
    y: Array


class Answers(NamedTuple):
    """Gradients by source, one a point, and the reason of each source that did not take part."""

    gradients: dict[str, list[Array]]
    refusals: dict[str, str]


def source_gradients(network: Network, points: Sequence[Point]) -> Answers:
    """Ask every known gradient source, and automatic differentiation of the network's plain loss.

    Arguments:
        network: the network.
        points: where; the loss at a point is that of its own row.

    >>> network = Network(sizes=(1, 1))
    >>> answers = source_gradients(network, [Point(np.array([2.0, 0.5]), np.array([1.0]), np.array([2.0]))])
    >>> answers.gradients["analytic"][0].tolist()
    [0.5, 0.5]
    """
    from harness.autodiff import gradient
    from harness.gradients import known_sources
    from harness.network.objective import NetworkObjective
    from harness.network.plain_loss import summed_loss

    inputs, targets = np.array([point.x for point in points]), np.array([point.y for point in points])
    found: dict[str, list[Array]] = {}
    refusals: dict[str, str] = {}
    for name, source in known_sources().items():
        built = source()
        reason = built.refusal(network)
        if reason is not None:
            refusals[name] = reason
            continue
        objective = NetworkObjective(network, inputs, targets, built)
        found[name] = [
            objective.value_and_gradient(point.w, rows=np.array([row]))[1] for row, point in enumerate(points)
        ]
    slope = gradient(summed_loss(network))
    found[PLAIN_LOSS] = [np.array(slope(w, x[:, None], y[:, None])) for w, x, y in points]
    return Answers(found, refusals)


def consensus(answers: Answers) -> list[Array]:
    """Return the median of all sources at each point, entry by entry: no source decides by itself."""
    return [np.median(found, axis=0) for found in zip(*answers.gradients.values(), strict=True)]


def plain_loss(network: Network, point: Point, w: Array) -> float:
    """Return the loss of a point's row at other parameters, by the plain loss."""
    from harness.network.plain_loss import summed_loss

    return float(summed_loss(network)(w, point.x[:, None], point.y[:, None]))
