"""The mean of what a run spends until the target, counted up to a common limit."""

from __future__ import annotations

import math
from collections.abc import Iterator
from typing import Any, ClassVar

import numpy as np
from scipy.special import stdtrit

from harness.analysis.grouping import by_problem
from harness.analysis.kaplan_meier import kaplan_meier
from harness.analysis.proportions import wilson_interval
from harness.analysis.statistic import RUNS, Columns, Statistic, estimate, estimated
from harness.analysis.times import Axis, Times, Truths, times_to_target
from harness.runs.columns import Column
from harness.runs.tables import Tables
from optimizers.errors import InputError
from optimizers.objective import Array
from optimizers.options import Positive, Real, options


def restricted_mean(
    time: Array, solved: Truths, limit: float, level: float = 0.95
) -> tuple[float, tuple[float, float]]:
    """Return the mean of ``min(T, limit)`` of a time T that is censored in some runs, with its interval.

    ``RMST = int_0^limit S(t) dt`` with the variance ``sum A_i^2 d_i / (n_i (n_i - d_i))``, where A_i is the
    area of S from the event t_i to the limit, times m / (m - 1) for m events (Klein, Moeschberger 2003,
    Survival analysis, 2nd ed., equation 4.5.2; Kaplan, Meier 1958), and Student's t for n - 1. Where no
    run has solved, the lower end is ``limit (1 - p)`` with p the upper end of Wilson's interval of 0 of n.
    Where all are alike, so that this variance is 0, a part p of runs may be unlike them, and has a time of 0
    or of the limit: the ends are ``(1 - p) RMST`` and ``(1 - p) RMST + p limit``.

    Arguments:
        time: of each run, shape (n,); +inf where it is larger than any.
        solved: whether the time is known; otherwise it is larger than ``time``.
        limit: up to which S is known: no more than the largest time, if that is of a run that is censored.
        level: probability of the interval.

    >>> restricted_mean(np.array([2.0, 4.0, 9.0]), np.array([True, True, False]), 6.0)[0]
    4.0
    """
    n = len(time)
    curve = kaplan_meier(time, solved & (time <= limit), level)
    ends = np.append(curve.time, limit)
    pieces = np.diff(ends) * curve.unsolved
    mean = float(ends[0] + pieces.sum())
    areas = np.cumsum(pieces[::-1])[::-1]
    left = curve.at_risk - curve.events
    terms = areas**2 * curve.events / (curve.at_risk * np.maximum(left, 1))
    events = int(curve.events.sum())
    if events == 0:
        return mean, (limit * (1.0 - wilson_interval(0, n, level)[1]), limit)
    if events == 1 or n == 1:
        return mean, (0.0, limit)
    error = math.sqrt(float(terms.sum()) * events / (events - 1))
    if error == 0.0:
        unlike = wilson_interval(0, n, level)[1]
        return mean, (mean * (1.0 - unlike), mean + unlike * max(limit - mean, 0.0))
    half = float(stdtrit(n - 1, 0.5 + 0.5 * level)) * error
    return mean, (max(mean - half, 0.0), max(min(mean + half, limit), mean))


def common_limit(groups: list[Times]) -> float:
    """Return up to where the curves of all groups are known, or what was spent where nothing limits them."""
    limits = [math.inf if times.solved.all() else float(times.time[~times.solved].max()) for times in groups]
    limit = min(limits, default=math.inf)
    return limit if math.isfinite(limit) else max(float(times.spent.max()) for times in groups)


@options
class RestrictedMeanTime(Statistic):
    """Mean of what a run spends until the target, a run that takes longer counted at the limit.

    The area under Kaplan and Meier's curve up to a limit that all optimizers of the problem have in common:
    where the first of their curves ceases to be known, usually the budget.

    Attributes:
        limit: up to which time is counted; none takes the largest that all groups of a problem allow.
        target: loss to reach; none takes the problem's own.
        axis: what is spent: cost, iterations or seconds.
    """

    limit: Positive | None = None
    target: Real | None = None
    axis: Axis = "cost"

    source: ClassVar[str] = (
        "Royston, Parmar (2013), Restricted mean survival time, BMC Medical Research Methodology 13; Klein, "
        "Moeschberger (2003), Survival analysis, section 4.5"
    )
    columns: ClassVar[Columns] = {
        **RUNS,
        "limit": Column("number", "up to which it is counted, the same for all of the problem"),
        **estimate("time", "mean of what was spent until the target, counted up to the limit"),
    }

    def rows(self, tables: Tables) -> Iterator[dict[str, Any]]:
        """Yield a row a group."""
        for problem, found in by_problem(tables).items():
            times = [times_to_target(tables, group, self.axis, self.target) for group in found]
            known = [one for one in times if one is not None]
            most = common_limit(known) if known else math.nan
            limit = most if self.limit is None else self.limit
            if limit > most:
                raise InputError(
                    f"limit is {limit:g}, expected up to {most:g}: beyond it a curve of {problem} is unknown"
                )
            for group, one in zip(found, times, strict=True):
                row = dict.fromkeys(estimate("time", ""), math.nan)
                if one is not None:
                    row = estimated("time", *restricted_mean(one.time, one.solved, limit, self.level))
                yield {**group.unit, "n": len(group.runs), "limit": limit, **row}
