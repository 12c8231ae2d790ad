"""Mistakes, hard and soft cost along a trace, against plain loops."""

from __future__ import annotations

import json
import shutil
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from single_layers import own, rows_right, total, turns, whole_numbers

import harness
import optimizers
from harness.runs.columns import TABLES, TRACE_LABELS
from harness.runs.single_run import Run
from harness.runs.store import Store
from harness.runs.tables import TRACE_COLUMNS
from optimizers import Budget

COLUMNS = ["mistakes", "hard_cost", "soft_cost"]


def executed(problem: Any, name: str, **limits: int) -> tuple[dict[str, Any], pd.DataFrame]:
    optimizer = optimizers.build_optimizer(name)
    gradient = "analytic" if "gradient" in optimizer.needs else "none"
    row, trace = Run(problem, optimizer, gradient, 0, Budget(**limits)).execute()
    return row, pd.DataFrame(trace)


@pytest.mark.parametrize("loss", ["perceptron-soft", "perceptron-hard", "binary-cross-entropy"])
@pytest.mark.parametrize("separable", [True, False])
def test_a_trace_of_the_rule_is_that_of_plain_loops(loss: str, separable: bool) -> None:
    X, y = whole_numbers(30, 3, 6, separable)
    labels = y if loss != "binary-cross-entropy" else (y + 1) // 2
    problem = own(X, labels, loss)
    _, trace = executed(problem, "perceptron-rule", iterations=40)
    assert len(trace) > 2
    start, orders = problem.start(0), problem.objective(seed=0).row_order()
    steps = list(turns(X, y, start, 0.1, orders, int(trace["iteration"].iloc[-1])))
    for row in trace.itertuples():
        done = 30 * row.iteration
        w = steps[done - 1][0] if done else start.tolist()
        z = [total(w, [*map(float, x), 1.0]) for x in X]
        assert row.mistakes == sum(wrong for _, wrong in steps[:done])
        assert row.hard_cost == 30 - rows_right(X, y, w)
        soft = sum(max(-label * number, 0.0) for label, number in zip(y, z, strict=True))
        assert row.soft_cost == pytest.approx(soft, rel=1e-9, abs=1e-9)
        if loss != "binary-cross-entropy":
            cost = row.soft_cost if loss == "perceptron-soft" else row.hard_cost
            assert 30 * row.loss == pytest.approx(cost, rel=1e-12, abs=1e-12)


def test_costs_are_told_of_every_search_on_a_single_unit_and_mistakes_of_those_that_go_by_them() -> None:
    for name in ("gradient-descent", "genetic-algorithm", "scikit-learn-perceptron", "fisher-discriminant"):
        _, trace = executed(harness.problems.load("setosa", target=None), name, cost=120)
        looked = trace["gradient_norm"].notna()
        assert trace["mistakes"].isna().all()
        assert trace.loc[looked, ["hard_cost", "soft_cost"]].notna().all(axis=None)


@pytest.mark.parametrize(
    ("problem", "told"),
    [
        ("setosa", True),
        ("breast-cancer:hidden=[]", True),
        ("setosa:loss=half-squared", False),
        ("setosa:hidden=[2],loss=binary-cross-entropy", False),
        ("iris:hidden=[]", False),
        ("diabetes:hidden=[]", False),
        ("rosenbrock", False),
    ],
)
def test_costs_are_those_of_one_unit_that_says_positive_from_zero_on(problem: str, told: bool) -> None:
    loaded = harness.problems.load(problem)
    measures = loaded.measures()(loaded.start()[None])[0]
    assert np.isfinite([measures.hard_cost, measures.soft_cost]).all() == told
    if told:
        _, Y, _, _ = loaded.data()
        assert measures.hard_cost == pytest.approx((1 - measures.train_accuracy) * len(Y))


def test_at_zero_every_row_is_said_to_be_plus_one() -> None:
    X, y = whole_numbers(30, 3, 6)
    measures = own(X, y).measures()(np.zeros((1, 4)))[0]
    assert (measures.hard_cost, measures.soft_cost) == ((y == -1).sum(), 0.0)


def test_measuring_costs_is_free() -> None:
    row, _ = executed(harness.problems.load("setosa", target=None), "perceptron-rule", iterations=3)
    assert row["cost"] == 2.0 * row["iterations"]


class TestFoldersOfEarlierVersions:
    @pytest.fixture
    def earlier(self, tmp_path: Path) -> Path:
        """A folder as it was written before there were these columns."""
        harness.run("setosa", "perceptron-rule", budget=20, seeds=2, folder=tmp_path)
        for path in [*(tmp_path / "runs").iterdir(), *(tmp_path / "trace").iterdir()]:
            table = pd.read_parquet(path)
            added = [name for name, column in TABLES[path.parent.name].items() if column.added]
            path.unlink()
            table.drop(columns=added).to_parquet(path.parent / "0123456789abcdef.parquet")
        plan = json.loads(next((tmp_path / "plans").iterdir()).read_text())
        names = ("name", "question", "runs", "skipped")
        (tmp_path / "plan.json").write_text(json.dumps({name: plan[name] for name in names}))
        shutil.rmtree(tmp_path / "plans")
        return tmp_path

    def test_they_load_and_what_they_lack_is_empty(self, earlier: Path) -> None:
        results = harness.load(earlier)
        assert results.trace[COLUMNS].isna().all(axis=None)
        assert (results.trace[COLUMNS].dtypes == np.float64).all()
        assert results.runs["confusion"].tolist() == ["", ""]
        assert list(results.trace.columns) == [*TRACE_COLUMNS, *TRACE_LABELS]

    def test_runs_are_added_to_them(self, earlier: Path) -> None:
        results = harness.run(
            "setosa", "perceptron-rule", budget=20, seeds=3, folder=earlier, reuse="other-code"
        )
        assert [bool(cell) for cell in results.runs["confusion"]] == [False, False, True]
        told = results.trace.groupby("run_id", sort=False)["mistakes"].max().notna()
        assert told.tolist() == [False, False, True]
        assert len(Store(earlier).finished()) == 3
