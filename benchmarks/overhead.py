"""What the harness itself takes: 1,000 runs of 100 iterations on xor, with full trace and store.

From the time of ``harness.run`` that of the same iterations in bare compiled loops is taken off.
benchopt does the like of it: the same steps in NumPy, as many points of the curve, with its cache and its
file of results, once with callbacks and once in its default way, which runs the solver anew for each point;
the time of the bare NumPy steps is taken off.

All times are of processors, of all threads of this process: what the work takes of a machine, whatever else
goes on there. By a clock on the wall the same work has read a third more where others shared two cores. Both
commands print the same number, medians of the same measurements.

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
from benchmarks.measurement import Row, compared, installed
from harness.runs import execution, single_run, store
from harness.sweeps import sweep
from optimizers import GradientDescent
from optimizers.descent import base
from optimizers.objective import Array

ITERATIONS, RUNS, POINTS = 100, 1000, 29
BENCHOPT_ROUNDS = 3
DESCENT = GradientDescent(learning_rate=0.5)


def taken_by(work: Callable[[], object]) -> float:
    """Return the seconds of processors of one piece of work."""
    began = time.process_time()
    work()
    return time.process_time() - began


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
    """Return the seconds of processors of the iterations alone, one stretch a run."""
    problem = harness.problems.load("xor")
    objective, rng = problem.objective(), np.random.default_rng(0)
    start = problem.start()

    def loops() -> None:
        for _ in range(runs):
            DESCENT.run(
                objective, start, rng, lambda w, *, iterations=0, **_: 0 if iterations else ITERATIONS
            )

    loops()
    return taken_by(loops)


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


OWN = "the harness's own"


def milliseconds_a_run(repeats: int) -> dict[str, Array]:
    """Return where the milliseconds of a run go, time by time."""
    whole(10)
    taken: list[dict[str, float]] = []
    for _ in range(repeats):
        with timed_parts() as seconds:
            all_of_it = taken_by(lambda: whole(RUNS))
        taken.append({"all": all_of_it, **seconds, "bare iterations": bare(RUNS)})
    parts = {name: 1e3 * np.array([one[name] for one in taken]) / RUNS for name in taken[0]}
    return {**parts, OWN: parts["all"] - parts["bare iterations"]}


def main(repeats: int = 7) -> None:
    """Print where the milliseconds of a run go."""
    for name, milliseconds in milliseconds_a_run(repeats).items():
        print(f"{np.median(milliseconds):8.4f} ms a run  {name}")


def in_benchopt(strategy: str) -> float:
    """Return the seconds of processors that benchopt takes for all its runs beside the steps themselves."""
    import benchopt

    with tempfile.TemporaryDirectory() as folder:
        place = Path(folder) / "xor"
        example = shutil.ignore_patterns("harness_optimizers.py")
        shutil.copytree(Path(__file__).parent / "benchopt_xor", place, ignore=example)
        with contextlib.redirect_stdout(io.StringIO()), contextlib.redirect_stderr(io.StringIO()):
            seconds = taken_by(
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
    """Return the seconds of processors of the steps of those runs in NumPy, nothing else."""
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
    return len(SEEDS) * statistics.median(taken_by(work) for _ in range(20))


def measure(repeats: int) -> Iterator[Row]:
    """Measure milliseconds a run, benchopt's in turn with ours."""
    strategies = ("callback", "iteration") if installed("benchopt") else ()
    mine: list[float] = []
    theirs: dict[str, list[float]] = {strategy: [] for strategy in strategies}
    for number in range(min(repeats, 7)):
        mine.append(float(milliseconds_a_run(1)[OWN][0]))
        for strategy in strategies if number < BENCHOPT_ROUNDS else ():
            theirs[strategy].append(1e3 * in_benchopt(strategy))
    work, ours = f"{RUNS} runs on xor", np.array(mine)
    yield compared("overhead", work, "1 ms", ours, 1.0, "ms a run")
    for strategy, milliseconds in theirs.items():
        from benchmarks.benchopt_xor.datasets.xor import SEEDS

        other = np.array(milliseconds) / len(SEEDS)
        yield compared("overhead", work, f"benchopt, {strategy}", ours[: len(other)], other, "ms a run")


if __name__ == "__main__":
    main()
