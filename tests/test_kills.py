"""A command that is killed at any moment loses nothing that was finished, and leaves nothing behind."""

from __future__ import annotations

import contextlib
import itertools
import os
import signal
import subprocess
import sys
import time
from collections import Counter
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

import harness
from harness.results import Results

ROOT = Path(__file__).parent.parent
EXPERIMENT = """
problems = ["xor", "iris"]
optimizers = ["adam", "genetic-algorithm"]
seeds = 15
budget = 3_000
"""
SIGNALS = (signal.SIGKILL, signal.SIGTERM, signal.SIGINT)
CLOCKS = ["seconds", "observation_seconds", "compile_seconds"]
# What is started in the background of a shell ignores Ctrl-C, and so would its children.
BEGIN = "import signal; signal.signal(signal.SIGINT, signal.default_int_handler); "
COMMAND = [sys.executable, "-c", f"{BEGIN}from harness.cli.entry import main; main()", "run", "kills.toml"]
PATIENCE = 120.0
PLACES = ("serial", "processes:workers=2", "dask:workers=2")
ITSELF = "ended by itself"

pytestmark = pytest.mark.skipif(not Path("/proc").is_dir(), reason="processes are looked for in /proc")


def started(folder: Path, where: str, cache: Path | None) -> subprocess.Popen[str]:
    environment = {**os.environ, "PYTHONPATH": str(ROOT), "HARNESS_KILLS": str(folder)}
    if cache is not None:
        environment["NUMBA_CACHE_DIR"] = str(cache)
    # A group of its own, as a terminal has it: Ctrl-C goes to all of it.
    return subprocess.Popen(
        [*COMMAND, "--executor", where],
        cwd=folder,
        env=environment,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        process_group=0,
    )


def answers(process: subprocess.Popen[str]) -> bool:
    """Say whether Python has started, which answers signals in its own way, and the command has begun."""
    status = Path(f"/proc/{process.pid}/status").read_text(encoding="utf-8")
    caught = next((line for line in status.split("\n") if line.startswith("SigCgt")), "SigCgt 0")
    return process.poll() is not None or bool(int(caught.split()[1], 16) >> (signal.SIGTERM - 1) & 1)


def alive(folder: Path) -> list[int]:
    """Return the processes that a command in a folder has left."""
    mark, found = f"HARNESS_KILLS={folder}".encode(), []
    for place in Path("/proc").glob("[0-9]*"):
        try:
            marked = mark in (place / "environ").read_bytes().split(b"\0")
            if marked and "Z" not in (place / "stat").read_text():
                found.append(int(place.name))
        except OSError:
            continue
    return found


def settled(results: Results) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Return the tables in one order, without clocks and what names a process."""
    runs = results.runs.drop(columns=[*CLOCKS, "host", "provenance", "commit"])
    trace = results.trace.drop(columns="seconds")
    return runs, trace


def is_worker(number: int) -> bool:
    """Say whether a process does runs: the others that a pool has beside it do its housekeeping."""
    try:
        command = Path(f"/proc/{number}/cmdline").read_text(encoding="utf-8")
    except OSError:
        return False
    return "popen_loky_posix" in command or "spawn_main" in command


def bereaved(folder: Path, after: float, where: str, cache: Path | None, rng: np.random.Generator) -> str:
    """Kill a worker of a command, which goes on without it; return what happened."""
    folder.mkdir(parents=True)
    (folder / "kills.toml").write_text(EXPERIMENT, encoding="utf-8")
    process = started(folder, where, cache)
    time.sleep(after)
    workers: list[int] = []
    while process.poll() is None and not workers:
        workers = [number for number in alive(folder) if number != process.pid and is_worker(number)]
    with contextlib.suppress(ProcessLookupError):
        if workers:
            os.kill(int(rng.choice(workers)), signal.SIGKILL)
    _, err = process.communicate(timeout=PATIENCE)
    assert process.returncode == 0, err
    gone(folder)
    return "worker killed" if workers else ITSELF


def gone(folder: Path) -> None:
    """See that no process of a command is left after ten seconds."""
    end = time.monotonic() + 10.0
    while alive(folder) and time.monotonic() < end:
        time.sleep(0.1)
    assert not alive(folder), "processes are alive"


def killed(folder: Path, after: float, number: int, where: str, cache: Path | None) -> str:
    """Kill a command, see how it ended, resume it; return what it was doing."""
    folder.mkdir(parents=True)
    (folder / "kills.toml").write_text(EXPERIMENT, encoding="utf-8")
    process = started(folder, where, cache)
    while number != signal.SIGKILL and not answers(process):
        time.sleep(0.002)
    time.sleep(after)
    if process.poll() is None and number == signal.SIGINT:
        os.killpg(process.pid, number)
    elif process.poll() is None:
        process.send_signal(number)
    _, err = process.communicate(timeout=PATIENCE)
    ended_by_itself = process.returncode == 0
    if not ended_by_itself and number == signal.SIGKILL:
        assert process.returncode == -signal.SIGKILL, err
    elif not ended_by_itself:
        assert process.returncode == 128 + number, (process.returncode, err)
        last = err.strip().splitlines()[-1]
        assert last.startswith(f"harness: interrupted by {signal.Signals(number).name}; "), err
        assert "the same command goes on from here" in last
        assert "Traceback" not in err
    gone(folder)
    again = started(folder, "serial", cache)
    _, err = again.communicate(timeout=PATIENCE)
    assert again.returncode == 0, err
    kept = folder / "output/kills"
    assert not [path for path in kept.rglob("*") if path.name.startswith(".")]
    kinds = [{path.name.split(".")[0] for path in (kept / kind).iterdir()} for kind in ("runs", "trace")]
    assert kinds[0] == kinds[1]
    return ITSELF if ended_by_itself else signal.Signals(number).name


def study(place: Path, cases: int, cold_every: int) -> Counter[str]:
    folder = place / "undisturbed"
    folder.mkdir()
    (folder / "kills.toml").write_text(EXPERIMENT, encoding="utf-8")
    began = time.monotonic()
    process = started(folder, "serial", None)
    process.communicate(timeout=PATIENCE)
    assert process.returncode == 0
    # What it takes is mostly the start, the table and the figure: the runs are a second.
    found = time.monotonic() - began
    undisturbed = settled(harness.load(folder / "output/kills"))
    rng = np.random.default_rng(20261125)
    # The first is SIGTERM where there is one only: SIGKILL leaves nothing to be said.
    signals = SIGNALS if cases > 1 else SIGNALS[1:]
    places = PLACES if cases > 1 else PLACES[1:]
    counted: Counter[str] = Counter()
    # A command that was done before its signal came counts for nothing.
    for case in itertools.count():
        if sum(number for ended, number in counted.items() if not ended.startswith(ITSELF)) == cases:
            break
        cold = cold_every > 0 and case % cold_every == cold_every - 1
        number, where = signals[case % len(signals)], places[case // 3 % len(places)]
        after = float(rng.uniform(0.0, 20.0 if cold else found + 4.0))
        here, cache = place / str(case), place / f"cache{case}" if cold else None
        if where != "serial" and number == signal.SIGKILL and case % 2:
            ended = bereaved(here, after, where, cache, rng)
        else:
            ended = killed(here, after, number, where, cache)
        for table, expected in zip(settled(harness.load(here / "output/kills")), undisturbed, strict=True):
            pd.testing.assert_frame_equal(table, expected, check_exact=True)
        counted[f"{ended}, {where}, {'compiling' if cold else 'compiled'}"] += 1
    return counted


def test_a_sample_of_kills(tmp_path: Path) -> None:
    assert study(tmp_path, 1, 0).total() >= 1


@pytest.mark.slow
def test_two_hundred_kills(tmp_path: Path) -> None:
    counted = study(tmp_path, 200, 20)
    for ended, number in sorted(counted.items()):
        print(f"{ended}: {number}")
    assert counted.total() >= 200
