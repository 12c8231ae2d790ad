"""From which budget on one optimizer is ahead of another."""

from __future__ import annotations

import math
from collections.abc import Iterator
from typing import Annotated, Any, ClassVar

import numpy as np
from numpy.typing import NDArray
from pydantic import Field

from harness.analysis.curves import Curves, RunCurve, group_curves, run_curves
from harness.analysis.grouping import Group, pairs
from harness.analysis.medians import rank_below
from harness.analysis.statistic import PAIR, PAIRS, Columns, Statistic, estimate, estimated
from harness.analysis.times import Axis, times_to_target
from harness.runs.columns import Column
from harness.runs.tables import Tables
from optimizers.objective import Array
from optimizers.options import Count, CountOrZero, options


def crossover(leads: Array, points: Array, share: float = 0.5) -> Array:
    """Return from which point on the first leads by a share or more, to the end; +inf if not at the end.

    Arguments:
        leads: mean lead of the first by each point, shape (..., points): 1 ahead, 0 behind, 0.5 tied.
        points: rising, shape (points,).
        share: 0.5 is where it is not behind any more.

    Returns:
        Shape (...); 0 where it always does.

    >>> leads = np.array([[0.4, 0.3, 0.8, 0.6], [0.5, 0.6, 0.7, 0.7]])
    >>> crossover(leads, np.array([1.0, 2.0, 5.0, 9.0])).tolist()
    [5.0, 0.0]
    """
    # A hair below, for means of thirds.
    behind = leads < share - 1e-9
    # One beyond the last point at which it is behind.
    after = np.where(behind.any(axis=-1), behind.shape[-1] - np.argmax(behind[..., ::-1], axis=-1), 0)
    found = np.append(points, np.inf)[after]
    return np.where(after == 0, 0.0, found)


def bootstrap_crossover(
    leads: Array, points: Array, level: float, resamples: int, rng: np.random.Generator
) -> tuple[float, float]:
    """Return the percentiles of the crossovers of samples of the pairs, drawn with replacement.

    (Efron, Tibshirani 1993, An introduction to the bootstrap, section 13.3.) A sample in which the first is
    behind at the end has +inf. The percentiles are order statistics, so that they may be infinite.

    Arguments:
        leads: of each pair by each point, shape (pairs, points).
        points: rising, shape (points,).
        level: probability of the interval.
        resamples: how many samples.
        rng: draws them.
    """
    n = len(leads)
    counts = rng.multinomial(n, np.full(n, 1.0 / n), size=resamples)
    found = np.sort(crossover(counts @ leads / n, points))
    tail = 0.5 * (1.0 - level)
    return float(found[math.floor(tail * resamples)]), float(found[math.ceil((1 - tail) * resamples) - 1])


def crossover_interval(
    leads: Array, points: Array, level: float, resamples: int, rng: np.random.Generator
) -> tuple[float, float]:
    """Return the interval of the crossover: that of the bootstrap, and no narrower than that of signs.

    Where each pair has one crossover of its own, theirs is the median of these, whose order statistics give
    an interval: from where k of n pairs lead to where ``n - k + 1`` do, k as in ``median_interval``. In
    2,000 draws of ten pairs the bootstrap alone covered 0.917, both 0.976. Of fewer than six pairs there is
    no interval at 0.95, and it is from 0 to +inf.

    Arguments:
        leads: of each pair by each point, shape (pairs, points).
        points: rising, shape (points,).
        level: probability of the interval.
        resamples: samples of the bootstrap.
        rng: draws them.
    """
    n = len(leads)
    k = rank_below(n, 0.5, 0.5 * (1.0 - level))
    if k == 0:
        return 0.0, math.inf
    mean = leads.mean(axis=0)
    by_signs = [float(crossover(mean, points, share)) for share in (k / n, (n - k + 1) / n)]
    low, high = bootstrap_crossover(leads, points, level, resamples, rng)
    return min(low, by_signs[0]), max(high, by_signs[1])


@options
class Crossover(Statistic):
    """Budget from which on one optimizer is ahead of another to the end, the other being ahead below it.

    By each budget that a run of the two has spent, the pairs are compared by what was known then: the
    probability of being ahead (``harness.analysis.ahead``, with the best loss by then where neither has
    solved, and on a problem without a target). ``leader`` is who is ahead at the end, ``spent`` the budget
    from which on it is not behind any more; 0 where it never was, NaN where the two are level at the end. The
    interval is of a paired bootstrap: seeds are drawn again, the two runs of a seed together; it is no
    narrower than that of signs (``crossover_interval``). Its upper end is infinite where the leader is behind
    at the end in as many samples.

    Attributes:
        axis: what is spent: cost, iterations or seconds.
        resamples: samples of the bootstrap.
        seed: of the bootstrap; every pair of optimizers begins with it.
        against: label or name of the one optimizer to compare all others with; none compares every two.
    """

    axis: Axis = "cost"
    resamples: Annotated[Count, Field(le=1_000_000)] = 1000
    seed: CountOrZero = 0
    against: str | None = None

    source: ClassVar[str] = (
        "Efron, Tibshirani (1993), An introduction to the bootstrap, sections 13.3 and 14.3"
    )
    unit: ClassVar[Columns] = PAIR
    columns: ClassVar[Columns] = {
        **PAIRS,
        "leader": Column("text", "label of who is ahead at the end, with its source; empty if neither is"),
        **estimate("spent", "budget from which on the leader is not behind, in the unit of the axis"),
    }

    def rows(self, tables: Tables) -> Iterator[dict[str, Any]]:
        """Yield a row for every two groups of a problem."""
        curves = run_curves(tables, self.axis)
        for pair in pairs(tables, self.against):
            leader, found = "", dict.fromkeys(estimate("spent", ""), math.nan)
            sides = [_Side(tables, curves, group, self.axis) for group in (pair.group, pair.other)]
            points = np.unique(np.concatenate([side.moments for side in sides]))
            points = points[np.isfinite(points)]
            if len(pair.group.runs) and points.size:
                leads = _leads_by(sides[0], sides[1], points)
                # What has not changed since the point before need not be looked at again.
                kept = np.append(True, (leads[:, 1:] != leads[:, :-1]).any(axis=0))
                leads, points = leads[:, kept], points[kept]
                last = float(leads[:, -1].mean())
                if abs(last - 0.5) > 1e-9:
                    chosen = pair.group if last > 0.5 else pair.other
                    leader = f"{chosen.optimizer} {chosen.gradient}".strip()
                    found = self._estimate(leads if last > 0.5 else 1.0 - leads, points)
            yield {**pair.unit, **pair.counts, "leader": leader, **found}

    def _estimate(self, leads: Array, points: Array) -> dict[str, float]:
        rng = np.random.default_rng(self.seed)
        value = float(crossover(leads.mean(axis=0), points))
        low, high = crossover_interval(leads, points, self.level, self.resamples, rng)
        return estimated("spent", value, (min(low, value), max(high, value)))


class _Side:
    """What is known of the runs of one optimizer by any budget."""

    def __init__(self, tables: Tables, curves: Curves, group: Group, axis: Axis) -> None:
        self.curves: list[RunCurve] = group_curves(curves, group)
        times = times_to_target(tables, group, axis)
        solved = np.zeros(len(self.curves), dtype=np.bool_) if times is None else times.solved
        spent = np.full(len(self.curves), np.inf) if times is None else times.time
        self.time: Array = np.where(solved, spent, np.inf)
        self.moments: Array = np.concatenate([self.time, *(curve.spent for curve in self.curves)])

    def standing(self, points: Array) -> tuple[NDArray[np.bool_], Array]:
        """Return whether each run had not solved by each point, and its measure, shape (runs, points)."""
        unsolved = self.time[:, None] > points
        best = np.array([curve.at(points) for curve in self.curves])
        return unsolved, np.where(unsolved, best, self.time[:, None])


def _leads_by(one: _Side, other: _Side, points: Array) -> Array:
    """Return for each pair who is ahead by each point, shape (pairs, points)."""
    (behind, measure), (other_behind, other_measure) = one.standing(points), other.standing(points)
    alike = behind == other_behind
    ahead = np.where(alike, measure < other_measure, other_behind)
    return np.where(alike & (measure == other_measure), 0.5, ahead.astype(np.float64))
