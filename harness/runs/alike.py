"""Runs with the same looks, as one table: what ``BestPoint`` and ``Recorder`` make of them one by one."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from harness.runs.recorder import (
    BEST_LOSS,
    COLUMNS,
    COUNTS,
    KEPT,
    LOSS,
    MEASURED,
    NOTHING,
    Trace,
    columns_of,
)
from optimizers.objective import Array, Rows


class Alike(NamedTuple):
    """R runs with the same K looks beside the start, of I iterations in all; all losses are finite."""

    stretches: Rows
    """Iterations up to each look from the one before, shape (K,)."""
    counts: Array
    """What each of them has counted at each look but the seconds, shape (4, K + 1), the start first."""
    seconds: Array
    """What each search has taken, shape (R,)."""
    measured: Array
    """Loss at each look, shape (R, K + 1)."""
    losses: Array
    """Loss of each iterate as the search has told it, the last one left out, shape (R, I)."""

    @property
    def begins(self) -> Rows:
        """Where the iterates of each look begin."""
        return self.stretches.cumsum() - self.stretches

    def best(self) -> tuple[Rows, Rows, Array]:
        """Return the look of the first lowest loss, whether the search has told it, and the loss: shape (R,).

        Of the start that is look 0; what was told of look k lies before it.
        """
        in_order = np.empty((len(self.measured), 2 * self.stretches.size + 1))
        in_order[:, ::2] = self.measured
        in_order[:, 1::2] = np.minimum.reduceat(self.losses, self.begins, axis=1)
        places = in_order.argmin(axis=1)
        return (places + 1) // 2, places % 2 == 1, in_order[np.arange(len(places)), places]

    def looks(self, measures: Array) -> tuple[Trace, list[int]]:
        """Return the columns of the tables of all runs, one after the other, and where each run ends.

        Arguments:
            measures: what was measured at each look of each run, a row a look.
        """
        runs, looks = self.measured.shape
        table = np.full((len(COLUMNS), runs, looks), NOTHING)
        done = np.append(0, self.stretches.cumsum())
        table[: len(COUNTS) - 1] = self.counts[:, np.newaxis]
        table[len(COUNTS) - 1] = self.seconds[:, np.newaxis] * (done / done[-1])
        # The first of a stretch is the loss of the look before; that of the look itself takes its place.
        ahead = np.empty_like(self.losses)
        ahead[:, :-1] = self.losses[:, 1:]
        ahead[:, done[1:] - 1] = self.measured[:, 1:]
        lowest = np.minimum.reduceat(ahead, self.begins, axis=1)
        best = np.minimum.accumulate(np.concatenate([self.measured[:, :1], lowest], axis=1), axis=1)
        table[LOSS], table[BEST_LOSS] = self.measured, best
        flat = table.reshape(len(COLUMNS), -1)
        flat[MEASURED] = measures[:, KEPT].T
        better = lowest < np.minimum(best[:, :-1], self.measured[:, 1:])
        ends = np.arange(1, runs + 1) * looks
        if better.any():
            run, look = np.nonzero(better)
            flat = np.insert(flat, run * looks + look + 1, self._between(table, ahead, run, look), axis=1)
            ends += better.sum(axis=1).cumsum()
        return columns_of(flat), ends.tolist()

    def _between(self, table: Array, ahead: Array, run: Rows, look: Rows) -> Array:
        """Return rows of the best iterates that lie before a look of a run, a column a row."""
        found = np.full((len(COLUMNS), run.size), NOTHING)
        lowest = np.minimum.reduceat(ahead, self.begins, axis=1)
        count = ahead.shape[1]
        is_lowest = ahead == np.repeat(lowest, self.stretches, axis=1)
        places = np.minimum.reduceat(np.where(is_lowest, np.arange(count), count), self.begins, axis=1)
        part = (places[run, look] - self.begins[look] + 1) / self.stretches[look]
        before, after = table[: len(COUNTS), run, look], table[: len(COUNTS), run, look + 1]
        found[: len(COUNTS)] = before + part * (after - before)
        found[LOSS] = found[BEST_LOSS] = lowest[run, look]
        return found
