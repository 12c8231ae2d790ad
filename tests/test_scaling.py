"""Scaling by the training rows: against fractions, and for columns that are constant, huge or tiny."""

from __future__ import annotations

from fractions import Fraction

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import harness
from harness.problems.scaling import Scaling
from optimizers import InputError


def scaled(column: list[float], train: int | None = None) -> list[float]:
    table = np.array(column)[:, None]
    rows: list[float] = Scaling.of(table[: train or len(table)]).scaled("X", table)[:, 0].tolist()
    return rows


@pytest.mark.parametrize("value", [14.62, 0.1, 1e-300, -3.3e200, 0.0, 1 / 3])
@pytest.mark.parametrize("rows", [1, 3, 1000, 100_001])
def test_a_constant_column_becomes_zero(value: float, rows: int) -> None:
    assert set(scaled([value] * rows)) == {0.0}


def test_a_test_row_keeps_its_distance_from_a_constant_column() -> None:
    assert scaled([14.62] * 1000 + [14.621], 1000)[-1] == pytest.approx(0.001, rel=1e-9)
    assert scaled([0.1] * 700 + [0.2], 700)[-1] == pytest.approx(0.1, rel=1e-12)


def test_roundings_of_one_number_are_no_data() -> None:
    assert max(map(abs, scaled([0.3, 0.1 + 0.2, 0.3, 0.3]))) < 1e-15


def test_small_differences_that_are_data_stay() -> None:
    assert np.std(scaled([1e9, 1e9 + 1e-3, 1e9 + 2e-3, 1e9])) == pytest.approx(1, rel=1e-6)


@pytest.mark.parametrize("exponent", [-1000, -600, -170, 0, 155, 300, 1000])
def test_any_power_of_two_comes_out_the_same(exponent: int) -> None:
    column = np.random.default_rng(0).normal(3, 1, 50)
    assert scaled(np.ldexp(column, exponent).tolist()) == scaled(column.tolist())


def test_whole_range_of_numbers_is_scaled() -> None:
    assert scaled([-1.7e308, 1.7e308]) == [-1.0, 1.0]


def test_a_row_beyond_all_measure_is_named() -> None:
    with pytest.raises(InputError, match=r"1e\+300 in row 2, column 0, which is too far"):
        scaled([1e-200, 2e-200, 1e300], 2)


@given(st.lists(st.floats(-1e6, 1e6).map(lambda x: round(x, 3)), min_size=2, max_size=20))
def test_the_same_as_in_fractions(column: list[float]) -> None:
    if max(column) - min(column) < 0.001:
        return
    exact = [Fraction(entry) for entry in column]
    mean = sum(exact) / len(exact)
    deviation = float(sum((entry - mean) ** 2 for entry in exact) / len(exact)) ** 0.5
    wanted = [float(entry - mean) / deviation for entry in exact]
    # The digits that the largest entry has more than the differences are lost in the mean.
    tolerance = 1e-13 * max(1.0, max(map(abs, column)) / deviation)
    assert scaled(column) == pytest.approx(wanted, rel=tolerance, abs=tolerance)


def test_a_problem_of_one_constant_feature_is_one_of_zeros() -> None:
    problem = harness.Problem.from_arrays(np.full((1000, 1), 14.62), np.arange(1000) % 2, hidden=(2,))
    X, _, X_test, _ = problem.data()
    assert not X.any()
    assert not X_test.any()


def test_a_constant_target_is_one_of_zeros() -> None:
    problem = harness.Problem.from_arrays(
        np.arange(1000.0)[:, None], np.full(1000, 14.62), loss="half-squared"
    )
    assert not problem.data()[1].any()


@pytest.mark.parametrize(
    ("labels", "loss"), [("aaaab", "categorical-cross-entropy"), ("aaaab", "perceptron-soft")]
)
def test_a_class_that_would_have_no_row_to_train_on_is_named(labels: str, loss: str) -> None:
    with pytest.raises(InputError, match="leaves no row of class 'b' to train on, for there is only 1"):
        harness.Problem.from_arrays(
            np.arange(5.0)[:, None], list(labels), test_fraction=0.6, hidden=(), loss=loss
        ).data()
