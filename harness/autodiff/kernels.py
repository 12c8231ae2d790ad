"""The compiled values of the primitives: one function each, ``value(memory, code, place)``.

``memory`` holds every variable of a program, ``code`` its instructions, and ``place`` says where in the code
this one is: the address of the function, then where its output begins, its inputs, and sizes.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numba import types

from harness.numerics.products import multiply as multiply_tables
from harness.numerics.products import weight_products
from harness.numerics.register_blocks import ADD
from optimizers.compilation import compiled
from optimizers.signatures import INTEGERS, REALS

STEP = types.void(REALS, INTEGERS, types.int64)

FUNCTION, OUT, FIRST, SECOND, THIRD, COUNT, A, B, C, D = range(10)
WIDTH = 10
"""Places of an instruction: address, where output and inputs begin, numbers of the output, and four more."""

U = np.uint64


@compiled()
def add(memory: Any, code: Any, place: int) -> None:
    """Add."""
    out, x, y = U(code[place + OUT]), U(code[place + FIRST]), U(code[place + SECOND])
    for i in range(U(code[place + COUNT])):
        memory[out + i] = memory[x + i] + memory[y + i]


@compiled()
def subtract(memory: Any, code: Any, place: int) -> None:
    """Subtract."""
    out, x, y = U(code[place + OUT]), U(code[place + FIRST]), U(code[place + SECOND])
    for i in range(U(code[place + COUNT])):
        memory[out + i] = memory[x + i] - memory[y + i]


@compiled()
def multiply(memory: Any, code: Any, place: int) -> None:
    """Multiply."""
    out, x, y = U(code[place + OUT]), U(code[place + FIRST]), U(code[place + SECOND])
    for i in range(U(code[place + COUNT])):
        memory[out + i] = memory[x + i] * memory[y + i]


@compiled()
def gated(memory: Any, code: Any, place: int) -> None:
    """Multiply; where the second is 0 the first does not matter, infinite or no number as it may be."""
    out, x, y = U(code[place + OUT]), U(code[place + FIRST]), U(code[place + SECOND])
    for i in range(U(code[place + COUNT])):
        factor = memory[y + i]
        result = memory[x + i] * factor
        memory[out + i] = 0.0 if factor == 0.0 else result


@compiled()
def divide(memory: Any, code: Any, place: int) -> None:
    """Divide."""
    out, x, y = U(code[place + OUT]), U(code[place + FIRST]), U(code[place + SECOND])
    for i in range(U(code[place + COUNT])):
        memory[out + i] = memory[x + i] / memory[y + i]


@compiled()
def maximum(memory: Any, code: Any, place: int) -> None:
    """Take the larger, or NaN where one is."""
    out, x, y = U(code[place + OUT]), U(code[place + FIRST]), U(code[place + SECOND])
    for i in range(U(code[place + COUNT])):
        a, b = memory[x + i], memory[y + i]
        memory[out + i] = b if a < b or b != b else a


@compiled()
def above(memory: Any, code: Any, place: int) -> None:
    """Say 1 where the first is larger, 1/2 where they are equal, else 0."""
    out, x, y = U(code[place + OUT]), U(code[place + FIRST]), U(code[place + SECOND])
    for i in range(U(code[place + COUNT])):
        a, b = memory[x + i], memory[y + i]
        memory[out + i] = 1.0 if a > b else (0.5 if a == b else 0.0)


@compiled()
def select(memory: Any, code: Any, place: int) -> None:
    """Take the second where the first is not 0, else the third."""
    out, mask = U(code[place + OUT]), U(code[place + FIRST])
    x, y = U(code[place + SECOND]), U(code[place + THIRD])
    for i in range(U(code[place + COUNT])):
        memory[out + i] = memory[x + i] if memory[mask + i] != 0.0 else memory[y + i]


@compiled()
def affine(memory: Any, code: Any, place: int) -> None:
    """Multiply by one fixed number and add another."""
    out, x = U(code[place + OUT]), U(code[place + FIRST])
    # Fixed numbers lie in the memory, behind the address of the second input.
    factor, offset = memory[U(code[place + SECOND])], memory[U(code[place + SECOND]) + U(1)]
    for i in range(U(code[place + COUNT])):
        memory[out + i] = factor * memory[x + i] + offset


@compiled()
def power(memory: Any, code: Any, place: int) -> None:
    """Raise to a fixed power."""
    out, x = U(code[place + OUT]), U(code[place + FIRST])
    exponent = memory[U(code[place + SECOND])]
    if exponent == 0.5:
        for i in range(U(code[place + COUNT])):
            memory[out + i] = np.sqrt(memory[x + i])
    elif exponent == -1.0:
        for i in range(U(code[place + COUNT])):
            memory[out + i] = 1.0 / memory[x + i]
    else:
        for i in range(U(code[place + COUNT])):
            memory[out + i] = memory[x + i] ** exponent


@compiled()
def absolute(memory: Any, code: Any, place: int) -> None:
    """Take the absolute value."""
    out, x = U(code[place + OUT]), U(code[place + FIRST])
    for i in range(U(code[place + COUNT])):
        memory[out + i] = abs(memory[x + i])


@compiled()
def sign(memory: Any, code: Any, place: int) -> None:
    """Take -1, 0 or 1."""
    out, x = U(code[place + OUT]), U(code[place + FIRST])
    for i in range(U(code[place + COUNT])):
        value = memory[x + i]
        memory[out + i] = 1.0 if value > 0.0 else (-1.0 if value < 0.0 else value)


@compiled()
def copy(memory: Any, code: Any, place: int) -> None:
    """Copy."""
    out, x = U(code[place + OUT]), U(code[place + FIRST])
    for i in range(U(code[place + COUNT])):
        memory[out + i] = memory[x + i]


@compiled()
def held(memory: Any, code: Any, place: int) -> None:
    """Copy what is finite; 0 stands for the rest."""
    out, x = U(code[place + OUT]), U(code[place + FIRST])
    for i in range(U(code[place + COUNT])):
        value = memory[x + i]
        memory[out + i] = value if abs(value) < np.inf else 0.0


@compiled()
def raised(memory: Any, code: Any, place: int) -> None:
    """Raise to the power of another."""
    out, x, y = U(code[place + OUT]), U(code[place + FIRST]), U(code[place + SECOND])
    for i in range(U(code[place + COUNT])):
        memory[out + i] = memory[x + i] ** memory[y + i]


@compiled()
def ratio(memory: Any, code: Any, place: int) -> None:
    """Divide; 0 by 0 is 0."""
    out, x, y = U(code[place + OUT]), U(code[place + FIRST]), U(code[place + SECOND])
    for i in range(U(code[place + COUNT])):
        a, b = memory[x + i], memory[y + i]
        memory[out + i] = 0.0 if a == 0.0 and b == 0.0 else a / b


@compiled()
def length(memory: Any, code: Any, place: int) -> None:
    """Take the Euclidean length along an axis: (outer, length, inner) to (outer, 1, inner) in A, B, C."""
    out, x = code[place + OUT], code[place + FIRST]
    count, inner = code[place + B], code[place + C]
    for outer in range(code[place + A]):
        for i in range(inner):
            high, summed = 0.0, 0.0
            for row in range(count):
                high = max(high, abs(memory[U(x + (outer * count + row) * inner + i)]))
            # Squares of what is this large or small would overflow or vanish.
            scale = high if high > 1e150 or high < 1e-150 else 1.0
            if scale == 0.0 or scale == np.inf:
                scale = 1.0
            for row in range(count):
                value = memory[U(x + (outer * count + row) * inner + i)] / scale
                summed += value * value
            memory[U(out + outer * inner + i)] = scale * np.sqrt(summed)


@compiled()
def repeat(memory: Any, code: Any, place: int) -> None:
    """Repeat an axis of length 1: (outer, 1, inner) to (outer, times, inner) in A, B, C."""
    out, x = code[place + OUT], code[place + FIRST]
    times, inner = code[place + B], code[place + C]
    for outer in range(code[place + A]):
        source = U(x + outer * inner)
        if inner == 1:
            value, target = memory[source], U(out + outer * times)
            for i in range(U(times)):
                memory[target + i] = value
        else:
            for time in range(times):
                target = U(out + (outer * times + time) * inner)
                for i in range(U(inner)):
                    memory[target + i] = memory[source + i]


@compiled(reassociate=True)
def _row_sum(memory: Any, start: int, count: int) -> float:
    first = U(start)
    result = 0.0
    for i in range(U(count)):
        result += memory[first + i]
    return result


@compiled()
def total(memory: Any, code: Any, place: int) -> None:
    """Sum an axis: (outer, length, inner) to (outer, 1, inner) in A, B, C."""
    out, x = code[place + OUT], code[place + FIRST]
    length, inner = code[place + B], code[place + C]
    for outer in range(code[place + A]):
        if inner == 1:
            memory[U(out + outer)] = _row_sum(memory, x + outer * length, length)
            continue
        target = U(out + outer * inner)
        for i in range(U(inner)):
            memory[target + i] = 0.0
        for row in range(length):
            source = U(x + (outer * length + row) * inner)
            for i in range(U(inner)):
                memory[target + i] += memory[source + i]


@compiled()
def highest(memory: Any, code: Any, place: int) -> None:
    """Take the highest along an axis: (outer, length, inner) to (outer, 1, inner) in A, B, C."""
    out, x = code[place + OUT], code[place + FIRST]
    length, inner = code[place + B], code[place + C]
    for outer in range(code[place + A]):
        target = U(out + outer * inner)
        source = U(x + outer * length * inner)
        for i in range(U(inner)):
            memory[target + i] = memory[source + i]
        for row in range(1, length):
            source = U(x + (outer * length + row) * inner)
            for i in range(U(inner)):
                value = memory[source + i]
                high = memory[target + i]
                # A NaN that is there stays, and one that comes is taken.
                memory[target + i] = high if value < high or high != high else value


@compiled()
def take(memory: Any, code: Any, place: int) -> None:
    """Copy entries from the places that the code lists from A on."""
    out, x, listed = U(code[place + OUT]), code[place + FIRST], U(code[place + A])
    for i in range(U(code[place + COUNT])):
        memory[out + i] = memory[U(x + code[listed + i])]


@compiled()
def put(memory: Any, code: Any, place: int) -> None:
    """Add entries at the places that the code lists from A on, B of them, to zeros."""
    out, x, listed = code[place + OUT], U(code[place + FIRST]), U(code[place + A])
    first = U(out)
    for i in range(U(code[place + COUNT])):
        memory[first + i] = 0.0
    for i in range(U(code[place + B])):
        memory[U(out + code[listed + i])] += memory[x + i]


@compiled()
def product(memory: Any, code: Any, place: int) -> None:
    """Multiply two tables: rows and columns of the result in A and B, inner length in C, turns in D."""
    out, x, y = code[place + OUT], code[place + FIRST], code[place + SECOND]
    rows, columns, inner, turns = code[place + A], code[place + B], code[place + C], code[place + D]
    first = U(out)
    for i in range(U(code[place + COUNT])):
        memory[first + i] = 0.0
    if turns == 0 and columns == 1:
        weight_products(memory, x, memory, y, inner, memory, out, 1, rows, inner)
    elif turns == 1 and columns == 1:
        multiply_tables(ADD, memory, y, inner, 1, 1, inner, 0, memory, x, rows, memory, out, rows, rows)
    elif turns == 0:
        multiply_tables(
            ADD, memory, x, inner, 1, rows, inner, 0, memory, y, columns, memory, out, columns, columns
        )
    elif turns == 1:
        multiply_tables(
            ADD, memory, x, 1, rows, rows, inner, 0, memory, y, columns, memory, out, columns, columns
        )
    else:
        weight_products(memory, x, memory, y, inner, memory, out, columns, rows, inner)
