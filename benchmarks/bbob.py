"""Targets reached on the 24 functions of bbob, at equal numbers of evaluations and from the same starts.

    python -m benchmarks.bbob                          dimension 5, five instances: about six minutes
    python -m benchmarks.bbob --searches "BIPOP-CMA-ES, ours" "BIPOP-CMA-ES, pycma"

Of each function and instance a search has 5,000 evaluations, counted by the function itself. It is judged by
COCO's 51 targets, from 100 down to 1e-8 above the minimum, five to a power of ten: the part of all (function,
instance, target) that is reached (Hansen et al. 2021, COCO, Optimization Methods and Software 36). The start
is drawn from [-4, 4], what a search draws itself from [-5, 5]. Every search comes as it is, but for the step
of CMA-ES, 2, which its authors take on bbob. A search is held against another one by the functions and
instances on which it reaches more targets, and fewer, with the sign test. The extra ``bbob``, cma and pygmo
have to be installed.
"""

from __future__ import annotations

import argparse
import contextlib
import math
import warnings
from collections.abc import Callable
from pathlib import Path
from typing import Any

import cma
import cocoex
import numpy as np
import pandas as pd
import pygmo
import scipy.optimize
import scipy.stats

import optimizers
from optimizers.linear_algebra_threads import one_thread

TARGETS = 10.0 ** np.linspace(2.0, -8.0, 51)
LOW, HIGH = -5.0, 5.0
STEP = 2.0
MEMBERS = 50


class Spent(Exception):  # noqa: N818  # no error: the evaluations are spent
    """The evaluations are spent."""


class Counted:
    """A function of bbob that counts its calls, keeps its lowest difference to the minimum, and ends."""

    def __init__(self, function: int, dimension: int, instance: int, most: int) -> None:
        self.problem = cocoex.BareProblem("bbob", function, dimension, instance)
        self.minimum = float(self.problem.best_value())
        self.most, self.calls, self.lowest = most, 0, math.inf

    def __call__(self, x: Any) -> float:
        if self.calls >= self.most:
            raise Spent
        self.calls += 1
        difference = float(self.problem(np.asarray(x, dtype=float))) - self.minimum
        self.lowest = min(self.lowest, difference)
        return difference


Search = Callable[[Counted, np.ndarray, np.random.Generator], None]


def ours(name: str) -> Search:
    def search(function: Counted, start: np.ndarray, rng: np.random.Generator) -> None:
        objective = optimizers.FunctionObjective(
            function, start.size, start=lambda drawn: drawn.uniform(LOW, HIGH, start.size)
        )
        optimizers.minimize(objective, start, name, budget=function.most, rng=rng)

    return search


def by_pycma(function: Counted, start: np.ndarray, rng: np.random.Generator) -> None:
    starts = iter([start])

    def begin() -> np.ndarray:
        return next(starts, rng.uniform(LOW, HIGH, start.size))

    settings = {
        "maxfevals": function.most,
        "seed": int(rng.integers(1, 2**31)),
        "verbose": -9,
        "verb_log": 0,
        "signals_filename": "",
    }
    while function.calls < function.most:
        cma.fmin2(function, begin, STEP, settings, restarts=9, bipop=True)


def of_scipy(function: Counted, start: np.ndarray, rng: np.random.Generator) -> None:
    scipy.optimize.minimize(function, start, method="L-BFGS-B")


def dual_annealing(local: bool) -> Search:
    def search(function: Counted, start: np.ndarray, rng: np.random.Generator) -> None:
        scipy.optimize.dual_annealing(
            function,
            [(LOW, HIGH)] * start.size,
            x0=start,
            rng=rng,
            maxiter=10**9,
            maxfun=function.most,
            no_local_search=not local,
        )

    return search


class Problem:
    """The function as pygmo takes it; it is copied, and has to go on counting on the same."""

    def __init__(self, function: Counted, n: int) -> None:
        self.function, self.n = function, n

    def fitness(self, x: np.ndarray) -> list[float]:
        return [self.function(x)]

    def get_bounds(self) -> tuple[list[float], list[float]]:
        return [LOW] * self.n, [HIGH] * self.n

    def __deepcopy__(self, memo: Any) -> Problem:
        return self


def by_pygmo(name: str, members: int = MEMBERS, **settings: Any) -> Search:
    def search(function: Counted, start: np.ndarray, rng: np.random.Generator) -> None:
        seed = int(rng.integers(1, 2**31))
        algorithm = getattr(pygmo, name)(gen=10**6, seed=seed, **settings)
        population = pygmo.population(Problem(function, start.size), size=members - 1, seed=seed)
        population.push_back(start)
        pygmo.algorithm(algorithm).evolve(population)

    return search


SEARCHES: dict[str, tuple[str, Search]] = {
    "BIPOP-CMA-ES, pycma": ("", by_pycma),
    "BIPOP-CMA-ES, ours": ("BIPOP-CMA-ES, pycma", ours(f"bipop-cmaes:step={STEP}")),
    "L-BFGS, SciPy": ("", of_scipy),
    "L-BFGS, ours": ("L-BFGS, SciPy", ours("lbfgs")),
    "multi-start, ours": ("L-BFGS, ours", ours("multi-start")),
    "memetic algorithm, ours": ("L-BFGS, ours", ours("memetic-algorithm")),
    "genetic algorithm, ours": ("memetic algorithm, ours", ours("genetic-algorithm")),
    "dual annealing without local search, SciPy": ("", dual_annealing(local=False)),
    "simulated annealing, ours": (
        "dual annealing without local search, SciPy",
        ours("simulated-annealing"),
    ),
    "differential evolution, pygmo": ("", by_pygmo("de", variant=7, F=0.5, CR=0.9, ftol=0.0, xtol=0.0)),
    "differential evolution, ours": ("differential evolution, pygmo", ours("differential-evolution")),
    "particle swarm, pygmo": ("", by_pygmo("pso_gen")),
    "particle swarm, ours": ("particle swarm, pygmo", ours("particle-swarm")),
    "CMA-ES, pygmo": ("", by_pygmo("cmaes", members=8, sigma0=STEP, ftol=0.0, xtol=0.0)),
    "CMA-ES, ours": ("CMA-ES, pygmo", ours(f"cmaes:step={STEP}")),
    "(1+1) evolution strategy, ours": ("CMA-ES, pygmo", ours("evolution-strategy")),
    "random search, ours": ("", ours("random-search")),
}
"""Each search with the one that it is held against."""


def measure(searches: list[str], dimension: int, instances: int, evaluations: int) -> pd.DataFrame:
    """Return a row a search: function, instance, which search, targets reached, and calls."""
    rows = []
    for function in range(1, 25):
        for instance in range(1, instances + 1):
            start = np.random.default_rng([function, instance]).uniform(-4.0, 4.0, dimension)
            for name in searches:
                counted = Counted(function, dimension, instance, evaluations)
                with np.errstate(all="ignore"), warnings.catch_warnings():
                    warnings.simplefilter("ignore")
                    with contextlib.suppress(Spent):
                        rng = np.random.default_rng([function, instance, 1])
                        SEARCHES[name][1](counted, start.copy(), rng)
                reached = int((counted.lowest <= TARGETS).sum())
                rows.append((function, instance, name, reached, counted.calls))
    return pd.DataFrame(rows, columns=["function", "instance", "search", "reached", "calls"])


def summary(table: pd.DataFrame) -> pd.DataFrame:
    """Count targets, and hold each search against its peer on the same functions and instances."""
    wide = table.pivot(index=["function", "instance"], columns="search", values="reached")
    rows = []
    for name in table["search"].unique():
        against, calls = SEARCHES[name][0], table.loc[table["search"] == name, "calls"].median()
        held: tuple[Any, ...] = ("", "", "", "", "")
        if against in wide:
            ahead, behind = (int((wide[a] > wide[b]).sum()) for a, b in ((name, against), (against, name)))
            p = scipy.stats.binomtest(ahead, ahead + behind).pvalue if ahead + behind else 1.0
            held = (against, round(wide[name].sum() / wide[against].sum(), 3), ahead, behind, round(p, 4))
        part = round(float(wide[name].mean()) / len(TARGETS), 4)
        rows.append((name, len(wide), part, *held, calls))
    titles = ["search", "runs", "targets", "against", "times as many", "ahead", "behind", "p (sign test)"]
    return pd.DataFrame(rows, columns=[*titles, "median calls"])


def main() -> None:
    """Print the table, and write it where asked to."""
    parser = argparse.ArgumentParser(
        prog="python -m benchmarks.bbob",
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("--searches", nargs="+", default=list(SEARCHES), choices=SEARCHES, metavar="NAME")
    parser.add_argument("--dimension", type=int, default=5, choices=(2, 3, 5, 10, 20, 40))
    parser.add_argument("--instances", type=int, default=5, help="instances of each function (5)")
    parser.add_argument("--evaluations", type=int, default=5_000, help="calls of a function (5000)")
    parser.add_argument("--output", type=Path, help="where the table goes as CSV")
    given = parser.parse_args()
    with one_thread():
        table = measure(given.searches, given.dimension, given.instances, given.evaluations)
    counted = summary(table)
    print(counted.to_string(index=False))
    if given.output is not None:
        counted.to_csv(given.output, index=False)


if __name__ == "__main__":
    main()
