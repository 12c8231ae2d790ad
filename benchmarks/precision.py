"""The same work of ours in single precision, and how far off it is.

A gradient step inside the compiled loop, and the losses of a population of 100. Under ``float64`` stands how
many times longer double precision takes, under ``error`` the largest relative difference of a loss, or that
of the gradient in its norm.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator

import numpy as np

from benchmarks.gradient_step import RATE, stepped, steps_for
from benchmarks.measurement import Row, compared
from benchmarks.population import population_of, repeated, times
from benchmarks.sizes import SIZES, Size
from benchmarks.timing import alternate
from harness.network.precision import DOUBLE, SINGLE, Precision
from optimizers import GradientDescent
from optimizers.objective import Array

BOTH = (SINGLE, DOUBLE)


def steps(size: Size) -> tuple[dict[str, Callable[[], object]], int, str, float]:
    """Return the work in both precisions, how much of it that is, its unit, and the gradient's error."""
    count = steps_for("ours", size)
    runs = {name: stepped(GradientDescent(learning_rate=RATE), size, count, precision=name) for name in BOTH}
    single, double = (size.objective(precision=name).value_and_gradient(size.start())[1] for name in BOTH)
    return dict(runs), count, "us", float(np.linalg.norm(single - double) / np.linalg.norm(double))


def populations(size: Size) -> tuple[dict[str, Callable[[], object]], int, str, float]:
    """Return the same of a population, with the largest error of a loss."""
    population = population_of(size)

    def of(name: Precision) -> Callable[[], Array]:
        objective = size.objective(precision=name)
        return lambda: objective.values(population)

    runs = {name: of(name) for name in BOTH}
    single, double = (runs[name]() for name in BOTH)
    # As often for both, as if each were the first.
    work = {name: repeated({"ours": run}, size)["ours"] for name, run in runs.items()}
    return work, times(size, "ours"), "ms", float((abs(single - double) / double).max())


def measure(repeats: int) -> Iterator[Row]:
    """Measure both kinds of work of every size."""
    for what, build, scale in (("gradient step", steps, 1e6), ("population", populations, 1e3)):
        for size in SIZES:
            work, count, unit, error = build(size)
            taken = alternate(work, repeats)
            mine, double = (scale * taken[name] / count for name in BOTH)
            said = f"{what}, {size.name}"
            yield compared("precision", said, DOUBLE, mine, double, unit)
            middles = float(np.median(mine)), float(np.median(double))
            yield compared("precision", said, "error", *middles, unit, ratio=error)
