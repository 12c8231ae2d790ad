"""Sums with weights: the average, the integral by the trapezoidal rule, and polynomials."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.lib.array_utils import normalize_axis_tuple

from harness.autodiff.algebra import spread
from harness.autodiff.functions.moving import turned
from harness.autodiff.functions.reductions import mean, summed
from harness.autodiff.functions.table import function
from harness.autodiff.tracer import lifted, trace_of


@function(np.average, "a, axis=None, weights=None, returned=False, *, keepdims=NONE")
def average(
    x: Any, axis: Any = None, weights: Any = None, returned: Any = False, keepdims: Any = False
) -> Any:
    """Take the mean, each entry counted as often as its weight says."""
    trace = trace_of(x, weights)
    x = lifted(trace, x)
    if weights is None:
        result = mean(x, axis, keepdims)
        count = x.size / max(result.size, 1)
        return (result, lifted(trace, np.full(result.shape, count))) if returned else result
    weights = lifted(trace, weights)
    if weights.shape != x.shape:
        axes = normalize_axis_tuple(axis, x.ndim)
        weights = np.transpose(weights, np.argsort(axes))
        weights = np.reshape(weights, tuple(n if place in axes else 1 for place, n in enumerate(x.shape)))
    whole = summed(weights, axis, keepdims)
    result = summed(x * weights, axis, keepdims) / whole
    return (result, spread(whole, np.zeros(result.shape))[0]) if returned else result


@function(np.trapezoid, "y, x=None, dx=1.0, axis=-1")
def trapezoid(y: Any, x: Any = None, dx: Any = 1.0, axis: Any = -1) -> Any:
    """Integrate: half the sum of neighbours by the step between them, added up."""
    trace = trace_of(y, x, dx)
    y = turned(lifted(trace, y), axis)
    step = dx
    if x is not None:
        x = lifted(trace, x)
        x = x if x.ndim == 1 else turned(x, axis)
        step = x[..., 1:] - x[..., :-1]
    return summed(step * (y[..., 1:] + y[..., :-1]) / 2.0, -1)


@function(np.polyval, "p, x")
def polynomial(p: Any, x: Any) -> Any:
    """Evaluate a polynomial, highest power first (Horner 1819)."""
    trace = trace_of(p, x)
    p, x = lifted(trace, p), lifted(trace, x)
    result = lifted(trace, np.zeros(x.shape))
    for coefficient in p:
        result = result * x + coefficient
    return result
