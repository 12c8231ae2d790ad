"""The rules of ``logsumexp``, ``softmax`` and ``log_softmax``."""

from __future__ import annotations

from typing import Any

import numpy as np

from harness.autodiff.algebra import reshaped
from harness.autodiff.functions.moving import numbered, taken
from harness.autodiff.functions.ordered import rows_of
from harness.autodiff.functions.reductions import array_of, axes_of, highest, without
from harness.autodiff.functions.table import function
from harness.autodiff.softmax import log_softmax, logsumexp, softmax
from harness.autodiff.tracer import Traced, emit, holds_traced, lifted, trace_of


@function(logsumexp, "a, axis=None, b=None, keepdims=False, return_sign=False")
def _logsumexp(a: Any, axis: Any = None, b: Any = None, keepdims: Any = False) -> Any:
    trace = trace_of(a, b)
    a = lifted(trace, a)
    if b is None:
        return _reduced(a, axis, keepdims)
    if not holds_traced(b) and np.all(np.asarray(b) >= 0):
        factors = np.asarray(b, dtype=np.float64)
        # A factor of 0 leaves its number out, even one that is infinite.
        logarithms = np.log(np.where(factors == 0, 1.0, factors))
        return _reduced(np.where(factors == 0, -np.inf, a + logarithms), axis, keepdims)
    a = np.broadcast_arrays(a, lifted(trace, b))[0]
    axes = axes_of(a, axis)
    # The highest is only there against overflow: the result does not depend on it.
    high = emit("held", highest(a, axes, keepdims=True))
    result = np.log(np.sum(b * np.exp(a - high), axis=axes, keepdims=True)) + high
    return without(result, axes, keepdims)


def _reduced(a: Any, axis: Any, keepdims: Any) -> Any:
    axes = axes_of(a, axis)
    rows = rows_of(a, axes)
    result = emit("log_sum_exp", rows, settings=(rows.ndim - 1,))
    kept = tuple(1 if place in axes else length for place, length in enumerate(a.shape))
    return without(reshaped(result, kept), axes, keepdims)


@function(softmax, "x, axis=None")
def _softmax(x: Any, axis: Any = None) -> Any:
    x = array_of(x)
    axes = axes_of(x, axis)
    rows = rows_of(x, axes)
    return _moved_back(emit("softmax", rows, settings=(rows.ndim - 1,)), x, axes)


@function(log_softmax, "x, axis=None")
def _log_softmax(x: Any, axis: Any = None) -> Any:
    x = array_of(x)
    axes = axes_of(x, axis)
    # Without the highest first: of large numbers the difference to their logarithm has few digits left.
    away = x - emit("held", highest(x, axes, keepdims=True))
    return away - _reduced(away, axes, True)


def _moved_back(rows: Any, x: Traced, axes: tuple[int, ...]) -> Any:
    kept = [place for place in range(x.ndim) if place not in axes]
    order = np.argsort(numbered(x.shape).transpose(*kept, *axes).ravel())
    return taken(reshaped(rows, (rows.size,)), order.reshape(x.shape))
