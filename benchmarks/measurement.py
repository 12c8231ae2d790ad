"""What a benchmark hands back: one row a peer and a piece of work."""

from __future__ import annotations

import importlib.util
import platform
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path

import numpy as np

PEERS = {
    "torch": "torch",
    "torch-compile": "torch",
    "jax": "jax",
    "evosax": "evosax",
    "pygmo": "pygmo",
    "pygmo, NumPy": "pygmo",
    "pycma": "cma",
    "nevergrad": "nevergrad",
    "scikit-learn": "sklearn",
    "pygad": "pygad",
    "pygad.gann": "pygad",
    "pygad.torchga": "torch",
    "benchopt": "benchopt",
}
"""The module that each peer needs; those that are not here need none."""


@dataclass(frozen=True)
class Row:
    """One line of the table.

    Attributes:
        benchmark: name of the benchmark.
        work: what was done, such as the network and its rows.
        peer: whom or what it is held against.
        ours: our own time, or what else was measured.
        theirs: the peer's, in the same unit.
        unit: unit of both.
        ratio: what the benchmark says it is; most often ``theirs / ours``, above 1 where the peer is slower.
    """

    benchmark: str
    work: str
    peer: str
    ours: float
    theirs: float
    unit: str
    ratio: float


Measure = Callable[[int], Iterator[Row]]
"""A benchmark: takes the number of repeats, yields rows as they are measured."""


def installed(*peers: str) -> list[str]:
    """Return the peers that are installed, and name those that are not."""
    found = []
    for peer in peers:
        if importlib.util.find_spec(PEERS.get(peer, "numpy")):
            found.append(peer)
        else:
            print(f"{peer} is left out: the package {PEERS[peer]} is not installed", file=sys.stderr)
    return found


def check_same(work: str, numbers: dict[str, float | np.ndarray], tolerance: float = 1e-9) -> None:
    """Stop where two parties that did the same work have come to different numbers.

    Raises:
        SystemExit: with the work, the party and both numbers.
    """
    names = list(numbers)
    expected = np.asarray(numbers[names[0]])
    for name in names[1:]:
        found = np.asarray(numbers[name])
        if found.shape != expected.shape or not np.allclose(found, expected, rtol=tolerance, atol=tolerance):
            raise SystemExit(f"{work}: {name} came to {found}, {names[0]} to {expected}")


def machine() -> dict[str, str]:
    """Describe the machine and the versions of everybody measured."""
    import numba

    cpu = platform.processor() or platform.machine()
    described = Path("/proc/cpuinfo")
    if described.exists():
        for line in described.read_text(encoding="utf-8").splitlines():
            if line.startswith("model name"):
                cpu = line.partition(":")[2].strip()
                break
    names = ["numpy", "numba", "pygad", "torch", "jax", "evosax", "scikit-learn", "benchopt"]
    modules = {"scikit-learn": "sklearn"}
    return {
        "cpu": cpu,
        "threads": str(numba.config.NUMBA_NUM_THREADS),
        "python": platform.python_version(),
        **{name: version(name) for name in names if importlib.util.find_spec(modules.get(name, name))},
    }
