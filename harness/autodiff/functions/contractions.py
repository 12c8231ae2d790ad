"""Sums of products over named axes: einsum and what it makes of its kind.

Two arrays at a time: axes that only one of them has and nobody needs are summed, the others are brought into
the order (common, own, summed over), and a product of matrices does the rest.
"""

from __future__ import annotations

import math
from collections.abc import Hashable, Sequence
from typing import Any

import numpy as np
from numpy.lib.array_utils import normalize_axis_index

from harness.autodiff.algebra import broadcast, product, reshaped, total
from harness.autodiff.functions.moving import numbered, taken, turned
from harness.autodiff.functions.table import function, ufunc
from harness.autodiff.primitives.linear_algebra import matrix_products
from harness.autodiff.tracer import Traced, emit, lifted, refused, trace_of

Names = tuple[Hashable, ...]


def _arranged(x: Any, names: Names, wanted: Names) -> Any:
    """Return x with its axes in another order, and only the diagonal of axes that share a name."""
    places = numbered(x.shape)
    axis = 0
    order: list[Hashable] = []
    for name in names:
        if name in order:
            first = order.index(name)
            places = np.moveaxis(np.diagonal(places, 0, first, axis), -1, first)
        else:
            order.append(name)
            axis += 1
    places = places.transpose([order.index(name) for name in wanted])
    return taken(x, places)


def _unique(names: Names) -> Names:
    return tuple(dict.fromkeys(names))


def _without(x: Any, names: Names, needed: Names) -> tuple[Any, Names]:
    """Sum the axes that nobody needs, and take the diagonal of axes that share a name."""
    own = _unique(names)
    kept = tuple(name for name in own if name in needed)
    if len(own) < len(names):
        x = _arranged(x, names, own)
    gone = tuple(place for place, name in enumerate(own) if name not in needed)
    summed = total(x, gone)
    return reshaped(summed, tuple(x.shape[own.index(name)] for name in kept)), kept


def _pair(a: Any, a_names: Names, b: Any, b_names: Names, needed: Names) -> tuple[Any, Names]:
    """Multiply two arrays and sum the axes that nobody needs any more."""
    a, a_names = _without(a, a_names, (*b_names, *needed))
    b, b_names = _without(b, b_names, (*a_names, *needed))
    sizes: dict[Hashable, int] = {}
    for name, size in zip((*a_names, *b_names), (*a.shape, *b.shape), strict=True):
        (sizes[name],) = np.broadcast_shapes((sizes.get(name, 1),), (size,))
    a = broadcast(a, tuple(sizes[name] for name in a_names))
    b = broadcast(b, tuple(sizes[name] for name in b_names))
    common = tuple(name for name in a_names if name in b_names and name in needed)
    summed = tuple(name for name in a_names if name in b_names and name not in needed)
    own_a = tuple(name for name in a_names if name not in b_names)
    own_b = tuple(name for name in b_names if name not in a_names)
    count, rows, inner, columns = (
        math.prod(sizes[name] for name in names) for names in (common, own_a, summed, own_b)
    )
    left = reshaped(_arranged(a, a_names, common + own_a + summed), (count, rows, inner))
    right = reshaped(_arranged(b, b_names, common + summed + own_b), (count, inner, columns))
    if count == 1:
        result = product(reshaped(left, (rows, inner)), reshaped(right, (inner, columns)))
    else:
        result = matrix_products(left, right)
    names = common + own_a + own_b
    return reshaped(result, tuple(sizes[name] for name in names)), names


def contract(arrays: Sequence[Any], names: Sequence[Names], result: Names) -> Any:
    """Return the sum of products of arrays with named axes, over all names that the result does not have."""
    trace = trace_of(list(arrays))
    waiting = [(lifted(trace, x), tuple(own)) for x, own in zip(arrays, names, strict=True)]
    if len(waiting) == 1:
        x, own = _without(*waiting[0], result)
        return _arranged(x, own, result)
    while len(waiting) > 1:
        (a, a_names), (b, b_names), *rest = waiting
        needed = (*result, *(name for _, own in rest for name in own))
        waiting = [_pair(a, a_names, b, b_names, needed), *rest]
    x, own = waiting[0]
    return _arranged(x, own, result)


@function(np.einsum, "*operands, out=None, dtype=None, order='K', casting='safe', optimize=False")
def einsum(operands: Any, optimize: Any = False) -> Any:
    """Sum products over named axes, from left to right whatever ``optimize`` says."""
    text, arrays = _read(operands)
    inputs, _, output = text.partition("->")
    names = [
        _with_ellipsis(part, x.ndim if isinstance(x, Traced) else np.ndim(x))
        for part, x in zip(inputs.split(","), arrays, strict=True)
    ]
    longest = max((sum(isinstance(name, int) for name in own) for own in names), default=0)
    whole = tuple(range(-longest, 0))
    if "->" in text:
        before, dots, after = output.partition("...")
        return contract(arrays, names, (*before, *(whole if dots else ()), *after))
    letters = inputs.replace(",", "").replace(".", "")
    once = sorted(letter for letter in set(letters) if letters.count(letter) == 1)
    return contract(arrays, names, (*whole, *once))


def _with_ellipsis(part: str, rank: int) -> Names:
    """Return the names of an array's axes; those that the dots stand for are numbered from the last, -1."""
    before, dots, after = part.partition("...")
    hidden = rank - len(before) - len(after) if dots else 0
    return (*before, *range(-hidden, 0), *after)


def _read(operands: Sequence[Any]) -> tuple[str, Sequence[Any]]:
    """Return subscripts without blanks, and the arrays; lists of whole numbers are written as letters."""
    if isinstance(operands[0], str):
        return operands[0].replace(" ", ""), operands[1:]
    arrays, lists = list(operands[0 : len(operands) // 2 * 2 : 2]), list(operands[1::2])
    letters = {
        name: chr(0x100 + name)
        for part in [*lists, operands[-1]]
        if isinstance(part, list | tuple)
        for name in part
        if name is not Ellipsis
    }

    def written(part: Any) -> str:
        return "".join("..." if name is Ellipsis else letters[name] for name in part)

    text = ",".join(written(part) for part in lists)
    return (f"{text}->{written(operands[-1])}" if len(operands) % 2 else text), arrays


@function(np.tensordot, "a, b, axes=2")
@function(np.linalg.tensordot, "x1, x2, /, *, axes=2")
def tensordot(a: Any, b: Any, axes: Any = 2) -> Any:
    """Sum products over some axes of either."""
    trace = trace_of(a, b)
    a, b = lifted(trace, a), lifted(trace, b)
    if np.ndim(axes) == 0:
        pairs = [(a.ndim - axes + place, place) for place in range(axes)]
    else:
        pairs = list(zip(np.ravel(axes[0]), np.ravel(axes[1]), strict=True))
    a_names = [("a", place) for place in range(a.ndim)]
    b_names = [("b", place) for place in range(b.ndim)]
    for left, right in pairs:
        b_names[normalize_axis_index(int(right), b.ndim)] = a_names[normalize_axis_index(int(left), a.ndim)]
    result = [name for name in (*a_names, *b_names) if (name in a_names) != (name in b_names)]
    return contract([a, b], [tuple(a_names), tuple(b_names)], tuple(result))


@function(np.kron, "a, b")
def kronecker(a: Any, b: Any) -> Any:
    """Put each entry of a times b side by side."""
    trace = trace_of(a, b)
    a, b = lifted(trace, a), lifted(trace, b)
    rank = max(a.ndim, b.ndim)
    left = (1,) * (rank - a.ndim) + a.shape
    right = (1,) * (rank - b.ndim) + b.shape
    spread_a = reshaped(a, tuple(n for length in left for n in (length, 1)))
    spread_b = reshaped(b, tuple(n for length in right for n in (1, length)))
    return reshaped(spread_a * spread_b, tuple(m * n for m, n in zip(left, right, strict=True)))


@function(np.cross, "a, b, axisa=-1, axisb=-1, axisc=-1, axis=None")
def cross(a: Any, b: Any, axisa: Any = -1, axisb: Any = -1, axisc: Any = -1, axis: Any = None) -> Any:
    """Multiply vectors of three entries to one that is normal to both."""
    trace = trace_of(a, b)
    if axis is not None:
        axisa = axisb = axisc = axis
    a, b = turned(lifted(trace, a), axisa), turned(lifted(trace, b), axisb)
    if a.shape[-1] != 3 or b.shape[-1] != 3:
        raise refused("np.cross of vectors of two entries", "write x[0] * y[1] - x[1] * y[0]")
    one, two = [1, 2, 0], [2, 0, 1]
    return turned(a[..., one] * b[..., two] - a[..., two] * b[..., one], -1, axisc)


@function(np.linalg.cross, "x1, x2, /, *, axis=-1")
def linalg_cross(a: Any, b: Any, axis: Any = -1) -> Any:
    """Multiply vectors of three entries to one that is normal to both."""
    return cross(a, b, axis=axis)


@function(np.convolve, "a, v, mode='full'")
def convolve(a: Any, v: Any, mode: Any = "full") -> Any:
    """Slide one vector in reverse along another and sum products."""
    trace = trace_of(a, v)
    a, v = lifted(trace, a), lifted(trace, v)
    a, v = np.ravel(a), np.ravel(v)
    if a.size < v.size:
        a, v = v, a
    count = a.size + v.size - 1
    places = np.add.outer(np.arange(a.size), np.arange(v.size))
    whole = emit("put", np.outer(a, v), settings=(places.tobytes(), (count,)))
    if mode == "full":
        return whole
    length = a.size if mode == "same" else a.size - v.size + 1
    first = (count - length) // 2
    return whole[first : first + length]


@function(np.correlate, "a, v, mode='valid'")
def correlate(a: Any, v: Any, mode: Any = "valid") -> Any:
    """Slide one vector along another and sum products."""
    return convolve(a, np.flip(lifted(trace_of(a, v), v)), mode)


@function(np.linalg.vecdot, "x1, x2, /, *, axis=-1")
def linalg_vecdot(a: Any, b: Any, axis: Any = -1) -> Any:
    """Multiply along one axis and add up."""
    trace = trace_of(a, b)
    a, b = turned(lifted(trace, a), axis), turned(lifted(trace, b), axis)
    return np.sum(a * b, axis=-1)


@ufunc("vecdot")
def vecdot(a: Any, b: Any) -> Any:
    """Multiply along the last axis and add up."""
    return linalg_vecdot(a, b)


def matvec(a: Any, b: Any) -> Any:
    """Multiply tables by vectors."""
    trace = trace_of(a, b)
    return np.matmul(lifted(trace, a), lifted(trace, b)[..., None])[..., 0]


def vecmat(a: Any, b: Any) -> Any:
    """Multiply vectors by tables."""
    trace = trace_of(a, b)
    return np.matmul(lifted(trace, a)[..., None, :], lifted(trace, b))[..., 0, :]


if hasattr(np, "matvec"):  # since NumPy 2.2
    ufunc("matvec")(matvec)
    ufunc("vecmat")(vecmat)
