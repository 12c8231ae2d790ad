"""A folder that is run into again: other code, other plans, runs that failed, two commands at one time."""

from __future__ import annotations

import contextlib
import json
import os
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Generator, Sequence
from pathlib import Path
from typing import Any, ClassVar

import numpy as np
import pandas as pd
import pytest

import harness
from harness.cli.entry import main
from harness.problems import load
from harness.report.reference_copy import write_reference
from harness.runs import provenance as provenance_module
from harness.runs.finished import Finished
from harness.runs.parts import stem_of
from harness.runs.plans import read_plans
from harness.runs.single_run import Run
from harness.runs.store import Store
from harness.sweeps.executors.serial import Serial
from harness.sweeps.experiment_file import read_experiment
from harness.sweeps.fields import build_experiment
from harness.sweeps.interrupts import Interrupted
from harness.sweeps.sweep import sweep
from optimizers import GradientDescent, InputError, Optimizer
from optimizers.objective import Need
from optimizers.optimizer import Outcome
from optimizers.options import options

ROOT = Path(harness.__file__).parents[1]
DISK: dict[str, bool] = {}
"""Whether the disk of a search is full."""


@options
class Passing(Optimizer):
    """A search that fails for a reason that passes."""

    needs: ClassVar[frozenset[Need]] = frozenset({"value"})
    source: ClassVar[str] = "nobody"

    def iteration_cost(self, objective: Any) -> float:
        return 1.0

    def run(self, objective: Any, start: Any, rng: Any, observe: Any) -> Outcome | None:
        observe(start)
        if Path(__file__).with_suffix(".full").name in DISK:
            raise OSError(28, "No space left on device")
        return Outcome("stalled", "nothing is left to do")


def run(folder: Path, **changes: Any) -> harness.Results:
    fields: dict[str, Any] = {"budget": 30, "seeds": 2, "folder": folder, **changes}
    problems, optimizers = fields.pop("problems", "xor"), fields.pop("optimizers", GradientDescent())
    return harness.run(problems, optimizers, **fields)


def other_code(monkeypatch: pytest.MonkeyPatch, fingerprint: str = "another-code") -> None:
    monkeypatch.setattr(provenance_module, "package_fingerprint", lambda: fingerprint)


class TestOtherCode:
    def test_runs_of_other_code_are_kept_and_done_again(
        self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        first = run(tmp_path)
        other_code(monkeypatch)
        second = run(tmp_path)
        assert first.runs["run_id"].tolist() == second.runs["run_id"].tolist()
        assert set(second.runs["fingerprint"]) == {"another-code"}
        (note,) = second.notes
        assert note.startswith("2 runs of other code are kept aside and done again")
        assert "--reuse other-code" in note
        assert note in repr(second)
        assert len(Store(tmp_path).finished()) == 4
        # Whoever comes back to the first code finds its runs.
        monkeypatch.undo()
        before = len(Store(tmp_path).finished())
        third = run(tmp_path)
        assert len(Store(tmp_path).finished()) == before
        pd.testing.assert_frame_equal(first.runs, third.runs)
        assert not third.notes
        pd.testing.assert_frame_equal(harness.load(tmp_path).runs, first.runs)

    def test_they_are_taken_where_that_is_asked_for(
        self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        first = run(tmp_path)
        other_code(monkeypatch)
        second = run(tmp_path, seeds=3, reuse="other-code")
        assert second.runs["fingerprint"].tolist() == [*first.runs["fingerprint"], "another-code"]
        assert len(Store(tmp_path).finished()) == 3
        (remark,) = second.remarks()
        assert remark.startswith("runs of 2 codes, told by the column fingerprint: 2 runs of ")
        assert "1 run of another-code (version " in remark
        assert harness.load(tmp_path).remarks() == [remark]

    def test_rows_of_an_earlier_version_are_of_unknown_code(
        self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        results = run(tmp_path)
        new = {"setting", "problem_key", "own_code", "fingerprint", "version", "commit", "host", "provenance"}
        (part,) = (tmp_path / "runs").iterdir()
        part.unlink()
        results.runs.drop(columns=[*new, "best_w", "last_w"]).to_parquet(
            part.parent / f"{stem_of(part)}.parquet"
        )
        (plan,) = (tmp_path / "plans").iterdir()
        table = json.loads(plan.read_text(encoding="utf-8"))
        plan.unlink()
        old = {name: table[name] for name in ("name", "question", "runs", "skipped")}
        (tmp_path / "plan.json").write_text(json.dumps(old), encoding="utf-8")
        loaded = harness.load(tmp_path)
        assert loaded.runs["run_id"].tolist() == results.runs["run_id"].tolist()
        assert loaded.runs["fingerprint"].tolist() == ["", ""]
        assert [w.size for w in loaded.runs["best_w"]] == [0, 0]
        assert loaded.remarks() == ["the code of these runs is unknown: they were kept by an earlier version"]
        again = run(tmp_path)
        assert "" not in set(again.runs["fingerprint"])
        assert again.notes[0].startswith("2 runs of other code")

    def test_the_shipped_results_load_as_of_unknown_code(self) -> None:
        loaded = harness.load(ROOT / "results" / "ga-vs-backprop")
        assert len(loaded.runs) > 700
        assert (loaded.runs["fingerprint"] == "").all() == any("unknown" in text for text in loaded.remarks())

    @pytest.mark.parametrize(
        "wrong", [{"reuse": "other_code"}, {"retry": "faild"}, {"retry": 3}, {"retry": [1]}]
    )
    def test_a_misspelt_wish_is_answered(self, wrong: dict[str, Any], tmp_path: Path) -> None:
        with pytest.raises(InputError, match=r"other-code|failed"):
            run(tmp_path / "never", **wrong)
        assert not (tmp_path / "never").exists()

    @pytest.mark.parametrize("wish", [{"reuse": "other-code"}, {"retry": "failed"}])
    def test_a_wish_about_kept_runs_needs_the_folder(self, wish: dict[str, Any]) -> None:
        with pytest.raises(InputError, match="give the folder"):
            harness.run("xor", "adam", budget=5, seeds=1, **wish)


class TestPlans:
    def test_plans_with_other_seeds_are_both_kept_and_shown(self, tmp_path: Path) -> None:
        one, other = run(tmp_path, seeds=[0, 1]), run(tmp_path, seeds=[1, 7])
        assert (len(one.runs), len(other.runs)) == (2, 2)
        loaded = harness.load(tmp_path)
        assert sorted(loaded.runs["seed"]) == [0, 1, 7]
        assert set(loaded.runs["problem"]) == {"xor"}
        assert set(loaded.trace["run_id"]) == set(loaded.runs["run_id"])
        assert sorted(map(tuple, loaded.plans.values())) == sorted(
            tuple(results.runs["run_id"]) for results in (one, other)
        )
        assert [plan.declaration.count("seeds = [1, 7]") for plan in read_plans(tmp_path)] == [1, 0]

    def test_runs_with_other_budgets_are_no_repetitions_of_each_other(self, tmp_path: Path) -> None:
        from harness.analysis.summary import summarize

        for budget in (30, 60):
            run(tmp_path, budget=budget)
        loaded = harness.load(tmp_path)
        assert set(loaded.runs["problem"]) == {"xor [cost=30]", "xor [cost=60]"}
        assert summarize(loaded)["runs"].tolist() == [2, 2]

    def test_the_plan_of_the_last_command_names_the_results(self, tmp_path: Path) -> None:
        for name in ("first", "second", "first"):
            run(tmp_path, name=name, question=f"{name}?")
            assert harness.load(tmp_path).name == name
        assert len(read_plans(tmp_path)) == 2


class TestTwoCommands:
    def test_two_commands_at_one_time_lose_neither_runs_nor_plans(self, tmp_path: Path) -> None:
        code = (
            "import sys, harness\n"
            "harness.run('xor', 'gradient-descent', budget=30, seeds=eval(sys.argv[1]), folder='both')\n"
        )
        processes = [
            subprocess.Popen(
                [
                    sys.executable,
                    "-c",
                    "import harness.sweeps.sweep; harness.sweeps.sweep.FLUSH_SECONDS = 0.0\n" + code,
                    seeds,
                ],
                cwd=tmp_path,
                env={**__import__("os").environ, "PYTHONPATH": str(ROOT)},
                stderr=subprocess.PIPE,
            )
            for seeds in ("list(range(0, 20))", "list(range(10, 30))")
        ]
        for process in processes:
            assert process.wait(timeout=300) == 0, process.stderr and process.stderr.read()
            process.stderr and process.stderr.close()
        loaded = harness.load(tmp_path / "both")
        assert sorted(loaded.runs["seed"]) == list(range(30))
        assert len(loaded.plans) == 2
        assert len(list((tmp_path / "both" / "commands").iterdir())) == 2
        looks = loaded.trace.groupby("run_id").size()
        expected = run(tmp_path / "alone", seeds=30).trace.groupby("run_id").size()
        pd.testing.assert_series_equal(looks, expected)


class TestRetry:
    @pytest.fixture(autouse=True)
    def full_disk(self) -> Any:
        DISK["test_resuming.full"] = True
        yield
        DISK.clear()

    def test_failed_runs_are_done_again_where_that_is_asked_for(
        self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        # The state of the disk is no part of the code.
        monkeypatch.setattr("harness.sweeps.planning.own_code", lambda *_: "own")
        failed = run(tmp_path, optimizers=[Passing(), GradientDescent()])
        assert failed.runs["outcome"].tolist() == ["failed", "failed", "budget", "budget"]
        DISK.clear()
        unchanged = run(tmp_path, optimizers=[Passing(), GradientDescent()])
        pd.testing.assert_frame_equal(failed.runs, unchanged.runs)
        again = run(tmp_path, optimizers=[Passing(), GradientDescent()], retry=["failed", "timeout"])
        assert again.runs["outcome"].tolist() == ["stalled", "stalled", "budget", "budget"]
        assert len(Store(tmp_path).finished()) == 6
        pd.testing.assert_frame_equal(again.runs, harness.load(tmp_path).runs)
        assert again.trace["run_id"].nunique() == 4
        assert not again.trace.duplicated(["run_id", "iteration"]).any()

    def test_a_run_that_timed_out_is_done_again(self, tmp_path: Path) -> None:
        fields: dict[str, Any] = {"budget": 1e12, "timeout": 1e-9, "problems": load("xor", target=None)}
        first = run(tmp_path, **fields)
        assert set(first.runs["outcome"]) == {"timeout"}
        run(tmp_path, **fields, retry="failed")
        assert len(Store(tmp_path).finished()) == 2
        run(tmp_path, **fields, retry="failed, timeout")
        assert len(Store(tmp_path).finished()) == 4

    def test_the_terminal_says_how(
        self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
    ) -> None:
        monkeypatch.chdir(tmp_path)
        text = 'problems = "xor"\noptimizers = "adam"\nbudget = 20\nseeds = 2\nfigures = []\n'
        (tmp_path / "mine.toml").write_text(text, encoding="utf-8")

        def call(*words: str) -> str:
            with pytest.raises(SystemExit) as left:
                main(["run", "mine.toml", *words])
            assert left.value.code == 0
            return capsys.readouterr().out

        def full(*_: Any) -> Any:
            raise OSError(28, "No space left on device")

        with monkeypatch.context() as patched:
            patched.setattr("optimizers.Adam.run", full)
            out = call()
        assert "2 runs failed: the same command with --retry failed does them again." in out
        assert "--retry failed" in call()
        out = call("--retry", "failed", "--retry", "timeout")
        assert "2 runs done now, 0 found" in out
        assert "failed" not in out


class TestParameters:
    def test_best_and_last_parameters_come_back_to_the_bit(self, tmp_path: Path) -> None:
        problem = load("iris", target=None)
        searches = ["adam", "genetic-algorithm", "random-search"]
        kept = run(tmp_path, problems=problem, optimizers=searches, budget=300)
        in_memory = run(None, problems=problem, optimizers=searches, budget=300)  # type: ignore[arg-type]
        loaded = harness.load(tmp_path)
        for name in ("best_w", "last_w"):
            for one, other, third in zip(
                kept.runs[name], in_memory.runs[name], loaded.runs[name], strict=True
            ):
                assert one.dtype == other.dtype == third.dtype == np.float64
                assert one.tobytes() == other.tobytes() == third.tobytes()
        for row in loaded.runs.itertuples():
            assert row.best_w.shape == row.last_w.shape == (row.parameters,)
            objective = problem.objective(seed=row.seed)
            assert objective.value(row.last_w) == pytest.approx(row.final_loss, rel=1e-12)
            assert objective.value(row.best_w) <= row.final_loss * (1 + 1e-12)

    def test_numbers_beyond_all_measure_come_back_too(self, tmp_path: Path) -> None:
        from synthetic import run_row, trace_rows

        from harness.runs.recorder import Trace

        w = np.array([np.nan, -0.0, np.inf, 5e-324, -1.7976931348623157e308, 0.1])
        trace: Trace = {
            name: column.to_numpy() for name, column in pd.DataFrame(trace_rows("a", [0], [1.0])).items()
        }
        Store(tmp_path).append([(run_row("a", "xor", "adam", best_w=w, last_w=np.empty(0)), trace)])
        (found,) = Store(tmp_path).finished()["best_w"]
        assert found.tobytes() == w.tobytes()

    def test_no_table_prints_them(self, tmp_path: Path) -> None:
        results = run(tmp_path)
        for text in (repr(results), results._repr_html_()):
            assert "array" not in text
            assert str(results.runs["best_w"].iloc[0][0])[:6] not in text

    def test_a_reference_copy_leaves_out_what_is_large(
        self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        experiment = build_experiment(
            "small", {"problems": "xor", "optimizers": "adam", "budget": 20, "seeds": 2}
        )
        results, _ = sweep(experiment, tmp_path / "kept")
        for limit, size in ((2 * 2 * 9 * 8, 9), (2 * 2 * 9 * 8 - 1, 0)):
            monkeypatch.setattr("harness.report.reference_copy.MOST_REFERENCE_BYTES", limit)
            write_reference(results, [], tmp_path / "kept", tmp_path / "copy")
            copied = harness.load(tmp_path / "copy").runs
            assert [w.size for w in copied["best_w"]] == [size, size]
            assert copied["final_loss"].tolist() == results.runs["final_loss"].tolist()


SLOW = """
import os, time
from pathlib import Path

import harness
from harness.problems import FunctionProblem


def slow(w):
    Path(os.environ["PIDS"], str(os.getpid())).touch()
    time.sleep(0.1)
    return w[0] ** 2


if __name__ == "__main__":
    harness.run(FunctionProblem(slow, 1, key="slow"), "random-search", seeds=100, budget=10_000, workers=2)
"""


def lives(pid: int) -> bool:
    """Whether a process is there and is no more than a name that nobody has taken off the list."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except OSError:
        return False


def until(condition: Any, most: float = 120.0) -> bool:
    """Wait for a condition; whether it came about."""
    end = time.monotonic() + most
    while not condition() and time.monotonic() < end:
        time.sleep(0.05)
    return bool(condition())


class TestKilled:
    @pytest.mark.skipif(not Path("/proc/self/stat").exists(), reason="looks for processes under /proc")
    def test_workers_end_when_their_parent_is_killed(self, tmp_path: Path) -> None:
        script, pids = tmp_path / "slow.py", tmp_path / "pids"
        script.write_text(SLOW)
        pids.mkdir()
        process = subprocess.Popen(
            [sys.executable, str(script)],
            env={**os.environ, "PYTHONPATH": str(ROOT), "PIDS": str(pids)},
        )

        def workers() -> list[int]:
            return [int(file.name) for file in pids.iterdir() if int(file.name) != process.pid]

        try:
            assert until(lambda: len(workers()) == 2), "both workers are at work"
            assert all(map(lives, workers()))
        finally:
            process.kill()
            process.wait()
        assert until(lambda: not any(map(lives, workers())))


class TestFolderOfAnEarlierVersion:
    """One that was written before this package had its present rooms, and is kept as it was."""

    FOLDER = Path(__file__).parent / "data" / "folder-of-an-earlier-version"

    @pytest.fixture
    def kept(self, tmp_path: Path) -> Path:
        return Path(shutil.copytree(self.FOLDER, tmp_path / "kept"))

    def test_it_loads(self, kept: Path) -> None:
        results = harness.load(kept)
        assert results.question == "What did the version before say?"
        assert len(results.runs) == 12
        assert results.runs.groupby("problem")["optimizer"].nunique().tolist() == [3, 3]
        assert set(results.runs["optimizer"]) == {
            "lbfgs",
            "adam(learning_rate=0.001)",
            "adam(learning_rate=0.1)",
        }
        assert results.trace.groupby("run_id")["cost"].max().le(40).all()
        model = results.model("setosa", "lbfgs", 1)
        assert set(model.predict([[5.1, 3.5, 1.4, 0.2], [6.3, 2.9, 5.6, 1.8]])) <= {"setosa", "rest"}

    def test_its_runs_are_named_as_those_of_other_code_and_done_again(self, kept: Path) -> None:
        before = harness.load(kept).runs
        said: list[str] = []
        experiment = read_experiment(str(kept / "experiment.toml"))
        results, done = sweep(experiment, kept, announce=said.append)
        assert done == 12
        assert "12 runs of other code are" in " ".join(said), said
        assert set(results.runs["run_id"]) == set(before["run_id"])
        assert not set(results.runs["fingerprint"]) & set(before["fingerprint"])
        columns = ["run_id", "outcome", "cost", "best_loss"]
        merged = results.runs[columns].merge(before[columns], on="run_id", suffixes=("", "_before"))
        assert (merged["cost"] == merged["cost_before"]).all()
        # Another processor may round the last digit in another way.
        assert merged["best_loss"].to_numpy() == pytest.approx(merged["best_loss_before"], rel=1e-9)

    def test_they_are_taken_where_that_is_asked_for(self, kept: Path) -> None:
        experiment = read_experiment(str(kept / "experiment.toml"))
        results, done = sweep(experiment, kept, reuse="other-code")
        assert done == 0
        assert len(results.runs) == 12


class Swallowing(Serial):
    """An executor one of whose libraries swallows a signal after the second run."""

    def do(self, runs: Sequence[Run]) -> Generator[Sequence[Finished]]:
        for number, block in enumerate(Run.execute(run) for run in runs):
            if number == 1:
                with contextlib.suppress(Interrupted):
                    signal.raise_signal(signal.SIGINT)
            yield [block]


@pytest.mark.usefixtures("usual_signals")
def test_a_signal_that_was_swallowed_ends_the_sweep_all_the_same(tmp_path: Path) -> None:
    with pytest.raises(Interrupted) as caught:
        run(tmp_path, seeds=5, executor=Swallowing())
    assert caught.value.number == signal.SIGINT
    assert caught.value.kept == "2 runs done now are kept"
    assert len(Store(tmp_path).finished()) == 2
