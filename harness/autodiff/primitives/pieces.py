"""Primitives: functions made of pieces, and what chooses between them."""

from __future__ import annotations

from typing import Any

import numpy as np

from harness.autodiff import kernels
from harness.autodiff.primitive import Primitive, X, Y, each, enter, same
from harness.autodiff.tracer import Traced, emit

_MASK = np.array([[1.0, 0.0, 1.0], [0.0, 0.0, 1.0]])


def _sign(x: Any) -> int:
    return int(x > 0) - int(x < 0)


def _zeros(like: Traced) -> Any:
    return np.zeros(like.shape)


enter(
    each(
        "absolute",
        kernels.absolute,
        (lambda t, out, x: t * emit("sign", x),),
        lambda m, x: abs(x),
        X - 1,
        reach="bounded",
    ),
    each("sign", kernels.sign, (None,), lambda m, x: _sign(x), X - 1, reach="bounded"),
    # 1 where a > b, 1/2 where they are equal: the derivative of max that favours neither side.
    each(
        "above",
        kernels.above,
        (None, None),
        lambda m, a, b: (1 + _sign(a - b)) / 2,
        X,
        Y,
        reach="bounded",
    ),
    each(
        "maximum",
        kernels.maximum,
        (
            lambda t, out, a, b: emit("gated", t, emit("above", a, b)),
            lambda t, out, a, b: emit("gated", t, emit("above", b, a)),
        ),
        lambda m, a, b: max(a, b),
        X,
        Y,
        reach="moves",
    ),
    each(
        "select",
        kernels.select,
        (
            None,
            lambda t, out, mask, a, b: emit("select", mask, t, _zeros(t)),
            lambda t, out, mask, a, b: emit("select", mask, _zeros(t), t),
        ),
        lambda m, mask, a, b: a if mask else b,
        _MASK,
        X,
        Y,
        reach="moves",
    ),
    # The same numbers where they are finite, held fixed: what is true whatever they are need not be
    # differentiated by them.
    Primitive("held", same, kernels.held, (None,), (None,), lambda m, x: x, (X,)),
)
