"""Turns the looks at one run into its convergence table."""

from __future__ import annotations

import itertools
import math
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from harness.problems.base import Measures, MeasuresTable
from harness.runs.columns import TRACE
from optimizers.look import Look
from optimizers.objective import Array, Rows
from optimizers.several_looks import Looks

COLUMNS = tuple(TRACE)[1:]
"""Columns of a trace, behind ``run_id``. The spread is the inter-quartile range of a population's losses."""

COUNTS = Look._fields[2:7]
"""What a look has counted, from the iteration to the seconds, and what grows evenly between two looks: the
first columns."""

PLACES = {name: place for place, name in enumerate(COLUMNS)}
LOSS, BEST_LOSS, MISTAKES = (PLACES[name] for name in ("loss", "best_loss", "mistakes"))
MEDIAN, SPREAD = PLACES["population_median"], PLACES["population_spread"]

KEPT = [number for number, name in enumerate(Measures._fields) if name in PLACES]
MEASURED = [PLACES[Measures._fields[number]] for number in KEPT]
"""Which of what is measured has a column, and the columns."""

WHOLE = ("iteration", "value_rows", "gradient_rows")
"""Columns of whole numbers."""

NOTHING = math.nan
EMPTY = [NOTHING] * len(COLUMNS)
"""A row of which nothing is known. Rows are lists: as dictionaries they took a tenth of a run on xor."""

MOST_NUMBERS = 1_000_000
"""Numbers in the parameters that wait to be measured: 8 megabytes."""

Trace = dict[str, NDArray[Any]]
"""A table as arrays by the names of its columns. A data frame takes a millisecond to make, which a run of a
small network takes as a whole; so one is made of many runs."""


class Recorder:
    """Keep a row for each look, one for the best iterate between two looks, and one for the target's first.

    Looks are spaced by the logarithm of the iteration, so the rows of a run are bounded, and first, last
    and best are always among them. What lies between two looks has no measures and is placed by counting:
    every iteration of a stretch costs the same.

    Arguments:
        measure: measures parameters, uncounted.
        target: loss at which the run counts as solved, or None.
        improvements: whether each iterate that is better than all before it has a row too, so that any target
            stands where it was met; a run has as many rows then as it has improvements. Where a search does
            not know its losses between looks, as of mini-batches, there are none.
    """

    def __init__(
        self,
        measure: Callable[[Array], Sequence[Measures]],
        target: float | None,
        improvements: bool = False,
    ) -> None:
        self.measures = Measures(NOTHING, NOTHING, NOTHING, NOTHING)
        self.last_w: Array | None = None
        self.measure_points = measure
        self._target = -math.inf if target is None else target
        self._improvements = improvements
        self._rows: list[list[float]] = []
        self._blocks: list[Array] = []
        self._above = 0
        self._unmeasured: list[tuple[Rows, Array]] = []
        self._waiting = 0
        self._measured: list[tuple[Rows, Sequence[Measures]]] = []
        self._best = math.inf
        self._last: tuple[float, ...] | None = None

    @property
    def numbers(self) -> int:
        """How many numbers wait to be measured."""
        return self._waiting

    def __call__(self, look: Look) -> None:
        """Add the rows of one look."""
        if self._last is not None and look.losses is not None:
            self._add_between(self._last, look[2:7], look.losses[1:], look.loss, look.lowest)
        row = EMPTY.copy()
        if look.population_losses is not None:
            (row[MEDIAN],), (row[SPREAD],) = _populations(look.population_losses[np.newaxis])
        if look.mistakes is not None:
            row[MISTAKES] = look.mistakes
        self._add(row, look[2:7], look.loss)
        self.last_w = look.w
        self._last = look[2:7]
        self._wait(np.array([self._above + len(self._rows) - 1]), look.w[None])

    def several(self, looks: Looks) -> None:
        """Add the rows of several looks that end nothing; of each the same as by itself."""
        lowest, loss = looks.lowest, looks.loss
        best = np.empty(loss.size + 1)
        best[0], best[1:] = self._best, lowest
        np.minimum.accumulate(best, out=best)
        better = lowest < (best[:-1] if self._improvements else np.minimum(best[:-1], loss))
        if better.any():
            for look in looks:
                self(look)
            return
        self._put_by()
        table = np.empty((loss.size, len(COLUMNS)))
        table.fill(NOTHING)
        for place, column in enumerate(looks[2:7]):
            table[:, place] = column
        table[:, LOSS], table[:, BEST_LOSS] = loss, best[1:]
        if looks.population_losses is not None:
            table[:, MEDIAN], table[:, SPREAD] = _populations(looks.population_losses)
        self._blocks.append(table)
        self._best, self._last = float(best[-1]), tuple(table[-1, : len(COUNTS)].tolist())
        self._wait(np.arange(self._above, self._above + loss.size), looks.points)
        self._above += loss.size

    def _put_by(self) -> None:
        """Turn the rows of single looks into a block."""
        if self._rows:
            self._blocks.append(_table(self._rows, len(COLUMNS)))
            self._above += len(self._rows)
            self._rows = []

    def _wait(self, rows: Rows, points: Array) -> None:
        """Have points measured later, of which these are the rows."""
        self._unmeasured.append((rows, points))
        self._waiting += points.size
        if self._waiting > MOST_NUMBERS:
            self.measure()

    def measure(self) -> None:
        """Measure the looks that have not been measured yet, all together."""
        if self._unmeasured:
            rows, points = self.waiting()
            self.put(rows, self.measure_points(points))

    def waiting(self) -> tuple[Rows, Array]:
        """Return the rows that have not been measured, and their points."""
        rows, points = zip(*self._unmeasured, strict=True) if self._unmeasured else ((), ())
        return np.concatenate(rows or [np.empty(0, np.int64)]), np.concatenate(points or [np.empty((0, 0))])

    def put(self, rows: Rows, measures: Sequence[Measures]) -> None:
        """Take what all waiting rows have been measured to be."""
        self._unmeasured, self._waiting = [], 0
        if rows.size:
            self._measured.append((rows, measures))
            self.measures = measures[-1]

    def _add_between(
        self, last: Sequence[float], now: Sequence[float], between: Array, loss: float, lowest: float
    ) -> None:
        """Add the best iterate of a stretch, and the first below the target, where they are not the last."""
        better = lowest < (self._best if self._improvements else min(self._best, loss))
        reached = self._best > self._target >= lowest
        if not better and not reached:
            return
        losses = np.append(between, loss)
        finite = np.where(np.isfinite(losses), losses, np.inf)
        places = {int(np.argmin(finite))} if better else set()
        if reached:
            places.add(int(np.argmax(finite <= self._target)))
        if self._improvements:
            before = np.minimum.accumulate(np.append(self._best, finite))[:-1]
            places |= set(np.flatnonzero(finite < before).tolist())
        stretch = losses.size
        for place in sorted(places - {stretch - 1}):
            part = (place + 1) / stretch
            counts = [old + part * (new - old) for old, new in zip(last, now, strict=True)]
            self._add(EMPTY.copy(), counts, float(losses[place]))

    def _add(self, row: list[float], counts: Sequence[float], loss: float) -> None:
        """Add a row with what has been counted and the loss; what is not measured is NaN in it."""
        self._best = min(self._best, loss) if math.isfinite(loss) else self._best
        row[: len(COUNTS)] = counts
        row[LOSS], row[BEST_LOSS] = loss, self._best
        self._rows.append(row)

    def trace(self, run_id: str) -> Trace:
        """Return the run's table, column by column; what is not measured yet is left NaN."""
        looks, (end,) = looks_at([self])
        return {"run_id": np.full(end, run_id, dtype=object), **looks}

    def table(self) -> Array:
        """Return the same as rows of numbers."""
        self._put_by()
        table = np.concatenate(self._blocks) if self._blocks else np.empty((0, len(COLUMNS)))
        for rows, measures in self._measured:
            table[rows[:, None], MEASURED] = measures_table(measures)[:, KEPT]
        return table


def looks_at(recorders: Sequence[Recorder]) -> tuple[Trace, list[int]]:
    """Return the columns of the tables of some runs, one after the other, and where each run ends."""
    tables = [recorder.table() for recorder in recorders]
    ends = np.cumsum([len(table) for table in tables]).tolist()
    return columns_of(np.concatenate(tables).T.copy()), ends


def columns_of(numbers: Array) -> Trace:
    """Return the columns of looks by their names, but for the run's id.

    Arguments:
        numbers: a look a column; ``COLUMNS`` are its rows.
    """
    return {
        name: np.rint(column).astype(np.int64) if name in WHOLE else column
        for name, column in zip(COLUMNS, numbers, strict=True)
    }


def _table(rows: Sequence[Sequence[float]], columns: int) -> Array:
    """Return rows as an array; ``np.array`` takes three times as long for lists of lists."""
    numbers = np.fromiter(itertools.chain.from_iterable(rows), np.float64, len(rows) * columns)
    return numbers.reshape(len(rows), columns)


def measures_table(measures: Sequence[Measures]) -> Array:
    """Return what was measured at some looks, a row a look."""
    if isinstance(measures, MeasuresTable):
        return measures.table
    return _table(measures, len(Measures._fields))


def _populations(losses: Array) -> tuple[Array, Array]:
    """Return median and spread of the losses of each of some populations, shape (K, P)."""
    # The quantiles whose method NumPy calls "inverted_cdf", at a tenth of the time that it takes.
    ordered, members = np.sort(losses), losses.shape[1]
    low, median, high = (ordered[:, math.ceil(part * members) - 1] for part in (0.25, 0.5, 0.75))
    spread = np.full_like(high, np.inf)
    np.subtract(high, low, out=spread, where=np.isfinite(high))
    return median, spread
