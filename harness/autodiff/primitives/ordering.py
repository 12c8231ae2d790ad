"""Primitives: an order that depends on the data, and what moves numbers by it. Each works on the last axis.

The order itself has no derivative: it changes only where two numbers are equal. There the derivative is that
of the order that was taken, in which equal numbers stay as they were.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from harness.autodiff.kernels import COUNT, FIRST, OUT, SECOND, A, B, U
from harness.autodiff.primitive import Primitive, enter, same
from harness.autodiff.program import Shape
from harness.autodiff.tracer import emit
from optimizers.compilation import compiled


@compiled()
def _comes_after(a: float, b: float) -> bool:
    """Say whether a comes after b: where it is larger, and NaN after all numbers, as in NumPy."""
    return a > b or (a != a and b == b)


@compiled()
def _merge_sort(memory: Any, x: int, orders: Any) -> int:
    """Sort places by the numbers that they point to from x on, equal ones as they were.

    Arguments:
        memory: the numbers.
        x: where they begin.
        orders: two rows, the first with the places in any order, the second spare.

    Returns:
        the row that the sorted places are in.
    """
    n, here, width = orders.shape[1], 0, 1
    while width < n:
        for begin in range(0, n, 2 * width):
            middle, end = min(begin + width, n), min(begin + 2 * width, n)
            left, right = begin, middle
            for i in range(begin, end):
                a, b = orders[here, min(left, n - 1)], orders[here, min(right, n - 1)]
                if left == middle or (right < end and _comes_after(memory[U(x + a)], memory[U(x + b)])):
                    orders[1 - here, i] = b
                    right += 1
                else:
                    orders[1 - here, i] = a
                    left += 1
        here = 1 - here
        width *= 2
    return here


@compiled(allocates=True)
def _order(memory: Any, code: Any, place: int) -> None:
    """Say for each rank which entry of a row has it; a row has A entries."""
    out, x, n = code[place + OUT], code[place + FIRST], code[place + A]
    orders = np.empty((2, n), dtype=np.int64)
    for row in range(0, code[place + COUNT], max(n, 1)):
        for i in range(n):
            orders[0, i] = i
        found = _merge_sort(memory, x + row, orders)
        for i in range(n):
            memory[U(out + row + i)] = orders[found, i]


@compiled()
def _gather(memory: Any, code: Any, place: int) -> None:
    """Copy from rows of A entries those at the places that the second input lists, B in a row."""
    out, x, places = code[place + OUT], code[place + FIRST], code[place + SECOND]
    n, taken = code[place + A], code[place + B]
    for i in range(code[place + COUNT]):
        memory[U(out + i)] = memory[U(x + i // taken * n + np.int64(memory[U(places + i)]))]


@compiled()
def _scatter(memory: Any, code: Any, place: int) -> None:
    """Add entries to rows of A zeros at the places that the second input lists, B in a row."""
    out, x, places = code[place + OUT], code[place + FIRST], code[place + SECOND]
    n, taken, count = code[place + A], code[place + B], code[place + COUNT]
    for i in range(count):
        memory[U(out + i)] = 0.0
    if n == 0:
        return
    for i in range(count // n * taken):
        memory[U(out + i // taken * n + np.int64(memory[U(places + i)]))] += memory[U(x + i)]


def _exact_order(m: Any, x: Any) -> Any:
    rows = [sorted(range(x.shape[-1]), key=list(row).__getitem__) for row in x.reshape(-1, x.shape[-1])]
    return np.array(rows, dtype=object).reshape(x.shape)


def _whole(places: Any) -> Any:
    return np.vectorize(lambda place: int(place + 0.5), otypes=[np.int64])(places)


def _exact_scatter(m: Any, x: Any, places: Any, n: int) -> Any:
    table = np.zeros((*x.shape[:-1], n), dtype=object)
    for place in np.ndindex(x.shape):
        table[(*place[:-1], _whole(places)[place])] += x[place]
    return table


def _scattered(x: Shape, places: Shape, n: int) -> Shape:
    return (*x[:-1], n)


def _nothing(*_: Any) -> int:
    return 0


_X = np.array([[0.3, 1.7, 0.9], [2.2, 0.4, 1.1]])
_PLACES = np.array([[2.0, 0.0, 2.0, 1.0], [1.0, 1.0, 0.0, 2.0]])

enter(
    Primitive(
        "order",
        same,
        _order,
        (None,),
        (None,),
        _exact_order,
        (_X,),
        products=lambda x: int(np.prod(x, dtype=int)) * max(1, x[-1]).bit_length(),
        sizes=lambda x: (x[-1],),
    ),
    Primitive(
        "gather",
        lambda x, places: places,
        _gather,
        (lambda t, out, x, places: emit("gather", t, places), None),
        (lambda t, out, x, places: emit("scatter", t, places, settings=(x.shape[-1],)), None),
        lambda m, x, places: np.take_along_axis(x, _whole(places), -1),
        (_X, _PLACES),
        products=_nothing,
        sizes=lambda x, places: (x[-1], places[-1]),
        reach="moves",
    ),
    Primitive(
        "scatter",
        _scattered,
        _scatter,
        (lambda t, out, x, places, n: emit("scatter", t, places, settings=(n,)), None),
        (lambda t, out, x, places, n: emit("gather", t, places), None),
        _exact_scatter,
        (np.array([[0.3, 1.7, 0.9, 1.3], [2.2, 0.4, 1.1, -0.4]]), _PLACES, 3),
        products=_nothing,
        sizes=lambda x, places, n: (n, x[-1]),
        reach="moves",
    ),
)
