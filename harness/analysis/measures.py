"""What a claim goes by: which run of a pair is ahead, and by how much, as far as that is known."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import NamedTuple

import numpy as np

from harness.analysis.ahead import final_losses, leads
from harness.analysis.grouping import Ends, Pair
from harness.analysis.paired_ratio import Bounds, log_ratio_bounds
from harness.analysis.times import Axis, Times, Truths, times_to_own_target
from harness.runs.claims import By
from optimizers.objective import Array

Heights = Mapping[str, float]
"""Mean decimal logarithm of the best loss of each run, by its id."""


class Measured(NamedTuple):
    """The pairs of a comparison by one measure."""

    leads: Array
    """1 where the first is ahead, 0 where the other is, 0.5 where they are tied, shape (pairs,)."""
    effect: Bounds | None
    """Least and most that the logarithm of the ratio can be, or the difference of accuracies; None where
    there is no such number."""


def measured(pair: Pair, by: By, axis: Axis = "cost", heights: Heights | None = None) -> Measured:
    """Return which run of each pair is ahead.

    - cost-to-target: by the rule of ``harness.analysis.ahead``; what a run that did not reach the target
      would have spent is known by bounds.
    - final-loss: the lower one, +inf for a run that diverged or failed. Two runs that reached the target are
      tied, for both were ended there.
    - solved: the one that reached the target.
    - accuracy: the higher one on test rows; a run that has none counts as 0.
    - anytime-area: the lower mean logarithm of the best loss along the run (``AnytimeArea``), +inf for a run
      that failed.

    Arguments:
        pair: the runs.
        by: what is compared.
        axis: what is spent until the target.
        heights: of each run the mean decimal logarithm of its best loss, for "anytime-area".
    """
    if by == "cost-to-target":
        return _cost(pair, axis)
    if by == "anytime-area":
        return _area(pair, heights or {})
    solved, other_solved = pair.group.solved, pair.other.solved
    if by == "solved":
        return Measured(0.5 + 0.5 * (solved.astype(np.float64) - other_solved), None)
    if by == "accuracy":
        values, others = (_accuracies(group.ends) for group in (pair.group, pair.other))
        difference = values - others
        return Measured(0.5 + 0.5 * np.sign(difference), (difference, difference))
    return _final_loss(pair.group.ends, pair.other.ends, solved & other_solved)


def has_measure(pair: Pair, by: By, heights: Heights | None = None) -> bool:
    """Say whether runs have what is compared at all: a target, a test accuracy, or curves with logarithms."""
    if by == "final-loss":
        return True
    sides = pair.group.ends, pair.other.ends
    if by == "anytime-area":
        return all(run_id in (heights or {}) for ends in sides for run_id in ends["run_id"])
    column = "test_accuracy" if by == "accuracy" else "target"
    return not any(bool(np.isnan(ends[column]).all()) for ends in sides)


def _cost(pair: Pair, axis: Axis) -> Measured:
    found = leads(pair.group.ends, pair.other.ends, axis)
    one, other = (times_to_own_target(group, axis) for group in (pair.group, pair.other))
    if one is None or other is None:
        return Measured(found, None)
    least, most = log_ratio_bounds(one, other)
    # What a solved run spent is nowhere said: it is ahead of those that did not solve, and no more is known.
    unknown = np.zeros(len(found), dtype=np.bool_)
    for part in (one, other):
        unknown |= part.solved & np.isnan(part.spent)
    found = np.where(unknown & one.solved & other.solved, 0.5, found)
    effect = np.where(unknown, -np.inf, least), np.where(unknown, np.inf, most)
    return Measured(found, effect)


def _final_loss(one: Ends, other: Ends, tied: Truths) -> Measured:
    losses, others = final_losses(one), final_losses(other)
    found = np.where(tied, 0.5, _lower(losses, others))
    if (losses <= 0).any() or (others <= 0).any():
        # They have no ratio.
        return Measured(found, None)
    times = (Times(np.isfinite(values), values, values) for values in (losses, others))
    least, most = log_ratio_bounds(*times)
    return Measured(found, (np.where(tied, 0.0, least), np.where(tied, 0.0, most)))


def _area(pair: Pair, heights: Heights) -> Measured:
    values, others = (
        np.array([heights[run_id] for run_id in group.ends["run_id"]], dtype=np.float64)
        for group in (pair.group, pair.other)
    )
    with np.errstate(invalid="ignore"):
        ratio = math.log(10.0) * (values - others)
    # Two runs without a curve.
    ratio = np.where(np.isnan(ratio), 0.0, ratio)
    least = np.where(np.isfinite(others), ratio, -np.inf)
    return Measured(_lower(values, others), (least, np.where(np.isfinite(values), ratio, np.inf)))


def _lower(values: Array, others: Array) -> Array:
    """Return 1 where the first is lower, 0 where the other is, and 0.5 where they are equal."""
    return np.where(values == others, 0.5, (values < others).astype(np.float64))


def _accuracies(ends: Ends) -> Array:
    accuracies = ends["test_accuracy"]
    return np.where(np.isfinite(accuracies), accuracies, 0.0)
