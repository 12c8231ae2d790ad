"""Primitives of linear algebra, on stacks of square matrices of shape (matrices, n, n).

A compiled step cannot raise: where NumPy raises ``LinAlgError``, for a singular matrix to be solved with or
one without a Cholesky factor, the answer is NaN.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from harness.autodiff import linear_algebra_kernels as kernels
from harness.autodiff.algebra import affine, broadcast, reshaped, total
from harness.autodiff.primitive import Primitive, enter, same
from harness.autodiff.program import Shape
from harness.autodiff.tracer import emit

LARGEST_BY_MINORS = 6
"""Up to this size the slope of a determinant is that of its minors, right for singular matrices as well.
Their number grows with the square of the size: larger matrices take ``det(A) inv(A).T``."""


def matrix_products(a: Any, b: Any, turn_a: bool = False, turn_b: bool = False) -> Any:
    """Return the products of two stacks of matrices, either of them transposed first."""
    return emit("matrix_products", a, b, settings=(turn_a, turn_b))


def solved(a: Any, b: Any, turned: bool = False) -> Any:
    """Return ``inv(a) b`` for stacks of matrices, or ``inv(a.T) b``."""
    return emit("solve", a, b, settings=(turned,))


def transposed(a: Any) -> Any:
    """Return the transposes of a stack of matrices."""
    places = np.arange(a.size).reshape(a.shape).transpose(0, 2, 1)
    return emit("take", a, settings=(np.ascontiguousarray(places).tobytes(), places.shape))


def inverse_transposed(a: Any) -> Any:
    """Return the transposes of the inverses of a stack of matrices."""
    return solved(a, np.broadcast_to(np.eye(a.shape[-1]), a.shape), True)


def _weighted(x: Any, like: Any) -> Any:
    """Return one number for each matrix, as a stack of matrices that hold it everywhere."""
    return broadcast(reshaped(x, (x.shape[0], 1, 1)), like.shape)


def _summed(x: Any) -> Any:
    return reshaped(total(x, (1, 2)), (x.shape[0],))


def _cofactors(a: Any, out: Any) -> Any:
    """Return the slopes of the determinants by the entries of the matrices."""
    n = a.shape[-1]
    if n > LARGEST_BY_MINORS:
        return inverse_transposed(a) * _weighted(out, a)
    if n == 0:
        return np.zeros(a.shape)
    others = [[k for k in range(n) if k != left_out] for left_out in range(n)]
    keep = np.array(others, dtype=np.int64).reshape(n, n - 1)
    places = np.arange(a.size).reshape(a.shape)[:, keep[:, None, :, None], keep[None, :, None, :]]
    places = places.reshape(len(places) * n * n, n - 1, n - 1)
    minors = emit("take", a, settings=(np.ascontiguousarray(places).tobytes(), places.shape))
    signs = 1.0 - 2.0 * (np.add.outer(np.arange(n), np.arange(n)) % 2)
    return reshaped(emit("determinant", minors), a.shape) * np.broadcast_to(signs, a.shape)


def _masked(x: Any, mask: Any) -> Any:
    return x * np.broadcast_to(mask, x.shape)


def _lower_half(x: Any) -> Any:
    """Return the lower triangle, with half of the diagonal (Murray 2016, arXiv:1602.07527, eq. 10)."""
    n = x.shape[-1]
    return _masked(x, np.tril(np.ones((n, n))) - np.eye(n) / 2)


def _push_cholesky(t: Any, out: Any, a: Any) -> Any:
    """Return ``L half(inv(L) S inv(L).T)``, with the symmetric S that t's lower half says."""
    n = a.shape[-1]
    symmetric = _masked(t, np.tril(np.ones((n, n)))) + transposed(_masked(t, np.tril(np.ones((n, n)), -1)))
    inner = solved(out, transposed(solved(out, symmetric)))
    return matrix_products(out, _lower_half(inner))


def _pull_cholesky(t: Any, out: Any, a: Any) -> Any:
    n = a.shape[-1]
    inner = _lower_half(matrix_products(out, t, turn_a=True))
    whole = transposed(solved(out, transposed(solved(out, inner, True)), True))
    lower, strictly = np.tril(np.ones((n, n))), np.tril(np.ones((n, n)), -1)
    return _masked(whole, lower) + _masked(transposed(whole), strictly)


def _products_shape(a: Shape, b: Shape, turn_a: bool, turn_b: bool) -> Shape:
    return (a[0], a[2] if turn_a else a[1], b[1] if turn_b else b[2])


def _products_sizes(a: Shape, b: Shape, turn_a: bool, turn_b: bool) -> tuple[int, ...]:
    return (*_products_shape(a, b, turn_a, turn_b)[1:], a[1] if turn_a else a[2], turn_a + 2 * turn_b)


def _products_count(a: Shape, b: Shape, turn_a: bool, turn_b: bool) -> int:
    _, rows, columns = _products_shape(a, b, turn_a, turn_b)
    return a[0] * rows * columns * (a[1] if turn_a else a[2])


def _elimination_count(a: Shape) -> int:
    return a[0] * (a[1] ** 3 // 3 + 1)


def _stacked(exact: Any) -> Any:
    """Return the exact value of a function of matrices for stacks of them."""

    def over(m: Any, *arguments: Any) -> Any:
        stacks = [x for x in arguments if isinstance(x, np.ndarray)]
        settings = [x for x in arguments if not isinstance(x, np.ndarray)]
        results = [exact(m, *matrices, *settings) for matrices in zip(*stacks, strict=True)]
        return np.array(results, dtype=object)

    return over


def _exact_solve(m: Any, a: Any, b: Any, turned: bool) -> Any:
    inverse = m.inverse(m.matrix((a.T if turned else a).tolist()))
    return np.array(inverse.tolist(), dtype=object) @ b


def _exact_determinant(m: Any, a: Any) -> Any:
    # Not mpmath's own, which fails for some singular matrices (all ones).
    table, result = a.copy(), m.mpf(1)
    for column in range(len(table)):
        row = column + max(range(len(table) - column), key=list(abs(table[column:, column])).__getitem__)
        if table[row, column] == 0:
            return m.mpf(0)
        if row != column:
            table[[row, column]] = table[[column, row]]
            result = -result
        result *= table[column, column]
        table[column + 1 :] -= np.outer(table[column + 1 :, column] / table[column, column], table[column])
    return result


def _exact_cholesky(m: Any, a: Any) -> Any:
    n = len(a)
    symmetric = [[a[max(i, k), min(i, k)] for k in range(n)] for i in range(n)]
    return np.array(m.cholesky(m.matrix(symmetric)).tolist(), dtype=object)


_A = np.array(
    [
        [[0.3, 1.7, 0.9], [2.2, 0.4, 1.1], [-0.7, 0.6, 1.3]],
        [[1.5, -0.2, 0.8], [0.1, 0.9, -2.0], [0.6, 1.2, 2.5]],
    ]
)
_B = np.array([[[1.3, 0.6], [2.1, 0.8], [1.9, 0.5]], [[-0.3, 0.2], [0.7, 1.1], [0.4, -0.6]]])
_POSITIVE = np.array([[[2.0, 0.3], [0.4, 1.5]], [[3.0, -0.6], [-0.9, 2.5]]])

enter(
    Primitive(
        "matrix_products",
        _products_shape,
        kernels.matrix_products,
        (
            lambda t, out, a, b, turn_a, turn_b: matrix_products(t, b, turn_a, turn_b),
            lambda t, out, a, b, turn_a, turn_b: matrix_products(a, t, turn_a, turn_b),
        ),
        (
            lambda t, out, a, b, turn_a, turn_b: (
                matrix_products(b, t, turn_b, True) if turn_a else matrix_products(t, b, False, not turn_b)
            ),
            lambda t, out, a, b, turn_a, turn_b: (
                matrix_products(t, a, True, turn_a) if turn_b else matrix_products(a, t, not turn_a, False)
            ),
        ),
        lambda m, a, b, turn_a, turn_b: (
            (np.swapaxes(a, 1, 2) if turn_a else a) @ (np.swapaxes(b, 1, 2) if turn_b else b)
        ),
        (_B, _A, True, True),
        _products_count,
        sizes=_products_sizes,
        reach="sums",
    ),
    Primitive(
        "solve",
        lambda a, b, turned: b,
        kernels.solve,
        (
            lambda t, out, a, b, turned: affine(solved(a, matrix_products(t, out, turned), turned), -1),
            lambda t, out, a, b, turned: solved(a, t, turned),
        ),
        (
            lambda t, out, a, b, turned: affine(
                matrix_products(out, solved(a, t, not turned), False, True)
                if turned
                else matrix_products(solved(a, t, True), out, False, True),
                -1,
            ),
            lambda t, out, a, b, turned: solved(a, t, not turned),
        ),
        _stacked(_exact_solve),
        (_A, _B, True),
        lambda a, b, turned: _elimination_count(a) + b[0] * b[1] * b[1] * b[2],
        lambda a, b, turned: (a[1], b[2], int(turned)),
    ),
    Primitive(
        "determinant",
        lambda a: (a[0],),
        kernels.determinant,
        (lambda t, out, a: _summed(t * _cofactors(a, out)),),
        (lambda t, out, a: _weighted(t, a) * _cofactors(a, out),),
        _stacked(_exact_determinant),
        (_A,),
        _elimination_count,
        lambda a: (a[1], a[0]),
    ),
    Primitive(
        "log_determinant",
        lambda a: (a[0],),
        kernels.log_determinant,
        (lambda t, out, a: _summed(t * inverse_transposed(a)),),
        (lambda t, out, a: _weighted(t, a) * inverse_transposed(a),),
        _stacked(lambda m, a: m.log(abs(_exact_determinant(m, a)))),
        (_A,),
        _elimination_count,
        lambda a: (a[1], a[0]),
    ),
    Primitive(
        "determinant_sign",
        lambda a: (a[0],),
        kernels.determinant_sign,
        (None,),
        (None,),
        _stacked(lambda m, a: m.sign(_exact_determinant(m, a))),
        (_A,),
        _elimination_count,
        lambda a: (a[1], a[0]),
    ),
    Primitive(
        "cholesky",
        same,
        kernels.cholesky,
        (_push_cholesky,),
        (_pull_cholesky,),
        _stacked(_exact_cholesky),
        (_POSITIVE,),
        lambda a: a[0] * (a[1] ** 3 // 6 + 1),
        lambda a: (a[1], a[0]),
    ),
)
