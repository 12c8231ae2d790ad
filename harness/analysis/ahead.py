"""Which of two runs is ahead: the one rule that all paired comparisons go by.

On a problem with a target:

1. of two runs that reached it, the one that spent less is ahead;
2. a run that reached it is ahead of one that did not, whatever either spent: how much the other would have
   needed is not known, but it is more than nothing that it ever spent, or never;
3. of two runs that did not, the one that had reached the lower loss is ahead. That is the best loss of the
   run, not its last: the best parameters are kept and are what a user is given. So it is for a run that
   diverged after it; a run that failed has broken off or has told what is not so, and counts as +inf.

On a problem without one, the one with the lower final loss is ahead, and a run that diverged or failed counts
as +inf, as in the summary. What is equal, +inf as well, is a tie: half a lead for each.

The rule puts all runs of a problem in one order, so that it cannot go in circles: first those that solved, by
what they spent, then the others, by their loss. It never takes a difference between two units, and never one
between numbers of which only a bound is known.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
import pandas as pd

from harness.analysis.grouping import Ends
from harness.analysis.summary import NO_RESULT
from harness.analysis.times import Axis
from optimizers.objective import Array


class Standing(NamedTuple):
    """Where each run stands among all of its problem, shape (runs,): lower is ahead."""

    behind: Array
    """0 for a run that reached the target, 1 for one that did not, or on a problem that has none."""
    measure: Array
    """What it spent, or its loss; +inf where there is none."""


def standing(runs: pd.DataFrame | Ends, axis: Axis = "cost") -> Standing:
    """Return where runs of one problem stand.

    Arguments:
        runs: with the columns of ``RUN_COLUMNS``, or those that comparisons read as arrays.
        axis: what counts until the target: cost, iterations or seconds.

    >>> from harness.runs.tables import RUN_COLUMNS
    >>> ends = {"outcome": ["solved", "budget"], "cost_to_target": [9.0, np.nan], "best_loss": [0.05, 0.3]}
    >>> runs = pd.DataFrame({"target": 0.1, **ends}, columns=RUN_COLUMNS)
    >>> standing(runs).behind.tolist(), standing(runs).measure.tolist()
    ([0.0, 1.0], [9.0, 0.3])
    """
    outcome, has_target = np.asarray(runs["outcome"], dtype=object), ~np.isnan(_numbers(runs, "target"))
    solved = (outcome == "solved") & has_target
    spent = _numbers(runs, "cost_to_target" if axis == "cost" else axis)
    reached = np.where(outcome == "failed", np.inf, _numbers(runs, "best_loss"))
    measure = np.where(solved, spent, np.where(has_target, reached, final_losses(runs)))
    return Standing((~solved).astype(np.float64), np.where(np.isnan(measure), np.inf, measure))


def _numbers(runs: pd.DataFrame | Ends, column: str) -> Array:
    return np.asarray(runs[column], dtype=np.float64)


def final_losses(runs: pd.DataFrame | Ends) -> Array:
    """Return the loss at the end of each run, +inf where it diverged or failed, or where there is none.

    >>> runs = pd.DataFrame({"outcome": ["solved", "diverged", "budget"], "final_loss": [0.1, 0.2, np.nan]})
    >>> final_losses(runs).tolist()
    [0.1, inf, inf]
    """
    losses = _numbers(runs, "final_loss")
    none = np.array([outcome in NO_RESULT for outcome in runs["outcome"]], dtype=np.bool_)
    return np.where(none | np.isnan(losses), np.inf, losses)


def leads(runs: pd.DataFrame | Ends, others: pd.DataFrame | Ends, axis: Axis = "cost") -> Array:
    """Return for each pair 1 where the first is ahead, 0 where the other is, and 0.5 where they are tied.

    Arguments:
        runs: of one problem, shape (pairs,).
        others: row by row of the same seeds.
        axis: what counts until the target.
    """
    one, other = standing(runs, axis), standing(others, axis)
    same = (one.behind == other.behind) & (one.measure == other.measure)
    first = (one.behind < other.behind) | ((one.behind == other.behind) & (one.measure < other.measure))
    return np.where(same, 0.5, first.astype(np.float64))
