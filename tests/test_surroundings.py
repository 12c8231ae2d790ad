"""Whatever surrounds the command, it does its work or says in one sentence why not."""

from __future__ import annotations

import contextlib
import os
import re
import signal
import subprocess
import sys
import threading
import xml.etree.ElementTree as ET
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from processes import COMMAND, ROOT, python, started

import harness
from harness.plots import known_plots
from harness.report.image_files import write_figure
from harness.sweeps.interrupts import Interrupted, came, deferred, noticed
from optimizers import Adam, InputError

HOSTILE = "a \x1b]0;gone\x07 [/x] $\\frac{1}$ \u202e \uffff"
NAME = "a [/x] $\\frac{1}$ <&>"
EXPERIMENT = """
problems = ["xor"]
optimizers = ["adam"]
seeds = 2
budget = 200
figures = []
question = "\\u001b[2J and \\u202e?"
"""


def call(
    folder: Path, *arguments: str, shell: str = "", **environment: str
) -> subprocess.CompletedProcess[str]:
    """Run the command with a redirection of the shell's, and other surroundings."""
    if not shell:
        return python(folder, *COMMAND, *arguments, **environment)
    line = f'exec "$0" -c "from harness.cli.entry import main; main()" "$@" {shell}'
    return subprocess.run(
        ["sh", "-c", line, sys.executable, *arguments],
        cwd=folder,
        env={**os.environ, "PYTHONPATH": str(ROOT), **environment},
        capture_output=True,
        text=True,
        check=False,
        timeout=120,
    )


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with an experiment that has been run."""
    place = tmp_path_factory.mktemp("surroundings")
    (place / "small.toml").write_text(EXPERIMENT, encoding="utf-8")
    assert call(place, "run", "small.toml").returncode == 0
    return place


class TestStreams:
    @pytest.mark.parametrize("shell", ["2>&-", "2>&- >&- <&-"])
    def test_a_closed_stream_costs_nothing_but_its_text(self, shell: str, folder: Path) -> None:
        output = f"closed-{shell.replace('>', '').replace('<', '').replace('&', '').replace(' ', '')}"
        done = call(folder, "run", "small.toml", "--output", output, shell=shell)
        assert (done.returncode, done.stderr) == (0, "")
        assert len(harness.load(folder / output).runs) == 2

    @pytest.mark.skipif(not Path("/dev/full").exists(), reason="there is no full device")
    def test_a_full_device_is_named(self, folder: Path) -> None:
        done = call(folder, "list", shell="> /dev/full")
        assert (done.returncode, done.stderr) == (
            2,
            "harness: the output cannot be written: No space left on device\n",
        )
        assert call(folder, "list", "nothing", shell="2> /dev/full").returncode == 2


class TestEnvironment:
    @pytest.mark.parametrize(
        "environment",
        [
            {"COLUMNS": "0", "MPLBACKEND": "nonsense", "TERM": ""},
            {"COLUMNS": "-5", "LC_ALL": "C", "PYTHONUTF8": "0", "PYTHONCOERCECLOCALE": "0"},
        ],
        ids=str,
    )
    def test_odd_values_change_nothing_in_what_is_done(
        self, environment: dict[str, str], folder: Path
    ) -> None:
        done = call(folder, "run", "small.toml", **environment)
        assert (done.returncode, done.stderr) == (0, "")
        assert "Nothing to run: 2 runs of this experiment found" in done.stdout

    @pytest.mark.parametrize(
        ("name", "value", "said"),
        [
            ("NUMBA_NUM_THREADS", "0", "NUMBA_NUM_THREADS is '0', expected a whole number, 1 or more"),
        ],
    )
    def test_what_cannot_be_is_one_sentence(self, name: str, value: str, said: str, folder: Path) -> None:
        done = call(folder, "list", **{name: value})
        assert done.returncode == 2
        assert done.stderr.startswith(f"harness: {said}")
        assert done.stderr.count("\n") == 1


class TestSettingsOfMatplotlib:
    def test_a_users_own_change_no_text_of_a_figure(self, folder: Path) -> None:
        (folder / "matplotlibrc").write_text("text.usetex: True\nno.such: 3\n", encoding="utf-8")
        done = call(folder, "plot", "output/small", "--output", "usual.png")
        (folder / "matplotlibrc").unlink()
        assert done.returncode == 0, done.stderr
        assert "Traceback" not in done.stderr

    def test_those_that_are_no_text_are_named(self, folder: Path) -> None:
        (folder / "matplotlibrc").write_bytes(b"font.size: \xff\xfe\n")
        done = call(folder, "plot", "output/small", "--output", "never.png")
        (folder / "matplotlibrc").unlink()
        assert done.returncode == 2
        assert "a file 'matplotlibrc'" in done.stderr.splitlines()[-1]
        assert "Traceback" not in done.stderr


class TestPrintable:
    def test_nothing_that_a_terminal_acts_on_is_printed(self, folder: Path) -> None:
        for arguments in (["run", "small.toml"], ["show", "results", "output/small"]):
            done = call(folder, *arguments)
            assert done.returncode == 0
            assert not re.search("[\x00-\x09\x0b-\x1f\x7f\u202e\uffff]", done.stdout)

    def test_hostile_names_are_shown_as_they_are(
        self, tmp_path: Path, capsys: pytest.CaptureFixture[str]
    ) -> None:
        from harness.cli.entry import main

        harness.run(named(NAME), Adam(), budget=50, seeds=2, folder=tmp_path / "kept", question=HOSTILE)
        with pytest.raises(SystemExit) as left:
            main(["show", "results", str(tmp_path / "kept")])
        assert left.value.code == 0
        shown = capsys.readouterr().out
        assert NAME in shown

    @pytest.mark.parametrize("kind", ["svg", "png", "pdf"])
    def test_a_figure_with_hostile_names_is_well_formed(self, kind: str, tmp_path: Path) -> None:
        results = harness.run(named(NAME), Adam(), budget=50, seeds=2, question=HOSTILE)
        file = tmp_path / f"figure.{kind}"
        write_figure(known_plots()["convergence"](results), file)
        assert file.stat().st_size > 1000
        if kind == "svg":
            ET.parse(file)


def named(name: str) -> Any:
    return harness.Problem.from_arrays(
        [[0.0], [1.0], [2.0], [3.0]], [0, 0, 1, 1], name=name, hidden=(2,), test_fraction=0.0
    )


class Noisy:
    """A function that is interrupted at its tenth call, and drops the exception as some libraries do."""

    def __init__(self, number: int) -> None:
        self.calls, self.number = 0, number

    def __call__(self, w: Any) -> float:
        self.calls += 1
        if self.calls == 10:
            with contextlib.suppress(BaseException):
                signal.raise_signal(self.number)
                # Python delivers a signal between two steps of its own.
                for _ in range(100):
                    self.number += 0
        return float(w @ w)


class TestSignals:
    @pytest.fixture(autouse=True)
    def usual(self) -> Iterator[None]:
        """Handle signals as a terminal has it; in the background of a shell Ctrl-C is ignored."""
        usual = {signal.SIGINT: signal.default_int_handler, signal.SIGTERM: signal.SIG_DFL}
        before = {number: signal.signal(number, handler) for number, handler in usual.items()}
        yield
        for number, handler in before.items():
            signal.signal(number, handler)

    def test_an_exception_that_was_swallowed_is_raised_at_the_next_look(self, tmp_path: Path) -> None:
        function = Noisy(signal.SIGINT)
        problem = harness.problems.FunctionProblem(function, 2, name="noisy", key="noisy")
        with pytest.raises(Interrupted) as caught:
            harness.run(problem, "hill-climbing", budget=5000, seeds=3, folder=tmp_path / "kept")
        assert function.calls < 100
        assert caught.value.kept == "0 runs done now are kept"
        assert signal.getsignal(signal.SIGINT) is signal.default_int_handler
        assert came() == 0

    def test_handlers_of_others_are_left_alone(self) -> None:
        heard: list[int] = []
        before = signal.signal(signal.SIGTERM, lambda number, frame: heard.append(number))
        try:
            with noticed(handed_on=True):
                signal.raise_signal(signal.SIGTERM)
        finally:
            signal.signal(signal.SIGTERM, before)
        assert heard == [signal.SIGTERM]

    def test_a_signal_waits_for_what_must_come_to_its_end(self) -> None:
        done = []

        def work() -> None:
            with noticed(handed_on=False):
                with deferred():
                    signal.raise_signal(signal.SIGTERM)
                    done.append("written")
                done.append("not reached")

        with pytest.raises(Interrupted, match="SIGTERM"):
            work()
        assert done == ["written"]
        assert signal.getsignal(signal.SIGTERM) is signal.SIG_DFL

    def test_semaphores_that_a_command_leaves_are_no_matter_of_its_user(self, tmp_path: Path) -> None:
        leaving = (
            "import multiprocessing, os; from harness.cli import entry; "
            "entry._command = lambda arguments: (multiprocessing.Semaphore(), os._exit(0)); "
            "multiprocessing.set_start_method('spawn'); entry.main()"
        )
        left = started(tmp_path, "-c", leaving)
        assert (left.returncode, left.stderr) == (0, "")

    def test_a_second_one_does_not_disturb_the_putting_in_order(self) -> None:
        done = []

        def work() -> None:
            with noticed(handed_on=False):
                try:
                    signal.raise_signal(signal.SIGINT)
                finally:
                    signal.raise_signal(signal.SIGINT)
                    done.append("put in order")

        with pytest.raises(Interrupted):
            work()
        assert done == ["put in order"]

    def test_other_threads_change_no_handler(self) -> None:
        seen: list[Any] = []

        def work() -> None:
            with noticed(handed_on=True):
                seen.append(signal.getsignal(signal.SIGTERM))

        thread = threading.Thread(target=work)
        thread.start()
        thread.join()
        assert seen == [signal.SIG_DFL]

    @pytest.mark.skipif(not hasattr(signal, "pthread_sigmask"), reason="there are no masks of signals")
    def test_workers_do_not_hear_what_the_terminal_sends_to_all(self, tmp_path: Path) -> None:
        (tmp_path / "masks.py").write_text(
            "import signal\n"
            "from loky import get_reusable_executor\n"
            "from harness.sweeps.interrupts import unheard_by_children\n"
            "def blocked():\n"
            "    return signal.SIGINT in signal.pthread_sigmask(signal.SIG_BLOCK, [])\n"
            "if __name__ == '__main__':\n"
            "    import masks\n"
            "    with unheard_by_children():\n"
            "        pool = get_reusable_executor(2)\n"
            "        answers = [pool.submit(masks.blocked) for _ in range(4)]\n"
            "    found = [answer.result() for answer in answers]\n"
            "    print(found, blocked())\n",
            encoding="utf-8",
        )
        done = subprocess.run(
            [sys.executable, "masks.py"],
            cwd=tmp_path,
            env={**os.environ, "PYTHONPATH": f"{ROOT}:{tmp_path}"},
            capture_output=True,
            text=True,
            check=False,
            timeout=120,
        )
        assert done.stdout == "[True, True, True, True] False\n", done.stderr[-2000:]

    def test_a_thread_that_never_ends_does_not_keep_the_command(self, tmp_path: Path) -> None:
        script = (
            "import sys, threading, time\n"
            "from harness.cli import entry\n"
            "entry.LONGEST_END = 0.2\n"
            "threading.Thread(target=time.sleep, args=(10_000,)).start()\n"
            "sys.argv = ['harness', '--version']\n"
            "entry.main()"
        )
        done = started(tmp_path, "-c", script)
        assert done.returncode == 0, done.stderr
        assert done.stdout.startswith("harness")

    def test_input_errors_of_a_sweep_are_not_taken_for_signals(self) -> None:
        with pytest.raises(InputError):
            harness.run("xor", "no-such", budget=5)
        assert came() == 0
