"""Which part of the runs reaches the target."""

from __future__ import annotations

import math
from collections.abc import Iterator
from typing import Any, ClassVar

from harness.analysis.grouping import groups
from harness.analysis.proportions import wilson_interval
from harness.analysis.statistic import RUNS, Columns, Statistic, estimate, estimated
from harness.runs.columns import Column
from harness.runs.tables import Tables
from optimizers.options import options


@options
class SolvedFraction(Statistic):
    """Part of the runs that reached the target of their problem.

    ``solved / n``, with Wilson's score interval. Every run counts in n, however it ended. NaN for a problem
    that has no target.
    """

    source: ClassVar[str] = "Wilson (1927), Journal of the American Statistical Association 22, p. 209"
    columns: ClassVar[Columns] = {
        **RUNS,
        "solved": Column("whole", "runs that reached the target"),
        **estimate("fraction", "part of the runs that reached the target"),
    }

    def rows(self, tables: Tables) -> Iterator[dict[str, Any]]:
        """Yield a row a group."""
        for group in groups(tables):
            n, solved = len(group.runs), int((group.runs["outcome"] == "solved").sum())
            found = estimated("fraction", solved / n, wilson_interval(solved, n, self.level))
            if group.runs["target"].isna().all():
                found = dict.fromkeys(found, math.nan)
            yield {**group.unit, "n": n, "solved": solved, **found}
