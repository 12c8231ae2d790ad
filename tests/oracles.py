"""Networks once more, in plain loops and in NumPy: what the compiled kernels are held against.

Nothing here shares a formula with the packages beyond the definitions themselves: the ``exact`` forms of
activations and losses, which stand as the textbooks print them, without any rearrangement for accuracy.
Derivatives are taken numerically by mpmath in many digits.

The plain loops run on floats or on mpmath's numbers; ``Numbers`` says which.
"""

from __future__ import annotations

import itertools
import math
from collections.abc import Callable, Sequence
from typing import Any, NamedTuple, Protocol

import mpmath
import numpy as np

from harness.network.activations import find_activation
from harness.network.losses import find_loss

DIGITS = 50


class Numbers(NamedTuple):
    """One kind of number, with the module of the functions that networks need."""

    number: Callable[[Any], Any]
    module: Any


FLOATS = Numbers(float, math)
MANY_DIGITS = Numbers(mpmath.mpf, mpmath)


class Described(Protocol):
    """What an oracle has to be told of a network."""

    @property
    def sizes(self) -> tuple[int, ...]: ...
    @property
    def layer_activations(self) -> tuple[str, ...]: ...
    @property
    def loss(self) -> str: ...


def activate(name: str, sums: Sequence[Any], numbers: Numbers = FLOATS) -> list[Any]:
    """Activations of one layer for one row, from the sums of its units."""
    return [numbers.number(a) for a in find_activation(name).exact(numbers.module, sums)]


def row_loss(name: str, outputs: Sequence[Any], targets: Sequence[Any], numbers: Numbers = FLOATS) -> Any:
    """Loss of one row, from the activations of the output layer."""
    wanted = [numbers.number(float(y)) for y in targets]
    return numbers.number(find_loss(name).exact(numbers.module, outputs, wanted))


def layer_parameters(w: Sequence[Any], sizes: tuple[int, ...]) -> list[tuple[list[list[Any]], list[Any]]]:
    """Weights (a list for each unit) and biases of every layer: a layer's weights first, then its biases."""
    numbers = iter(w)
    layers = []
    for ins, outs in itertools.pairwise(sizes):
        weights = [[next(numbers) for _ in range(ins)] for _ in range(outs)]
        layers.append((weights, [next(numbers) for _ in range(outs)]))
    return layers


def forward(
    network: Described, w: Sequence[Any], x: Sequence[Any], numbers: Numbers = FLOATS
) -> list[list[Any]]:
    """Activations of every layer for one row, the input first."""
    levels = [[numbers.number(float(number)) for number in x]]
    layers = layer_parameters(w, network.sizes)
    for (weights, biases), name in zip(layers, network.layer_activations, strict=True):
        sums = []
        for unit, bias in zip(weights, biases, strict=True):
            total = bias
            for weight, below in zip(unit, levels[-1], strict=True):
                total = total + weight * below
            sums.append(total)
        levels.append(activate(name, sums, numbers))
    return levels


def mean_loss(
    network: Described, w: Sequence[Any], X: Any, Y: Any, rows: Sequence[int] | None = None
) -> float:
    """Mean loss over all rows or over the given ones, in floats."""
    chosen = range(len(X)) if rows is None else rows
    parameters = [float(number) for number in w]
    return math.fsum(
        row_loss(network.loss, forward(network, parameters, X[row])[-1], Y[row]) for row in chosen
    ) / len(chosen)


def exact_row_loss(network: Described, w: Sequence[Any], x: Any, y: Any, digits: int = DIGITS) -> Any:
    """Loss of one row in many digits."""
    with mpmath.workdps(digits):
        parameters = [mpmath.mpf(number) for number in w]
        return row_loss(network.loss, forward(network, parameters, x, MANY_DIGITS)[-1], y, MANY_DIGITS)


def exact_row_gradient(
    network: Described, w: Sequence[float], x: Any, y: Any, digits: int = DIGITS
) -> list[Any]:
    """Gradient of the loss of one row, by mpmath's numerical differentiation in many digits."""

    def along(index: int) -> Callable[[Any], Any]:
        def loss(number: Any) -> Any:
            parameters = [mpmath.mpf(float(other)) for other in w]
            parameters[index] = number
            return row_loss(network.loss, forward(network, parameters, x, MANY_DIGITS)[-1], y, MANY_DIGITS)

        return loss

    with mpmath.workdps(digits):
        return [mpmath.diff(along(index), mpmath.mpf(float(number))) for index, number in enumerate(w)]


def exact_gradients(network: Described, w: Sequence[float], X: Any, Y: Any) -> Any:
    """Gradient of the loss of each row, shape (N, n), rounded to floats at the very end."""
    return np.array(
        [[float(part) for part in exact_row_gradient(network, w, x, y)] for x, y in zip(X, Y, strict=True)]
    )


def sums_and_outputs(network: Described, w: Any, X: Any) -> tuple[list[Any], Any]:
    """Sums of every layer, each of shape (rows, units), and the outputs, in plain NumPy."""
    below, sums, place = np.asarray(X, dtype=float), [], 0
    for layer, name in enumerate(network.layer_activations):
        ins, outs = network.sizes[layer], network.sizes[layer + 1]
        weights = np.asarray(w)[place : place + outs * ins].reshape(outs, ins)
        place += outs * ins
        with np.errstate(over="ignore", invalid="ignore"):
            z = below @ weights.T + np.asarray(w)[place : place + outs]
        place += outs
        sums.append(z)
        below = _numpy_activation(name, z)
    return sums, below


def _numpy_activation(name: str, z: Any) -> Any:
    found = find_activation(name)
    with np.errstate(over="ignore", invalid="ignore"):
        if found.plain is not None:
            return np.asarray(found.plain(z.T)).T
        return np.array([found.exact(np, list(row)) for row in z], dtype=float).reshape(z.shape)


def relative_difference(found: Any, expected: Any) -> float:
    """Norm of the difference over the norm of what was expected, which must not be zero."""
    norm = float(np.linalg.norm(expected))
    assert norm > 0
    return float(np.linalg.norm(np.asarray(found) - np.asarray(expected))) / norm


def ulps(found: float, exact: Any) -> float:
    """Distance of a float from an exact number, in units in the last place of the exact one."""
    with mpmath.workdps(DIGITS):
        return float(abs(mpmath.mpf(found) - exact) / math.ulp(float(exact)))
