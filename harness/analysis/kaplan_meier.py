"""The part of the runs that has reached the target, as a function of what was spent, some runs unfinished."""

from __future__ import annotations

import math
from collections.abc import Iterator
from typing import Any, ClassVar, NamedTuple

import numpy as np

from harness.analysis.grouping import groups
from harness.analysis.proportions import normal_quantile, wilson_interval
from harness.analysis.statistic import GROUP, RUNS, Columns, Statistic, estimate, estimated
from harness.analysis.times import Axis, Truths, times_to_target
from harness.runs.columns import Column
from harness.runs.tables import Tables
from optimizers.objective import Array, Rows
from optimizers.options import Real, options


class Curve(NamedTuple):
    """Kaplan and Meier's estimate at the times at which a run solved, shape (events,) each."""

    time: Array
    unsolved: Array
    """S(t), the probability of a time beyond t."""
    low: Array
    high: Array
    at_risk: Rows
    """Runs whose time was not known to be below t."""
    events: Rows
    """Runs that solved at t."""
    low_before: float
    """Lower end of S before the first event, where all n runs are unsolved: ``((1 - level) / 2)^(1 / n)``,
    that of the exact binomial interval (Clopper, Pearson 1934)."""
    end: float
    """The largest time at which a run was censored; +inf where none was. Beyond it and beyond the last event
    nothing is known."""


def kaplan_meier(time: Array, solved: Truths, level: float = 0.95) -> Curve:
    """Estimate the distribution of a time of which some are only known to be larger.

    ``S(t) = prod_(t_i <= t) (1 - d_i / n_i)``, where of n_i runs at risk d_i solve at t_i (Kaplan, Meier
    1958). The interval is ``S^exp(-+ z sigma / log S)`` with Greenwood's
    ``sigma^2 = sum d_i / (n_i (n_i - d_i))``: log-log, which stays between 0 and 1 (Kalbfleisch, Prentice
    2002, The statistical analysis of failure time data, 2nd ed., section 1.4). Where S is 0, it has no such
    interval, and the upper end is that of the event before, of the first event 1.

    Arguments:
        time: of each run, shape (n,); +inf where it is larger than any.
        solved: whether the time is known; otherwise it is larger than ``time``. A run that is censored at the
            time of an event was at risk there.
        level: probability of the interval, of each point for itself.

    >>> kaplan_meier(np.array([3.0, 5.0, 5.0, 8.0]), np.array([True, True, False, True])).unsolved.tolist()
    [0.75, 0.5, 0.0]
    """
    moments, counts = np.unique(time[solved], return_counts=True)
    events = counts.astype(np.int64)
    at_risk = len(time) - np.searchsorted(np.sort(time), moments, side="left").astype(np.int64)
    unsolved: Array = np.cumprod(1.0 - events / at_risk, dtype=np.float64)
    unsolved[at_risk == events] = 0.0
    with np.errstate(divide="ignore", invalid="ignore"):
        variance = np.cumsum(events / (at_risk * (at_risk - events)))
        width = normal_quantile(level) * np.sqrt(variance) / np.log(unsolved)
        low, high = unsolved ** np.exp(-width), unsolved ** np.exp(width)
    censored = time[~solved & np.isfinite(time)]
    last = np.append(1.0, high)[: len(high)]
    done = unsolved == 0.0
    return Curve(
        moments,
        unsolved,
        np.where(done, 0.0, np.minimum(low, unsolved)),
        np.where(done, last, np.maximum(high, unsolved)),
        at_risk,
        events,
        (0.5 * (1.0 - level)) ** (1.0 / len(time)),
        float(censored.max()) if censored.size else math.inf,
    )


@options
class KaplanMeier(Statistic):
    """Part of the runs that has reached the target, at each cost at which one more did, and at the end.

    One minus Kaplan and Meier's estimate, with Greenwood's variance on the log-log scale; each interval is of
    its own point. Runs that the budget or a timeout ended are censored there; runs that ended by themselves
    stay at risk, for they would never have reached it (``harness.analysis.times``). The last row is what the
    longest run spent; where none has solved, its interval is Wilson's.

    Attributes:
        target: loss to reach; none takes the problem's own.
        axis: what is spent: cost, iterations or seconds.
    """

    target: Real | None = None
    axis: Axis = "cost"

    source: ClassVar[str] = (
        "Kaplan, Meier (1958), Nonparametric estimation from incomplete observations, "
        "Journal of the American Statistical Association 53"
    )
    unit: ClassVar[Columns] = {
        **GROUP,
        "spent": Column("number", "what was spent when one more run reached the target, or in the end"),
    }
    columns: ClassVar[Columns] = {
        **RUNS,
        "at_risk": Column("whole", "runs that had not reached it before and were not ended by a limit"),
        **estimate("fraction", "part of the runs that has reached the target by then"),
    }

    def rows(self, tables: Tables) -> Iterator[dict[str, Any]]:
        """Yield a row for each time at which a run of a group solved, and for its end."""
        for group in groups(tables):
            times = times_to_target(tables, group, self.axis, self.target)
            if times is None:
                continue
            curve = kaplan_meier(times.time, times.solved, self.level)
            found = estimated("fraction", 0.0, wilson_interval(0, len(times.time), self.level))
            last = -1.0
            for time, unsolved, low, high, at_risk in zip(*curve[:5], strict=True):
                found = estimated("fraction", 1.0 - unsolved, (1.0 - high, 1.0 - low))
                row = {"spent": float(time), "n": len(times.time), "at_risk": int(at_risk)}
                last = float(time)
                yield {**group.unit, **row, **found}
            end = float(times.spent.max())
            if end > last:
                row = {"spent": end, "n": len(times.time), "at_risk": int((times.time >= end).sum())}
                yield {**group.unit, **row, **found}
