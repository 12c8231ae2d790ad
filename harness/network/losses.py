"""Losses: one entry in ``LOSSES`` each.

A compiled loss works on the output layer of a tile: ``loss(o, o0, t, t0, t_stride, units, m, scratch, s0,
with_delta)``. It writes the loss of each of the ``m`` rows to ``scratch[s0:s0 + m]`` (2m more are free to
use) and, when asked, the derivative by ``o`` over ``o`` itself. ``o`` holds the activations of the output
layer, or its sums z where the loss is stated from logits: ``takes_in`` then names the output activation
that the loss has in itself.

The loss of a data set is the mean over its rows of the sum over outputs.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
from numba import types

from harness.numerics.elementary import exponential, log_one_plus
from optimizers.compilation import compiled
from optimizers.objective import REALS

U = np.uint64

ROW_LOSSES = types.void(
    *(REALS, types.int64),
    *(REALS, types.int64, types.int64),
    *(types.int64, types.int64),
    *(REALS, types.int64, types.boolean),
)


@compiled()
def _clear(scratch: Any, start: int, m: int) -> None:
    first = U(start)
    for r in range(U(m)):
        scratch[first + r] = 0.0


@compiled()
def _half_squared(
    o: Any,
    o0: int,
    t: Any,
    t0: int,
    t_stride: int,
    units: int,
    m: int,
    scratch: Any,
    s0: int,
    with_delta: bool,
) -> None:
    _clear(scratch, s0, m)
    s = U(s0)
    for u in range(units):
        place, target = U(o0 + u * m), U(t0 + u * t_stride)
        for r in range(U(m)):
            error = o[place + r] - t[target + r]
            scratch[s + r] += 0.5 * error * error
            o[place + r] = error


@compiled()
def _squared(
    o: Any,
    o0: int,
    t: Any,
    t0: int,
    t_stride: int,
    units: int,
    m: int,
    scratch: Any,
    s0: int,
    with_delta: bool,
) -> None:
    _clear(scratch, s0, m)
    s = U(s0)
    for u in range(units):
        place, target = U(o0 + u * m), U(t0 + u * t_stride)
        for r in range(U(m)):
            error = o[place + r] - t[target + r]
            scratch[s + r] += error * error
            o[place + r] = 2.0 * error


@compiled()
def _binary_cross_entropy(
    o: Any,
    o0: int,
    t: Any,
    t0: int,
    t_stride: int,
    units: int,
    m: int,
    scratch: Any,
    s0: int,
    with_delta: bool,
) -> None:
    _clear(scratch, s0, m)
    s = U(s0)
    for u in range(units):
        place, target = U(o0 + u * m), U(t0 + u * t_stride)
        for r in range(U(m)):
            z = o[place + r]
            y = t[target + r]
            # -y log a - (1 - y) log(1 - a) with a = sigmoid(z), without a difference of large numbers:
            # for z > 0 it is (1 - y) z + log(1 + exp(-z)), for z < 0 it is -y z + log(1 + exp(z)).
            small = exponential(-abs(z))
            side = (1.0 - y) * z if z > 0.0 else -y * z
            scratch[s + r] += side + log_one_plus(small)
            o[place + r] = (1.0 if z > 0.0 else small) / (1.0 + small) - y


@compiled()
def _categorical_cross_entropy(
    o: Any,
    o0: int,
    t: Any,
    t0: int,
    t_stride: int,
    units: int,
    m: int,
    scratch: Any,
    s0: int,
    with_delta: bool,
) -> None:
    # -sum_k y_k log a_k = log sum_j exp(z_j) - sum_k y_k z_k, for targets that sum to 1. With the highest
    # z taken out, log(1 + others) keeps all its digits when the row is classified well.
    _clear(scratch, s0, m)
    s, high, others = U(s0), U(s0 + m), U(s0 + 2 * m)
    for r in range(U(m)):
        scratch[high + r] = o[U(o0) + r]
        scratch[others + r] = -1.0
    for u in range(1, units):
        place = U(o0 + u * m)
        for r in range(U(m)):
            z = o[place + r]
            scratch[high + r] = scratch[high + r] if z < scratch[high + r] else z
    for u in range(units):
        place, target = U(o0 + u * m), U(t0 + u * t_stride)
        for r in range(U(m)):
            below = o[place + r] - scratch[high + r]
            scratch[s + r] -= t[target + r] * below
            o[place + r] = exponential(below)
    # Units that share the highest z count 1 each; the sum begins at -1 to leave one of them out exactly.
    for u in range(units):
        place = U(o0 + u * m)
        for r in range(U(m)):
            scratch[others + r] += 1.0 if o[place + r] == 1.0 else 0.0
    for u in range(units):
        place = U(o0 + u * m)
        for r in range(U(m)):
            scratch[others + r] += 0.0 if o[place + r] == 1.0 else o[place + r]
    for r in range(U(m)):
        scratch[s + r] += log_one_plus(scratch[others + r])
    if with_delta:
        for u in range(units):
            place, target = U(o0 + u * m), U(t0 + u * t_stride)
            for r in range(U(m)):
                o[place + r] = o[place + r] / (1.0 + scratch[others + r]) - t[target + r]


@compiled()
def _perceptron_soft(
    o: Any,
    o0: int,
    t: Any,
    t0: int,
    t_stride: int,
    units: int,
    m: int,
    scratch: Any,
    s0: int,
    with_delta: bool,
) -> None:
    _clear(scratch, s0, m)
    s = U(s0)
    for u in range(units):
        place, target = U(o0 + u * m), U(t0 + u * t_stride)
        for r in range(U(m)):
            z = o[place + r]
            y = t[target + r]
            scratch[s + r] += 0.0 if -y * z < 0.0 else -y * z
            # At z = 0 the step says +1; of the subgradients there, take the one that mends that mistake.
            mistake = z < 0.0 if y > 0.0 else z >= 0.0
            o[place + r] = -y if mistake else 0.0


@compiled()
def _perceptron_hard(
    o: Any,
    o0: int,
    t: Any,
    t0: int,
    t_stride: int,
    units: int,
    m: int,
    scratch: Any,
    s0: int,
    with_delta: bool,
) -> None:
    _clear(scratch, s0, m)
    s = U(s0)
    for u in range(units):
        place, target = U(o0 + u * m), U(t0 + u * t_stride)
        for r in range(U(m)):
            scratch[s + r] += 0.0 if -t[target + r] * o[place + r] < 0.0 else -t[target + r] * o[place + r]


Targets = Literal["numbers", "probabilities", "distribution", "signs"]


@dataclass(frozen=True)
class Loss:
    """One loss: its equation, the targets and output activations that it fits, and its compiled function."""

    name: str
    equation: str
    targets: Targets
    outputs: tuple[str, ...]
    """Output activations that it may stand on, the usual one first."""
    function: Any
    takes_in: str | None = None
    has_gradient: bool = True


_ANY = ("identity", "sigmoid", "tanh", "relu", "exponential", "softmax", "step")

LOSSES = (
    Loss("half-squared", "sum_k (a_k - y_k)^2 / 2", "numbers", _ANY, _half_squared),
    Loss("squared", "sum_k (a_k - y_k)^2", "numbers", _ANY, _squared),
    Loss(
        "binary-cross-entropy",
        "-sum_k (y_k log a_k + (1 - y_k) log(1 - a_k)), a = sigmoid(z)",
        "probabilities",
        ("sigmoid",),
        _binary_cross_entropy,
        takes_in="sigmoid",
    ),
    Loss(
        "categorical-cross-entropy",
        "-sum_k y_k log a_k, a = softmax(z)",
        "distribution",
        ("softmax",),
        _categorical_cross_entropy,
        takes_in="softmax",
    ),
    Loss("perceptron-soft", "sum_k max(-y_k z_k, 0)", "signs", ("identity",), _perceptron_soft),
    Loss(
        "perceptron-hard",
        "sum_k max(-y_k a_k, 0), a = step(z)",
        "signs",
        ("step",),
        _perceptron_hard,
        has_gradient=False,
    ),
)
KNOWN = {loss.name: loss for loss in LOSSES}
