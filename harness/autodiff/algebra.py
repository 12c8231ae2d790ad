"""The shorthands that rules and functions are written in: primitives with their usual cases left out."""

from __future__ import annotations

from typing import Any

import numpy as np

from harness.autodiff.program import Shape
from harness.autodiff.tracer import Traced, emit, holds_traced, lifted, trace_of


def affine(x: Any, factor: float, offset: float = 0.0) -> Any:
    """Return ``factor x + offset`` for fixed numbers."""
    return emit("affine", x, settings=(float(factor), float(offset)))


def power(x: Any, exponent: float) -> Any:
    """Return ``x ** exponent`` for a fixed exponent."""
    if exponent == 0:
        # 1 even where x is infinite or no number.
        return lifted(x.origin, np.ones(x.shape))
    if exponent == 1:
        return x
    if exponent == 2:
        return x * x
    return emit("power", x, settings=(float(exponent),))


def broadcast(x: Any, shape: Shape) -> Any:
    """Return x repeated along the axes where it has length 1."""
    # The last axis first: what is copied then lies side by side.
    for axis in reversed(range(len(shape))):
        if x.shape[axis] != shape[axis]:
            x = emit("repeat", x, settings=(axis, shape[axis]))
    return x


def spread(*values: Any) -> list[Any]:
    """Return values broadcast to one shape, as NumPy would, all of them traced."""
    trace = trace_of(*values)
    values = tuple(lifted(trace, value) if holds_traced(value) else value for value in values)
    shapes = [value.shape if isinstance(value, Traced) else np.shape(value) for value in values]
    shape = np.broadcast_shapes(*shapes)
    arrays = []
    for value in values:
        if isinstance(value, Traced):
            long = broadcast(reshaped(value, (1,) * (len(shape) - value.ndim) + value.shape), shape)
            arrays.append(Traced(trace, long.place, value.condition))
        elif np.ma.isMaskedArray(value):
            arrays.append(lifted(trace, value))
        else:
            arrays.append(lifted(trace, np.broadcast_to(value, shape)))
    return arrays


def reshaped(x: Any, shape: Shape) -> Any:
    """Return the same entries in another shape."""
    fixed = x.origin.constants.get(x.place)
    if fixed is not None:
        return lifted(x.origin, fixed.reshape(shape))
    return x if x.shape == shape else emit("reshape", x, settings=(shape,))


def total(x: Any, axes: tuple[int, ...]) -> Any:
    """Return sums over some axes, which stay with length 1."""
    for axis in axes:
        if x.shape[axis] != 1:
            x = emit("sum", x, settings=(axis,))
    return x


def divided(x: Any, number: float) -> Any:
    """Return x by a fixed number; by 0 as NumPy divides."""
    return x / np.float64(number)


def product(a: Any, b: Any, turn_a: bool = False, turn_b: bool = False) -> Any:
    """Return the matrix product of two tables, either of them transposed first."""
    if turn_a and turn_b:
        rows, columns = b.shape[0], a.shape[1]
        turned = product(b, a)
        places = np.arange(rows * columns).reshape(rows, columns).T
        indices = np.ascontiguousarray(places).tobytes()
        return emit("take", turned, settings=(indices, (columns, rows)))
    return emit("product", a, b, settings=(turn_a, turn_b))
