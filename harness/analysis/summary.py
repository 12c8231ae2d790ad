"""One row a problem, optimizer and gradient source: medians and quartiles over all runs, failed or not."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike

from harness.runs.tables import Tables, gradient_column

NO_RESULT = ("diverged", "failed")
"""Outcomes whose last loss is no result of a search, whatever number it happened to be."""

READ = (
    *("problem", "optimizer", "gradient", "outcome", "target", "final_loss", "cost_to_target"),
    *("test_accuracy", "cost", "seconds"),
)
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
    rows = []
    for (problem, optimizer, gradient), group in runs.groupby(
        ["problem", "optimizer", "gradient"], sort=False, dropna=False
    ):
        loss = group["final_loss"].astype(float).mask(group["outcome"].isin(NO_RESULT), math.inf)
        to_target = quantile(group["cost_to_target"], 0.5) if group["target"].notna().any() else math.nan
        accuracy = -quantile(-group["test_accuracy"].astype(float), 0.5)
        rows.append(
            {
                "problem": problem,
                "optimizer": optimizer,
                "gradient": gradient,
                "runs": len(group),
                "solved": int((group["outcome"] == "solved").sum()),
                "loss_median": quantile(loss, 0.5),
                "loss_q1": quantile(loss, 0.25),
                "loss_q3": quantile(loss, 0.75),
                "cost_to_target_median": to_target,
                "test_accuracy_median": accuracy if math.isfinite(accuracy) else math.nan,
                "cost_median": quantile(group["cost"], 0.5),
                "seconds_median": quantile(group["seconds"], 0.5),
            }
        )
    columns = ["problem", "optimizer", "gradient", "runs", "solved", "loss_median", "loss_q1", "loss_q3"]
    columns += [f"{name}_median" for name in ("cost_to_target", "test_accuracy", "cost", "seconds")]
    return pd.DataFrame(rows, columns=columns)
