"""What a run has spent when a given part of all runs has reached the target."""

from __future__ import annotations

import math
from collections.abc import Iterator
from typing import Any, ClassVar

import numpy as np

from harness.analysis.grouping import groups
from harness.analysis.kaplan_meier import Curve, kaplan_meier
from harness.analysis.statistic import RUNS, Columns, Statistic, estimate, estimated
from harness.analysis.times import Axis, times_to_target
from harness.runs.columns import Column
from harness.runs.tables import Tables
from optimizers.objective import Array
from optimizers.options import ProperFraction, Real, options

ROUNDING = 1e-9
"""Below which S is at the fraction: a product of quotients is not exactly a half."""


def time_quantile(curve: Curve, fraction: float) -> tuple[float, tuple[float, float]]:
    """Return the time by which a fraction has solved, with its interval.

    The least t with ``S(t) <= 1 - fraction``; where S is equal to it from one event to the next, the middle
    of the two, as the median of an even number is. +inf where S does not come so far. The interval is of all
    t at which the interval of S(t) holds ``1 - fraction`` (Brookmeyer, Crowley 1982, A confidence interval
    for the median survival time, Biometrics 38), from the least t at which the lower end of S has come so
    far to the least at which the upper end has. Where the lower end of S does not come so far, all that is
    known is that it had not when the last run was censored. Of so few runs that all of them may well be
    beyond the quantile (fewer than six for the median at 0.95), the lower end is 0.

    Arguments:
        curve: from ``kaplan_meier``, with the level of the interval.
        fraction: between 0 and 1.

    >>> solved = np.array([True, True, True, False])
    >>> time_quantile(kaplan_meier(np.array([2.0, 4.0, 8.0, 9.0]), solved), 0.5)[0]
    6.0
    """
    level = 1.0 - fraction
    moments = np.append(curve.time, np.inf)

    def first(values: Array) -> int:
        return int(np.argmax(np.append(values <= level + ROUNDING, True)))

    place = first(curve.unsolved)
    time = float(moments[place])
    if place < len(curve.time) and curve.unsolved[place] >= level - ROUNDING:
        time = 0.5 * (time + float(moments[place + 1]))
    low = float(moments[first(curve.low)])
    if curve.low_before <= level:
        low = 0.0
    elif math.isinf(low):
        low = curve.end
    return time, (low, float(moments[first(curve.high)]))


@options
class TimeToTarget(Statistic):
    """What it costs until half of the runs have reached the target.

    The quantile of Kaplan and Meier's curve, so that a run that the budget ended counts for what is known of
    it: that it takes longer. Infinite where the curve does not come so far.

    Attributes:
        fraction: of the runs; 0.5 gives the median.
        target: loss to reach; none takes the problem's own.
        axis: what is spent: cost, iterations or seconds.
    """

    fraction: ProperFraction = 0.5
    target: Real | None = None
    axis: Axis = "cost"

    source: ClassVar[str] = (
        "Brookmeyer, Crowley (1982), A confidence interval for the median survival time, Biometrics 38"
    )
    columns: ClassVar[Columns] = {
        **RUNS,
        "solved": Column("whole", "runs that reached the target"),
        **estimate("time", "what was spent when the fraction had reached it, in the unit of the axis"),
    }

    def rows(self, tables: Tables) -> Iterator[dict[str, Any]]:
        """Yield a row a group."""
        for group in groups(tables):
            times = times_to_target(tables, group, self.axis, self.target)
            found, solved = dict.fromkeys(estimate("time", ""), math.nan), 0
            if times is not None:
                curve = kaplan_meier(times.time, times.solved, self.level)
                found = estimated("time", *time_quantile(curve, self.fraction))
                solved = int(times.solved.sum())
            yield {**group.unit, "n": len(group.runs), "solved": solved, **found}
