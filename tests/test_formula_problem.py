"""Regressions of known truth: against plain formulas, their ranges, and errors in the units of the data."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from harness.problems import load
from harness.problems.formula import REGIONS, TRUTHS, Formula, Region
from optimizers.errors import InputError

PLAIN: dict[str, Callable[..., float]] = {
    "sum": lambda a, b: a + b,
    "product": lambda a, b: a * b,
    "ratio": lambda a, b: a / (abs(b) + 1.0),
    "square-minus-cube": lambda a, b: a * a - b * b * b,
    "cube-minus-square": lambda a: a * a * a - a * a,
    "mackey-glass": lambda a, b, c, d, e: a + 10.5 * (0.2 * e / (1.0 + math.pow(e, 10)) - 0.1 * a),
    "arctangents": lambda a, b, c: 5 * math.atan(a - 50) + 10 * math.atan(b - 100) + 15 * math.atan(c - 150),
}
every_function: Any = pytest.mark.parametrize("function", PLAIN)


def family(function: Any, **options: Any) -> Formula:
    return Formula(function=function, **options)


def test_every_function_has_its_plain_formula() -> None:
    assert set(PLAIN) == set(TRUTHS)


@every_function
def test_values_are_those_of_the_plain_formula(function: str) -> None:
    for region in REGIONS if function != "mackey-glass" else REGIONS[:2]:
        X, y = family(function).raw(region, 3, 40)
        expected = [PLAIN[function](*row) for row in X.tolist()]
        np.testing.assert_allclose(y, expected, rtol=1e-12, atol=1e-12)


@every_function
def test_rows_lie_in_their_ranges_and_sets_differ(function: str) -> None:
    drawn = family(function)
    for region in REGIONS[:2]:
        X, _ = drawn.raw(region, 0, 300)
        assert X.shape == (300, X.shape[1])
        for column, (low, high) in zip(X.T, drawn.truth.inside, strict=bool(drawn.truth.inside)):
            assert low <= column.min() < low + 0.1 * (high - low) < high - 0.1 * (high - low)
            assert high - 0.1 * (high - low) < column.max() <= high
    sets = [drawn.raw(region, which)[1].tobytes() for region in REGIONS[:2] for which in range(3)]
    # A series has one beginning, to train on.
    assert len(set(sets)) == (4 if function == "mackey-glass" else 6)


@every_function
def test_extrapolation_lies_beyond_what_was_trained_on(function: str) -> None:
    drawn = family(function)
    if not drawn.truth.beyond:
        with pytest.raises(InputError, match="series has no rows beyond its range"):
            drawn.raw("extrapolation")
        return
    X, _ = drawn.raw("extrapolation", 1, 400)
    for column, (low, high), (inside, _) in zip(X.T, drawn.truth.beyond, drawn.truth.inside, strict=True):
        assert low <= np.abs(column).min() <= np.abs(column).max() <= high
        negative = np.mean(column < 0)
        assert 0.4 < negative < 0.6 if inside < 0 else negative == 0


def test_the_series_is_the_map_step_by_step() -> None:
    series = [1.6, 0.0, 0.0, 0.0, 0.0]
    while len(series) < 5 + 100 + 2 * 30:
        old = series[len(series) - 5]
        now = series[-1]
        series.append(now + 10.5 * (0.2 * old / (1 + old**10) - 0.1 * now))
    X, y = family("mackey-glass").raw()
    np.testing.assert_allclose(y, series[5:105], rtol=1e-13)
    np.testing.assert_allclose(X[7], series[11:6:-1], rtol=1e-13)
    X, y = family("mackey-glass").raw("interpolation", 1, 30)
    np.testing.assert_allclose(y, series[135:165], rtol=1e-13)
    np.testing.assert_allclose(X[0], series[134:129:-1], rtol=1e-13)


@every_function
@pytest.mark.parametrize("least", [-1, 0])
def test_training_rows_are_scaled_to_their_ends(function: str, least: Any) -> None:
    drawn = family(function, least_target=least)
    X, y = drawn.data()
    raw_X, raw_y = drawn.raw()
    np.testing.assert_allclose(X, np.interp(X, (-1, 1), (-1, 1)))
    np.testing.assert_allclose([X.min(axis=0), X.max(axis=0)], [[-1] * X.shape[1], [1] * X.shape[1]])
    np.testing.assert_allclose([y.min(), y.max()], [least, 1], atol=1e-15)
    of_inputs, of_target = drawn.ends()
    np.testing.assert_allclose(of_inputs.unscaled(X), raw_X, atol=1e-9 * np.abs(raw_X).max())
    np.testing.assert_allclose(of_target.unscaled(y), raw_y, atol=1e-12 * np.abs(raw_y).max())


@given(st.lists(st.floats(-1e6, 1e6), min_size=2, max_size=5), st.sampled_from(["sum", "arctangents"]))
def test_scaling_goes_there_and_back_beyond_the_ends(numbers: list[float], function: str) -> None:
    _, ends = family(function).ends()
    table = np.array(numbers)
    np.testing.assert_allclose(ends.unscaled(ends.scaled(table)), table, rtol=1e-9, atol=1e-6)


def test_it_is_found_by_its_name() -> None:
    problem = load("formula:function=ratio,rows=20")
    assert problem.network.sizes == (2, 6, 1)  # type: ignore[attr-defined]
    with pytest.raises(InputError, match="function"):
        load("formula:function=quotient")


def test_regions_are_named_once() -> None:
    regions: tuple[Region, ...] = ("training", "interpolation", "extrapolation")
    assert regions == REGIONS
