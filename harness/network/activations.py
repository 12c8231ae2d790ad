"""Activations: one entry in ``ACTIVATIONS`` each.

A compiled pair works on one layer of a tile in place: ``forward(z, start, units, m)`` turns sums into
activations; ``backward(a, start, delta, d0, units, m)`` turns derivatives by the activations into
derivatives by the sums, from the activations alone. Units are packed, ``m`` rows side by side.

The network's kernels call them by address, so that a network compiles those that it has and no others.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numba import types

from harness.numerics.elementary import exponential, hyperbolic_tangent, sigmoid
from optimizers.compilation import compiled
from optimizers.objective import REALS

U = np.uint64

FORWARD = types.void(REALS, types.int64, types.int64, types.int64)
BACKWARD = types.void(REALS, types.int64, REALS, types.int64, types.int64, types.int64)


@compiled()
def _identity(z: Any, start: int, units: int, m: int) -> None:
    pass


@compiled()
def _identity_backward(a: Any, start: int, delta: Any, d0: int, units: int, m: int) -> None:
    pass


@compiled()
def _sigmoid(z: Any, start: int, units: int, m: int) -> None:
    first = U(start)
    for r in range(U(units * m)):
        z[first + r] = sigmoid(z[first + r])


@compiled()
def _sigmoid_backward(a: Any, start: int, delta: Any, d0: int, units: int, m: int) -> None:
    first, d = U(start), U(d0)
    for r in range(U(units * m)):
        delta[d + r] *= a[first + r] * (1.0 - a[first + r])


@compiled()
def _tanh(z: Any, start: int, units: int, m: int) -> None:
    first = U(start)
    for r in range(U(units * m)):
        z[first + r] = hyperbolic_tangent(z[first + r])


@compiled()
def _tanh_backward(a: Any, start: int, delta: Any, d0: int, units: int, m: int) -> None:
    first, d = U(start), U(d0)
    for r in range(U(units * m)):
        delta[d + r] *= (1.0 - a[first + r]) * (1.0 + a[first + r])


@compiled()
def _relu(z: Any, start: int, units: int, m: int) -> None:
    first = U(start)
    for r in range(U(units * m)):
        # Written so that NaN stays NaN: a diverged run has to show.
        z[first + r] = 0.0 if z[first + r] < 0.0 else z[first + r]


@compiled()
def _relu_backward(a: Any, start: int, delta: Any, d0: int, units: int, m: int) -> None:
    first, d = U(start), U(d0)
    for r in range(U(units * m)):
        delta[d + r] *= 1.0 if a[first + r] > 0.0 else 0.0


@compiled()
def _exponential(z: Any, start: int, units: int, m: int) -> None:
    first = U(start)
    for r in range(U(units * m)):
        z[first + r] = exponential(z[first + r])


@compiled()
def _exponential_backward(a: Any, start: int, delta: Any, d0: int, units: int, m: int) -> None:
    first, d = U(start), U(d0)
    for r in range(U(units * m)):
        delta[d + r] *= a[first + r]


@compiled()
def _step(z: Any, start: int, units: int, m: int) -> None:
    first = U(start)
    for r in range(U(units * m)):
        value = z[first + r]
        if value >= 0.0:
            z[first + r] = 1.0
        elif value < 0.0:
            z[first + r] = -1.0


@compiled()
def _step_backward(a: Any, start: int, delta: Any, d0: int, units: int, m: int) -> None:
    # Zero wherever it exists. Every gradient source refuses a network with a step before it comes here.
    d = U(d0)
    for r in range(U(units * m)):
        delta[d + r] = 0.0


@compiled()
def _softmax(z: Any, start: int, units: int, m: int) -> None:
    first, count = U(start), U(m)
    for r in range(count):
        highest = z[first + r]
        for u in range(U(units)):
            highest = max(highest, z[first + u * count + r])
        norm = 0.0
        for u in range(U(units)):
            place = first + u * count + r
            z[place] = exponential(z[place] - highest)
            norm += z[place]
        for u in range(U(units)):
            z[first + u * count + r] /= norm


@compiled()
def _softmax_backward(a: Any, start: int, delta: Any, d0: int, units: int, m: int) -> None:
    first, d, count = U(start), U(d0), U(m)
    for r in range(count):
        mean = 0.0
        for u in range(U(units)):
            mean += a[first + u * count + r] * delta[d + u * count + r]
        for u in range(U(units)):
            place = u * count + r
            delta[d + place] = a[first + place] * (delta[d + place] - mean)


@dataclass(frozen=True)
class Activation:
    """One activation: its equation, where it may stand, and its compiled pair."""

    name: str
    equation: str
    forward: Any
    backward: Any
    hidden: bool = True
    has_gradient: bool = True


ACTIVATIONS = (
    Activation("identity", "a = z", _identity, _identity_backward),
    Activation("sigmoid", "a = 1 / (1 + exp(-z))", _sigmoid, _sigmoid_backward),
    Activation("tanh", "a = tanh(z)", _tanh, _tanh_backward),
    Activation("relu", "a = max(z, 0)", _relu, _relu_backward),
    Activation("exponential", "a = exp(z)", _exponential, _exponential_backward),
    Activation(
        "step",
        "a = 1 if z >= 0 else -1",
        _step,
        _step_backward,
        hidden=False,
        has_gradient=False,
    ),
    Activation("softmax", "a_k = exp(z_k) / sum_j exp(z_j)", _softmax, _softmax_backward, hidden=False),
)
KNOWN = {activation.name: activation for activation in ACTIVATIONS}
