"""Times this project's own part of every benchmark once, in whatever checkout it is started from.

``benchmarks.against`` starts it in two checkouts in turn. It takes the pieces of work from the benchmarks of
the checkout, so that each is written against the contracts of its own time, and prints seconds as JSON.
"""

from __future__ import annotations

import itertools
import json
import sys
from collections.abc import Callable, Iterator

import numpy as np

from benchmarks import command_line, comparison, epoch, generation, gradient_step, overhead, population
from benchmarks.sizes import SIZES
from benchmarks.timing import alternate

REPEATS = 3


def short_works() -> Iterator[tuple[str, Callable[[], object], int]]:
    """Yield name, work and how many units of it one call does."""
    for size in SIZES:
        for source, build in (("analytic", gradient_step.ours), ("autodiff", gradient_step.by_autodiff)):
            steps = gradient_step.steps_for("ours", size)
            yield f"gradient-step, {source}, {size.name}", build(size, steps), steps
    for size, batch in itertools.product(epoch.SIZES, epoch.BATCHES):
        epochs = epoch.epochs_of("ours", size, batch)
        yield f"epoch, {size.name} by {batch}", epoch.ours(size, batch, epochs), epochs
    for size in SIZES:
        times = population.times(size, "ours")
        work = population.repeated({"ours": population.ours(size)}, size)["ours"]
        yield f"population, {size.name}", work, times
    for size in generation.SIZES:
        count = generation.generations_of("ours", size)
        yield f"generation, {size.name}", generation.ours(size, count), count + 1


def short() -> dict[str, float]:
    """Return seconds a unit of what takes a tenth of a second, and of a run's overhead."""
    taken = {
        name: float(np.median(alternate({name: work}, REPEATS)[name])) / units
        for name, work, units in short_works()
    }
    overhead.whole(10)
    whole = float(np.median(alternate({"whole": lambda: overhead.whole(overhead.RUNS)}, REPEATS)["whole"]))
    taken["overhead, a run on xor"] = (whole - overhead.bare(overhead.RUNS)) / overhead.RUNS
    return taken


def long() -> dict[str, float]:
    """Return seconds of whole processes: a comparison, and what a person waits for."""
    cold, warm = comparison.in_a_process(comparison.PARTIES["ours"][0], 2)["seconds"]
    taken = {"comparison, cold": cold, "comparison, warm": warm}
    for row in command_line.measure(REPEATS):
        taken[f"command-line, {row.work}"] = row.ours
    return taken


if __name__ == "__main__":
    print(json.dumps(long() if sys.argv[1:] == ["long"] else short()))
