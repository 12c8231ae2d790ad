"""What is known of a declared claim after how many pairs of runs."""

from __future__ import annotations

import math
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from harness.analysis.betting_sequence import excluded
from harness.analysis.grouping import Pair
from harness.analysis.measures import Measured, measured
from harness.analysis.median_sequence import is_within
from harness.analysis.probability_sequence import looks, probability_sequence
from harness.analysis.times import Truths
from harness.analysis.verdict import Answer
from harness.runs.declaration import EVEN, Declaration, DeclaredClaim
from harness.runs.tables import Tables
from optimizers.objective import Array


class Path(NamedTuple):
    """What is known of a claim, shape (looks,)."""

    pairs: NDArray[np.int64]
    """After how many pairs."""
    low: Array
    """Lower end of the interval of being ahead, a tie as a half."""
    high: Array
    better: Truths
    """Whether it is known to be ahead, and not known to be behind by its size or by the starts that it
    solves."""
    worse: Truths
    equivalent: Truths
    solved_low: Array
    """Lower end of the interval of the difference of the parts solved; -1 where there is no target."""
    solved_high: Array

    def first(self) -> tuple[int | None, Answer]:
        """Return after how many pairs it was decided, and how; equivalent where that is known as soon."""
        answers: dict[Answer, Truths] = {
            "equivalent": self.equivalent,
            "better": self.better,
            "worse": self.worse,
        }
        found: tuple[int | None, Answer] = (None, "undecided")
        for answer, known in answers.items():
            at = int(self.pairs[np.argmax(known)])
            if known.any() and (found[0] is None or at < found[0]):
                found = at, answer
        return found


def is_of_probability(claim: DeclaredClaim) -> bool:
    """Say whether the margin of a claim is one of the probability of being ahead."""
    return not claim.margin or claim.by == "solved"


def allowed_of(claim: DeclaredClaim) -> float:
    """Return how far from even the number may be that the margin of a claim is about.

    A difference d of the parts solved is a probability of being ahead of ``1/2 + d / 2``.
    """
    if is_of_probability(claim):
        return 0.5 * claim.margin if claim.margin else EVEN
    return claim.margin if claim.by == "accuracy" else math.log1p(claim.margin)


def level_of(claim: DeclaredClaim, declaration: Declaration) -> float:
    """Return the level of each sequence of a claim.

    Its error is halved where its margin is of another number than that of being ahead. Being ahead and being
    equivalent can then both be wrong, each by a sequence of its own; where one sequence answers both, it is
    wrong once.
    """
    error = 1.0 - declaration.each
    return 1.0 - (error if is_of_probability(claim) else 0.5 * error)


def values_of(tables: Tables, pair: Pair, claim: DeclaredClaim) -> tuple[Measured, Array | None]:
    """Return the pairs by the measure, and which of each solved, as 1, 1/2 or 0; None without a target.

    Of the cost to the target two runs that did not reach it are tied, whatever their losses: the claim is
    about the cost, of which nothing is known, and a lead in the loss would count as one in the cost.
    """
    values = measured(pair, claim.by)
    parts = [pair.group.runs, pair.other.runs]
    if not all(runs["target"].notna().all() for runs in parts):
        return values, None
    one, other = ((runs["outcome"] == "solved").to_numpy() for runs in parts)
    if claim.by == "cost-to-target":
        values = values._replace(leads=np.where(one | other, values.leads, 0.5))
    return values, 0.5 + 0.5 * (one.astype(np.float64) - other)


def path_of(values: Measured, solved: Array | None, claim: DeclaredClaim, level: float) -> Path:
    """Return what is known of a claim at each look.

    Arguments:
        values: the pairs by the measure of the claim.
        solved: 1 where the first alone solved, 0 where the other alone did, 1/2 elsewhere; None without a
            target.
        claim: its measure and margin.
        level: of each sequence.
    """
    at = looks(len(values.leads))
    low, high = probability_sequence(values.leads, level, at)
    solved_low, solved_high = np.full(len(low), -1.0), np.full(len(low), 1.0)
    if solved is not None:
        solved_low, solved_high = (2.0 * end - 1.0 for end in probability_sequence(solved, level, at))
    better, worse = low > 0.5, high < 0.5
    if claim.by != "accuracy":
        better, worse = better & (solved_high >= 0.0), worse & (solved_low <= 0.0)
    elif values.effect is not None:
        larger, smaller = (known[at - 1] for known in excluded(0.5 + 0.5 * values.effect[0], 0.5, level))
        better, worse = better & ~smaller, worse & ~larger
    allowed = allowed_of(claim)
    if is_of_probability(claim):
        within = (low >= 0.5 - allowed) & (high <= 0.5 + allowed)
    else:
        within = _within_effect(values, claim, level)[at - 1]
        if solved is not None and claim.by != "accuracy":
            # To solve a part d fewer of the starts costs 1 / (1 - d) as much a solved start.
            part = claim.margin / (1.0 + claim.margin)
            within = within & (solved_low >= -part) & (solved_high <= part)
    return Path(at, low, high, better, worse, within, solved_low, solved_high)


def _within_effect(values: Measured, claim: DeclaredClaim, level: float) -> Truths:
    if values.effect is None:
        return np.zeros(len(values.leads), dtype=np.bool_)
    least, most = values.effect
    allowed = allowed_of(claim)
    if claim.by != "accuracy":
        return is_within(least, most, allowed, level)
    if allowed >= 1.0:
        # No two accuracies differ by more.
        return np.ones(len(least), dtype=np.bool_)
    above, _ = excluded(0.5 + 0.5 * least, 0.5 - 0.5 * allowed, level)
    _, below = excluded(0.5 + 0.5 * least, 0.5 + 0.5 * allowed, level)
    return above & below
