"""Comparisons of runs of the same problem and seed: the rule, and the numbers against independent ones."""

from __future__ import annotations

import itertools
import math
from typing import Any

import numpy as np
import pandas as pd
from hypothesis import given, settings
from hypothesis import strategies as st
from synthetic import build, run_row

from harness.analysis.ahead import leads, standing
from harness.analysis.grouping import pairs
from harness.results import Results

ENDS: dict[str, dict[str, Any]] = {
    "solved at 10": {"outcome": "solved", "cost_to_target": 10.0, "best_loss": 0.009},
    "solved at 20": {"outcome": "solved", "cost_to_target": 20.0, "best_loss": 0.001},
    "reached 0.1": {"outcome": "budget", "best_loss": 0.1, "final_loss": 0.4},
    "reached 0.2 and diverged": {"outcome": "diverged", "best_loss": 0.2, "final_loss": math.nan},
    "reached 0.3 and stalled": {"outcome": "stalled", "best_loss": 0.3, "final_loss": 0.3},
    "failed": {"outcome": "failed", "best_loss": 1e-9, "final_loss": 1e-9},
}
"""From the one that is ahead of all others to the one that is behind them."""


def rows(*ends: dict[str, Any], **values: Any) -> pd.DataFrame:
    return pd.DataFrame(
        [run_row(str(place), "xor", "adam", **{**end, **values}) for place, end in enumerate(ends)]
    )


def test_every_run_is_ahead_of_those_behind_it() -> None:
    for (i, one), (j, other) in itertools.product(enumerate(ENDS.values()), repeat=2):
        expected = 0.5 if i == j else float(i < j)
        assert leads(rows(one), rows(other)).tolist() == [expected]


def test_without_a_target_the_final_loss_decides_and_a_diverged_run_has_none() -> None:
    losses = [
        {"final_loss": 0.1, "best_loss": 0.05},
        {"final_loss": 0.2, "best_loss": 0.01},
        {"final_loss": 0.001, "outcome": "diverged"},
    ]
    for (i, one), (j, other) in itertools.product(enumerate(losses), repeat=2):
        found = leads(rows(one, target=math.nan), rows(other, target=math.nan))
        assert found.tolist() == [0.5 if i == j else float(i < j)]


def test_runs_without_any_loss_are_tied() -> None:
    one = {"outcome": "diverged", "best_loss": math.nan}
    assert leads(rows(one), rows(ENDS["failed"])).tolist() == [0.5]


def test_iterations_or_seconds_may_decide_between_solved_runs() -> None:
    one = {**ENDS["solved at 10"], "seconds": 3.0, "iterations": 5}
    other = {**ENDS["solved at 20"], "seconds": 2.0, "iterations": 5}
    assert [leads(rows(one), rows(other), axis)[0] for axis in ("cost", "seconds", "iterations")] == [
        1,
        0,
        0.5,
    ]


@given(st.lists(st.sampled_from(list(ENDS)), min_size=3, max_size=3))
@settings(database=None, deadline=None)
def test_the_rule_goes_in_no_circles(names: list[str]) -> None:
    found = standing(rows(*(ENDS[name] for name in names)))
    ordered = [*zip(found.behind, found.measure, strict=True)]
    assert [names[place] for place in sorted(range(3), key=ordered.__getitem__)] == sorted(
        names, key=list(ENDS).index
    )


def compared(first: list[str], second: list[str], shift: int = 0) -> Results:
    """Two optimizers, whose runs end as told; the other's seeds may begin later."""
    ends = [("adam", seed, end) for seed, end in enumerate(first)]
    ends += [("lbfgs", seed + shift, end) for seed, end in enumerate(second)]
    return build([run_row(f"{name}{seed}", "xor", name, seed=seed, **ENDS[end]) for name, seed, end in ends])


def test_pairs_are_of_one_seed_and_what_has_no_partner_is_counted() -> None:
    (pair,) = pairs(compared(["failed"] * 5, ["failed"] * 4, shift=2))
    assert pair.group.runs["seed"].tolist() == pair.other.runs["seed"].tolist() == [2, 3, 4]
    assert pair.counts == {"n": 3, "unpaired": 3}


def test_gradient_sources_of_one_optimizer_are_compared_as_well() -> None:
    ends = itertools.product(["analytic", "symbolic"], range(3))
    results = build([run_row(f"{g}{seed}", "xor", "adam", gradient=g, seed=seed) for g, seed in ends])
    found = results.statistic("probability-ahead")
    assert found[["gradient", "other_gradient", "n", "tied"]].values.tolist() == [
        ["analytic", "symbolic", 3, 3]
    ]


def test_probability_ahead_counts_pairs_and_halves_ties() -> None:
    first = ["solved at 10", "solved at 20", "reached 0.1", "failed", "failed"]
    second = ["solved at 20", "solved at 10", "failed", "failed", "reached 0.1"]
    found = compared(first, second).statistic("probability-ahead").iloc[0]
    assert (found["n"], found["ahead"], found["tied"], found["probability"]) == (5, 2, 1, 0.5)


def test_no_seed_in_common_is_no_comparison() -> None:
    found = compared(["failed"] * 2, ["failed"] * 2, shift=2).statistic("probability-ahead").iloc[0]
    assert (found["n"], found["unpaired"]) == (0, 4)
    assert math.isnan(found["probability"])
    assert np.isnan(found["probability_low"])
