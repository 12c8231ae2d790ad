"""The best loss that was reached by then, at points that all optimizers of a problem have in common."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, ClassVar

import numpy as np

from harness.analysis.curves import Points, common_points, group_curves, run_curves
from harness.analysis.grouping import by_problem
from harness.analysis.medians import median_interval
from harness.analysis.statistic import GROUP, RUNS, Columns, Statistic, estimate, estimated
from harness.analysis.times import Axis
from harness.runs.columns import Column
from harness.runs.tables import Tables
from optimizers.options import options


@options
class AnytimeLoss(Statistic):
    """Median of the best loss by then, on points that all optimizers of a problem have in common.

    A run that has ended keeps its last best loss; one that failed, or has none yet, counts as +inf. Each
    interval is of order statistics and of its own point.

    Attributes:
        points: how many, evenly spaced in the logarithm of what was spent.
        axis: what is spent: cost, iterations or seconds.
    """

    points: Points = 20
    axis: Axis = "cost"

    source: ClassVar[str] = (
        "Lopez-Ibanez, Stuetzle (2014), Automatically improving the anytime behaviour of optimisation "
        "algorithms, European Journal of Operational Research 235"
    )
    unit: ClassVar[Columns] = {**GROUP, "spent": Column("number", "what was spent, in the unit of the axis")}
    columns: ClassVar[Columns] = {**RUNS, **estimate("loss", "median of the best loss by then")}

    def rows(self, tables: Tables) -> Iterator[dict[str, Any]]:
        """Yield a row for each point and group."""
        known = run_curves(tables, self.axis)
        for groups in by_problem(tables).values():
            curves = [group_curves(known, group) for group in groups]
            points = common_points([curve for some in curves for curve in some], self.points)
            for group, some in zip(groups, curves, strict=True):
                losses = np.array([curve.at(points) for curve in some])
                for place, spent in enumerate(points):
                    found = median_interval(losses[:, place], self.level)
                    row = {"spent": float(spent), "n": len(some)}
                    yield {**group.unit, **row, **estimated("loss", *found)}
