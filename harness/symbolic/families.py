"""The formulas of the primitives that networks do without: special functions, linear algebra, recurrences."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import sympy

from harness.symbolic.entries import each, reduced
from harness.symbolic.functions import LogSumExp
from optimizers.errors import InputError


def _softmax(x: Any, axis: int) -> Any:
    return each(lambda entry, normaliser: sympy.exp(entry - normaliser))(
        x, np.broadcast_to(reduced(LogSumExp)(x, axis), x.shape)
    )


def _recurrence(b: Any, a: Any) -> Any:
    out = b.copy()
    for place in range(1, b.shape[-1]):
        out[..., place] = a[..., place] * out[..., place - 1] + b[..., place]
    return out


def _products(a: Any, b: Any, turn_a: bool, turn_b: bool) -> Any:
    left = np.swapaxes(a, 1, 2) if turn_a else a
    right = np.swapaxes(b, 1, 2) if turn_b else b
    return left @ right


def _of_matrices(function: Callable[..., Any]) -> Callable[..., Any]:
    """Apply a function of SymPy's matrices to each of a stack."""

    def apply(*stacks: Any) -> Any:
        results = [
            function(*(sympy.Matrix(x.tolist()) for x in matrices)) for matrices in zip(*stacks, strict=True)
        ]
        tables = [result.tolist() if isinstance(result, sympy.MatrixBase) else result for result in results]
        return np.array(tables, dtype=object)

    return apply


def _solve(a: Any, b: Any, turned: bool) -> Any:
    def solved(matrix: Any, right: Any) -> Any:
        # By cofactors: elimination would have to know which pivots are not 0.
        square = matrix.T if turned else matrix
        return square.adjugate() * right / square.det(method="berkowitz")

    return _of_matrices(solved)(a, b)


def _determinant(matrix: Any) -> Any:
    return matrix.det(method="berkowitz")


def _cholesky(matrix: Any) -> Any:
    n = matrix.rows
    out = sympy.zeros(n, n)
    for k in range(n):
        for i in range(k, n):
            rest = matrix[i, k] - sympy.Add(*(out[i, j] * out[k, j] for j in range(k)))
            out[i, k] = sympy.sqrt(rest) if i == k else rest / out[k, k]
    return out


def _without_formula(*_: Any) -> Any:
    raise InputError(
        "sorting has no formula, for which number comes first depends on the numbers: "
        "take the derivatives of harness.autodiff"
    )


FAMILIES: dict[str, Callable[..., Any]] = {
    "arcsin": each(sympy.asin),
    "arccos": each(sympy.acos),
    "arctan": each(sympy.atan),
    "arcsinh": each(sympy.asinh),
    "arccosh": each(sympy.acosh),
    "arctanh": each(sympy.atanh),
    "arctan2": each(sympy.atan2),
    "below_one": each(lambda x: 1 - x**2),
    "erf": each(sympy.erf),
    "erfc": each(sympy.erfc),
    "log_gamma": each(sympy.loggamma),
    "polygamma": lambda x, _, order: each(lambda entry: sympy.polygamma(order, entry))(x),
    "logit": each(lambda x: sympy.log(x / (1 - x))),
    "binary_variance": each(lambda x: x * (1 - x)),
    "x_log_y": each(lambda x, y: x * sympy.log(y)),
    "entropy": each(lambda x: -x * sympy.log(x)),
    "log_sum_exp": reduced(LogSumExp),
    "softmax": _softmax,
    "recurrence": _recurrence,
    "matrix_products": _products,
    "solve": _solve,
    "determinant": _of_matrices(_determinant),
    "log_determinant": _of_matrices(lambda matrix: sympy.log(sympy.Abs(_determinant(matrix)))),
    "determinant_sign": _of_matrices(lambda matrix: sympy.sign(_determinant(matrix))),
    "cholesky": _of_matrices(_cholesky),
    "order": _without_formula,
    "gather": _without_formula,
    "scatter": _without_formula,
}
"""By the name of the primitive."""
