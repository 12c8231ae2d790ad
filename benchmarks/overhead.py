"""What the harness itself takes: 1,000 runs of 100 iterations on xor, with full trace and store.

From the seconds of ``harness.run`` those of the same iterations in bare compiled loops are taken off.
benchopt does the like of it: the same steps in NumPy, as many points of the curve, with its cache and its
file of results; the seconds of the bare NumPy steps are taken off.
"""

from __future__ import annotations

import contextlib
import io
import shutil
import statistics
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np

import harness
from benchmarks.measurement import Row, installed
from optimizers import GradientDescent

ITERATIONS, RUNS, BENCHOPT_RUNS = 100, 1000, 100
DESCENT = GradientDescent(learning_rate=0.5)


def timed(work: Callable[[], object]) -> float:
    began = time.perf_counter()
    work()
    return time.perf_counter() - began


def whole(runs: int) -> None:
    with tempfile.TemporaryDirectory() as folder:
        results = harness.run(
            "xor",
            DESCENT,
            seeds=runs,
            budget=harness.Budget(iterations=ITERATIONS),
            folder=Path(folder) / "xor",
        )
        if len(results.runs) != runs or not (results.runs["iterations"] == ITERATIONS).all():
            raise SystemExit("the harness has not done the runs that were asked for")


def bare(runs: int) -> float:
    """Return the seconds of the iterations alone, one stretch a run."""
    problem = harness.problems.load("xor")
    objective, rng = problem.objective(), np.random.default_rng(0)
    start = problem.start()

    def loops() -> None:
        for _ in range(runs):
            DESCENT.run(
                objective, start, rng, lambda w, *, iterations=0, **_: 0 if iterations else ITERATIONS
            )

    loops()
    return timed(loops)


def in_benchopt(runs: int) -> float:
    """Return the seconds that benchopt takes for so many repetitions."""
    import benchopt

    with tempfile.TemporaryDirectory() as folder:
        place = Path(folder) / "xor"
        shutil.copytree(Path(__file__).parent / "benchopt_xor", place)
        with contextlib.redirect_stdout(io.StringIO()), contextlib.redirect_stderr(io.StringIO()):
            return timed(
                lambda: benchopt.run_benchmark(
                    str(place),
                    n_repetitions=runs,
                    max_runs=ITERATIONS,
                    plot_result=False,
                    display=False,
                    html=False,
                    show_progress=False,
                )
            )


def numpy_steps() -> float:
    """Return the seconds of one run's steps in NumPy, nothing else."""
    from benchmarks.benchopt_xor.solvers.descent import Solver

    solver = Solver()
    solver.set_objective(*harness.problems.load("xor").data()[:2])
    solver.y = solver.y.ravel()
    return statistics.median(timed(lambda: solver.run(lambda: True)) for _ in range(50))


def measure(repeats: int) -> Iterator[Row]:
    """Measure milliseconds a run."""
    whole(10)
    seconds = statistics.median(timed(lambda: whole(RUNS)) for _ in range(min(repeats, 5)))
    mine = 1e3 * (seconds - bare(RUNS)) / RUNS
    yield Row("overhead", f"{RUNS} runs on xor", "1 ms", mine, 1.0, "ms a run", 1.0 / mine)
    if installed("benchopt"):
        in_benchopt(2)
        taken = statistics.median(in_benchopt(BENCHOPT_RUNS) for _ in range(min(repeats, 3)))
        theirs = 1e3 * (taken / BENCHOPT_RUNS - numpy_steps())
        yield Row("overhead", f"{RUNS} runs on xor", "benchopt", mine, theirs, "ms a run", theirs / mine)
