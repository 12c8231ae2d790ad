"""The best loss of a run as a function of what it has spent, on points that runs have in common."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, NamedTuple

import numpy as np
import pandas as pd
from pydantic import Field

from harness.analysis.grouping import Group
from harness.analysis.times import TRACE_COLUMN, Axis
from harness.runs.tables import Tables
from optimizers.objective import Array
from optimizers.options import TwoOrMore

Points = Annotated[TwoOrMore, Field(le=10_000)]
"""How many points or targets: more than a figure has dots take memory, and show nothing."""


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


NO_CURVE = RunCurve(np.empty(0), np.empty(0))
"""Of a run that failed before its first look."""

Curves = Mapping[str, RunCurve]
"""The curves of runs by their ids."""


def run_curves(tables: Tables, axis: Axis) -> Curves:
    """Return the curve of every run that has a trace."""
    trace = tables.trace
    spent = trace[TRACE_COLUMN[axis]].to_numpy(dtype=np.float64)
    best = trace["best_loss"].to_numpy(dtype=np.float64)
    codes, ids = pd.factorize(trace["run_id"])
    if not len(ids):
        return {}
    # Of looks at one cost the lowest loss counts, whatever their order.
    order = np.lexsort((-best, spent, codes))
    order = order[np.isfinite(spent[order])]
    bounds = np.searchsorted(codes[order], np.arange(len(ids) + 1)).tolist()
    moments, losses = spent[order], best[order]
    return {
        run_id: RunCurve(moments[begin:end], _lowest(losses[begin:end]))
        for run_id, begin, end in zip(ids.tolist(), bounds, bounds[1:], strict=False)
    }


def _lowest(losses: Array) -> Array:
    """Return the lowest loss so far; one that is no number, as the last of a run that diverged, is none."""
    lowest = np.fmin.accumulate(losses)
    return np.where(np.isnan(lowest), np.inf, lowest)


def group_curves(curves: Curves, group: Group) -> list[RunCurve]:
    """Return the curve of each run of a group.

    A run that failed has none: it has broken off, or has told what is not so (``harness.analysis.ahead``).
    """
    runs = zip(group.ends["run_id"].tolist(), group.ends["outcome"].tolist(), strict=True)
    return [NO_CURVE if outcome == "failed" else curves.get(run_id, NO_CURVE) for run_id, outcome in runs]


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
