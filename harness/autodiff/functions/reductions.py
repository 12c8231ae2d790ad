"""Sums, means, extremes and what follows from them."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
from numpy.lib.array_utils import normalize_axis_tuple

from harness.autodiff.algebra import affine, broadcast, divided, power, reshaped, spread, total
from harness.autodiff.functions.moving import numbered, taken
from harness.autodiff.functions.table import NONE, function, method, ufunc_method
from harness.autodiff.tracer import Traced, emit, lifted, refused, trace_of
from optimizers.printable import shown

_SUM = "axis=None, dtype=None, out=None, keepdims=NONE, initial=NONE, where=NONE"
_EXTREME = "axis=None, out=None, keepdims=NONE, initial=NONE, where=NONE"
_REDUCE = "array, /, axis=0, dtype=None, out=None, keepdims=False, initial=NONE, where=True"


def axes_of(x: Any, axis: Any) -> tuple[int, ...]:
    """Return the axes meant, from 0 on, by NumPy's rules."""
    return tuple(range(x.ndim)) if axis is None else tuple(sorted(normalize_axis_tuple(axis, x.ndim)))


def without(x: Any, axes: tuple[int, ...], keepdims: Any) -> Any:
    """Return x without axes of length 1, unless they are to stay."""
    if keepdims:
        return x
    return reshaped(x, tuple(length for place, length in enumerate(x.shape) if place not in axes))


def masked(x: Any, where: Any, filling: float) -> Any:
    """Return x with a number that changes nothing in place of the entries that are left out."""
    if where is True:
        return x
    return emit("select", *spread(where, x, np.float64(filling)))


def counted(x: Any, axes: tuple[int, ...], where: Any) -> Any:
    """Return how many entries go into each result: a number, or an array with axes of length 1."""
    if where is True:
        return math.prod(x.shape[place] for place in axes)
    if not isinstance(where, Traced):
        return np.sum(np.broadcast_to(np.asarray(where, dtype=bool), x.shape), axes, keepdims=True)
    return total(spread(where, np.zeros(x.shape))[0], axes)


def array_of(x: Any) -> Any:
    """Return a traced array; NumPy's functions take lists as well."""
    return lifted(trace_of(x), x)


@function(np.sum, f"a, {_SUM}")
@method("sum", "axis=None, dtype=None, out=None, keepdims=False, initial=NONE, where=True")
@ufunc_method("add", "reduce", _REDUCE)
def summed(x: Any, axis: Any = None, keepdims: Any = False, initial: Any = NONE, where: Any = True) -> Any:
    """Add up."""
    x = masked(array_of(x), where, 0.0)
    axes = axes_of(x, axis)
    result = without(total(x, axes), axes, keepdims)
    return result if initial is NONE else result + initial


@function(np.prod, f"a, {_SUM}")
@method("prod", "axis=None, dtype=None, out=None, keepdims=False, initial=NONE, where=True")
@ufunc_method("multiply", "reduce", _REDUCE)
def multiplied(
    x: Any, axis: Any = None, keepdims: Any = False, initial: Any = NONE, where: Any = True
) -> Any:
    """Multiply up, one entry after the other, so that derivatives are right where some are 0."""
    x = masked(array_of(x), where, 1.0)
    axes = axes_of(x, axis)
    kept = [place for place in range(x.ndim) if place not in axes]
    numbers = numbered(x.shape).transpose(*kept, *axes)
    numbers = numbers.reshape(*(x.shape[place] for place in kept), -1) if axes else numbers[..., None]
    table = taken(x, numbers)
    result = None
    for column in range(table.shape[-1]):
        factor = table[..., column]
        result = factor if result is None else result * factor
    if result is None:
        result = lifted(x.origin, np.ones(table.shape[:-1]))
    if keepdims:
        result = reshaped(result, tuple(1 if p in axes else n for p, n in enumerate(x.shape)))
    return result if initial is NONE else result * initial


@function(np.mean, "a, axis=None, dtype=None, out=None, keepdims=NONE, *, where=NONE")
@method("mean", "axis=None, dtype=None, out=None, keepdims=False, *, where=True")
def mean(x: Any, axis: Any = None, keepdims: Any = False, where: Any = True) -> Any:
    """Take the mean."""
    x = array_of(x)
    axes = axes_of(x, axis)
    return without(_mean(x, axes, where), axes, keepdims)


def _mean(x: Any, axes: tuple[int, ...], where: Any, less: Any = 0) -> Any:
    count = counted(x, axes, where)
    added = total(masked(x, where, 0.0), axes)
    if isinstance(count, int):
        # As NumPy: a mean of nothing, or of one less its one degree of freedom, is no number.
        return divided(added, max(count - less, 0))
    return added / np.maximum(count - less, 0)


@function(np.max, f"a, {_EXTREME}")
@function(np.amax, f"a, {_EXTREME}")
@method("max", "axis=None, out=None, keepdims=False, initial=NONE, where=True")
@ufunc_method("maximum", "reduce", _REDUCE)
def highest(x: Any, axis: Any = None, keepdims: Any = False, initial: Any = NONE, where: Any = True) -> Any:
    """Take the highest; equal ones share the slope."""
    x = masked(array_of(x), where, -math.inf)
    axes = axes_of(x, axis)
    high = x
    for place in axes:
        if high.shape[place] != 1:
            high = emit("highest", high, settings=(place,))
    high = without(high, axes, keepdims)
    return high if initial is NONE else np.maximum(high, initial)


@function(np.min, f"a, {_EXTREME}")
@function(np.amin, f"a, {_EXTREME}")
@method("min", "axis=None, out=None, keepdims=False, initial=NONE, where=True")
@ufunc_method("minimum", "reduce", _REDUCE)
def lowest(x: Any, axis: Any = None, keepdims: Any = False, initial: Any = NONE, where: Any = True) -> Any:
    """Take the lowest; equal ones share the slope."""
    turned = NONE if initial is NONE else np.negative(initial)
    return affine(highest(affine(array_of(x), -1), axis, keepdims, turned, where), -1)


@ufunc_method("logaddexp", "reduce", _REDUCE)
def log_sum_exp(x: Any, axis: Any = 0, keepdims: Any = False, initial: Any = NONE, where: Any = True) -> Any:
    """Take the logarithm of a sum of exponentials."""
    x = masked(array_of(x), where, -math.inf)
    axes = axes_of(x, axis)
    # The highest is only there against overflow: the result, and so its derivatives, do not depend on it.
    high = emit("held", highest(x, axes, keepdims=True))
    result = without(np.log(total(np.exp(x - high), axes)) + high, axes, keepdims)
    return result if initial is NONE else np.logaddexp(result, initial)


_VARIANCE = (
    "axis=None, dtype=None, out=None, ddof=0, keepdims=NONE, *, where=NONE, mean=NONE, correction=NONE"
)
_VARIANCE_METHOD = "axis=None, dtype=None, out=None, ddof=0, keepdims=False, *, where=True, mean=NONE"


@function(np.var, f"a, {_VARIANCE}")
@method("var", _VARIANCE_METHOD)
def variance(
    x: Any,
    axis: Any = None,
    ddof: Any = 0,
    keepdims: Any = False,
    where: Any = True,
    mean: Any = NONE,
    correction: Any = NONE,
) -> Any:
    """Take the variance: the mean square of what is left without the mean."""
    x = array_of(x)
    axes = axes_of(x, axis)
    middle = _mean(x, axes, where) if mean is NONE else mean
    away = masked(x - middle, where, 0.0)
    less = ddof if correction is NONE else correction
    return without(_mean(away * away, axes, where, less), axes, keepdims)


@function(np.std, f"a, {_VARIANCE}")
@method("std", _VARIANCE_METHOD)
def deviation(
    x: Any,
    axis: Any = None,
    ddof: Any = 0,
    keepdims: Any = False,
    where: Any = True,
    mean: Any = NONE,
    correction: Any = NONE,
) -> Any:
    """Take the standard deviation: the length of what is left without the mean, by the root of the count.

    Where all entries are equal the slope is taken to be 0, as for the length.
    """
    x = array_of(x)
    axes = axes_of(x, axis)
    middle = _mean(x, axes, where) if mean is NONE else mean
    away = masked(x - middle, where, 0.0)
    less = ddof if correction is NONE else correction
    count = counted(x, axes, where)
    scale = np.sqrt(np.maximum(count - less, 0))
    return without(length(away, axes) / scale, axes, keepdims)


def length(x: Any, axes: tuple[int, ...]) -> Any:
    """Return the Euclidean length along axes, which stay with length 1."""
    if not axes:
        return emit("absolute", x)
    if len(axes) == 1:
        return emit("length", x, settings=(axes[0],))
    kept = [place for place in range(x.ndim) if place not in axes]
    numbers = numbered(x.shape).transpose(*kept, *axes).reshape(*(x.shape[place] for place in kept), -1)
    table = taken(x, numbers)
    found = emit("length", table, settings=(table.ndim - 1,))
    return reshaped(found, tuple(1 if place in axes else n for place, n in enumerate(x.shape)))


@function(np.linalg.norm, "x, ord=None, axis=None, keepdims=False")
def norm(x: Any, ord: Any = None, axis: Any = None, keepdims: Any = False) -> Any:
    """Take a norm of vectors or of tables; where all entries are 0 the slope of a length is taken to be 0."""
    x = array_of(x)
    axes = axes_of(x, axis)
    if ord is None or (ord == "fro" and len(axes) == 2) or (ord == 2 and len(axes) == 1):
        return without(length(x, axes), axes, keepdims)
    if ord in ("nuc", 2, -2) and len(axes) == 2:
        raise refused(f"the norm ord={shown(ord)} of a table", "use 'fro', 1, -1, inf or -inf")
    size = emit("absolute", x)
    if len(axes) == 1:
        return without(_vector_norm(size, axes, ord), axes, keepdims)
    first, second = normalize_axis_tuple(tuple(range(2)) if axis is None else axis, x.ndim)
    # The largest or smallest sum of a column, or of a row.
    added, over = (first, second) if abs(ord) == 1 else (second, first)
    sums = total(size, (added,))
    return without((highest if ord > 0 else lowest)(sums, over, keepdims=True), axes, keepdims)


def _vector_norm(size: Any, axes: tuple[int, ...], order: Any) -> Any:
    if math.isinf(order):
        return (highest if order > 0 else lowest)(size, axes, keepdims=True)
    if order == 0:
        return total(np.not_equal(size, 0.0), axes)
    if order == 1:
        return total(size, axes)
    return power(total(power(size, order), axes), 1 / order)


@function(np.trace, "a, offset=0, axis1=0, axis2=1, dtype=None, out=None")
@method("trace", "offset=0, axis1=0, axis2=1, dtype=None, out=None")
def trace(x: Any, offset: Any = 0, axis1: Any = 0, axis2: Any = 1) -> Any:
    """Add up a diagonal."""
    return summed(np.diagonal(x, offset, axis1, axis2), -1)


@function(np.linalg.trace, "x, /, *, offset=0, dtype=None")
def linalg_trace(x: Any, offset: Any = 0) -> Any:
    """Add up the diagonal of the last two axes."""
    return trace(x, offset, -2, -1)


@function(np.diff, "a, n=1, axis=-1, prepend=NONE, append=NONE")
def difference(x: Any, n: Any = 1, axis: Any = -1, prepend: Any = NONE, append: Any = NONE) -> Any:
    """Take differences of neighbours, n times."""
    if n == 0:
        return x
    owner = trace_of([part for part in (x, prepend, append) if part is not NONE])
    x = lifted(owner, x)
    (axis,) = normalize_axis_tuple(axis, x.ndim)
    parts = [_long(owner, prepend, x, axis), x, _long(owner, append, x, axis)]
    x = np.concatenate([part for part in parts if part is not None], axis) if n else x
    if n and x.condition:
        raise refused("np.diff of conditions", "multiply them by 1.0 first")
    for _ in range(n):
        high = [slice(None)] * x.ndim
        low = list(high)
        high[axis], low[axis] = slice(1, None), slice(None, -1)
        x = x[tuple(high)] - x[tuple(low)]
    return x


def _long(owner: Any, part: Any, x: Any, axis: int) -> Any:
    if part is NONE:
        return None
    part = lifted(owner, part)
    shape = tuple(1 if place == axis else n for place, n in enumerate(x.shape))
    return part if part.ndim else broadcast(reshaped(part, (1,) * x.ndim), shape)


@function(np.cumsum, "a, axis=None, dtype=None, out=None")
@method("cumsum", "axis=None, dtype=None, out=None")
@ufunc_method("add", "accumulate", "array, /, axis=0, dtype=None, out=None")
def cumulated(x: Any, axis: Any = None) -> Any:
    """Add up one after the other along an axis."""
    x = array_of(x)
    if axis is None:
        x, axis = reshaped(x, (x.size,)), 0
    (axis,) = normalize_axis_tuple(axis, x.ndim)
    step = 1
    while step < x.shape[axis]:
        # Each entry gets the sum of twice as many before it, so that a million entries take twenty steps.
        head, low, high = ([slice(None)] * x.ndim for _ in range(3))
        head[axis], low[axis], high[axis] = slice(step), slice(-step), slice(step, None)
        x = np.concatenate([x[tuple(head)], x[tuple(high)] + x[tuple(low)]], axis)
        step *= 2
    return x
