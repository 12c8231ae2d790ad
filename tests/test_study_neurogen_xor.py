"""Rows of ten runs drawn again, and medians with their ratio."""

from __future__ import annotations

import inspect
import math
from typing import Any

import numpy as np
import pytest
from scipy import stats

from harness.studies.neurogen_xor.redrawn import ROW, means_of_rows, ratio_of_medians


def test_means_of_rows_are_spread_as_means_of_ten_are() -> None:
    rng = np.random.default_rng(3)
    steps = rng.gamma(2.0, 50.0, 400)
    means = means_of_rows(steps, len(steps), rng, draws=20_000)
    assert np.mean(means) == pytest.approx(steps.mean(), rel=0.01)
    assert np.std(means) == pytest.approx(steps.std() / math.sqrt(ROW), rel=0.02)


def test_what_did_not_solve_it_is_in_no_mean_but_takes_a_place_of_the_row() -> None:
    means = means_of_rows(np.array([8.0]), 4, np.random.default_rng(3), draws=20_000)
    none = np.isnan(means)
    assert set(means[~none]) == {8.0}
    assert np.mean(none) == pytest.approx(0.75**ROW, abs=0.005)
    assert np.isnan(means_of_rows(np.array([]), 3, np.random.default_rng(3), draws=5)).all()


def test_the_interval_of_a_ratio_of_medians_is_scipys() -> None:
    rng = np.random.default_rng(4)
    one, other = rng.gamma(4.0, 30.0, 200), rng.gamma(2.0, 10.0, 150)

    def ratio(a: np.ndarray, b: np.ndarray, axis: int) -> np.ndarray:
        return np.median(a, axis=axis) / np.median(b, axis=axis)

    # SciPy before 1.15 has another name for it.
    name = "rng" if "rng" in inspect.signature(stats.bootstrap).parameters else "random_state"
    by: dict[str, Any] = {name: np.random.default_rng(1)}
    drawn = stats.bootstrap((one, other), ratio, method="percentile", n_resamples=5_000, **by)
    found, ends = ratio_of_medians(one, other, np.random.default_rng(2), draws=5_000)
    assert found == ratio(one, other, 0)
    assert ends == pytest.approx(tuple(drawn.confidence_interval), rel=0.02)


def test_where_none_is_solved_there_is_no_median() -> None:
    found, ends = ratio_of_medians(np.array([]), np.array([1.0]), np.random.default_rng(0))
    assert np.isnan([found, *ends]).all()
