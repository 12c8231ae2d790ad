"""Logs of IOHprofiler: those of its own logger are read, and its own reader reads what is written here."""

from __future__ import annotations

import json
import math
import shutil
from pathlib import Path

import numpy as np
import pytest
from odd_results import CASES, many
from synthetic import build, run_row, trace_rows

import harness
from harness.exchange.ioh import IOH
from optimizers.errors import InputError

RECORDED = Path(__file__).parent / "data" / "exchange" / "ioh"
"""Logs of the package ioh 0.4.2, made by the script that lies beside them."""


def draws(seed: int, dimension: int, count: int) -> np.ndarray:
    """The points that the recorded random search has tried."""
    return np.random.default_rng(seed).uniform(-5, 5, (count, dimension))


def test_logs_of_its_own_logger_are_read() -> None:
    results = harness.import_results(RECORDED, "ioh")
    every = results.where(optimizer="random search, all")
    assert every.runs[["problem", "cost", "parameters", "version"]].values.tolist() == [
        ["Sphere (dimension 2)", 12.0, 2, "ioh 0.4.2"]
    ]
    tried = draws(3, 2, 12)
    losses = every.trace["loss"].to_numpy()
    assert every.trace["cost"].tolist() == list(range(1, 13))
    assert every.runs["best_w"][0].tolist() == tried[losses.argmin()].tolist()
    # The sphere around its minimum, which the logs do not say: the differences of three values do.
    pairs = 2 * (tried[1:] - tried[0])
    rest = (tried[1:] ** 2).sum(axis=1) - (tried[0] ** 2).sum() - (losses[1:] - losses[0])
    minimum = np.linalg.lstsq(pairs, rest, rcond=None)[0]
    assert losses == pytest.approx(((tried - minimum) ** 2).sum(axis=1), abs=1e-8)
    assert every.trace["best_loss"].tolist() == np.minimum.accumulate(losses).tolist()


def test_the_best_value_has_all_its_digits() -> None:
    results = harness.import_results(RECORDED / "minimised", "ioh")
    listed = []
    for name in ("f1_Sphere", "f2_Ellipsoid"):
        described = json.loads(
            (RECORDED / "minimised" / f"IOHprofiler_{name}.json").read_text(encoding="utf-8")
        )
        listed += [run["best"] for scenario in described["scenarios"] for run in scenario["runs"]]
    assert results.runs["best_loss"].tolist() == [best["y"] for best in listed]
    assert results.trace.groupby("run_id", sort=False)["loss"].min().tolist() == [
        best["y"] for best in listed
    ]
    assert [w.tolist() for w in results.runs["best_w"]] == [best["x"] for best in listed]


def test_maximised_values_are_losses_with_a_minus() -> None:
    results = harness.import_results(RECORDED / "maximised", "ioh")
    assert results.trace["loss"].tolist() == [-3.0, -7.0, -5.0]
    assert results.trace["best_loss"].tolist() == [-3.0, -7.0, -7.0]
    assert "maximised" in " ".join(results.remarks())


def test_instances_are_repetitions_or_problems() -> None:
    folder = RECORDED / "minimised"
    repetitions = harness.import_results(folder, IOH()).runs
    assert repetitions.groupby("problem").size().to_dict() == {
        "Sphere (dimension 2)": 4,
        "Sphere (dimension 3)": 2,
        "Ellipsoid (dimension 2)": 2,
    }
    assert repetitions["seed"].tolist() == [0, 1, 2, 3, 0, 1, 0, 1]
    problems = harness.import_results(folder, IOH(instances="problems")).runs
    assert problems["problem"].nunique() == 4
    assert problems["seed"].tolist() == [0, 1] * 4


def test_imported_logs_are_shown_and_drawn(tmp_path: Path) -> None:
    results = harness.import_results(RECORDED, "ioh", tmp_path / "kept")
    summary = results.summary()
    assert summary["runs"].sum() == 10
    assert summary["loss_median"].notna().all()
    assert results.plot.convergence().figure.axes


def test_one_row_a_count_and_the_lowest_of_it(tmp_path: Path) -> None:
    rows = trace_rows("a", [0.0, 0.4, 1.0, 2.5, 2.7, 3.0, 6.9999999999999996], [9, 7, 8, 5, 4, 4.5, 1])
    build([run_row("a", "xor", "adam", cost=7.0)], rows).export("ioh", tmp_path)
    file = next(tmp_path.rglob("*.dat"))
    lines = [line.split()[:2] for line in file.read_text(encoding="utf-8").splitlines()[1:]]
    assert lines == [["1", "7.0"], ["3", "4.0"], ["7", "1.0"]]
    assert "any other target that was met in between" in (tmp_path / "README.md").read_text(encoding="utf-8")


def test_iterations_can_be_counted_instead(tmp_path: Path) -> None:
    rows = trace_rows("a", [0.0, 3.0, 9.0], [3, 2, 1])
    build([run_row("a", "xor", "adam")], rows).export("ioh:axis=iteration", tmp_path)
    lines = next(tmp_path.rglob("*.dat")).read_text(encoding="utf-8").splitlines()
    assert [line.split()[0] for line in lines] == ["evaluations", "1", "3"]


def test_the_json_is_json_without_extensions(tmp_path: Path) -> None:
    for case in ("odd numbers", "endings", "odd names"):
        CASES[case]().export("ioh", tmp_path / case)
        for file in (tmp_path / case).rglob("*.json"):
            json.loads(file.read_text(encoding="utf-8"), parse_constant=lambda name: pytest.fail(name))


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (lambda table: table.pop("scenarios"), "no log of IOHprofiler"),
        (lambda table: table["scenarios"][0].update(path="../../secret.dat"), "outside its own folder"),
        (lambda table: table["scenarios"][0].update(path="gone.dat"), "is not there"),
        (lambda table: table["scenarios"][0]["runs"].pop(), "has 4 runs, but"),
        (lambda table: table["scenarios"][0].update(dimension="two"), "no log of IOHprofiler"),
        (lambda table: table["scenarios"].clear(), "without a run"),
        (lambda table: table.update(suite="neural-harness"), "no log of IOHprofiler"),
    ],
)
def test_wrong_logs_are_refused_in_a_sentence(change, said: str, tmp_path: Path) -> None:
    shutil.copytree(RECORDED / "minimised", tmp_path, dirs_exist_ok=True)
    (tmp_path / "IOHprofiler_f2_Ellipsoid.json").unlink()
    file = tmp_path / "IOHprofiler_f1_Sphere.json"
    table = json.loads(file.read_text(encoding="utf-8"))
    change(table)
    file.write_text(json.dumps(table), encoding="utf-8")
    with pytest.raises(InputError, match=said):
        harness.import_results(tmp_path, "ioh")


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("1 0.5\n", "line 1 is '1 0.5'"),
        ("evaluations raw_y\n1 0.5 3\n", "line 2"),
        ("evaluations raw_y\n1 a\n", "line 2"),
        ("evaluations y\n1 0.5\n", "no column raw_y"),
        ("evaluations raw_y\n1.5 0.5\n", "not whole numbers"),
        ("evaluations raw_y\n2 0.5\n2 0.4\n", "rising order"),
        ("evaluations raw_y\n1 0.5\n", "has 1 runs, but"),
        ("evaluations raw_y\n1 0.5\n\n1 0.4\n", "rising order"),
    ],
)
def test_wrong_tables_are_refused_in_a_sentence(text: str, said: str, tmp_path: Path) -> None:
    shutil.copytree(RECORDED / "minimised", tmp_path, dirs_exist_ok=True)
    (tmp_path / "data_f1_Sphere" / "IOHprofiler_f1_DIM2.dat").write_text(text, encoding="utf-8")
    with pytest.raises(InputError, match=said):
        harness.import_results(tmp_path, "ioh")


def test_a_best_that_was_not_logged_is_unknown(tmp_path: Path) -> None:
    shutil.copytree(RECORDED / "maximised", tmp_path, dirs_exist_ok=True)
    (file,) = tmp_path.rglob("*.json")
    table = json.loads(file.read_text(encoding="utf-8"))
    table["scenarios"][0]["runs"][0]["best"] = {"y": None}
    file.write_text(json.dumps(table), encoding="utf-8")
    results = harness.import_results(tmp_path, "ioh")
    assert math.isnan(results.runs["final_loss"][0])
    assert results.runs["best_w"][0].size == 0
    assert results.trace["loss"].tolist() == [-3.0, -7.0, -5.0]


def test_a_copy_of_an_exported_log_is_refused(tmp_path: Path) -> None:
    many().export("ioh", tmp_path)
    (folder, *_) = (file.parent for file in tmp_path.rglob("*.json"))
    shutil.copytree(folder, tmp_path / "copied")
    with pytest.raises(InputError, match="holds a run twice: take away the copies of the logs"):
        harness.import_results(tmp_path, "ioh")


def test_exports_beside_other_logs_are_imported_one_by_one(tmp_path: Path) -> None:
    shutil.copytree(RECORDED / "minimised", tmp_path / "theirs")
    many().export("ioh", tmp_path / "ours")
    with pytest.raises(InputError, match="one after the other"):
        harness.import_results(tmp_path, "ioh")


@pytest.mark.filterwarnings("ignore")
@pytest.mark.parametrize("case", [case for case in CASES if case != "empty"])
def test_iohinspector_reads_what_is_written(case: str, tmp_path: Path) -> None:
    iohinspector = pytest.importorskip("iohinspector", reason="of the extra exchange")
    tables = CASES[case]()
    tables.export("ioh", tmp_path)
    manager = iohinspector.DataManager()
    manager.add_folder(str(tmp_path))
    assert len(manager.overview) == len(tables.runs)
    lines = {
        (row["algorithm_name"], row["function_name"], row["run_id"]): []
        for row in manager.overview.to_dicts()
    }
    for row in manager.load(monotonic=False, include_meta_data=True).to_dicts():
        lines[row["algorithm_name"], row["function_name"], row["run_id"]].append(row)
    several = tables.runs.groupby("optimizer")["gradient"].nunique().to_dict()
    seen: dict[tuple[str, str], int] = {}
    for run in tables.runs.to_dict("records"):
        more = f" by {run['gradient']}" if several[run["optimizer"]] > 1 else ""
        who = run["optimizer"] + more, run["problem"]
        seen[who] = seen.get(who, 0) + 1
        theirs = lines[(*who, seen[who])]
        ours = tables.trace[tables.trace["run_id"] == run["run_id"]]
        if not len(ours):
            assert [math.isnan(row["raw_y"]) for row in theirs] == [True]
            continue
        expected: dict[int, float] = {}
        for cost, loss in zip(ours["cost"], ours["loss"], strict=True):
            count = max(1, math.ceil(cost - 1e-9))
            before = expected.get(count, math.nan)
            expected[count] = loss if not before <= loss else before
        got = {row["evaluations"]: row["raw_y"] for row in theirs}
        assert list(got) == list(expected)
        assert np.array([*got.values()]).tobytes() == np.array([*expected.values()]).tobytes()
        assert [row["dimension"] for row in theirs] == [run["parameters"]] * len(theirs)


@pytest.mark.filterwarnings("ignore")
def test_the_reader_of_the_recorded_logs_says_the_same() -> None:
    iohinspector = pytest.importorskip("iohinspector", reason="of the extra exchange")
    manager = iohinspector.DataManager()
    manager.add_folder(str(RECORDED / "minimised"))
    theirs = manager.overview.sort(["function_id", "dimension", "run_id"]).to_dicts()
    ours = harness.import_results(RECORDED / "minimised", "ioh").runs
    assert [row["best_y"] for row in theirs] == ours["best_loss"].tolist()
    assert [row["evals"] for row in theirs] == ours["cost"].tolist()
