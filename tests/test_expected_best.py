"""The expected best of k configurations against every draw of k, and the score against plain loops."""

from __future__ import annotations

import itertools
import math
from typing import Any

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.stats import hypergeom

from harness.analysis.expected_best import chances_of_best, expected_best
from harness.analysis.tuning_score import PENALTY, Score, cost_limit, score_of


@pytest.mark.parametrize("n", [1, 2, 5, 9])
def test_it_is_the_mean_over_every_draw(n: int) -> None:
    values = np.sort(np.random.default_rng(n).exponential(size=n))
    for k in range(1, n + 1):
        best = [min(draw) for draw in itertools.combinations(values, k)]
        assert expected_best(values)[k - 1] == pytest.approx(np.mean(best), rel=1e-12)


@pytest.mark.parametrize(("n", "k"), [(30, 1), (30, 7), (300, 150), (1000, 999), (1000, 1000)])
def test_chances_are_those_of_the_hypergeometric_distribution(n: int, k: int) -> None:
    # Rank i is the best where none of the i - 1 better ones is drawn, and it is.
    none_better = np.array([hypergeom.pmf(0, n, i, k) for i in range(n + 1)])
    assert chances_of_best(n, k) == pytest.approx(none_better[:-1] - none_better[1:], rel=1e-6, abs=1e-12)
    assert chances_of_best(n, k).sum() == pytest.approx(1.0, rel=1e-9)


def test_an_infinite_value_that_cannot_be_drawn_has_no_part() -> None:
    assert expected_best(np.array([1.0, 2.0, math.inf])) == pytest.approx([math.inf, 4 / 3, 1.0])


def rows(**columns: Any) -> pd.DataFrame:
    usual = {
        "outcome": "budget",
        "target": 0.01,
        "cost_to_target": math.nan,
        "setting": "cost=100",
        "final_loss": 0.2,
        "start_loss": 0.4,
    }
    return pd.DataFrame({**usual, **columns})


OUTCOMES = ("solved", "budget", "stalled", "diverged", "failed", "timeout")


@given(
    st.lists(
        st.tuples(
            st.sampled_from(OUTCOMES),
            st.booleans(),
            st.floats(0.0, 1e6),
            st.sampled_from((10.0, 1e4)),
            st.floats(-5.0, 50.0) | st.just(math.nan),
            st.sampled_from((0.0, 0.5, -2.0)),
        ),
        min_size=1,
        max_size=8,
    )
)
def test_the_score_is_what_a_loop_adds_up(drawn: list[tuple[Any, ...]]) -> None:
    logs, losses, aimed, missed = 0.0, 0.0, 0, 0
    table = []
    for outcome, has_target, cost, budget, final, start in drawn:
        solved = outcome == "solved" and has_target
        ended = "budget" if outcome == "solved" and not solved else outcome
        table.append(
            {
                "outcome": ended,
                "target": 0.01 if has_target else math.nan,
                "cost_to_target": cost if solved else math.nan,
                "setting": f"cost={budget:.12g}, timeout=3",
                "final_loss": final,
                "start_loss": start,
            }
        )
        if has_target:
            aimed, missed = aimed + 1, missed + (not solved)
            logs += math.log(max(cost, 1.0) if solved else 10 * budget)
        relative = final / (abs(start) or 1.0)
        without = ended in ("diverged", "failed") or math.isnan(final)
        losses += PENALTY if without else min(relative, PENALTY)
    expected = (
        missed / aimed if aimed else 0.0,
        math.exp(logs / aimed) if aimed else 0.0,
        losses / len(drawn),
    )
    assert score_of(pd.DataFrame(table)) == pytest.approx(expected, rel=1e-12, abs=1e-12)


def test_more_solved_runs_beat_cheaper_ones_and_those_a_lower_loss() -> None:
    dear = score_of(rows(outcome=["solved", "solved"], cost_to_target=[99.0, 99.0]))
    cheap = score_of(rows(outcome=["solved", "budget"], cost_to_target=[1.0, math.nan]))
    assert dear < cheap
    assert score_of(rows(final_loss=[0.1])) < score_of(rows(final_loss=[0.2]))
    assert score_of(rows(final_loss=[0.2])) < score_of(rows(outcome=["diverged"], final_loss=[0.0]))


def test_without_a_target_the_loss_decides_alone() -> None:
    assert score_of(rows(target=[math.nan], final_loss=[0.1])) == Score(0.0, 0.0, 0.25)


def test_a_budget_is_read_from_the_setting() -> None:
    assert cost_limit("cost=1e+06, iterations=5") == 1e6
    assert math.isnan(cost_limit("seconds=5"))
    assert math.isnan(cost_limit(""))
