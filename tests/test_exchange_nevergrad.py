"""Tables of Nevergrad's benchmarks: its own is read, and what is written has what its plots ask for."""

from __future__ import annotations

import importlib
import math
import sys
import types
from pathlib import Path
from typing import Any

import pandas as pd
import pytest
from odd_results import CASES, many
from synthetic import best_by_walking, build, run_row, trace_rows

import harness
from harness.csv_tables import read_csv
from optimizers.errors import InputError

RECORDED = Path(__file__).parent / "data" / "exchange" / "nevergrad"
"""A table of nevergrad 1.0.12, made by the script that lies beside it."""


def test_its_own_table_is_read(tmp_path: Path) -> None:
    results = harness.import_results(RECORDED, "nevergrad", tmp_path / "kept")
    table = read_csv(RECORDED / "benchmark.csv")
    assert results.runs.groupby(["problem", "optimizer"]).size().tolist() == [2] * 4
    assert set(results.runs["seed"]) == {1, 2}
    for run in results.runs.to_dict("records"):
        chosen = table[
            (table["name"] == run["problem"])
            & (table["optimizer_name"] == run["optimizer"])
            & (table["seed"] == run["seed"])
        ]
        trace = results.trace[results.trace["run_id"] == run["run_id"]]
        assert trace["cost"].tolist() == chosen["elapsed_budget"].tolist() == [10, 50]
        assert trace["loss"].tolist() == chosen["loss"].tolist()
        assert run["final_loss"] == chosen["loss"].tolist()[-1]
        assert run["parameters"] == 2
    assert results.summary()["runs"].tolist() == [2] * 4


def test_what_else_tells_functions_apart_is_in_the_name(tmp_path: Path) -> None:
    table = read_csv(RECORDED / "benchmark.csv")
    table["rotation"] = [place % 4 < 2 for place in range(len(table))]
    table["seed"] = range(100, 100 + len(table))
    table.to_csv(tmp_path / "any-name.csv", index=False)
    runs = harness.import_results(tmp_path, "nevergrad").runs
    assert len(runs) == len(table)
    assert set(runs["problem"]) == {
        f"{name} (rotation={turned})" for name in ("sphere", "rastrigin") for turned in (True, False)
    }
    assert set(runs["setting"]) == {"cost=10", "cost=50"}


def test_a_seed_that_comes_again_is_another_run(tmp_path: Path) -> None:
    table = read_csv(RECORDED / "benchmark.csv")
    pd.concat([table, table]).to_csv(tmp_path / "twice.csv", index=False)
    once, twice = (harness.import_results(folder, "nevergrad") for folder in (RECORDED, tmp_path))
    assert twice.runs.groupby(["problem", "optimizer"]).size().tolist() == [4] * 4
    assert twice.runs["run_id"].is_unique
    assert sorted(twice.runs["final_loss"]) == sorted([*once.runs["final_loss"]] * 2)


def test_a_row_says_the_best_loss_at_its_budget(tmp_path: Path) -> None:
    results = many()
    results.export("nevergrad:budgets=[10,1000]", tmp_path)
    table = read_csv(tmp_path / "benchmark.csv")
    assert len(table) == 2 * len(results.runs)
    assert set(table["budget"]) == {10, 1000}
    for (_, row), run_id in zip(table.iterrows(), results.runs["run_id"].repeat(2), strict=True):
        rows = results.trace[results.trace["run_id"] == run_id]
        assert row["loss"] == best_by_walking(
            list(zip(rows["cost"], rows["loss"], strict=True)), row["budget"]
        )
        assert row["elapsed_budget"] == min(row["budget"], math.ceil(rows["cost"].iloc[-1]))


def test_what_its_plots_ask_for_is_there(tmp_path: Path) -> None:
    CASES["endings"]().export("nevergrad", tmp_path)
    table = read_csv(tmp_path / "benchmark.csv")
    assert {"optimizer_name", "budget", "loss", "elapsed_time", "elapsed_budget", "error"} <= set(table)
    failed = table[table["error"].notna()]
    assert set(failed["error"]) == {"ValueError"}
    assert failed["loss"].isna().all()
    # Every optimizer of a problem at the same budgets, or none can be held against another.
    budgets = table.groupby(["optimizer_name", "seed"])["budget"].apply(tuple)
    assert set(budgets) == {(1, 3, 9)}
    assert (
        table.groupby(["optimizer_name", "seed"])["loss"]
        .apply(lambda losses: losses.is_monotonic_decreasing or losses.isna().all())
        .all()
    )


def plotting(monkeypatch: pytest.MonkeyPatch) -> Any:
    """Import Nevergrad's plots without the rest of its benchmarks, which ask for OpenCV and games."""
    nevergrad = pytest.importorskip("nevergrad", reason="of the extra exchange")
    benchmark = types.ModuleType("nevergrad.benchmark")
    benchmark.__path__ = [str(Path(nevergrad.__file__).parent / "benchmark")]
    monkeypatch.setitem(sys.modules, benchmark.__name__, benchmark)
    for name in ("utils", "exporttable", "plotting"):
        monkeypatch.delitem(sys.modules, f"{benchmark.__name__}.{name}", raising=False)
    return importlib.import_module("nevergrad.benchmark.plotting")


@pytest.mark.filterwarnings("ignore")
def test_its_own_plots_show_our_numbers(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    theirs = plotting(monkeypatch)
    # It writes files of its own where it is called.
    monkeypatch.chdir(tmp_path)
    results = harness.run("xor", ["adam", "random-search", "hill-climbing"], seeds=5, budget=200)
    results.export("nevergrad:budgets=[20,200]", tmp_path)
    table = theirs.remove_errors(theirs.utils.Selector.read_csv(tmp_path / "benchmark.csv"))
    shown = theirs.XpPlotter.make_data(table)
    assert set(shown) == set(results.runs["optimizer"])
    # The best loss that a run had come to by its budget.
    finals = results.runs.groupby("optimizer")["best_loss"].median()
    for name, data in shown.items():
        assert data["budget"].tolist() == [20, 200]
        assert data["loss_nums"].tolist() == [5, 5]
        assert data["loss"][1] == finals[name]
        assert data["loss"][0] >= data["loss"][1]
    # Who has the lower mean loss at a budget wins it.
    won, cases = theirs.aggregate_winners(table, ["budget"], sorted(shown))
    assert cases == 2
    means = table.groupby(["budget", "optimizer_name"])["loss"].mean()
    for one in shown:
        for other in set(shown) - {one}:
            ahead = [float(means[budget, one] < means[budget, other]) for budget in (20, 200)]
            assert won.loc[one, other] == sum(ahead)
    # What ``create_plots`` draws; it itself asks for an older pandas than there is.
    style = theirs.NameStyle()
    theirs.XpPlotter(shown, title="xor", name_style=style).save(tmp_path / "xor.png")
    theirs.FightPlotter(theirs._make_sorted_winrates_df(won)).save(tmp_path / "fight.png")
    assert all((tmp_path / name).stat().st_size > 10_000 for name in ("xor.png", "fight.png"))


def test_nothing_is_known_before_the_first_look_was_paid(tmp_path: Path) -> None:
    build([run_row("a", "xor", "adam", cost=9.0)], trace_rows("a", [2.0, 9.0], [0.5, 0.25])).export(
        "nevergrad:budgets=[1,5]", tmp_path
    )
    table = read_csv(tmp_path / "benchmark.csv", keep_default_na=False)
    assert table["loss"].astype(str).tolist() == ["nan", "0.5"]


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("loss,budget\n1,2\n", "no column optimizer_name, elapsed_time, elapsed_budget"),
        ("optimizer_name,budget,loss,elapsed_time,elapsed_budget\na,b,1,1,1\n", "row 2 is none of"),
        ("optimizer_name,budget,loss,elapsed_time,elapsed_budget\na,-1,1,1,1\n", "row 2 is none of"),
        ("optimizer_name,budget,loss,elapsed_time,elapsed_budget\na,1,1,1\n", "row 2 is none of"),
        ("optimizer_name,budget,loss,elapsed_time,elapsed_budget\na,1,1,1,1,1\n", "row 2 is none of"),
        ('optimizer_name,budget,loss,elapsed_time,elapsed_budget\n"a,1', "no CSV"),
    ],
)
def test_a_wrong_table_is_refused_in_a_sentence(text: str, said: str, tmp_path: Path) -> None:
    (tmp_path / "benchmark.csv").write_text(text, encoding="utf-8")
    with pytest.raises(InputError, match=said):
        harness.import_results(tmp_path, "nevergrad")
