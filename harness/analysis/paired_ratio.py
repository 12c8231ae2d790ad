"""By which factor one optimizer is cheaper than another from the same start."""

from __future__ import annotations

import math
from typing import Any, ClassVar, Literal

import numpy as np

from harness.analysis.ahead import final_losses
from harness.analysis.grouping import Ends, Pair
from harness.analysis.signed_ranks import hodges_lehmann, signed_rank_test
from harness.analysis.statistic import PAIRS, Columns, estimate, estimated
from harness.analysis.tested_pairs import PairedTest, tested
from harness.analysis.times import Axis, Times, times_to_target
from harness.runs.columns import Column
from harness.runs.tables import Tables
from optimizers.objective import Array
from optimizers.options import options

Bounds = tuple[Array, Array]


def log_ratio_bounds(one: Times, other: Times) -> Bounds:
    """Return between which bounds the logarithm of the ratio of two times lies, pair by pair.

    Both known: ``log(a / b)``. The other only known to be larger than b: from -inf to ``log(a / b)``; never
    solved: -inf. Neither known: anything.
    """
    with np.errstate(divide="ignore", invalid="ignore"):
        ratio = np.log(one.time) - np.log(other.time)
    # Two times of 0, or two that never end.
    ratio = np.where(np.isnan(ratio), 0.0, ratio)
    return np.where(other.solved, ratio, -np.inf), np.where(one.solved, ratio, np.inf)


def nearest_to_even(centre: tuple[float, float]) -> float:
    """Return the number between two bounds that is nearest to 0: what is the case at the least.

    >>> nearest_to_even((-2.0, -0.5)), nearest_to_even((-math.inf, 3.0)), nearest_to_even((0.7, 0.7))
    (-0.5, 0.0, 0.7)
    """
    return min(max(0.0, centre[0]), centre[1])


@options
class PairedRatio(PairedTest):
    """Factor between what two optimizers spend until the target from the same start; below 1 it is ahead.

    The Hodges-Lehmann centre of the logarithms of the ratios, with its interval by signed ranks. Of a pair of
    which one run did not reach the target only a bound of the ratio is known, and of one of which neither did
    nothing; both stay in the sample with their bounds. ``ratio_least`` and ``ratio_most`` are the lowest and
    the highest centre that agree with what is known, ``ratio`` is the one of them that is nearest to 1: the
    factor is at least that. The interval is from the lower end that goes with the least to the upper one that
    goes with the most. ``p`` is of Wilcoxon's exact signed-rank test, of which a pair with one solved run has
    the highest rank, and one with none a difference of 0; ``p_holm`` is adjusted for all rows. NaN for a
    problem that has no target, and of losses of 0 or below, which have no ratio.

    Attributes:
        measure: cost, iterations or seconds until the target; or loss, the final one, +inf where a run
            diverged or failed.
        against: label or name of the one optimizer to compare all others with, which leaves fewer rows to
            adjust for; none compares every two.
    """

    measure: Axis | Literal["loss"] = "cost"

    source: ClassVar[str] = (
        "Hollander, Wolfe, Chicken (2014), Nonparametric statistical methods, 3rd ed., sections 3.1 to 3.3; "
        "Holm (1979)"
    )
    columns: ClassVar[Columns] = {
        **PAIRS,
        "solved": Column("whole", "pairs of which both values are known"),
        **estimate("ratio", "factor, nearest to 1 of those that agree with what is known"),
        "ratio_least": Column("number", "lowest centre that agrees with what is known"),
        "ratio_most": Column("number", "highest centre that agrees with what is known"),
        **tested("Wilcoxon's signed-rank test"),
    }

    def compared(self, tables: Tables, pair: Pair) -> dict[str, Any]:
        """Return the ratio of a pair of groups."""
        one, other = (self._times(tables, pair, place) for place in (0, 1))
        names = [*estimate("ratio", ""), "ratio_least", "ratio_most", "p"]
        found, both = dict.fromkeys(names, math.nan), 0
        if one is not None and other is not None and one.time.size:
            both = int((one.solved & other.solved).sum())
            least, most = log_ratio_bounds(one, other)
            centre, (low, high) = hodges_lehmann(least, most, self.level)
            found = estimated("ratio", _exp(nearest_to_even(centre)), (_exp(low), _exp(high)))
            found |= {"ratio_least": _exp(centre[0]), "ratio_most": _exp(centre[1])}
            found["p"] = signed_rank_test(_scores(one, other))
        return {"solved": both, **found}

    def _times(self, tables: Tables, pair: Pair, place: int) -> Times | None:
        group = (pair.group, pair.other)[place]
        if self.measure != "loss":
            return times_to_target(tables, group, self.measure)
        return _losses(group.ends)


def _losses(runs: Ends) -> Times | None:
    """Return final losses as times: one that is not finite is larger than any, for good."""
    values = final_losses(runs)
    if (values <= 0).any():
        return None
    return Times(np.isfinite(values), values, values)


def _scores(one: Times, other: Times) -> Array:
    """Return differences for the test: log ratios, +-inf where one has solved, and 0 where neither has."""
    with np.errstate(divide="ignore", invalid="ignore"):
        ratio = np.log(one.time) - np.log(other.time)
    only = np.where(one.solved, -np.inf, np.inf)
    score = np.where(one.solved & other.solved, ratio, np.where(one.solved == other.solved, 0.0, only))
    return np.where(np.isnan(score), 0.0, score)


def _exp(number: float) -> float:
    return math.exp(number) if number < 709 else math.inf
