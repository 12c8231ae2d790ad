"""Backpropagation against a genetic algorithm on XOR, as a thesis of 1995 had it."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Sequence

import numpy as np
import pandas as pd

from harness.analysis.expected_running_time import expected_running_time
from harness.analysis.proportions import wilson_interval
from harness.studies.criterion import Criterion
from harness.studies.estimates import Interval, mean_of, ratio_of_means
from harness.studies.printed import Ours
from harness.studies.study import Choice, Evidence, Study
from harness.studies.survival import PublishedClaim
from optimizers.objective import Array

BITS = (4, 6, 8, 10, 12)
PATTERNS = 4
GENETIC = [f"GA with {bits} bits" for bits in BITS]
DESCENT = ("batch", "batch with momentum", "online", "online with momentum")


class NeurogenXor(Study):
    """Re-run the XOR tables of NeuroGEN: backpropagation in four forms, a genetic algorithm in five."""

    title = "Backpropagation or a genetic algorithm on XOR?"
    citation = (
        "B. Ömer (1995), Genetic Algorithms for Neural Network Training on Transputers, diploma thesis on "
        "the "
        "program NeuroGEN, section on the XOR problem (tph.tuwien.ac.at/~oemer/doc/neurogen)"
    )
    question = (
        "A 2-2-1 network with logistic units learns exclusive or, by backpropagation on all patterns at once "
        "or one by one, with and without momentum, or by a genetic algorithm on binary coded weights. Which "
        "of "
        "them gets to a mean error of 0.001 a pattern, and how fast?"
    )
    claimed = (
        "a quarter of the runs of backpropagation are caught in local minima while the genetic algorithm "
        "never "
        "fails, momentum makes it nine times as fast, and single patterns four times."
    )
    choices = (
        Choice(
            "error of a pattern",
            "half the squared error, which brings back the steps of plain backpropagation",
        ),
        Choice("start", "weights and biases from U(-1, 1); the tables do not say"),
        Choice(
            "learning rate",
            "1, as printed, on the mean error of all patterns, and on the error of each where they come one "
            "by "
            "one; so a pass over single patterns moves four times as far, as 'four times as fast' implies",
        ),
        Choice("order of single patterns", "drawn anew for each pass"),
        Choice(
            "a step",
            "a pass over the four patterns; an iteration of a run is one pattern where they come singly",
        ),
        Choice("range of the coded weights", "-15 to 15; the tables do not say"),
        Choice(
            "standard genetic parameters",
            "population 100 and linear rank selection as printed; one-point crossover of every couple, each "
            "bit "
            "flipped with probability 0.01, the best kept: the section names no values that can be read "
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
        for case, (steps, n) in _cases(evidence).items():
            low, high = wilson_interval(len(steps), n)
            yield Ours(case, "solved", len(steps) / n, n, low, high)
            mean, interval = mean_of(steps, least=0.0)
            yield Ours(case, "steps" if case in DESCENT else "generations", mean, len(steps), *interval)

    def criteria(self, evidence: Evidence) -> Iterable[Criterion]:
        """Yield what has to come out."""
        cases = _cases(evidence)
        printed = self.printed().set_index(["case", "quantity"])["printed"]
        for case in DESCENT:
            steps, _ = cases[case]
            mean, (low, high) = mean_of(steps, least=0.0)
            before = float(printed[case, "steps"])
            yield Criterion(
                f"mean steps of backpropagation, {case}, over those printed",
                mean / before, at_least=0.5, at_most=1.5, n=len(steps), low=low / before, high=high / before,
            )  # fmt: skip
        plain, momentum = cases["batch"][0], cases["batch with momentum"][0]
        ratio, (low, high) = ratio_of_means(plain, momentum)
        yield Criterion(
            "momentum makes backpropagation faster by this factor",
            ratio, at_least=7, at_most=12, n=len(plain) + len(momentum), low=low, high=high,
        )  # fmt: skip
        online = cases["online"][0]
        ratio, (low, high) = ratio_of_means(online, plain)
        yield Criterion(
            "mean steps pattern by pattern over those of whole batches",
            ratio, at_most=0.5, n=len(plain) + len(online), low=low, high=high,
        )  # fmt: skip
        for case in GENETIC:
            generations, n = cases[case]
            low, high = wilson_interval(len(generations), n)
            yield Criterion(
                f"{case} solves nearly all", len(generations) / n, at_least=0.95, n=n, low=low, high=high
            )
            mean, (low, high) = mean_of(generations, least=0.0)
            yield Criterion(
                f"mean generations of the {case}", mean, at_least=15, at_most=70, n=n, low=low, high=high
            )

    def conclusion(self, evidence: Evidence) -> Sequence[str]:
        """Return what to believe."""
        cases = _cases(evidence)
        failed = [1 - len(cases[case][0]) / cases[case][1] for case in DESCENT]
        solved = [len(cases[case][0]) / cases[case][1] for case in GENETIC]
        costs = {case: _with_restarts(chosen) for case, chosen in _runs(evidence).items()}
        best, least = (min(some, key=lambda case: costs[case][0]) for some in (DESCENT, GENETIC))
        ratio, (low, high) = ratio_of_means(cases["batch"][0], cases["batch with momentum"][0])
        n, m = cases["batch"][1], cases[GENETIC[0]][1]
        return [
            f"Backpropagation does get caught, on {_range(failed)} of {n} starts in its four forms, and the "
            f"genetic algorithm solves {_range(solved)} of {m} in its five.",
            f"Momentum makes whole batches {ratio:.3g} times faster (95 % interval {low:.3g} to {high:.3g}), "
            f"where "
            "nine times was printed.",
            "What the tables leave out is the price: a generation is a hundred passes. Who begins again "
            "where a run "
            f"fails pays {_priced(costs[best])} forward passes for backpropagation ({best}) and "
            f"{_priced(costs[least])} for the genetic algorithm ({least.removeprefix('GA with ')}). Tuned at "
            f"equal cost, they pay {_priced(_tuned(evidence, 'momentum'))} and "
            f"{_priced(_tuned(evidence, 'genetic-algorithm'))}, and L-BFGS that is begun again and again "
            f"{_priced(_tuned(evidence, 'multi-start'))}.",
        ]


def _runs(evidence: Evidence) -> dict[str, pd.DataFrame]:
    """Return the runs of each row of the tables."""
    rows = {}
    for name in ("batch", "online"):
        table = evidence.runs[name].runs
        for optimizer, behind in (("gradient-descent", ""), ("momentum", " with momentum")):
            rows[name + behind] = table[table["optimizer_name"] == optimizer]
    table = evidence.runs["genetic"].runs
    bits = table["options"].map(lambda options: json.loads(options)["bits"])
    return rows | {case: table[bits == number] for case, number in zip(GENETIC, BITS, strict=True)}


def _tuned(evidence: Evidence, optimizer: str) -> tuple[float, Interval]:
    """Return what a start that is solved costs an optimizer with tuned options."""
    table = evidence.runs["today"].runs
    return _with_restarts(table[table["optimizer_name"] == optimizer])


def _cases(evidence: Evidence) -> dict[str, tuple[Array, int]]:
    """Return the steps or generations of the runs that solved it, and the number of runs, of each row."""
    found = {}
    for case, chosen in _runs(evidence).items():
        steps = chosen.loc[chosen["outcome"] == "solved", "iterations"].to_numpy(dtype=np.float64)
        found[case] = (steps / (PATTERNS if case.startswith("online") else 1), len(chosen))
    return found


def _with_restarts(chosen: pd.DataFrame) -> tuple[float, Interval]:
    """Return the cost of solving it if runs are begun again until one does."""
    solved = (chosen["outcome"] == "solved").to_numpy(dtype=bool)
    return expected_running_time(chosen["cost"].to_numpy(dtype=np.float64), solved)


def _range(fractions: Sequence[float]) -> str:
    """Say fractions of several rows by their range.

    >>> _range([0.1, 0.25, 0.2])
    '10 to 25 %'
    """
    low, high = (f"{100 * end:.3g}" for end in (min(fractions), max(fractions)))
    return f"{low} %" if low == high else f"{low} to {high} %"


def _priced(cost: tuple[float, Interval]) -> str:
    found, (low, high) = cost
    return f"{found:,.0f} ({low:,.0f} to {high:,.0f})"
