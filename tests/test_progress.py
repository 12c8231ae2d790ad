"""What a sweep says while it works, to people and to programs."""

from __future__ import annotations

import json
import re
import sys
import types
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from processes import COMMAND, python
from terminal import Answer, called

from harness.problems import load
from harness.runs.single_run import Run
from harness.sweeps import progress, sweep, time_left
from harness.sweeps.progress import Bar, Lines, NotebookBar, Progress, State
from harness.sweeps.time_left import MEASURED, TimeLeft, kinds_of
from optimizers import Adam, Budget


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
    monkeypatch.setattr(time_left, "time", moved)
    monkeypatch.setattr(progress, "LINE_SECONDS", 5.0)
    return moved


def row(
    outcome: str = "solved",
    compiled: float = 0.0,
    sentence: str = "",
    optimizer: str = "adam",
    seconds: float = 0.2,
) -> dict[str, Any]:
    names = {"problem": "xor", "optimizer_name": optimizer, "outcome": outcome, "sentence": sentence}
    kind = {"problem_key": "", "optimizer": optimizer, "gradient": "analytic", "setting": "cost=5"}
    return {**names, **kind, "compile_seconds": compiled, "seconds": seconds, "observation_seconds": 0.0}


def left(**kinds: int) -> TimeLeft:
    """What is left of the kinds of ``row``, by the optimizer."""
    return TimeLeft({("", name, "analytic", "cost=5"): number for name, number in kinds.items()})


class TestNotebookBar:
    def test_it_comes_after_a_moment_is_drawn_again_and_goes(
        self, clock: Clock, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        display = pytest.importorskip("IPython.display")
        drawn: list[dict[str, str]] = []

        class Handle:
            def update(self, bundle: dict[str, str], raw: bool) -> None:
                assert raw
                drawn.append(bundle)

        def show(bundle: dict[str, str], raw: bool, display_id: bool) -> Handle:
            assert raw
            assert display_id
            drawn.append(bundle)
            return Handle()

        monkeypatch.setattr(display, "display", show)
        bar, state = NotebookBar(), State(10, 4, left(adam=6))
        with Progress(state, [bar]) as told:
            told.advance(row())
            assert drawn == []
            clock.now += 2.0
            told.advance(row())
            told.advance(row())
            assert [bundle["text/plain"].partition(" (")[0] for bundle in drawn] == ["6 of 10 runs"]
            clock.now += 0.5
            told.advance(row("failed", sentence="no"))
            assert drawn[-1]["text/html"].startswith('<progress value="8" max="10"></progress> 8 of 10 runs')
            assert "1 failed" in drawn[-1]["text/html"]
        assert len(drawn) == 3
        assert set(drawn[-1].values()) == {""}

    @pytest.mark.parametrize("running", [False, True])
    def test_it_is_for_those_whom_a_kernel_runs(self, running: bool, monkeypatch: pytest.MonkeyPatch) -> None:
        """Of a kernel that was only imported, by whatever else, there is no cell to draw below."""
        kernel = types.SimpleNamespace(IPKernelApp=types.SimpleNamespace(initialized=lambda: running))
        monkeypatch.setitem(sys.modules, "ipykernel.kernelapp", kernel)
        assert [type(output) for output in sweep._progress(None, None, 10, [])._outputs] == (
            [NotebookBar] if running else []
        )


class TestBar:
    def test_it_comes_after_a_moment_and_says_what_was_compiled(
        self, clock: Clock, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
    ) -> None:
        for name, value in (("FORCE_COLOR", "1"), ("TERM", "xterm"), ("COLUMNS", "100")):
            monkeypatch.setenv(name, value)
        state = State(10, 4, left(adam=6))
        with Progress(state, [Bar()]) as told:
            told.advance(row())
            assert capsys.readouterr().err == ""
            clock.now += 2.0
            told.advance(row(compiled=1.5))
            told.advance(row("budget"))
        out, err = capsys.readouterr()
        assert out == ""
        last = [line for line in re.sub(r"\x1b\[[0-9;?]*[A-Za-z]", "", err).splitlines() if line.strip()][-1]
        assert last.startswith("runs (4 found) ")
        assert "7/10" in last
        assert last.endswith("xor, adam: budget")

    def test_a_sweep_of_a_moment_has_none(self, clock: Clock, capsys: pytest.CaptureFixture[str]) -> None:
        with Progress(State(2, 0, left(adam=2)), [Bar()]) as told:
            told.advance(row())
            told.advance(row())
        assert capsys.readouterr().err == ""

    @pytest.mark.parametrize(("is_terminal", "expected"), [(True, Bar), (False, Lines)], ids=["bar", "lines"])
    def test_it_is_for_a_terminal(
        self, is_terminal: bool, expected: type, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(sys.stderr, "isatty", lambda: is_terminal, raising=False)
        assert [type(output) for output in sweep._progress(True, None, 10, [])._outputs] == [expected]


class TestLines:
    def test_a_line_every_five_seconds_with_rate_and_time_left(self, clock: Clock) -> None:
        written: list[str] = []
        with Progress(
            State(110, 10, left(adam=100)), [Lines(written.append, failures=False, always=False)]
        ) as told:
            for _ in range(50):
                clock.now += 0.25
                told.advance(row(seconds=0.25))
        assert written == [
            "31 of 110 runs (10 found), 4 a second, 20 s left; 21 solved",
            "52 of 110 runs (10 found), 4 a second, 14 s left; 42 solved",
            "60 of 110 runs (10 found), 4 a second, 12 s left; 50 solved",
        ]

    def test_a_short_sweep_says_nothing(self, clock: Clock) -> None:
        written: list[str] = []
        with Progress(
            State(3, 0, left(adam=3)), [Lines(written.append, failures=True, always=False)]
        ) as told:
            told.advance(row("failed", 3.0, "it broke"))
        assert not written

    def test_the_log_has_compilations_failures_and_the_end(self, clock: Clock) -> None:
        written: list[str] = []
        with Progress(State(3, 0, left(adam=3)), [Lines(written.append, failures=True, always=True)]) as told:
            clock.now += 1.0
            told.advance(row("failed", 2.25, "it broke\x1b[31m"))
            told.advance(row("budget"))
        assert written == [
            "xor, adam: failed: it broke\\x1b[31m",
            "xor, adam: compiled in 2.2 s",
            "2 of 3 runs; 1 budget, 1 failed",
        ]

    def test_failed_and_compiled_runs_of_a_block_are_said_one_by_one(self, clock: Clock) -> None:
        written: list[str] = []
        rows = [row(), row(), row("failed", sentence="one"), row("failed", sentence="two"), row()]
        rows += [row(compiled=2.0, optimizer="lbfgs"), row(optimizer="lbfgs"), row("budget")]
        block = {name: [one[name] for one in rows] for name in rows[0]}
        state = State(8, 0, left(adam=6, lbfgs=2))
        with Progress(state, [Lines(written.append, failures=True, always=True)]) as told:
            told.advance_all(block)
        assert written == [
            "xor, adam: failed: one",
            "xor, adam: failed: two",
            "xor, lbfgs: compiled in 2.0 s",
            "8 of 8 runs; 1 budget, 2 failed, 5 solved",
        ]

    def test_nothing_done_is_no_rate(self, clock: Clock) -> None:
        assert State(7, 7, left()).line() == "7 of 7 runs found, none done now"


class TestTimeLeft:
    def test_compilation_and_how_fast_it_went_meanwhile_are_left_out(self, clock: Clock) -> None:
        state = State(200, 0, left(adam=100, lbfgs=100))
        for name in ("adam", "lbfgs"):
            clock.now += 20.0
            state.advance(row(compiled=19.5, optimizer=name, seconds=0.5))
            assert state.speed() == ""
        for _ in range(8):
            clock.now += 0.5
            state.advance(row(seconds=0.5))
        assert state.speed() == "2 a second, 95 s left"

    def test_kinds_take_what_their_own_runs_take(self, clock: Clock) -> None:
        state = State(1100, 0, left(fast=1000, slow=100))
        for name, seconds in (("slow", 2.0), ("fast", 0.01), ("slow", 4.0)):
            clock.now += seconds
            state.advance(row(optimizer=name, seconds=seconds))
        assert state.speed().endswith("5.1 min left")  # 98 of 3 s, 999 of 0.01 s

    def test_several_at_once_are_what_they_are_one_by_one(self, clock: Clock) -> None:
        one, together = (State(30, 0, left(adam=20, lbfgs=10)) for _ in range(2))
        taken = [0.5, 1.5, 0.25, 4.0]
        for state in (one, together):
            clock.now += 1.0
            state.advance(row(optimizer="lbfgs", seconds=0.5))
        clock.now += 2.0
        for seconds in taken:
            one.advance(row(seconds=seconds))
        together.advance(row(), taken)
        assert together.speed() == one.speed() != ""
        assert together.line() == one.line()

    def test_two_at_a_time_take_half_as_long(self, clock: Clock) -> None:
        state = State(100, 0, left(adam=100))
        for _ in range(10):
            clock.now += 1.0
            state.advance(row(seconds=1.0))
            state.advance(row(seconds=1.0))
        assert state.speed() == "2 a second, 40 s left"

    def test_nothing_is_said_while_a_kind_is_left_that_nobody_has_measured(self, clock: Clock) -> None:
        state = State(30, 0, left(adam=20, lbfgs=10))
        for _ in range(20):
            clock.now += 0.5
            state.advance(row(seconds=0.5))
        assert state.speed() == "2 a second"

    def test_a_run_that_began_before_the_measuring_did_counts_for_what_was_measured(
        self, clock: Clock
    ) -> None:
        state = State(4, 0, left(adam=4))
        clock.now += 90.0
        state.advance(row(compiled=10.0, seconds=80.0))
        clock.now += 10.0
        state.advance(row(seconds=80.0))
        assert state.speed() == "0.1 a second, 2.7 min left"

    def test_a_run_and_its_row_are_of_one_kind(self) -> None:
        run = Run(load("xor"), Adam(), "analytic", 0, Budget(cost=20))
        found = run.execute()[0]
        assert kinds_of(run.with_seeds(range(3))) == {tuple(found[name] for name in MEASURED): 3}


Terminal = Callable[..., Answer]
EXPERIMENT = 'problems = ["xor"]\noptimizers = ["adam", "lbfgs"]\nseeds = 2\nbudget = 30\nfigures = []\n'


@pytest.fixture
def terminal(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Terminal:
    monkeypatch.chdir(tmp_path)
    return lambda *arguments: called(capsys, *arguments)


class TestForPrograms:
    def test_a_summary_as_json_alone_on_standard_output(self, tmp_path: Path, terminal: Terminal) -> None:
        (tmp_path / "mine.toml").write_text(EXPERIMENT, encoding="utf-8")
        done = python(tmp_path, *COMMAND, "run", "mine.toml", "--json", "--check")
        found = json.loads(done.stdout)
        assert found["runs"] == found["done_now"] == 4
        assert sum(found["outcomes"].values()) == 4
        assert [entry["optimizer"] for entry in found["summary"]] == ["adam", "lbfgs"]
        assert all((tmp_path / file).is_file() for file in found["files"])
        again = json.loads(terminal("run", "mine.toml", "--json").out)
        assert (again["runs"], again["done_now"]) == (4, 0)
        log = (tmp_path / found["folder"] / "sweep.log").read_text(encoding="utf-8").splitlines()
        assert len([line for line in log if " 4 of 4 runs" in line]) == 1

    def test_a_shard_without_a_run_is_json_too(self, tmp_path: Path, terminal: Terminal) -> None:
        (tmp_path / "one.toml").write_text(
            EXPERIMENT.replace('"adam", "lbfgs"', '"adam"').replace("seeds = 2", "seeds = 1"),
            encoding="utf-8",
        )
        call = ["run", "one.toml", "--json", "--output"]
        found = [json.loads(terminal(*call, f"out{n}", "--shard", f"{n}/2").out) for n in (1, 2)]
        assert sorted(entry["runs"] for entry in found) == [0, 1]

    def test_it_goes_without_a_dry_run(self, tmp_path: Path, terminal: Terminal) -> None:
        (tmp_path / "mine.toml").write_text(EXPERIMENT, encoding="utf-8")
        wrong = terminal("run", "mine.toml", "--json", "--dry-run")
        assert (wrong.status, wrong.out) == (2, "")
        assert "leave one of them out" in wrong.err

    def test_the_status_says_whether_there_are_outcomes_that_a_script_does_not_want(
        self, tmp_path: Path, terminal: Terminal
    ) -> None:
        (tmp_path / "mine.toml").write_text(EXPERIMENT, encoding="utf-8")
        call = ["run", "mine.toml", "--fail-on"]
        assert terminal(*call, "budget").status == 1
        assert terminal(*call, "failed, diverged").status == 0
        wrong = terminal(*call, "failing")
        assert wrong.status == 2
        assert "unknown outcome 'failing': did you mean 'failed'?" in wrong.err
