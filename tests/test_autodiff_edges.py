"""Functions of arrays at the ends of their domains: infinities, no entries, ties, singular matrices."""

from __future__ import annotations

import warnings
from collections.abc import Callable
from typing import Any

import mpmath
import numpy as np
import pytest
import scipy.linalg
import scipy.special
from hypothesis import given, settings
from hypothesis import strategies as st

import harness.autodiff as ad
from harness.autodiff import TraceError
from harness.autodiff.primitive import PRIMITIVES
from harness.autodiff.primitives.special_functions import polygamma

Function = Callable[[Any], Any]

VECTORS = [
    [],
    [3.0],
    [-0.0],
    [np.inf, 1.0, -np.inf],
    [np.nan, 2.0, 1.0],
    [2.0, np.nan, -1.0, np.inf],
    [1e308, 1e308, 1.0],
    [0.0, -1.0, 1.0, -0.5, 0.5],
    [1e-300, 5.0, -1e-300],
]

OF_VECTORS: dict[str, Function] = {
    **{name: getattr(np, name) for name in ("arcsin", "arccos", "arctan", "arcsinh", "arccosh", "arctanh")},
    **{
        name: getattr(scipy.special, name)
        for name in ("erf", "erfc", "gammaln", "psi", "ndtr", "logit", "entr", "log_expit")
    },
    "xlogy": lambda w: scipy.special.xlogy(w, w[::-1]),
    "xlogy with 0": lambda w: scipy.special.xlogy(0.0, w),
    "arctan2": lambda w: np.arctan2(w, w[::-1]),
    "arctan2 with -0": lambda w: np.arctan2(w, -0.0),
    "sort": np.sort,
    "median": np.median,
    "quantile": lambda w: np.quantile(w, [0, 0.25, 0.5, 0.7, 1]),
    "percentile": lambda w: np.percentile(w, 30),
    "product": np.prod,
    "product, kept": lambda w: np.prod(w, keepdims=True, initial=3.0),
    "product of nothing": lambda w: np.prod(w[:0]),
    "sign": np.sign,
    "power 0": lambda w: w**0,
    "power 1": lambda w: w**1,
    "no difference": lambda w: np.diff(w, n=0),
    **{
        f"norm of order {order}": lambda w, order=order: np.linalg.norm(w, ord=order)
        for order in (np.inf, -np.inf, 0, 1, 3, 2.5)
    },
    "mean of some": lambda w: np.mean(w, where=w > 0),
    "mean of finite ones": lambda w: np.mean(w, where=np.isfinite(w)),
    "variance of some": lambda w: np.var(w, where=w < 1),
    "either": lambda w: (w > 0.0) + (w < -0.5),
    "both": lambda w: (w > 0.0) * (w < 2.0),
    "any of some": lambda w: np.dot(w > 0.0, w < 2.0),
    "product with a number": lambda w: np.dot(w, 2.0) + np.dot(3.0, w),
    "inner product with a number": lambda w: np.inner(w, 2.0) + np.inner(3.0, w),
    "no quantile": lambda w: np.quantile(w, []),
    "ptp": np.ptp,
    "cumprod": np.cumprod,
    "average": np.average,
    "weighted average": lambda w: np.average(w, weights=np.arange(1, len(w) + 1)),
    "trapezoid": np.trapezoid,
    "correlate": lambda w: np.correlate(w, [1.0, 2.0, 3.0]),
    "correlate, same": lambda w: np.correlate(w, [1.0, 2.0, 3.0], "same"),
    "correlate, full": lambda w: np.correlate([1.0, 2.0, 3.0], w, "full"),
    "polyval": lambda w: np.polyval([1.0, 2.0, 3.0], w),
    "convolve": lambda w: np.convolve(w, [1.0, 2.0]),
    "kron": lambda w: np.kron(w, [1.0, 2.0]),
    "einsum": lambda w: np.einsum("i,i", w, w),
    "einsum, outer": lambda w: np.einsum("i,j->ij", w, w),
    "tensordot": lambda w: np.tensordot(w, w, 1),
    "logsumexp": ad.logsumexp,
    "softmax": ad.softmax,
    "log_softmax": ad.log_softmax,
}

OF_TABLES: dict[str, Callable[[Any, Any], Any]] = {
    "sort": lambda w, axis: np.sort(w, axis=axis),
    "median": lambda w, axis: np.median(w, axis=axis),
    "median, keepdims": lambda w, axis: np.median(w, axis=axis, keepdims=True),
    "quantile": lambda w, axis: np.quantile(w, [0.2, 0.9], axis=axis),
    "quantile, keepdims": lambda w, axis: np.quantile(w, 0.4, axis=axis, keepdims=True),
    "ptp": lambda w, axis: np.ptp(w, axis=axis),
    "cumprod": lambda w, axis: np.cumprod(w, axis=axis),
    "average": lambda w, axis: np.average(w, axis=axis, keepdims=True),
    "trapezoid": lambda w, axis: np.trapezoid(w, axis=axis),
    "logsumexp": lambda w, axis: ad.logsumexp(w, axis=axis),
    "logsumexp, keepdims": lambda w, axis: ad.logsumexp(w, axis=axis, keepdims=True, b=[[2.0]]),
    "softmax": lambda w, axis: ad.softmax(w, axis=axis),
    "log_softmax": lambda w, axis: ad.log_softmax(w, axis=axis),
}

OF_MATRICES: dict[str, Function] = {
    "det": np.linalg.det,
    "inv": np.linalg.inv,
    "slogdet": lambda w: np.stack(list(np.linalg.slogdet(w))),
    "solve": lambda w: np.linalg.solve(w, np.ones((*w.shape[:-1], 2))),
    "solve for a vector": lambda w: np.linalg.solve(w, np.ones(w.shape[-1:])),
    "cholesky": lambda w: np.linalg.cholesky(w @ np.swapaxes(w, -1, -2) + np.eye(w.shape[-1])),
    "matrix_power": lambda w: np.linalg.matrix_power(w, 5),
    "matrix_power of 0": lambda w: np.linalg.matrix_power(w, 0),
    "matmul": lambda w: w @ np.swapaxes(w, -1, -2),
    "inner": lambda w: np.inner(w, w),
    "einsum": lambda w: np.einsum("...ij,...kj->...ik", w, w),
    "kron": lambda w: np.kron(w, [[1.0, 2.0]]),
    "tensordot": lambda w: np.tensordot(w, w, (-1, -1)),
}


def traced_value(function: Function, point: Any) -> Any:
    """The value that a traced program comes to: that of a jvp in no direction."""
    value, _ = ad.jvp(function, [point], [np.zeros(point.shape)])
    return value


def agree(function: Function, point: Any, rtol: float = 1e-12) -> None:
    """Either NumPy and the program both have no answer, or they have the same."""
    with warnings.catch_warnings(), np.errstate(all="ignore"):
        warnings.simplefilter("ignore")
        try:
            wanted = function(point)
        except (ValueError, IndexError, TypeError, ZeroDivisionError):
            with pytest.raises(TraceError):
                traced_value(function, point)
            return
        found = traced_value(function, point)
    assert found.shape == np.shape(wanted)
    np.testing.assert_allclose(found, wanted, rtol=rtol, atol=0)


@pytest.mark.parametrize("name", OF_VECTORS)
def test_vectors_of_odd_numbers_give_what_numpy_gives(name: str) -> None:
    for vector in VECTORS:
        agree(OF_VECTORS[name], np.array(vector))


@pytest.mark.parametrize("name", OF_TABLES)
def test_every_axis_of_every_shape_gives_what_numpy_gives(name: str) -> None:
    rng = np.random.default_rng(1)
    for shape in [(3,), (2, 3), (0, 3), (3, 0), (1, 1), (2, 3, 2)]:
        for axis in (None, 0, -1, 1, (0, 1), (1, 0), 2, (0, 0)):
            agree(lambda w, axis=axis: OF_TABLES[name](w, axis), rng.normal(size=shape))


@pytest.mark.parametrize("name", OF_MATRICES)
def test_matrices_of_every_shape_give_what_numpy_gives(name: str) -> None:
    rng = np.random.default_rng(1)
    for shape in [(1, 1), (2, 2), (8, 8), (2, 3), (0, 0), (2, 3, 3), (0, 2, 2), (2, 1, 2, 2), (3,)]:
        agree(OF_MATRICES[name], rng.normal(size=shape), rtol=1e-10)


@settings(max_examples=60)
@given(st.lists(st.floats(allow_nan=True, allow_infinity=True), min_size=1, max_size=40))
def test_any_numbers_are_sorted_as_numpy_sorts_them(numbers: list[float]) -> None:
    np.testing.assert_array_equal(traced_value(np.sort, np.array(numbers)), np.sort(numbers))


def test_equal_numbers_keep_their_order_and_their_slopes() -> None:
    weights = np.array([1.0, 10.0, 100.0])
    slope = ad.gradient(lambda w: np.sum(np.sort(w) * weights))(np.array([2.0, 1.0, 1.0]))
    np.testing.assert_array_equal(slope, [100.0, 1.0, 10.0])


ORDERS: dict[str, tuple[Any, Function]] = {
    # The slope of each norm, as a formula.
    "the highest": (np.inf, lambda w: np.sign(w) * (abs(w) == abs(w).max())),
    "the lowest": (-np.inf, lambda w: np.sign(w) * (abs(w) == abs(w).min())),
    "how many are not 0": (0, np.zeros_like),
    "the sum": (1, np.sign),
    "the length": (2, lambda w: w / np.sqrt(np.sum(w * w))),
    "cubes": (3, lambda w: np.sign(w) * w**2 / np.sum(abs(w) ** 3) ** (2 / 3)),
    "reciprocals": (-1, lambda w: np.sign(w) / w**2 / np.sum(1 / abs(w)) ** 2),
}


@pytest.mark.parametrize("name", ORDERS)
def test_the_slopes_of_norms_are_those_of_their_formulas(name: str) -> None:
    order, slope = ORDERS[name]
    table = np.array([[1.5, -0.4], [0.3, 2.0], [-2.5, 0.7]])
    for point in (table[:, 0], table[:, 1]):
        value, found = ad.value_and_gradient(lambda w: np.linalg.norm(w, ord=order))(point)
        np.testing.assert_allclose(value, np.linalg.norm(point, ord=order), rtol=1e-14)
        np.testing.assert_allclose(found, slope(point), rtol=1e-13)
    columns = ad.gradient(lambda w: np.sum(np.linalg.norm(w, ord=order, axis=0)))(table)
    np.testing.assert_allclose(columns, np.stack([slope(column) for column in table.T], 1), rtol=1e-13)


def test_the_length_of_a_number_is_its_absolute_value() -> None:
    assert ad.value_and_gradient(np.linalg.norm)(-3.0) == (3.0, -1.0)


def test_the_mean_of_entries_that_the_data_choose() -> None:
    point = np.array([2.0, -1.0, 4.0, -3.0])
    value, slope = ad.value_and_gradient(lambda w: np.mean(w**2, where=w > 0))(point)
    assert value == 10.0
    assert slope.tolist() == [2.0, 0.0, 4.0, 0.0]


@pytest.mark.parametrize("function", [np.sort, np.median, np.cumsum, np.diff], ids=lambda f: f.__name__)
def test_nothing_has_a_slope_of_nothing(function: Function) -> None:
    nothing = np.zeros((2, 0))
    value, back = ad.vjp(function, nothing)
    (slope,) = back(np.ones(np.shape(value)))
    assert slope.shape == nothing.shape


@pytest.mark.parametrize("number", [0.0, 1e-300, 1e307, np.inf])
def test_a_length_keeps_its_digits_where_squares_leave_the_range_of_a_float(number: float) -> None:
    found = traced_value(lambda w: np.linalg.norm(w), np.full(4, number))
    np.testing.assert_allclose(found, 2.0 * number, rtol=1e-15)


def test_a_product_of_two_transposed_tables() -> None:
    a, b = np.arange(6.0).reshape(2, 3), np.arange(1.0, 9.0).reshape(4, 2)
    c = np.random.default_rng(0).normal(size=(3, 4))
    value, back = ad.vjp(lambda a, b: a.T @ b.T, a, b)
    np.testing.assert_allclose(value, a.T @ b.T, rtol=1e-14)
    # d(A' B') with C is tr(C' dA' B') = tr(dA (C B)'), and so for B.
    for found, wanted in zip(back(c), ((c @ b).T, (a @ c).T), strict=True):
        np.testing.assert_allclose(found, wanted, rtol=1e-13)


def test_the_exact_determinant_of_a_singular_matrix_is_zero() -> None:
    ones = np.full((1, 3, 3), mpmath.mpf(1), dtype=object)
    assert PRIMITIVES["determinant"].exact(mpmath, ones).tolist() == [0]


def test_running_products_of_zeros_have_finite_slopes() -> None:
    slope = ad.gradient(lambda w: np.cumprod(w)[-1])(np.array([2.0, 0.0, 3.0]))
    np.testing.assert_array_equal(slope, [0.0, 6.0, 0.0])
    slope = ad.gradient(lambda w: np.sum(np.cumprod(w)))(np.array([0.0, 0.0, 3.0]))
    np.testing.assert_array_equal(slope, [1.0, 0.0, 0.0])


HALF_OUT: dict[str, tuple[Function, list[float], list[float]]] = {
    "arcsin": (lambda w: np.where(w < 1, np.arcsin(w), 0.0), [1.0, 0.6], [0.0, 1.25]),
    "arccos": (lambda w: np.where(w < 1, np.arccos(w), 0.0), [1.0, 0.6], [0.0, -1.25]),
    "arctanh": (lambda w: np.where(w < 1, np.arctanh(w), 0.0), [1.0, 0.5], [0.0, 4 / 3]),
    "arccosh": (lambda w: np.where(w > 1, np.arccosh(w), 0.0), [1.0, 1.25], [0.0, 4 / 3]),
    "arctan2": (lambda w: np.where(w > 0, np.arctan2(w, 2.0 * w), 0.0), [0.0, 2.0], [0.0, 0.0]),
    "entr": (lambda w: np.where(w > 0, scipy.special.entr(w), 0.0), [0.0, 1.0], [0.0, -1.0]),
    "gammaln": (
        lambda w: np.where(w > 0, scipy.special.gammaln(w), 0.0),
        [-1.0, 1.0],
        [0.0, -float(mpmath.euler)],
    ),
    "sort": (lambda w: np.sort(np.sqrt(w))[1], [0.0, 0.25], [0.0, 1.0]),
    "median": (lambda w: np.median(np.sqrt(w)), [0.0, 0.25, 9.0], [0.0, 1.0, 0.0]),
}


@pytest.mark.parametrize("name", HALF_OUT)
def test_what_is_left_out_has_no_part_in_the_slope(name: str) -> None:
    function, point, wanted = HALF_OUT[name]
    found = ad.gradient(lambda w: np.sum(function(w)))(np.array(point))
    np.testing.assert_allclose(found, wanted, rtol=1e-13, atol=1e-15)


@pytest.mark.parametrize("order", [0, 1, 2])
def test_the_polygamma_functions_have_no_value_at_poles_beyond_every_integer_of_the_machine(
    order: int,
) -> None:
    """Every number below -2^53 is whole; as a 64-bit integer those below -2^63 were others, with a value."""
    poles = np.array([-3.0, -(2.0**53), -1e18, -(2.0**63), -1e19, -1e300, -np.inf])
    found = traced_value(lambda w: polygamma(w, order), poles)
    assert np.isnan(found).all()


def test_the_polygamma_functions_are_right_everywhere_to_every_order() -> None:
    points = np.array([1e-8, 0.1, 1.0, 3.0, 9.99, 50.5, 1e8, -0.1, -0.5, -0.9999, -2.3, -50.25, -200.1])
    for order in (0, 1, 2, 3, 7, 12):
        found = traced_value(lambda w, order=order: polygamma(w, order), points)
        with mpmath.workdps(40):
            wanted = [float(mpmath.psi(order, mpmath.mpf(x))) for x in points]
        np.testing.assert_allclose(found, wanted, rtol=2e-14)


SLOPES: dict[str, tuple[Function, Callable[[Any], Any], Callable[[Any], Any], list[float]]] = {
    "arcsin": (
        np.arcsin,
        lambda x: 1 / mpmath.sqrt(1 - x * x),
        lambda x: x / mpmath.sqrt(1 - x * x) ** 3,
        [1 - 1e-15, -1 + 1e-12, 1e-12, 1e-160],
    ),
    "arctan": (
        np.arctan,
        lambda x: 1 / (1 + x * x),
        lambda x: -2 * x / (1 + x * x) ** 2,
        [1e-12, 1e10, -1e75],
    ),
    "arcsinh": (
        np.arcsinh,
        lambda x: 1 / mpmath.sqrt(1 + x * x),
        lambda x: -x / mpmath.sqrt(1 + x * x) ** 3,
        [1e-12, -1e10, 1e150],
    ),
    "arccosh": (
        np.arccosh,
        lambda x: 1 / mpmath.sqrt(x * x - 1),
        lambda x: -x / mpmath.sqrt(x * x - 1) ** 3,
        [1 + 1e-15, 2.0, 1e150],
    ),
    "arctanh": (
        np.arctanh,
        lambda x: 1 / (1 - x * x),
        lambda x: 2 * x / (1 - x * x) ** 2,
        [1 - 1e-15, -1 + 1e-12, 1e-160],
    ),
    "logit": (
        scipy.special.logit,
        lambda x: 1 / (x * (1 - x)),
        lambda x: (2 * x - 1) / (x * (1 - x)) ** 2,
        [1e-150, 0.4999999, 0.6, 1 - 1e-15],
    ),
    "erfc": (
        scipy.special.erfc,
        lambda x: -2 / mpmath.sqrt(mpmath.pi) * mpmath.exp(-x * x),
        lambda x: 4 * x / mpmath.sqrt(mpmath.pi) * mpmath.exp(-x * x),
        [1e-12, -2.0, 10.0, 25.0],
    ),
    "arctan2 of large numbers": (
        lambda w: np.arctan2(w, 1e200),
        lambda x: mpmath.mpf(1e200) / (x * x + mpmath.mpf(1e200) ** 2),
        lambda x: -2 * x * mpmath.mpf(1e200) / (x * x + mpmath.mpf(1e200) ** 2) ** 2,
        [1e200, 3e199],
    ),
}


@pytest.mark.parametrize("name", SLOPES)
def test_slopes_keep_their_digits_near_the_ends(name: str) -> None:
    function, first, second, points = SLOPES[name]
    w = np.array(points)
    slope = ad.gradient(lambda w: np.sum(function(w)))(w)
    curve = ad.hessian_vector_product(lambda w: np.sum(function(w)))(w, np.ones(w.size))
    with mpmath.workdps(400):
        wanted = [float(first(mpmath.mpf(x))) for x in points]
        bent = [float(second(mpmath.mpf(x))) for x in points]
    np.testing.assert_allclose(slope, wanted, rtol=1e-12)
    np.testing.assert_allclose(curve, bent, rtol=1e-12)


def test_a_singular_matrix_gives_no_number_where_numpy_raises() -> None:
    singular = np.array([[1.0, 2.0], [2.0, 4.0]])
    assert np.isnan(traced_value(np.linalg.inv, singular)).all()
    assert np.isnan(traced_value(lambda w: np.linalg.solve(w, np.ones(2)), singular)).all()
    assert np.isnan(traced_value(np.linalg.cholesky, np.array([[1.0, 2.0], [2.0, 1.0]]))).any()
    assert traced_value(np.linalg.det, singular) == 0
    sign, size = np.linalg.slogdet(singular)
    assert (sign, size) == (0, -np.inf)
    assert traced_value(lambda w: np.linalg.slogdet(w).sign, singular) == 0
    assert traced_value(lambda w: np.linalg.slogdet(w).logabsdet, singular) == -np.inf


def test_the_slope_of_a_singular_determinant_is_its_cofactors() -> None:
    found = ad.gradient(np.linalg.det)(np.array([[1.0, 2.0], [2.0, 4.0]]))
    np.testing.assert_array_equal(found, [[4.0, -2.0], [-2.0, 1.0]])


def test_a_determinant_beyond_six_rows_has_the_slope_of_its_inverse() -> None:
    table = np.random.default_rng(2).normal(size=(9, 9))
    found = ad.gradient(np.linalg.det)(table)
    np.testing.assert_allclose(found, np.linalg.det(table) * np.linalg.inv(table).T, rtol=1e-11)


def test_pivots_that_leave_the_range_of_a_float_on_their_way_do_no_harm() -> None:
    w = np.diag([1e200, 1e200, 1e-300, 1e-100])
    np.testing.assert_allclose(traced_value(np.linalg.det, w), 1.0, rtol=1e-13)


def test_the_smallest_rest_of_a_sum_of_exponentials_is_not_lost() -> None:
    point = np.array([0.0, -50.0])
    np.testing.assert_allclose(traced_value(ad.logsumexp, point), np.log1p(np.exp(-50.0)), rtol=1e-14)
    np.testing.assert_allclose(ad.gradient(ad.logsumexp)(point), scipy.special.softmax(point), rtol=1e-14)
    found = traced_value(ad.log_softmax, np.array([1e5, 1e5 + 1]))
    np.testing.assert_allclose(found, [-np.log1p(np.e), -np.log1p(1 / np.e)], rtol=1e-14)


def test_a_factor_of_zero_leaves_its_number_out() -> None:
    point = np.array([np.inf, 1.0])
    assert traced_value(lambda w: ad.logsumexp(w, b=[0.0, 1.0]), point) == 1.0
    slope = ad.gradient(lambda w: ad.logsumexp(w, b=[0.0, 1.0]))(point)
    np.testing.assert_array_equal(slope, [0.0, 1.0])


REFUSED: dict[str, tuple[Function, list[str]]] = {
    "a method of quantiles": (lambda w: np.quantile(w, 0.5, method="lower"), ["lower", "linear"]),
    "a rank from the data": (lambda w: np.quantile(w, w[0]), ["rank"]),
    "a percentile from the data": (lambda w: np.percentile(w, w[0]), ["rank", "fixed q"]),
    "entries that the data choose": (lambda w: w[w > 0], ["index that depends on the data", "np.where"]),
    "a shift from the data": (lambda w: np.roll(w, w[0]), ["np.roll"]),
    "repeats from the data": (lambda w: np.repeat(w, w > 0), ["repeats of np.repeat", "fixed numbers"]),
    "places that hold": (lambda w: np.where(w > 0), ["np.where with one argument", "give both values"]),
    "a masked choice": (
        lambda w: np.where(w > 0, w, np.ma.masked_equal([1.0, 2.0], 2.0)),
        ["a masked array", ".filled(...)"],
    ),
    "another type": (lambda w: w.astype(np.float32), ["float32", "keep to float64"]),
    "plain numbers": (lambda w: np.asarray(w, dtype=float), ["plain numbers", "np.stack"]),
    "a thousand members": (
        lambda w: np.asarray(w[0] + np.zeros(1002)),
        ["1,002 entries", "leave np.asarray out"],
    ),
    "the length of a number": (lambda w: len(w[0]) * w, ["a traced number has no length"]),
    "a dictionary of axes": (lambda w: np.sum(w, axis={"a": 1}), ["np.sum", "NumPy refuses it"]),
    "differences of conditions": (lambda w: np.diff(w > 0), ["np.diff of conditions", "1.0 first"]),
    "weights of quantiles": (
        lambda w: np.quantile(w, 0.5, method="inverted_cdf", weights=[1, 1]),
        ["weights", "np.quantile"],
    ),
    "an array to write into": (lambda w: np.median(w, out=np.zeros(())), ["out", "np.median"]),
    "overwriting": (lambda w: np.median(w, overwrite_input=True), ["overwrite_input"]),
    "a kind of sort": (lambda w: np.sort(w, kind="foo"), ["np.sort", "foo"]),
    "an order of fields": (lambda w: np.sort(w, order="a"), ["order", "np.sort"]),
    "options of einsum": (lambda w: np.einsum("i->", w, dtype=np.float32), ["dtype", "np.einsum"]),
    "too many subscripts": (lambda w: np.einsum("ij->i", w), ["np.einsum", "subscripts"]),
    "plane vectors": (lambda w: np.cross(w, w), ["np.cross", "cannot be traced"]),
    "a sign": (lambda w: ad.logsumexp(w, return_sign=True), ["return_sign", "logsumexp"]),
    "least squares": (lambda w: np.linalg.lstsq(np.eye(2), w), ["np.linalg.lstsq", "np.linalg.solve"]),
    "places of an order": (lambda w: np.argsort(w), ["np.argsort", "np.sort"]),
    "places of an order, as a method": (lambda w: w.argsort(), ["argsort", "np.sort"]),
    "sorting in place": (lambda w: w.sort(), ["sort", "np.sort(x)"]),
    "sums without NaN": (lambda w: np.nansum(w), ["np.nansum", "np.isnan"]),
    "SciPy's softmax": (lambda w: scipy.special.softmax(w), ["harness.autodiff.softmax"]),
    "SciPy's logsumexp": (lambda w: scipy.special.logsumexp(w), ["harness.autodiff.logsumexp"]),
    "SciPy's polygamma": (lambda w: scipy.special.polygamma(1, w), ["SciPy", "polygamma"]),
    "SciPy's solve": (lambda w: scipy.linalg.solve(np.eye(2), w), ["SciPy", "np.linalg.solve"]),
    "a matrix that is none": (lambda w: np.linalg.inv(w), ["np.linalg.inv", "two-dimensional"]),
    "weights without a sum": (lambda w: np.average(w, weights=[1, -1]), ["np.average", "zero"]),
}


@pytest.mark.parametrize("name", REFUSED)
def test_what_is_not_traced_is_refused_by_name_with_a_remedy(name: str) -> None:
    function, said = REFUSED[name]
    with pytest.raises(TraceError) as caught:
        ad.jvp(function, [np.array([1.0, 2.0])], [np.ones(2)])
    assert all(word in str(caught.value) for word in said), str(caught.value)
    assert str(caught.value).count("\n") == 0


@pytest.mark.parametrize("function", [ad.logsumexp, ad.softmax, ad.log_softmax])
def test_plain_arrays_go_to_scipy(function: Any) -> None:
    table = np.random.default_rng(3).normal(size=(2, 3))
    original = getattr(scipy.special, function.__name__)
    np.testing.assert_array_equal(function(table, axis=1), original(table, axis=1))
