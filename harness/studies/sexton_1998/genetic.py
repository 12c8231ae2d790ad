"""The genetic algorithm in every form that was tried, its errors over those printed."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from harness.analysis.numbers import significant
from harness.studies.estimates import Interval, mean_of
from harness.studies.sexton_1998.errors import Network, formula_of, runs_on
from harness.studies.sexton_1998.evidence import CASES, EVOLVED, OTHERS, SOLVED
from harness.studies.study import Evidence
from optimizers.objective import Array

SMALLER, FEWER = f"{SOLVED}, mutations a tenth as large", f"{SOLVED}, 3 % of genes mutate"
FORMS: Mapping[str, tuple[str, Mapping[str, Any]]] = {
    EVOLVED: OTHERS[EVOLVED],
    SOLVED: OTHERS[SOLVED],
    SMALLER: ("genetic-rates", {"random_mutation_max_val": 0.1}),
    FEWER: ("genetic-rates", {"mutation_percent_genes": 3.0}),
}
"""Experiment and options of each form; the last two were tried on three of the problems."""


@dataclass(frozen=True)
class Tried:
    """One form on one problem.

    Attributes:
        errors: of each run, shape (n,).
        printed_best: the error of the best network as printed.
        printed_mean: the mean error as printed.
        evaluations: candidates that were evaluated in a generation, in the mean.
        cost: forward passes of a run, in the mean.
    """

    errors: Array
    printed_best: float
    printed_mean: float
    evaluations: float
    cost: float

    @property
    def best(self) -> float:
        """The lowest error over that printed."""
        return float(self.errors.min()) / self.printed_best

    @property
    def mean(self) -> tuple[float, Interval]:
        """The mean error over that printed, with its interval."""
        mean, (low, high) = mean_of(self.errors, least=0.0)
        return mean / self.printed_mean, (low / self.printed_mean, high / self.printed_mean)


def tried(evidence: Evidence, printed: Mapping[tuple[str, str], float], form: str) -> dict[str, Tried]:
    """Return what a form comes to on each problem that it was tried on.

    Arguments:
        evidence: of the study.
        printed: the printed numbers by case and quantity.
        form: one of ``FORMS``.
    """
    name, options = FORMS[form]
    tables = evidence.runs[name]
    there = {formula_of(problem) for problem in tables.runs["problem"]}
    found = {}
    for case, formula in CASES.items():
        if formula not in there:
            continue
        runs, network = runs_on(tables, formula, **options), Network(formula)
        rows = len(network.family.raw()[1])
        found[case] = Tried(
            network.trained(runs["best_loss"].to_numpy(dtype=np.float64)),
            printed[case, "GA best"],
            printed[case, "GA mean"],
            float((runs["value_rows"] / rows / runs["iterations"]).mean()),
            float(runs["cost"].mean()),
        )
    return found


def forms_table(evidence: Evidence, printed: Mapping[tuple[str, str], float]) -> pd.DataFrame:
    """Return best and mean error of each form over those printed, and what a generation was.

    Arguments:
        evidence: of the study.
        printed: the printed numbers by case and quantity.
    """
    rows = []
    for form in FORMS:
        for case, one in tried(evidence, printed, form).items():
            ratio, (low, high) = one.mean
            rows.append(
                {
                    "form": form,
                    "problem": case,
                    "runs": len(one.errors),
                    "evaluations a generation": one.evaluations,
                    "forward passes": one.cost,
                    "best / printed": one.best,
                    "mean / printed": f"{significant(ratio)} [{significant(low)}, {significant(high)}]",
                }
            )
    return pd.DataFrame(rows)
