"""What a person waits for: ``harness list``, the quickstart, and the first command of README.md.

Cold is an empty cache of machine code, in a folder of its own; results go into a new folder each time.
"""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
from collections.abc import Iterator

import numpy as np

from benchmarks.measurement import Row, compared
from benchmarks.timing import timed

QUICKSTART, MAIN_JOB = ("run", "quickstart"), ("run", "ga-vs-backprop")


def seconds_of(*arguments: str, cold: bool = False) -> float:
    """Return the seconds of one call of the command, in a folder of its own."""
    command = [sys.executable, "-c", "from harness.cli.entry import main; main()", *arguments]
    with tempfile.TemporaryDirectory() as folder, tempfile.TemporaryDirectory() as cache:
        environment = {**os.environ, **({"NUMBA_CACHE_DIR": cache} if cold else {})}
        return timed(
            lambda: subprocess.run(command, cwd=folder, env=environment, check=True, capture_output=True)
        )


def measure(repeats: int) -> Iterator[Row]:
    """Measure seconds, against the most that they should be."""
    calls = min(repeats, 5)
    # So that what is warm is.
    seconds_of(*QUICKSTART)
    for work, limit, arguments, cold in (
        ("harness list", 0.3, ("list",), False),
        ("quickstart, warm", 1.2, QUICKSTART, False),
        ("quickstart, cold", 8.0, QUICKSTART, True),
        ("ga-vs-backprop, cold", 20.0, MAIN_JOB, True),
    ):
        times = min(calls, 3) if cold else calls
        taken = np.array([seconds_of(*arguments, cold=cold) for _ in range(times)])
        yield compared("command-line", work, f"{limit:g} s", taken, limit, "s")
