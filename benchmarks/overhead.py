"""What the harness itself takes: 1,000 runs of 100 iterations on xor, with full trace and store.

From the seconds of ``harness.run`` those of the same iterations in bare compiled loops are taken off.
benchopt does the like of it: the same steps in NumPy, as many points of the curve, with its cache and its
file of results, once with callbacks and once in its default way, which runs the solver anew for each point;
the seconds of the bare NumPy steps are taken off.

    python -m benchmarks overhead        against benchopt
    python -m benchmarks.overhead        where the time goes
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
from typing import Any

import numpy as np

import harness
from benchmarks.measurement import Row, installed
from benchmarks.timing import timed
from harness.runs import execution, single_run, store
from harness.sweeps import sweep
from optimizers import GradientDescent
from optimizers.descent import base

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


def bare(runs: int, clock: Callable[[], float] = time.perf_counter) -> float:
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
    began = clock()
    loops()
    return clock() - began


PARTS: dict[str, tuple[Any, str]] = {
    "declaring the runs": (sweep, "plan"),
    "blocks of runs, with starts, looks, rows and traces": (execution, "done_together"),
    "of that the iterations": (base, "descend"),
    "runs that go alone": (single_run.Run, "search"),
    "measuring those, rows and traces": (execution, "finish"),
    "writing parts": (store.Store, "append"),
    "reading them again": (store.Store, "load"),
    "plan and provenance": (store.Store, "write_plan"),
}
"""Functions that runs go through, none of the first level within another."""


@contextlib.contextmanager
def timed_parts() -> Iterator[dict[str, float]]:
    """Add up the seconds of each of the parts."""
    seconds = dict.fromkeys(PARTS, 0.0)
    before = {name: getattr(owner, function) for name, (owner, function) in PARTS.items()}

    def counted(name: str) -> Any:
        def call(*arguments: Any, **options: Any) -> Any:
            began = time.process_time()
            try:
                return before[name](*arguments, **options)
            finally:
                seconds[name] += time.process_time() - began

        return call

    for name, (owner, function) in PARTS.items():
        setattr(owner, function, counted(name))
    try:
        yield seconds
    finally:
        for name, (owner, function) in PARTS.items():
            setattr(owner, function, before[name])


def main(repeats: int = 7) -> None:
    """Print where the milliseconds of a run go, of the processor's time: medians of several times."""
    whole(10)
    taken: list[dict[str, float]] = []
    for _ in range(repeats):
        with timed_parts() as seconds:
            began = time.process_time()
            whole(RUNS)
            whole_seconds = time.process_time() - began
        taken.append({"all": whole_seconds, **seconds, "bare iterations": bare(RUNS, time.process_time)})
    parts = {name: statistics.median(one[name] for one in taken) for name in taken[0]}
    parts["the harness's own"] = parts["all"] - parts["bare iterations"]
    for name, total in parts.items():
        print(f"{1e3 * total / RUNS:8.4f} ms a run  {name}")


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


if __name__ == "__main__":
    main()
