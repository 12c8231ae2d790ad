"""What a sweep says while it works, to people and to programs."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from processes import COMMAND, python

from harness.sweeps import progress
from harness.sweeps.progress import Lines, Progress, State


class Clock:
    """A clock that is moved by hand."""

    def __init__(self) -> None:
        self.now = 100.0

    def monotonic(self) -> float:
        return self.now


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Clock:
    moved = Clock()
    monkeypatch.setattr(progress, "time", moved)
    monkeypatch.setattr(progress, "LINE_SECONDS", 5.0)
    return moved


def row(outcome: str = "solved", compiled: float = 0.0, sentence: str = "") -> dict[str, Any]:
    names = {"problem": "xor", "optimizer_name": "adam", "outcome": outcome, "sentence": sentence}
    return {**names, "compile_seconds": compiled}


class TestLines:
    def test_a_line_every_five_seconds_with_rate_and_time_left(self, clock: Clock) -> None:
        written: list[str] = []
        with Progress(State(110, 10), [Lines(written.append, failures=False, always=False)]) as told:
            for _ in range(50):
                clock.now += 0.25
                told.advance(row())
        assert written == [
            "31 of 110 runs (10 found), 4 a second, 20 s left; 21 solved",
            "52 of 110 runs (10 found), 4 a second, 14 s left; 42 solved",
            "60 of 110 runs (10 found), 4 a second, 12 s left; 50 solved",
        ]

    def test_a_short_sweep_says_nothing(self, clock: Clock) -> None:
        written: list[str] = []
        with Progress(State(3, 0), [Lines(written.append, failures=True, always=False)]) as told:
            told.advance(row("failed", 3.0, "it broke"))
        assert not written

    def test_the_log_has_compilations_failures_and_the_end(self, clock: Clock) -> None:
        written: list[str] = []
        with Progress(State(3, 0), [Lines(written.append, failures=True, always=True)]) as told:
            clock.now += 1.0
            told.advance(row("failed", 2.25, "it broke\x1b[31m"))
            told.advance(row("budget"))
        assert written == [
            "xor, adam: failed: it broke\\x1b[31m",
            "xor, adam: compiled in 2.2 s",
            "2 of 3 runs, 2 a second, 0.5 s left; 1 budget, 1 failed",
        ]

    def test_nothing_done_is_no_rate(self, clock: Clock) -> None:
        assert State(7, 7).line() == "7 of 7 runs found, none done now"


EXPERIMENT = 'problems = ["xor"]\noptimizers = ["adam", "lbfgs"]\nseeds = 2\nbudget = 30\nfigures = []\n'


class TestForPrograms:
    def test_a_summary_as_json_alone_on_standard_output(self, tmp_path: Path) -> None:
        (tmp_path / "mine.toml").write_text(EXPERIMENT, encoding="utf-8")
        done = python(tmp_path, *COMMAND, "run", "mine.toml", "--json", "--check")
        found = json.loads(done.stdout)
        assert found["runs"] == found["done_now"] == 4
        assert sum(found["outcomes"].values()) == 4
        assert [entry["optimizer"] for entry in found["summary"]] == ["adam", "lbfgs"]
        assert all((tmp_path / file).is_file() for file in found["files"])
        again = json.loads(python(tmp_path, *COMMAND, "run", "mine.toml", "--json").stdout)
        assert (again["runs"], again["done_now"]) == (4, 0)
        log = (tmp_path / found["folder"] / "sweep.log").read_text(encoding="utf-8").splitlines()
        assert len([line for line in log if " 4 of 4 runs, " in line]) == 1

    def test_a_shard_without_a_run_is_json_too(self, tmp_path: Path) -> None:
        (tmp_path / "one.toml").write_text(
            EXPERIMENT.replace('"adam", "lbfgs"', '"adam"').replace("seeds = 2", "seeds = 1"),
            encoding="utf-8",
        )
        call = [*COMMAND, "run", "one.toml", "--json", "--output"]
        found = [json.loads(python(tmp_path, *call, f"out{n}", "--shard", f"{n}/2").stdout) for n in (1, 2)]
        assert sorted(entry["runs"] for entry in found) == [0, 1]

    def test_it_goes_without_a_dry_run(self, tmp_path: Path) -> None:
        (tmp_path / "mine.toml").write_text(EXPERIMENT, encoding="utf-8")
        wrong = python(tmp_path, *COMMAND, "run", "mine.toml", "--json", "--dry-run")
        assert (wrong.returncode, wrong.stdout) == (2, "")
        assert "leave one of them out" in wrong.stderr

    def test_the_status_says_whether_there_are_outcomes_that_a_script_does_not_want(
        self, tmp_path: Path
    ) -> None:
        (tmp_path / "mine.toml").write_text(EXPERIMENT, encoding="utf-8")
        call = [*COMMAND, "run", "mine.toml", "--fail-on"]
        assert python(tmp_path, *call, "budget").returncode == 1
        assert python(tmp_path, *call, "failed, diverged").returncode == 0
        wrong = python(tmp_path, *call, "failing")
        assert wrong.returncode == 2
        assert "unknown outcome 'failing': did you mean 'failed'?" in wrong.stderr
