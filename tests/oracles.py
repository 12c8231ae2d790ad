"""Networks once more, in plain loops and in NumPy: what the compiled kernels are held against.

Nothing here shares a formula with the packages beyond the definitions themselves. Activations and losses
stand as the textbooks print them, without any rearrangement for accuracy, and derivatives are taken
numerically by mpmath in many digits.

The plain loops run on floats or on mpmath's numbers; ``Numbers`` says which.
"""

from __future__ import annotations

import itertools
import math
from collections.abc import Callable, Sequence
from typing import Any, NamedTuple, Protocol

import mpmath
import numpy as np

DIGITS = 50


class Numbers(NamedTuple):
    """One kind of number, with the functions that networks need."""

    number: Callable[[Any], Any]
    exp: Callable[[Any], Any]
    tanh: Callable[[Any], Any]
    log: Callable[[Any], Any]


FLOATS = Numbers(float, math.exp, math.tanh, math.log)
MANY_DIGITS = Numbers(mpmath.mpf, mpmath.exp, mpmath.tanh, mpmath.log)


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
    one, exp = numbers.number(1), numbers.exp
    if name == "softmax":
        # The highest sum is taken out, for a float exp overflows; the quotient is the same.
        powers = [exp(z - max(sums)) for z in sums]
        return [power / sum(powers) for power in powers]
    functions: dict[str, Callable[[Any], Any]] = {
        "identity": lambda z: z,
        "sigmoid": lambda z: one / (one + exp(-z)),
        "tanh": numbers.tanh,
        "relu": lambda z: z if z > 0 else numbers.number(0),
        "exponential": exp,
        "step": lambda z: one if z >= 0 else -one,
    }
    return [functions[name](z) for z in sums]


def row_loss(name: str, outputs: Sequence[Any], targets: Sequence[Any], numbers: Numbers = FLOATS) -> Any:
    """Loss of one row, from the activations of the output layer."""
    zero, one, log = numbers.number(0), numbers.number(1), numbers.log
    pairs = [(a, numbers.number(float(y))) for a, y in zip(outputs, targets, strict=True)]
    if name == "half-squared":
        return sum(((a - y) * (a - y) / 2 for a, y in pairs), zero)
    if name == "squared":
        return sum(((a - y) * (a - y) for a, y in pairs), zero)
    if name == "binary-cross-entropy":
        # 0 log 0 counts as 0.
        return -sum((y * log(a) if y else zero for a, y in pairs), zero) - sum(
            ((one - y) * log(one - a) if y != one else zero for a, y in pairs), zero
        )
    if name == "categorical-cross-entropy":
        return -sum((y * log(a) if y else zero for a, y in pairs), zero)
    if name in ("perceptron-soft", "perceptron-hard"):
        return sum((max(-y * a, zero) for a, y in pairs), zero)
    raise KeyError(name)


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
    with np.errstate(over="ignore", invalid="ignore"):
        if name == "softmax":
            powers = np.exp(z - z.max(axis=1, keepdims=True))
            return powers / powers.sum(axis=1, keepdims=True)
        return {
            "identity": lambda: z,
            "sigmoid": lambda: 1 / (1 + np.exp(-z)),
            "tanh": lambda: np.tanh(z),
            "relu": lambda: np.maximum(z, 0),
            "exponential": lambda: np.exp(z),
            "step": lambda: np.where(z >= 0, 1.0, np.where(z < 0, -1.0, z)),
        }[name]()


def relative_difference(found: Any, expected: Any) -> float:
    """Norm of the difference over the norm of what was expected, which must not be zero."""
    norm = float(np.linalg.norm(expected))
    assert norm > 0
    return float(np.linalg.norm(np.asarray(found) - np.asarray(expected))) / norm


def ulps(found: float, exact: Any) -> float:
    """Distance of a float from an exact number, in units in the last place of the exact one."""
    with mpmath.workdps(DIGITS):
        return float(abs(mpmath.mpf(found) - exact) / math.ulp(float(exact)))
