"""Primitives: the logarithm of a sum of exponentials along an axis, and its slope, the softmax.

The highest number is taken out first, so that nothing overflows, and the rest of the sum goes through
``log(1 + rest)``, so that a rest below 1e-16 is not lost.
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from harness.autodiff.algebra import broadcast, total
from harness.autodiff.kernels import FIRST, OUT, A, B, C, U
from harness.autodiff.primitive import Primitive, enter, same
from harness.autodiff.program import Shape
from harness.autodiff.tracer import emit
from optimizers.compilation import compiled


@compiled()
def _highest(memory: Any, first: int, count: int, step: int) -> int:
    """Return which of some entries is the highest, or is NaN."""
    found = 0
    for i in range(1, count):
        value, high = memory[U(first + i * step)], memory[U(first + found * step)]
        if value > high or (value != value and high == high):
            found = i
    return found


@compiled()
def _log_sum_exp(memory: Any, code: Any, place: int) -> None:
    """Reduce an axis: (outer, count, inner) to (outer, 1, inner) in A, B, C."""
    out, x = code[place + OUT], code[place + FIRST]
    count, inner = code[place + B], code[place + C]
    for outer in range(code[place + A]):
        for i in range(inner):
            first, target = x + outer * count * inner + i, U(out + outer * inner + i)
            if count == 0:
                memory[target] = -math.inf
                continue
            found = _highest(memory, first, count, inner)
            high = memory[U(first + found * inner)]
            rest = 0.0
            for row in range(count):
                if row != found:
                    rest += math.exp(memory[U(first + row * inner)] - high)
            # Of infinite numbers the differences are none.
            memory[target] = high + math.log1p(rest) if abs(high) < math.inf else high


@compiled()
def _softmax(memory: Any, code: Any, place: int) -> None:
    """Divide exponentials by their sum along an axis: (outer, count, inner) in A, B, C."""
    out, x = code[place + OUT], code[place + FIRST]
    count, inner = code[place + B], code[place + C]
    for outer in range(code[place + A]):
        for i in range(inner):
            start = outer * count * inner + i
            if count == 0:
                continue
            high = memory[U(x + start + _highest(memory, x + start, count, inner) * inner)]
            summed = 0.0
            for row in range(count):
                value = math.exp(memory[U(x + start + row * inner)] - high)
                memory[U(out + start + row * inner)] = value
                summed += value
            for row in range(count):
                memory[U(out + start + row * inner)] /= summed


def _sizes(x: Shape, axis: int) -> tuple[int, ...]:
    return math.prod(x[:axis]), x[axis], math.prod(x[axis + 1 :])


def _slope(t: Any, out: Any, x: Any, axis: int) -> Any:
    """Return the softmax's derivative along t, which is its own transpose: ``s (t - sum(s t))``."""
    return out * (t - broadcast(total(out * t, (axis,)), x.shape))


def _exps(m: Any, x: Any) -> Any:
    return np.vectorize(m.exp, otypes=[object])(x)


_X = np.array([[0.3, 1.7, 0.9], [2.2, 0.4, -40.0]])

enter(
    Primitive(
        "log_sum_exp",
        lambda x, axis: (*x[:axis], 1, *x[axis + 1 :]),
        _log_sum_exp,
        (lambda t, out, x, axis: total(t * emit("softmax", x, settings=(axis,)), (axis,)),),
        (lambda t, out, x, axis: broadcast(t, x.shape) * emit("softmax", x, settings=(axis,)),),
        lambda m, x, axis: np.vectorize(m.log, otypes=[object])(_exps(m, x).sum(axis, keepdims=True)),
        (_X, 1),
        lambda x, axis: math.prod(x),
        sizes=_sizes,
        reach="sums",
    ),
    Primitive(
        "softmax",
        same,
        _softmax,
        (_slope,),
        (_slope,),
        lambda m, x, axis: _exps(m, x) / _exps(m, x).sum(axis, keepdims=True),
        (_X, 0),
        sizes=_sizes,
    ),
)
