"""How many evaluations of a method that goes by values were of candidates that it had evaluated before."""

from __future__ import annotations

import functools
import math
from collections.abc import Iterator
from typing import Any, ClassVar

import numpy as np

from harness.analysis.evaluations_again import evaluations_of
from harness.analysis.grouping import Group, groups
from harness.analysis.medians import median_interval
from harness.analysis.statistic import RUNS, Columns, Statistic, estimate, estimated
from harness.problems import load
from harness.runs.columns import Column
from harness.runs.tables import Tables
from optimizers.options import options


@options
class EvaluationAudit(Statistic):
    """Evaluations requested, distinct and repeated, of methods that go by values alone.

    A method requests a loss for each member of each population. Some it takes from memory, as that of an
    elite or of a child that is a copy of its parent; the others are evaluated and paid for, and of these some
    may be of a candidate that was evaluated before. ``again`` is the part of the requested losses that were
    of no new candidate, ``1 - distinct / requested``, the median over runs with its interval of order
    statistics.

    No row of a run says so: each run is done again, by the same loops in Python, with every candidate seen,
    which takes some times as long as the run did. One that comes out otherwise is refused. NaN for methods
    that evaluate gradients (the memetic algorithm apart, whose gradient steps are none of these evaluations),
    and where a run failed.
    """

    source: ClassVar[str] = (
        "Hansen, Auger, Ros, Mersmann, Tusar, Brockhoff (2021), COCO, section 3: the count of evaluations is "
        "the measure, those of one candidate again included; Thompson (1936) for the interval"
    )
    reruns: ClassVar[bool] = True
    columns: ClassVar[Columns] = {
        **RUNS,
        "requested": Column("number", "losses that all runs have asked for"),
        "evaluated": Column("number", "those that were evaluated and paid for"),
        "distinct": Column("number", "candidates among these within a run, each once"),
        "repeated": Column("number", "evaluations of a candidate that its run had evaluated before"),
        "remembered": Column("number", "losses that were taken from memory, and cost nothing"),
        **estimate("again", "median part of the losses asked for that are of no new candidate"),
    }

    def rows(self, tables: Tables) -> Iterator[dict[str, Any]]:
        """Yield a row a group."""
        problem_named = functools.cache(load)
        for group in groups(tables):
            yield {**group.unit, "n": len(group.runs), **self._counted(group, problem_named)}

    def _counted(self, group: Group, problem_named: Any) -> dict[str, float]:
        rows: list[dict[Any, Any]] = group.runs.to_dict(orient="records")
        found = [evaluations_of(row, problem_named) for row in rows]
        names = ("requested", "evaluated", "distinct", "repeated", "remembered")
        if any(one is None for one in found):
            return dict.fromkeys((*names, *estimate("again", "")), math.nan)
        known = [one for one in found if one is not None]
        sums = {name: float(sum(getattr(one, name) for one in known)) for name in names}
        shares = np.array([1.0 - one.distinct / max(one.requested, 1) for one in known])
        again, (low, high) = median_interval(shares, self.level)
        return {**sums, **estimated("again", again, (max(low, 0.0), min(high, 1.0)))}
