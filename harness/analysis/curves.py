"""The best loss of a run as a function of what it has spent, on points that runs have in common."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from harness.analysis.grouping import Group
from harness.analysis.times import TRACE_COLUMN, Axis
from harness.runs.tables import Tables
from optimizers.objective import Array


class RunCurve(NamedTuple):
    """The looks at one run in their order, shape (looks,): the best loss holds until the next one."""

    spent: Array
    best: Array

    def at(self, points: Array) -> Array:
        """Return the best loss that had been reached by each point, the last one carried forward.

        +inf before the first look, and where no look had a finite loss.

        >>> RunCurve(np.array([0.0, 4.0]), np.array([0.7, 0.1])).at(np.array([0.0, 3.9, 4.0, 99.0])).tolist()
        [0.7, 0.7, 0.1, 0.1]
        """
        place = np.searchsorted(self.spent, points, side="right") - 1
        return np.where(place >= 0, np.append(self.best, np.inf)[np.maximum(place, -1)], np.inf)


def run_curves(tables: Tables, group: Group, axis: Axis) -> list[RunCurve]:
    """Return the curve of each run of a group.

    A run that failed has none: it has broken off, or has told what is not so (``harness.analysis.ahead``).
    """
    trace = tables.trace[tables.trace["run_id"].isin(group.runs["run_id"])]
    looks = {
        run_id: (rows[TRACE_COLUMN[axis]].to_numpy(dtype=np.float64), rows["best_loss"].to_numpy(np.float64))
        for run_id, rows in trace.groupby("run_id", observed=True, sort=False)
    }
    found = []
    for run_id, outcome in zip(group.runs["run_id"], group.runs["outcome"], strict=True):
        spent, best = (
            (np.empty(0), np.empty(0)) if outcome == "failed" else looks.get(run_id, (np.empty(0),) * 2)
        )
        spent, best = spent[np.isfinite(spent)], best[np.isfinite(spent)]
        # Of looks at one cost the lowest loss counts, whatever their order.
        order = np.lexsort((-best, spent))
        lowest = np.fmin.accumulate(best[order])
        found.append(RunCurve(spent[order], np.where(np.isnan(lowest), np.inf, lowest)))
    return found


def common_points(curves: list[RunCurve], points: int) -> Array:
    """Return points at which curves are compared: evenly spaced logarithms up to the last look of any.

    The first is the least that was spent at any look but 0; none where nothing was spent.
    """
    spent = np.concatenate([curve.spent for curve in curves]) if curves else np.empty(0)
    spent = spent[spent > 0]
    if not spent.size:
        return np.empty(0)
    # The ends are set, for rounding would leave the last look beyond them.
    found = np.geomspace(spent.min(), spent.max(), points)
    found[0], found[-1] = spent.min(), spent.max()
    return np.unique(found)
