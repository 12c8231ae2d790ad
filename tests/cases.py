"""Every network that the tables allow, and data that fit it, away from kinks."""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from typing import Any, NamedTuple

import numpy as np
from oracles import activate, row_loss, sums_and_outputs

from harness.gradients import build_source
from harness.network.activations import find_activation, known_activations
from harness.network.loss import Loss
from harness.network.losses import known_losses
from harness.network.network import Network
from harness.network.objective import NetworkObjective

HIDDEN = tuple(name for name, found in known_activations().items() if found.hidden and found.has_gradient)


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
    for loss in known_losses().values():
        for output in loss.outputs:
            yield loss, output


def every_network(hidden: tuple[int, ...], outputs: int, pairs: bool) -> Iterator[Network]:
    """Networks of up to three layers: each loss with each output that it allows, and all hidden activations.

    A layer is handed numbers and hands back numbers, whatever is above and below it. So a loss with the
    output that it has by itself comes with all hidden activations, and with each other output with two of
    them in turn. (All with all are twice as many.)

    Arguments:
        hidden: units of the two hidden layers.
        outputs: units of the output layer; two where one says nothing.
        pairs: whether two hidden layers take every pair of activations, or each one with the next.
    """
    following = dict(zip(HIDDEN, HIDDEN[1:] + HIDDEN[:1], strict=True))
    turn = itertools.cycle(HIDDEN)
    for loss, output in every_output():
        single = find_activation(output).shares_one or loss.targets == "distribution"
        units = max(outputs, 2) if single else outputs
        yield Network(sizes=(5, units), loss=loss.name, output=output)
        if not find_activation(output).has_gradient:
            continue  # for one layer only
        usual = output == loss.output
        first = HIDDEN if usual else (next(turn), next(turn))
        for name in first:
            yield Network(sizes=(5, hidden[0], units), activation=(name,), loss=loss.name, output=output)
        both = itertools.product(HIDDEN, HIDDEN) if pairs and usual else ((a, following[a]) for a in first)
        for names in both:
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
        # A deep chain of exponentials may be beyond all measure; it says nothing that a tame one does not.
        tame = all(abs(z).max() < 30 for z in sums)
        if network.loss_entry.takes_in == "sigmoid":
            tame &= bool(abs(sums[-1]).max() < 5)  # the printed log(1 - a) has no digits left further out
        if tame and (kinks or (not _close_to_a_kink(network, sums) and _alive(network, sums[-1], Y))):
            return Case(network, w, X, Y)
    raise AssertionError(f"no draw fits {label(network)}")


def _close_to_a_kink(network: Network, sums: list[Any]) -> bool:
    places = [find_activation(name).kinks for name in network.layer_activations]
    places[-1] = (*places[-1], *network.loss_entry.kinks)
    return any(abs(z - kink).min() < 0.02 for z, layer in zip(sums, places, strict=True) for kink in layer)


def _alive(network: Network, sums: Any, targets: Any) -> bool:
    """Whether the loss of every row changes with one of its outputs at least."""
    output = network.output_activation
    if not (find_activation(output).kinks or network.loss_entry.kinks) or network.no_gradient:
        return True

    def loss(z: Any, y: Any) -> float:
        return float(row_loss(network.loss, activate(output, [float(number) for number in z]), y))

    moves = 1e-6 * np.eye(sums.shape[1])
    return all(
        any(loss(z + move, y) != loss(z, y) for move in moves) for z, y in zip(sums, targets, strict=True)
    )
