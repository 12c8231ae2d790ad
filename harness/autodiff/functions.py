"""NumPy's functions in terms of the primitives: what can be traced.

Each is found by the name of the NumPy function (or SciPy ufunc) that the code calls.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from harness.autodiff.algebra import affine, broadcast, power, product, reshaped, total
from harness.autodiff.program import Shape
from harness.autodiff.tracer import Traced, emit, lifted, refused, trace_of

Axis = int | Sequence[int] | None


def _spread(*values: Any) -> list[Any]:
    """Return values broadcast to one shape, as NumPy would."""
    trace = trace_of(*values)
    shape = np.broadcast_shapes(*(np.shape(value) for value in values))
    spread = []
    for value in values:
        if isinstance(value, Traced):
            long = reshaped(value, (1,) * (len(shape) - value.ndim) + value.shape)
            spread.append(broadcast(long, shape))
        else:
            spread.append(lifted(trace, np.broadcast_to(value, shape)))
    return spread


def _number(value: Any) -> float | None:
    """Return a fixed single number, or None for anything else."""
    if isinstance(value, Traced) or np.ndim(value):
        return None
    return float(value)


def _add(a: Any, b: Any) -> Any:
    if (number := _number(b)) is not None:
        return affine(a, 1, number)
    return _add(b, a) if _number(a) is not None else emit("add", *_spread(a, b))


def _subtract(a: Any, b: Any) -> Any:
    if (number := _number(b)) is not None:
        return affine(a, 1, -number)
    if (number := _number(a)) is not None:
        return affine(b, -1, number)
    return emit("subtract", *_spread(a, b))


def _multiply(a: Any, b: Any) -> Any:
    if (number := _number(b)) is not None:
        return affine(a, number)
    return _multiply(b, a) if _number(a) is not None else emit("multiply", *_spread(a, b))


def _divide(a: Any, b: Any) -> Any:
    if (number := _number(b)) is not None:
        return emit("divide", *_spread(a, np.array(number)))
    if (number := _number(a)) is not None:
        return affine(power(b, -1), number)
    return emit("divide", *_spread(a, b))


def _power(base: Any, exponent: Any) -> Any:
    number = _number(exponent)
    if number is None:
        return emit("exp", _multiply(exponent, np.log(base)))
    return affine(base, 0, 1) if number == 0 else power(base, number)


def _log_add_exp(a: Any, b: Any) -> Any:
    high = emit("held", np.maximum(a, b))
    return high + np.log(np.exp(a - high) + np.exp(b - high))


def _compared(a: Any, b: Any) -> Any:
    """Return 1 where a > b, else 0."""
    return affine(emit("sign", affine(emit("above", *_spread(a, b)), 1, -0.75)), 0.5, 0.5)


def _where(mask: Any, a: Any = None, b: Any = None) -> Any:
    if a is None or b is None:
        raise refused("np.where with one argument", "give both values")
    return emit("select", *_spread(mask, a, b))


UFUNCS: dict[str, Callable[..., Any]] = {
    "add": _add,
    "subtract": _subtract,
    "multiply": _multiply,
    "divide": _divide,
    "true_divide": _divide,
    "power": _power,
    "float_power": _power,
    "negative": lambda x: affine(x, -1),
    "positive": lambda x: x,
    "square": lambda x: x * x,
    "sqrt": lambda x: power(x, 0.5),
    "cbrt": lambda x: emit("sign", x) * power(emit("absolute", x), 1 / 3),
    "reciprocal": lambda x: power(x, -1),
    "exp": lambda x: emit("exp", x),
    "exp2": lambda x: emit("exp", affine(x, math.log(2))),
    "expm1": lambda x: emit("expm1", x),
    "log": lambda x: emit("log", x),
    "log2": lambda x: affine(emit("log", x), 1 / math.log(2)),
    "log10": lambda x: affine(emit("log", x), 1 / math.log(10)),
    "log1p": lambda x: emit("log1p", x),
    "sin": lambda x: emit("sin", x),
    "cos": lambda x: emit("cos", x),
    "tan": lambda x: emit("sin", x) / emit("cos", x),
    "sinh": lambda x: affine(np.exp(x) - np.exp(-x), 0.5),
    "cosh": lambda x: affine(np.exp(x) + np.exp(-x), 0.5),
    "tanh": lambda x: emit("tanh", x),
    "expit": lambda x: emit("sigmoid", x),
    "absolute": lambda x: emit("absolute", x),
    "fabs": lambda x: emit("absolute", x),
    "sign": lambda x: emit("sign", x),
    "maximum": lambda a, b: emit("maximum", *_spread(a, b)),
    "minimum": lambda a, b: affine(emit("maximum", *_spread(np.negative(a), np.negative(b))), -1),
    "logaddexp": _log_add_exp,
    "hypot": lambda a, b: power(a * a + b * b, 0.5),
    "greater": _compared,
    "less": lambda a, b: _compared(b, a),
    "greater_equal": lambda a, b: affine(_compared(b, a), -1, 1),
    "less_equal": lambda a, b: affine(_compared(a, b), -1, 1),
    "matmul": lambda a, b: _matmul(a, b),
}


def _axes(x: Any, axis: Axis) -> tuple[int, ...]:
    if axis is None:
        return tuple(range(x.ndim))
    return tuple(sorted(place % x.ndim for place in ((axis,) if isinstance(axis, int) else axis)))


def _without(x: Any, axes: tuple[int, ...], keepdims: bool) -> Any:
    if keepdims:
        return x
    return reshaped(x, tuple(length for place, length in enumerate(x.shape) if place not in axes))


def _sum(x: Any, axis: Axis = None, keepdims: bool = False, **_: Any) -> Any:
    axes = _axes(x, axis)
    return _without(total(x, axes), axes, keepdims)


def _mean(x: Any, axis: Axis = None, keepdims: bool = False, **_: Any) -> Any:
    count = math.prod(x.shape[place] for place in _axes(x, axis))
    return affine(_sum(x, axis, keepdims), 1 / count)


def _max(x: Any, axis: Axis = None, keepdims: bool = False, **_: Any) -> Any:
    axes = _axes(x, axis)
    high = x
    for place in axes:
        if high.shape[place] != 1:
            high = emit("highest", high, settings=(place,))
    return _without(high, axes, keepdims)


def _min(x: Any, axis: Axis = None, keepdims: bool = False, **_: Any) -> Any:
    return affine(_max(affine(x, -1), axis, keepdims), -1)


def _log_sum_exp(x: Any, axis: Axis = 0, keepdims: bool = False, **_: Any) -> Any:
    # The highest is only there against overflow: the result, and so its derivatives, do not depend on it.
    high = emit("held", _max(x, axis, keepdims=True))
    summed = np.log(_sum(np.exp(x - high), axis, keepdims=True)) + high
    return _without(summed, _axes(x, axis), keepdims)


REDUCTIONS: dict[str, Callable[..., Any]] = {
    "add": lambda x, axis=0, keepdims=False, **_: _sum(x, axis, keepdims),
    "maximum": lambda x, axis=0, keepdims=False, **_: _max(x, axis, keepdims),
    "minimum": lambda x, axis=0, keepdims=False, **_: _min(x, axis, keepdims),
    "logaddexp": _log_sum_exp,
}


def _matmul(a: Any, b: Any) -> Any:
    trace = trace_of(a, b)
    a, b = lifted(trace, a), lifted(trace, b)
    if not 1 <= a.ndim <= 2 or not 1 <= b.ndim <= 2:
        raise refused(f"a product of shapes {a.shape} and {b.shape}", "use tables and vectors")
    left = reshaped(a, (1, *a.shape)) if a.ndim == 1 else a
    right = reshaped(b, (*b.shape, 1)) if b.ndim == 1 else b
    if left.shape[1] != right.shape[0]:
        raise refused(f"a product of shapes {a.shape} and {b.shape}", "make the inner lengths equal")
    left, turn_left = _turned(left)
    right, turn_right = _turned(right)
    shape = (a.shape[:-1] if a.ndim == 2 else ()) + (b.shape[1:] if b.ndim == 2 else ())
    return reshaped(product(left, right, turn_left, turn_right), shape)


def _turned(x: Any) -> tuple[Any, bool]:
    """Return the table that another is the transpose of, where it was made by transposing."""
    source = x.trace.turned.get(x.place)
    return (x, False) if source is None else (Traced(x.trace, source), True)


def _dot(a: Any, b: Any) -> Any:
    return _multiply(a, b) if np.ndim(a) == 0 or np.ndim(b) == 0 else _matmul(a, b)


def _outer(a: Any, b: Any) -> Any:
    return reshaped(a, (math.prod(a.shape), 1)) * np.reshape(b, (1, -1))


def taken(x: Any, places: Any) -> Any:
    """Return the entries of x at flat places, in the shape of the places."""
    shape = tuple(int(length) for length in places.shape)
    indices = np.ascontiguousarray(places, dtype=np.int64).tobytes()
    return emit("take", x, settings=(indices, shape))


def indexed(x: Any, key: Any) -> Any:
    """Return ``x[key]`` for a fixed key."""
    parts = key if isinstance(key, tuple) else (key,)
    if any(isinstance(part, Traced) for part in parts):
        raise refused("an index that depends on the data", "use np.where")
    places = np.arange(x.size).reshape(x.shape)[key]
    return taken(x, places)


def _transpose(x: Any, *axes: Any) -> Any:
    order = axes[0] if axes and not isinstance(axes[0], int) else axes
    if x.ndim < 2:
        return x
    places = np.arange(x.size).reshape(x.shape).transpose(*(order or ()) if order else ())
    result = taken(x, places)
    if x.ndim == 2 and result.shape == x.shape[::-1] and (not order or tuple(order) == (1, 0)):
        x.trace.turned[result.place] = x.place
    return result


def _reshape(x: Any, *shape: Any, **_: Any) -> Any:
    wanted = shape[0] if len(shape) == 1 and not isinstance(shape[0], int) else shape
    lengths = list(wanted)
    if -1 in lengths:
        lengths[lengths.index(-1)] = x.size // -math.prod(lengths)
    if math.prod(lengths) != x.size:
        raise refused(f"a reshape of {x.shape} to {tuple(wanted)}", "keep the number of entries")
    return reshaped(x, tuple(lengths))


def _concatenate(arrays: Sequence[Any], axis: int = 0) -> Any:
    trace = trace_of(*arrays)
    parts = [lifted(trace, array) for array in arrays]
    axis %= parts[0].ndim
    shape = list(parts[0].shape)
    shape[axis] = sum(part.shape[axis] for part in parts)
    places = np.arange(math.prod(shape)).reshape(shape)
    joined, first = None, 0
    for part in parts:
        window = [slice(None)] * len(shape)
        window[axis] = slice(first, first + part.shape[axis])
        first += part.shape[axis]
        indices = np.ascontiguousarray(places[tuple(window)], dtype=np.int64).tobytes()
        placed = emit("put", part, settings=(indices, tuple(shape)))
        joined = placed if joined is None else emit("add", joined, placed)
    return joined


def _stack(arrays: Sequence[Any], axis: int = 0) -> Any:
    trace = trace_of(*arrays)
    parts = [lifted(trace, array) for array in arrays]
    return _concatenate([np.expand_dims(part, axis) for part in parts], axis)


def _expand_dims(x: Any, axis: int) -> Any:
    place = axis % (x.ndim + 1)
    return reshaped(x, (*x.shape[:place], 1, *x.shape[place:]))


def _squeeze(x: Any, axis: Axis = None) -> Any:
    gone = [p for p, n in enumerate(x.shape) if n == 1] if axis is None else _axes(x, axis)
    return reshaped(x, tuple(n for p, n in enumerate(x.shape) if p not in gone))


def _norm(x: Any, axis: Axis = None, keepdims: bool = False) -> Any:
    return power(_sum(x * x, axis, keepdims), 0.5)


def _broadcast_to(x: Any, shape: Shape) -> Any:
    return _spread(x, np.zeros(shape))[0]


def _prod(x: Any, axis: Axis = None, keepdims: bool = False, **_: Any) -> Any:
    axes = _axes(x, axis)
    order = [p for p in range(x.ndim) if p not in axes] + list(axes)
    kept = tuple(x.shape[p] for p in range(x.ndim) if p not in axes)
    table = _reshape(_transpose(x, order), (*kept, -1))
    result = table[..., 0]
    for column in range(1, table.shape[-1]):
        result = result * table[..., column]
    return (
        reshaped(result, tuple(1 if p in axes else n for p, n in enumerate(x.shape))) if keepdims else result
    )


def _variance(x: Any, axis: Axis = None, keepdims: bool = False, **_: Any) -> Any:
    away = x - _mean(x, axis, keepdims=True)
    return _mean(away * away, axis, keepdims)


FUNCTIONS: dict[str, Callable[..., Any]] = {
    "sum": _sum,
    "mean": _mean,
    "max": _max,
    "amax": _max,
    "min": _min,
    "amin": _min,
    "prod": _prod,
    "var": _variance,
    "std": lambda x, axis=None, keepdims=False, **_: power(_variance(x, axis, keepdims), 0.5),
    "dot": _dot,
    "vdot": lambda a, b: _sum(_reshape(a, -1) * np.reshape(b, -1)),
    "inner": lambda a, b: _sum(a * b) if np.ndim(a) == np.ndim(b) == 1 else _matmul(a, np.transpose(b)),
    "outer": _outer,
    "where": _where,
    "clip": lambda x, low, high, **_: np.minimum(np.maximum(x, low), high),
    "reshape": lambda x, shape=None, **_: _reshape(x, shape if not isinstance(shape, int) else (shape,)),
    "ravel": lambda x, **_: _reshape(x, -1),
    "transpose": lambda x, axes=None: _transpose(x, *(axes or ())),
    "concatenate": _concatenate,
    "hstack": lambda arrays: _concatenate(arrays, 0 if np.ndim(arrays[0]) == 1 else 1),
    "stack": _stack,
    "expand_dims": _expand_dims,
    "squeeze": _squeeze,
    "broadcast_to": lambda x, shape, **_: _broadcast_to(x, shape),
    "norm": _norm,
    "trace": lambda x, **_: _sum(taken(x, np.arange(min(x.shape)) * (x.shape[1] + 1))),
    "diff": lambda x, **_: x[..., 1:] - x[..., :-1],
    "cumsum": lambda x, **_: _matmul(np.tril(np.ones((x.size, x.size))), _reshape(x, -1)),
    "roll": lambda x, shift, axis=None: taken(x, np.roll(np.arange(x.size).reshape(x.shape), shift, axis)),
    "flip": lambda x, axis=None: taken(x, np.flip(np.arange(x.size).reshape(x.shape), axis)),
    "zeros_like": lambda x, **_: np.zeros(x.shape),
    "ones_like": lambda x, **_: np.ones(x.shape),
    "shape": lambda x: x.shape,
    "ndim": lambda x: x.ndim,
    "size": lambda x: x.size,
}

METHODS: dict[str, Callable[..., Any]] = {
    "sum": _sum,
    "mean": _mean,
    "max": _max,
    "min": _min,
    "prod": _prod,
    "var": _variance,
    "dot": _dot,
    "reshape": _reshape,
    "ravel": lambda x: _reshape(x, -1),
    "flatten": lambda x: _reshape(x, -1),
    "transpose": _transpose,
    "squeeze": _squeeze,
    "copy": lambda x: x,
}
