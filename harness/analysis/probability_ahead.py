"""How often one optimizer is ahead of another from the same start."""

from __future__ import annotations

import math
from collections.abc import Iterator
from typing import Any, ClassVar

from harness.analysis.ahead import leads
from harness.analysis.grouping import pairs
from harness.analysis.proportions import wilson_interval
from harness.analysis.statistic import PAIR, PAIRS, Columns, Statistic, estimate, estimated
from harness.analysis.times import Axis
from harness.runs.columns import Column
from harness.runs.tables import Tables
from optimizers.options import options


@options
class ProbabilityAhead(Statistic):
    """Probability that an optimizer is ahead of another on the same problem from the same start.

    ``(pairs ahead + ties / 2) / pairs``, with Wilson's interval, a tie counted as half a success; with ties
    it is wider than it would have to be. The lower cost to the target is ahead, a run that solved is ahead of
    one that did not, and of two that did not the one with the lower best loss; without a target the lower
    final loss (``harness.analysis.ahead``). NaN where the two have no seed in common.

    Attributes:
        axis: what counts until the target: cost, iterations or seconds.
        against: label or name of the one optimizer to compare all others with; none compares every two.
    """

    axis: Axis = "cost"
    against: str | None = None

    source: ClassVar[str] = (
        "Brunner, Bathke, Konietschke (2018), Rank and pseudo-rank procedures, section 2.2; Wilson (1927)"
    )
    unit: ClassVar[Columns] = PAIR
    columns: ClassVar[Columns] = {
        **PAIRS,
        "ahead": Column("whole", "pairs in which it is ahead"),
        "tied": Column("whole", "pairs in which neither is"),
        **estimate("probability", "probability that it is ahead, a tie as a half"),
    }

    def rows(self, tables: Tables) -> Iterator[dict[str, Any]]:
        """Yield a row for every two groups of a problem."""
        for pair in pairs(tables, self.against):
            found = leads(pair.group.ends, pair.other.ends, self.axis)
            counts = {"ahead": int((found == 1.0).sum()), "tied": int((found == 0.5).sum())}
            share = float(found.mean()) if found.size else math.nan
            interval = wilson_interval(float(found.sum()), found.size, self.level)
            if not found.size:
                interval = math.nan, math.nan
            yield {**pair.unit, **pair.counts, **counts, **estimated("probability", share, interval)}
