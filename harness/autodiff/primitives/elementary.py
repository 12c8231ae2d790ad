"""Primitives: elementary functions, entry by entry."""

from __future__ import annotations

import numpy as np

from harness.autodiff import elementary_kernels as elementary
from harness.autodiff.algebra import affine
from harness.autodiff.primitive import X, Y, each, enter
from harness.autodiff.tracer import emit

enter(
    each("exp", elementary.exp, (lambda t, out, x: t * out,), lambda m, x: m.exp(x), X),
    each("expm1", elementary.expm1, (lambda t, out, x: t * emit("exp", x),), lambda m, x: m.expm1(x), X),
    each("log", elementary.log, (lambda t, out, x: t / x,), lambda m, x: m.log(x), X),
    each("log1p", elementary.log1p, (lambda t, out, x: t / affine(x, 1, 1),), lambda m, x: m.log(1 + x), X),
    each("sin", elementary.sin, (lambda t, out, x: t * emit("cos", x),), lambda m, x: m.sin(x), X),
    each(
        "cos", elementary.cos, (lambda t, out, x: t * affine(emit("sin", x), -1),), lambda m, x: m.cos(x), X
    ),
    each(
        "tanh",
        elementary.tanh,
        (lambda t, out, x: t * emit("tanh_slope", x, out),),
        lambda m, x: m.tanh(x),
        X,
        reach="bounded",
        lean=(lambda t, out, x: t * affine(out * out, -1, 1),),
    ),
    each(
        "sigmoid",
        elementary.sigmoid,
        (lambda t, out, x: t * emit("sigmoid_slope", x, out),),
        lambda m, x: 1 / (1 + m.exp(-x)),
        X,
        reach="bounded",
        lean=(lambda t, out, x: t * (out * affine(out, -1, 1)),),
    ),
    # Slopes from x and the value, which alone has no digits left in the tails. Functions of x, so that the
    # rules for the value are none.
    each(
        "tanh_slope",
        elementary.tanh_slope,
        (lambda t, out, x, y: affine(t * (out * y), -2), None),
        lambda m, x, y: 1 / m.cosh(x) ** 2,
        X,
        np.tanh(X),
        reach="bounded",
    ),
    each(
        "sigmoid_slope",
        elementary.sigmoid_slope,
        (lambda t, out, x, y: t * (out * affine(y, -2, 1)), None),
        lambda m, x, y: 1 / (2 + m.exp(x) + m.exp(-x)),
        X,
        1 / (1 + np.exp(-X)),
        reach="bounded",
    ),
    each("tan", elementary.tan, (lambda t, out, x: t * affine(out * out, 1, 1),), lambda m, x: m.tan(x), X),
    each("sinh", elementary.sinh, (lambda t, out, x: t * emit("cosh", x),), lambda m, x: m.sinh(x), X),
    each("cosh", elementary.cosh, (lambda t, out, x: t * emit("sinh", x),), lambda m, x: m.cosh(x), X),
    each(
        "cbrt",
        elementary.cbrt,
        (lambda t, out, x: t / affine(out * out, 3),),
        lambda m, x: m.cbrt(x),
        X,
    ),
    each(
        "hypot",
        elementary.hypot,
        (
            lambda t, out, a, b: t * emit("ratio", a, out),
            lambda t, out, a, b: t * emit("ratio", b, out),
        ),
        lambda m, a, b: m.sqrt(a * a + b * b),
        X,
        Y,
        reach="bounded",
    ),
    each(
        "log_add_exp",
        elementary.log_add_exp,
        (
            lambda t, out, a, b: t * emit("sigmoid", a - b),
            lambda t, out, a, b: t * emit("sigmoid", b - a),
        ),
        lambda m, a, b: m.log(m.exp(a) + m.exp(b)),
        X,
        Y,
        reach="bounded",
    ),
)
