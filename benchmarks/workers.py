"""What a second core brings: one sweep of over a minute by one process, by two workers, by two of Dask.

Whole commands with a warm cache, start and tables included, in turn. The first row says what the machine
itself gives: the same arithmetic without any waiting, in two processes at once against one after the other.
"""

from __future__ import annotations

import importlib.util
import statistics
import subprocess
import sys
from collections.abc import Iterator

from benchmarks.command_line import seconds_of
from benchmarks.measurement import Row
from benchmarks.timing import timed

SWEEP = ("run", "ga-vs-backprop", "--seeds", "100", "--executor")
ARITHMETIC = "s = 0.0\nfor i in range(40_000_000):\n    s += i * 1e-9"


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
    """Measure the sweep under each executor."""
    rounds = min(repeats, 3)
    one, two = (statistics.median(timed(work) for _ in range(rounds)) for work in (alone, at_once))
    yield Row("workers", "plain arithmetic", "one process", two, one, "s", one / two)
    executors = ["serial", "processes:workers=2"]
    if importlib.util.find_spec("distributed"):
        executors.append("dask:workers=2")
    else:
        print("dask is left out: the extra cluster is not installed", file=sys.stderr)
    seconds_of(*SWEEP[:2], "--seeds", "1")
    taken: dict[str, list[float]] = {executor: [] for executor in executors}
    for _ in range(rounds):
        for executor in executors:
            taken[executor].append(seconds_of(*SWEEP, executor))
    medians = {executor: statistics.median(found) for executor, found in taken.items()}
    for executor in executors[1:]:
        ratio = medians["serial"] / medians[executor]
        yield Row("workers", executor, "one process", medians[executor], medians["serial"], "s", ratio)
