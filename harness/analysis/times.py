"""What each run spent until it reached a target, and what is known of a run that did not.

A run that its budget or a timeout ended is censored on the right: its time is larger than what it spent,
and no more is known. A run that ended by itself (``stalled``, ``diverged``, ``failed``) would not have
reached the target at any cost, for there was nothing more that it would have done: its time is infinite. To
take it for censored where it ended would say that it might have solved the problem as others did later: of
a method of which seven runs stall at cost 50 and three solve at 100, Kaplan and Meier's curve would say
that all have solved by 100. Competing events are treated so where the times of censoring are known: who has
met another end stays at risk (Fine, Gray 1999, Journal of the American Statistical Association 94, p. 498).
"""

from __future__ import annotations

from typing import Literal, NamedTuple

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from harness.analysis.grouping import Ends, Group
from harness.runs.tables import Tables
from optimizers.errors import InputError
from optimizers.objective import Array

Axis = Literal["cost", "iterations", "seconds"]
"""What a run spends: forward-pass equivalents, iterations, or seconds of search."""

TRACE_COLUMN = {"cost": "cost", "iterations": "iteration", "seconds": "seconds"}

Truths = NDArray[np.bool_]

ENDED_BY_ITSELF = ("stalled", "diverged", "failed")
"""Outcomes after which there was nothing more to come."""


class Times(NamedTuple):
    """Of each run of a group, shape (runs,)."""

    solved: Truths
    """Whether it reached the target."""
    time: Array
    """What it had spent when it did; otherwise what its time is larger than, +inf where it would never."""
    spent: Array
    """What it had spent when it reached the target, or in all."""


def times_to_target(tables: Tables, group: Group, axis: Axis, target: float | None = None) -> Times | None:
    """Return what each run of a group spent until it reached a target.

    Arguments:
        tables: where the traces are.
        group: some of its runs.
        axis: what was spent.
        target: the loss to reach; None takes the problem's own, which the run's row knows exactly. Another
            one is read off the trace at the first look at or below it, so up to 15 % late. A run that failed
            has not reached it: it has broken off, or has told what is not so (``harness.analysis.ahead``).

    Returns:
        The times; None where the problem has no target.

    Raises:
        InputError: for a target below that at which runs ended.
    """
    if target is None:
        return times_to_own_target(group, axis)
    ends = group.ends
    own, spent = ends["target"], ends[axis]
    if (target < own).any():
        raise InputError(
            f"target is {target:g}, expected at least {np.nanmax(own):g}, the target of {group.problem} at "
            "which its runs ended: run them again with a lower one"
        )
    reached = _first_at(tables.trace, group.runs["run_id"], TRACE_COLUMN[axis], target)
    solved = np.asarray(np.isfinite(reached) & (ends["outcome"] != "failed"), dtype=np.bool_)
    return _times(ends, solved, np.where(solved, reached, spent))


def times_to_own_target(group: Group, axis: Axis) -> Times | None:
    """Return what each run of a group spent until the problem's own target, None where it has none."""
    if not group.has_target:
        return None
    ends, solved = group.ends, group.solved
    return _times(
        ends, solved, np.where(solved, ends["cost_to_target"], ends[axis]) if axis == "cost" else ends[axis]
    )


def _times(ends: Ends, solved: Truths, spent: Array) -> Times:
    never = np.array([outcome in ENDED_BY_ITSELF for outcome in ends["outcome"]], dtype=np.bool_) & ~solved
    return Times(solved, np.where(never, np.inf, spent), spent)


def _first_at(trace: pd.DataFrame, run_ids: pd.Series, column: str, target: float) -> Array:
    """Return what each run had spent at its first look at or below a target; NaN where there is none."""
    rows = trace[(trace["best_loss"] <= target) & trace["run_id"].isin(run_ids)]
    first = rows.groupby("run_id", observed=True)[column].min()
    return run_ids.map(first).to_numpy(dtype=np.float64)
