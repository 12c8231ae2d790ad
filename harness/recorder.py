"""Turns the looks at one run into its convergence table."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import numpy as np
import pandas as pd

from harness.problems.base import Measures
from harness.results import TRACE_COLUMNS
from optimizers.objective import Array
from optimizers.observer import Look

COLUMNS = TRACE_COLUMNS[1:]
"""Columns of a trace, behind ``run_id``. The spread is the inter-quartile range of a population's losses."""

COUNTS = ("iteration", "cost", "value_rows", "gradient_rows", "seconds")
"""What a look has counted, and what grows evenly between two looks."""

WHOLE = ("iteration", "value_rows", "gradient_rows")
"""Columns of whole numbers."""

NOTHING = math.nan


class Recorder:
    """Keep a row for each look, one for the best iterate between two looks, and one for the target's first.

    Looks are spaced by the logarithm of the iteration, so the rows of a run are bounded, and first, last
    and best are always among them. What lies between two looks has no measures and is placed by counting:
    every iteration of a stretch costs the same.

    Arguments:
        measure: measures parameters, uncounted.
        target: loss at which the run counts as solved, or None.
    """

    def __init__(self, measure: Callable[[Array], Measures], target: float | None) -> None:
        self.measures = Measures(NOTHING, NOTHING, NOTHING, NOTHING)
        self.last_w: Array | None = None
        self._measure = measure
        self._target = -math.inf if target is None else target
        self._rows: list[dict[str, float]] = []
        self._best = math.inf
        self._last: Look | None = None

    def __call__(self, look: Look) -> None:
        """Add the rows of one look."""
        if self._last is not None and look.losses is not None:
            self._add_between(self._last, look, look.losses)
        # A copy, for a search may break after it has gone on from here.
        self.last_w = look.w.copy()
        self.measures = self._measure(look.w)
        measured = {**self.measures._asdict(), **_population(look.population_losses)}
        if look.mistakes is not None:
            measured["mistakes"] = look.mistakes
        self._add({count: getattr(look, count) for count in COUNTS}, look.loss, measured)
        self._last = look

    def _add_between(self, last: Look, look: Look, losses: Array) -> None:
        """Add the best iterate of a stretch, and the first below the target, where they are not the last."""
        finite = np.where(np.isfinite(losses), losses, np.inf)
        places = {int(np.argmin(finite))} if finite.min() < min(self._best, look.loss) else set()
        if self._best > self._target >= finite.min():
            places.add(int(np.argmax(finite <= self._target)))
        stretch = look.iteration - last.iteration
        for place in sorted(places - {stretch - 1}):
            part = (place + 1) / stretch
            counts = {
                count: getattr(last, count) + part * (getattr(look, count) - getattr(last, count))
                for count in COUNTS
            }
            self._add(counts, float(losses[place]), {})

    def _add(self, counts: dict[str, float], loss: float, measured: dict[str, float]) -> None:
        """Add a row; what is not measured is NaN in it."""
        self._best = min(self._best, loss) if math.isfinite(loss) else self._best
        self._rows.append({**counts, "loss": loss, "best_loss": self._best, **measured})

    def trace(self, run_id: str) -> pd.DataFrame:
        """Return the run's table."""
        # Column by column: handing pandas the rows, and having it round and convert some columns, took ten
        # times as long as the rest of a run of twenty iterations.
        columns: dict[str, Any] = {"run_id": [run_id] * len(self._rows)}
        for name in COLUMNS:
            numbers = np.array([row.get(name, NOTHING) for row in self._rows], dtype=np.float64)
            columns[name] = np.rint(numbers).astype(np.int64) if name in WHOLE else numbers
        return pd.DataFrame(columns)


def _population(losses: Array | None) -> dict[str, float]:
    """Return median and spread of a population's losses, nothing where there is no population."""
    if losses is None:
        return {}
    low, median, high = np.quantile(losses, [0.25, 0.5, 0.75], method="inverted_cdf")
    spread = high - low if math.isfinite(high) else math.inf
    return {"population_median": float(median), "population_spread": float(spread)}
