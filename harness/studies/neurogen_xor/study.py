"""Backpropagation against a genetic algorithm on XOR, as a thesis of 1995 had it."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence

import numpy as np
import pandas as pd

from harness.analysis.proportions import wilson_interval
from harness.studies.criterion import Criterion
from harness.studies.estimates import Interval, mean_of, ratio_of_means
from harness.studies.neurogen_xor.price import price
from harness.studies.neurogen_xor.redrawn import DRAWS, ROW, means_of_rows, ratio_of_medians
from harness.studies.neurogen_xor.rows import DESCENT, GENETIC, SINGLE, cases, passes
from harness.studies.printed import Ours
from harness.studies.study import Choice, Evidence, Study
from harness.studies.survival import PublishedClaim
from optimizers.objective import Array

WITHIN = (0.5, 1.5)
"""Bounds of the mean steps of backpropagation, over those printed."""
GENERATIONS = (15.0, 70.0)
"""Bounds of the mean generations of the genetic algorithm."""


class NeurogenXor(Study):
    """Re-run the XOR tables of NeuroGEN: backpropagation in four forms, a genetic algorithm in five."""

    title = "Backpropagation or a genetic algorithm on XOR?"
    citation = (
        "B. Ömer (1995), Genetic Algorithms for Neural Network Training on Transputers, diploma thesis on "
        "the program NeuroGEN, section on the XOR problem (tph.tuwien.ac.at/~oemer/doc/neurogen)"
    )
    question = (
        "A 2-2-1 network with logistic units learns exclusive or, by backpropagation on all patterns at once "
        "or one by one, with and without momentum, or by a genetic algorithm on binary coded weights. Which "
        "of them gets to a mean error of 0.001 a pattern, and how fast?"
    )
    claimed = (
        "a quarter of the runs of backpropagation are caught in local minima while the genetic algorithm "
        "never fails; momentum makes backpropagation nine times as fast, and learning pattern by pattern "
        "four times."
    )
    choices = (
        Choice(
            "error of a pattern",
            "half the squared error: chosen so, because it brings back the printed steps of plain "
            "backpropagation, and so no finding; the table of other readings has the squared error",
        ),
        Choice("start", "weights and biases from U(-1, 1); the tables do not say"),
        Choice(
            "learning rate",
            "1, as printed, on the mean error of all patterns, and on the error of each where they come one "
            "by one: chosen so, because both bring back the printed steps. A pass over single patterns then "
            "moves four times as far, and 'four times as fast' follows from the choice; the table of other "
            "readings has a rate of 1/4",
        ),
        Choice("order of single patterns", "drawn anew for each pass"),
        Choice(
            "a step",
            "a pass over the four patterns; an iteration of a run is one pattern where they come singly. "
            "There the mean error is looked at again after 15 % more steps each time, so that these counts "
            "are up to 15 % too high, and rows of ten runs seldom as low as printed",
        ),
        Choice("range of the coded weights", "-15 to 15; the tables do not say"),
        Choice(
            "standard genetic parameters",
            "population 100 and linear rank selection as printed; one-point crossover of every couple, each "
            "bit flipped with probability 0.01, the best kept: the section names no values that can be read "
            "today",
        ),
        Choice(
            "tuned options",
            "of each optimizer the best of thirty configurations on twenty other seeds, by `harness tune`",
        ),
        Choice("runs", "400 and 200 a row in place of 10, the same starts for all rows"),
    )
    quick = 20
    published_claims = tuple(
        PublishedClaim(said, better, than, by, experiment)
        for experiment, options in (("textbook", "the options of the tables"), ("today", "tuned options"))
        for said, better, than, by in (
            (
                f"The genetic algorithm solves more starts than momentum, with {options}",
                "genetic-algorithm",
                "momentum",
                "solved",
            ),
            (
                f"Momentum makes backpropagation faster, with {options}",
                "momentum",
                "gradient-descent",
                "cost-to-target",
            ),
        )
    )

    def ours(self, evidence: Evidence) -> Iterator[Ours]:
        """Yield fraction solved, and mean steps or generations of the solved, of each row."""
        for case, (steps, n) in cases(evidence).items():
            low, high = wilson_interval(len(steps), n)
            yield Ours(case, "solved", len(steps) / n, n, low, high)
            mean, interval = mean_of(steps, least=0.0)
            yield Ours(case, _quantity(case), mean, len(steps), *interval)

    def criteria(self, evidence: Evidence) -> Iterable[Criterion]:
        """Yield what has to come out."""
        rows, printed = cases(evidence), self._printed()
        for case in DESCENT:
            steps, n = rows[case]
            ends = wilson_interval(ROW * printed[case, "solved"], ROW)
            low, high = wilson_interval(len(steps), n)
            yield Criterion(
                f"part of the runs that solve it, {case}, within the interval of the {ROW} that were printed",
                len(steps) / n, *ends, n=n, low=low, high=high,
            )  # fmt: skip
        yield from self._means(evidence)
        plain, momentum = rows["batch"][0], rows["batch with momentum"][0]
        ratio, (low, high) = ratio_of_means(plain, momentum)
        yield Criterion(
            "momentum makes backpropagation faster by this factor",
            ratio, at_least=7, at_most=12, n=len(plain) + len(momentum), low=low, high=high,
        )  # fmt: skip
        online = rows["online"][0]
        ratio, (low, high) = ratio_of_means(online, plain)
        yield Criterion(
            "mean steps pattern by pattern over those of whole batches (follows from the rate that was "
            "chosen, by which a pass moves four times as far)",
            ratio, at_most=0.5, n=len(plain) + len(online), low=low, high=high,
        )  # fmt: skip
        for case in GENETIC:
            generations, n = rows[case]
            low, high = wilson_interval(len(generations), n)
            yield Criterion(
                f"{case} solves nearly all", len(generations) / n, at_least=0.95, n=n, low=low, high=high
            )

    def _means(self, evidence: Evidence) -> Iterator[Criterion]:
        """Yield the criteria of the means, in the order of the rows."""
        printed = self._printed()
        for case, (steps, n) in cases(evidence).items():
            mean, (low, high) = mean_of(steps, least=0.0)
            if case in DESCENT:
                before = printed[case, "steps"]
                yield Criterion(
                    f"mean steps of backpropagation, {case}, over those printed",
                    mean / before, *WITHIN, n=len(steps), low=low / before, high=high / before,
                )  # fmt: skip
            else:
                yield Criterion(
                    f"mean generations of the {case}", mean, *GENERATIONS, n=n, low=low, high=high
                )

    def tables(self, evidence: Evidence) -> Mapping[str, pd.DataFrame]:
        """Return what a mean of ten runs is worth, and what other readings come to."""
        return {
            f"What a mean of {ROW} runs is worth": self._of_ten(evidence),
            "Other readings of the tables": _readings(evidence),
        }

    def conclusion(self, evidence: Evidence) -> Sequence[str]:
        """Return what to believe."""
        rows = cases(evidence)
        failed = [1 - len(rows[case][0]) / rows[case][1] for case in DESCENT]
        solved = [len(rows[case][0]) / rows[case][1] for case in GENETIC]
        n, m = rows["batch"][1], rows[GENETIC[0]][1]
        return [
            f"Backpropagation does get caught: on {_range(failed)} of {n} starts in its four forms it is not "
            f"there after 100,000 passes. The genetic algorithm solves {_range(solved)} of {m} in its five.",
            self._of_speed(evidence),
            self._of_means(evidence),
            price(evidence),
        ]

    def _of_speed(self, evidence: Evidence) -> str:
        """Say what momentum and single patterns do for backpropagation."""
        rows = cases(evidence)
        two = rows["batch"][0], rows["batch with momentum"][0]
        mean, median = ratio_of_means(*two), ratio_of_medians(*two, np.random.default_rng(0))
        batch, *single = (passes(evidence, "half-squared", rate)[0] for rate in (None, *SINGLE))
        same, quarter = (ratio_of_medians(some, batch, np.random.default_rng(0)) for some in single)
        gain = "no gain is left: it was that of a longer step" if quarter[1][1] >= 1 else "a gain is left"
        return (
            f"With momentum, whole batches take fewer steps by a factor of {_times(median)} in the median "
            f"and {_times(mean)} in the mean (95 % intervals in brackets); nine was printed. Single patterns "
            f"take {_times(same)} times the steps of whole batches in the median. By the rate that was "
            f"chosen a pass over them moves four times as far; with a quarter of it they take "
            f"{_times(quarter)} times the steps, and {gain}."
        )

    def _of_means(self, evidence: Evidence) -> str:
        """Say why means do not come back."""
        means, shares = list(self._means(evidence)), self._shares(evidence)
        missed = [within for mean, (within, _) in zip(means, shares, strict=True) if not mean.met]
        if not missed:
            return f"All {len(means)} means come back."
        return (
            f"{len(missed)} of {len(means)} means do not come back, because a few runs of thousands of "
            f"steps rule a mean and {ROW} runs seldom have one: of {DRAWS:,} rows of {ROW} drawn from these "
            f"runs, {_range(missed)} have a mean within the bounds. Medians are the better measure here."
        )

    def _of_ten(self, evidence: Evidence) -> pd.DataFrame:
        """Return means beside medians, and the part of rows of ten runs whose means come back."""
        printed = self._printed()
        rows = []
        for (case, (steps, _)), (within, low) in zip(
            cases(evidence).items(), self._shares(evidence), strict=True
        ):
            rows.append(
                {
                    "case": case,
                    "printed mean": f"{printed[case, _quantity(case)]:,.4g}",
                    "our mean": _counted(steps, np.mean),
                    "our median": _counted(steps, np.median),
                    "longest run": _counted(steps, np.max),
                    "solved": len(steps),
                    f"rows of {ROW} within the bounds": f"{100 * within:.3g} %",
                    f"rows of {ROW} as low as printed": f"{100 * low:.3g} %",
                }
            )
        return pd.DataFrame(rows)

    def _shares(self, evidence: Evidence) -> list[tuple[float, float]]:
        """Return of each case which part of rows of ten is within its bounds, and as low as printed."""
        printed = self._printed()
        found = []
        for case, (steps, n) in cases(evidence).items():
            before = printed[case, _quantity(case)]
            least, most = (before * end for end in WITHIN) if case in DESCENT else GENERATIONS
            means = means_of_rows(steps, n, np.random.default_rng(0))
            within = (means >= least) & (means <= most)
            found.append((float(np.mean(within)), float(np.mean(means <= before))))
        return found

    def _printed(self) -> Mapping[tuple[str, str], float]:
        rows = self.printed()[["case", "quantity", "printed"]]
        return {(case, quantity): float(number) for case, quantity, number in rows.to_numpy()}


def _quantity(case: str) -> str:
    return "steps" if case in DESCENT else "generations"


def _range(fractions: Sequence[float]) -> str:
    """Say fractions of several rows by their range.

    >>> _range([0.1, 0.25, 0.2])
    '10 to 25 %'
    """
    low, high = (f"{100 * end:.3g}" for end in (min(fractions), max(fractions)))
    return f"{low} %" if low == high else f"{low} to {high} %"


def _readings(evidence: Evidence) -> pd.DataFrame:
    """Return the median steps of each reading."""
    rows = []
    for loss, error in (("half-squared", "half the squared error"), ("squared", "the squared error")):
        whole, _ = passes(evidence, loss, None)
        for rate in (None, *SINGLE):
            steps, n = passes(evidence, loss, rate)
            ratio = ratio_of_medians(steps, whole, np.random.default_rng(0))
            chosen = loss == "half-squared" and rate in (None, SINGLE[0])
            rows.append(
                {
                    "error of a pattern": error,
                    "patterns": "all at once, rate 1" if rate is None else f"one by one, rate {rate:g}",
                    "median steps": _counted(steps, np.median),
                    "solved": f"{len(steps)} of {n}",
                    "over all at once": "" if rate is None else _times(ratio),
                    "here": "chosen" if chosen else "",
                }
            )
    return pd.DataFrame(rows)


def _counted(steps: Array, of: Callable[[Array], np.float64]) -> str:
    """Say a number of steps, where there are any."""
    return f"{of(steps):,.0f}" if len(steps) else "none solved"


def _times(ratio: tuple[float, Interval]) -> str:
    found, (low, high) = ratio
    return f"{found:.3g} ({low:.3g} to {high:.3g})"
