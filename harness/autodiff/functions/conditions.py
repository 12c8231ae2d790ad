"""Comparisons, conditions and choices. A condition is 1 where it holds, else 0, and has no slope."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from harness.autodiff.algebra import affine, spread
from harness.autodiff.functions.reductions import highest, lowest
from harness.autodiff.functions.table import NONE, function, method, ufunc
from harness.autodiff.tracer import Traced, emit, lifted, refused, trace_of


def _true(x: Any) -> Any:
    """Mark 0 and 1 as truth values."""
    return Traced(x.origin, x.place, condition=True)


@ufunc("greater")
def greater(a: Any, b: Any) -> Any:
    """Say where a > b; NaN is above nothing, and nothing above it."""
    # ``above`` is 1 where a > b, 1/2 where they are equal, 0 elsewhere.
    return _true(affine(emit("sign", affine(emit("above", *spread(a, b)), 1, -0.75)), 0.5, 0.5))


@ufunc("greater_equal")
def greater_equal(a: Any, b: Any) -> Any:
    """Say where a >= b."""
    return _true(emit("sign", emit("above", *spread(a, b))))


@ufunc("less")
def less(a: Any, b: Any) -> Any:
    """Say where a < b."""
    return greater(b, a)


@ufunc("less_equal")
def less_equal(a: Any, b: Any) -> Any:
    """Say where a <= b."""
    return greater_equal(b, a)


@ufunc("equal")
def equal(a: Any, b: Any) -> Any:
    """Say where a = b."""
    return _true(emit("subtract", greater_equal(a, b), greater(a, b)))


@ufunc("not_equal")
def not_equal(a: Any, b: Any) -> Any:
    """Say where a is not b; NaN is not even itself."""
    return _true(affine(equal(a, b), -1, 1))


def holds(x: Any) -> Any:
    """Return x as a condition: what is not 0 is true."""
    return x if x.condition else not_equal(x, 0.0)


@ufunc("logical_not")
def logical_not(x: Any) -> Any:
    """Turn true and false."""
    return _true(affine(holds(x), -1, 1))


def _both(a: Any, b: Any) -> list[Any]:
    trace = trace_of(a, b)
    return spread(holds(lifted(trace, a)), holds(lifted(trace, b)))


@ufunc("logical_and")
def logical_and(a: Any, b: Any) -> Any:
    """Say where both hold."""
    return _true(emit("multiply", *_both(a, b)))


@ufunc("logical_or")
def logical_or(a: Any, b: Any) -> Any:
    """Say where one holds."""
    return _true(emit("maximum", *_both(a, b)))


@ufunc("logical_xor")
def logical_xor(a: Any, b: Any) -> Any:
    """Say where one holds and the other does not."""
    return _true(emit("absolute", emit("subtract", *_both(a, b))))


# On conditions these are the logical ones; NumPy refuses other numbers before the rule is reached.
ufunc("bitwise_and")(logical_and)
ufunc("bitwise_or")(logical_or)
ufunc("bitwise_xor")(logical_xor)
ufunc("invert")(logical_not)


@ufunc("isnan")
def is_nan(x: Any) -> Any:
    """Say where x is no number."""
    return not_equal(x, x)


@ufunc("isfinite")
def is_finite(x: Any) -> Any:
    """Say where x is a finite number."""
    return less(emit("absolute", x), math.inf)


@ufunc("isinf")
def is_infinite(x: Any) -> Any:
    """Say where x is infinite."""
    return equal(emit("absolute", x), math.inf)


@ufunc("signbit")
def sign_bit(x: Any) -> Any:
    """Say where x is negative, -0 included."""
    return less(emit("sign", x) + emit("divide", *spread(1.0, x)), 0.0)


_FOUND = "axis=None, out=None, keepdims=NONE, *, where=NONE"


@function(np.all, f"a, {_FOUND}")
@method("all", "axis=None, out=None, keepdims=False, *, where=True")
def all_hold(x: Any, axis: Any = None, keepdims: Any = False, where: Any = True) -> Any:
    """Say whether all hold."""
    x = holds(lifted(trace_of(x), x))
    return _true(lowest(x, axis, keepdims, 1.0, where))


@function(np.any, f"a, {_FOUND}")
@method("any", "axis=None, out=None, keepdims=False, *, where=True")
def any_holds(x: Any, axis: Any = None, keepdims: Any = False, where: Any = True) -> Any:
    """Say whether any holds."""
    x = holds(lifted(trace_of(x), x))
    return _true(highest(x, axis, keepdims, 0.0, where))


@function(np.where, "condition, x=None, y=None, /")
def where(condition: Any, x: Any = NONE, y: Any = NONE) -> Any:
    """Choose one of two."""
    if x is NONE or y is NONE or x is None or y is None:
        raise refused("np.where with one argument", "give both values")
    mask, a, b = spread(condition, x, y)
    return emit("select", mask, a, b)


@function(np.clip, "a, a_min=NONE, a_max=NONE, out=None, *, min=NONE, max=NONE")
def clip(x: Any, a_min: Any = None, a_max: Any = None, min: Any = None, max: Any = None) -> Any:
    """Keep between two bounds; the upper one holds where they cross."""
    low = min if a_min is None else a_min
    high = max if a_max is None else a_max
    if low is not None:
        x = np.maximum(x, low)
    return x if high is None else np.minimum(x, high)


@method("clip", "min=None, max=None, out=None")
def clip_method(x: Any, min: Any = None, max: Any = None) -> Any:
    """Keep between two bounds."""
    return clip(x, min=min, max=max)
