"""Takes several workloads in turn, A B A B, and returns the seconds of each, round by round."""

from __future__ import annotations

import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from threading import Barrier

import numpy as np

from optimizers.objective import Array

REST = 0.1
"""Seconds between two measurements. The threads of JAX, of OpenBLAS and of our own wait awake for more work
for a while, and share the cores with whoever is next: without a rest populations took twice as long."""


def timed(workload: Callable[[], object]) -> float:
    """Return the seconds of one piece of work."""
    began = time.perf_counter()
    workload()
    return time.perf_counter() - began


def alternate(workloads: dict[str, Callable[[], object]], repeats: int) -> dict[str, Array]:
    """Run each workload once unmeasured, then all in turn; return the seconds of each in every round."""
    taken: dict[str, list[float]] = {name: [] for name in workloads}
    for workload in workloads.values():
        workload()
    for _ in range(repeats):
        for name, workload in workloads.items():
            time.sleep(REST)
            taken[name].append(timed(workload))
    return {name: np.array(seconds) for name, seconds in taken.items()}


def at_once(threads: int, work: Callable[[int], object]) -> float:
    """Let so many threads work at the same time, each with its number; return the seconds of them all.

    The work has to let go of Python's lock. The clock runs from the first to begin to the last to end.
    """
    if threads == 1:
        return timed(lambda: work(0))
    ready = Barrier(threads)

    def share(thread: int) -> tuple[float, float]:
        ready.wait()
        began = time.perf_counter()
        work(thread)
        return began, time.perf_counter()

    with ThreadPoolExecutor(threads) as pool:
        spans = list(pool.map(share, range(threads)))
    return max(end for _, end in spans) - min(began for began, _ in spans)


def product_rate(repeats: int = 7, size: int = 1024) -> float:
    """Return the machine's own rate of matrix products in multiply-adds a second: what BLAS reaches."""
    a = np.random.default_rng(0).normal(size=(size, size))
    seconds = alternate({"dgemm": lambda: a @ a}, repeats)["dgemm"]
    return float(size**3 / np.median(seconds))
