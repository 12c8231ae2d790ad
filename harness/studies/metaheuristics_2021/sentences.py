"""What to believe of the study, every number with its interval."""

from __future__ import annotations

import math
from collections.abc import Iterable

from harness.analysis.comparison import decide
from harness.analysis.proportions import wilson_interval
from harness.analysis.verdict import Verdict
from harness.studies.estimates import mean_of
from harness.studies.metaheuristics_2021.measured import (
    BIAS,
    LOGISTIC,
    MENDED,
    PROBLEMS,
    Estimate,
    Measured,
)
from harness.studies.metaheuristics_2021.original.protocol import PUBLISHED

NAMES = {"iris": "iris", "wine": "wine", "breast": "breast cancer"}


def sentences(measured: Measured) -> list[str]:
    """Return what to believe.

    Arguments:
        measured: runs of the published programs, and those of today's rules.
    """
    again = _on_each(
        f"{_said(measured.mean(problem, 'GA'))} (GA) and {_said(measured.mean(problem, 'BP'))} (BP)"
        for problem in PROBLEMS
    )
    equal = _on_each(_said(measured.mean(problem, "GA", LOGISTIC)) for problem in PROBLEMS)
    low, high = (100 * (end - 1) for end in measured.other_changes())
    published = _on_each(_times(measured.costs(problem, PUBLISHED, PUBLISHED)) for problem in PROBLEMS)
    fair = _on_each(_times(measured.costs(problem, LOGISTIC, MENDED)) for problem in PROBLEMS)
    return [
        f"The numbers come back: done again fault for fault the programs end at {again}.",
        "They are not of one network. BP has logistic units; the metaheuristics have leaky ReLU in both "
        "layers, the outputs included, which nothing holds between 0 and 1. With the logistic units of BP "
        f"and nothing else changed the GA ends at {equal}. What failed on the larger networks was the unit; "
        "that the search scales poorly does not follow.",
        "BP's numbers hang on a fault too: its biases learn once for each weight of their unit. Mended, it "
        f"ends on iris at {_said(measured.mean('iris', 'BP', BIAS))}. The other faults change a mean by "
        f"{low:+.2g} to {high:+.2g} %.",
        "An epoch is no generation. One costs BP 2.1 to 2.4 forward passes over the training rows, the "
        f"other costs the GA {_said(mean_of(measured.generations(), least=0.0))}, more than its 95 new "
        "members, for those that were crossed and then mutate are evaluated twice. On this axis, all runs "
        f"counted, the GA takes to 0.1 {published}; where both have logistic units and BP's faults are "
        f"mended, {fair}.",
        _today(measured),
    ]


def _today(measured: Measured) -> str:
    """Say what the verdicts of today's rules come to."""
    by: dict[tuple[str, str], list[Verdict]] = {}
    for verdict in decide(measured.evidence.runs["today"]).verdicts:
        by.setdefault((_name(verdict.line[0]), _name(verdict.other[0])), []).append(verdict)
    said = []
    for (one, other), verdicts in by.items():
        better = sum(verdict.answer == "better" for verdict in verdicts)
        least = min(verdicts, key=lambda verdict: verdict.probability)
        low, high = (100 * end for end in least.probability_interval)
        said.append(
            f"{one} is cheaper than {other} on {better} of {len(verdicts)} problems, ahead on "
            f"{100 * least.probability:.3g} % of {least.n} starts where it is least so ({low:.3g} to "
            f"{high:.3g} %)"
        )
    return (
        "By today's rules, to 0.1 with the same units and starts for all and options tuned at equal cost "
        f"(gradient-descent is backpropagation row by row): {'; '.join(said)}. {_diverged(measured)}"
    )


def _diverged(measured: Measured) -> str:
    """Say where backpropagation leaves every bound."""
    table = measured.evidence.runs["today"].runs
    said = []
    for problem, runs in table[table["optimizer_name"] == "gradient-descent"].groupby("problem", sort=False):
        away = int((runs["outcome"] == "diverged").sum())
        if away:
            low, high = (100 * end for end in wilson_interval(away, len(runs)))
            said.append(
                f"on {away} of {len(runs)} starts of {_short(str(problem))} ({low:.3g} to {high:.3g} %)"
            )
    return f"At its one rate for all problems gradient-descent diverges {' and '.join(said) or 'on none'}."


def _short(problem: str) -> str:
    """Return the data and the units of a problem.

    >>> _short("iris:hidden=[3],output=sigmoid,target=0.1")
    'iris with sigmoid'
    """
    return f"{problem.partition(':')[0]} with {problem.partition('output=')[2].partition(',')[0]}"


def _name(label: str) -> str:
    return label.partition("(")[0]


def _on_each(found: Iterable[str]) -> str:
    """Join what was found on each problem.

    >>> _on_each(["1", "2", "3"])
    '1 on iris, 2 on wine and 3 on breast cancer'
    """
    first, second, third = (f"{one} on {name}" for one, name in zip(found, NAMES.values(), strict=True))
    return f"{first}, {second} and {third}"


def _said(found: Estimate) -> str:
    """Write a number with its interval.

    >>> _said((0.5, (0.25, 0.75)))
    '0.5 (0.25 to 0.75)'
    """
    mean, (low, high) = found
    return f"{mean:.3g} ({low:.3g} to {high:.3g})"


def _times(found: Estimate) -> str:
    """Write how many times as many, where one of the two may never get there in most runs.

    >>> _times((2.0, (1.5, 3.0))), _times((2.0, (1.5, math.inf)))
    ('2 times as many as BP (1.5 to 3)', '2 times as many as BP (1.5 or more)')
    >>> _times((math.inf, (math.inf, math.inf)))
    'no number, for it gets there in less than half of the runs,'
    """
    ratio, (low, high) = found
    if math.isinf(ratio):
        return "no number, for it gets there in less than half of the runs,"
    interval = f"{low:.3g} or more" if math.isinf(high) else f"{low:.3g} to {high:.3g}"
    return f"{ratio:.3g} times as many as BP ({interval})"
