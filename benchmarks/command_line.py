"""What a person waits for: ``harness list``, and the quickstart with a warm cache and with an empty one."""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
from collections.abc import Iterator

import numpy as np

from benchmarks.measurement import Row, compared
from benchmarks.timing import timed


def seconds_of(*arguments: str, **environment: str) -> float:
    """Return the seconds of one call of the command, in a folder of its own."""
    command = [sys.executable, "-c", "from harness.cli.entry import main; main()", *arguments]
    with tempfile.TemporaryDirectory() as folder:
        return timed(
            lambda: subprocess.run(
                command, cwd=folder, env={**os.environ, **environment}, check=True, capture_output=True
            )
        )


def measure(repeats: int) -> Iterator[Row]:
    """Measure seconds, against the most that they should be."""
    calls = min(repeats, 5)
    seconds_of("run", "quickstart")
    for work, limit, arguments in (
        ("harness list", 0.8, ["list"]),
        ("quickstart, warm", 3.0, ["run", "quickstart"]),
    ):
        taken = np.array([seconds_of(*arguments) for _ in range(calls)])
        yield compared("command-line", work, f"{limit:g} s", taken, limit, "s")
    cold = []
    for _ in range(min(repeats, 3)):
        with tempfile.TemporaryDirectory() as cache:
            cold.append(seconds_of("run", "quickstart", NUMBA_CACHE_DIR=cache))
    yield compared("command-line", "quickstart, cold", "30 s", np.array(cold), 30.0, "s")
