"""What the verdicts of several problems say of problems like these: the problem is the unit."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from harness.analysis.multiplicity import holm
from harness.analysis.proportions import wilson_interval
from harness.analysis.solved_difference import mcnemar_test
from harness.analysis.verdict import Answer, Line, Verdict


@dataclass(frozen=True)
class Transfer:
    """A claim over several problems.

    Attributes:
        line: optimizer and gradient source that the claim says is better.
        other: those that it is compared with.
        by: what is compared; empty where that differs from problem to problem.
        problems: how many have pairs.
        better: of how many of these problems it is decided that it is better.
        worse: likewise.
        equivalent: likewise.
        undecided: the others.
        ahead: problems on which it is ahead on more than half of the starts, decided or not.
        tied: problems on which it is on exactly half of them.
        share: part of the problems on which it is ahead, a tie as a half, with its interval.
        p: two-sided, of the sign test over problems.
        p_adjusted: adjusted for all claims over problems by Holm's procedure.
        answer: of problems like these.
    """

    line: Line
    other: Line
    by: str
    problems: int
    better: int
    worse: int
    equivalent: int
    undecided: int
    ahead: int
    tied: int
    share: float
    share_interval: tuple[float, float]
    p: float
    p_adjusted: float
    answer: Answer


Subject = tuple[Line, Line, int]
"""What a claim over problems is about: the two that are compared, and the claim's number."""


def transfers(verdicts: Sequence[Verdict], level: float = 0.95) -> dict[Subject, Transfer]:
    """Return each claim over all its problems, those of two problems or more, by what it is about.

    On these problems it is counted what was decided. Of problems like these, of which they are taken for a
    sample, the sign test over problems speaks (Demsar 2006, Statistical comparisons of classifiers over
    multiple data sets, Journal of Machine Learning Research 7, section 3.1.3): each counts once, by who is
    ahead on more of its starts, however many seeds it has.

    Arguments:
        verdicts: of single problems.
        level: probability of the intervals.
    """
    claims: dict[Subject, list[Verdict]] = {}
    for one in verdicts:
        if not math.isnan(one.probability):
            claims.setdefault((one.line, one.other, one.claim), []).append(one)
    several = {names: found for names, found in claims.items() if len({one.problem for one in found}) > 1}
    tests = [_signs(found) for found in several.values()]
    adjusted = holm(np.array([mcnemar_test(ahead, n - ahead - tied) for ahead, tied, n in tests]))
    return {
        names: _transfer(names[:2], found, test, float(p), level)
        for (names, found), test, p in zip(several.items(), tests, adjusted, strict=True)
    }


def _signs(found: Sequence[Verdict]) -> tuple[int, int, int]:
    shares = [one.probability for one in found]
    return sum(share > 0.5 for share in shares), sum(share == 0.5 for share in shares), len(shares)


def _transfer(
    names: tuple[Line, Line], found: Sequence[Verdict], test: tuple[int, int, int], p: float, level: float
) -> Transfer:
    ahead, tied, n = test
    count = ahead + 0.5 * tied
    answer: Answer = "undecided"
    if p <= 1.0 - level:
        answer = "better" if count > n / 2 else "worse"
    measures = {one.by for one in found}
    answers = Counter(one.answer for one in found)
    return Transfer(
        *names,
        by=measures.pop() if len(measures) == 1 else "",
        problems=n,
        better=answers["better"],
        worse=answers["worse"],
        equivalent=answers["equivalent"],
        undecided=answers["undecided"],
        ahead=ahead,
        tied=tied,
        share=count / n,
        share_interval=wilson_interval(count, n, level),
        p=mcnemar_test(ahead, n - ahead - tied),
        p_adjusted=p,
        answer=answer,
    )
