"""The compiled values of the primitives of linear algebra: elimination with pivots, on small matrices."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from harness.autodiff.kernels import COUNT, FIRST, OUT, SECOND, A, B, C, D, U
from optimizers.compilation import compiled


@compiled()
def matrix_products(memory: Any, code: Any, place: int) -> None:
    """Multiply matrices pairwise: rows and columns of a result in A and B, inner length in C, turns in D."""
    out, x, y = code[place + OUT], code[place + FIRST], code[place + SECOND]
    rows, columns, inner, turns = code[place + A], code[place + B], code[place + C], code[place + D]
    x_row, x_inner = (1, rows) if turns % 2 == 1 else (inner, 1)
    y_inner, y_column = (1, inner) if turns >= 2 else (columns, 1)
    for i in range(code[place + COUNT]):
        memory[U(out + i)] = 0.0
    matrices = code[place + COUNT] // max(rows * columns, 1)
    for matrix in range(matrices):
        first, left, right = (
            out + matrix * rows * columns,
            x + matrix * rows * inner,
            y + matrix * inner * columns,
        )
        for row in range(rows):
            target = first + row * columns
            for k in range(inner):
                factor = memory[U(left + row * x_row + k * x_inner)]
                source = right + k * y_inner
                for column in range(columns):
                    memory[U(target + column)] += factor * memory[U(source + column * y_column)]


@compiled()
def _copy_matrix(memory: Any, start: int, table: Any, turned: bool) -> None:
    n = table.shape[0]
    for i in range(n):
        for k in range(n):
            if turned:
                table[k, i] = memory[U(start + i * n + k)]
            else:
                table[i, k] = memory[U(start + i * n + k)]


@compiled()
def _pivot(table: Any, column: int) -> int:
    """Return the row from the diagonal on with the largest number of a column, or with a NaN."""
    best, row = -1.0, column
    for i in range(column, table.shape[0]):
        size = abs(table[i, column])
        if size != size:
            return i
        if size > best:
            best, row = size, i
    return row


@compiled()
def _swap(table: Any, a: int, b: int) -> None:
    for k in range(table.shape[1]):
        table[a, k], table[b, k] = table[b, k], table[a, k]


@compiled()
def _eliminate(table: Any) -> float:
    """Bring a matrix to upper triangular form in place; return the sign of the row exchanges."""
    n = table.shape[0]
    sign = 1.0
    for column in range(n):
        row = _pivot(table, column)
        if row != column:
            _swap(table, row, column)
            sign = -sign
        pivot = table[column, column]
        if pivot == 0.0:
            continue
        for i in range(column + 1, n):
            factor = table[i, column] / pivot
            for k in range(column + 1, n):
                table[i, k] -= factor * table[column, k]
    return sign


@compiled(allocates=True)
def solve(memory: Any, code: Any, place: int) -> None:
    """Solve with matrices of A rows for B right sides each, transposed ones if C; NaN for singular ones."""
    out, x, y = code[place + OUT], code[place + FIRST], code[place + SECOND]
    n, columns, turned = code[place + A], code[place + B], code[place + C] == 1
    table, sides = np.empty((n, n)), np.empty((n, columns))
    for matrix in range(code[place + COUNT] // max(n * columns, 1)):
        _copy_matrix(memory, x + matrix * n * n, table, turned)
        first = matrix * n * columns
        for i in range(n):
            for k in range(columns):
                sides[i, k] = memory[U(y + first + i * columns + k)]
        singular = False
        for column in range(n):
            row = _pivot(table, column)
            if row != column:
                _swap(table, row, column)
                _swap(sides, row, column)
            pivot = table[column, column]
            singular = singular or pivot == 0.0
            for i in range(column + 1, n):
                factor = table[i, column] / pivot
                for k in range(column + 1, n):
                    table[i, k] -= factor * table[column, k]
                for k in range(columns):
                    sides[i, k] -= factor * sides[column, k]
        for i in range(n - 1, -1, -1):
            for k in range(columns):
                value = sides[i, k]
                for j in range(i + 1, n):
                    value -= table[i, j] * sides[j, k]
                sides[i, k] = value / table[i, i]
        for i in range(n):
            for k in range(columns):
                memory[U(out + first + i * columns + k)] = math.nan if singular else sides[i, k]


@compiled(allocates=True)
def determinant(memory: Any, code: Any, place: int) -> None:
    """Take the determinants of B matrices of A rows."""
    out, x, n = code[place + OUT], code[place + FIRST], code[place + A]
    table = np.empty((n, n))
    for matrix in range(code[place + B]):
        _copy_matrix(memory, x + matrix * n * n, table, False)
        fraction, exponent = _eliminate(table), 0
        # The pivots' exponents apart: their product may leave the range of a float on its way.
        for i in range(n):
            part, power = math.frexp(table[i, i])
            fraction, more = math.frexp(fraction * part)
            exponent += power + more
        memory[U(out + matrix)] = math.ldexp(fraction, exponent)


@compiled(allocates=True)
def log_determinant(memory: Any, code: Any, place: int) -> None:
    """Take the logarithms of the absolute determinants of B matrices of A rows."""
    out, x, n = code[place + OUT], code[place + FIRST], code[place + A]
    table = np.empty((n, n))
    for matrix in range(code[place + B]):
        _copy_matrix(memory, x + matrix * n * n, table, False)
        _eliminate(table)
        value = 0.0
        for i in range(n):
            value += math.log(abs(table[i, i]))
        memory[U(out + matrix)] = value


@compiled(allocates=True)
def determinant_sign(memory: Any, code: Any, place: int) -> None:
    """Take the signs of the determinants of B matrices of A rows: -1, 0, 1, or NaN."""
    out, x, n = code[place + OUT], code[place + FIRST], code[place + A]
    table = np.empty((n, n))
    for matrix in range(code[place + B]):
        _copy_matrix(memory, x + matrix * n * n, table, False)
        sign = _eliminate(table)
        for i in range(n):
            sign *= np.sign(table[i, i])
        memory[U(out + matrix)] = sign


@compiled()
def cholesky(memory: Any, code: Any, place: int) -> None:
    """Take the lower factors of B matrices of A rows, from their lower triangles; NaN where there is none."""
    out, x, n = code[place + OUT], code[place + FIRST], code[place + A]
    for matrix in range(code[place + B]):
        first, source = out + matrix * n * n, x + matrix * n * n
        for i in range(n):
            for k in range(n):
                memory[U(first + i * n + k)] = 0.0
        there = True
        for k in range(n):
            for i in range(k, n):
                value = memory[U(source + i * n + k)]
                for j in range(k):
                    value -= memory[U(first + i * n + j)] * memory[U(first + k * n + j)]
                if i == k:
                    there = there and value > 0.0
                    memory[U(first + k * n + k)] = math.sqrt(value)
                else:
                    memory[U(first + i * n + k)] = value / memory[U(first + k * n + k)]
        if not there:
            for i in range(n):
                for k in range(i + 1):
                    memory[U(first + i * n + k)] = math.nan
