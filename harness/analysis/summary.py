"""One row a problem, optimizer and gradient source: medians and quartiles over all runs, failed or not."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike

from harness.runs.tables import Tables, gradient_column
from optimizers.objective import Array, Rows

NO_RESULT = ("diverged", "failed")
"""Outcomes whose last loss is no result of a search, whatever number it happened to be."""

NUMBERS = ("target", "final_loss", "cost_to_target", "test_accuracy", "cost", "seconds")

READ = ("problem", "optimizer", "gradient", "outcome", *NUMBERS)
"""Columns that a summary reads: parameters and texts of a million runs would be copied for nothing."""


def quantile(values: ArrayLike, fraction: float) -> Any:
    """Return a quantile over the first axis, where anything that is not finite counts as +inf.

    The estimator is the averaged inverse of the empirical distribution (Hyndman and Fan, 1996, type 2):
    an order statistic, or the mean of two neighbours where the fraction falls exactly between them. The
    median is then the ordinary one for any number of runs, and no two values are ever weighted against
    each other by a difference, so that infinities give an infinity and never NaN.

    Arguments:
        values: numbers, shape (runs, ...), at least one run.
        fraction: which quantile, from 0 to 1.

    Returns:
        The quantile, shape (...).

    >>> quantile([1.0, 4.0, np.nan, 2.0], 0.5), quantile([1.0, np.inf, np.nan, 2.0], 0.5)
    (np.float64(3.0), np.float64(inf))
    """
    numbers = np.asarray(values, dtype=np.float64)
    ordered = np.sort(np.where(np.isfinite(numbers), numbers, np.inf), axis=0)
    # A hair of rounding, for a fraction such as (1 - 0.8) / 2 that ought to hit a run exactly.
    place = round(len(ordered) * fraction, 9)
    lower = max(math.ceil(place) - 1, 0)
    upper = min(math.floor(place), len(ordered) - 1)
    return 0.5 * ordered[lower] + 0.5 * ordered[upper]


def summarize(results: Tables) -> pd.DataFrame:
    """Summarise runs: one row a problem, optimizer and gradient source, in the order they first appear.

    No run is ever dropped. The final loss of a run that diverged or failed counts as +inf, and so does the
    cost to the target of a run that never got there: ``cost_to_target_median`` is inf unless more than
    half of the runs solved the problem (NaN where it has no target). A run without a test accuracy ranks
    below all others; where the median falls on such a run it is NaN.

    Arguments:
        results: the tables of a comparison.

    Returns:
        Columns problem, optimizer, gradient, runs, solved (count), loss_median, loss_q1, loss_q3,
        cost_to_target_median, test_accuracy_median, cost_median (costs in forward-pass equivalents) and
        seconds_median. See ``quantile`` for the estimator.

    >>> from harness.runs.tables import RUN_COLUMNS, SKIPPED_COLUMNS, TRACE_COLUMNS, Tables
    >>> same = {"problem": "xor", "optimizer": "adam", "gradient": "analytic", "target": 0.01}
    >>> ends = [("solved", 0.01, 60.0), ("solved", 0.01, 80.0), ("diverged", np.nan, np.nan)]
    >>> runs = pd.DataFrame([{**same, "outcome": outcome, "final_loss": loss, "cost_to_target": cost}
    ...     for outcome, loss, cost in ends], columns=RUN_COLUMNS)
    >>> empty = [pd.DataFrame(columns=names) for names in (TRACE_COLUMNS, SKIPPED_COLUMNS)]
    >>> summary = summarize(Tables("example", "", runs, *empty))
    >>> summary[["runs", "solved", "loss_median", "loss_q3", "cost_to_target_median"]].values.tolist()
    [[3.0, 2.0, 0.01, inf, 80.0]]
    """
    runs = results.runs[list(READ)].assign(gradient=gradient_column(results.runs))
    grouped = runs.groupby(["problem", "optimizer", "gradient"], sort=False, dropna=False)
    group = np.asarray(grouped.ngroup(), dtype=np.int64)
    table = runs[["problem", "optimizer", "gradient"]].drop_duplicates(ignore_index=True)
    sizes = np.bincount(group, minlength=len(table))
    column = {name: runs[name].to_numpy(dtype=np.float64, na_value=math.nan) for name in NUMBERS}
    loss = np.where(runs["outcome"].isin(NO_RESULT), math.inf, column["final_loss"])
    solved = np.asarray(runs["outcome"] == "solved", dtype=np.float64)
    has_target = np.bincount(group, ~np.isnan(column["target"]), minlength=len(table)) > 0
    to_target = _quantiles(column["cost_to_target"], group, sizes, 0.5)
    accuracy = -_quantiles(-column["test_accuracy"], group, sizes, 0.5)
    summary = table.assign(
        runs=sizes,
        solved=np.bincount(group, solved, minlength=len(table)).astype(np.int64),
        loss_median=_quantiles(loss, group, sizes, 0.5),
        loss_q1=_quantiles(loss, group, sizes, 0.25),
        loss_q3=_quantiles(loss, group, sizes, 0.75),
        cost_to_target_median=np.where(has_target, to_target, math.nan),
        test_accuracy_median=np.where(np.isfinite(accuracy), accuracy, math.nan),
        cost_median=_quantiles(column["cost"], group, sizes, 0.5),
        seconds_median=_quantiles(column["seconds"], group, sizes, 0.5),
    )
    # Columns of names without a row may be of any type, and are text.
    return summary if len(summary) else summary.astype(object)


def _quantiles(values: Array, group: Rows, sizes: Rows, fraction: float) -> Array:
    """Return the quantile of each group, as ``quantile`` has it, of all groups at once.

    Arguments:
        values: numbers, shape (runs,).
        group: number of the group of each, below the number of groups.
        sizes: how many runs each group has, at least one.
        fraction: which quantile, from 0 to 1.

    >>> _quantiles(np.array([1.0, 5.0, np.nan, 2.0]), np.array([0, 1, 0, 0]), np.array([3, 1]), 0.5).tolist()
    [2.0, 5.0]
    """
    finite = np.where(np.isfinite(values), values, np.inf)
    ordered = finite[np.lexsort((finite, group))]
    begin = np.cumsum(sizes) - sizes
    place = np.round(sizes * fraction, 9)
    lower = np.maximum(np.ceil(place).astype(np.int64) - 1, 0)
    upper = np.minimum(np.floor(place).astype(np.int64), sizes - 1)
    found: Array = 0.5 * ordered[begin + lower] + 0.5 * ordered[begin + upper]
    return found
