"""Runs as they would have been with another target or half the budget, read off their traces."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from harness.analysis.times import TRACE_COLUMN, Truths
from harness.runs.tables import Tables, runs_of
from optimizers.objective import Array, Rows

SPENT = tuple(TRACE_COLUMN)
"""What a run spends, as its row names it: cost, iterations and seconds."""

NO_TRACE = "there is no trace of some runs"
NO_TARGET = "there is no target"
NO_MULTIPLE = "a target of 0 or below has no multiples"
ENDED_THERE = "runs ended at the target, so that what a lower one would have taken is not known"
STARTS_BELOW = "some runs start below it"
NO_BUDGET = "the budget of some runs is not known"


class Shortened(NamedTuple):
    """Runs with other limits."""

    tables: Tables
    unknown: Mapping[str, str]
    """Why it is not known how a run would have ended, by its id."""
    unmeasured: frozenset[str]
    """Ids of runs of which the accuracy was not measured where they would have ended."""


def limits_of(setting: str) -> dict[str, float]:
    """Return the limits of a budget from what a run's row says of them.

    >>> limits_of("cost=10000, seconds=2.5, timeout=60"), limits_of("")
    ({'cost': 10000.0, 'seconds': 2.5}, {})
    """
    parts = (part.partition("=") for part in setting.split(", "))
    return {name: float(number) for name, _, number in parts if name in SPENT}


@dataclass(frozen=True)
class _Looks:
    """All rows of a trace, run by run in the order of what was spent, shape (rows,)."""

    run: Rows
    best: Array
    loss: Array
    accuracy: Array
    spent: Mapping[str, Array]
    place: Rows
    """Where each stands in the trace."""


class OtherLimits:
    """The runs of a comparison, to be ended elsewhere.

    A run that a higher target or a smaller budget would have ended is cut off: at its first look at or below
    the target, or at its last look within the budget, each up to 15 % of what was spent from where it would
    have been. A run that failed stays as it is, and so does one that ended within the smaller budget. How a
    run that ended at its target would have gone on is not known.

    Arguments:
        tables: the runs with their traces.
    """

    def __init__(self, tables: Tables) -> None:
        self.tables = tables
        runs, trace = tables.runs, tables.trace
        number = runs_of(trace, runs) if len(trace) else np.empty(0, dtype=np.int64)
        columns = {name: trace[column].to_numpy(dtype=np.float64) for name, column in TRACE_COLUMN.items()}
        order = np.lexsort((columns["iterations"], columns["cost"], number))
        best, loss, accuracy = (
            trace[name].to_numpy(dtype=np.float64)[order] for name in ("best_loss", "loss", "test_accuracy")
        )
        spent = {name: column[order] for name, column in columns.items()}
        self._looks = _Looks(number[order], best, loss, accuracy, spent, order)
        self._row = {
            name: runs[name].to_numpy(dtype=np.float64)
            for name in (*SPENT, "target", "start_loss", "best_loss", "cost_to_target", "test_accuracy")
        }
        self._outcome = runs["outcome"].to_numpy(dtype=object)
        self._ids = runs["run_id"].to_numpy(dtype=object)

    def ended(self, target: float = 1.0, budget: float = 1.0) -> Shortened:
        """Return the runs with a multiple of their target and a part of their budget.

        Arguments:
            target: what the target is multiplied by.
            budget: what the budget is multiplied by, at most 1.
        """
        unknown: dict[str, str] = {}
        kept = np.ones(len(self._looks.run), dtype=np.bool_)
        outcome = self._outcome.copy()
        cut = np.zeros(len(outcome), dtype=np.bool_)
        if budget != 1.0:
            cut = self._beyond(budget, kept, unknown)
            outcome[cut] = "budget"
        goal = self._row["target"] * target
        reached = np.full(len(outcome), -1)
        if target != 1.0:
            reached = self._reached(goal, kept, outcome, unknown)
            outcome[reached >= 0] = "solved"
        return self._with_ends(outcome, cut, reached, goal, kept, unknown)

    def _beyond(self, budget: float, kept: Truths, unknown: dict[str, str]) -> Truths:
        """Return which runs spend more than a part of their budget, and keep the looks within it alone."""
        settings = self.tables.runs["setting"].astype(str)
        limits = {text: limits_of(text) for text in settings.unique()}
        runs, looks = len(settings), self._looks
        beyond, known = np.zeros(runs, dtype=np.bool_), np.zeros(runs, dtype=np.bool_)
        for name in SPENT:
            most = budget * np.array([limits[text].get(name, math.nan) for text in settings])
            spent = self._row[name]
            if name == "cost":
                to_target = self._row["cost_to_target"]
                spent = np.where((self._outcome == "solved") & ~np.isnan(to_target), to_target, spent)
            beyond |= spent > most * (1.0 + 1e-12)
            known |= ~np.isnan(most)
            kept &= ~(looks.spent[name] > most[looks.run] * (1.0 + 1e-12))
        failed = self._outcome == "failed"
        _mark(unknown, self._ids[~known], NO_BUDGET)
        cut = np.asarray(beyond & known & ~failed, dtype=np.bool_)
        kept |= ~cut[looks.run]
        _mark(unknown, self._ids[cut & (np.bincount(looks.run[kept], minlength=runs) == 0)], NO_TRACE)
        return cut

    def _reached(
        self, goal: Array, kept: Truths, outcome: NDArray[np.object_], unknown: dict[str, str]
    ) -> Rows:
        """Return the row at which each run comes to another target, -1 where it does not."""
        looks, row = self._looks, self._row
        with np.errstate(invalid="ignore"):
            lower, higher = goal < row["target"], goal > row["target"]
        at = np.flatnonzero(kept & (looks.best <= goal[looks.run]) & (outcome != "failed")[looks.run])
        found, first = np.unique(looks.run[at], return_index=True)
        reached = np.full(len(outcome), -1)
        reached[found] = at[first]
        traced = np.bincount(looks.run, minlength=len(outcome)) > 0
        traced[(outcome == "solved") & ~lower & (reached < 0)] = False
        _mark(unknown, self._ids[np.isnan(goal)], NO_TARGET)
        _mark(unknown, self._ids[row["target"] <= 0.0], NO_MULTIPLE)
        _mark(unknown, self._ids[(outcome == "solved") & lower & (reached < 0)], ENDED_THERE)
        _mark(unknown, self._ids[higher & (row["start_loss"] <= goal)], STARTS_BELOW)
        ran = np.asarray((outcome != "failed") & ~traced, dtype=np.bool_)
        _mark(unknown, self._ids[ran], NO_TRACE)
        return reached

    def _with_ends(
        self,
        outcome: NDArray[np.object_],
        cut: Truths,
        reached: Rows,
        goal: Array,
        kept: Truths,
        unknown: dict[str, str],
    ) -> Shortened:
        """Return the tables with the ends of runs at the rows at which they end now."""
        looks, runs = self._looks, self.tables.runs
        last = np.full(len(outcome), -1)
        places = np.flatnonzero(kept)
        # Of rows in their order the last one stays.
        last[looks.run[places]] = places
        end = np.where(reached >= 0, reached, np.where(cut, last, -1))
        changed = end >= 0
        kept = kept & ~(changed[looks.run] & (np.arange(len(kept)) > end[looks.run]))
        ends = {name: _at(looks.spent[name], end) for name in SPENT} | {
            "final_loss": np.where(reached >= 0, _at(looks.best, end), _at(looks.loss, end)),
            "best_loss": _at(looks.best, end),
            "test_accuracy": self._accuracy(end, reached >= 0),
        }
        columns = {
            name: np.where(changed, values, runs[name].to_numpy(dtype=np.float64))
            for name, values in ends.items()
        }
        to_target = np.where(changed, columns["cost"], self._row["cost_to_target"])
        columns["cost_to_target"] = np.where(outcome == "solved", to_target, np.nan)
        lost = changed & np.isnan(columns["test_accuracy"]) & ~np.isnan(self._row["test_accuracy"])
        trace = self.tables.trace.iloc[np.sort(looks.place[kept])]
        return Shortened(
            replace(self.tables, runs=runs.assign(outcome=outcome, target=goal, **columns), held_trace=trace),
            unknown,
            frozenset(self._ids[lost]),
        )

    def _accuracy(self, end: Rows, forward: Truths) -> Array:
        """Return the accuracy at a row: of the next look that was measured, or of the last one before."""
        looks = self._looks
        measured = np.flatnonzero(~np.isnan(looks.accuracy))
        if not measured.size:
            return np.full(len(end), np.nan)
        after = np.minimum(np.searchsorted(measured, end), measured.size - 1)
        before = np.maximum(np.searchsorted(measured, end, side="right") - 1, 0)
        row = measured[np.where(forward, after, before)]
        same = looks.run[row] == np.arange(len(end))
        return np.where(same, looks.accuracy[row], np.nan)


def _at(values: Array, places: Rows) -> Array:
    """Return the values at places, NaN where one is -1."""
    return np.append(values, np.nan)[places]


def _mark(unknown: dict[str, str], ids: NDArray[np.object_], reason: str) -> None:
    for run_id in ids:
        unknown.setdefault(run_id, reason)


def doubled(tables: Tables) -> dict[str, str]:
    """Return for each problem the name of the same problem with twice the budget, where there are runs of it.

    >>> import pandas as pd
    >>> runs = pd.DataFrame({"problem": ["xor [cost=5]", "xor [cost=10]"], "problem_key": "k",
    ...                      "setting": ["cost=5", "cost=10"]})
    >>> doubled(type("T", (), {"runs": runs}))
    {'xor [cost=5]': 'xor [cost=10]'}
    """
    kinds = tables.runs[["problem", "problem_key", "setting"]].drop_duplicates()
    listed = [(name, key, limits_of(text)) for name, key, text in kinds.itertuples(index=False) if key]
    found = {}
    for name, key, limits in listed:
        twice = {limit: 2.0 * number for limit, number in limits.items()}
        for other, other_key, other_limits in listed:
            if limits and other != name and other_key == key and other_limits == twice:
                found[str(name)] = str(other)
    return found
