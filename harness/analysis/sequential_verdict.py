"""One declared claim on one problem, decided at the first number of pairs that decides it."""

from __future__ import annotations

import math
from dataclasses import replace

import numpy as np

from harness.analysis.betting_sequence import betting_sequence
from harness.analysis.grouping import Pair
from harness.analysis.measures import Measured, has_measure
from harness.analysis.median_sequence import median_sequence
from harness.analysis.paired_ratio import nearest_to_even
from harness.analysis.probability_sequence import counted, log_capital
from harness.analysis.sequential_path import (
    Path,
    allowed_of,
    is_of_probability,
    level_of,
    path_of,
    values_of,
)
from harness.analysis.verdict import Answer, Interval, Stopped, Verdict
from harness.runs.declaration import Declaration, DeclaredClaim
from harness.runs.tables import Tables
from optimizers.objective import Array


def sequential_verdict(tables: Tables, pair: Pair, claim: DeclaredClaim, declaration: Declaration) -> Verdict:
    """Return the verdict of a declared claim on the pairs that there are, in the order of their seeds.

    The first look that decides it decides it for good, whatever comes after, so that neither the
    size of blocks nor who looked when has a part in it. Better or worse where the confidence sequence of
    being ahead has left 1/2. Equivalent where all that is not excluded lies within the margin: of a claim
    without one the probability of being ahead, of costs and losses the median of the logarithms of the
    ratios, of accuracies the mean of the differences, of costs and of solved runs the difference of the parts
    solved.

    Bonferroni's share of a claim is spent on being ahead; where its margin is of another number, half of it
    on that. All intervals are of these levels, each for itself.

    Arguments:
        tables: where the runs are from.
        pair: the runs of the two, row by row of the same seed.
        claim: what is to be decided.
        declaration: it is one of.
    """
    n = len(pair.group.runs)
    stopped = Stopped(None, math.inf, claim.margin_in_words())
    found = Verdict(
        claim.problem,
        claim.line,
        claim.other,
        claim.by,
        claim.margin,
        n,
        pair.unpaired,
        claim=claim.claim,
        level=declaration.level,
        stopped=stopped,
    )
    if not n:
        return replace(found, reason="they have no seed in common")
    if not has_measure(pair, claim.by):
        missing = "test accuracy" if claim.by == "accuracy" else "target"
        return replace(found, reason=f"there is no {missing}")
    (values, solved), level = values_of(tables, pair, claim), level_of(claim, declaration)
    path = path_of(values, solved, claim, level)
    at, answer = path.first()
    wins, ties, losses = counted(values.leads)
    p = min(math.exp(-float(log_capital(0.5, wins, ties, losses).max())), 1.0)
    found = replace(
        found,
        ahead=int(wins[-1]),
        tied=int(ties[-1]),
        probability=float(values.leads.mean()),
        probability_interval=(float(path.low[-1]), float(path.high[-1])),
        p=p,
        p_adjusted=min(p * (1.0 - declaration.level) / (1.0 - level), 1.0),
        within=answer == "equivalent",
        answer=answer,
        reason=_reason(answer, path, claim, pair),
        stopped=replace(stopped, at=at, needed=math.nan if at else needed(path, values, claim, level)),
    )
    return _with_solved(_with_effect(found, values, claim, level), pair, solved, path)


def _reason(answer: Answer, path: Path, claim: DeclaredClaim, pair: Pair) -> str:
    """Say why one that is known to be ahead is undecided, and where none of the equivalent ones solved."""
    if answer == "equivalent" and claim.by == "cost-to-target":
        none = all((part.runs["outcome"] != "solved").all() for part in (pair.group, pair.other))
        return "neither has reached the target from any start" if none else ""
    if answer != "undecided" or path.low[-1] <= 0.5 <= path.high[-1]:
        return ""
    how = "is behind by its size" if claim.by == "accuracy" else "solves fewer of them"
    return f"the one that is ahead on more starts {how}"


def needed(path: Path, values: Measured, claim: DeclaredClaim, level: float) -> float:
    """Return how many pairs would decide it if they came out as those so far.

    An interval that has to shrink about its estimate to a part r of its width takes ``1 / r^2`` as many
    pairs; that it does so a little slower is left out.
    """
    n, mean = len(values.leads), float(values.leads.mean())
    low, high = float(path.low[-1]), float(path.high[-1])
    # Where it is known which is ahead and it is undecided all the same, more pairs do not help.
    lead = 0.0
    if low <= 0.5 <= high:
        lead = abs(mean - 0.5) / max(mean - low if mean > 0.5 else high - mean, 1e-9)
    room = 0.0
    if is_of_probability(claim):
        room = _room(mean - 0.5, (low - 0.5, high - 0.5), allowed_of(claim))
    elif values.effect is not None:
        centre, interval = _effect(values, claim, level)
        room = _room(nearest_to_even(centre), interval, allowed_of(claim))
    shrink = max(lead, room)
    return max(n / shrink**2, n + 1.0) if shrink > 1e-3 else math.inf


def _room(centre: float, interval: Interval, allowed: float) -> float:
    """Return to which part an interval has to shrink about its centre to lie from -allowed to allowed."""
    widths = centre - interval[0], interval[1] - centre
    if abs(centre) >= allowed or not all(map(math.isfinite, widths)):
        return 0.0
    return min((allowed + centre) / max(widths[0], 1e-9), (allowed - centre) / max(widths[1], 1e-9))


def _effect(values: Measured, claim: DeclaredClaim, level: float) -> tuple[Interval, Interval]:
    """Return the lowest and the highest value of the centre, and its interval."""
    assert values.effect is not None
    least, most = values.effect
    if claim.by == "accuracy":
        low, high = (2.0 * end - 1.0 for end in betting_sequence(0.5 + 0.5 * least, level))
        return (float(least.mean()), float(least.mean())), (low, high)
    return (_median(least, -math.inf), _median(most, math.inf)), median_sequence(least, most, level)


def _median(numbers: Array, unknown: float) -> float:
    """Return the median of numbers; where it lies between -inf and +inf, what stands for that."""
    ordered = np.sort(numbers)
    lower, upper = float(ordered[(len(ordered) - 1) // 2]), float(ordered[len(ordered) // 2])
    if math.isinf(lower) and math.isinf(upper) and lower != upper:
        return unknown
    return lower if lower == upper else 0.5 * lower + 0.5 * upper


def _with_effect(found: Verdict, values: Measured, claim: DeclaredClaim, level: float) -> Verdict:
    if values.effect is None:
        return found
    centre, interval = _effect(values, claim, level)
    exact = centre[0] == centre[1]
    return replace(found, effect=nearest_to_even(centre), effect_interval=interval, effect_exact=exact)


def _with_solved(found: Verdict, pair: Pair, solved: Array | None, path: Path) -> Verdict:
    if solved is None:
        return found
    one, other = (int((part.runs["outcome"] == "solved").sum()) for part in (pair.group, pair.other))
    return replace(
        found,
        solved=one,
        other_solved=other,
        only=int((solved == 1.0).sum()),
        only_other=int((solved == 0.0).sum()),
        difference=(one - other) / found.n,
        difference_interval=(float(path.solved_low[-1]), float(path.solved_high[-1])),
    )
