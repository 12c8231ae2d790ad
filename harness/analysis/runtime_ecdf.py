"""Which part of many targets has been reached by then: the runtime distribution of COCO."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, ClassVar

import numpy as np

from harness.analysis.curves import Points, RunCurve, common_points, group_curves, run_curves
from harness.analysis.grouping import Group, by_problem
from harness.analysis.proportions import share_interval
from harness.analysis.statistic import GROUP, RUNS, Columns, Statistic, estimate, estimated
from harness.analysis.times import Axis
from harness.runs.columns import Column
from harness.runs.tables import Tables
from optimizers.objective import Array
from optimizers.options import options


@options
class RuntimeECDF(Statistic):
    """Part of many targets that has been reached by then: the distribution of runtimes over targets.

    The targets are evenly spaced in the logarithm of the loss, from the highest loss of a start to the
    target of the problem, or to the lowest loss that any run has reached where it has none; evenly spaced in
    the loss itself where that is not above 0. A run has reached a share of them; shown is the mean of the
    shares, one a run, for targets of one run are not independent (``share_interval``).

    Attributes:
        targets: how many.
        points: at how many points, evenly spaced in the logarithm of what was spent.
        axis: what is spent: cost, iterations or seconds.
    """

    targets: Points = 51
    points: Points = 20
    axis: Axis = "cost"

    source: ClassVar[str] = (
        "Hansen, Auger, Ros, Mersmann, Tusar, Brockhoff (2021), COCO: a platform for comparing continuous "
        "optimizers, Optimization Methods and Software 36; Korn, Graubard (1998), Survey Methodology 24"
    )
    unit: ClassVar[Columns] = {**GROUP, "spent": Column("number", "what was spent, in the unit of the axis")}
    columns: ClassVar[Columns] = {**RUNS, **estimate("share", "mean part of the targets reached by then")}

    def rows(self, tables: Tables) -> Iterator[dict[str, Any]]:
        """Yield a row for each point and group."""
        known = run_curves(tables, self.axis)
        for groups in by_problem(tables).values():
            curves = [group_curves(known, group) for group in groups]
            everything = [curve for some in curves for curve in some]
            points = common_points(everything, self.points)
            targets = _targets(everything, groups, self.targets)
            for group, some in zip(groups, curves, strict=True):
                best = np.array([curve.at(points) for curve in some])
                shares = (best[:, :, None] <= targets).mean(axis=2) if targets.size else np.zeros(best.shape)
                for place, spent in enumerate(points):
                    share, interval = share_interval(shares[:, place], self.targets, self.level)
                    row = {"spent": float(spent), "n": len(some)}
                    yield {**group.unit, **row, **estimated("share", share, interval)}


def _targets(curves: list[RunCurve], groups: list[Group], count: int) -> Array:
    """Return the losses to reach, from the highest to the lowest; none where no loss is finite."""
    losses = np.concatenate([curve.best for curve in curves])
    losses = losses[np.isfinite(losses)]
    if not losses.size:
        return np.empty(0)
    own = np.array([group.runs["target"].max() for group in groups], dtype=np.float64)
    lowest = float(losses.min()) if np.isnan(own).all() else float(np.nanmax(own))
    highest = max(float(losses.max()), lowest)
    spaced = np.geomspace if lowest > 0 else np.linspace
    found = spaced(highest, lowest, count)
    found[0], found[-1] = highest, lowest
    return found
