"""The loss at which runs end."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, ClassVar

from harness.analysis.ahead import final_losses
from harness.analysis.grouping import groups
from harness.analysis.medians import median_interval
from harness.analysis.statistic import RUNS, Columns, Statistic, estimate, estimated
from harness.runs.tables import Tables
from optimizers.options import options


@options
class FinalLoss(Statistic):
    """Median of the loss at the end of a run.

    With its interval of order statistics, which presumes nothing of the distribution; fewer than six runs
    have none, and its ends are infinite. The loss of a run that diverged or failed counts as +inf. Runs end
    at the target of their problem, so that what solves it has a loss just below: compare costs there.
    """

    source: ClassVar[str] = "David, Nagaraja (2003), Order statistics, 3rd ed., section 7.1"
    columns: ClassVar[Columns] = {**RUNS, **estimate("loss", "median of the final loss")}

    def rows(self, tables: Tables) -> Iterator[dict[str, Any]]:
        """Yield a row a group."""
        for group in groups(tables):
            losses = final_losses(group.runs)
            yield {
                **group.unit,
                "n": len(losses),
                **estimated("loss", *median_interval(losses, self.level)),
            }
