"""A process that is forked off says and returns what one says that is started for it."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Callable
from pathlib import Path

import forked
import pytest
from processes import ROOT, python, started

SAYS = """
import os, sys
print(sys.argv, __name__, os.getcwd(), os.environ["PYTHONPATH"], sys.dont_write_bytecode)
print([path for path in sys.path if path in ("", os.environ["PYTHONPATH"])])
print([name for name in sys.modules if name.partition(".")[0] in ("harness", "matplotlib", "optimizers")])
import numba
print(numba.config.CACHE_DIR)
"""
ENDS = {
    "nothing": "",
    "status": "import sys; sys.exit(7)",
    "sentence": "import sys; sys.exit('nothing to do')",
    "signal": "import os, signal; os.kill(os.getpid(), signal.SIGKILL)",
    "at exit": "import atexit; atexit.register(print, 'last'); print('first')",
}


@pytest.mark.parametrize("changed", [{}, {"NUMBA_CACHE_DIR": "mine", "PYTHONDONTWRITEBYTECODE": "1"}])
def test_it_finds_what_it_was_given_and_nothing_of_this_project(
    changed: dict[str, str], tmp_path: Path
) -> None:
    one, other = (call(tmp_path, "-c", SAYS, "a", "b", **changed) for call in (python, started))
    assert one.stderr == other.stderr == ""
    assert one.stdout == other.stdout
    assert "\n[]\n" in one.stdout


@pytest.mark.parametrize("end", ENDS)
def test_it_ends_as_one_that_was_started(end: str, tmp_path: Path) -> None:
    one, other = (call(tmp_path, "-c", ENDS[end]) for call in (python, started))
    assert (one.returncode, one.stdout, one.stderr) == (other.returncode, other.stdout, other.stderr)


@pytest.mark.parametrize("call", [python, started])
def test_an_error_has_a_traceback(
    call: Callable[..., subprocess.CompletedProcess[str]], tmp_path: Path
) -> None:
    done = call(tmp_path, "-c", "1 / 0")
    assert done.returncode == 1
    assert done.stderr.startswith("Traceback (most recent call last):")
    assert done.stderr.endswith("ZeroDivisionError: division by zero\n")


def test_a_module_and_a_file_are_run_too(tmp_path: Path) -> None:
    (tmp_path / "own.py").write_text(
        "import sys; print(sys.argv[1:], __name__, sys.path[0])", encoding="utf-8"
    )
    for arguments in (("-m", "own", "a"), (str(tmp_path / "own.py"), "a")):
        one, other = (call(tmp_path, *arguments) for call in (python, started))
        assert one.stdout == other.stdout == f"['a'] __main__ {tmp_path}\n", one.stderr


def test_it_is_not_forked_where_python_or_a_library_reads_something_at_its_start() -> None:
    given = {**os.environ, "PYTHONPATH": str(ROOT)}
    assert forked.can_be_forked(["-c", "", "-x"], given)
    assert not forked.can_be_forked(["-c", ""], {**given, "PYTHONHASHSEED": "1"})
    assert not forked.can_be_forked(["-c", ""], {**given, "NUMBA_OPT": "0"})
    assert not forked.can_be_forked(["-W", "error", "-c", ""], given)
    gone = next(name for name in given if name not in forked.READ_LATER)
    assert not forked.can_be_forked(["-c", ""], {name: given[name] for name in given if name != gone})


def test_what_takes_too_long_is_ended_and_the_next_one_runs(tmp_path: Path) -> None:
    given = {**os.environ, "PYTHONPATH": str(ROOT)}
    with pytest.raises(subprocess.TimeoutExpired):
        forked.run(["-c", "import time; time.sleep(99)"], tmp_path, given, 0.0)
    assert python(tmp_path, "-c", "print(1)").stdout == "1\n"
