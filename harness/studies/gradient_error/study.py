"""The error of difference quotients against their step, as a survey of automatic differentiation has it."""

from __future__ import annotations

import functools
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import numpy as np
import pandas as pd
from scipy import stats

from harness import autodiff
from harness.plots.gradient_error import error_table
from harness.studies.criterion import Criterion
from harness.studies.estimates import Interval
from harness.studies.printed import Ours
from harness.studies.study import Choice, Evidence, Study
from optimizers.objective import Array

PROBLEMS = ("logistic-map", "iris")
RULES = {"forward difference": "forward-difference", "central difference": "central-difference"}
TRUNCATION, ROUND_OFF = "slope of truncation", "slope of round-off"
STEPS = {
    # Where the next term of the series and rounding are both out of sight.
    ("forward-difference", TRUNCATION): (1e-6, 1e-4),
    ("central-difference", TRUNCATION): (1e-4, 1e-2),
    ("forward-difference", ROUND_OFF): (1e-12, 1e-9),
    ("central-difference", ROUND_OFF): (1e-12, 1e-7),
}
EXPECTED = {
    ("forward-difference", TRUNCATION): 1.0,
    ("central-difference", TRUNCATION): 2.0,
    ("forward-difference", ROUND_OFF): -1.0,
    ("central-difference", ROUND_OFF): -1.0,
}
EXACT = ("complex-step", "reverse-autodiff")
NEAR = 0.15
PRECISION = 1e-13
"""A few hundred roundings: what a derivative through a few dozen operations may be off."""


class GradientError(Study):
    """Measure the error of difference quotients, and of derivatives that have no step."""

    title = "How wrong is a difference quotient?"
    citation = (
        "A. G. Baydin, B. A. Pearlmutter, A. A. Radul, J. M. Siskind (2018), Automatic differentiation in "
        "machine "
        "learning: a survey, Journal of Machine Learning Research 18 (153), figures 2 and 3"
    )
    question = (
        "A derivative by differences has an error that falls with its step until rounding takes over. How "
        "fast "
        "does it fall and rise, and do exact methods escape both?"
    )
    claimed = (
        "the error of a forward difference falls with the step, that of a central one with its square; below "
        "the "
        "best step both rise as it shrinks; automatic differentiation is exact to machine precision."
    )
    choices = (
        Choice(
            "function",
            "the logistic map applied three times, at 0.2 for the printed values, at 20 starts for slopes",
        ),
        Choice(
            "network",
            "the same picture for the loss of a 4-8-3 network on iris, which the survey does not draw",
        ),
        Choice("slopes", "least squares on log-log axes over steps at which one of the two errors rules"),
    )
    shipped = ("gradient-error",)

    def measure(self, quick: bool) -> Mapping[str, pd.DataFrame]:
        """Return value and derivative of the map at 0.2."""
        x = np.array([0.2])
        derivative = float(autodiff.gradient(_map)(x)[0])
        return {"map": pd.DataFrame([{"value": float(_map(x)), "derivative": derivative}])}

    def ours(self, evidence: Evidence) -> Iterator[Ours]:
        """Yield value, derivative, and the slopes on the map."""
        (row,) = evidence.measured["map"].to_dict("records")
        for quantity in ("value", "derivative"):
            yield Ours("logistic map at 0.2", quantity, row[quantity], 1, row[quantity], row[quantity])
        for case, source in RULES.items():
            for kind in (TRUNCATION, ROUND_OFF):
                slope, n, (low, high) = _slope(evidence, "logistic-map", source, kind)
                yield Ours(case, kind, slope, n, low, high)

    def criteria(self, evidence: Evidence) -> Iterator[Criterion]:
        """Yield what has to come out."""
        numbers = self.printed().set_index(["case", "quantity"])["printed"]
        (row,) = evidence.measured["map"].to_dict("records")
        for quantity in ("value", "derivative"):
            printed = float(numbers["logistic map at 0.2", quantity])
            off = abs(row[quantity] - printed) / printed
            yield Criterion(f"{quantity} of the map at 0.2, error to the print", off, at_most=1e-8, n=1)
        for problem in PROBLEMS:
            for (source, kind), expected in EXPECTED.items():
                slope, n, (low, high) = _slope(evidence, problem, source, kind)
                yield Criterion(
                    f"{source} on {problem}, {kind}", slope, expected - NEAR, expected + NEAR, n, low, high
                )
            for source in EXACT:
                errors = _errors(evidence, problem, source)["error"]
                worst = float(errors.max())
                yield Criterion(
                    f"{source} on {problem}, relative error", worst, at_most=PRECISION, n=len(errors)
                )

    def conclusion(self, evidence: Evidence) -> Sequence[str]:
        """Return what to believe."""
        found = {
            (problem, source): _errors(evidence, problem, source)
            for problem in PROBLEMS
            for source in RULES.values()
        }
        best = {key: table.sort_values("error").iloc[0] for key, table in found.items()}
        slopes = {key: _slope(evidence, "iris", *key) for key in EXPECTED}
        said = [f"{slope:.3g} ({low:.3g} to {high:.3g})" for slope, _, (low, high) in slopes.values()]
        exact = max(float(_errors(evidence, p, s)["error"].max()) for p in PROBLEMS for s in EXACT)
        forward, central = (best["iris", source] for source in RULES.values())
        return [
            f"On a network the error of a forward difference falls with slope {said[0]}, that of a central "
            f"one with "
            f"{said[1]}, and both rise again with {said[2]} and {said[3]}.",
            f"The best that is to be had there is {forward['error']:.2g} at a step of {forward['step']:g}, "
            f"and "
            f"{central['error']:.2g} at {central['step']:g}.",
            f"The complex step and reverse mode have no such choice and are never further off than "
            f"{exact:.2g}.",
        ]


def _map(x: Array) -> Any:
    """Return the logistic map ``4 l (1 - l)`` applied three times."""
    value = x[0]
    for _ in range(3):
        value = 4.0 * value * (1.0 - value)
    return value


@functools.lru_cache(maxsize=1)
def _table(evidence: Evidence) -> pd.DataFrame:
    return error_table(evidence.runs["gradient-error"])


def _errors(evidence: Evidence, problem: str, source: str) -> pd.DataFrame:
    table = _table(evidence)
    return table[(table["problem"] == problem) & (table["source"] == source)]


def _slope(evidence: Evidence, problem: str, source: str, kind: str) -> tuple[float, int, Interval]:
    """Return the slope of the error against the step on log-log axes, the points, and Student's interval."""
    table = _errors(evidence, problem, source)
    low, high = STEPS[source, kind]
    part = table[(table["step"] >= 0.99 * low) & (table["step"] <= 1.01 * high)]
    fit = stats.linregress(np.log(part["step"]), np.log(part["error"]))
    half = float(stats.t.ppf(0.975, len(part) - 2)) * float(fit.stderr)
    return float(fit.slope), len(part), (float(fit.slope) - half, float(fit.slope) + half)
