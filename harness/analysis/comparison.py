"""What a comparison decides: its claims, problem by problem and over all problems."""

from __future__ import annotations

import itertools
import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from harness.analysis.anytime_area import heights_of
from harness.analysis.grouping import Group, Pair, by_problem, paired
from harness.analysis.multiplicity import holm
from harness.analysis.ranking import Rank, ranking
from harness.analysis.sequential_verdict import sequential_verdict
from harness.analysis.transfer import Transfer, transfers
from harness.analysis.verdict import Line, Verdict, decided, evidence
from harness.runs.claims import By, Claim
from harness.runs.declaration import Declaration, DeclaredClaim
from harness.runs.tables import Tables, gradient_column


@dataclass(frozen=True)
class Decided:
    """The answers of a comparison.

    Attributes:
        verdicts: of the claims, or where there are none of every optimizer against the best and against the
            reference, on each problem.
        transfers: the same over all problems, each problem once.
        ranks: of every optimizer on each problem.
        declared: whether there were claims.
        tests: how many comparisons were adjusted for.
        level: probability of the intervals.
        notes: what has to be said, such as claims of which there are no runs.
        each: the verdicts of single problems that those over all problems are made of.
        declaration: what the runs were done for until it was decided, where these verdicts are its.
    """

    verdicts: Sequence[Verdict]
    transfers: Sequence[Transfer]
    ranks: Sequence[Rank]
    declared: bool
    tests: int
    level: float
    notes: Sequence[str] = ()
    each: Sequence[Verdict] = ()
    declaration: Declaration | None = None

    @property
    def fewest(self) -> int:
        """Pairs without a tie below which no test can decide anything, for so many tests.

        The least p-value of n pairs is ``2^(1 - n)``, and Holm's procedure begins with that times the tests.
        """
        return 1 + math.ceil(math.log2(max(self.tests, 1) / (1.0 - self.level)) - 1e-9)


def decide(tables: Tables, claims: Sequence[Claim] | None = None, level: float = 0.95) -> Decided:
    """Decide the claims of a comparison.

    A verdict is of the pairs of one problem, two runs of one seed; runs of different problems are never one
    sample. All claims on all problems are one family of tests (Holm). Where none was declared, every two
    optimizers of a problem are held against each other, and all of these are the family: whichever turned out
    to be the best was chosen by the same runs, which a family of its comparisons alone would not know.

    Where runs were done until something was decided, that is what is answered, by confidence sequences.

    Arguments:
        tables: the runs.
        claims: what to decide; None takes those that were declared.
        level: probability of the intervals; 1 minus it is the chance of any wrong verdict. A declaration
            brings its own.
    """
    problems = in_order(tables)
    every = _every_two(problems, level)
    ranks = [rank for name in problems for rank in ranking(name, _sizes(problems[name]), every[name])]
    if claims is None and tables.declaration is not None:
        return _of_declaration(tables, tables.declaration, ranks)
    given = tables.claims if claims is None else claims
    if given:
        verdicts, notes = _of_claims(tables, problems, given, level)
        tests = sum(not math.isnan(found.p) for found in verdicts)
    else:
        verdicts, notes = _of_best_and_reference(problems, every, ranks), []
        tests = sum(not math.isnan(one.p) for found in every.values() for one in found)
    each = verdicts if given else _against_reference(problems, every)
    over = list(transfers(each, level).values())
    return Decided(verdicts, over, ranks, bool(given), tests, level, notes, each)


def declared_pairs(tables: Tables, declaration: Declaration) -> list[tuple[DeclaredClaim, Pair]]:
    """Return the declared claims of which there are runs, each with its pairs."""
    problems = in_order(tables)
    return [
        (claim, paired(groups[claim.line], groups[claim.other]))
        for claim in declaration.claims
        if {claim.line, claim.other} <= (groups := problems.get(claim.problem, {})).keys()
    ]


def declared_verdicts(tables: Tables, declaration: Declaration) -> tuple[list[Verdict], list[str]]:
    """Return the verdicts of declared claims by confidence sequences, and of which there are no runs."""
    there = declared_pairs(tables, declaration)
    found = [sequential_verdict(tables, pair, claim, declaration) for claim, pair in there]
    missing = [claim for claim in declaration.claims if all(claim != known for known, _ in there)]
    notes = [
        f"{claim.line[0]} against {claim.other[0]} on {claim.problem}: no such runs" for claim in missing
    ]
    return found, notes


def _of_declaration(tables: Tables, declaration: Declaration, ranks: Sequence[Rank]) -> Decided:
    verdicts, notes = declared_verdicts(tables, declaration)
    over = list(transfers(verdicts, declaration.level).values())
    tests = len(declaration.claims)
    return Decided(verdicts, over, ranks, True, tests, declaration.level, notes, verdicts, declaration)


def in_order(tables: Tables) -> dict[str, dict[Line, Group]]:
    """Return the groups of each problem, all in the order in which they first appear."""
    runs = tables.runs.assign(gradient=gradient_column(tables.runs))
    place = {name: number for number, name in enumerate(dict.fromkeys(runs["problem"]))}
    lines = {
        line: n for n, line in enumerate(dict.fromkeys(zip(runs["optimizer"], runs["gradient"], strict=True)))
    }
    found = by_problem(tables)
    return {
        name: {group.line: group for group in sorted(found[name], key=lambda group: lines[group.line])}
        for name in sorted(found, key=lambda name: place[name])
    }


def _sizes(groups: Mapping[Line, Group]) -> dict[Line, tuple[int, int | None]]:
    """Return how many runs each has, and how many of them solved; None on a problem without a target."""
    return {
        line: (
            len(group.solved),
            int(group.solved.sum()) if group.has_target else None,
        )
        for line, group in groups.items()
    }


def usual_measure(groups: Iterable[Group]) -> By:
    """Return what optimizers are compared by where no claim says it."""
    return "cost-to-target" if all(group.has_target for group in groups) else "final-loss"


def _every_two(problems: Mapping[str, Mapping[Line, Group]], level: float) -> dict[str, list[Verdict]]:
    """Return the verdicts of every two optimizers of each problem, adjusted for all of them."""
    found = []
    for groups in problems.values():
        by = usual_measure(groups.values())
        for one, other in itertools.combinations(groups.values(), 2):
            found.append(evidence(paired(one, other), by, 0.0, level=level))
    answered = adjusted(found)
    return {name: [one for one in answered if one.problem == name] for name in problems}


def adjusted(found: Sequence[Verdict]) -> list[Verdict]:
    """Return verdicts with their answers, adjusted for all of them."""
    p_values = holm(np.array([one.p for one in found], dtype=np.float64))
    return [decided(one, float(p)) for one, p in zip(found, p_values, strict=True)]


def _of_claims(
    tables: Tables, problems: Mapping[str, Mapping[Line, Group]], claims: Sequence[Claim], level: float
) -> tuple[list[Verdict], list[str]]:
    notes: list[str] = []
    chosen: list[tuple[int, Pair, By, float]] = []
    for number, claim in enumerate(claims):
        known = [name for name in problems if not claim.problems or is_one_of(name, claim.problems)]
        missing = [name for name in claim.problems if not any(is_one_of(p, [name]) for p in problems)]
        notes += [f"{claim.better} against {claim.than}: there is no run on {name}" for name in missing]
        for name in known:
            named = {
                line: str(group.runs["optimizer_name"].iloc[0]) for line, group in problems[name].items()
            }
            lines = [chosen_line(named, given) for given in (claim.better, claim.than)]
            said = [line for line in lines if isinstance(line, str)]
            if said:
                notes.append(f"{claim.better} against {claim.than} on {name}: {said[0]}")
                continue
            one, other = (problems[name][line] for line in lines if isinstance(line, tuple))
            chosen.append((number, paired(one, other), claim.by or usual_measure((one, other)), claim.margin))
    heights = heights_of(tables) if any(by == "anytime-area" for _, _, by, _ in chosen) else None
    found = [
        replace(evidence(pair, by, margin, len(chosen), level, heights=heights), claim=number)
        for number, pair, by, margin in chosen
    ]
    return adjusted(found), notes


def is_one_of(name: str, wanted: Sequence[str]) -> bool:
    """Say whether a problem is one of those named; a budget may stand behind its name."""
    return name in wanted or name.partition(" [")[0] in wanted


def chosen_line(lines: Mapping[Line, str], given: str) -> Line | str:
    """Return the line that a claim names, or a sentence where that is none or several.

    Arguments:
        lines: those of a problem, each with the name of its optimizer.
        given: label or name of an optimizer, with its gradient source where there are several.

    >>> chosen_line({("adam(batch=8)", "analytic"): "adam", ("rprop", "analytic"): "rprop"}, "adam")
    ('adam(batch=8)', 'analytic')
    """
    name, by, source = given.rpartition(" by ")
    name = name if by else source
    source = source if by else ""
    tried: list[list[Line]] = [
        [line for line in lines if line[0] == given],
        [line for line in lines if line[0] == name],
        [line for line in lines if line[0].partition(" [")[0] == name],
        # Named with its options, where tables name it without.
        [line for line in lines if line[0] == name.partition("(")[0]],
        [line for line in lines if lines[line] == name],
    ]
    for several in tried:
        found = [line for line in several if line[0] == given or not source or line[1] == source]
        if len(found) == 1:
            return found[0]
        if found:
            return f"{given} stands for {len(found)} of the optimizers and sources there"
    return f"there is no run of {given}"


def best_of(ranks: Sequence[Rank], problem: str) -> Line | None:
    """Return who stands first on a problem."""
    return next((rank.line for rank in ranks if rank.problem == problem), None)


def _reference(problems: Mapping[str, Mapping[Line, Group]]) -> Line | None:
    """Return the first optimizer of the experiment."""
    return next((line for groups in problems.values() for line in groups), None)


def _of_best_and_reference(
    problems: Mapping[str, Mapping[Line, Group]],
    every: Mapping[str, Sequence[Verdict]],
    ranks: Sequence[Rank],
) -> list[Verdict]:
    reference = _reference(problems)
    found: list[Verdict] = []
    for name in problems:
        best = best_of(ranks, name)
        order = [rank.line for rank in ranks if rank.problem == name]
        both = [(best, line) for line in order if line != best]
        both.sort(key=lambda pair: pair[1] != reference)
        both += [(line, reference) for line in order if reference in order and line not in (best, reference)]
        found += [_found(every[name], one, other) for one, other in both if best != reference or one == best]
    return found


def _against_reference(
    problems: Mapping[str, Mapping[Line, Group]], every: Mapping[str, Sequence[Verdict]]
) -> list[Verdict]:
    """Return the verdicts of every optimizer against the reference."""
    reference = _reference(problems)
    return [
        one if one.other == reference else one.turned
        for found in every.values()
        for one in found
        if reference in (one.line, one.other)
    ]


def _found(verdicts: Sequence[Verdict], one: Any, other: Any) -> Verdict:
    """Return the verdict of two optimizers, turned where it is of the other against the one."""
    for verdict in verdicts:
        if (verdict.line, verdict.other) == (one, other):
            return verdict
        if (verdict.line, verdict.other) == (other, one):
            return verdict.turned
    raise KeyError((one, other))
