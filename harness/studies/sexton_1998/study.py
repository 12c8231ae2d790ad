"""Backpropagation against a genetic algorithm on seven regressions, as a paper of 1998 had it."""

from __future__ import annotations

import functools
from collections.abc import Iterator, Mapping, Sequence
from typing import ClassVar

import numpy as np
import pandas as pd

from harness.analysis.medians import median_interval
from harness.report.reference_copy import ReferenceSize
from harness.runs.single_run import Run
from harness.runs.tables import Tables
from harness.studies.criterion import Criterion
from harness.studies.estimates import mean_of
from harness.studies.printed import Ours
from harness.studies.sexton_1998.choices import CHOICES
from harness.studies.sexton_1998.errors import Network, runs_on
from harness.studies.sexton_1998.evidence import (
    BEST,
    CASES,
    FIRST,
    FOURTH,
    LONGER,
    MEAN,
    SECOND,
    SECOND_METHOD,
    SOLVED,
    TESTED,
    backpropagation,
    best_error,
    best_setting,
    longer_table,
    other,
    others_table,
    setting_of,
    settings_table,
    times_table,
)
from harness.studies.sexton_1998.genetic import forms_table, tried
from harness.studies.sexton_1998.sentences import FACTOR, sentences
from harness.studies.study import Choice, Evidence, Study
from harness.studies.survival import PublishedClaim
from optimizers.objective import Array

LATER = "added later: "
"""Before what was not set before the runs."""


class Sexton1998(Study):
    """Re-run a comparison of backpropagation and a genetic algorithm on seven functions."""

    title = "Does a genetic algorithm fit functions better than backpropagation?"
    citation = (
        "R. S. Sexton, R. E. Dorsey, J. D. Johnson (1998), Toward global optimization of neural networks: a "
        "comparison of the genetic algorithm and backpropagation, Decision Support Systems 22, pp. 171-185"
    )
    question = (
        "A network with six hidden units is to fit seven functions of one to five variables, each from 50 or "
        "100 rows without noise. What error (root mean square, in the units of the function) is left to "
        "backpropagation after up to a million epochs, passes over the rows, and what to a genetic algorithm "
        "of 20 candidates after 5,000 generations?"
    )
    claimed = (
        "the genetic algorithm finds networks that err less on every problem, by factors of 5 to a million, "
        "for it searches globally where backpropagation is caught in local minima."
    )
    choices: ClassVar[Sequence[Choice]] = CHOICES
    quick = 3
    quick_part = 0.02
    published_claims = tuple(
        PublishedClaim(
            f"The genetic algorithm trains better than backpropagation with momentum, {form}",
            "genetic-algorithm",
            "momentum",
            experiment=experiment,
        )
        for experiment, form in (
            ("today-evolved", "all weights evolved"),
            ("today-solved", "output weights solved for"),
        )
    )
    copied = ReferenceSize(rows=2_000, parameter_bytes=200_000)

    def chosen(self, name: str, planned: Sequence[Run], before: Mapping[str, Tables]) -> list[Run]:
        """Return all runs, and of those that go on to a million epochs the best on each problem."""
        if name != "continued":
            return list(planned)
        best = [best_setting(before["backpropagation"], formula) for formula in CASES.values()]
        return [run for run in planned if setting_of(run) in best]

    def ours(self, evidence: Evidence) -> Iterator[Ours]:
        """Yield errors of backpropagation, and of the genetic algorithm that solves for output weights."""
        for case, formula in CASES.items():
            every = backpropagation(evidence, formula)
            best = runs_on(evidence.runs["continued"], formula)
            errors, (own, lowest) = other(evidence, formula, SOLVED)
            networks = len(runs_on(evidence.runs["backpropagation"], formula))
            for method, names, n, mean, network, row in (
                ("BP", (BEST, MEAN), networks, every, Network(formula, logistic=True), best.iloc[0]),
                ("GA", ("GA best", "GA mean"), len(errors), errors, own, lowest),
            ):
                lowest_error = float(network.trained(row["best_loss"]))
                yield Ours(case, names[0], lowest_error, n, np.nan, np.nan)
                average, (low, high) = mean_of(mean, least=0.0)
                yield Ours(case, names[1], average, len(mean), low, high)
                for region in TESTED:
                    tested = network.tested(row["best_w"], region)
                    if tested.size:
                        average, (low, high) = mean_of(tested, least=0.0)
                        yield Ours(case, f"{method} {region}", average, tested.size, low, high)

    def criteria(self, evidence: Evidence) -> Iterator[Criterion]:
        """Yield what has to come out: first what was set before the runs, then what was added."""
        for case in (FIRST, SECOND):
            yield self._best_of_backpropagation(evidence, case)
        for case in (FIRST, SECOND, FOURTH):
            errors, _ = other(evidence, CASES[case], SECOND_METHOD)
            median, (low, high) = median_interval(errors)
            yield Criterion(
                f"median error of Levenberg-Marquardt, at most the genetic algorithm's printed mean, problem "
                f"{case}",
                median, at_most=self._printed[case, "GA mean"], n=len(errors), low=low, high=high,
            )  # fmt: skip
        for case in CASES:
            if case not in (FIRST, SECOND):
                yield self._best_of_backpropagation(evidence, case, LATER)
        for case, formula in CASES.items():
            errors = backpropagation(evidence, formula)
            printed = self._printed[case, MEAN]
            mean, (low, high) = mean_of(errors, least=0.0)
            yield _near(
                f"mean error of backpropagation over that printed, problem {case}",
                mean / printed, len(errors), low / printed, high / printed,
            )  # fmt: skip
        forms = tried(evidence, self._printed, SOLVED)
        said = "error of the genetic algorithm that solves for output weights over that printed, problem"
        for case, form in forms.items():
            yield _near(f"best {said} {case}", form.best, len(form.errors))
        for case, form in forms.items():
            mean, (low, high) = form.mean
            yield _near(f"mean {said} {case}", mean, len(form.errors), low, high)
        for case, formula in CASES.items():
            yield self._second_method(other(evidence, formula, SECOND_METHOD)[0], case)
        yield self._second_method(
            other(evidence, CASES[FIRST], LONGER)[0], FIRST, ", with five times the passes"
        )

    def _best_of_backpropagation(self, evidence: Evidence, case: str, before: str = "") -> Criterion:
        every = runs_on(evidence.runs["backpropagation"], CASES[case])
        ratio = best_error(evidence, case) / self._printed[case, BEST]
        said = f"error of the best network of backpropagation over that printed, problem {case}"
        return _near(said, ratio, len(every), before=before)

    def _second_method(self, errors: Array, case: str, behind: str = "") -> Criterion:
        mean, (low, high) = mean_of(errors, least=0.0)
        return Criterion(
            f"{LATER}mean error of Levenberg-Marquardt{behind}, at most the genetic algorithm's printed "
            f"mean, problem {case}",
            mean, at_most=self._printed[case, "GA mean"], n=len(errors), low=low, high=high,
        )  # fmt: skip

    def conclusion(self, evidence: Evidence) -> Sequence[str]:
        """Return what to believe."""
        return sentences(evidence, self._printed)

    def tables(self, evidence: Evidence) -> Mapping[str, pd.DataFrame]:
        """Return forms of the genetic algorithm, settings of backpropagation, other methods, and times."""
        return {
            "Forms of the genetic algorithm that were tried, 5,000 generations": forms_table(
                evidence, self._printed
            ),
            "Best error of ten starts, by the setting of backpropagation, 20,000 epochs": settings_table(
                evidence
            ),
            "Other forms and another method": others_table(evidence),
            "Levenberg-Marquardt on problem 1, by forward passes (looked at up to 15 % before)": longer_table(
                evidence
            ),
            "How long the runs took on the machine that did them, one after the other": times_table(evidence),
        }

    @functools.cached_property
    def _printed(self) -> Mapping[tuple[str, str], float]:
        table = self.printed()
        return dict(zip(zip(table["case"], table["quantity"], strict=True), table["printed"], strict=True))


def _near(
    said: str, ratio: float, n: int, low: float = np.nan, high: float = np.nan, before: str = LATER
) -> Criterion:
    """Return whether an error is within a factor of that printed."""
    return Criterion(f"{before}{said}", ratio, 1 / FACTOR, FACTOR, n, low, high)
