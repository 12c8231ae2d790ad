"""On which part of the problems an optimizer comes within a factor of the best."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, ClassVar

import numpy as np

from harness.analysis.profiles import measured
from harness.analysis.proportions import wilson_interval
from harness.analysis.statistic import LINE, PROBLEMS, Columns, Statistic, estimate, estimated
from harness.analysis.times import Axis
from harness.runs.columns import Column
from harness.runs.tables import Tables
from optimizers.objective import Array
from optimizers.options import PositiveNumbers, Real, options


def performance_ratios(times: Array) -> Array:
    """Return how many times the best time on its problem each time is: ``r_ps = t_ps / min_s t_ps``.

    (Dolan, More 2002, equation 1.) 1 for the best, even if that is 0; +inf where nothing was solved.

    Arguments:
        times: shape (problems, optimizers).

    >>> performance_ratios(np.array([[2.0, 6.0], [np.inf, np.inf]])).tolist()
    [[1.0, 3.0], [inf, inf]]
    """
    best = times.min(axis=1, keepdims=True)
    with np.errstate(divide="ignore", invalid="ignore"):
        ratios = times / best
    return np.where(np.isinf(times), np.inf, np.where(times == best, 1.0, ratios))


@options
class PerformanceProfile(Statistic):
    """Part of the problems on which an optimizer comes within a factor of the best one.

    ``rho_s(tau) = (problems with t_ps <= tau min_s t_ps) / problems``, t_ps being the expected running time
    (ERT), so that seeds of different problems are never one sample. Problems without a target are not among
    them. Where an optimizer was not run on a problem it has not solved it. The interval is Wilson's, for
    problems that are drawn from such problems.

    Attributes:
        factors: the tau, 1 or more.
        target: loss to reach; none takes the problem's own.
        axis: what is spent: cost, iterations or seconds.
    """

    factors: PositiveNumbers = (1.0, 2.0, 5.0, 10.0, 100.0)
    target: Real | None = None
    axis: Axis = "cost"

    source: ClassVar[str] = (
        "Dolan, More (2002), Benchmarking optimization software with performance profiles, Mathematical "
        "Programming 91"
    )
    unit: ClassVar[Columns] = {**LINE, "factor": Column("number", "times the best on the problem")}
    columns: ClassVar[Columns] = {
        **PROBLEMS,
        "present": Column("whole", "problems that it was run on"),
        **estimate("fraction", "part of the problems on which it is within the factor"),
    }

    def rows(self, tables: Tables) -> Iterator[dict[str, Any]]:
        """Yield a row for each line and factor."""
        found = measured(tables, self.axis, self.target)
        n, ratios = len(found.times), performance_ratios(found.times) if found.times.size else found.times
        for place, (optimizer, gradient) in enumerate(found.lines if n else []):
            for factor in dict.fromkeys(self.factors):
                within = int((ratios[:, place] <= factor * (1 + 1e-12)).sum())
                row = {"factor": factor, "n": n, "present": int(found.present[:, place].sum())}
                interval = wilson_interval(within, n, self.level)
                share = estimated("fraction", within / n, interval)
                yield {"optimizer": optimizer, "gradient": gradient, **row, **share}
