"""What a benchmark hands back: one row a peer and a piece of work."""

from __future__ import annotations

import importlib
import importlib.util
import math
import platform
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path

import numpy as np

from optimizers.objective import Array

PEERS = {
    "torch": "torch",
    "torch-compile": "torch",
    "jax": "jax",
    "evosax": "evosax",
    "pygmo": "pygmo",
    "pygmo, NumPy": "pygmo",
    "pycma": "cma",
    "nevergrad": "nevergrad",
    "nevergrad, NumPy": "nevergrad",
    "scikit-learn": "sklearn",
    "pygad": "pygad",
    "pygad.gann": "pygad",
    "pygad.torchga": "torch",
    "benchopt": "benchopt",
}
"""The module that each peer needs; those that are not here need none."""

NEEDS_MORE = {"fann": "benchmarks.fann_network"}
"""Peers that are no package of Python: the module whose ``library`` finds them, or says why it does not."""


@dataclass(frozen=True)
class Row:
    """One line of the table.

    Attributes:
        benchmark: name of the benchmark.
        work: what was done, such as the network and its rows.
        peer: whom or what it is held against.
        ours: our own time, or what else was measured: the median of the rounds.
        theirs: the peer's, in the same unit.
        unit: unit of both.
        ratio: what the benchmark says it is; most often ``theirs / ours``, above 1 where the peer is slower.
            The median of the ratios of each round, in which both were measured one after the other.
        rounds: times that both were measured.
        ours_low, ours_high, theirs_low, theirs_high, ratio_low, ratio_high: lower and upper quartile of the
            rounds; NaN where there is one round only.
    """

    benchmark: str
    work: str
    peer: str
    ours: float
    theirs: float
    unit: str
    ratio: float
    rounds: int = 1
    ours_low: float = math.nan
    ours_high: float = math.nan
    theirs_low: float = math.nan
    theirs_high: float = math.nan
    ratio_low: float = math.nan
    ratio_high: float = math.nan


Rounds = float | Array
"""What was measured in each round, or one number for them all, such as a limit."""


def compared(
    benchmark: str,
    work: str,
    peer: str,
    ours: Rounds,
    theirs: Rounds,
    unit: str,
    ratio: Rounds | None = None,
) -> Row:
    """Return medians and quartiles of what was measured round by round; the ratio is theirs over ours.

    >>> row = compared("population", "xor", "jax", np.array([1.0, 2.0, 3.0]), np.array([4.0, 4.0, 6.0]), "ms")
    >>> row.ours, row.theirs, row.ratio, row.ratio_low, row.rounds
    (2.0, 4.0, 2.0, 2.0, 3)
    """
    samples = np.broadcast_arrays(
        *np.atleast_1d(ours, theirs, np.divide(theirs, ours) if ratio is None else ratio)
    )
    middles = [float(np.median(sample)) for sample in samples]
    rounds, quartiles = len(samples[0]), [math.nan] * 6
    if rounds > 1:
        quartiles = [float(part) for sample in samples for part in np.quantile(sample, (0.25, 0.75))]
    return Row(benchmark, work, peer, *middles[:2], unit, middles[2], rounds, *quartiles)


Measure = Callable[[int], Iterator[Row]]
"""A benchmark: takes the number of repeats, yields rows as they are measured."""


def installed(*peers: str) -> list[str]:
    """Return the peers that are installed, and name those that are not."""
    found = []
    for peer in peers:
        if peer in NEEDS_MORE:
            if importlib.import_module(NEEDS_MORE[peer]).library() is not None:
                found.append(peer)
        elif importlib.util.find_spec(PEERS.get(peer, "numpy")):
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
    """Describe the machine, the day, and the versions of everybody measured."""
    import numba

    from benchmarks import fann_network

    cpu = platform.processor() or platform.machine()
    described = Path("/proc/cpuinfo")
    if described.exists():
        for line in described.read_text(encoding="utf-8").splitlines():
            if line.startswith("model name"):
                cpu = line.partition(":")[2].strip()
                break
    names = ["numpy", "scipy", "numba", "pygad", "torch", "jax", "evosax", "pygmo", "cma", "nevergrad"]
    names += ["scikit-learn", "benchopt"]
    modules = {"scikit-learn": "sklearn"}
    return {
        "cpu": cpu,
        "threads": str(numba.config.NUMBA_NUM_THREADS),
        "system": f"{platform.system()} {platform.machine()}",
        "date": datetime.now(UTC).date().isoformat(),
        "python": platform.python_version(),
        **{name: version(name) for name in names if importlib.util.find_spec(modules.get(name, name))},
        **fann_network.versions(),
    }
