"""Takes several workloads in turn, A B A B, and returns the seconds of each, round by round."""

from __future__ import annotations

import time
from collections.abc import Callable

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


def product_rate(repeats: int = 7, size: int = 1024) -> float:
    """Return the machine's own rate of matrix products in multiply-adds a second: what BLAS reaches."""
    a = np.random.default_rng(0).normal(size=(size, size))
    seconds = alternate({"dgemm": lambda: a @ a}, repeats)["dgemm"]
    return float(size**3 / np.median(seconds))
