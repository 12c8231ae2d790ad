"""A descent of 64-32-10 on two threads, alone and beside two other processes that never rest.

A run goes on for about two seconds by itself, step by step. ``ours`` are milliseconds of a step, or seconds
of a whole run, beside the others; ``alone`` the same without them. Bars: with as many others as there are
cores a run keeps half of each, so it should take no more than twice as long; and among the runs beside the
others the longest should take less than 1.5 times the shortest.
"""

from __future__ import annotations

import contextlib
import os
import subprocess
import sys
import time
from collections.abc import Iterator
from typing import Any

import numpy as np

from benchmarks.measurement import Row, compared
from benchmarks.sizes import SIZES, Size
from benchmarks.timing import REST
from optimizers import GradientDescent
from optimizers.objective import Array

SIZE = SIZES[3]
OTHERS = 2
SECONDS, RUNS = 2.0, 10
SPREAD = 1.5
"""The most that the longest run should take of the shortest."""

SPIN = "while True:\n    pass"
PARTS = {"median": 0.5, "90 %": 0.9, "99 %": 0.99, "worst": 1.0}


def steps_taken(size: Size, steps: int) -> Array:
    """Return the seconds of each of some steps of one run."""
    objective, times = size.objective(), []

    def observe(w: Array, *, iterations: int = 0, **_: Any) -> int:
        times.append(time.perf_counter())
        return 1 if len(times) <= steps else 0

    GradientDescent(learning_rate=0.01).run(objective, size.start(), np.random.default_rng(0), observe)
    return np.diff(times)


@contextlib.contextmanager
def others_at_work(count: int) -> Iterator[None]:
    """Keep so many other processes busy until the block ends."""
    processes = [subprocess.Popen([sys.executable, "-c", SPIN]) for _ in range(count)]
    try:
        time.sleep(0.5)
        yield
    finally:
        for process in processes:
            process.kill()
            process.wait()


def lost(others: int, cores: int) -> float:
    """Return how many times as long a run takes that is given its fair share of each core.

    >>> lost(2, 2), lost(0, 2)
    (2.0, 1.0)
    """
    return (cores + others) / cores


def measure(repeats: int) -> Iterator[Row]:
    """Measure whole runs and their steps, alone and beside the others, in turn."""
    steps = max(10, round(SECONDS / float(np.median(steps_taken(SIZE, 50)))))
    alone, beside = [], []
    for _ in range(min(repeats, RUNS)):
        time.sleep(REST)
        alone.append(steps_taken(SIZE, steps))
        with others_at_work(OTHERS):
            beside.append(steps_taken(SIZE, steps))
    fair = lost(OTHERS, len(os.sched_getaffinity(0)))
    for name, part in PARTS.items():
        mine, by_itself = (
            np.array([1e3 * float(np.quantile(run, part)) for run in runs]) for runs in (beside, alone)
        )
        yield compared("busy", f"a step, {name}", "alone", mine, by_itself, "ms", mine / by_itself)
    mine, by_itself = (np.array([float(run.sum()) for run in runs]) for runs in (beside, alone))
    yield compared("busy", f"a run of {steps} steps", "alone", mine, by_itself, "s", mine / by_itself)
    yield compared("busy", f"a run of {steps} steps", f"{fair:g} times alone", mine, fair * by_itself, "s")
    spread = float(mine.max() / mine.min())
    yield compared("busy", "longest run over shortest", f"{SPREAD:g}", spread, SPREAD, "times")
