"""The part of the test rows that runs get right at their end."""

from __future__ import annotations

import math
from collections.abc import Iterator
from typing import Any, ClassVar, Literal

import numpy as np

from harness.analysis.grouping import groups
from harness.analysis.medians import median_interval
from harness.analysis.statistic import RUNS, Columns, Statistic, estimate, estimated
from harness.runs.tables import Tables
from optimizers.options import options


@options
class FinalAccuracy(Statistic):
    """Median of the accuracy at the end of a run, on test or training rows.

    With its interval of order statistics; fewer than six runs have none, and it is from 0 to 1. A run
    without an accuracy, such as one that failed, counts as 0. NaN where no run has one.

    Attributes:
        rows_of: test or train.
    """

    rows_of: Literal["test", "train"] = "test"

    source: ClassVar[str] = "David, Nagaraja (2003), Order statistics, 3rd ed., section 7.1"
    columns: ClassVar[Columns] = {**RUNS, **estimate("accuracy", "median of the part of rows that is right")}

    def rows(self, tables: Tables) -> Iterator[dict[str, Any]]:
        """Yield a row a group."""
        for group in groups(tables):
            accuracies = group.runs[f"{self.rows_of}_accuracy"].to_numpy(dtype=np.float64)
            found = dict.fromkeys(estimate("accuracy", ""), math.nan)
            if np.isfinite(accuracies).any():
                median, (low, high) = median_interval(np.nan_to_num(accuracies, nan=0.0), self.level)
                found = estimated("accuracy", median, (max(low, 0.0), min(high, 1.0)))
            yield {**group.unit, "n": len(accuracies), **found}
