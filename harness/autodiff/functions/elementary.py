"""Arithmetic and elementary functions, entry by entry."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import numpy as np

from harness.autodiff.algebra import affine, divided, power, reshaped, spread
from harness.autodiff.functions.table import ufunc, ufunc_method
from harness.autodiff.registry import UFUNCS
from harness.autodiff.tracer import Traced, emit, lifted, trace_of


def _number(value: Any) -> float | None:
    """Return a fixed single number, or None for anything else."""
    if isinstance(value, Traced):
        return None
    array = np.asarray(value)
    if array.ndim or array.dtype.kind not in "biuf":
        return None
    return float(array)


@ufunc("add")
def add(a: Any, b: Any) -> Any:
    """Add."""
    if (number := _number(b)) is not None:
        return affine(a, 1, number)
    return add(b, a) if _number(a) is not None else emit("add", *spread(a, b))


@ufunc("subtract")
def subtract(a: Any, b: Any) -> Any:
    """Subtract."""
    if (number := _number(b)) is not None:
        return affine(a, 1, -number)
    if (number := _number(a)) is not None:
        return affine(b, -1, number)
    return emit("subtract", *spread(a, b))


@ufunc("multiply")
def multiply(a: Any, b: Any) -> Any:
    """Multiply."""
    if (number := _number(b)) is not None:
        return affine(a, number)
    return multiply(b, a) if _number(a) is not None else emit("multiply", *spread(a, b))


@ufunc("divide")
def divide(a: Any, b: Any) -> Any:
    """Divide."""
    if (number := _number(b)) is not None:
        return emit("divide", *spread(a, np.array(number)))
    if (number := _number(a)) is not None:
        return affine(power(b, -1), number)
    return emit("divide", *spread(a, b))


UFUNCS["true_divide"] = UFUNCS["divide"]


@ufunc("power")
@ufunc("float_power")
def raised(base: Any, exponent: Any) -> Any:
    """Raise to a power."""
    number = _number(exponent)
    if number is not None:
        return power(base, number)
    return emit("raise", *spread(base, exponent))


@ufunc("hypot")
def hypot(a: Any, b: Any) -> Any:
    """Take the length of (a, b); where both are 0 the slope is taken to be 0."""
    return emit("hypot", *spread(a, b))


@ufunc("logaddexp")
def log_add_exp(a: Any, b: Any) -> Any:
    """Take the logarithm of the sum of two exponentials."""
    return emit("log_add_exp", *spread(a, b))


@ufunc("logaddexp2")
def log_add_exp2(a: Any, b: Any) -> Any:
    """Take the logarithm to base 2 of the sum of two powers of 2."""
    two = math.log(2)
    return affine(log_add_exp(*(affine(part, two) for part in spread(a, b))), 1 / two)


@ufunc("maximum")
def maximum(a: Any, b: Any) -> Any:
    """Take the larger; equal ones share the slope."""
    return emit("maximum", *spread(a, b))


@ufunc("minimum")
def minimum(a: Any, b: Any) -> Any:
    """Take the smaller; equal ones share the slope."""
    return affine(emit("maximum", *(affine(part, -1) for part in spread(a, b))), -1)


def _each(name: str, rule: Callable[[Any], Any], original: Any = None) -> None:
    ufunc(name, original)(rule)


def _primitive(name: str) -> Callable[[Any], Any]:
    return lambda x: emit(name, x)


def from_scipy(name: str) -> Callable[..., Any]:
    """Return a function of scipy.special that is looked up when it is called: SciPy is slow to import."""

    def call(*arguments: Any, **options: Any) -> Any:
        import scipy.special

        return getattr(scipy.special, name)(*arguments, **options)

    return call


_NAMES = ("exp", "expm1", "log", "log1p", "sin", "cos", "tan", "sinh", "cosh", "tanh", "cbrt")
for _name in (*_NAMES, "absolute", "sign"):
    _each(_name, _primitive(_name))
_each("expit", _primitive("sigmoid"), from_scipy("expit"))
_each("negative", lambda x: affine(x, -1))
_each("positive", lambda x: x)
_each("conjugate", lambda x: x)
_each("square", lambda x: x * x)
_each("sqrt", lambda x: power(x, 0.5))
_each("reciprocal", lambda x: power(x, -1))
_each("fabs", _primitive("absolute"))
_each("exp2", lambda x: raised(2.0, x))
_each("log2", lambda x: divided(emit("log", x), math.log(2)))
_each("log10", lambda x: divided(emit("log", x), math.log(10)))
_each("deg2rad", lambda x: affine(x, math.pi / 180))
_each("radians", lambda x: affine(x, math.pi / 180))
_each("rad2deg", lambda x: affine(x, 180 / math.pi))
_each("degrees", lambda x: affine(x, 180 / math.pi))


def _outer(name: str) -> None:
    """Declare what a ufunc of two makes of each entry of one with each of the other."""

    @ufunc_method(name, "outer", "A, B, /")
    def rule(a: Any, b: Any) -> Any:
        trace = trace_of(a, b)
        a, b = lifted(trace, a), lifted(trace, b)
        return UFUNCS[name](reshaped(a, (*a.shape, *(1,) * b.ndim)), b)


for _name in ("add", "subtract", "multiply", "divide", "power", "maximum", "minimum", "hypot", "logaddexp"):
    _outer(_name)
