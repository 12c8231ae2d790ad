"""Products of vectors and tables."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from harness.autodiff.algebra import broadcast, product, reshaped
from harness.autodiff.functions.reductions import summed
from harness.autodiff.functions.table import function, method, ufunc
from harness.autodiff.primitives.linear_algebra import matrix_products
from harness.autodiff.program import Shape
from harness.autodiff.tracer import Traced, lifted, trace_of


@ufunc("matmul")
def matmul(a: Any, b: Any) -> Any:
    """Multiply tables and vectors."""
    trace = trace_of(a, b)
    a, b = lifted(trace, a), lifted(trace, b)
    if a.ndim > 2 or b.ndim > 2:
        return _stacked(a, b)
    left = reshaped(a, (1, *a.shape)) if a.ndim == 1 else a
    right = reshaped(b, (*b.shape, 1)) if b.ndim == 1 else b
    left, turn_left = _turned(left)
    right, turn_right = _turned(right)
    shape = (a.shape[:-1] if a.ndim == 2 else ()) + (b.shape[1:] if b.ndim == 2 else ())
    return reshaped(product(left, right, turn_left, turn_right), shape)


def _stacked(a: Any, b: Any) -> Any:
    """Multiply stacks of tables, repeated along each other's leading axes."""
    left = reshaped(a, (1, a.size)) if a.ndim == 1 else a
    right = reshaped(b, (b.size, 1)) if b.ndim == 1 else b
    outer = np.broadcast_shapes(left.shape[:-2], right.shape[:-2])
    result = matrix_products(stack_of(left, outer), stack_of(right, outer))
    rows = left.shape[-2:-1] if a.ndim > 1 else ()
    columns = right.shape[-1:] if b.ndim > 1 else ()
    return reshaped(result, (*outer, *rows, *columns))


def stack_of(x: Any, outer: Shape) -> Any:
    """Return tables, repeated along leading axes, as one stack of them (tables, rows, columns)."""
    long = (1,) * (len(outer) - x.ndim + 2) + x.shape
    shape = (*outer, *x.shape[-2:])
    return reshaped(broadcast(reshaped(x, long), shape), (math.prod(outer), *x.shape[-2:]))


def _turned(x: Any) -> tuple[Any, bool]:
    """Return the table that another is the transpose of, where it was made by transposing."""
    source = x.origin.turned.get(x.place)
    return (x, False) if source is None else (Traced(x.origin, source), True)


@function(np.linalg.matmul, "x1, x2, /")
def linalg_matmul(a: Any, b: Any) -> Any:
    """Multiply tables and vectors."""
    return matmul(a, b)


@function(np.dot, "a, b, out=None")
@method("dot", "other, /, out=None")
def dot(a: Any, b: Any) -> Any:
    """Multiply tables and vectors, or by a number."""
    trace = trace_of(a, b)
    a, b = lifted(trace, a), lifted(trace, b)
    if a.ndim == 0 or b.ndim == 0:
        return a * b
    return matmul(a, b) if b.ndim <= 2 else np.tensordot(a, b, (-1, -2))


@function(np.vdot, "a, b, /")
def vdot(a: Any, b: Any) -> Any:
    """Multiply all entries and add up."""
    trace = trace_of(a, b)
    return summed(np.ravel(lifted(trace, a)) * np.ravel(lifted(trace, b)))


@function(np.inner, "a, b, /")
def inner(a: Any, b: Any) -> Any:
    """Multiply along the last axes and add up."""
    trace = trace_of(a, b)
    a, b = lifted(trace, a), lifted(trace, b)
    if a.ndim == 0 or b.ndim == 0:
        return a * b
    return matmul(a, np.transpose(b)) if max(a.ndim, b.ndim) <= 2 else np.tensordot(a, b, (-1, -1))


@function(np.outer, "a, b, out=None")
@function(np.linalg.outer, "x1, x2, /")
def outer(a: Any, b: Any) -> Any:
    """Multiply each entry of one with each of the other."""
    trace = trace_of(a, b)
    a, b = lifted(trace, a), lifted(trace, b)
    return reshaped(a, (a.size, 1)) * reshaped(b, (1, b.size))
