"""Data of COCO: those of its own loggers are read, and cocopp reads what is written here."""

from __future__ import annotations

import math
import shutil
from pathlib import Path

import numpy as np
import pytest
from odd_results import CASES, many, one_run
from synthetic import build, run_row, trace_rows

import harness
from harness.exchange.coco import COCO, LARGEST
from optimizers.errors import InputError

RECORDED = Path(__file__).parent / "data" / "exchange" / "coco"
"""Data of the package coco-experiment 2.8.2, made by the script that lies beside them."""


def test_data_of_its_own_loggers_are_read() -> None:
    results = harness.import_results(RECORDED, "coco")
    runs = results.runs
    assert runs.groupby("problem").size().to_dict() == {
        f"bbob f{function} (dimension {n})": 3 for function in (1, 2) for n in (2, 3)
    }
    assert set(runs["optimizer"]) == {"random_search"}
    assert set(runs["cost"]) == {60.0}
    assert set(runs["target"]) == {1e-8}
    assert set(runs["outcome"]) == {"budget"}
    assert set(runs["version"]) == {"coco 2.8.2"}
    assert runs["seed"].tolist() == [0, 1, 2] * 4
    first = results.where(problem="bbob f1 (dimension 2)", seed=0)
    # The sphere around its minimum, which the data do not say: the differences of three values do.
    # The last row says once more what the best was.
    counts = first.trace["cost"].to_numpy().astype(int)[:-1]
    tried = np.random.default_rng(1).uniform(-5, 5, (60, 2))[counts - 1]
    losses = first.trace["loss"].to_numpy()[:-1]
    pairs = 2 * (tried[1:] - tried[0])
    rest = (tried[1:] ** 2).sum(axis=1) - (tried[0] ** 2).sum() - (losses[1:] - losses[0])
    minimum = np.linalg.lstsq(pairs, rest, rcond=None)[0]
    # Values of hundreds are written with ten digits.
    assert losses == pytest.approx(((tried - minimum) ** 2).sum(axis=1), abs=1e-6)
    assert (first.trace["best_loss"] <= first.trace["loss"] + 1e-6).all()
    assert (np.diff(first.trace["best_loss"]) <= 0).all()


def test_each_improvement_is_among_the_rows() -> None:
    results = harness.import_results(RECORDED, COCO(instances="problems"))
    assert results.runs["problem"].nunique() == 12
    for function, n in ((1, 2), (2, 3)):
        text = (RECORDED / f"data_f{function}" / f"bbobexp_f{function}_DIM{n}.dat").read_text(
            encoding="utf-8"
        )
        for instance, block in enumerate(text.split("%")[1:], start=1):
            lines = [line.split() for line in block.splitlines()[1:]]
            named = f"bbob f{function} (dimension {n}, instance {instance})"
            trace = results.where(problem=named).trace.set_index("cost")["best_loss"]
            assert [trace[float(line[0])] for line in lines] == [float(line[2]) for line in lines]


def test_imported_data_are_shown_and_drawn(tmp_path: Path) -> None:
    results = harness.import_results(RECORDED, "coco", tmp_path / "kept")
    assert results.summary()["runs"].sum() == 12
    assert results.plot.convergence().figure.axes


def test_a_run_that_came_to_the_precision_is_solved(tmp_path: Path) -> None:
    rows = trace_rows("a", [0.0, 3.0, 9.0], [3.0, 1e-9, 1e-10])
    build([run_row("a", "xor", "adam")], rows).export("coco", tmp_path)
    (tmp_path / "runs.csv").unlink()
    runs = harness.import_results(tmp_path, "coco").runs
    assert runs[["outcome", "cost_to_target", "final_loss"]].values.tolist() == [["solved", 3.0, 1e-10]]


def test_data_of_old_loggers_are_read(tmp_path: Path) -> None:
    """As in the archive of 2009: the second column is the present value, and there is no suite."""
    (tmp_path / "f1.info").write_text(
        "funcId = 1, DIM = 2, Precision = 1.000e-08, algId = 'OLD'\n% a comment\n"
        "data_f1\\f1_DIM2.dat, 1:9|-5.0e-09, 1:4|2.0e+00\n",
        encoding="utf-8",
    )
    (tmp_path / "data_f1").mkdir()
    heading = (
        "% function evaluation | noise-free fitness - Fopt (8.0e+01) | best noise-free fitness - Fopt | ...\n"
    )
    (tmp_path / "data_f1" / "f1_DIM2.dat").write_text(
        f"{heading}1 3.0 3.0 83.0 83.0 0 0\n9 1e-09 1e-09 80.000000001 80.000000001 0 0\n"
        f"{heading}1 2.0 2.0 82.0 82.0 0 0\n4 5.0 2.0 85.0 82.0 0 0\n",
        encoding="utf-8",
    )
    results = harness.import_results(tmp_path, "coco")
    assert results.runs["problem"].tolist() == ["bbob f1 (dimension 2)"] * 2
    assert results.runs["outcome"].tolist() == ["solved", "budget"]
    assert results.trace["loss"].tolist() == [3.0, 1e-9, 2.0, 5.0]
    assert results.trace["best_loss"].tolist() == [3.0, 1e-9, 2.0, 2.0]


@pytest.mark.parametrize(
    ("file", "old", "new", "said"),
    [
        ("bbobexp_f1.info", "'bbob'", "'bbob-biobj'", "two objectives"),
        ("bbobexp_f1.info", "'bbob'", "'bbob-constrained'", "with constraints"),
        ("bbobexp_f1.info", "funcId = 1", "funcId = one", "none of COCO's"),
        ("bbobexp_f1.info", "2:60|", "2", "a run that did not end"),
        ("bbobexp_f1.info", "data_f1/", "../data_f1/", "outside its own folder"),
        ("bbobexp_f1.info", "_DIM3.dat", "_DIM4.dat", "is not there"),
        ("bbobexp_f1.info", ", 3:60|8.3e-01", "", "has 3 runs, but"),
        ("bbobexp_f1.info", "% uniform\n", "", "none of COCO's"),
        ("data_f1/bbobexp_f1_DIM2.dat", "\n3 0 ", "\nthree 0 ", "line 3 is"),
        ("data_f1/bbobexp_f1_DIM2.dat", "\n3 0 ", "\n0 0 ", "line 3 is"),
        ("data_f1/bbobexp_f1_DIM2.dat", "\n3 0 ", "\n15 0 ", "line 4 is"),
        ("data_f1/bbobexp_f1_DIM2.tdat", "% f eval", "f eval", "line 1 is"),
        ("data_f1/bbobexp_f1_DIM2.dat", "% f eval", "% run\n% f eval", "than the .tdat file beside it"),
    ],
)
def test_wrong_data_are_refused_in_a_sentence(
    file: str, old: str, new: str, said: str, tmp_path: Path
) -> None:
    shutil.copytree(RECORDED, tmp_path, dirs_exist_ok=True)
    text = (tmp_path / file).read_text(encoding="utf-8")
    assert old in text
    (tmp_path / file).write_text(text.replace(old, new, 1), encoding="utf-8")
    with pytest.raises(InputError, match=said):
        harness.import_results(tmp_path, "coco")


def test_an_index_that_was_cut_off_is_refused(tmp_path: Path) -> None:
    shutil.copytree(RECORDED, tmp_path, dirs_exist_ok=True)
    file = tmp_path / "bbobexp_f1.info"
    lines = file.read_text(encoding="utf-8").splitlines()
    file.write_text("\n".join(lines[:-1]) + "\n", encoding="utf-8")
    said = f"{len(lines) - 1} lines, expected three for each function and dimension: mend it"
    with pytest.raises(InputError, match=said):
        harness.import_results(tmp_path, "coco")


def test_empty_lines_between_rows_say_nothing(tmp_path: Path) -> None:
    shutil.copytree(RECORDED, tmp_path, dirs_exist_ok=True)
    for file in tmp_path.rglob("*.dat"):
        file.write_text(file.read_text(encoding="utf-8").replace("\n", "\n \n"), encoding="utf-8")
    found, expected = (harness.import_results(folder, "coco") for folder in (tmp_path, RECORDED))
    assert found.trace.equals(expected.trace)


def test_an_index_of_no_function_has_no_run(tmp_path: Path) -> None:
    (tmp_path / "f1.info").write_text("\n", encoding="utf-8")
    with pytest.raises(InputError, match="without a run: give another folder"):
        harness.import_results(tmp_path, "coco")


def test_an_export_whose_runs_are_gone_is_refused(tmp_path: Path) -> None:
    many().export("coco", tmp_path)
    heading = (tmp_path / "runs.csv").read_text(encoding="utf-8").splitlines()[0]
    (tmp_path / "runs.csv").write_text(heading + "\n", encoding="utf-8")
    with pytest.raises(InputError, match=r"runs\.csv has no runs: export again"):
        harness.import_results(tmp_path, "coco")


def test_an_export_with_another_number_of_blocks_is_refused(tmp_path: Path) -> None:
    one_run().export("coco", tmp_path)
    (file,) = tmp_path.rglob("*.tdat")
    file.write_text(file.read_text(encoding="utf-8") + "% one more\n", encoding="utf-8")
    with pytest.raises(InputError, match=r"has 2 runs, but runs\.csv names 1: export again"):
        harness.import_results(tmp_path, "coco")


def evaluations_to(costs: np.ndarray, losses: np.ndarray, target: float) -> float:
    """The whole count at which a run first had a loss as low, by walking; NaN if never."""
    for cost, loss in zip(costs, losses, strict=True):
        if loss <= target:
            return float(max(1, math.ceil(cost - 1e-9)))
    return math.nan


@pytest.mark.filterwarnings("ignore")
@pytest.mark.parametrize("case", ["one run", "many", "endings", "odd numbers", "odd names"])
def test_cocopp_reads_what_is_written(case: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    cocopp = pytest.importorskip("cocopp", reason="of the extra exchange")
    tables = CASES[case]()
    tables.export("coco", tmp_path)
    theirs = {}
    for folder in sorted(path for path in tmp_path.iterdir() if path.is_dir()):
        for data in cocopp.load(str(folder)):
            theirs[folder.name.partition("-")[0], data.funcId, data.dim] = data
    assert sum(len(data.instancenumbers) for data in theirs.values()) == len(tables.runs)
    several = tables.runs.groupby("optimizer")["gradient"].transform("nunique") > 1
    names = tables.runs["optimizer"].where(~several, tables.runs["optimizer"] + tables.runs["gradient"])
    algorithms = {name: str(number) for number, name in enumerate(dict.fromkeys(names), start=1)}
    functions = {name: number for number, name in enumerate(dict.fromkeys(tables.runs["problem"]), start=1)}
    for (name, problem, n), runs in tables.runs.groupby([names, "problem", "parameters"], sort=False):
        data = theirs[algorithms[name], functions[problem], n]
        # It keeps five targets a decade, and looks others up at the next lower one.
        targets = [10 ** (place / 5) for place in (0, -1, -3, -5, -10, -35)]
        found = data.detEvals(targets)
        for place, run_id in enumerate(runs["run_id"]):
            rows = tables.trace[tables.trace["run_id"] == run_id]
            expected = [evaluations_to(rows["cost"], rows["loss"], target) for target in targets]
            assert np.array_equal([row[place] for row in found], expected, equal_nan=True)
            lowest = rows["loss"][np.isfinite(rows["loss"])].min()
            assert data.finalfunvals[place] == (lowest if lowest == lowest else LARGEST)


@pytest.mark.filterwarnings("ignore")
def test_cocopp_says_the_same_of_the_recorded_data(capsys: pytest.CaptureFixture[str]) -> None:
    cocopp = pytest.importorskip("cocopp", reason="of the extra exchange")
    results = harness.import_results(RECORDED, "coco")
    loaded = cocopp.load(str(RECORDED))
    assert len(loaded) == 4
    for data in loaded:
        ours = results.where(problem=f"bbob f{data.funcId} (dimension {data.dim})")
        assert data.finalfunvals.tolist() == ours.runs["best_loss"].tolist()
        for target in (1e5, 10.0, 1.0):
            counts = [
                evaluations_to(rows["cost"], rows["best_loss"], target)
                for _, rows in ours.trace.groupby("run_id", sort=False)
            ]
            assert np.array_equal(data.detEvals([target])[0], counts, equal_nan=True)


def test_the_readme_says_which_function_a_problem_is(tmp_path: Path) -> None:
    many().export("coco", tmp_path / "a")
    assert "f1 is xor, f2 is iris" in (tmp_path / "a" / "README.md").read_text(encoding="utf-8")
    one_run().export("coco:axis=iteration", tmp_path / "b")
    assert "an iteration, whatever it costs" in (tmp_path / "b" / "README.md").read_text(encoding="utf-8")
