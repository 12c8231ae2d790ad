"""How far a folder is, what a command would do in it, and how long that would take."""

from __future__ import annotations

import dataclasses
import json
import math
import re
from collections import Counter
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pandas as pd
import pytest
from terminal import Answer, called

import harness
from harness.problems import load
from harness.runs.finished import Finished
from harness.runs.folder_lock import locked
from harness.runs.single_run import Run
from harness.runs.status import STATES, status_of
from harness.runs.store import Store
from harness.sweeps.experiment import Experiment
from harness.sweeps.fields import build_experiment
from harness.sweeps.forecast import forecast
from harness.sweeps.measured_times import MeasuredTimes
from harness.sweeps.planning import plan
from harness.sweeps.shards import Shard
from harness.sweeps.sweep import sweep
from optimizers import Adam, Budget, InputError

TABLE: dict[str, Any] = {
    "problems": ["xor", {"name": "parity", "bits": [3, 4]}],
    "optimizers": ["adam", "random-search", "perceptron-rule"],
    "gradients": ["analytic", "central-difference"],
    "budget": [20, 30],
    "seeds": 3,
}


def declared(**changes: Any) -> Experiment:
    return build_experiment("mine", {**TABLE, **changes})


def files(folder: Path) -> dict[str, bytes]:
    return {str(path): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


@pytest.fixture
def failing(monkeypatch: pytest.MonkeyPatch) -> None:
    """Every run of the last seed has failed."""
    append = Store.append

    def broken(store: Store, finished: Sequence[Finished]) -> None:
        ended = [
            ({**row, "outcome": "failed" if row["seed"] == 2 else row["outcome"]}, trace)
            for row, trace in finished
        ]
        append(store, ended)

    monkeypatch.setattr(Store, "append", broken)


@pytest.fixture
def terminal(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Any:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("COLUMNS", "120")
    return lambda *arguments: called(capsys, *arguments)


class TestStatus:
    def test_what_is_done_failed_and_missing_is_counted_by_problem_and_optimizer(
        self, tmp_path: Path, failing: None
    ) -> None:
        runs, _ = plan(declared())
        sweep(declared(), tmp_path, 1, shard="1/2")
        before = files(tmp_path)
        status = status_of(tmp_path)
        expected: Counter[tuple[str, ...]] = Counter()
        names = {"xor": "xor", "parity": "parity:bits=3", "parity:bits=4": "parity:bits=4"}
        for run in runs:
            state = ("failed" if run.seed == 2 else "done") if Shard(1, 2).holds(run.run_id) else "missing"
            name = f"{names[run.problem.name]} [{run.setting}]"
            expected[name, run.optimizer.label, run.gradient, state] += 1
        found = {
            (row["problem"], row["optimizer"], row["gradient"], state): row[state]
            for row in status.table.to_dict("records")
            for state in STATES
            if row[state]
        }
        assert found == dict(expected)
        assert (status.table["planned"] == status.table[list(STATES)].sum(axis=1)).all()
        assert status.totals["planned"] == len(runs)
        assert (status.name, status.unplanned, status.damaged, status.holder) == ("mine", 0, (), "")
        assert files(tmp_path) == before

    def test_problems_of_ones_own_are_named_where_their_runs_are_missing(self, tmp_path: Path) -> None:
        own = harness.Problem.from_arrays(
            [[0.0], [1.0]], [0.0, 1.0], hidden=(), loss="half-squared", test_fraction=0, name="own"
        )
        harness.run([own, "xor"], "adam", budget=9, seeds=8, folder=tmp_path, shard="1/2")
        table = status_of(tmp_path).table
        assert table["problem"].tolist() == ["own", "xor"]
        assert table["planned"].tolist() == [8, 8]
        assert table["missing"].sum() > 0

    def test_other_code_is_told_from_what_is_missing(
        self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        small = declared(problems=["xor"], optimizers=["adam"], budget=20)
        sweep(small, tmp_path, 1)
        monkeypatch.setattr("harness.runs.provenance.package_fingerprint", lambda: "0" * 16)
        sweep(declared(problems=["xor"], optimizers=["adam"], budget=20, seeds=4), tmp_path, 1, shard="1/64")
        status = status_of(tmp_path)
        assert status.totals["other code"] + status.totals["done"] + status.totals["missing"] == 8
        assert status.totals["other code"] >= 5
        assert "of other code only" in status.sentence()
        # Asked for with other code, they are done.
        sweep(small, tmp_path, 1, reuse="other-code")
        assert status_of(tmp_path).totals["other code"] == 0

    def test_several_experiments_count_each_run_once(self, tmp_path: Path) -> None:
        for seeds in (2, 3):
            harness.run("xor", "adam", budget=9, seeds=seeds, folder=tmp_path)
        status = status_of(tmp_path)
        assert status.totals == {"planned": 3, "done": 3, "failed": 0, "missing": 0, "other code": 0}
        assert status.sentence() == "3 planned runs: 3 done"

    def test_a_plan_of_an_earlier_version_names_what_is_there(self, tmp_path: Path) -> None:
        harness.run("xor", "adam", budget=9, seeds=3, folder=tmp_path, name="old")
        (file,) = (tmp_path / "plans").iterdir()
        table = json.loads(file.read_bytes())
        old = {name: table[name] for name in ("name", "question", "runs", "skipped")}
        old["runs"] = [*old["runs"], "0123456789abcdef"]
        (tmp_path / "plan.json").write_text(json.dumps(old), encoding="utf-8")
        file.unlink()
        status = status_of(tmp_path)
        assert status.table[["problem", "done", "missing"]].values.tolist() == [
            ["xor", 3, 0],
            ["unknown", 0, 1],
        ]

    def test_what_is_damaged_is_named(self, tmp_path: Path) -> None:
        for seeds in (2, 3):
            harness.run("xor", "adam", budget=9, seeds=seeds, folder=tmp_path)
        part, newest = (max((tmp_path / kind).iterdir()) for kind in ("runs", "plans"))
        part.write_bytes(part.read_bytes()[:-1])
        status = status_of(tmp_path)
        assert status.damaged == (str(part),)
        assert status.totals["missing"] == 1
        assert any(str(part) in remark for remark in status.remarks())
        for plan_file in (tmp_path / "plans").iterdir():
            plan_file.write_bytes(b"{}")
        with pytest.raises(InputError, match=f"holds no plan that can be read .*{newest.name}"):
            status_of(tmp_path)

    def test_who_is_at_work_is_said(self, tmp_path: Path) -> None:
        harness.run("xor", "adam", budget=9, seeds=1, folder=tmp_path)
        with locked(tmp_path):
            assert "is in use by process" in status_of(tmp_path).remarks()[0]

    def test_a_finished_run_in_no_plan_is_counted(self, tmp_path: Path) -> None:
        for seeds in ([0], [1, 2]):
            harness.run("xor", "adam", budget=9, seeds=seeds, folder=tmp_path)
        plans = {len(json.loads(path.read_bytes())["runs"]): path for path in (tmp_path / "plans").iterdir()}
        plans[2].unlink()
        status = status_of(tmp_path)
        assert (status.totals["planned"], status.unplanned) == (1, 2)

    def test_the_command_prints_a_table_or_json(self, terminal: Any) -> None:
        harness.run("xor", ["adam", "rprop"], budget=9, seeds=2, folder="kept", name="mine")
        answer: Answer = terminal("status", "kept")
        assert answer.status == 0
        lines = [line.split() for line in answer.out.splitlines()]
        assert lines[:4] == [
            ["optimizer", "planned", "done", "failed", "missing", "other", "code"],
            ["xor"],
            ["adam", "2", "2"],
            ["rprop", "2", "2"],
        ]
        assert answer.out.endswith("mine: 4 planned runs: 4 done.\n")
        assert terminal("show", "results", "kept").out.endswith("mine: 4 planned runs: 4 done.\n")
        table = json.loads(terminal("status", "kept", "--json").out)
        assert (table["planned"], table["done"], table["other_code"]) == (4, 4, 0)
        assert table["runs"][1] == {
            "problem": "xor", "optimizer": "rprop", "gradient": "analytic",
            "planned": 2, "done": 2, "failed": 0, "missing": 0, "other_code": 0,
        }  # fmt: skip

    def test_of_several_gradient_sources_each_has_its_line(self, terminal: Any) -> None:
        harness.run(
            "xor",
            ["gradient-descent", "random-search"],
            gradients=["analytic", "central-difference"],
            budget=30,
            seeds=2,
            folder="kept",
        )
        lines = [line.strip() for line in terminal("status", "kept").out.splitlines()]
        counts = {
            name.rstrip(): numbers.split() for name, _, numbers in (line.partition("  ") for line in lines)
        }
        assert counts["gradient-descent by analytic"] == ["2", "2"]
        assert counts["gradient-descent by central-difference"] == ["2", "2"]
        assert counts["random-search"] == ["2", "2"]
        statistic = " ".join(terminal("show", "kept", "--statistic", "solved-fraction").out.split())
        for said in ("gradient-descent: analytic", "gradient-descent: central-difference"):
            assert said in statistic

    @pytest.mark.parametrize("name", ["absent", "file", "empty"])
    def test_a_folder_without_results_is_named(self, name: str, terminal: Any) -> None:
        Path("file").write_text("", encoding="utf-8")
        Path("empty").mkdir()
        answer = terminal("status", name)
        assert (answer.status, answer.out, answer.err.count("\n")) == (2, "", 1)
        assert answer.err.startswith(f"harness: {name} ")


class TestForecast:
    def test_it_says_what_a_sweep_then_does(self, tmp_path: Path, failing: None) -> None:
        experiment = declared()
        sweep(experiment, tmp_path, 1, shard="1/3")
        for arguments in ({}, {"shard": "1/3"}, {"shard": "2/3"}, {"retry": "failed"}):
            before = files(tmp_path)
            found = forecast(experiment, tmp_path, **arguments)
            assert files(tmp_path) == before
            assert found.table["runs"].sum() == found.table["done"].sum() + found.table["left"].sum()
            if "retry" not in arguments:
                there = set(harness.load(tmp_path).runs["run_id"])
                part = Shard(int(arguments["shard"][0]), 3) if arguments else None
                left = [
                    run.run_id
                    for run in plan(experiment)[0]
                    if run.run_id not in there and (part is None or part.holds(run.run_id))
                ]
                assert found.table["left"].sum() == len(left)
        failed = int((harness.load(tmp_path).runs["outcome"] == "failed").sum())
        retried, not_retried = forecast(experiment, tmp_path, retry="failed"), forecast(experiment, tmp_path)
        assert retried.table["left"].sum() == not_retried.table["left"].sum() + failed

    def test_the_time_is_that_of_runs_of_the_same_kind(self, tmp_path: Path) -> None:
        small = declared(problems=["xor"], optimizers=["adam"], gradients="analytic", seeds=2)
        sweep(small, tmp_path, 1)
        larger = declared(
            problems=["xor"], optimizers=["adam", "rprop"], gradients="analytic", budget=[20, 30, 40], seeds=5
        )
        found = forecast(larger, tmp_path)
        runs = harness.load(tmp_path).runs
        time = (runs["seconds"] + runs["observation_seconds"]).groupby(runs["problem"]).mean()
        seconds = found.table.set_index(["problem", "optimizer"])["seconds"]
        for budget in (20, 30):
            name = f"xor [cost={budget}]"
            assert seconds[name, "adam"] == pytest.approx(3 * time[name], rel=1e-12)
        # None of the runs reach their target, and each is scaled by what it has paid.
        assert set(runs["outcome"]) == {"budget"}
        scaled = ((runs["seconds"] + runs["observation_seconds"]) * 40 / runs["cost"]).mean()
        assert seconds["xor [cost=40]", "adam"] == pytest.approx(5 * scaled, rel=1e-12)
        assert seconds.isna().sum() == 3
        assert found.unmeasured == 15
        assert f"{26} of 30 runs left to do, about" in found.sentence()
        assert "for 11 of them, unknown for 15" in found.sentence()
        assert forecast(small, tmp_path).sentence() == "nothing is left to do of 4 runs"

    def test_a_run_that_ended_by_itself_takes_no_longer_with_a_larger_budget(self) -> None:
        run = Run(load("xor"), Adam(), "analytic", 0, Budget(cost=100))
        row = run.execute()[0] | {"seconds": 3.0, "observation_seconds": 1.0, "cost": 50.0, "iterations": 25}
        rows = pd.DataFrame([row | {"outcome": "solved"}, row | {"outcome": "budget", "cost": 100.0}])
        times = MeasuredTimes(rows)
        for budget, seconds in (
            (Budget(cost=100), 4.0),
            (Budget(cost=200), (4.0 + 8.0) / 2),
            (Budget(cost=25), (2.0 + 1.0) / 2),
            (Budget(iterations=50), (4.0 + 8.0) / 2),
            (Budget(seconds=9), None),
        ):
            found = times.of(dataclasses.replace(run, budget=budget))
            assert math.isnan(found) if seconds is None else found == pytest.approx(seconds, rel=1e-12)
        assert math.isnan(times.of(dataclasses.replace(run, budget=Budget(cost=200), timeout=5.0)))

    def test_other_code_and_damage_are_said(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        small = declared(problems=["xor"], optimizers=["adam"], gradients="analytic", budget=20)
        sweep(small, tmp_path, 1)
        with monkeypatch.context() as patched:
            patched.setattr("harness.sweeps.forecast.package_fingerprint", lambda: "0" * 16)
            found = forecast(small, tmp_path)
            assert found.table["left"].tolist() == [3]
            assert "3 runs of other code are kept aside" in found.notes[0]
            assert forecast(small, tmp_path, reuse="other-code").table["left"].tolist() == [0]
        (part,) = (tmp_path / "runs").iterdir()
        part.write_bytes(part.read_bytes()[:-1])
        found = forecast(small, tmp_path)
        assert found.notes == (f"{part} is damaged and would be put aside",)
        assert found.sentence().endswith("time unknown: nothing like them was measured in the folder")

    def test_wrong_arguments_are_answered_as_by_a_sweep(self, tmp_path: Path) -> None:
        for wrong in ({"retry": "solved"}, {"reuse": "all"}, {"shard": "3"}):
            with pytest.raises(InputError):
                forecast(declared(), tmp_path, **wrong)

    def test_the_command_runs_and_writes_nothing(
        self, terminal: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr("harness.sweeps.sweep.sweep", lambda *_, **__: pytest.fail("runs were done"))
        answer: Answer = terminal("run", "quickstart", "--dry-run", "--seeds", "3", "--check", "--reference")
        assert (answer.status, answer.err) == (0, "")
        assert answer.out.startswith(
            "1 problem x 3 optimizers x 1 gradient source x 3 seeds: 9 runs of 3 kinds\n"
        )
        assert answer.out.endswith(
            "output/quickstart: 9 of 9 runs left to do, time unknown: nothing like them was measured in the "
            "folder. Nothing was run, nothing was written.\n"
        )
        assert [line.split()[1:] for line in answer.out.splitlines()[4:7]] == [["3", "3", "unknown"]] * 3
        assert list(tmp_path.iterdir()) == []

    def test_what_is_damaged_and_would_be_put_aside_is_said(self, terminal: Any, tmp_path: Path) -> None:
        text = 'problems = "xor"\noptimizers = "adam"\nbudget = 20\nseeds = 2\nfigures = []\n'
        (tmp_path / "mine.toml").write_text(text, encoding="utf-8")
        terminal("run", "mine.toml", "--output", "kept")
        (part,) = Path("kept/runs").iterdir()
        part.write_bytes(part.read_bytes()[:-1])
        assert terminal("run", "mine.toml", "--output", "kept", "--dry-run").out.splitlines()[-2:] == [
            f"{part} is damaged and would be put aside",
            "kept: 2 of 2 runs left to do, time unknown: nothing like them was measured in the folder. "
            "Nothing was run, nothing was written.",
        ]
        assert part.is_file()

    def test_where_all_that_is_left_was_measured_the_time_is_said(self, tmp_path: Path) -> None:
        sweep(declared(problems=["xor"], optimizers=["adam"], seeds=2), tmp_path, 1)
        sentence = forecast(declared(problems=["xor"], optimizers=["adam"], seeds=3), tmp_path).sentence()
        assert re.fullmatch(r"4 of 12 runs left to do, about [\d.]+ s of one process", sentence)

    def test_refused_pairs_are_said(self, terminal: Any, tmp_path: Path) -> None:
        text = 'problems = "xor"\noptimizers = ["adam", "perceptron-rule"]\nbudget = 20\n'
        (tmp_path / "mine.toml").write_text(text, encoding="utf-8")
        out = terminal("run", "mine.toml", "--dry-run").out
        assert "skipped perceptron-rule on xor: the perceptron rule does not train hidden layers" in out


def test_what_a_folder_says_of_itself_is_plain(tmp_path: Path) -> None:
    harness.run("xor", "adam", budget=9, seeds=2, folder=tmp_path)
    table = status_of(tmp_path).as_table()
    assert json.loads(json.dumps(table)) == table
    assert isinstance(status_of(tmp_path).table, pd.DataFrame)
