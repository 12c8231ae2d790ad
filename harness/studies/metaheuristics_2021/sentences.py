"""What to believe of the study, every number with its interval."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence

from harness.analysis.comparison import decide
from harness.analysis.proportions import wilson_interval
from harness.analysis.verdict import Verdict
from harness.studies.metaheuristics_2021.measured import (
    BIAS,
    LOGISTIC,
    MENDED,
    PROBLEMS,
    Estimate,
    Measured,
    expected_generation,
    new_members,
)
from harness.studies.metaheuristics_2021.original.protocol import PUBLISHED, protocol
from harness.studies.metaheuristics_2021.tables import NAMES

DESCENTS = ("gradient-descent", "lbfgs")


def sentences(measured: Measured, printed: Mapping[tuple[str, str], float]) -> list[str]:
    """Return what to believe.

    Arguments:
        measured: runs of the published programs, and those of today's rules.
        printed: epochs to 0.1 of the mean curves, by data set and method.
    """
    return [
        "Only BP and the GA were run again. What the report says of the particle swarm, differential "
        "evolution and the bat algorithm is not tested with its own programs.",
        _again(measured, printed),
        _units(measured),
        _biases(measured),
        _cost(measured),
        _today(measured),
    ]


def _again(measured: Measured, printed: Mapping[tuple[str, str], float]) -> str:
    """Say whether the numbers come back."""
    ends = _on_each(
        f"{_said(measured.mean(problem, 'GA'))} (GA) and {_said(measured.mean(problem, 'BP'))} (BP)"
        for problem in PROBLEMS
    )
    odd = []
    for (problem, method), before in printed.items():
        found = measured.crossing(problem, method)
        if found is None:
            odd.append(f"{method} on {NAMES[problem]}, which never does and did at {before:g}")
        elif not found[1][0] <= before <= found[1][1]:
            odd.append(f"{method} on {NAMES[problem]}, at {_said(found)} where {before:g} is printed")
    beside = f", but for {'; '.join(odd)}" if odd else ""
    return (
        f"The final errors come back: done again fault for fault the programs end at {ends}. So do the "
        f"epochs or generations at which mean curves come to {protocol().target:g}{beside}."
    )


def _units(measured: Measured) -> str:
    """Say what the units do."""
    logistic = {problem: measured.mean(problem, "GA", LOGISTIC) for problem in PROBLEMS}
    lower = sum(logistic[problem][0] < measured.mean(problem, "BP", MENDED)[0] for problem in PROBLEMS)
    times = [
        measured.cost(problem, "GA", LOGISTIC) / measured.cost(problem, "BP", MENDED) for problem in PROBLEMS
    ]
    ends, epochs = _on_each(_said(found) for found in logistic.values()), protocol().epochs
    return (
        "The errors are not of one network. BP has logistic units; the metaheuristics have leaky ReLU in "
        "both layers, the outputs included, which nothing holds between 0 and 1. With the logistic units of "
        f"BP and nothing else changed the GA ends at {ends}. At {epochs} epochs against {epochs} generations "
        f"it then ends lower than BP with all faults mended on {lower} of {len(PROBLEMS)} data sets, for "
        f"{min(times):.3g} to {max(times):.3g} times the forward passes. What failed on the larger networks "
        "was the unit; that the search scales poorly does not follow."
    )


def _biases(measured: Measured) -> str:
    """Say what the faults of backpropagation do."""
    low, high = (100 * (end - 1) for end in measured.other_changes())
    genetic = measured.mean("iris", "GA")[0]
    before, after = (genetic / measured.mean("iris", "BP", variant)[0] for variant in (PUBLISHED, BIAS))
    does = "widens" if after < before else "does not widen"
    ends = _on_each(_said(measured.mean(problem, "BP", BIAS)) for problem in PROBLEMS)
    return (
        "BP's numbers hang on a fault too: its biases learn once for each weight of their unit. Where they "
        f"learn once a row, BP ends at {ends}. That {does} the lead of the published GA on iris: its error "
        f"is {before:.3g} times that of BP with the fault, and {after:.3g} times that of BP without. The "
        f"other faults change a mean by {low:+.2g} to {high:+.2g} %; the table of variants has each."
    )


def _cost(measured: Measured) -> str:
    """Say what epochs and generations cost, and what it costs to come to the target."""
    told = protocol()
    low, high = measured.epochs()
    found = _on_each(_said(measured.generation(problem), 4) for problem in PROBLEMS)
    expected = _on_each(f"{expected_generation(problem):.4g}" for problem in PROBLEMS)
    published, mended = (
        _ratios({problem: measured.costs(problem, *variants) for problem in PROBLEMS})
        for variants in ((PUBLISHED, PUBLISHED), (LOGISTIC, MENDED))
    )
    return (
        f"An epoch is no generation. An epoch costs BP {low:.2g} to {high:.2g} forward passes over the "
        f"training rows. A generation of the GA costs {found}, as {new_members():g} children "
        f"evaluated once after crossover (chance {told.genetic.crossover:g}) and once after mutation would: "
        f"{expected}. To reach an error of {told.target:g} the GA needs, all runs counted, {published}. "
        f"Where both have logistic units and the faults of BP are mended, it needs {mended}."
    )


def _today(measured: Measured) -> str:
    """Say what the verdicts of today's rules come to."""
    by: dict[tuple[str, str], list[Verdict]] = {}
    for verdict in decide(measured.evidence.runs["today"]).verdicts:
        found = verdict if _name(verdict.line[0]) in DESCENTS else verdict.turned
        by.setdefault((_name(found.line[0]), _name(found.other[0])), []).append(found)
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
    return _listed([f"{one} on {name}" for one, name in zip(found, NAMES.values(), strict=True)])


def _said(found: Estimate, digits: int = 3) -> str:
    """Write a number with its interval.

    >>> _said((0.5, (0.25, 0.75)))
    '0.5 (0.25 to 0.75)'
    """
    mean, (low, high) = found
    return f"{mean:.{digits}g} ({low:.{digits}g} to {high:.{digits}g})"


def _ratios(found: Mapping[str, Estimate]) -> str:
    """Write how many times the passes of BP it takes, where one of the two may never get there in most runs.

    >>> _ratios({"iris": (2.0, (1.5, 3.0)), "wine": (2.0, (1.5, math.inf))})
    '2 (1.5 to 3) times the forward passes of BP on iris and 2 (1.5 or more) times on wine'
    >>> _ratios({"breast": (math.inf, (math.inf, math.inf))})
    'on breast cancer fewer than half of its runs reach it'
    """
    said: list[str] = []
    for problem, (ratio, (low, high)) in found.items():
        if not math.isinf(ratio):
            interval = f"{low:.3g} or more" if math.isinf(high) else f"{low:.3g} to {high:.3g}"
            passes = "" if said else " the forward passes of BP"
            said.append(f"{ratio:.3g} ({interval}) times{passes} on {NAMES[problem]}")
    never = [NAMES[problem] for problem, (ratio, _) in found.items() if math.isinf(ratio)]
    parts = [_listed(said)] if said else []
    if never:
        parts.append(f"on {_listed(never)} fewer than half of its runs reach it")
    return "; ".join(parts)


def _listed(parts: Sequence[str]) -> str:
    return " and ".join(part for part in (", ".join(parts[:-1]), *parts[-1:]) if part)
