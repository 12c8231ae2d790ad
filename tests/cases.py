"""Every network that the tables allow, and data that fit it, away from kinks."""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from typing import Any, NamedTuple

import numpy as np
from oracles import sums_and_outputs

from harness.gradients import build_source
from harness.network.activations import ACTIVATIONS
from harness.network.losses import LOSSES, Loss
from harness.network.network import Network
from harness.network.objective import NetworkObjective

HIDDEN = tuple(activation.name for activation in ACTIVATIONS if activation.hidden)
KINKS = ("relu", "step")


class Case(NamedTuple):
    """A network with parameters and data."""

    network: Network
    w: Any
    X: Any
    Y: Any

    def objective(self, source: str = "analytic") -> NetworkObjective:
        """Build the objective over the data."""
        return NetworkObjective(self.network, self.X, self.Y, build_source(source))


def label(network: Network) -> str:
    """A short name for a test's id."""
    sizes = "-".join(map(str, network.sizes))
    return f"{sizes}:{'.'.join(network.layer_activations)}:{network.loss}"


def every_output() -> Iterator[tuple[Loss, str]]:
    """Every loss with every output activation that it allows."""
    for loss in LOSSES:
        for output in loss.outputs:
            yield loss, output


def every_network(hidden: tuple[int, ...], outputs: int, pairs: bool) -> Iterator[Network]:
    """Every network of up to three layers: each loss, output and hidden activation that fit together.

    Arguments:
        hidden: units of the two hidden layers.
        outputs: units of the output layer; two where softmax would have one.
        pairs: whether two hidden layers take every pair of activations, or each one with the next.
    """
    following = dict(zip(HIDDEN, HIDDEN[1:] + HIDDEN[:1], strict=True))
    for loss, output in every_output():
        units = max(outputs, 2) if output == "softmax" else outputs
        yield Network(sizes=(5, units), loss=loss.name, output=output)
        if output == "step":
            continue  # for one layer only
        for name in HIDDEN:
            yield Network(sizes=(5, hidden[0], units), activation=(name,), loss=loss.name, output=output)
        for names in itertools.product(HIDDEN, HIDDEN) if pairs else following.items():
            yield Network(sizes=(5, *hidden, units), activation=names, loss=loss.name, output=output)


def random_targets(kind: str, rows: int, outputs: int, rng: np.random.Generator) -> Any:
    """Targets that fit a loss: also soft ones, and for two classes always both."""
    if kind == "numbers":
        return rng.normal(size=(rows, outputs))
    if kind == "probabilities":
        hard, soft = rng.integers(0, 2, (rows, outputs)), rng.random((rows, outputs))
        return np.where(rng.random((rows, outputs)) < 0.3, soft, hard)
    if kind == "distribution":
        hard = np.eye(outputs)[rng.integers(0, outputs, rows)]
        soft = rng.dirichlet(np.ones(outputs), rows)
        return np.where(rng.random((rows, 1)) < 0.3, soft, hard)
    if kind == "signs":
        signs = rng.choice([-1.0, 1.0], (rows, outputs))
        signs[:2] = [[-1.0], [1.0]][:rows]
        return signs
    raise KeyError(kind)


def make_case(network: Network, rows: int, seed: int = 0, kinks: bool = True) -> Case:
    """Draw parameters and data for a network.

    Arguments:
        network: the network.
        rows: number of rows.
        seed: of everything that is drawn.
        kinks: whether a sum may be close to a kink of its activation or loss. If not, draws are repeated
            until none is, and until no row has all its outputs in the flat part of a relu or of a loss.
    """
    rng = np.random.default_rng(seed)
    scale = min(0.6, 1.5 / np.sqrt(max(network.sizes)))
    for _ in range(1000):
        w = rng.normal(0.0, scale, network.size)
        X = rng.normal(0.0, 1.0, (rows, network.sizes[0]))
        Y = random_targets(network.loss_entry.targets, rows, network.sizes[-1], rng)
        sums, _ = sums_and_outputs(network, w, X)
        names = list(network.layer_activations)
        if network.loss.startswith("perceptron"):
            names[-1] = "step"
        close = any(abs(z).min() < 0.02 for z, name in zip(sums, names, strict=True) if name in KINKS)
        # A deep chain of exponentials may be beyond all measure; it says nothing that a tame one does not.
        tame = all(abs(z).max() < 30 for z in sums)
        if network.loss == "binary-cross-entropy":
            tame &= bool(abs(sums[-1]).max() < 5)  # the printed log(1 - a) has no digits left further out
        outward = {"relu": np.ones_like(Y), "step": -Y}.get(names[-1])
        alive = outward is None or (outward * sums[-1] > 0).any(axis=1).all()
        if tame and (kinks or (alive and not close)):
            return Case(network, w, X, Y)
    raise AssertionError(f"no draw fits {label(network)}")
