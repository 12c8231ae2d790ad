"""How low the best loss was on average over the whole of a run."""

from __future__ import annotations

import math
from collections.abc import Iterator
from typing import Any, ClassVar, Literal, NamedTuple

import numpy as np

from harness.analysis.curves import Curves, RunCurve, group_curves, run_curves
from harness.analysis.grouping import Group, by_problem
from harness.analysis.medians import median_interval
from harness.analysis.statistic import RUNS, Columns, Statistic, estimate, estimated
from harness.analysis.times import Axis
from harness.runs.columns import Column
from harness.runs.tables import Tables
from optimizers.options import options

Scale = Literal["logarithm", "loss"]


def mean_height(curve: RunCurve, horizon: float) -> float:
    """Return the mean of a step function from 0 to a horizon, ``(1 / H) int_0^H f(t) dt``, exactly.

    >>> mean_height(RunCurve(np.array([0.0, 4.0]), np.array([3.0, 1.0])), 8.0)
    2.0
    """
    if horizon <= 0:
        return float(curve.at(np.zeros(1))[0])
    inside = curve.spent[(curve.spent > 0) & (curve.spent < horizon)]
    begins = np.append(0.0, inside)
    lengths = np.diff(np.append(begins, horizon))
    heights = curve.at(begins)
    # Pieces of no length would give NaN where the loss is infinite.
    return float(heights[lengths > 0] @ lengths[lengths > 0]) / horizon


@options
class AnytimeArea(Statistic):
    """Median of the area under the curve of the best loss, over what was spent.

    The mean height ``(1 / H) int_0^H f(t) dt``, where f is the best loss by then or its decimal logarithm,
    and H the most that a run of the problem has spent. A run that has ended keeps its last best loss; since
    runs end at the target, a loss below it counts as the target. A run that failed counts as +inf. NaN on a
    problem where a loss is 0 or below, which has no logarithm: take ``scale=loss`` there.

    Attributes:
        scale: of the loss: logarithm, or the loss itself.
        axis: what is spent: cost, iterations or seconds.
    """

    scale: Scale = "logarithm"
    axis: Axis = "cost"

    source: ClassVar[str] = (
        "Lopez-Ibanez, Stuetzle (2014), Automatically improving the anytime behaviour of optimisation "
        "algorithms, European Journal of Operational Research 235"
    )
    columns: ClassVar[Columns] = {
        **RUNS,
        "horizon": Column("number", "the most that a run of the problem has spent"),
        **estimate("area", "median of the mean height of the curve of the best loss"),
    }

    def rows(self, tables: Tables) -> Iterator[dict[str, Any]]:
        """Yield a row a group."""
        for found in areas(tables, self.axis, self.scale):
            row = dict.fromkeys(estimate("area", ""), math.nan)
            if found.areas is not None:
                row = estimated("area", *median_interval(found.areas, self.level))
            yield {**found.group.unit, "n": len(found.group.runs), "horizon": found.horizon, **row}


class Areas(NamedTuple):
    """The areas of the runs of a group."""

    group: Group
    horizon: float
    """The most that a run of the problem has spent."""
    areas: list[float] | None
    """Mean height of the curve of each run; None where a loss has no logarithm."""


def areas(tables: Tables, axis: Axis, scale: Scale) -> Iterator[Areas]:
    """Yield the areas under the curves of all runs, group by group."""
    known = run_curves(tables, axis)
    for groups in by_problem(tables).values():
        curves = [_curves(known, group) for group in groups]
        everything = [curve for some in curves for curve in some]
        horizon = float(max((curve.spent[-1] for curve in everything if curve.spent.size), default=math.nan))
        none = scale == "logarithm" and any((curve.best <= 0).any() for curve in everything)
        for group, some in zip(groups, curves, strict=True):
            found = None if none else [mean_height(_scaled(curve, scale), horizon) for curve in some]
            yield Areas(group, horizon, found)


def heights_of(tables: Tables, axis: Axis = "cost") -> dict[str, float]:
    """Return the mean decimal logarithm of the best loss of each run, by its id.

    +inf for a run that failed; those without a trace, and of problems with losses of 0 or below, have none.
    """
    traced = set(tables.trace["run_id"])
    return {
        run_id: area
        for found in areas(tables, axis, "logarithm")
        for run_id, outcome, area in zip(
            found.group.ends["run_id"], found.group.ends["outcome"], found.areas or (), strict=False
        )
        if outcome == "failed" or run_id in traced
    }


def _curves(known: Curves, group: Group) -> list[RunCurve]:
    """Return the curves of a group, down to the target."""
    target = float(group.runs["target"].max())
    lowest = -math.inf if math.isnan(target) else target
    return [curve._replace(best=np.maximum(curve.best, lowest)) for curve in group_curves(known, group)]


def _scaled(curve: RunCurve, scale: Scale) -> RunCurve:
    return curve._replace(best=np.log10(curve.best)) if scale == "logarithm" else curve
