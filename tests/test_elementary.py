"""Exponential, logarithm, sigmoid and tanh against mpmath, one number at a time and as vectors."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import mpmath
import numpy as np
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from oracles import DIGITS, ulps

from harness.network.activations import find_activation
from harness.numerics.elementary import (
    exponential,
    exponential_below_one,
    exponential_minus_one,
    hyperbolic_tangent,
    log_one_plus,
    sigmoid,
)

SMALLEST, LARGEST = 5e-324, 1.7976931348623157e308


def exact(function: Callable[[Any], Any], x: float) -> Any:
    with mpmath.workdps(DIGITS):
        return function(mpmath.mpf(x))


def logistic(z: Any) -> Any:
    return 1 / (1 + mpmath.exp(-z))


def numbers(lowest: float, highest: float) -> st.SearchStrategy[float]:
    """Numbers over a range in any order of magnitude, and evenly spread ones."""
    return st.floats(lowest, highest) | st.integers(0, 10**6).map(
        lambda part: lowest + (highest - lowest) * part / 10**6
    )


@settings(max_examples=400)
@given(numbers(-745.13, 709.78))
@example(-745.1332191019411)
@example(-708.5)
@example(-1e-320)
def test_exponential_is_within_one_unit_in_the_last_place_down_to_subnormal_results(x: float) -> None:
    assert ulps(exponential(x), exact(mpmath.exp, x)) <= 1


@settings(max_examples=300)
@given(numbers(-800.0, 0.0))
@example(-SMALLEST)
@example(-0.3476023181759946)
def test_exponential_minus_one_is_within_two_units_in_the_last_place(x: float) -> None:
    assert ulps(exponential_minus_one(x), exact(mpmath.expm1, x)) <= 2


@settings(max_examples=400)
@given(numbers(0.0, 2.0) | st.floats(0.0, 1e300))
@example(SMALLEST)
@example(1e-16)
@example(math.sqrt(2) - 1)
@example(LARGEST)
def test_log_one_plus_is_within_one_unit_in_the_last_place(t: float) -> None:
    assert ulps(log_one_plus(t), exact(mpmath.log1p, t)) <= 1


@settings(max_examples=400)
@given(numbers(-708.0, 708.0) | numbers(-40.0, 40.0))
@example(-36.74960592405255)
@example(SMALLEST)
def test_sigmoid_is_within_three_units_in_the_last_place(z: float) -> None:
    assert ulps(sigmoid(z), exact(logistic, z)) <= 3


@settings(max_examples=400)
@given(numbers(-20.0, 20.0) | st.floats(-1e300, 1e300))
@example(-5.759712244563108)
@example(SMALLEST)
@example(-1e-310)
def test_tanh_is_within_three_units_in_the_last_place(z: float) -> None:
    assert ulps(hyperbolic_tangent(z), exact(mpmath.tanh, z)) <= 3


@pytest.mark.parametrize("zero", [0.0, -0.0])
def test_every_elementary_function_is_exact_at_both_zeros(zero: float) -> None:
    assert exponential(zero) == 1.0
    assert exponential_minus_one(zero) == 0.0
    assert log_one_plus(zero) == 0.0
    assert sigmoid(zero) == 0.5
    assert hyperbolic_tangent(zero) == 0.0


@pytest.mark.parametrize(
    "function", [exponential, exponential_minus_one, log_one_plus, sigmoid, hyperbolic_tangent]
)
def test_nan_comes_out_of_every_elementary_function_as_nan(function: Any) -> None:
    assert math.isnan(function(math.nan))


def test_infinities_and_overflow_give_the_limits() -> None:
    assert [exponential(x) for x in (math.inf, LARGEST, 709.79)] == [math.inf] * 3
    assert [exponential(x) for x in (-math.inf, -LARGEST, -745.14)] == [0.0] * 3
    # 2^-1022 is the smallest normal number, e to the -708.396.
    assert [exponential_below_one(x) for x in (-708.3965, -709.0, -710.0, -math.inf)] == [0.0] * 4
    assert exponential_below_one(-708.396) == pytest.approx(math.exp(-708.396), rel=1e-15)
    assert exponential_minus_one(-math.inf) == -1.0
    assert log_one_plus(math.inf) == math.inf
    assert [sigmoid(z) for z in (math.inf, LARGEST, -math.inf, -LARGEST)] == [1.0, 1.0, 0.0, 0.0]
    assert [hyperbolic_tangent(z) for z in (math.inf, LARGEST, -math.inf, -LARGEST)] == [1.0, 1.0, -1.0, -1.0]


def test_sigmoid_further_out_than_its_exponential_reaches_is_below_the_smallest_normal_number() -> None:
    for z in np.linspace(-708.4, -760.0, 200):
        assert 0.0 <= sigmoid(z) <= 2.3e-308


@settings(max_examples=100)
@given(st.lists(numbers(-50.0, 50.0), min_size=1, max_size=40))
def test_numbers_side_by_side_are_as_exact_as_one_alone(values: list[float]) -> None:
    references = {"exponential": mpmath.exp, "sigmoid": logistic, "tanh": mpmath.tanh}
    for name, reference in references.items():
        vector = np.array(values)
        find_activation(name).forward(vector, 0, 1, vector.size)
        for found, x in zip(vector, values, strict=True):
            assert ulps(float(found), exact(reference, x)) <= 3
