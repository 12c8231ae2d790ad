"""The page that is written while runs are done: what it says, how often it comes, and how it ends."""

from __future__ import annotations

import builtins
import io
import json
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from odd_results import empty
from report_pages import read
from terminal import called

import harness
from harness.report.html import libraries, running
from harness.report.html.page import write_page
from harness.report.html.running import DECLARED, PRELIMINARY, SHARE, SHORTEST, Running
from harness.report.html.watching import Watch, keep_writing, watched
from harness.sweeps.experiment_file import read_experiment
from harness.sweeps.sweep import sweep
from optimizers.errors import InputError

pytest.importorskip("jinja2", reason="of the extra report")
pytest.importorskip("plotly", reason="of the extra report")

ROOT = Path(__file__).parent.parent
PATIENCE = 300.0
"""Seconds: the other process has the lowest priority, beside whatever else a machine does."""
PLANNED = 12


@pytest.fixture
def place(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder with an experiment, where commands are called."""
    monkeypatch.chdir(tmp_path)
    Path("one.toml").write_text(
        'question = "Who?"\nproblems = "xor"\noptimizers = ["adam", "rprop"]\nbudget = 60\nseeds = 6\n',
        encoding="utf-8",
    )
    return tmp_path


@pytest.fixture
def some(place: Path) -> tuple[Watch, str]:
    """Some of twelve runs, and how many."""
    _, done = sweep(read_experiment("one.toml"), place / "part", shard="1/2")
    assert 0 < done < PLANNED
    count = f"{done} of {PLANNED} runs planned so far are done"
    return Watch(place / "part", place / "part" / "report.html", "one", "Who?"), count


def text_of(page: Path) -> str:
    return read(page.read_text(encoding="utf-8")).text if page.exists() else ""


def wait_for(words: str, page: Path) -> None:
    until = time.monotonic() + PATIENCE
    while words not in text_of(page):
        assert time.monotonic() < until, words
        time.sleep(0.1)


def left_beside(page: Path) -> list[str]:
    return [path.name for path in page.parent.iterdir() if path.suffix == ".partial"]


def test_a_page_of_runs_that_are_not_all_done_says_so() -> None:
    page = read(write_page(empty(), running=Running(72, 100, 6.4, time.time())))
    said = page.text.index("Running: 72 of 100 runs planned so far are done, as of ")
    assert said < page.text.index(PRELIMINARY) < page.text.index("Verdicts, ranking and summary")
    metas = [attributes for name, attributes in page.elements if name == "meta"]
    assert {"http-equiv": "refresh", "content": "6"} in metas
    bars = [attributes for name, attributes in page.elements if name == "progress"]
    assert [(bar["value"], bar["max"]) for bar in bars] == [("72", "100")]
    assert "refresh" in page.ids
    assert not page.unclosed


def test_claims_that_were_declared_may_be_looked_at() -> None:
    page = read(write_page(empty(), running=Running(72, 100, 6.4, time.time(), declared=True)))
    assert DECLARED in page.text
    assert PRELIMINARY not in page.text


def test_a_page_of_a_command_that_ended_early_does_not_come_again() -> None:
    page = read(write_page(empty(), running=Running(72, 100, 0.0, time.time())))
    assert "The command ended early: 72 of 100 runs planned so far are done." in page.text
    assert PRELIMINARY in page.text
    assert "refresh" not in page.ids
    assert "refresh" not in [attributes.get("http-equiv") for _, attributes in page.elements]


def test_a_page_of_all_runs_says_nothing_of_it() -> None:
    page = read(write_page(empty()))
    assert PRELIMINARY not in page.text
    assert "refresh" not in page.ids
    assert {"progress", "noscript"} & {name for name, _ in page.elements} == {"noscript"}
    assert "refresh" not in [attributes.get("http-equiv") for _, attributes in page.elements]


class Told(Watch):
    """Remembers what it was asked for, and does what is to happen meanwhile."""

    def begin(self, *happens: Callable[[], object]) -> Told:
        object.__setattr__(self, "asked", [])
        object.__setattr__(self, "happens", list(happens))
        return self

    def write(self, seconds: float) -> None:
        self.asked.append(seconds)
        self.happens.pop(0)()


class Clock:
    """A clock that goes on when it is told to, and an end that comes while nothing is done."""

    def __init__(self, waits: int) -> None:
        self.now, self.waits, self.waited = 0.0, waits, list[float]()

    def process_time(self) -> float:
        return self.now

    def wait(self, seconds: float) -> bool:
        self.waited.append(seconds)
        self.now += seconds
        return len(self.waited) > self.waits

    def passes(self, seconds: float) -> None:
        self.now += seconds


def test_pauses_grow_with_the_time_that_a_page_takes(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    clock = Clock(waits=3)
    monkeypatch.setattr("harness.report.html.watching.time", clock)
    takes = [lambda seconds=seconds: clock.passes(seconds) for seconds in (0.1, 4.0, 9.0, 1.0)]
    watch = Told(tmp_path, tmp_path / "page.html", "", "").begin(*takes)
    keep_writing(watch, clock, first=1.0)
    assert clock.waited == [1.0, SHORTEST, pytest.approx(SHARE * 4.0), pytest.approx(SHARE * 9.0)]
    # The last one is written again never.
    assert watch.asked == [1.0 + SHORTEST, 2 * SHORTEST, pytest.approx(SHARE * 4 + SHORTEST), 0.0]


def test_a_command_that_is_refused_leaves_no_page(tmp_path: Path) -> None:
    gone = threading.Event()
    gone.set()
    keep_writing(Watch(tmp_path, tmp_path / "page.html", "", ""), gone, 1.0)
    assert list(tmp_path.iterdir()) == []


def test_a_page_that_cannot_be_written_ends_nothing(tmp_path: Path) -> None:
    def refused() -> None:
        raise InputError("the folder is not there yet")

    def broken() -> None:
        raise ZeroDivisionError("by zero")

    clock = Clock(waits=3)
    watch = Told(tmp_path, tmp_path / "page.html", "", "").begin(refused, broken, int, int)
    keep_writing(watch, clock, first=1.0)
    assert len(watch.asked) == 4
    log = (tmp_path / "sweep.log").read_text(encoding="utf-8")
    assert log.endswith("page.html was not written: ZeroDivisionError: by zero\n")


def test_before_the_first_run_the_page_has_question_and_count(some: tuple[Watch, str]) -> None:
    Watch(some[0].folder / "none", some[0].page, "one", "Who?").write(5.0)
    assert "Who?" in text_of(some[0].page)
    assert "Running: no run is done yet, as of " in text_of(some[0].page)


def test_the_other_process_ends_with_the_runs(some: tuple[Watch, str]) -> None:
    watch, count = some
    with watched(watch) as process:
        assert process is not None
        assert process.poll() is None
    assert process.returncode is not None
    # It was a shard: the others are still to be done.
    assert f"The command ended early: {count}." in text_of(watch.page)
    sweep(read_experiment("one.toml"), watch.folder)
    watch.write(0.0)
    written = watch.page.read_bytes()
    assert harness.load(watch.folder).report(watch.page, folder=watch.folder).read_bytes() == written
    assert left_beside(watch.page) == []


def test_a_command_that_is_refused_ends_it_as_well(some: tuple[Watch, str]) -> None:
    with pytest.raises(InputError), watched(some[0]) as process:
        raise InputError("what was asked for cannot be done")
    assert process is not None
    assert process.returncode is not None
    assert not some[0].page.exists()


@pytest.fixture
def no_process(monkeypatch: pytest.MonkeyPatch) -> None:
    def none_left(*arguments: object, **options: object) -> None:
        raise BlockingIOError("Resource temporarily unavailable")

    monkeypatch.setattr(subprocess, "Popen", none_left)


@pytest.mark.usefixtures("no_process")
def test_where_there_is_no_other_process_the_page_is_that_of_the_end(some: tuple[Watch, str]) -> None:
    watch, count = some
    with watched(watch) as process:
        assert process is None
        assert not watch.page.exists()
    assert f"The command ended early: {count}." in text_of(watch.page)


@pytest.mark.usefixtures("no_process")
def test_where_there_is_no_other_process_a_refusal_is_handed_on(some: tuple[Watch, str]) -> None:
    with pytest.raises(InputError, match="cannot be done"), watched(some[0]):
        raise InputError("what was asked for cannot be done")
    assert not some[0].page.exists()


def test_a_command_that_breaks_after_a_page_leaves_the_last_one_to_the_other_process(
    some: tuple[Watch, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    class Process:
        """A process that is told to end by the end of its input, and by no signal."""

        stdin = io.BytesIO()

        def terminate(self) -> None:
            pytest.fail("it has a page to write")

    monkeypatch.setattr("harness.report.html.watching._started", lambda watch: Process())

    def interrupted() -> None:
        with watched(some[0]):
            some[0].write(5.0)
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        interrupted()
    assert Process.stdin.closed
    assert f"Running: {some[1]}" in text_of(some[0].page)


@pytest.mark.skipif(sys.platform == "win32", reason="signals")
def test_a_command_that_is_killed_leaves_a_page_that_says_so(some: tuple[Watch, str]) -> None:
    watch, count = some
    begin = (
        "import sys, time\nfrom pathlib import Path\n"
        "from harness.report.html.watching import Watch, watched\n"
        "with watched(Watch(Path(sys.argv[1]), Path(sys.argv[2]), 'one', 'Who?')): time.sleep(600)"
    )
    command = [sys.executable, "-c", begin, str(watch.folder), str(watch.page)]
    parent = subprocess.Popen(command, env={"PYTHONPATH": str(ROOT)})
    wait_for(f"Running: {count}", watch.page)
    parent.send_signal(signal.SIGKILL)
    parent.wait()
    wait_for(f"The command ended early: {count}.", watch.page)
    assert "planned runs found" not in text_of(watch.page)
    assert left_beside(watch.page) == []


def test_the_command_ends_with_the_page_of_report(place: Path, capsys: pytest.CaptureFixture[str]) -> None:
    answer = called(capsys, "run", "one.toml", "--watch", "--json", "--until-decided", "--max-seeds", "10")
    page = place / "output" / "one" / "report.html"
    assert answer.status == 0
    assert answer.err.startswith("page: output/one/report.html, written again as runs finish\n")
    assert json.loads(answer.out)["files"][-1] == "output/one/report.html"
    written = page.read_bytes()
    assert called(capsys, "report", "output/one").status == 0
    assert page.read_bytes() == written
    assert PRELIMINARY not in text_of(page)
    assert DECLARED not in text_of(page)


def test_what_does_not_go_with_it_is_refused_before_a_run(
    place: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    answer = called(capsys, "run", "one.toml", "--watch", "--dry-run")
    assert answer == (2, "", "harness: --watch shows runs, and --dry-run does none: leave one of them out\n")
    ordinary = builtins.__import__

    def without(name: str, *arguments: Any, **named: Any) -> Any:
        if name == "plotly.offline":
            raise ImportError(name)
        return ordinary(name, *arguments, **named)

    libraries.chart_library.cache_clear()
    with monkeypatch.context() as patched:
        patched.setattr(builtins, "__import__", without)
        answer = called(capsys, "run", "one.toml", "--watch")
    assert answer.status == 2
    assert "pip install 'neural-harness[report]'" in answer.err
    assert not (place / "output").exists()


def test_a_page_is_a_small_part_of_the_time() -> None:
    for took in (0.01, 1.0, 60.0):
        assert took / (took + running.pause(took)) <= 1 / (1 + SHARE) + 1e-12
