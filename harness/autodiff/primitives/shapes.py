"""Primitives: what repeats, adds up, moves and multiplies arrays."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from harness.autodiff import kernels
from harness.autodiff.algebra import broadcast, product, reshaped, total
from harness.autodiff.primitive import Primitive, X, Y, enter
from harness.autodiff.program import Shape
from harness.autodiff.tracer import Traced, emit

_LISTED = np.array([5, 0, 0, 2]).tobytes()


def _shortened(x: Shape, axis: int) -> Shape:
    return (*x[:axis], 1, *x[axis + 1 :])


def _span(x: Shape, axis: int) -> tuple[int, ...]:
    """Return how many numbers lie outside, along and inside an axis."""
    return math.prod(x[:axis]), x[axis], math.prod(x[axis + 1 :])


def _product_shape(a: Shape, b: Shape, turn_a: bool, turn_b: bool) -> Shape:
    return (a[1] if turn_a else a[0], b[0] if turn_b else b[1])


def _product_count(a: Shape, b: Shape, turn_a: bool, turn_b: bool) -> int:
    return math.prod(_product_shape(a, b, turn_a, turn_b)) * (a[0] if turn_a else a[1])


def _product_sizes(a: Shape, b: Shape, turn_a: bool, turn_b: bool) -> tuple[int, ...]:
    return (*_product_shape(a, b, turn_a, turn_b), a[0] if turn_a else a[1], turn_a + 2 * turn_b)


def _share(out: Traced, x: Traced, axis: int) -> Any:
    """Return 1 for the entry that is the highest, shared evenly where several are."""
    # Compared and not subtracted, for equal infinities have no difference; nothing is above the highest.
    there = emit("sign", emit("above", x, broadcast(out, x.shape)))
    return there / broadcast(total(there, (axis,)), x.shape)


def _places(listed: bytes) -> Any:
    return np.frombuffer(listed, dtype=np.int64)


def _put(x: Any, listed: bytes, shape: Shape) -> Any:
    table = np.zeros(math.prod(shape), dtype=object)
    np.add.at(table, _places(listed), x.ravel())
    return table.reshape(shape)


enter(
    Primitive(
        "repeat",
        lambda x, axis, times: (*x[:axis], times, *x[axis + 1 :]),
        kernels.repeat,
        (lambda t, out, x, axis, times: emit("repeat", t, settings=(axis, times)),),
        (lambda t, out, x, axis, times: total(t, (axis,)),),
        lambda m, x, axis, times: np.repeat(x, times, axis),
        (X[:, :1], 1, 4),
        sizes=lambda x, axis, times: (math.prod(x[:axis]), times, math.prod(x[axis + 1 :])),
        reach="moves",
    ),
    Primitive(
        "sum",
        _shortened,
        kernels.total,
        (lambda t, out, x, axis: total(t, (axis,)),),
        (lambda t, out, x, axis: broadcast(t, x.shape),),
        lambda m, x, axis: x.sum(axis, keepdims=True),
        (X, 1),
        sizes=_span,
        reach="moves",
    ),
    Primitive(
        "highest",
        _shortened,
        kernels.highest,
        (lambda t, out, x, axis: total(emit("gated", t, _share(out, x, axis)), (axis,)),),
        (lambda t, out, x, axis: emit("gated", broadcast(t, x.shape), _share(out, x, axis)),),
        lambda m, x, axis: x.max(axis, keepdims=True),
        (X, 1),
        sizes=_span,
        reach="moves",
    ),
    Primitive(
        "length",
        _shortened,
        kernels.length,
        (lambda t, out, x, axis: total(t * emit("ratio", x, broadcast(out, x.shape)), (axis,)),),
        (lambda t, out, x, axis: broadcast(t, x.shape) * emit("ratio", x, broadcast(out, x.shape)),),
        lambda m, x, axis: np.vectorize(m.sqrt, otypes=[object])((x * x).sum(axis, keepdims=True)),
        (X, 1),
        sizes=_span,
        reach="sums",
    ),
    Primitive(
        "reshape",
        lambda x, shape: shape,
        kernels.copy,
        (lambda t, out, x, shape: reshaped(t, shape),),
        (lambda t, out, x, shape: reshaped(t, x.shape),),
        lambda m, x, shape: x.reshape(shape),
        (X, (3, 2)),
        reach="moves",
    ),
    Primitive(
        "take",
        lambda x, listed, shape: shape,
        kernels.take,
        (lambda t, out, x, listed, shape: emit("take", t, settings=(listed, shape)),),
        (lambda t, out, x, listed, shape: emit("put", t, settings=(listed, x.shape)),),
        lambda m, x, listed, shape: x.ravel()[_places(listed)].reshape(shape),
        (X, _LISTED, (4,)),
        reach="moves",
    ),
    Primitive(
        "put",
        lambda x, listed, shape: shape,
        kernels.put,
        (lambda t, out, x, listed, shape: emit("put", t, settings=(listed, shape)),),
        (lambda t, out, x, listed, shape: emit("take", t, settings=(listed, x.shape)),),
        lambda m, x, listed, shape: _put(x, listed, shape),
        (X[0, [0, 1, 2, 1]], _LISTED, (2, 3)),
        reach="moves",
    ),
    Primitive(
        "product",
        _product_shape,
        kernels.product,
        (
            lambda t, out, a, b, turn_a, turn_b: product(t, b, turn_a, turn_b),
            lambda t, out, a, b, turn_a, turn_b: product(a, t, turn_a, turn_b),
        ),
        (
            lambda t, out, a, b, turn_a, turn_b: (
                product(b, t, turn_b, True) if turn_a else product(t, b, False, not turn_b)
            ),
            lambda t, out, a, b, turn_a, turn_b: (
                product(t, a, True, turn_a) if turn_b else product(a, t, not turn_a, False)
            ),
        ),
        lambda m, a, b, turn_a, turn_b: (a.T if turn_a else a) @ (b.T if turn_b else b),
        (X, Y, False, True),
        _product_count,
        _product_sizes,
        reach="sums",
    ),
)
