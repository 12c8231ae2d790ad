"""What a gradient costs as parameters grow, as the theory of automatic differentiation has it."""

from __future__ import annotations

import functools
import math
from collections.abc import Iterator, Sequence
from dataclasses import replace

import numpy as np
import pandas as pd
from scipy import stats

from harness.plots.gradient_cost import FITTED_FROM, cost_table
from harness.studies.criterion import Criterion
from harness.studies.estimates import Interval
from harness.studies.printed import Ours
from harness.studies.study import Choice, Evidence, Study
from harness.sweeps.experiment import Experiment
from optimizers.budget import Budget

GROWING = {
    "forward difference": "forward-difference",
    "central difference": "central-difference",
    "forward mode": "forward-autodiff",
}
LEVEL = ("analytic", "reverse-autodiff")
MOST = 5.0
NEAR = 0.1
COUNTED, TIMED = "cost", "time"
QUICK_NETWORKS, QUICK_SECONDS = 5, 0.1
"""Of seven networks, and for each run: differences on the two largest take as long as all the rest."""


class GradientCost(Study):
    """Count and time one gradient on networks of 12 to 25,000 parameters."""

    title = "What does a gradient cost as the network grows?"
    citation = (
        "A. Griewank, A. Walther (2008), Evaluating Derivatives, 2nd edition, SIAM, sections 4.4 and 4.5, as "
        "remembered"
    )
    question = (
        "A gradient by differences takes an evaluation for each parameter, one by reverse mode a fixed "
        "number "
        "whatever their number is. Does it, in counted operations and on the clock?"
    )
    claimed = (
        "a gradient by reverse mode costs at most about five evaluations of the function, however many "
        "parameters."
    )
    choices = (
        Choice(
            "networks",
            "two inputs, one hidden layer of 2 to 5,000 units and one output, on 20 rows of two interleaved "
            "half-moons",
        ),
        Choice(
            "operations",
            "multiply-adds of all passes, counted by the project's own rule, in forward passes over all "
            "rows: one evaluation of the function is one",
        ),
        Choice(
            "time",
            "of one step, as a multiple of what backpropagation by hand takes on the same network; against "
            "an evaluation, what a forward difference takes is divided by the evaluations that it is made of",
        ),
        Choice(
            "slopes",
            "of cost or time against parameters on log-log axes: 1 is in proportion, 0 the same for all; by "
            "least squares from 100 parameters on, where the gradient is what takes time",
        ),
    )
    shipped = ("gradient-cost",)
    quick = 1

    @classmethod
    def experiments(cls, quick: bool = False) -> dict[str, Experiment]:
        """Return the experiment; for a first look without its largest networks, and a tenth of the time."""
        found = super().experiments(quick)
        if not quick:
            return found
        return {
            name: replace(
                whole, problems=whole.problems[:QUICK_NETWORKS], budget=Budget(seconds=QUICK_SECONDS)
            )
            for name, whole in found.items()
        }

    def ours(self, evidence: Evidence) -> Iterator[Ours]:
        """Yield the most passes of reverse mode and the slopes of the rest, all counted."""
        table = _table(evidence)
        most, n = _most(table, "reverse-autodiff")
        yield Ours("reverse mode", "most forward passes", most, n, math.nan, math.nan)
        for case, source in GROWING.items():
            slope, n, (low, high) = _slope(table, source, COUNTED)
            yield Ours(case, "slope", slope, n, low, high)

    def criteria(self, evidence: Evidence) -> Iterator[Criterion]:
        """Yield what has to come out."""
        table = _table(evidence)
        for source in LEVEL:
            most, n = _most(table, source)
            yield Criterion(f"most forward passes of a gradient by {source}", most, at_most=MOST, n=n)
        clock, n = _against_an_evaluation(table)
        said = "most time of a gradient by reverse-autodiff, in evaluations of the function"
        yield Criterion(said, clock, at_most=MOST, n=n)
        for source in GROWING.values():
            for column, how in ((COUNTED, "counted"), (TIMED, "timed against analytic")):
                slope, n, (low, high) = _slope(table, source, column)
                yield Criterion(f"slope of {source}, {how}", slope, 1 - NEAR, 1 + NEAR, n, low, high)

    def conclusion(self, evidence: Evidence) -> Sequence[str]:
        """Return what to believe."""
        table = _table(evidence)
        most, _ = _most(table, "reverse-autodiff")
        largest = table[table["parameters"] == table["parameters"].max()].set_index("gradient")
        slopes = {case: _slope(table, source, COUNTED)[0] for case, source in GROWING.items()}
        timed = {case: _slope(table, source, TIMED) for case, source in GROWING.items()}
        said = [f"{slope:.3g} ({low:.3g} to {high:.3g})" for slope, _, (low, high) in timed.values()]
        counted = ", ".join(f"{slope:.3g} for {case}" for case, slope in slopes.items())
        clock, _ = _against_an_evaluation(table)
        central = largest.loc["central-difference"]
        return [
            f"From {table['parameters'].min():,} to {table['parameters'].max():,} parameters reverse mode "
            f"never takes more than {most:.3g} forward passes, counted, nor longer than {clock:.2g} "
            "evaluations of the function, on the clock.",
            "Differences and forward mode grow in proportion to the parameters: what is counted grows with "
            f"slope {counted}, and their time against that of backpropagation by hand with {said[0]}, "
            f"{said[1]} and {said[2]}.",
            f"With {table['parameters'].max():,} parameters a central difference costs "
            f"{central['cost']:,.0f} "
            f"forward passes, and takes {central['time']:,.0f} times as long as backpropagation.",
        ]


@functools.lru_cache(maxsize=1)
def _table(evidence: Evidence) -> pd.DataFrame:
    return cost_table(evidence.runs["gradient-cost"])


def _most(table: pd.DataFrame, source: str) -> tuple[float, int]:
    costs = table.loc[table["gradient"] == source, COUNTED]
    return float(costs.max()), len(costs)


def _against_an_evaluation(table: pd.DataFrame) -> tuple[float, int]:
    """Return the most time of reverse mode over that of one evaluation, and of how many networks."""
    seconds = table.pivot(index="parameters", columns="gradient", values="seconds")
    evaluations = table.pivot(index="parameters", columns="gradient", values=COUNTED)["forward-difference"]
    ratio = seconds["reverse-autodiff"] / (seconds["forward-difference"] / evaluations)
    return float(ratio.max()), len(ratio)


def _slope(table: pd.DataFrame, source: str, column: str) -> tuple[float, int, Interval]:
    """Return the slope against the parameters on log-log axes, the points, and Student's interval."""
    part = table[(table["gradient"] == source) & (table["parameters"] >= FITTED_FROM)]
    fit = stats.linregress(np.log(part["parameters"].astype(float)), np.log(part[column]))
    half = float(stats.t.ppf(0.975, max(len(part) - 2, 1))) * float(fit.stderr)
    return float(fit.slope), len(part), (float(fit.slope) - half, float(fit.slope) + half)
