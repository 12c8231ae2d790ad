"""Two commands in one folder do each run once, and a lock ends with its owner however that ends."""

from __future__ import annotations

import errno
import fcntl
import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import pandas as pd
import pytest
from processes import COMMAND, ROOT

import harness
from harness.runs.folder_lock import NAME, holder, locked
from harness.runs.parts import files_in
from harness.runs.reading import read_part
from optimizers import InputError

HOLD = """
import sys, time
from pathlib import Path
from harness.runs.folder_lock import locked
with locked(Path("kept")):
    print("held", flush=True)
    time.sleep(float(sys.argv[1]))
"""
EXPERIMENT = """
problems = "xor"
optimizers = ["adam", "rprop"]
seeds = 30
budget = 1_000
figures = []
"""
PATIENCE = 120.0


def started(folder: Path, *arguments: str) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, *arguments],
        cwd=folder,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


def holding(folder: Path, seconds: float = PATIENCE) -> subprocess.Popen[str]:
    process = started(folder, "-c", HOLD, str(seconds))
    assert process.stdout is not None
    assert process.stdout.readline() == "held\n"
    return process


def run_rows(folder: Path) -> pd.Series[int]:
    """How often each run is in a folder."""
    parts = [read_part(path) for path in files_in(folder / "runs", ".parquet")]
    return pd.concat(parts)["run_id"].value_counts()


def test_a_lock_is_left_behind_by_nobody(tmp_path: Path) -> None:
    with locked(tmp_path / "new"):
        assert holder(tmp_path / "new").startswith(f"process {os.getpid()} on ")
        said = json.loads((tmp_path / "new" / NAME).read_text(encoding="utf-8"))
        assert said["process"] == os.getpid()
        (tmp_path / "new" / "result").touch()
    assert [path.name for path in (tmp_path / "new").iterdir()] == ["result"]
    assert holder(tmp_path / "new") == ""
    with locked(tmp_path / "nothing" / "done"):
        pass
    assert not (tmp_path / "nothing" / "done").exists()


def test_a_lock_that_the_system_refuses_is_named_with_the_reason(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refused(handle: int, how: int) -> None:
        raise OSError(errno.EIO, "Input/output error")

    monkeypatch.setattr(fcntl, "flock", refused)
    with pytest.raises(InputError, match=rf"{NAME} cannot be written: Input/output error"), locked(tmp_path):
        pass


def test_a_lock_that_was_removed_in_between_is_taken_anew(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Who ends removes the file: a lock on what nobody finds any more keeps nobody out."""
    taken, flock = [], fcntl.flock

    def too_late(handle: int, how: int) -> None:
        flock(handle, how)
        taken.append(handle)
        if len(taken) == 1:
            (tmp_path / NAME).unlink()

    monkeypatch.setattr(fcntl, "flock", too_late)
    with locked(tmp_path):
        assert len(taken) == 2
        assert json.loads((tmp_path / NAME).read_text(encoding="utf-8"))["process"] == os.getpid()


def test_who_holds_it_is_said_and_not_waited_for_where_that_is_asked(tmp_path: Path) -> None:
    process = holding(tmp_path)
    try:
        with (
            pytest.raises(InputError, match=rf"kept is in use by process {process.pid} on .*--no-wait"),
            locked(tmp_path / "kept", wait=False),
        ):
            pass
        assert holder(tmp_path / "kept").startswith(f"process {process.pid} on ")
        with pytest.raises(InputError, match=f"in use by process {process.pid}"):
            harness.run("xor", "adam", budget=9, seeds=1, folder=tmp_path / "kept", wait=False)
        command = started(
            tmp_path, *COMMAND, "run", "quickstart", "--output", "kept", "--no-wait", "--seeds", "1"
        )
        out, err = command.communicate(timeout=PATIENCE)
        assert (command.returncode, out, err.count("\n")) == (2, "", 1)
        assert f"kept is in use by process {process.pid} on" in err
    finally:
        process.kill()
        process.communicate()


def test_a_lock_ends_with_a_killed_owner(tmp_path: Path) -> None:
    process = holding(tmp_path)
    process.send_signal(signal.SIGKILL)
    process.communicate()
    assert (tmp_path / "kept" / NAME).is_file()
    assert holder(tmp_path / "kept") == ""
    with locked(tmp_path / "kept", wait=False):
        assert holder(tmp_path / "kept").startswith(f"process {os.getpid()} on ")


def test_what_an_owner_has_started_does_not_hold_it(tmp_path: Path) -> None:
    start = (
        "import subprocess; print(subprocess.Popen([sys.executable, '-c', 'input()'], close_fds=False).pid)"
    )
    process = started(tmp_path, "-c", HOLD.replace('print("held"', f'{start}; print("held"'), str(PATIENCE))
    assert process.stdout is not None
    child = int(process.stdout.readline())
    try:
        assert process.stdout.readline() == "held\n"
        process.kill()
        process.wait()
        os.kill(child, 0)
        with locked(tmp_path / "kept", wait=False):
            pass
    finally:
        os.kill(child, signal.SIGKILL)
        process.communicate()


def test_who_waits_says_so_once_and_goes_on_when_the_owner_is_killed(tmp_path: Path) -> None:
    process, said = holding(tmp_path), list[str]()

    def say(sentence: str) -> None:
        said.append(sentence)
        os.kill(process.pid, signal.SIGKILL)

    with locked(tmp_path / "kept", announce=say):
        (sentence,) = said
        assert f"kept is in use by process {process.pid} on " in sentence
        assert sentence.endswith("waiting for it to end; --no-wait ends instead")
    process.communicate()


def test_who_waits_without_a_terminal_warns(tmp_path: Path) -> None:
    process = holding(tmp_path, 1.5)
    with pytest.warns(UserWarning, match="in use by process"), locked(tmp_path / "kept"):
        pass
    process.communicate()


@pytest.mark.parametrize("number", [errno.ENOLCK, errno.EOPNOTSUPP])
def test_a_file_system_without_locks_is_named_and_used(
    number: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(*_: Any) -> None:
        raise OSError(number, os.strerror(number))

    monkeypatch.setattr(fcntl, "flock", refuse)
    said: list[str] = []
    with locked(tmp_path, announce=said.append):
        assert list(tmp_path.iterdir()) == []
    assert said == [
        f"{tmp_path} is on a file system without locks: two commands at once do the same runs twice"
    ]
    assert holder(tmp_path) == ""


def test_a_system_without_locks_is_named_and_used(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("harness.runs.folder_lock.fcntl", None)
    said: list[str] = []
    with locked(tmp_path, announce=said.append):
        assert holder(tmp_path) == ""
    assert len(said) == 1


def test_two_commands_at_once_do_each_run_once(tmp_path: Path) -> None:
    (tmp_path / "mine.toml").write_text(EXPERIMENT, encoding="utf-8")
    pair = [started(tmp_path, *COMMAND, "run", "mine.toml", "--workers", "1") for _ in range(2)]
    outs = [process.communicate(timeout=PATIENCE)[0] for process in pair]
    assert [process.returncode for process in pair] == [0, 0]
    assert sum("60 runs done now, 0 found" in out for out in outs) == 1
    assert any("Nothing to run: 60 runs of this experiment found" in out for out in outs)
    rows = run_rows(tmp_path / "output/mine")
    assert (len(rows), rows.max()) == (60, 1)
    assert not (tmp_path / "output/mine" / NAME).exists()


def test_a_command_that_waits_goes_on_where_a_killed_one_was(tmp_path: Path) -> None:
    (tmp_path / "mine.toml").write_text(EXPERIMENT, encoding="utf-8")
    kept = tmp_path / "output/mine"
    first = started(tmp_path, *COMMAND, "run", "mine.toml", "--workers", "1", "--set", "budget=1000000")
    end = time.monotonic() + PATIENCE
    while not holder(kept) and time.monotonic() < end:
        time.sleep(0.02)
    second = started(tmp_path, *COMMAND, "run", "mine.toml", "--workers", "1", "--seeds", "3")
    assert second.stderr is not None
    line = second.stderr.readline()
    assert line.startswith(f"output/mine is in use by process {first.pid} on "), line
    first.send_signal(signal.SIGKILL)
    first.communicate(timeout=PATIENCE)
    out, err = second.communicate(timeout=PATIENCE)
    assert second.returncode == 0, err
    assert "6 runs done now, 0 found" in out
