"""A run done again with every candidate seen: how many evaluations were of one that had been evaluated."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Mapping
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import ArrayLike

from harness.problems import load
from harness.problems.base import BaseProblem
from harness.runs.identity import digest_of_key
from harness.runs.settings import unmarked
from harness.runs.single_run import NO_GRADIENT, Run
from optimizers.budget import Budget
from optimizers.errors import InputError
from optimizers.genetic.genetic_options import GeneticOptions
from optimizers.objective import Array, Measurable, Rows
from optimizers.optimizer import Optimizer
from optimizers.registry import OPTIMIZERS
from optimizers.search import observed, search

DIGEST = 16
"""Bytes by which candidates are told apart; of a million two are taken for one with a chance of 1e-27."""


class Evaluations(NamedTuple):
    """The evaluations of one run, each of one candidate on all rows."""

    requested: int
    """Losses that the method has asked for, whether they were in its memory or not."""
    evaluated: int
    """Those that were worked out and paid for."""
    distinct: int
    """Candidates that are among these, each counted once; two are one where all parameters are equal."""

    @property
    def repeated(self) -> int:
        """Those that were worked out once more."""
        return self.evaluated - self.distinct

    @property
    def remembered(self) -> int:
        """Those that were taken from memory."""
        return self.requested - self.evaluated


class _Ledger:
    """The doors of an objective, with every candidate written down that goes through them."""

    def __init__(self, objective: Measurable) -> None:
        self.alone = self.in_populations = 0
        self.seen: set[bytes] = set()
        self._stepped = False
        self._value, self._values = objective.value, objective.values
        self._value_and_gradient = objective.value_and_gradient

    def value(self, w: ArrayLike, rows: Rows | None = None) -> float:
        """Return the loss at ``w``."""
        self.alone += self._noted(np.atleast_2d(np.asarray(w, dtype=np.float64)), rows)
        return self._value(w, rows)

    def values(self, population: ArrayLike, rows: Rows | None = None) -> Array:
        """Return the loss of each row of a population."""
        count = self._noted(np.asarray(population, dtype=np.float64), rows)
        if self._stepped:
            # Where gradient steps have led, and no member of a population.
            self.alone += count
        else:
            self.in_populations += count
        self._stepped = False
        return self._values(population, rows)

    def value_and_gradient(self, w: ArrayLike, rows: Rows | None = None) -> tuple[float, Array]:
        """Return the loss at ``w`` and its gradient, which is no evaluation of a candidate."""
        self._stepped = True
        return self._value_and_gradient(w, rows)

    def _noted(self, candidates: Array, rows: Rows | None) -> int:
        """Write candidates down; return how many there are, and none of a batch of rows."""
        if rows is not None and rows.size:
            return 0
        # 0.0 added, for -0 and 0 are one number.
        for candidate in np.ascontiguousarray(candidates) + 0.0:
            self.seen.add(hashlib.blake2b(candidate.tobytes(), digest_size=DIGEST).digest())
        return len(candidates)


def evaluations_of(
    row: Mapping[str, Any], problem_named: Callable[[str], BaseProblem] = load
) -> Evaluations | None:
    """Do a run again and count its evaluations.

    Compiled loops have no room for it: what is evaluated there is nowhere written down, and a set of all
    candidates within them would slow every run. So the objective is shown without its compiled functions; all
    optimizers then ask the same of it in Python, to the same bits. The run ends after as many iterations as
    it had, so that seconds have no influence.

    Arguments:
        row: of the run.
        problem_named: builds a problem from its name.

    Returns:
        The counts; None of a method that goes by more than values alone, or a run that failed.

    Raises:
        InputError: if the run cannot be done again, or comes out otherwise than it did.
    """
    what = f"the run of {row['optimizer']} on {row['problem']}, seed {row['seed']},"
    cls = OPTIMIZERS.get(str(row["optimizer_name"]))
    if cls is None:
        raise InputError(f"{what} is of an optimizer that is not known here: leave it out with results.where")
    optimizer = cls(**json.loads(row["options"]))
    by_values = "population" in optimizer.needs or optimizer.needs == {"value"}
    if not by_values or row["outcome"] == "failed":
        return None
    problem = problem_named(unmarked(str(row["problem"])))
    if row["problem_key"] and row["problem_key"] != digest_of_key(problem.key):
        raise InputError(
            f"{what} was done on other data or another network than problem '{problem.name}' has now: leave "
            "it out with results.where"
        )
    iterations = int(row["iterations"])
    run = Run(
        problem,
        optimizer,
        str(row["gradient"]) or NO_GRADIENT,
        int(row["seed"]),
        Budget(iterations=max(iterations, 1)),
    )
    objective = problem.objective(run.source(), run.seed)
    ledger = _Ledger(objective)
    objective.compiled = None
    for door in ("value", "values", "value_and_gradient"):
        setattr(objective, door, getattr(ledger, door))
    start = problem.start(run.seed)
    observer = observed(optimizer, objective, start, run.budget, problem.target)
    search(optimizer, start, run.generator(), observer, contain=True)
    if (observer.iteration, observer.best.loss) != (iterations, float(row["best_loss"])):
        raise InputError(
            f"{what} comes to a loss of {observer.best.loss:.6g} in {observer.iteration} iterations when it "
            f"is done again, expected {row['best_loss']:.6g} in {iterations} as its row says: it is of other "
            "code, run it again"
        )
    asked = max(_asked(optimizer, iterations), ledger.in_populations)
    return Evaluations(asked + ledger.alone, ledger.in_populations + ledger.alone, distinct=len(ledger.seen))


def _asked(optimizer: Optimizer, iterations: int) -> int:
    """Return how many losses a genetic algorithm asks for, and 0 of methods that remember none.

    A generation asks for those of all its members, and of the offspring before where mutation is adaptive;
    one that the target has ended counts in full.
    """
    if not isinstance(optimizer, GeneticOptions) or iterations < 1:
        return 0
    size = optimizer.population_size
    offspring = size - optimizer.kept if optimizer.mutation_type == "adaptive" else 0
    return size + (iterations - 1) * (size + offspring)
