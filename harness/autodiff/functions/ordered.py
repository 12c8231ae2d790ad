"""What follows from an order: sorting, the median, quantiles, and the range.

Equal numbers stay in the order that they had, and the slope is that of this order.
"""

from __future__ import annotations

import inspect
import math
from typing import Any

import numpy as np

from harness.autodiff.algebra import affine, reshaped
from harness.autodiff.functions.moving import numbered, taken, turned
from harness.autodiff.functions.reductions import array_of, axes_of, highest, lowest
from harness.autodiff.functions.table import function
from harness.autodiff.tracer import emit, holds_traced, lifted, refused
from optimizers.printable import shown


def rows_of(x: Any, axes: tuple[int, ...]) -> Any:
    """Return x with some axes moved to the end and made one."""
    kept = [place for place in range(x.ndim) if place not in axes]
    places = numbered(x.shape).transpose(*kept, *axes)
    lengths = [x.shape[place] for place in kept]
    return taken(x, places.reshape(*lengths, math.prod(x.shape[place] for place in axes)))


def _sorted_rows(x: Any) -> Any:
    return emit("gather", x, emit("order", x))


@function(np.sort, "a, axis=-1, kind=None, order=None, *, stable=None, descending=None")
def sort(x: Any, axis: Any = -1, kind: Any = None, stable: Any = None) -> Any:
    """Sort, NaN last. Every kind of sort gives the same numbers."""
    x = array_of(x)
    if axis is None:
        x, axis = reshaped(x, (x.size,)), -1
    return turned(_sorted_rows(turned(x, axis)), -1, axis)


def _kept(x: Any, axes: tuple[int, ...]) -> tuple[int, ...]:
    return tuple(1 if place in axes else length for place, length in enumerate(x.shape))


def _nan_where_one_is(result: Any, rows: Any) -> Any:
    """Return NaN where the last of a sorted row is NaN, since NaN comes last."""
    last = rows[..., -1]
    return np.where(np.isnan(last), last, result)


@function(np.median, "a, axis=None, out=None, overwrite_input=False, keepdims=False")
def median(x: Any, axis: Any = None, keepdims: Any = False) -> Any:
    """Take the middle, or the mean of the two in the middle."""
    x = array_of(x)
    axes = axes_of(x, axis)
    rows = _sorted_rows(rows_of(x, axes))
    count = rows.shape[-1]
    if count == 0:
        return lifted(x.origin, np.full(_kept(x, axes) if keepdims else rows.shape[:-1], np.nan))
    middle = rows[..., count // 2]
    if count % 2 == 0:
        middle = affine(rows[..., count // 2 - 1] + middle, 0.5)
    result = _nan_where_one_is(middle, rows)
    return reshaped(result, _kept(x, axes)) if keepdims else result


_QUANTILE = (
    "a, q, axis=None, out=None, overwrite_input=False, method='linear', keepdims=False, *, weights=None"
)
if "interpolation" in inspect.signature(np.quantile).parameters:
    _QUANTILE += ", interpolation=None"  # until NumPy 2.3


@function(np.quantile, _QUANTILE)
def quantile(x: Any, q: Any, axis: Any = None, method: Any = "linear", keepdims: Any = False) -> Any:
    """Interpolate between the neighbours of a rank: the linear method (Hyndman, Fan 1996, type 7)."""
    if holds_traced(q):
        raise refused("a quantile of a rank that depends on the data", "hand in a fixed q")
    return _between(array_of(x), np.asarray(q, dtype=np.float64), axis, method, keepdims)


@function(np.percentile, _QUANTILE)
def percentile(x: Any, q: Any, axis: Any = None, method: Any = "linear", keepdims: Any = False) -> Any:
    """Interpolate between the two neighbours of a rank, given in percent."""
    if holds_traced(q):
        raise refused("a percentile of a rank that depends on the data", "hand in a fixed q")
    return _between(array_of(x), np.asarray(q, dtype=np.float64) / 100, axis, method, keepdims)


def _between(x: Any, q: Any, axis: Any, method: Any, keepdims: Any) -> Any:
    if method != "linear":
        raise refused(f"the method {shown(method)} of quantiles", "take method='linear'")
    axes = axes_of(x, axis)
    rows = _sorted_rows(rows_of(x, axes))
    count = rows.shape[-1]
    rank = q.ravel() * (count - 1)
    low = np.minimum(np.floor(rank), count - 1).astype(int)
    high = np.minimum(low + 1, count - 1)
    share = rank - low
    results = []
    for place in range(rank.size):
        a, b = rows[..., low[place]], rows[..., high[place]]
        # From the nearer end, as NumPy, so that the share 1 gives b itself.
        near = (a, share[place]) if share[place] < 0.5 else (b, share[place] - 1)
        results.append(_nan_where_one_is(near[0] + (b - a) * near[1], rows))
    shape = (*q.shape, *(_kept(x, axes) if keepdims else rows.shape[:-1]))
    return reshaped(np.stack(results) if results else lifted(x.origin, np.zeros(shape)), shape)


@function(np.ptp, "a, axis=None, out=None, keepdims=NONE")
def peak_to_peak(x: Any, axis: Any = None, keepdims: Any = False) -> Any:
    """Take the highest less the lowest; equal ones share the slope."""
    return highest(x, axis, keepdims) - lowest(x, axis, keepdims)
