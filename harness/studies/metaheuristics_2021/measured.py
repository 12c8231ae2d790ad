"""What was measured of the published programs, as the study reads it."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
import pandas as pd

from harness.studies.estimates import Interval, mean_of
from harness.studies.metaheuristics_2021.original.kept import (
    estimate_of_kept,
    number_kept,
    ratio_of_costs,
    ratio_of_kept,
)
from harness.studies.metaheuristics_2021.original.protocol import (
    BACKPROPAGATION,
    GENETIC,
    PUBLISHED,
    protocol,
)
from harness.studies.metaheuristics_2021.original.runs import drawn
from harness.studies.study import Evidence
from optimizers.objective import Array

PROBLEMS = {"iris": "iris", "wine": "wine", "breast": "breast-cancer"}
"""What the publication calls the data sets, and what they are called here."""

METHODS = (BACKPROPAGATION, GENETIC)
BIAS, MENDED, LOGISTIC = "bias once", "all mended", "logistic units"
SUBJECTS = (PUBLISHED, BIAS, MENDED, LOGISTIC)
"""Variants that the page speaks of one by one."""

Estimate = tuple[float, Interval]


@dataclass(frozen=True)
class Measured:
    """Runs of the published programs and their variants.

    Arguments:
        evidence: of the study.
    """

    evidence: Evidence

    def rows(self, table: str, problem: str, method: str, variant: str = PUBLISHED) -> pd.DataFrame:
        """Return the part of a table that is about one variant on one problem."""
        found = self.evidence.measured[table]
        return found[
            (found["problem"] == PROBLEMS[problem])
            & (found["method"] == method)
            & (found["variant"] == variant)
        ]

    def errors(self, problem: str, method: str, variant: str = PUBLISHED) -> Array:
        """Return the last error of each run, in the order of runs."""
        return self.rows("ends", problem, method, variant)["error"].to_numpy(dtype=np.float64)

    def mean(self, problem: str, method: str, variant: str = PUBLISHED) -> Estimate:
        """Return the mean error of the runs that are kept."""
        return estimate_of_kept(self.errors(problem, method, variant), left_out(), _generator())

    def genetic_over_backpropagation(self, problem: str, part: float) -> Estimate:
        """Return the mean error of the GA over that of BP, as published.

        Arguments:
            problem: its published name.
            part: of the runs that is left out.
        """
        one, other = (self.errors(problem, method) for method in ("GA", "BP"))
        return ratio_of_kept(one, other, part, _generator())

    def costs(self, problem: str, genetic: str, backpropagation: str) -> Estimate:
        """Return the cost of a variant of the GA to the target over that of one of BP, run by run."""
        chosen = (("GA", genetic), ("BP", backpropagation))
        tables = [self.rows("ends", problem, method, variant) for method, variant in chosen]
        one, other = (table["cost_to_target"].to_numpy(dtype=np.float64) for table in tables)
        return ratio_of_costs(one, other)

    def kept(self, problem: str, method: str) -> int:
        """Return how many runs a mean is of."""
        return number_kept(len(self.errors(problem, method)), left_out())

    def cost(self, problem: str, method: str, variant: str = PUBLISHED) -> float:
        """Return the mean forward passes of a whole run."""
        return float(self.rows("ends", problem, method, variant)["cost"].mean())

    def generation(self, problem: str) -> Estimate:
        """Return the mean evaluations of a generation; the first population comes before."""
        told = protocol()
        costs = self.rows("ends", problem, "GA")["cost"].to_numpy(dtype=np.float64)
        return mean_of((costs - told.genetic.population) / (told.epochs - 1), least=0.0)

    def epochs(self) -> tuple[float, float]:
        """Return the least and the most forward passes that an epoch of BP costs, over the data sets."""
        each = [self.cost(problem, "BP") / protocol().epochs for problem in PROBLEMS]
        return min(each), max(each)

    def crossing(self, problem: str, method: str) -> Estimate | None:
        """Return the first epoch at which the mean curve is at the target, None where it never is."""
        (row,) = self.rows("crossings", problem, method).to_dict("records")
        if math.isnan(row["epoch"]):
            return None
        return row["epoch"], (row["low"], row["high"])

    def other_changes(self) -> tuple[float, float]:
        """Return the ends of what a mean is multiplied by in variants that no sentence speaks of."""
        changes = [
            self.mean(problem, variant.method, variant.name)[0] / self.mean(problem, variant.method)[0]
            for variant in protocol().variants
            for problem in PROBLEMS
            if variant.name not in SUBJECTS
        ]
        return min(changes), max(changes)


def expected_generation(problem: str) -> float:
    """Return the evaluations of a generation, one for each child that was crossed and for each that mutates.

    Of n genes each mutates with probability p, so that any does with ``1 - (1 - p)^n``.

    Arguments:
        problem: its published name.

    >>> [round(expected_generation(problem), 1) for problem in PROBLEMS]
    [138.8, 180.1, 180.5]
    """
    told = protocol()
    (task,) = (task for task in told.problems if task.name == PROBLEMS[problem])
    genes: int = drawn(told, task, 0, True).starts.shape[1]
    mutates: float = 1.0 - (1.0 - task.mutation) ** genes
    return new_members() * (told.genetic.crossover + mutates)


def new_members() -> float:
    """Return the members of a population that are no elites."""
    genetic = protocol().genetic
    return genetic.population * (1.0 - genetic.elites)


def left_out() -> float:
    """Return which part of the runs is left out."""
    return protocol().discarded / protocol().runs


def _generator() -> np.random.Generator:
    # The same samples for every number, so that a page says the same each time.
    return np.random.default_rng(0)
