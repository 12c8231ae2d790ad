"""The primitives: one entry in ``PRIMITIVES`` each.

An entry has the shape of the result, the compiled value, and for each input two rules, written in
primitives again: ``push`` carries a tangent of that input to a tangent of the result (jvp), ``pull``
carries a cotangent of the result back to one of that input (vjp). A rule is called with the tangent or
cotangent, the result, the inputs and the settings. None stands for a derivative of zero.

Where a primitive works on each entry by itself both rules are the same: a product with the derivative.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import numpy as np

from harness.autodiff import elementary_kernels as elementary
from harness.autodiff import kernels
from harness.autodiff.algebra import affine, broadcast, power, product, reshaped, total
from harness.autodiff.primitive import Primitive, each, same
from harness.autodiff.program import Shape
from harness.autodiff.tracer import Traced, emit


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


def _zeros(like: Traced) -> Any:
    return np.zeros(like.shape)


def _share(out: Traced, x: Traced, axis: int) -> Any:
    """Return 1 for the entry that is the highest, shared evenly where several are."""
    # Compared and not subtracted, for equal infinities have no difference; nothing is above the highest.
    there = emit("sign", emit("above", x, broadcast(out, x.shape)))
    return there / broadcast(total(there, (axis,)), x.shape)


def _by_base(t: Any, out: Traced, base: Any, exponent: Any) -> Any:
    """Return ``e base^(e - 1)``, and 0 for the power 0, whatever the base."""
    slope = exponent * emit("raise", base, affine(exponent, 1, -1))
    return t * emit("select", exponent, slope, _zeros(out))


def _by_exponent(t: Any, out: Traced, base: Any, exponent: Any) -> Any:
    """Return ``base^e log base``; 0 to a positive power stays 0, below 0 there is no slope."""
    flat = (base <= 0) & ((base < 0) | (exponent <= 0))
    none = np.full(out.shape, np.nan)
    log = emit("select", base > 0, emit("log", base), emit("select", flat, none, _zeros(out)))
    return t * (out * log)


def _sign(x: Any) -> int:
    return int(x > 0) - int(x < 0)


def _places(listed: bytes) -> Any:
    return np.frombuffer(listed, dtype=np.int64)


def _put(x: Any, listed: bytes, shape: Shape) -> Any:
    table = np.zeros(math.prod(shape), dtype=object)
    np.add.at(table, _places(listed), x.ravel())
    return table.reshape(shape)


_X = np.array([[0.3, 1.7, 0.9], [2.2, 0.4, 1.1]])
_Y = np.array([[1.3, 0.6, 2.1], [0.8, 1.9, 0.5]])
_MASK = np.array([[1.0, 0.0, 1.0], [0.0, 0.0, 1.0]])
_LISTED = np.array([5, 0, 0, 2]).tobytes()

_ARITHMETIC = (
    each(
        "add",
        kernels.add,
        (lambda t, *_: t, lambda t, *_: t),
        lambda m, a, b: a + b,
        _X,
        _Y,
        reach="bounded",
    ),
    each(
        "subtract",
        kernels.subtract,
        (lambda t, *_: t, lambda t, *_: affine(t, -1)),
        lambda m, a, b: a - b,
        _X,
        _Y,
        reach="bounded",
    ),
    each(
        "multiply",
        kernels.multiply,
        (lambda t, out, a, b: t * b, lambda t, out, a, b: t * a),
        lambda m, a, b: a * b,
        _X,
        _Y,
    ),
    # A (co)tangent times a factor that is fixed: a zero of the factor leaves it out, infinite as it may be.
    each(
        "gated",
        kernels.gated,
        (lambda t, out, a, b: emit("gated", t, b), lambda t, out, a, b: t * a),
        lambda m, a, b: a * b,
        _X,
        _Y,
    ),
    each(
        "divide",
        kernels.divide,
        (lambda t, out, a, b: t / b, lambda t, out, a, b: affine(t * out / b, -1)),
        lambda m, a, b: a / b,
        _X,
        _Y,
    ),
    each(
        "affine",
        kernels.affine,
        (lambda t, out, x, factor, offset: affine(t, factor) if factor else None,),
        lambda m, x, factor, offset: factor * x + offset,
        _X,
        2.5,
        -0.5,
        reach="bounded",
    ),
    each(
        "power",
        kernels.power,
        (lambda t, out, x, e: t * affine(power(x, e - 1), e),),
        lambda m, x, e: x**e,
        _X,
        2.7,
    ),
    each(
        "raise",
        kernels.raised,
        (_by_base, _by_exponent),
        lambda m, base, exponent: base**exponent,
        _X,
        _Y,
    ),
    # What slopes of a length are made of: 0 by 0 is 0, yet its own slope there is none.
    each(
        "ratio",
        kernels.ratio,
        (lambda t, out, a, b: t / b, lambda t, out, a, b: affine(t * out / b, -1)),
        lambda m, a, b: a / b,
        _X,
        _Y,
    ),
)

_FUNCTIONS = (
    each("exp", elementary.exp, (lambda t, out, x: t * out,), lambda m, x: m.exp(x), _X),
    each("expm1", elementary.expm1, (lambda t, out, x: t * emit("exp", x),), lambda m, x: m.expm1(x), _X),
    each("log", elementary.log, (lambda t, out, x: t / x,), lambda m, x: m.log(x), _X),
    each("log1p", elementary.log1p, (lambda t, out, x: t / affine(x, 1, 1),), lambda m, x: m.log(1 + x), _X),
    each("sin", elementary.sin, (lambda t, out, x: t * emit("cos", x),), lambda m, x: m.sin(x), _X),
    each(
        "cos", elementary.cos, (lambda t, out, x: t * affine(emit("sin", x), -1),), lambda m, x: m.cos(x), _X
    ),
    each(
        "tanh",
        elementary.tanh,
        (lambda t, out, x: t * emit("tanh_slope", x, out),),
        lambda m, x: m.tanh(x),
        _X,
        reach="bounded",
        lean=(lambda t, out, x: t * affine(out * out, -1, 1),),
    ),
    each(
        "sigmoid",
        elementary.sigmoid,
        (lambda t, out, x: t * emit("sigmoid_slope", x, out),),
        lambda m, x: 1 / (1 + m.exp(-x)),
        _X,
        reach="bounded",
        lean=(lambda t, out, x: t * (out * affine(out, -1, 1)),),
    ),
    # Slopes from x and the value, which alone has no digits left in the tails. Functions of x, so that the
    # rules for the value are none.
    each(
        "tanh_slope",
        elementary.tanh_slope,
        (lambda t, out, x, y: affine(t * (out * y), -2), None),
        lambda m, x, y: 1 / m.cosh(x) ** 2,
        _X,
        np.tanh(_X),
        reach="bounded",
    ),
    each(
        "sigmoid_slope",
        elementary.sigmoid_slope,
        (lambda t, out, x, y: t * (out * affine(y, -2, 1)), None),
        lambda m, x, y: 1 / (2 + m.exp(x) + m.exp(-x)),
        _X,
        1 / (1 + np.exp(-_X)),
        reach="bounded",
    ),
    each("tan", elementary.tan, (lambda t, out, x: t * affine(out * out, 1, 1),), lambda m, x: m.tan(x), _X),
    each("sinh", elementary.sinh, (lambda t, out, x: t * emit("cosh", x),), lambda m, x: m.sinh(x), _X),
    each("cosh", elementary.cosh, (lambda t, out, x: t * emit("sinh", x),), lambda m, x: m.cosh(x), _X),
    each(
        "cbrt",
        elementary.cbrt,
        (lambda t, out, x: t / affine(out * out, 3),),
        lambda m, x: m.cbrt(x),
        _X,
    ),
    each(
        "hypot",
        elementary.hypot,
        (
            lambda t, out, a, b: t * emit("ratio", a, out),
            lambda t, out, a, b: t * emit("ratio", b, out),
        ),
        lambda m, a, b: m.sqrt(a * a + b * b),
        _X,
        _Y,
        reach="bounded",
    ),
    each(
        "log_add_exp",
        elementary.log_add_exp,
        (
            lambda t, out, a, b: t * emit("sigmoid", a - b),
            lambda t, out, a, b: t * emit("sigmoid", b - a),
        ),
        lambda m, a, b: m.log(m.exp(a) + m.exp(b)),
        _X,
        _Y,
        reach="bounded",
    ),
)

_PIECES = (
    each(
        "absolute",
        kernels.absolute,
        (lambda t, out, x: t * emit("sign", x),),
        lambda m, x: abs(x),
        _X - 1,
        reach="bounded",
    ),
    each("sign", kernels.sign, (None,), lambda m, x: _sign(x), _X - 1, reach="bounded"),
    # 1 where a > b, 1/2 where they are equal: the derivative of max that favours neither side.
    each(
        "above",
        kernels.above,
        (None, None),
        lambda m, a, b: (1 + _sign(a - b)) / 2,
        _X,
        _Y,
        reach="bounded",
    ),
    each(
        "maximum",
        kernels.maximum,
        (
            lambda t, out, a, b: emit("gated", t, emit("above", a, b)),
            lambda t, out, a, b: emit("gated", t, emit("above", b, a)),
        ),
        lambda m, a, b: max(a, b),
        _X,
        _Y,
        reach="moves",
    ),
    each(
        "select",
        kernels.select,
        (
            None,
            lambda t, out, mask, a, b: emit("select", mask, t, _zeros(t)),
            lambda t, out, mask, a, b: emit("select", mask, _zeros(t), t),
        ),
        lambda m, mask, a, b: a if mask else b,
        _MASK,
        _X,
        _Y,
        reach="moves",
    ),
    # The same numbers where they are finite, held fixed: what is true whatever they are need not be
    # differentiated by them.
    Primitive("held", same, kernels.held, (None,), (None,), lambda m, x: x, (_X,)),
)

_SHAPES = (
    Primitive(
        "repeat",
        lambda x, axis, times: (*x[:axis], times, *x[axis + 1 :]),
        kernels.repeat,
        (lambda t, out, x, axis, times: emit("repeat", t, settings=(axis, times)),),
        (lambda t, out, x, axis, times: total(t, (axis,)),),
        lambda m, x, axis, times: np.repeat(x, times, axis),
        (_X[:, :1], 1, 4),
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
        (_X, 1),
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
        (_X, 1),
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
        (_X, 1),
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
        (_X, (3, 2)),
        reach="moves",
    ),
    Primitive(
        "take",
        lambda x, listed, shape: shape,
        kernels.take,
        (lambda t, out, x, listed, shape: emit("take", t, settings=(listed, shape)),),
        (lambda t, out, x, listed, shape: emit("put", t, settings=(listed, x.shape)),),
        lambda m, x, listed, shape: x.ravel()[_places(listed)].reshape(shape),
        (_X, _LISTED, (4,)),
        reach="moves",
    ),
    Primitive(
        "put",
        lambda x, listed, shape: shape,
        kernels.put,
        (lambda t, out, x, listed, shape: emit("put", t, settings=(listed, shape)),),
        (lambda t, out, x, listed, shape: emit("take", t, settings=(listed, x.shape)),),
        lambda m, x, listed, shape: _put(x, listed, shape),
        (_X[0, [0, 1, 2, 1]], _LISTED, (2, 3)),
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
        (_X, _Y, False, True),
        _product_count,
        _product_sizes,
        reach="sums",
    ),
)


class _Table(Mapping[str, Primitive]):
    """Primitives by name; the families in files of their own are imported when one of theirs is asked for."""

    def __init__(self, own: Sequence[Primitive]) -> None:
        self._found = {primitive.name: primitive for primitive in own}
        self._complete = False

    def __getitem__(self, name: str) -> Primitive:
        # Most programs, and every network's, need no more than what is in this file.
        return self._found[name] if name in self._found else self._all()[name]

    def __iter__(self) -> Iterator[str]:
        return iter(self._all())

    def __len__(self) -> int:
        return len(self._all())

    def _all(self) -> dict[str, Primitive]:
        if not self._complete:
            from harness.autodiff.exponential_sums import EXPONENTIAL_SUMS
            from harness.autodiff.inverse_functions import INVERSE_FUNCTIONS
            from harness.autodiff.linear_algebra import LINEAR_ALGEBRA
            from harness.autodiff.ordering import ORDERING
            from harness.autodiff.recurrence import RECURRENCE
            from harness.autodiff.special_functions import SPECIAL_FUNCTIONS

            families = (
                *(INVERSE_FUNCTIONS, EXPONENTIAL_SUMS, SPECIAL_FUNCTIONS),
                *(LINEAR_ALGEBRA, ORDERING, RECURRENCE),
            )
            self._found |= {primitive.name: primitive for family in families for primitive in family}
            self._complete = True
        return self._found


PRIMITIVES = _Table((*_ARITHMETIC, *_FUNCTIONS, *_PIECES, *_SHAPES))
