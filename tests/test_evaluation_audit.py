"""Evaluations that were requested, distinct and repeated, against lists of all that was asked."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pytest

import harness
from harness.analysis import build_statistic
from harness.analysis.evaluations_again import _Ledger, evaluations_of
from harness.problems import load
from harness.results import Results
from harness.runs.single_run import Run
from optimizers.budget import Budget
from optimizers.errors import InputError
from optimizers.registry import build_optimizer
from optimizers.search import observed, search

BUDGET = 600.0
METHODS = (
    "genetic-algorithm",
    "genetic-algorithm:engine=pygad",
    "genetic-algorithm:bits=3",
    "genetic-algorithm:keep_elitism=0,keep_parents=2,crossover_probability=0.3,mutation_probability=0.05",
    "memetic-algorithm",
    "differential-evolution",
    "particle-swarm",
    "cmaes",
    "bipop-cmaes",
    "random-search",
    "evolution-strategy",
    "simulated-annealing",
    "nelder-mead",
)


@pytest.fixture(scope="module")
def results() -> Results:
    return harness.run("xor", list(METHODS), seeds=2, budget=BUDGET)


@pytest.mark.parametrize("number", range(len(METHODS)))
def test_what_was_evaluated_is_what_the_row_has_paid_for(results: Results, number: int) -> None:
    """Of methods that go by values alone each evaluation costs 1: the row's own count."""
    label = results.runs["optimizer"].unique()[number]
    for row in results.where(optimizer=label).runs.to_dict(orient="records"):
        found = evaluations_of(row)
        assert found is not None
        if "memetic" not in label:
            assert found.evaluated == row["cost"] == row["value_rows"] / 4
        assert 0 < found.distinct <= found.evaluated <= found.requested
        assert found.repeated + found.distinct + found.remembered == found.requested
        if label.startswith("genetic"):
            # Bits cannot say the start, which is asked for beside the population.
            assert found.requested == row["iterations"] * 50 + ("bits=3" in label)
        elif "memetic" not in label:
            assert found.remembered == 0


@pytest.mark.parametrize(
    "name", ["genetic-algorithm:bits=2,mutation_probability=0.01", "differential-evolution"]
)
def test_distinct_ones_against_a_list_of_all(name: str) -> None:
    """All candidates in one list, from an objective whose doors are watched, and a set of its members."""
    run = Run(load("xor"), build_optimizer(name), "none", 4, Budget(cost=BUDGET))
    (row,) = harness.run("xor", name, seeds=[4], budget=BUDGET).runs.to_dict(orient="records")
    objective = run.problem.objective("analytic", 4)
    listed: list[tuple[float, ...]] = []
    value, values = objective.value, objective.values

    def watched(population: Any, rows: Any = None) -> Any:
        listed.extend(map(tuple, np.asarray(population).tolist()))
        return values(population, rows)

    def watched_alone(w: Any, rows: Any = None) -> float:
        listed.append(tuple(np.asarray(w).tolist()))
        return value(w, rows)

    objective.compiled = None
    objective.value, objective.values = watched_alone, watched  # type: ignore[method-assign]
    start = run.problem.start(4)
    observer = observed(run.optimizer, objective, start, run.budget, run.problem.target)
    search(run.optimizer, start, run.generator(), observer, contain=False)
    found = evaluations_of(row)
    assert found is not None
    assert (found.evaluated, found.distinct) == (len(listed), len(set(listed)))


def test_a_batch_of_rows_is_no_evaluation_of_a_candidate() -> None:
    objective = load("xor").objective()
    ledger, w, rows = _Ledger(objective), np.ones(objective.size), np.array([0, 1])
    assert ledger.value(w, rows) == objective.value(w, rows)
    assert ledger.values(w[None], rows).tolist() == objective.values(w[None], rows).tolist()
    assert (ledger.alone, ledger.in_populations, len(ledger.seen)) == (0, 0, 0)
    ledger.value(w)
    ledger.values(np.stack([w, 0.0 * w, -0.0 * w]))
    assert (ledger.alone, ledger.in_populations, len(ledger.seen)) == (1, 3, 2)


def test_unchanged_children_and_elites_are_remembered_and_found_again_ones_repeated() -> None:
    """Two bits a weight and hardly a mutation: most children are copies, or have been there before."""
    results = harness.run("xor", "genetic-algorithm:bits=2,mutation_probability=0.01", seeds=2, budget=BUDGET)
    found = build_statistic("evaluation-audit").compute(results).iloc[0]
    assert found["remembered"] > 0
    assert found["repeated"] > 0
    assert found["requested"] == found["distinct"] + found["repeated"] + found["remembered"]
    assert found["n"] == 2
    assert (found["again_low"], found["again_high"]) == (0.0, 1.0)


def test_methods_with_gradients_and_failed_runs_have_no_number(results: Results) -> None:
    found = build_statistic("evaluation-audit").compute(harness.run("xor", "rprop", seeds=2, budget=50))
    assert math.isnan(found["requested"].iloc[0])
    runs = results.where(optimizer="particle-swarm").runs
    row = runs.assign(outcome="failed").iloc[0].to_dict()
    assert evaluations_of(row) is None


@pytest.mark.parametrize(
    ("changed", "said"),
    [
        ({"best_loss": 0.123}, "expected 0.123 in .* as its row says: it is of other code"),
        ({"problem_key": "another"}, "was done on other data or another network"),
        ({"optimizer_name": "mine"}, "is of an optimizer that is not known here"),
        ({"problem": "nowhere"}, "unknown problem 'nowhere'"),
    ],
)
def test_a_run_that_cannot_be_done_again_is_refused(
    results: Results, changed: dict[str, Any], said: str
) -> None:
    row = results.where(optimizer="random-search").runs.iloc[0].to_dict() | changed
    with pytest.raises(InputError, match=said):
        evaluations_of(row)
