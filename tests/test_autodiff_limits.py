"""Automatic differentiation where numbers are tiny, huge, equal, zero or infinite, held against mpmath."""

from __future__ import annotations

import math
from typing import Any

import mpmath
import numpy as np
import pytest

from harness import autodiff as ad

INF, NAN = math.inf, math.nan


def exact(function: Any, *point: float) -> tuple[float, list[float]]:
    """Return value and slopes in so many digits that steps of 200 of them can be taken."""
    with mpmath.workdps(700):
        numbers = [mpmath.mpf(x) for x in point]
        slopes = []
        for place, number in enumerate(numbers):
            orders = [int(k == place) for k in range(len(numbers))]
            step = (abs(number) or 1) * mpmath.mpf(10) ** -200
            slopes.append(float(mpmath.diff(function, numbers, orders, h=step)))
        return float(function(*numbers)), slopes


ONE = [
    (np.sinh, mpmath.sinh, [1e-12, -1e-300, 3e-5, 700.0, -20.0]),
    (np.cosh, mpmath.cosh, [1e-9, 700.0, -3.0]),
    (np.tan, mpmath.tan, [math.pi / 2, 1e-200, 1e5, -1.5707963]),
    (np.tanh, mpmath.tanh, [1e-12, 9.0, 20.0, -300.0, 3.9]),
    (np.expm1, mpmath.expm1, [1e-15, -40.0, 700.0, -1e-300]),
    (np.log1p, mpmath.log1p, [1e-15, -1 + 1e-10, 1e300]),
    (np.exp, mpmath.exp, [-700.0, 700.0, 1e-300]),
    (np.log, mpmath.log, [1e-300, 1e300, 1 + 1e-15]),
    (np.sqrt, mpmath.sqrt, [1e-300, 1e300]),
    (np.cbrt, mpmath.cbrt, [1e-300, 1e300, 8.0]),
    (np.exp2, lambda x: mpmath.mpf(2) ** x, [1000.0, -1000.0, 0.5]),
    (np.log2, lambda x: mpmath.log(x, 2), [8.0, 1e300, 1e-300]),
    (np.log10, mpmath.log10, [1000.0, 1e-300]),
    (np.square, lambda x: x * x, [1e150, 1e-150]),
    (np.reciprocal, lambda x: 1 / x, [1e-150, 1e150]),
    (lambda x: 1 / (1 + np.exp(-x)), lambda x: 1 / (1 + mpmath.exp(-x)), [30.0, -30.0]),
    (lambda x: np.logaddexp(x, 0.0), lambda x: mpmath.log1p(mpmath.exp(x)), [-700.0, 700.0, -40.0, 1e-9]),
    (lambda x: np.power(x, 3), lambda x: x**3, [1e-100, -2.0, 1e100]),
    (lambda x: x**-2.5, lambda x: x ** mpmath.mpf(-2.5), [1e-100, 1e100]),
]


@pytest.mark.parametrize(("function", "wanted", "point"), [(f, m, x) for f, m, points in ONE for x in points])
def test_functions_of_one_number(function: Any, wanted: Any, point: float) -> None:
    value, slope = ad.value_and_gradient(function)(point)
    by_numpy = float(function(np.float64(point)))
    exact_value, (exact_slope,) = exact(wanted, point)
    assert value == pytest.approx(by_numpy, rel=2e-15, abs=0)
    assert value == pytest.approx(exact_value, rel=4e-15, abs=0)
    assert slope == pytest.approx(exact_slope, rel=1e-12, abs=0)


@pytest.mark.parametrize("point", [-745.0, -40.0, -1e-9, 0.0, 12.0, 40.0, 700.0, 800.0, -800.0])
def test_the_tails_of_the_logistic_function(point: float) -> None:
    from scipy.special import expit

    value, slope = ad.value_and_gradient(expit)(point)
    assert value == pytest.approx(float(expit(point)), rel=2e-15, abs=1e-300)
    with mpmath.workdps(50):
        wanted = float(1 / (2 + mpmath.exp(point) + mpmath.exp(-point)))
        bend = float(mpmath.tanh(-mpmath.mpf(point) / 2))
    assert slope == pytest.approx(wanted, rel=1e-12, abs=1e-300)
    curve = ad.hessian(expit)(point)
    # Near 0 the factor 1 - 2 s of the curve is a difference, and good to the rounding of s.
    assert curve == pytest.approx(wanted * bend, rel=1e-12, abs=2e-16 * wanted + 1e-300)


TWO = [
    (np.hypot, lambda a, b: mpmath.sqrt(a * a + b * b), [(1e200, 1e200), (1e-200, 3e-200), (3.0, 1e-9)]),
    (
        lambda a, b: np.linalg.norm(np.stack([a, b])),
        lambda a, b: mpmath.sqrt(a * a + b * b),
        [(1e200, 1e200), (1e-200, 3e-200), (1e300, 1.0), (-3.0, 4.0)],
    ),
    (
        np.logaddexp,
        lambda a, b: mpmath.log(mpmath.exp(a) + mpmath.exp(b)),
        [(1000.0, 1000.0), (-1000.0, -1001.0), (0.0, -40.0), (700.0, -700.0)],
    ),
    (
        lambda a, b: np.std(np.stack([a, b, a - b])),
        lambda a, b: mpmath.sqrt(sum((x - (2 * a) / 3) ** 2 for x in (a, b, a - b)) / 3),
        [(1.0, 2.0), (1e-150, 3e-150)],
    ),
    (np.power, lambda a, b: a**b, [(2.0, 1000.0), (1e-3, 50.0), (1.5, -3.5)]),
    (lambda a, b: a / b, lambda a, b: a / b, [(1e200, 1e100), (1e-150, 1e100)]),
]


@pytest.mark.parametrize(("function", "wanted", "point"), [(f, m, x) for f, m, points in TWO for x in points])
def test_functions_of_two_numbers(function: Any, wanted: Any, point: tuple[float, float]) -> None:
    value, slopes = ad.value_and_gradient(function, argument=(0, 1))(*point)
    exact_value, exact_slopes = exact(wanted, *point)
    assert value == pytest.approx(exact_value, rel=4e-15, abs=0)
    assert [float(slope) for slope in slopes] == pytest.approx(exact_slopes, rel=1e-12, abs=1e-300)


def test_softmax_of_huge_arguments() -> None:
    scores = np.array([1e4, 1e4 + 1, -1e4])
    value, slope = ad.value_and_gradient(lambda w: np.logaddexp.reduce(w))(scores)
    weights = np.array([1, math.e, 0]) / (1 + math.e)
    assert value == pytest.approx(float(np.logaddexp.reduce(scores)), rel=1e-15)
    assert slope == pytest.approx(weights, rel=1e-12)


def test_a_spread_beside_a_large_offset() -> None:
    points = 1e8 + np.array([0.0, 1.0, 5.0])
    value, slope = ad.value_and_gradient(np.std)(points)
    assert value == pytest.approx(float(np.std(points)), rel=1e-15)
    assert slope == pytest.approx((np.array([0, 1, 5]) - 2) / (3 * value), rel=1e-12)


INFINITE = [
    (np.logaddexp, (-INF, -INF)),
    (np.logaddexp, (INF, INF)),
    (np.logaddexp, (INF, -INF)),
    (np.logaddexp, (-INF, 3.0)),
    (np.logaddexp, (NAN, 3.0)),
    (np.hypot, (INF, NAN)),
    (np.hypot, (INF, -INF)),
    (np.maximum, (NAN, 1.0)),
    (np.power, (0.0, 0.0)),
    (np.power, (NAN, 0.0)),
    (np.power, (INF, 0.0)),
    (np.power, (-2.0, 0.5)),
    (np.power, (-2.0, 3.0)),
    (np.power, (0.0, -1.0)),
    (np.power, (1.0, NAN)),
    (np.equal, (NAN, NAN)),
    (np.not_equal, (NAN, NAN)),
    (np.less_equal, (NAN, 1.0)),
    (np.greater_equal, (INF, INF)),
]


@pytest.mark.parametrize(("function", "point"), INFINITE)
def test_what_is_infinite_or_no_number_is_as_in_numpy(function: Any, point: tuple[float, float]) -> None:
    found, _ = ad.value_and_gradient(lambda a, b: function(a, b) * 1.0)(*point)
    with np.errstate(all="ignore"):
        wanted = float(function(*point))
    assert np.array_equal([found], [wanted], equal_nan=True)


@pytest.mark.parametrize("numbers", [(-INF, -INF), (INF, 0.0), (NAN, 0.0), (-INF, 2.0)])
def test_sums_of_infinite_exponentials(numbers: tuple[float, float]) -> None:
    found, _ = ad.value_and_gradient(lambda w: np.logaddexp.reduce(w))(list(numbers))
    with np.errstate(all="ignore"):
        wanted = np.logaddexp.reduce(numbers)
    assert np.array_equal([found], [wanted], equal_nan=True)


class TestPowers:
    def test_an_array_of_exponents(self) -> None:
        value, slope = ad.value_and_gradient(lambda w: np.sum(w ** np.array([2, 3])))([-1.5, 2.0])
        assert value == 10.25
        assert slope.tolist() == [-3, 12]

    @pytest.mark.parametrize(("base", "slope"), [(0.0, 1.0), (-2.0, 1 + 2 * -2 + 3 * 4)])
    def test_whole_exponents_of_zero_and_of_a_negative_base(self, base: float, slope: float) -> None:
        value, found = ad.value_and_gradient(lambda w: np.sum(w[0] ** np.arange(4)))([base])
        assert value == sum(base**k for k in range(4))
        assert found.tolist() == [slope]
        assert ad.hessian(lambda w: np.sum(w[0] ** np.arange(4)))([base]).tolist() == [[2 + 6 * base]]

    def test_an_exponent_that_is_an_argument(self) -> None:
        assert ad.gradient(lambda x, n: x**n)(-2.0, 3) == 12
        assert ad.gradient(lambda x, n: x**n)(0.0, 1) == 1
        assert ad.gradient(lambda x, n: x**n)(0.0, 0) == 0

    @pytest.mark.parametrize(
        ("base", "exponent", "slope"),
        [
            (0.0, 2.0, 0.0),
            (0.0, 0.5, 0.0),
            (0.0, 0.0, NAN),
            (0.0, -1.0, NAN),
            (-2.0, 3.0, NAN),
            (math.e, 2.0, math.e**2),
        ],
    )
    def test_by_the_exponent(self, base: float, exponent: float, slope: float) -> None:
        found = ad.gradient(lambda x, n: x**n, argument=1)(base, exponent)
        assert found == pytest.approx(slope, rel=1e-14, nan_ok=True)


MASKED = [
    (lambda w: np.where(w > 0, np.sqrt(w), 0.0), [-1.0, 4.0], [0, 0.25]),
    (lambda w: np.where(w > 0, np.sqrt(w), 0.0), [0.0, 4.0], [0, 0.25]),
    (lambda w: np.where(w > 0, np.log(w), 0.0), [0.0, 4.0], [0, 0.25]),
    (lambda w: np.where(w != 0, 1 / w, 0.0), [0.0, 2.0], [0, -0.25]),
    (lambda w: np.where(w != 0, np.sin(1 / w), 0.0), [0.0, 2.0], [0, -0.25 * math.cos(0.5)]),
    (lambda w: np.where(w > 0, w**0.25, 0.0), [0.0, 1.0], [0, 0.25]),
    (lambda w: np.where(w > 0, w ** np.array([0.5, 1.5]), 0.0), [0.0, 4.0], [0, 3]),
    (lambda w: np.where(w < 700, w * np.exp(w), 0.0), [1000.0, 0.0], [0, 1]),
    (lambda w: np.where(w > 0, np.hypot(w, 0.0) ** 0.5, 0.0), [0.0, 4.0], [0, 0.25]),
    (lambda w: np.where(w > -1, np.log1p(w), 0.0), [-1.0, 0.0], [0, 1]),
    (lambda w: np.where(w > 0, np.cbrt(w), 0.0), [0.0, 8.0], [0, 1 / 12]),
    (lambda w: np.maximum(np.log(w), 0.0), [0.0, 4.0], [0, 0.25]),
    (lambda w: np.clip(np.sqrt(w), 1.0, 5.0), [0.0, 4.0], [0, 0.25]),
    (lambda w: np.sqrt(w)[1], [0.0, 4.0], [0, 0.25]),
    (lambda w: np.array([0.0, 1.0]) * np.sqrt(w), [0.0, 4.0], [0, 0.25]),
    (lambda w: np.sum(np.log(w), where=np.array([False, True])), [0.0, 4.0], [0, 0.25]),
    (lambda w: np.linalg.norm(w) ** 2, [0.0, 0.0], [0, 0]),
    (np.linalg.norm, [0.0, 0.0], [0, 0]),
    (lambda w: np.array([[0.0, 1.0], [0.0, 2.0]]) * np.sqrt(w), [0.0, 4.0], [0, 0.75]),
    (np.std, [2.0, 2.0], [0, 0]),
    (np.prod, [0.0, 3.0], [3, 0]),
]


@pytest.mark.parametrize(("function", "point", "slope"), MASKED)
def test_what_is_left_out_does_not_meet_an_infinite_slope(function: Any, point: Any, slope: Any) -> None:
    def total(w: Any) -> Any:
        return np.sum(function(w))

    assert ad.gradient(total)(point) == pytest.approx(np.array(slope, dtype=float), rel=1e-12)
    units = np.eye(2)
    forward = [float(ad.directional_derivative(total)(point, unit)) for unit in units]
    assert forward == pytest.approx(slope, rel=1e-12)


def test_a_matrix_product_leaves_out_what_it_multiplies_by_zero() -> None:
    assert ad.gradient(lambda w: np.sqrt(w) @ np.array([0.0, 1.0]))([0.0, 4.0]).tolist() == [0, 0.25]


def test_second_derivatives_leave_out_too() -> None:
    found = ad.hessian(lambda w: np.sum(np.where(w > 0, np.sqrt(w), 0.0)))([0.0, 4.0])
    assert found == pytest.approx(np.diag([0, -1 / 32]))


def test_each_row_of_a_jacobian_is_its_own() -> None:
    assert ad.jacobian(np.sqrt)([0.0, 4.0]).tolist() == [[INF, 0], [0, 0.25]]


@pytest.mark.parametrize(
    "function",
    [lambda w: np.sqrt(w) ** 2, lambda w: np.cbrt(w) ** 3, lambda w: np.log(w) * w, lambda w: np.sqrt(w * w)],
)
def test_a_zero_that_only_happens_to_be_one_says_so(function: Any) -> None:
    """The slope of the root of x, squared, is 1 at 0: rules that multiply 0 by infinity must not answer 0."""
    assert np.isnan(ad.gradient(lambda w: np.sum(function(w)))([0.0]))


def test_second_derivatives_of_a_length_at_zero_are_none() -> None:
    assert not np.isfinite(np.diag(ad.hessian(lambda w: np.linalg.norm(w) ** 2)([0.0, 0.0]))).any()


def test_a_value_that_is_no_number_stays_none() -> None:
    value, slope = ad.value_and_gradient(lambda w: np.sum(np.sqrt(w)))([-1.0, 4.0])
    assert np.isnan(value)
    assert np.isnan(slope[0])
    assert slope[1] == 0.25
