"""Exponential, logarithm, sigmoid and tanh of single precision against mpmath, and as vectors."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import mpmath
import numpy as np
import pytest
from oracles import DIGITS

from harness.numerics.elementary_single import (
    exponential_below_one,
    exponential_minus_one,
    hyperbolic_tangent,
    log_one_plus,
    sigmoid,
)
from optimizers.compilation import compiled

F = np.float32
SMALLEST, TINY, LARGEST = F(1e-45), F(1.1754944e-38), np.finfo(F).max


def logistic(z: Any) -> Any:
    return 1 / (1 + mpmath.exp(-z))


def both_ways(highest: float) -> Any:
    """Numbers of either sign up to one, evenly spread and in every order of magnitude."""
    rng = np.random.default_rng(0)
    even, orders = rng.uniform(0, highest, 400), highest * 10.0 ** rng.uniform(-44, 0, 400)
    positive = np.concatenate([even, orders, [SMALLEST, TINY, 1e-7, 0.34657359, 0.6931472, highest]])
    return np.concatenate([positive, -positive]).astype(F)


ALL: dict[str, tuple[Any, Callable[[Any], Any], Any, float]] = {
    "exponential below one": (exponential_below_one, mpmath.exp, -abs(both_ways(87.3365)), 1.1),
    "exponential minus one": (exponential_minus_one, mpmath.expm1, -abs(both_ways(200.0)), 1.1),
    "log one plus": (log_one_plus, mpmath.log1p, abs(both_ways(3e38)), 1.0),
    "sigmoid": (sigmoid, logistic, both_ways(87.0), 2.0),
    "tanh": (hyperbolic_tangent, mpmath.tanh, both_ways(100.0), 2.5),
}
"""Function, exact function, numbers, and units in the last place that it may be off by."""


def side_by_side(function: Any) -> Any:
    @compiled()
    def each(x: Any, found: Any) -> None:
        for i in range(np.uint64(x.size)):
            found[i] = function(x[i])

    return each


@pytest.mark.parametrize("name", ALL)
def test_every_function_is_within_its_units_in_the_last_place(name: str) -> None:
    function, exact, numbers, most = ALL[name]
    found = np.empty_like(numbers)
    side_by_side(function)(numbers, found)
    with mpmath.workdps(DIGITS):
        for x, y in zip(numbers, found, strict=True):
            wanted = exact(mpmath.mpf(float(x)))
            unit = float(np.spacing(F(abs(wanted))))
            assert abs(mpmath.mpf(float(y)) - wanted) <= most * unit, (x, y)


@pytest.mark.parametrize("name", ALL)
def test_a_number_alone_has_the_bits_that_it_has_among_others(name: str) -> None:
    function, _, numbers, _ = ALL[name]
    found, one = np.empty_like(numbers), np.empty(1, F)
    each = side_by_side(function)
    each(numbers, found)
    for place in range(0, numbers.size, 17):
        each(numbers[place : place + 1].copy(), one)
        assert one.tobytes() == found[place : place + 1].tobytes()


@pytest.mark.parametrize("name", ALL)
def test_nan_stays_nan_and_the_result_is_single(name: str) -> None:
    function = ALL[name][0]
    found = np.empty(1, F)
    side_by_side(function)(np.array([np.nan], F), found)
    assert math.isnan(found[0])


def test_zeros_infinities_and_what_is_beyond_the_range_give_the_limits() -> None:
    far = (F(-np.inf), F(-LARGEST), F(-87.4))
    assert [float(exponential_below_one(x)) for x in (F(0.0), F(-0.0), *far)] == [1, 1, 0, 0, 0]
    assert [float(exponential_minus_one(x)) for x in (F(0.0), F(-0.0), *far)] == [0, 0, -1, -1, -1]
    assert [float(log_one_plus(x)) for x in (F(0.0), F(np.inf))] == [0, math.inf]
    assert [float(sigmoid(x)) for x in (F(0.0), F(np.inf), F(-np.inf))] == [0.5, 1, 0]
    tangents = [float(hyperbolic_tangent(x)) for x in (F(0.0), F(-0.0), F(np.inf), F(-np.inf))]
    assert tangents == [0, 0, 1, -1]
    assert math.copysign(1.0, tangents[1]) == -1.0
