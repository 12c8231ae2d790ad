"""What it costs on average until the target is reached, if runs are begun again until one reaches it."""

from __future__ import annotations

import math
from collections.abc import Iterator
from typing import Any, ClassVar

import numpy as np
from scipy.special import stdtrit

from harness.analysis.grouping import groups
from harness.analysis.proportions import wilson_interval
from harness.analysis.statistic import RUNS, Columns, Statistic, estimate, estimated
from harness.analysis.times import Axis, Truths, times_to_target
from harness.runs.columns import Column
from harness.runs.tables import Tables
from optimizers.objective import Array
from optimizers.options import Real, options


def expected_running_time(
    spent: Array, solved: Truths, level: float = 0.95
) -> tuple[float, tuple[float, float]]:
    """Return the expected running time of a method that is begun again until it solves, with its interval.

    ``ERT = sum_i c_i / sum_i s_i``, where run i spent c_i, and s_i is 1 where it solved, else 0. The ratio of
    two means has on a logarithmic scale the influence ``u_i = c_i / mean(c) - s_i / mean(s)``, so that the
    interval is ``ERT exp(-+ t sd(u) / sqrt(n))`` with Student's t for n - 1. In 20,000 draws of 10, 20 and
    40 exponential times it covered 0.935 to 0.983; Fieller's interval on the plain scale 0.90 to 0.95.
    Where none solved, ERT is infinite, and its lower end is ``mean(c)`` over the upper end of Wilson's
    interval of the solved fraction. Where all n runs solved at one cost c, their spread says nothing of
    others: no more than a part p of runs may be unlike them, the upper end of Wilson's interval of 0 of n;
    these may have cost nothing, or never solve, so that the interval is from ``c (1 - p)`` without end.

    Arguments:
        spent: what each run spent, until it solved or in all, shape (n,), n > 0.
        solved: which solved, shape (n,).
        level: probability of the interval.

    >>> expected_running_time(np.array([10.0, 30.0, 50.0]), np.array([True, True, False]))[0]
    45.0
    """
    n, count, mean = len(spent), float(np.sum(solved)), float(np.mean(spent))
    if count == 0:
        return math.inf, (mean / wilson_interval(0, n, level)[1], math.inf)
    ert = float(np.sum(spent)) / count
    if n == 1 or mean == 0:
        return ert, (0.0, math.inf)
    if count == n and spent.min() == spent.max():
        return ert, (ert * (1.0 - wilson_interval(0, n, level)[1]), math.inf)
    influence = spent / mean - solved * (n / count)
    half = float(stdtrit(n - 1, 0.5 + 0.5 * level)) * float(np.std(influence, ddof=1)) / math.sqrt(n)
    return ert, (ert * math.exp(-half), ert * math.exp(half) if half < 700 else math.inf)


@options
class ExpectedRunningTime(Statistic):
    """What it costs to reach the target if runs are begun again until one does: ERT.

    ``ERT = (what all runs spent, until they solved or in all) / (number that solved)``: the definition of
    COCO. A run that did not solve adds what it spent, however it ended. Infinite where none solved.

    Attributes:
        target: loss to reach; none takes the problem's own.
        axis: what is spent: cost, iterations or seconds.
    """

    target: Real | None = None
    axis: Axis = "cost"

    source: ClassVar[str] = (
        "Hansen, Auger, Ros, Mersmann, Tusar, Brockhoff (2021), COCO: a platform for comparing continuous "
        "optimizers, Optimization Methods and Software 36, section 5.1"
    )
    columns: ClassVar[Columns] = {
        **RUNS,
        "solved": Column("whole", "runs that reached the target"),
        **estimate("ert", "expected running time, in the unit of the axis"),
    }

    def rows(self, tables: Tables) -> Iterator[dict[str, Any]]:
        """Yield a row a group."""
        for group in groups(tables):
            times = times_to_target(tables, group, self.axis, self.target)
            found = dict.fromkeys(estimate("ert", ""), math.nan)
            if times is not None:
                found = estimated("ert", *expected_running_time(times.spent, times.solved, self.level))
            solved = 0 if times is None else int(times.solved.sum())
            yield {**group.unit, "n": len(group.runs), "solved": solved, **found}
