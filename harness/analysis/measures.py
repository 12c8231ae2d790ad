"""What a claim goes by: which run of a pair is ahead, and by how much, as far as that is known."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
import pandas as pd

from harness.analysis.ahead import final_losses, leads
from harness.analysis.grouping import Pair
from harness.analysis.paired_ratio import Bounds, log_ratio_bounds
from harness.analysis.times import Times, Truths, times_to_target
from harness.runs.claims import By
from harness.runs.tables import Tables
from optimizers.objective import Array


class Measured(NamedTuple):
    """The pairs of a comparison by one measure."""

    leads: Array
    """1 where the first is ahead, 0 where the other is, 0.5 where they are tied, shape (pairs,)."""
    effect: Bounds | None
    """Least and most that the logarithm of the ratio can be, or the difference of accuracies; None where
    there is no such number."""


def measured(tables: Tables, pair: Pair, by: By) -> Measured:
    """Return which run of each pair is ahead.

    - cost-to-target: by the rule of ``harness.analysis.ahead``; what a run that did not reach the target
      would have spent is known by bounds.
    - final-loss: the lower one, +inf for a run that diverged or failed. Two runs that reached the target are
      tied, for both were ended there.
    - solved: the one that reached the target.
    - accuracy: the higher one on test rows; a run that has none counts as 0.
    """
    one, other = pair.group.runs, pair.other.runs
    if by == "cost-to-target":
        return _cost(tables, pair)
    solved, other_solved = _solved(one), _solved(other)
    if by == "solved":
        return Measured(0.5 + 0.5 * (solved.astype(np.float64) - other_solved), None)
    if by == "accuracy":
        values, others = (_accuracies(runs) for runs in (one, other))
        difference = values - others
        return Measured(0.5 + 0.5 * np.sign(difference), (difference, difference))
    return _final_loss(one, other, solved & other_solved)


def has_measure(pair: Pair, by: By) -> bool:
    """Say whether runs have what is compared at all: a target, or a test accuracy."""
    if by == "final-loss":
        return True
    column = "test_accuracy" if by == "accuracy" else "target"
    return all(bool(runs[column].notna().any()) for runs in (pair.group.runs, pair.other.runs))


def _cost(tables: Tables, pair: Pair) -> Measured:
    found = leads(pair.group.runs, pair.other.runs)
    times = [times_to_target(tables, group, "cost") for group in (pair.group, pair.other)]
    one, other = times
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


def _final_loss(one: pd.DataFrame, other: pd.DataFrame, tied: Truths) -> Measured:
    losses, others = final_losses(one), final_losses(other)
    with np.errstate(invalid="ignore"):
        ahead = np.where(losses == others, 0.5, (losses < others).astype(np.float64))
    found = np.where(tied, 0.5, ahead)
    if (losses <= 0).any() or (others <= 0).any():
        # They have no ratio.
        return Measured(found, None)
    times = (Times(np.isfinite(values), values, values) for values in (losses, others))
    least, most = log_ratio_bounds(*times)
    return Measured(found, (np.where(tied, 0.0, least), np.where(tied, 0.0, most)))


def _solved(runs: pd.DataFrame) -> Truths:
    return np.asarray((runs["outcome"] == "solved") & runs["target"].notna(), dtype=np.bool_)


def _accuracies(runs: pd.DataFrame) -> Array:
    accuracies = runs["test_accuracy"].to_numpy(dtype=np.float64)
    return np.where(np.isfinite(accuracies), accuracies, 0.0)
