"""A trace with every improvement, held against a plain walk over all losses and the trace of looks."""

from __future__ import annotations

import math
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from walks import walk

import harness
from harness.problems import load
from harness.runs.described import RowsKept
from harness.runs.recorder import Trace
from harness.runs.single_run import Run
from harness.sweeps.fields import build_experiment
from optimizers import Adam, Budget, GeneticAlgorithm, GradientDescent, Rprop
from optimizers.errors import InputError
from optimizers.optimizer import Optimizer


@settings(max_examples=60)
@given(
    st.lists(
        st.one_of(st.floats(-10, 10), st.sampled_from([math.nan, math.inf, 1.0])), min_size=2, max_size=120
    ),
    st.one_of(st.none(), st.floats(-10, 0)),
)
def test_every_improvement_has_a_row_where_it_was_met(losses: list[float], target: float | None) -> None:
    losses[0] = 10.0
    (_, trace), (_, looks) = walk(losses, target, improvements=True), walk(losses, target)
    rows = dict(zip(trace["iteration"].tolist(), trace["loss"].tolist(), strict=True))
    lowest = math.inf
    for iteration in range(trace["iteration"][-1] + 1):
        if losses[iteration] < lowest:
            lowest = losses[iteration]
            assert rows[iteration] == lowest
    assert (np.diff(trace["iteration"]) > 0).all()
    assert trace["cost"].tolist() == trace["iteration"].tolist()
    assert all(repr(rows[iteration]) == repr(losses[iteration]) for iteration in rows)
    assert trace["best_loss"].tolist() == [
        min((loss for loss in losses[: count + 1] if math.isfinite(loss)), default=math.inf)
        for count in trace["iteration"]
    ]
    assert set(looks["iteration"].tolist()) <= set(rows)


@pytest.mark.parametrize(
    "optimizer",
    [Adam(learning_rate=0.1), GradientDescent(batch=1), Rprop(), GeneticAlgorithm(population_size=10)],
    ids=str,
)
def test_a_run_is_the_same_and_has_more_rows(optimizer: Optimizer) -> None:
    gradient = "analytic" if "gradient" in optimizer.needs else "none"
    kept: dict[RowsKept, tuple[dict[str, object], Trace]] = {}
    for rows in ("looks", "improvements"):
        kept[rows] = Run(load("xor"), optimizer, gradient, 1, Budget(cost=900), trace=rows).execute()
    (row, looks), (other, trace) = kept["looks"], kept["improvements"]
    for name in ("outcome", "iterations", "cost", "final_loss", "best_loss", "cost_to_target"):
        assert repr(row[name]) == repr(other[name])
    assert row["run_id"] != other["run_id"]
    assert other["setting"] == f"{row['setting']}, trace=improvements"
    # Of mini-batches the losses between looks are not known.
    assert (len(trace["loss"]) > len(looks["loss"])) == (getattr(optimizer, "batch", None) is None)
    place = {count: number for number, count in enumerate(trace["iteration"].tolist())}
    at = [place[count] for count in looks["iteration"].tolist()]
    for name in ("cost", "loss", "best_loss", "gradient_norm", "value_rows", "gradient_rows"):
        assert np.array_equal(trace[name][at], looks[name], equal_nan=True)


def test_a_target_of_an_export_stands_where_it_was_met(tmp_path: Path) -> None:
    """Every improvement of gradient descent on a quadratic, of which each iteration is one."""
    results = harness.run(
        "sphere:n=2", GradientDescent(learning_rate=0.01), budget=600, seeds=1, trace="improvements"
    )
    assert len(results.trace) == results.runs["iterations"][0] + 1
    results.export("ioh:axis=iteration", tmp_path)
    again = harness.import_results(tmp_path, "ioh").trace
    assert np.diff(again["iteration"]).tolist() == [1] * (len(again) - 1)


def test_the_field_of_an_experiment() -> None:
    table = {"problems": "xor", "optimizers": "adam", "budget": 50, "seeds": 1}
    assert build_experiment("a", table).trace == "looks"
    assert "trace" not in build_experiment("a", table).declaration()
    declared = build_experiment("a", table | {"trace": "improvements"})
    assert 'trace = "improvements"' in declared.declaration()
    with pytest.raises(InputError, match="did you mean 'improvements'"):
        build_experiment("a", table | {"trace": "improvement"})
    with pytest.raises(InputError, match="field 'trace' is 3"):
        build_experiment("a", table | {"trace": 3})


def test_runs_of_looks_are_not_taken_for_them(tmp_path: Path) -> None:
    few = harness.run("xor", Adam(), budget=400, seeds=2, folder=tmp_path)
    many = harness.run("xor", Adam(), budget=400, seeds=2, folder=tmp_path, trace="improvements")
    assert len(many.trace) > len(few.trace)
    assert set(few.runs["run_id"]).isdisjoint(many.runs["run_id"])
