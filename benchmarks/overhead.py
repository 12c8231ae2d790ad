"""What the harness itself takes: 1,000 runs of 100 iterations on xor, with full trace and store.

From the seconds of ``harness.run`` those of the same iterations in bare compiled loops are taken off.
benchopt does the like of it: the same steps in NumPy, as many points of the curve, with its cache and its
file of results, once with callbacks and once in its default way, which runs the solver anew for each point;
the seconds of the bare NumPy steps are taken off.
"""

from __future__ import annotations

import contextlib
import io
import shutil
import statistics
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np

import harness
from benchmarks.measurement import Row, installed
from benchmarks.timing import timed
from optimizers import GradientDescent

ITERATIONS, RUNS, POINTS = 100, 1000, 29
DESCENT = GradientDescent(learning_rate=0.5)


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


def in_benchopt(strategy: str) -> float:
    """Return the seconds that benchopt takes for all its runs beside the steps themselves."""
    import benchopt

    with tempfile.TemporaryDirectory() as folder:
        place = Path(folder) / "xor"
        shutil.copytree(Path(__file__).parent / "benchopt_xor", place)
        with contextlib.redirect_stdout(io.StringIO()), contextlib.redirect_stderr(io.StringIO()):
            seconds = timed(
                lambda: benchopt.run_benchmark(
                    str(place),
                    solver_names=[strategy],
                    max_runs=POINTS,
                    plot_result=False,
                    display=False,
                    html=False,
                    show_progress=False,
                )
            )
    return seconds - steps_of(strategy)


def steps_of(strategy: str) -> float:
    """Return the seconds of the steps of those runs in NumPy, nothing else."""
    from benchmarks.benchopt_xor.datasets.xor import SEEDS
    from benchmarks.benchopt_xor.solvers.callback import LOOKS, STEPS
    from benchmarks.benchopt_xor.solvers.callback import Solver as Once
    from benchmarks.benchopt_xor.solvers.iteration import Solver as Anew

    X, Y = harness.problems.load("xor").data()[:2]
    solver: Any = Once() if strategy == "callback" else Anew()
    solver.set_objective(X, Y.ravel())
    if strategy == "callback":
        work = lambda: solver.run(lambda: True)  # noqa: E731
    else:
        points = sorted(look for look in LOOKS if look <= STEPS)
        work = lambda: [solver.run(point) for point in points]  # noqa: E731
    return len(SEEDS) * statistics.median(timed(work) for _ in range(20))


def measure(repeats: int) -> Iterator[Row]:
    """Measure milliseconds a run."""
    whole(10)
    seconds = statistics.median(timed(lambda: whole(RUNS)) for _ in range(min(repeats, 5)))
    mine = 1e3 * (seconds - bare(RUNS)) / RUNS
    yield Row("overhead", f"{RUNS} runs on xor", "1 ms", mine, 1.0, "ms a run", 1.0 / mine)
    if not installed("benchopt"):
        return
    from benchmarks.benchopt_xor.datasets.xor import SEEDS

    for strategy in ("callback", "iteration"):
        taken = statistics.median(in_benchopt(strategy) for _ in range(min(repeats, 3)))
        theirs = 1e3 * taken / len(SEEDS)
        peer = f"benchopt, {strategy}"
        yield Row("overhead", f"{RUNS} runs on xor", peer, mine, theirs, "ms a run", theirs / mine)
