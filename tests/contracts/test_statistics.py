"""What every statistic has to do; a new file is found by itself."""

from __future__ import annotations

import functools
import itertools
import math
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import numpy as np
import pandas as pd
import pytest
from synthetic import build, run_row, synthetic, trace_rows

from harness.analysis import STATISTICS, known_statistics
from harness.analysis.statistic import Statistic
from harness.results import Results
from harness.runs.columns import Column
from optimizers.errors import InputError

every_statistic = pytest.mark.parametrize("name", known_statistics())
every_one_of_rows = pytest.mark.parametrize(
    "name", [name for name, found in known_statistics().items() if not found.reruns]
)
"""Those that do runs again refuse made up ones, and have tests of their own."""

LABELS = ("adam", "lbfgs", "rprop")
TYPES: dict[str, Callable[[Any], bool]] = {
    "text": pd.api.types.is_string_dtype,
    "whole": lambda column: column.dtype == np.int64,
    "number": lambda column: column.dtype == np.float64,
}


def comparison(ends: Callable[[str, str, int], dict[str, Any]], problems: int = 1, seeds: int = 6) -> Results:
    """A run for every problem, optimizer and seed, each with a trace of its own length that ends as told."""
    runs, trace = [], []
    for problem in [f"problem-{number}" for number in range(problems)]:
        for label in LABELS:
            for seed in range(seeds):
                run_id = f"{problem}/{label}/{seed}"
                values = ends(problem, label, seed)
                looks = 3 + (7 * seed + len(label)) % 5
                cost = np.linspace(0.0, 100.0 + 10 * seed + len(label), looks)
                loss = np.geomspace(1.0, values.get("best_loss", 0.05 + 0.01 * seed), looks)
                loss = values.pop("losses", loss)
                spent = values.pop("spent", float(cost[-1]))
                runs.append(
                    run_row(
                        run_id, problem, label, seed=seed, **{"cost": spent, "seconds": spent / 1e6, **values}
                    )
                )
                trace += trace_rows(run_id, cost, loss)
    return build(runs, trace)


def solved(spent: float) -> dict[str, Any]:
    return {
        "outcome": "solved", "cost_to_target": spent, "spent": spent, "final_loss": 0.009, "best_loss": 0.009,
        "iterations": int(spent),
    }  # fmt: skip


def ordinary(problem: str, label: str, seed: int) -> dict[str, Any]:
    """Most runs solve; some spend their budget, stall or diverge."""
    number = int(problem.rpartition("-")[2])
    fate = (3 * seed + 5 * len(label) + number) % 8
    if fate == 0:
        return {"outcome": "budget", "final_loss": 0.2 + 0.01 * seed, "best_loss": 0.1 + 0.01 * seed}
    if fate == 1:
        return {"outcome": "diverged", "final_loss": math.nan, "best_loss": 0.3}
    if fate == 2:
        return {"outcome": "stalled", "final_loss": 0.15, "best_loss": 0.15}
    return solved(40.0 + 7.0 * ((seed * (2 + len(label)) + number) % 11))


def failed(problem: str, label: str, seed: int) -> dict[str, Any]:
    return {"outcome": "failed", "final_loss": math.nan, "best_loss": 1.0, "cost": 0.0, "iterations": 0}


def diverged(problem: str, label: str, seed: int) -> dict[str, Any]:
    return {"outcome": "diverged", "final_loss": math.inf if seed % 2 else math.nan, "best_loss": 0.5}


def without_numbers(problem: str, label: str, seed: int) -> dict[str, Any]:
    """Losses that are NaN from the start, so that not even a best one is known."""
    looks = 3 + (7 * seed + len(label)) % 5
    unknown = dict.fromkeys(("start_loss", "final_loss", "best_loss", "test_loss", "test_accuracy"), math.nan)
    return {"outcome": "diverged", "losses": np.full(looks, math.nan), **unknown}


def without_target(problem: str, label: str, seed: int) -> dict[str, Any]:
    return {"target": math.nan, "final_loss": 0.1 * (1 + seed % 3), "best_loss": 0.1}


CASES: dict[str, Callable[[], Results]] = {
    "ordinary": lambda: comparison(ordinary, problems=5),
    "synthetic": lambda: synthetic(np.random.default_rng(4), problems=5, optimizers=3, seeds=5),
    "empty tables": lambda: build([]),
    "runs without traces": lambda: replace(comparison(ordinary), held_trace=build([]).trace),
    "a single run": lambda: comparison(ordinary).where(optimizer="adam", seed=2),
    "one seed": lambda: comparison(ordinary).where(seed=2),
    "one problem": lambda: comparison(ordinary),
    "all solved alike": lambda: comparison(lambda *_: solved(50.0), problems=5),
    "all failed": lambda: comparison(failed, problems=5),
    "all diverged": lambda: comparison(diverged, problems=5),
    "NaN losses": lambda: comparison(without_numbers, problems=5),
    "no target": lambda: comparison(without_target, problems=5),
    "some seeds missing": lambda: _thinned(comparison(ordinary, problems=5)),
    "traces of one look": lambda: _of_one_look(comparison(ordinary, problems=5)),
    "a trace for some": lambda: _without_some_traces(comparison(ordinary, problems=5)),
}
every_case = pytest.mark.parametrize("case", CASES)


def _thinned(results: Results) -> Results:
    """Leave each optimizer without a seed of its own, and one without any on the last problem."""
    runs = results.runs
    left_out = [("adam", 0), ("lbfgs", 1), ("lbfgs", 3)]
    gone = pd.Series(list(zip(runs["optimizer"], runs["seed"], strict=True))).isin(left_out)
    gone |= (runs["optimizer"] == "rprop") & (runs["problem"] == "problem-4")
    return results.where(run_id=list(runs["run_id"][~gone]))


def _of_one_look(results: Results) -> Results:
    """Leave every second run its first look alone, beside others of several."""
    first = ~results.trace.duplicated("run_id")
    even = results.trace["seed"] % 2 == 0
    return replace(results, held_trace=results.trace[first | ~even])


def _without_some_traces(results: Results) -> Results:
    return replace(results, held_trace=results.trace[results.trace["seed"] % 3 != 0])


@functools.cache
def tables(case: str) -> Results:
    return CASES[case]()


def computed(name: str, results: Results, **options: Any) -> pd.DataFrame | None:
    """The table of a statistic; None where it has said in a sentence why there is none."""
    try:
        return STATISTICS.build(name, **options).compute(results)
    except InputError as refusal:
        sentence = str(refusal)
    assert 20 < len(sentence) < 400
    assert "\n" not in sentence
    assert any(word in sentence for word in ("expected", "needs", "take", ": "))
    return None


@functools.cache
def found_for(name: str, case: str, level: float = 0.95) -> pd.DataFrame | None:
    """The table of a statistic for one of the cases; nobody changes it."""
    return computed(name, tables(case), level=level)


def estimates(columns: dict[str, Column]) -> list[str]:
    return [name.removesuffix("_low") for name in columns if name.endswith("_low")]


@every_statistic
def test_it_says_what_it_is_and_what_it_holds(name: str) -> None:
    found: type[Statistic] = known_statistics()[name]
    assert found.name() == name
    assert 10 < len(found.summary()) <= 110
    assert found.summary().endswith(".")
    assert any(character.isdigit() for character in found.source), "a source has its year"
    assert all(isinstance(column, Column) for column in found.declared().values())
    for column, (kind, holds, _) in found.declared().items():
        assert column.isidentifier()
        assert column == column.lower()
        assert kind in TYPES
        assert 5 < len(holds) < 150
        assert not holds.endswith("."), "no sentence of its own in a table"
    assert not set(found.unit) & set(found.columns)
    assert found.adjusted <= set(found.columns)


@every_statistic
def test_every_estimate_has_its_interval_and_what_it_is_of(name: str) -> None:
    columns = known_statistics()[name].columns
    assert columns["n"].kind == "whole"
    assert estimates(columns), "a number without an interval is not shown"
    for estimate in estimates(columns):
        assert {estimate, f"{estimate}_low", f"{estimate}_high"} <= set(columns)


@every_one_of_rows
def test_it_is_computed_of_an_ordinary_comparison(name: str) -> None:
    found = found_for(name, "ordinary")
    assert found is not None
    assert len(found)
    assert any(found[estimate].notna().any() for estimate in estimates(known_statistics()[name].columns))


@every_statistic
@every_case
def test_its_columns_are_those_that_it_declares(name: str, case: str) -> None:
    found = found_for(name, case)
    if found is None:
        return
    declared = known_statistics()[name].declared()
    assert list(found) == list(declared)
    for column, (kind, _, _) in declared.items():
        assert TYPES[kind](found[column]), column
        assert kind != "text" or found[column].notna().all()
    unit = list(known_statistics()[name].unit)
    assert not found.duplicated(unit).any()
    assert found[unit].equals(found[unit].sort_values(unit, ignore_index=True))
    assert found.index.equals(pd.RangeIndex(len(found)))


@every_statistic
@every_case
def test_an_interval_holds_its_estimate_and_is_wider_with_its_level(name: str, case: str) -> None:
    narrow, wide = (found_for(name, case, level) for level in (0.5, 0.95))
    assert (narrow is None) == (wide is None)
    if narrow is None or wide is None:
        return
    for found, estimate in itertools.product((narrow, wide), estimates(known_statistics()[name].columns)):
        value, low, high = (found[f"{estimate}{end}"] for end in ("", "_low", "_high"))
        assert ((low <= value) & (value <= high) | value.isna()).all(), estimate
        assert (value.isna() == low.isna()).all(), "no interval without an estimate"
        assert (value.isna() == high.isna()).all()
    for estimate in estimates(known_statistics()[name].columns):
        known = narrow[estimate].notna()
        assert narrow[estimate].equals(wide[estimate]), "the level is no matter of the estimate"
        assert (wide[f"{estimate}_low"] <= narrow[f"{estimate}_low"])[known].all()
        assert (wide[f"{estimate}_high"] >= narrow[f"{estimate}_high"])[known].all()


@every_statistic
@pytest.mark.parametrize("case", ["ordinary", "some seeds missing", "NaN losses", "no target"])
def test_the_order_of_rows_has_no_influence(name: str, case: str) -> None:
    results = tables(case)
    rng = np.random.default_rng(1)
    runs, trace = results.runs, results.trace
    shuffled = replace(
        results,
        runs=runs.iloc[rng.permutation(len(runs))],
        held_trace=trace.iloc[rng.permutation(len(trace))],
    )
    found, again = found_for(name, case), computed(name, shuffled)
    assert (found is None) == (again is None)
    if found is not None and again is not None:
        pd.testing.assert_frame_equal(found, again, check_exact=True)


@every_statistic
@pytest.mark.parametrize("case", ["ordinary", "no target"])
def test_it_leaves_the_tables_as_they_are(name: str, case: str) -> None:
    results = tables(case)
    runs, trace = results.runs.copy(), results.trace.copy()
    computed(name, results)
    pd.testing.assert_frame_equal(results.runs, runs)
    pd.testing.assert_frame_equal(results.trace, trace)


@every_one_of_rows
@pytest.mark.parametrize("case", ["ordinary", "some seeds missing", "no target"])
def test_two_problems_at_once_are_each_alone(name: str, case: str) -> None:
    statistic, results = known_statistics()[name], tables(case)
    if "problem" not in statistic.unit:
        return
    together = found_for(name, case)
    assert together is not None
    # Of five the first and the last, for each takes 20 ms.
    for problem in results.runs["problem"].unique()[[0, -1]]:
        alone = computed(name, results.where(problem=problem))
        part = together[together["problem"] == problem].reset_index(drop=True)
        assert alone is not None
        kept = [column for column in part if column not in statistic.adjusted]
        pd.testing.assert_frame_equal(part[kept], alone[kept], check_exact=True)


@every_statistic
def test_a_problem_is_one_block_whatever_its_runs(name: str) -> None:
    if "problem" in known_statistics()[name].unit:
        return
    few, many = (computed(name, comparison(ordinary, problems=5, seeds=seeds)) for seeds in (4, 8))
    for found in (few, many):
        assert found is not None
        assert (found["n"] <= 5).all(), "n counts problems"


@every_one_of_rows
def test_no_run_is_dropped(name: str) -> None:
    statistic = known_statistics()[name]
    found = found_for(name, "ordinary")
    assert found is not None
    expected = 6 if "problem" in statistic.unit else 5
    assert (found["n"] == expected).all()


@every_one_of_rows
def test_of_one_run_there_is_no_narrow_interval(name: str) -> None:
    if "problem" not in known_statistics()[name].unit:
        return
    found = found_for(name, "one seed")
    assert found is not None
    for estimate in estimates(known_statistics()[name].columns):
        value, low, high = (found[f"{estimate}{end}"] for end in ("", "_low", "_high"))
        assert ((low < high) | value.isna()).all(), estimate


@every_statistic
def test_a_seed_that_is_there_twice_is_refused(name: str) -> None:
    results = comparison(ordinary, problems=5)
    runs = results.runs.assign(seed=results.runs["seed"] // 2)
    with pytest.raises(InputError, match="two runs of seed 0 on problem-0"):
        STATISTICS.build(name).compute(replace(results, runs=runs))


@every_one_of_rows
def test_results_give_it_by_its_name(name: str) -> None:
    found = tables("ordinary").statistic(f"{name}:level=0.9")
    pd.testing.assert_frame_equal(found, STATISTICS.build(name, level=0.9).compute(tables("ordinary")))
