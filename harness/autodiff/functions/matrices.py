"""Linear algebra of square matrices, one or a stack of them.

NumPy raises ``LinAlgError`` for a matrix that is singular, or has no Cholesky factor. A traced program cannot
raise: there it returns NaN.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from harness.autodiff.algebra import reshaped
from harness.autodiff.functions.products import stack_of
from harness.autodiff.functions.reductions import array_of
from harness.autodiff.functions.table import Entry, Rule, function, signature_of, stand_in
from harness.autodiff.primitives.linear_algebra import solved, transposed
from harness.autodiff.registry import FUNCTIONS, public_name
from harness.autodiff.tracer import emit, holds_traced, lifted, trace_of


class OfMatrices(Entry):
    """An entry whose NumPy function is tried out on unit matrices: a matrix of ones has no inverse."""

    def stand_in(self, value: Any) -> Any:
        """Return a plain value of the same shape."""
        if holds_traced(value):
            plain = stand_in(value)
            if isinstance(plain, np.ndarray) and plain.ndim >= 2:
                return np.broadcast_to(np.eye(*plain.shape[-2:]), plain.shape)
            return plain
        return value


def of_matrices(original: Any, takes: str) -> Callable[[Rule], Rule]:
    """Declare a function of matrices."""

    def declare(rule: Rule) -> Rule:
        FUNCTIONS[original] = OfMatrices(public_name(original), original, signature_of(takes), rule)
        return rule

    return declare


@of_matrices(np.linalg.solve, "a, b")
def solve(a: Any, b: Any) -> Any:
    """Solve ``a x = b``; NaN where a is singular."""
    trace = trace_of(a, b)
    a, b = lifted(trace, a), lifted(trace, b)
    vector = b.ndim == 1
    right = reshaped(b, (b.size, 1)) if vector else b
    outer = np.broadcast_shapes(a.shape[:-2], right.shape[:-2])
    result = solved(stack_of(a, outer), stack_of(right, outer))
    return reshaped(result, outer + (b.shape if vector else right.shape[-2:]))


@of_matrices(np.linalg.inv, "a")
def inverse(a: Any) -> Any:
    """Invert; NaN where a is singular."""
    a = array_of(a)
    return solve(a, np.broadcast_to(np.eye(a.shape[-1]), a.shape))


@of_matrices(np.linalg.det, "a")
def determinant(a: Any) -> Any:
    """Take the determinant.

    Up to 6 rows the slope of a singular matrix is right as well; beyond, it is NaN.
    """
    return _number_each("determinant", array_of(a))


@of_matrices(np.linalg.slogdet, "a")
def sign_and_log_determinant(a: Any) -> Any:
    """Take the sign of the determinant, which has no slope, and the logarithm of its absolute value."""
    a = array_of(a)
    kind = type(np.linalg.slogdet(np.eye(1)))
    return kind(_number_each("determinant_sign", a), _number_each("log_determinant", a))


def _number_each(primitive: str, a: Any) -> Any:
    return reshaped(emit(primitive, stack_of(a, a.shape[:-2])), a.shape[:-2])


@of_matrices(np.linalg.cholesky, "a, /, *, upper=False")
def cholesky(a: Any, upper: Any = False) -> Any:
    """Take the triangular factor; NaN where there is none.

    As NumPy, it reads the lower triangle alone, or the upper one, and the other one has no slope.
    """
    a = array_of(a)
    stack = stack_of(a, a.shape[:-2])
    factor = transposed(emit("cholesky", transposed(stack))) if upper else emit("cholesky", stack)
    return reshaped(factor, a.shape)


@of_matrices(np.linalg.matrix_power, "a, n")
def matrix_power(a: Any, n: Any) -> Any:
    """Multiply a matrix by itself, or its inverse for a negative power."""
    a = array_of(a)
    if n == 0:
        return lifted(a.origin, np.broadcast_to(np.eye(a.shape[-1]), a.shape))
    base = inverse(a) if n < 0 else a
    result, left = None, abs(int(n))
    while left:
        if left % 2:
            result = base if result is None else result @ base
        left //= 2
        base = base @ base if left else base
    return result


@function(np.linalg.multi_dot, "arrays, *, out=None")
def multi_dot(arrays: Any) -> Any:
    """Multiply one after the other."""
    result = arrays[0]
    for array in arrays[1:]:
        result = np.dot(result, array)
    return result
