"""Values, slopes and second derivatives of functions of arrays, in fifty digits; a case is one line."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import mpmath
import numpy as np
import pytest
import scipy.special
from fifty_digits import check

import harness.autodiff as ad

_RNG = np.random.default_rng(0)
A = _RNG.normal(size=(3, 3))
STACK = _RNG.normal(size=(2, 2, 2))
POSITIVE = A @ A.T + np.eye(3)
INSIDE = np.array([0.3, -0.7, 0.95])
ZEROS = np.array([2.0, 0.0, 3.0, 0.0, -1.0])

Function = Callable[[Any], Any]

ORDERED: dict[str, tuple[Function, Any]] = {
    "sort": (lambda w: np.sort(w), A),
    "sort by column": (lambda w: np.sort(w, axis=0, kind="stable"), A),
    "sort all": (lambda w: np.sort(w, axis=None), A),
    "median": (lambda w: np.median(w), A),
    "median of an even number": (lambda w: np.median(w[:2], axis=0, keepdims=True), A),
    "quantile": (lambda w: np.quantile(w, 0.3), A),
    "quantiles by row": (lambda w: np.quantile(w, [0.3, 0.8], axis=1), A),
    "percentile": (lambda w: np.percentile(w, [[30, 100]], axis=(0, 1), keepdims=True), A),
    "ptp": (lambda w: np.ptp(w, axis=0, keepdims=True), A),
}

PRODUCTS: dict[str, tuple[Function, Any]] = {
    "cumprod by column": (lambda w: np.cumprod(w, axis=0), A),
    "cumprod with zeros": (lambda w: np.cumprod(w), ZEROS),
    "x.cumprod": (lambda w: w.cumprod(1), A),
    "multiply.accumulate": (lambda w: np.multiply.accumulate(w), A),
    "average": (lambda w: np.average(w, axis=0, weights=[1, 2, 3]), A),
    "average by traced weights": (lambda w: np.average(w[0], weights=w[1] ** 2), A),
    "trapezoid": (lambda w: np.trapezoid(w[0], w[1]), A),
    "trapezoid by dx": (lambda w: np.trapezoid(w, dx=0.3, axis=0), A),
    "convolve": (lambda w: np.convolve(w[0], w[1]), A),
    "convolve, same": (lambda w: np.convolve(w[:3], w[3:7], "same"), A.ravel()),
    "convolve, valid": (lambda w: np.convolve(w[:4], w[4:6], "valid"), A.ravel()),
    "kron": (lambda w: np.kron(w[:2, :2], w[:, :1]), A),
    "kron of other ranks": (lambda w: np.kron(w[0], w), A),
    "cross": (lambda w: np.cross(w[0], w[1]), A),
    "cross by axis": (lambda w: np.cross(w, w.T**2, axis=0), A),
    "tensordot": (lambda w: np.tensordot(w, w, 1), A),
    "tensordot over two": (lambda w: np.tensordot(w, w, ([0, 1], [1, 0])), A),
    "tensordot over none": (lambda w: np.tensordot(w[0], w, 0), A),
    "matmul of stacks": (lambda w: w @ w, STACK),
    "matmul with a table": (lambda w: w @ np.array([[1.0], [2.0]]), STACK),
    "matmul of a vector": (lambda w: w[0, 0] @ w, STACK),
    "dot of stacks": (lambda w: np.dot(w, w), STACK),
    "inner of stacks": (lambda w: np.inner(w, w[0]), STACK),
    "vecdot": (lambda w: np.vecdot(w, w**2), A),
}

EINSUMS: dict[str, tuple[Function, Any]] = {
    "product": (lambda w: np.einsum("ij,jk->ik", w, w), A),
    "trace": (lambda w: np.einsum("ii", w), A),
    "diagonal": (lambda w: np.einsum("ii->i", w), A),
    "three arrays": (lambda w: np.einsum("ij,kj,kl", w, w, w), A),
    "lists": (lambda w: np.einsum(w, [0, 1], w, [1, 2], [2, 0]), A),
    "stacks": (lambda w: np.einsum("bij,bjk->bik", w, w), STACK),
    "dots": (lambda w: np.einsum("...ij,...jk", w, w[0]), STACK),
    "outer": (lambda w: np.einsum("i , j -> ij", w, w), A[0]),
    "sum": (lambda w: np.einsum("ij->", w), A),
    "transpose": (lambda w: np.einsum("ij->ji", w), A),
    "entry by entry": (lambda w: np.einsum("ij,ij->ij", w, w), A),
    "an axis of length 1": (lambda w: np.einsum("ij,ij->i", w[:, :1], w), A),
    "a number": (lambda w: np.einsum(",ij->j", w[0, 0], w), A),
    "a diagonal by a vector": (lambda w: np.einsum("iij,j->ij", w, w[0, 0]), STACK),
}


def matrix(function: Callable[..., Any]) -> Function:
    """A function of mpmath's matrices as one of arrays."""

    def of_arrays(*arrays: Any) -> Any:
        result = function(*(mpmath.matrix(array.tolist()) for array in arrays))
        return np.array(result.tolist() if isinstance(result, mpmath.matrix) else result, dtype=object)

    return of_arrays


def each(function: Callable[..., Any]) -> Function:
    return np.vectorize(function, otypes=[object])


def exact_cholesky(w: Any) -> Any:
    """The factor of the symmetric matrix that the lower triangle says."""
    return matrix(mpmath.cholesky)(np.tril(w) + np.tril(w, -1).T)


def exact_determinant(w: Any) -> Any:
    """By the first row (Laplace): nothing is divided by, so that a singular matrix is one like others."""
    if len(w) == 1:
        return w[0, 0] * np.ones((), dtype=object)
    minors = [exact_determinant(np.delete(w[1:], column, axis=1)) for column in range(len(w))]
    return sum((-1) ** column * w[0, column] * minor for column, minor in enumerate(minors))


inverse = matrix(mpmath.inverse)
MATRICES: dict[str, tuple[Function, Any, Function]] = {
    "inv": (lambda w: np.linalg.inv(w), A, inverse),
    "inv of a stack": (
        lambda w: np.linalg.inv(w),
        STACK,
        lambda w: np.array([inverse(w[0]), inverse(w[1])]),
    ),
    "det": (lambda w: np.linalg.det(w), A, exact_determinant),
    "det of a singular matrix": (
        lambda w: np.linalg.det(w),
        np.arange(9.0).reshape(3, 3),
        exact_determinant,
    ),
    "det of rank one": (lambda w: np.linalg.det(w), np.ones((3, 3)), exact_determinant),
    "det of one row": (lambda w: np.linalg.det(w), A[:1, :1], exact_determinant),
    "slogdet": (
        lambda w: np.linalg.slogdet(w).logabsdet,
        A,
        lambda w: logarithms(abs(exact_determinant(w))),
    ),
    "solve": (lambda w: np.linalg.solve(w, w[0]), A, lambda w: inverse(w) @ w[0]),
    "solve for a table": (
        lambda w: np.linalg.solve(w, w[:, :2] ** 2),
        A,
        lambda w: inverse(w) @ w[:, :2] ** 2,
    ),
    "solve with a fixed matrix": (lambda w: np.linalg.solve(A, w), A[:2].T, lambda w: inverse(A) @ w),
    "cholesky": (lambda w: np.linalg.cholesky(w), POSITIVE, exact_cholesky),
    "cholesky, upper": (
        lambda w: np.linalg.cholesky(w, upper=True),
        POSITIVE,
        lambda w: exact_cholesky(w.T).T,
    ),
    "matrix_power": (lambda w: np.linalg.matrix_power(w, 3), A, lambda w: w @ w @ w),
    "matrix_power, negative": (
        lambda w: np.linalg.matrix_power(w, -2),
        A,
        lambda w: inverse(w) @ inverse(w),
    ),
    "multi_dot": (lambda w: np.linalg.multi_dot([w[0], w, w]), A, lambda w: w[0] @ w @ w),
}

ENTRYWISE: dict[str, tuple[Function, Any, Function]] = {
    "arcsin": (np.arcsin, INSIDE, each(mpmath.asin)),
    "arccos": (np.arccos, INSIDE, each(mpmath.acos)),
    "arctan": (np.arctan, 9 * INSIDE, each(mpmath.atan)),
    "arcsinh": (np.arcsinh, 9 * INSIDE, each(mpmath.asinh)),
    "arccosh": (np.arccosh, INSIDE + 2, each(mpmath.acosh)),
    "arctanh": (np.arctanh, INSIDE, each(mpmath.atanh)),
    "arctan2": (lambda w: np.arctan2(w[0], w[1]), A, lambda w: each(mpmath.atan2)(w[0], w[1])),
    "erf": (scipy.special.erf, 3 * INSIDE, each(mpmath.erf)),
    "erfc": (scipy.special.erfc, 3 * INSIDE, each(mpmath.erfc)),
    "ndtr": (scipy.special.ndtr, 3 * INSIDE, each(mpmath.ncdf)),
    "gammaln": (scipy.special.gammaln, 3 * INSIDE, each(lambda x: mpmath.log(abs(mpmath.gamma(x))))),
    "digamma": (scipy.special.digamma, 3 * INSIDE, each(mpmath.digamma)),
    "logit": (scipy.special.logit, abs(INSIDE), each(lambda x: mpmath.log(x / (1 - x)))),
    "log_expit": (scipy.special.log_expit, 9 * INSIDE, each(lambda x: -mpmath.log(1 + mpmath.exp(-x)))),
    "entr": (scipy.special.entr, abs(INSIDE), each(lambda x: -x * mpmath.log(x))),
    "xlogy": (
        lambda w: scipy.special.xlogy(w, w**2 + 1),
        INSIDE,
        each(lambda x: x * mpmath.log(x * x + 1)),
    ),
}


def exponentials(w: Any) -> Any:
    return each(mpmath.exp)(w)


def logarithms(w: Any) -> Any:
    return each(mpmath.log)(w)


SUMS: dict[str, tuple[Function, Any, Function]] = {
    "logsumexp": (lambda w: ad.logsumexp(w), A, lambda w: logarithms(exponentials(w).sum())),
    "logsumexp by column": (
        lambda w: ad.logsumexp(w, axis=0, keepdims=True),
        A,
        lambda w: logarithms(exponentials(w).sum(0, keepdims=True)),
    ),
    "logsumexp by factors": (
        lambda w: ad.logsumexp(w, axis=1, b=[1, 2, 0]),
        A,
        lambda w: logarithms((exponentials(w) * np.array([1, 2, 0])).sum(1)),
    ),
    "logsumexp by traced factors": (
        lambda w: ad.logsumexp(w, b=w**2),
        A,
        lambda w: logarithms((exponentials(w) * w**2).sum()),
    ),
    "logsumexp by a negative factor": (
        lambda w: ad.logsumexp(w, b=[1, 2, -0.1], axis=1),
        A,
        lambda w: logarithms((exponentials(w) * np.array([1, 2, -0.1])).sum(1)),
    ),
    "softmax": (lambda w: ad.softmax(w), A, lambda w: exponentials(w) / exponentials(w).sum()),
    "softmax by column": (
        lambda w: ad.softmax(w, axis=0),
        A,
        lambda w: exponentials(w) / exponentials(w).sum(0),
    ),
    "log_softmax": (
        lambda w: ad.log_softmax(w, axis=(0, 1)),
        A,
        lambda w: w - logarithms(exponentials(w).sum()),
    ),
}

OWN_ORACLES = {**ORDERED, **PRODUCTS, **{f"einsum, {name}": case for name, case in EINSUMS.items()}}
OTHER_ORACLES = {**MATRICES, **ENTRYWISE, **SUMS}


@pytest.mark.parametrize("name", OWN_ORACLES)
def test_value_and_derivatives_are_those_of_numpy_in_fifty_digits(name: str) -> None:
    check(*OWN_ORACLES[name])


@pytest.mark.parametrize("name", OTHER_ORACLES)
def test_value_and_derivatives_are_those_of_mpmath(name: str) -> None:
    check(*OTHER_ORACLES[name])
