"""How time and memory grow: with rows, iterations and runs, over two decades.

Time should grow in proportion (slope 1 on log-log axes); memory should not grow with iterations or runs (the
ratio is the most memory at the top of the range over that at its bottom, each in a process of its own).
"""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable, Iterator

import numpy as np

from benchmarks.gradient_step import stepped
from benchmarks.measurement import Row, compared
from benchmarks.sizes import Size
from benchmarks.timing import alternate
from optimizers import GradientDescent

DECADES = (1, 3, 10, 30, 100)

IN_A_PROCESS = """
import harness, optimizers, tempfile
from pathlib import Path

def run(iterations, runs):
    with tempfile.TemporaryDirectory() as folder:
        harness.run("xor", optimizers.GradientDescent(learning_rate=1e-9), seeds=runs,
            budget=harness.Budget(iterations=iterations), folder=Path(folder) / "xor")

run(100, 2)
# Forget the peak of importing and compiling, which is higher than anything that follows.
Path("/proc/self/clear_refs").write_text("5")
run({iterations}, {runs})
peak = next(line for line in Path("/proc/self/status").read_text().splitlines() if "VmHWM" in line)
print(int(peak.split()[1]) / 1024)
"""


def slope(amounts: list[int], seconds: list[float]) -> float:
    return float(np.polyfit(np.log(amounts), np.log(seconds), 1)[0])


def run_of(iterations: int, runs: int) -> Callable[[], object]:
    import harness

    descent = GradientDescent(learning_rate=1e-9)
    budget = harness.Budget(iterations=iterations)
    return lambda: harness.run("two-moons", descent, seeds=runs, budget=budget)


def memory_of(iterations: int, runs: int) -> float:
    """Return the most memory of a process that does so much, in megabytes."""
    code = IN_A_PROCESS.format(iterations=iterations, runs=runs)
    return float(
        subprocess.run([sys.executable, "-c", code], capture_output=True, check=True, text=True).stdout
    )


def measure(repeats: int) -> Iterator[Row]:
    """Measure the three slopes, and memory at both ends."""
    ranges: dict[str, tuple[list[int], Callable[[int], Callable[[], object]]]] = {
        "rows of a gradient": (
            [2_000 * part for part in DECADES],
            lambda rows: stepped(GradientDescent(learning_rate=0.01), Size((30, 16, 1), rows), 20),
        ),
        "iterations of a run": ([10_000 * part for part in DECADES], lambda count: run_of(count, 1)),
        "runs": ([10 * part for part in DECADES], lambda count: run_of(200, count)),
    }
    for name, (amounts, build) in ranges.items():
        seconds = [alternate({name: build(amount)}, min(repeats, 3))[name] for amount in amounts]
        slopes = np.array([slope(amounts, list(one_round)) for one_round in zip(*seconds, strict=True)])
        work = f"{name}, {amounts[0]} to {amounts[-1]}"
        yield compared("growth", work, "slope 1", seconds[0], seconds[-1], "s", slopes)
    for name, small, large in (
        ("memory, 1e3 to 1e5 iterations", (1_000, 2), (100_000, 2)),
        ("memory, 10 to 1000 runs", (100, 10), (100, 1_000)),
    ):
        rounds = range(min(repeats, 3))
        low, high = np.transpose([(memory_of(*small), memory_of(*large)) for _ in rounds])
        yield compared("growth", name, "flat", low, high, "MB")
