"""One claim on one problem, with all its numbers, and what they decide."""

from __future__ import annotations

import math
from dataclasses import dataclass, field, replace
from typing import Literal

from harness.analysis.grouping import Pair
from harness.analysis.measures import Heights, Measured, has_measure, measured
from harness.analysis.paired_ratio import nearest_to_even
from harness.analysis.proportions import wilson_interval
from harness.analysis.signed_ranks import hodges_lehmann
from harness.analysis.solved_difference import mcnemar_test, paired_difference_interval
from harness.analysis.times import Axis
from harness.runs.claims import By

Answer = Literal["better", "worse", "equivalent", "undecided"]

MOST_RANKED = 2000
"""Pairs up to which the size of the difference is estimated: it takes their number squared."""

Line = tuple[str, str]
Interval = tuple[float, float]
NOWHERE: Interval = (math.nan, math.nan)
ANYWHERE: Interval = (-math.inf, math.inf)

TOLERANCE = 1e-9
"""Rounding that is no difference."""


@dataclass(frozen=True)
class Stopped:
    """Of a verdict by confidence sequences: when it was reached, and when it would be.

    Attributes:
        at: pairs after which it was decided; None where it is not.
        needed: pairs that it would take to decide it, roughly, by the estimate so far; NaN where it is
            decided, +inf where no number would do.
        margin: what counts as equivalent, in words.
    """

    at: int | None
    needed: float
    margin: str


@dataclass(frozen=True)
class Verdict:
    """A claim with its estimates, their intervals, the number of pairs, and what they decide.

    Attributes:
        problem: its name.
        line: optimizer and gradient source that the claim says is better.
        other: those that it is compared with.
        by: what is compared.
        margin: smallest difference that matters.
        n: pairs of the same seed.
        unpaired: runs of the two that have no partner.
        ahead: pairs in which it is ahead.
        tied: pairs in which neither is.
        probability: that it is ahead, a tie as a half, with its interval.
        effect: logarithm of the ratio, or difference of accuracies, nearest to 0 of those that agree with
            what is known of the pairs; NaN where there is none.
        effect_interval: its interval.
        effect_exact: whether it is a number, and not the least that it can be.
        solved: runs of it that reached the target, of the pairs; None on a problem without one.
        other_solved: the other's.
        only: pairs that it alone solved.
        only_other: pairs that the other alone solved.
        difference: of the parts solved, with its interval.
        p: two-sided, of the exact sign test: that either is ahead equally often (that of McNemar where
            solved runs are compared).
        p_adjusted: adjusted for all claims by Holm's procedure.
        within: whether all that is not excluded lies within the margin, at a level adjusted for all claims.
        answer: what that decides.
        reason: why, where the numbers alone do not say it.
        claim: number of the claim that it belongs to.
        level: probability of the intervals.
        stopped: where it is by confidence sequences, when it was reached; its intervals hold at every number
            of pairs then, and those of ``probability`` of all claims together.
    """

    problem: str
    line: Line
    other: Line
    by: By
    margin: float = 0.0
    n: int = 0
    unpaired: int = 0
    ahead: int = 0
    tied: int = 0
    probability: float = math.nan
    probability_interval: Interval = NOWHERE
    effect: float = math.nan
    effect_interval: Interval = NOWHERE
    effect_exact: bool = True
    solved: int | None = None
    other_solved: int | None = None
    only: int = 0
    only_other: int = 0
    difference: float = math.nan
    difference_interval: Interval = NOWHERE
    p: float = math.nan
    p_adjusted: float = math.nan
    within: bool = False
    answer: Answer = "undecided"
    reason: str = ""
    claim: int = 0
    level: float = field(default=0.95, repr=False)
    stopped: Stopped | None = None

    @property
    def turned(self) -> Verdict:
        """The same, of the other against this one."""
        answers: dict[Answer, Answer] = {"better": "worse", "worse": "better"}
        return replace(
            self,
            line=self.other,
            other=self.line,
            ahead=self.n - self.ahead - self.tied,
            probability=1.0 - self.probability,
            probability_interval=(1.0 - self.probability_interval[1], 1.0 - self.probability_interval[0]),
            effect=0.0 - self.effect,
            effect_interval=(0.0 - self.effect_interval[1], 0.0 - self.effect_interval[0]),
            solved=self.other_solved,
            other_solved=self.solved,
            only=self.only_other,
            only_other=self.only,
            difference=0.0 - self.difference,
            difference_interval=(0.0 - self.difference_interval[1], 0.0 - self.difference_interval[0]),
            answer=answers.get(self.answer, self.answer),
        )


def evidence(
    pair: Pair,
    by: By,
    margin: float,
    claims: int = 1,
    level: float = 0.95,
    *,
    axis: Axis = "cost",
    heights: Heights | None = None,
) -> Verdict:
    """Return the numbers of one claim on one problem; what they decide is ``decided``'s.

    Arguments:
        pair: the runs of the two, row by row of the same seed.
        by: what is compared.
        margin: smallest difference that matters.
        claims: how many are decided together.
        level: probability of the intervals.
        axis: what is spent until the target.
        heights: of each run the mean logarithm of its best loss, where that is compared.
    """
    n = len(pair.group.ends["seed"])
    found = Verdict(
        pair.group.problem, pair.group.line, pair.other.line, by, margin, n, pair.unpaired, level=level
    )
    if not n:
        return replace(found, reason="they have no seed in common")
    if not has_measure(pair, by, heights):
        return replace(found, reason=missing_measure(by))
    values = measured(pair, by, axis, heights)
    ahead, tied = int((values.leads == 1.0).sum()), int((values.leads == 0.5).sum())
    found = replace(
        found,
        ahead=ahead,
        tied=tied,
        probability=float(values.leads.mean()),
        probability_interval=wilson_interval(float(values.leads.sum()), n, level),
        p=mcnemar_test(ahead, n - ahead - tied),
    )
    return _with_effect(_with_solved(found, pair), values, claims)


def missing_measure(by: By) -> str:
    """Say what runs lack that cannot be compared by a measure.

    >>> missing_measure("solved")
    'there is no target'
    """
    lacking = {"accuracy": "test accuracy", "anytime-area": "curve of losses above 0"}
    return f"there is no {lacking.get(by, 'target')}"


def _with_solved(found: Verdict, pair: Pair) -> Verdict:
    if not (pair.group.has_target and pair.other.has_target):
        return found
    one, other = pair.group.solved, pair.other.solved
    only, only_other = int((one & ~other).sum()), int((other & ~one).sum())
    difference, interval = paired_difference_interval(only, only_other, found.n, found.level)
    return replace(
        found,
        solved=int(one.sum()),
        only=only,
        only_other=only_other,
        other_solved=int(other.sum()),
        difference=difference,
        difference_interval=interval,
    )


def _with_effect(found: Verdict, values: Measured, claims: int) -> Verdict:
    """Add by how much it is ahead, and whether that is known to be within the margin."""
    wide, narrow = ANYWHERE, NOWHERE
    # An interval at the level that holds for all claims together (Bonferroni), by which equivalence is
    # decided: an answer that claims there is no difference errs as seldom as one that claims there is.
    strict = 1.0 - (1.0 - found.level) / max(claims, 1)
    if values.effect is not None and found.n <= MOST_RANKED:
        least, most = values.effect
        centre, narrow = hodges_lehmann(least, most, found.level)
        exact = centre[0] == centre[1]
        found = replace(found, effect=nearest_to_even(centre), effect_interval=narrow, effect_exact=exact)
        if found.margin > 0:
            wide = hodges_lehmann(least, most, strict)[1]
    if found.margin == 0:
        return found
    allowed = found.margin if found.by in ("accuracy", "solved") else math.log1p(found.margin)
    within = found.by == "solved" or (-allowed <= wide[0] and wide[1] <= allowed)
    if found.solved is not None and found.by != "accuracy":
        # To solve a part d fewer of the starts costs 1 / (1 - d) as much a solved start.
        share = found.margin if found.by == "solved" else found.margin / (1.0 + found.margin)
        low, high = paired_difference_interval(found.only, found.only_other, found.n, strict)[1]
        within = within and -share <= low and high <= share
    return replace(found, within=bool(within))


def decided(found: Verdict, p_adjusted: float) -> Verdict:
    """Return a verdict with its answer.

    Equivalent where all that is not excluded lies within the margin. Better or worse where the adjusted test
    says so, unless what it does not look at says the opposite: one that is ahead on most starts, but at a
    ratio or with a part solved whose interval is on the other side, is not better. Undecided otherwise.
    """
    found = replace(found, p_adjusted=p_adjusted)
    if found.within:
        return replace(found, answer="equivalent")
    if math.isnan(p_adjusted) or p_adjusted > 1.0 - found.level or found.probability == 0.5:
        return found
    side = 1.0 if found.probability > 0.5 else -1.0
    # Signs turned so that a positive end says that it is ahead.
    sign = side if found.by == "accuracy" else -side
    ends = [sign * end for end in found.effect_interval if not math.isnan(end)]
    if ends and max(ends) < -TOLERANCE:
        return replace(found, reason="the one that is ahead on more starts is behind by its size")
    if max(side * end for end in found.difference_interval) < -TOLERANCE:
        return replace(found, reason="the one that is ahead on more starts solves fewer of them")
    return replace(found, answer="better" if side > 0 else "worse")
