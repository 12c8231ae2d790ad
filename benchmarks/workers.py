"""What a second core brings: one sweep of minutes by one worker, by two, and by two of Dask on this machine.

Sweeps into a folder with a warm cache, in turn, the start of the workers included. The first row says what
the machine itself gives: the same arithmetic without any waiting, in two processes at once against one after
the other.
"""

from __future__ import annotations

import importlib.util
import subprocess
import sys
import tempfile
from collections.abc import Iterator

import numpy as np

from benchmarks.measurement import Row, compared
from benchmarks.timing import alternate, timed

SEEDS = 300
SWEEP = """
import sys
from pathlib import Path
from harness.sweeps.experiment_file import read_experiment
from harness.sweeps.sweep import sweep

folder, executor, seeds = sys.argv[1:]
sweep(read_experiment("ga-vs-backprop", seeds=int(seeds)), Path(folder), executor=executor)
"""
ARITHMETIC = "s = 0.0\nfor i in range(40_000_000):\n    s += i * 1e-9"


def swept(executor: str, seeds: int = SEEDS) -> float:
    """Return the seconds of a sweep, in a process and a folder of its own."""
    with tempfile.TemporaryDirectory() as folder:
        command = [sys.executable, "-c", SWEEP, folder, executor, str(seeds)]
        return timed(lambda: subprocess.run(command, check=True, capture_output=True))


def alone() -> None:
    """Do the arithmetic twice, one after the other."""
    for _ in range(2):
        subprocess.run([sys.executable, "-c", ARITHMETIC], check=True)


def at_once() -> None:
    """Do the arithmetic in two processes."""
    processes = [subprocess.Popen([sys.executable, "-c", ARITHMETIC]) for _ in range(2)]
    codes = [process.wait() for process in processes]
    if any(codes):
        raise SystemExit("a process of plain arithmetic has failed")


def measure(repeats: int) -> Iterator[Row]:
    """Measure the sweep by one worker and by two."""
    rounds = min(repeats, 3)
    arithmetic = alternate({"one": alone, "two": at_once}, rounds)
    yield compared("workers", "plain arithmetic", "one process", arithmetic["two"], arithmetic["one"], "s")
    executors = ["processes:workers=1", "processes:workers=2"]
    if importlib.util.find_spec("distributed"):
        executors.append("dask:workers=2")
    else:
        print("dask is left out: the extra cluster is not installed", file=sys.stderr)
    swept("serial", 1)
    taken: dict[str, list[float]] = {executor: [] for executor in executors}
    for _ in range(rounds):
        for executor in executors:
            taken[executor].append(swept(executor))
    for executor in executors[1:]:
        mine, theirs = (np.array(taken[name]) for name in (executor, executors[0]))
        yield compared("workers", executor, "one worker", mine, theirs, "s")
