"""The functions of bbob: cocoex is the judge of values, optima and evaluations, cocopp of what is exported.

They are of the extra `bbob`, cocopp of the extra `exchange`: pip install 'neural-harness[bbob,exchange]'.
"""

from __future__ import annotations

import importlib
import math
import pickle
import re
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from terminal import called

import harness
from harness.analysis.curves import run_curves
from harness.problems import bbob, load
from harness.problems.bbob import BBOB
from harness.results import Results
from harness.runs.single_run import Run
from harness.sweeps.experiment_file import read_experiment
from optimizers import Budget, InputError, MissingExtraError, RandomSearch, minimize

RECORDED = Path(__file__).parent / "data" / "exchange" / "coco"
TIMES = ("seconds", "observation_seconds", "compile_seconds")


@pytest.fixture
def cocoex() -> Any:
    return pytest.importorskip("cocoex", reason="of the extra bbob")


def name_of(function: int, dimension: int, instance: int) -> str:
    return f"bbob:function={function},dimension={dimension},instance={instance}"


def runs_of(problems: list[Any], optimizer: str, seeds: int, budget: float, **options: Any) -> Results:
    return harness.run(
        problems, optimizer, seeds=seeds, budget=budget, gradients="central-difference", **options
    )


def bits(frame: pd.DataFrame) -> list[list[str]]:
    """The cells of a table in the order of its runs, each with all of its digits."""

    def cell(value: Any) -> str:
        return value.tobytes().hex() if isinstance(value, np.ndarray) else repr(value)

    return [[cell(value) for value in row] for row in frame.sort_values("run_id", kind="stable").to_numpy()]


class TestTheFunctions:
    @pytest.mark.parametrize("function", range(1, 25))
    def test_nothing_is_below_the_optimum(self, cocoex: Any, function: int) -> None:
        for dimension, instance in ((2, 1), (5, 3)):
            difference = load(name_of(function, dimension, instance)).function
            best = np.array(cocoex.BareProblem("bbob", function, dimension, instance).best_parameter())
            rng = np.random.default_rng(function)
            assert difference(best) == pytest.approx(0.0, abs=1e-12)
            tried = [*rng.uniform(-6, 6, (200, dimension)), *(best + rng.normal(0, 1e-6, (50, dimension)))]
            lowest = min(map(difference, tried))
            for start in (best + rng.normal(0, 1e-3, dimension), rng.uniform(-5, 5, dimension)):
                for local in ("nelder-mead", "lbfgs"):
                    lowest = min(lowest, minimize(difference, start, local, 150).loss)
            assert lowest >= -1e-12

    def test_values_are_those_that_coco_has_logged(self, cocoex: Any) -> None:
        """The points of the recorded search are known; the table has differences to ten digits."""
        for function in (1, 2):
            for dimension in (2, 3):
                file = RECORDED / f"data_f{function}" / f"bbobexp_f{function}_DIM{dimension}.dat"
                for instance, block in enumerate(file.read_text(encoding="utf-8").split("%")[1:], start=1):
                    difference = load(name_of(function, dimension, instance)).function
                    points = np.random.default_rng(instance).uniform(-5, 5, (60, dimension))
                    rows = [list(map(float, line.split()[:4])) for line in block.splitlines()[1:]]
                    # The last row says the best once more.
                    for count, _, best, measured in rows[:-1]:
                        assert difference(points[int(count) - 1]) == pytest.approx(best, rel=1e-9)
                        assert measured - difference.lowest == pytest.approx(best, rel=1e-5, abs=1e-6)

    def test_the_target_is_a_difference_to_the_optimum(self, cocoex: Any) -> None:
        results = runs_of([load(name_of(8, 2, 1))], "lbfgs", 2, 2_000)
        assert results.runs["target"].tolist() == [1e-8] * 2
        assert results.runs["outcome"].tolist() == ["solved"] * 2
        assert (results.runs["best_loss"] <= 1e-8).all()
        for w in results.runs["best_w"]:
            judge = cocoex.BareProblem("bbob", 8, 2, 1)
            assert judge(w) - judge.best_value() <= 1e-8

    def test_the_target_is_an_option(self, cocoex: Any) -> None:
        assert load("bbob:target=0.5").target == 0.5
        assert load("bbob:target=0.5").name == "bbob:function=1,dimension=5,instance=1,target=0.5"
        assert load(load("bbob", target=None).name).target is None

    @pytest.mark.parametrize(
        ("wrong", "said"),
        [
            ("function=25", "'function' is 25"),
            ("function=0", "'function' is 0"),
            ("dimension=4", "2, 3, 5, 10, 20 or 40"),
            ("instance=0", "'instance' is 0"),
        ],
    )
    def test_what_the_suite_does_not_have_is_refused(self, wrong: str, said: str) -> None:
        # cocoex ends the process.
        with pytest.raises(InputError, match=said):
            load(f"bbob:{wrong}")

    def test_sources_that_look_into_a_function_refuse_it(self, cocoex: Any) -> None:
        problem = load(name_of(3, 2, 1))
        for source in ("reverse-autodiff", "forward-autodiff", "symbolic", "complex-step", "analytic"):
            refused = problem.objective(source).gradient
            assert not refused
            assert "central-difference" in refused.reason, "there is a remedy that works"


class TestEvaluations:
    @pytest.mark.parametrize(
        "optimizer",
        [
            "random-search",
            "nelder-mead",
            "lbfgs",
            "adam",
            "simulated-annealing",
            "genetic-algorithm",
            "differential-evolution",
            "multi-start",
            "cmaes",
            "bipop-cmaes",
        ],
    )
    @pytest.mark.parametrize("rows", ["looks", "improvements"])
    def test_a_run_costs_what_cocoex_counts(self, cocoex: Any, optimizer: str, rows: str) -> None:
        problem = load(name_of(20, 3, 2))
        assert problem.function.problem.evaluations == 0
        run = runs_of([problem], optimizer, 1, 150, trace=rows).runs.iloc[0]
        assert run["outcome"] in ("budget", "stalled"), run["sentence"]
        assert 20 < run["cost"] <= 150
        assert run["cost"] == run["value_rows"] == problem.function.problem.evaluations


class TestRuns:
    def test_two_workers_come_to_the_same_bits(self, cocoex: Any) -> None:
        problems = [load(name_of(15, 2, 1)), load(name_of(24, 3, 2))]
        one, two = (
            runs_of(problems, "simulated-annealing", 2, 40, workers=workers, progress=False)
            for workers in (1, 2)
        )
        tables = [
            [frame.drop(columns=[*TIMES, "provenance"], errors="ignore") for frame in (part.runs, part.trace)]
            for part in (one, two)
        ]
        for mine, other in zip(*tables, strict=True):
            assert bits(mine) == bits(other)

    def test_a_copy_for_a_worker_answers_the_same_and_counts_for_itself(self, cocoex: Any) -> None:
        problem = load(name_of(21, 5, 4))
        w = problem.start(1)
        expected = problem.function(w)
        copy = pickle.loads(pickle.dumps(problem))
        assert copy.function(w) == expected
        assert (copy.key, copy.start(1).tobytes()) == (problem.key, w.tobytes())
        assert problem.function.problem.evaluations == copy.function.problem.evaluations == 1

    def test_a_run_is_known_by_function_dimension_instance_and_the_version_of_cocoex(
        self, cocoex: Any, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        def identity(**options: Any) -> tuple[str, bytes]:
            problem = load("bbob", **options)
            run = Run(problem, RandomSearch(), "none", 0, Budget(cost=5))
            return run.run_id, problem.start(0).tobytes()

        others = [{"function": 2}, {"dimension": 2}, {"instance": 2}]
        found = [identity(), *(identity(**options) for options in others)]
        assert identity() == found[0]
        assert len({run_id for run_id, _ in found}) == len({start for _, start in found}) == 4
        assert identity(target=0.1)[0] not in {run_id for run_id, _ in found}
        assert identity(target=0.1)[1] == found[0][1]
        monkeypatch.setattr(bbob, "version_of", lambda name: f"{name} of tomorrow")
        assert identity()[0] != found[0][0]
        assert identity()[1] == found[0][1]

    def test_starts_are_in_the_box(self, cocoex: Any) -> None:
        starts = np.array([load(name_of(1, 40, 1)).start(seed) for seed in range(20)])
        assert -5 <= starts.min() < -4.9
        assert 4.9 < starts.max() <= 5


class TestWithoutThePackage:
    @pytest.fixture(autouse=True)
    def missing(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setitem(sys.modules, "cocoex", None)

    def test_a_problem_says_which_extra_it_needs(self) -> None:
        with pytest.raises(MissingExtraError, match=re.escape("pip install 'neural-harness[bbob]'")):
            load("bbob")

    def test_it_is_listed_and_shown(self, capsys: pytest.CaptureFixture[str]) -> None:
        status, out, err = called(capsys, "list", "problems")
        assert (status, err) == (0, "")
        assert "bbob" in out
        status, out, err = called(capsys, "show", "problem", "bbob")
        assert (status, err) == (0, "")
        assert "2 or 3 or 5 or 10 or 20 or 40" in out

    def test_an_experiment_is_answered_in_a_sentence(
        self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
    ) -> None:
        monkeypatch.chdir(tmp_path)
        text = 'problems = ["bbob"]\noptimizers = ["random-search"]\nbudget = 10\nseeds = 1\n'
        (tmp_path / "mine.toml").write_text(text, encoding="utf-8")
        status, _, err = called(capsys, "run", "mine.toml")
        assert status == 2
        assert "pip install 'neural-harness[bbob]'" in err
        assert "Traceback" not in err


class TestExport:
    def test_runs_stand_where_coco_has_them(self, cocoex: Any, tmp_path: Path) -> None:
        problems = [load(name_of(8, n, instance)) for instance in (3, 1) for n in (5, 2)]
        results = runs_of(problems, "random-search", 2, 10)
        results.export("coco", tmp_path)
        (folder,) = [path for path in tmp_path.iterdir() if path.is_dir()]
        (index,) = folder.glob("*.info")
        text = index.read_text(encoding="utf-8")
        assert re.findall(r"suite = 'bbob', funcId = (\d+), DIM = (\d+)", text) == [("8", "5"), ("8", "2")]
        assert re.findall(r"(\d+):10\|", text) == ["3", "3", "1", "1"] * 2
        assert "those of the suite bbob" in (tmp_path / "README.md").read_text(encoding="utf-8")
        again = harness.import_results(tmp_path, "coco")
        assert again.runs["run_id"].tolist() == results.runs["run_id"].tolist()
        assert again.runs["problem"].tolist() == results.runs["problem"].tolist()

    def test_what_was_imported_goes_back_to_its_places(self, tmp_path: Path) -> None:
        for instances in ("repetitions", "problems"):
            place = tmp_path / instances
            harness.import_results(RECORDED, f"coco:instances={instances}").export("coco", place)
            found = sorted(file.name for file in place.rglob("*.info"))
            assert found == ["bbobexp_f1.info", "bbobexp_f2.info"]
            for file in place.rglob("*.info"):
                text = file.read_text(encoding="utf-8")
                assert re.findall(r"DIM = (\d)", text) == ["2", "3"]
                assert re.findall(r"(\d+):60\|", text) == ["1", "2", "3"] * 2

    def test_a_problem_that_is_none_of_the_suite_does_not_take_a_place_of_it(
        self, cocoex: Any, tmp_path: Path
    ) -> None:
        results = runs_of([load("bbob"), load("sphere")], "random-search", 1, 5)
        with pytest.raises(InputError, match="'sphere' is no function of the suite bbob"):
            results.export("coco", tmp_path / "all")
        results.where(problem=BBOB().label).export("coco", tmp_path / "apart")

    @pytest.mark.filterwarnings("ignore")
    @pytest.mark.parametrize("optimizer", ["random-search", "hill-climbing", "bipop-cmaes"])
    def test_cocopp_takes_an_export_for_what_the_logger_of_coco_wrote(
        self, cocoex: Any, optimizer: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        """A search of single points with a row for each improvement, and cocoex's own logger beside it."""
        cocopp = pytest.importorskip("cocopp", reason="of the extra exchange")
        monkeypatch.chdir(tmp_path)
        cocoex.log_level("warning")
        observer = cocoex.Observer("bbob", f"result_folder:theirs algorithm_name:{optimizer}")
        for function in (1, 20):
            for instance in (1, 4):
                problem = load(name_of(function, 2, instance))
                problem.function.problem.observe_with(observer)
                runs_of([problem], optimizer, 1, 120, trace="improvements", folder="kept")
                problem.function.problem.free()
        harness.load("kept").export("coco", "ours")
        targets = [10.0 ** (place / 5) for place in range(10, -41, -1)]
        theirs = cocopp.load(str(tmp_path / "exdata" / "theirs"))
        ours = cocopp.load(str(tmp_path / "ours" / f"1-{optimizer}"))
        assert len(ours) == len(theirs) == 2
        for data in theirs:
            (same,) = [other for other in ours if (other.funcId, other.dim) == (data.funcId, data.dim)]
            assert sorted(same.instancenumbers) == sorted(data.instancenumbers) == [1, 4]
            order = [list(part.instancenumbers).index(1) for part in (same, data)]
            reached = [
                np.array(part.detEvals(targets))[:, [first, 1 - first]]
                for part, first in zip((same, data), order, strict=True)
            ]
            assert np.isfinite(reached[1]).any()
            assert np.array_equal(*reached, equal_nan=True)
            assert np.array_equal(same.detERT(targets), data.detERT(targets))

    @pytest.mark.filterwarnings("ignore")
    def test_expected_running_times_and_shares_are_cocopps(self, cocoex: Any, tmp_path: Path) -> None:
        cocopp = pytest.importorskip("cocopp", reason="of the extra exchange")
        problem = load("bbob", function=8, dimension=2, target=1e-1)
        results = runs_of([problem], "evolution-strategy", 6, 190, trace="improvements")
        assert set(results.runs["outcome"]) == {"solved", "budget"}
        results.export("coco", tmp_path)
        (data,) = cocopp.load(str(tmp_path / "1-evolution-strategy"))
        assert (data.funcId, data.dim) == (8, 2)
        # Those that cocopp keeps; a hair above them, where it has them rounded.
        targets = [10.0 ** (place / 5) * (1 + 1e-9) for place in range(15, -6, -1)]
        for target, theirs in zip(targets, data.detERT(targets), strict=True):
            ours = results.statistic("expected-running-time", target=target)["ert"].iloc[0]
            assert ours == pytest.approx(theirs, rel=1e-12)
        reached = np.nan_to_num(np.array(data.detEvals(targets)), nan=math.inf)
        curves = run_curves(results, "cost").values()
        for spent in (1.0, 11.0, 40.0, 120.0, 190.0):
            losses = np.array([curve.at(np.array([spent]))[0] for curve in curves])
            assert (losses[:, None] <= targets).mean() == (reached <= spent).mean()
        assert 0 < (reached <= 40).mean() < (reached <= 190).mean() < 1


class TestThePageOfTheDocumentation:
    TEXT = (Path(__file__).parent.parent / "docs" / "how-to" / "coco.md").read_text(encoding="utf-8")

    def test_its_experiment_exports_what_it_says(self, cocoex: Any, tmp_path: Path) -> None:
        declared = re.search(r":caption: bbob.toml\n(.*?)```", self.TEXT, re.DOTALL)
        assert declared is not None
        file = tmp_path / "bbob.toml"
        file.write_text(declared[1], encoding="utf-8")
        experiment = read_experiment(str(file))
        assert len(experiment.problems) == 4 * 2 * 5
        some = [problem for problem in experiment.problems if "=5,instance=1" in problem.name]
        for optimizer in experiment.optimizers:
            results = harness.run(some, optimizer, seeds=1, budget=60, gradients=experiment.gradients)
            assert not len(results.skipped)
            results.export("coco", tmp_path / optimizer.name())
            found = sorted(file.name for file in (tmp_path / optimizer.name()).rglob("*.info"))
            assert found == [f"bbobexp_f{function}.info" for function in (1, 15, 20, 8)]

    def test_its_solver_and_objective_of_benchopt_agree(self) -> None:
        pytest.importorskip("benchopt", reason="of the extra exchange")
        assert "benchmarks/benchopt_xor/solvers/harness_optimizers.py" in self.TEXT
        dataset = importlib.import_module("benchmarks.benchopt_xor.datasets.xor").Dataset()
        objective = importlib.import_module("benchmarks.benchopt_xor.objective").Objective()
        solver = importlib.import_module("benchmarks.benchopt_xor.solvers.harness_optimizers").Solver()
        objective.set_data(**dataset.get_data())
        for optimizer in ("gradient-descent:learning_rate=0.5", "lbfgs"):
            assert optimizer in solver.parameters["optimizer"]
            solver.optimizer = optimizer
            solver.set_objective(**objective.get_objective())
            losses = []
            for iterations in (0, 1, 20):
                solver.run(iterations)
                losses.append(objective.evaluate_result(**solver.get_result()))
                expected = solver.problem.objective().value(solver.w)
                assert losses[-1] == pytest.approx(expected, rel=1e-12)
            assert losses[0] >= losses[1] > losses[2]
