"""Primitives: sums, products, quotients and powers, entry by entry."""

from __future__ import annotations

from typing import Any

import numpy as np

from harness.autodiff import kernels
from harness.autodiff.algebra import affine, power
from harness.autodiff.primitive import X, Y, each, enter
from harness.autodiff.tracer import Traced, emit


def _zeros(like: Traced) -> Any:
    return np.zeros(like.shape)


def _by_base(t: Any, out: Traced, base: Any, exponent: Any) -> Any:
    """Return ``e base^(e - 1)``, and 0 for the power 0, whatever the base."""
    slope = exponent * emit("raise", base, affine(exponent, 1, -1))
    return t * emit("select", exponent, slope, _zeros(out))


def _by_exponent(t: Any, out: Traced, base: Any, exponent: Any) -> Any:
    """Return ``base^e log base``; 0 to a positive power stays 0, below 0 there is no slope."""
    flat = (base <= 0) & ((base < 0) | (exponent <= 0))
    none = np.full(out.shape, np.nan)
    log = emit("select", base > 0, emit("log", base), emit("select", flat, none, _zeros(out)))
    return t * (out * log)


enter(
    each(
        "add",
        kernels.add,
        (lambda t, *_: t, lambda t, *_: t),
        lambda m, a, b: a + b,
        X,
        Y,
        reach="bounded",
    ),
    each(
        "subtract",
        kernels.subtract,
        (lambda t, *_: t, lambda t, *_: affine(t, -1)),
        lambda m, a, b: a - b,
        X,
        Y,
        reach="bounded",
    ),
    each(
        "multiply",
        kernels.multiply,
        (lambda t, out, a, b: t * b, lambda t, out, a, b: t * a),
        lambda m, a, b: a * b,
        X,
        Y,
    ),
    # A (co)tangent times a factor that is fixed: a zero of the factor leaves it out, infinite as it may be.
    each(
        "gated",
        kernels.gated,
        (lambda t, out, a, b: emit("gated", t, b), lambda t, out, a, b: t * a),
        lambda m, a, b: a * b,
        X,
        Y,
    ),
    each(
        "divide",
        kernels.divide,
        (lambda t, out, a, b: t / b, lambda t, out, a, b: affine(t * out / b, -1)),
        lambda m, a, b: a / b,
        X,
        Y,
    ),
    each(
        "affine",
        kernels.affine,
        (lambda t, out, x, factor, offset: affine(t, factor) if factor else None,),
        lambda m, x, factor, offset: factor * x + offset,
        X,
        2.5,
        -0.5,
        reach="bounded",
    ),
    each(
        "power",
        kernels.power,
        (lambda t, out, x, e: t * affine(power(x, e - 1), e),),
        lambda m, x, e: x**e,
        X,
        2.7,
    ),
    each(
        "raise",
        kernels.raised,
        (_by_base, _by_exponent),
        lambda m, base, exponent: base**exponent,
        X,
        Y,
    ),
    # What slopes of a length are made of: 0 by 0 is 0, yet its own slope there is none.
    each(
        "ratio",
        kernels.ratio,
        (lambda t, out, a, b: t / b, lambda t, out, a, b: affine(t * out / b, -1)),
        lambda m, a, b: a / b,
        X,
        Y,
    ),
)
