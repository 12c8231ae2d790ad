"""Primitive: the linear recurrence ``y[i] = a[i] y[i-1] + b[i]`` along the last axis, from ``y[0] = b[0]``.

A running product is one, and its derivatives are again: no division by what may be zero.
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from harness.autodiff.kernels import COUNT, FIRST, OUT, SECOND, A, U
from harness.autodiff.primitive import Primitive, enter, same
from harness.autodiff.program import Shape
from harness.autodiff.tracer import emit
from optimizers.compilation import compiled


@compiled()
def _recurrence(memory: Any, code: Any, place: int) -> None:
    """Go through rows of A entries."""
    out, b, a, n = code[place + OUT], code[place + FIRST], code[place + SECOND], code[place + A]
    for row in range(0, code[place + COUNT], max(n, 1)):
        state = memory[U(b + row)]
        memory[U(out + row)] = state
        for i in range(row + 1, row + n):
            state = memory[U(a + i)] * state + memory[U(b + i)]
            memory[U(out + i)] = state


def _taken(x: Any, columns: Any) -> Any:
    """Return some columns of the last axis."""
    places = np.arange(math.prod(x.shape)).reshape(x.shape)[..., columns]
    return emit("take", x, settings=(np.ascontiguousarray(places).tobytes(), places.shape))


def _reversed(x: Any) -> Any:
    return _taken(x, slice(None, None, -1))


def _times_the_one_before(x: Any, out: Any) -> Any:
    """Return ``x[i] out[i-1]``, and 0 for the first."""
    n = x.shape[-1]
    places = np.ascontiguousarray(np.arange(math.prod(x.shape)).reshape(x.shape)[..., 1:]).tobytes()
    later = _taken(x, slice(1, n)) * _taken(out, slice(0, n - 1))
    return emit("put", later, settings=(places, x.shape))


def _back(t: Any, a: Any) -> Any:
    """Return the cotangent of b: ``s[i] = t[i] + a[i+1] s[i+1]``, from the last entry on."""
    n = a.shape[-1]
    # In reversed order the factor of the entry i is a[n - i]; that of the first one is not read.
    factors = _taken(a, np.arange(n, 0, -1) % max(n, 1))
    return _reversed(emit("recurrence", _reversed(t), factors))


def _exact(m: Any, b: Any, a: Any) -> Any:
    out = b.copy()
    for i in range(1, b.shape[-1]):
        out[..., i] = a[..., i] * out[..., i - 1] + b[..., i]
    return out


def _sizes(b: Shape, a: Shape) -> tuple[int, ...]:
    return (b[-1],)


enter(
    Primitive(
        "recurrence",
        same,
        _recurrence,
        (
            lambda t, out, b, a: emit("recurrence", t, a),
            lambda t, out, b, a: emit("recurrence", _times_the_one_before(t, out), a),
        ),
        (
            lambda t, out, b, a: _back(t, a),
            lambda t, out, b, a: _times_the_one_before(_back(t, a), out),
        ),
        _exact,
        (
            np.array([[0.3, 1.7, 0.9], [2.2, 0.4, 1.1]]),
            np.array([[1.3, 0.6, 2.1], [0.8, 1.9, 0.5]]),
        ),
        sizes=_sizes,
    ),
)
