"""The error of difference quotients against their step, as a survey of automatic differentiation has it."""

from __future__ import annotations

import functools
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import numpy as np
import pandas as pd
from scipy import stats

from harness import autodiff
from harness.plots.gradient_error import error_table, errors_at_start
from harness.problems import load
from harness.problems.function_problem import FunctionProblem
from harness.studies.criterion import Criterion
from harness.studies.estimates import Interval, mean_of
from harness.studies.printed import Ours
from harness.studies.study import Choice, Evidence, Study
from optimizers.objective import Array

PROBLEMS = ("logistic-map", "iris")
POINTS = 200
"""Places between 0 and 1 where the map's differences are taken: rounding at one alone is of one kind."""
RULES = {"forward difference": "forward-difference", "central difference": "central-difference"}
TRUNCATION, ROUND_OFF = "slope of truncation", "slope of round-off"
STEPS = {
    # Where the next term of the series and rounding are both out of sight.
    ("forward-difference", TRUNCATION): (1e-6, 1e-4),
    ("central-difference", TRUNCATION): (1e-4, 1e-2),
    ("forward-difference", ROUND_OFF): (1e-12, 1e-10),
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
            "the logistic map applied three times: at 0.2, as in the survey, for value, derivative and "
            f"figure, and at {POINTS} places between 0 and 1 for slopes",
        ),
        Choice(
            "network",
            "the same for the loss of a network with 4 inputs, 8 hidden units and 3 outputs on iris, at 20 "
            "starts, which the survey does not draw",
        ),
        Choice(
            "two errors",
            "truncation is the error of breaking off the Taylor series after the step, round-off that of "
            "computing with 16 digits",
        ),
        Choice(
            "slopes",
            "of the error against the step on log-log axes, by least squares over steps at which one of the "
            "two errors rules, at each place or start; what stands here is their mean with Student's "
            "interval",
        ),
        Choice(
            "without a step",
            "reverse mode is backpropagation for any program; the complex step reads the derivative off the "
            "imaginary part of f(x + ih), with h as small as one likes",
        ),
    )
    shipped = ("gradient-error",)

    def measure(self, quick: bool) -> Mapping[str, pd.DataFrame]:
        """Return value and derivative of the map at 0.2, and the errors of its differences at many places."""
        x = np.array([0.2])
        derivative = float(autodiff.gradient(_map)(x)[0])
        return {
            "map": pd.DataFrame([{"value": float(_map(x)), "derivative": derivative}]),
            "differences": pd.DataFrame(_differences(), columns=["source", "step", "place", "error"]),
        }

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
            said = f"{quantity} of the map at 0.2, relative difference from the printed one"
            yield Criterion(said, off, at_most=1e-8, n=1)
        for problem in PROBLEMS:
            for (source, kind), expected in EXPECTED.items():
                slope, n, (low, high) = _slope(evidence, problem, source, kind)
                yield Criterion(
                    f"{source} on {problem}, {kind}", slope, expected - NEAR, expected + NEAR, n, low, high
                )
            for source in EXACT:
                errors = _each(evidence, problem, source)["error"]
                worst = float(errors.max())
                said = f"{source} on {problem}, largest relative error"
                yield Criterion(said, worst, at_most=PRECISION, n=len(errors))

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
        exact = max(float(_each(evidence, p, s)["error"].max()) for p in PROBLEMS for s in EXACT)
        forward, central = (best["iris", source] for source in RULES.values())
        return [
            "A step ten times smaller makes the error of a forward difference ten times smaller and that "
            "of a central one a hundred times, until rounding takes over; from there on it makes both ten "
            f"times larger. On a network the slopes are {said[0]}, {said[1]}, {said[2]} and {said[3]}.",
            f"The least relative error there, in the median over starts, is {forward['error']:.2g}, by a "
            f"forward difference with a step of {forward['step']:g}, and {central['error']:.2g}, by a "
            f"central one with {central['step']:g}.",
            f"The complex step and reverse mode need no step to be chosen, and are never further off than "
            f"{exact:.2g}, whatever the start.",
        ]


def _map(x: Array) -> Any:
    """Return the logistic map ``4 l (1 - l)`` applied three times."""
    value = x[0]
    for _ in range(3):
        value = 4.0 * value * (1.0 - value)
    return value


def _differences() -> Iterator[tuple[str, float, float, float]]:
    """Yield the relative error of each difference of the map: source, step, place, error."""
    problem = load("logistic-map")
    assert isinstance(problem, FunctionProblem)
    exact = problem.objective("analytic")
    for source in RULES.values():
        for step in sorted(
            {10.0**k for (one, _), ends in STEPS.items() if one == source for k in _powers(*ends)}
        ):
            objective = problem.objective(f"{source}:step={step!r}")
            for place in (np.arange(POINTS) + 0.5) / POINTS:
                derivative, found = (
                    float(one.value_and_gradient(np.array([place]))[1][0]) for one in (exact, objective)
                )
                yield source, step, float(place), abs(found / derivative - 1.0)


def _powers(low: float, high: float) -> range:
    return range(round(np.log10(low)), round(np.log10(high)) + 1)


@functools.lru_cache(maxsize=1)
def _table(evidence: Evidence) -> pd.DataFrame:
    return error_table(evidence.runs["gradient-error"])


def _errors(evidence: Evidence, problem: str, source: str) -> pd.DataFrame:
    table = _table(evidence)
    return table[(table["problem"] == problem) & (table["source"] == source)]


def _each(evidence: Evidence, problem: str, source: str) -> pd.DataFrame:
    """Return the error at every start, a row a run."""
    table = errors_at_start(evidence.runs["gradient-error"])
    return table[(table["problem"] == problem) & (table["source"] == source)]


def _slope(evidence: Evidence, problem: str, source: str, kind: str) -> tuple[float, int, Interval]:
    """Return the mean slope of the error against the step on log-log axes, the places, and its interval."""
    if problem == "logistic-map":
        # Its runs all begin at 0.2.
        table = evidence.measured["differences"].query("source == @source").rename(columns={"place": "seed"})
    else:
        table = _each(evidence, problem, source)
    low, high = STEPS[source, kind]
    # An error of exactly 0 is chance, and has no logarithm.
    part = table[(table["step"] >= 0.99 * low) & (table["step"] <= 1.01 * high) & (table["error"] > 0)]
    slopes = [
        float(stats.linregress(np.log(each["step"]), np.log(each["error"])).slope)
        for _, each in part.groupby("seed")
        if len(each) > 1
    ]
    mean, interval = mean_of(np.array(slopes))
    return mean, len(slopes), interval
