"""Turns the looks at one run into its convergence table."""

from __future__ import annotations

import math
from collections.abc import Callable

import numpy as np
import pandas as pd

from harness.problems.base import Measures
from harness.results import TRACE_COLUMNS
from optimizers.objective import Array
from optimizers.observer import Look

COLUMNS = TRACE_COLUMNS[1:]
"""Columns of a trace, behind ``run_id``. The spread is the inter-quartile range of a population's losses."""

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
        self._measure = measure
        self._target = -math.inf if target is None else target
        self._rows: list[tuple[float, ...]] = []
        self._best = math.inf
        self._last: Look | None = None

    def __call__(self, look: Look) -> None:
        """Add the rows of one look."""
        if self._last is not None and look.losses is not None:
            self._add_between(self._last, look, look.losses)
        self.measures = self._measure(look.w)
        median = spread = NOTHING
        if look.population_losses is not None:
            low, median, high = np.quantile(look.population_losses, [0.25, 0.5, 0.75], method="inverted_cdf")
            spread = high - low if math.isfinite(high) else math.inf
        self._add(
            (look.iteration, look.cost, look.value_rows, look.gradient_rows, look.seconds),
            look.loss,
            self.measures[1:],
            (float(median), float(spread)),
        )
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
            counts = [
                getattr(last, field) + part * (getattr(look, field) - getattr(last, field))
                for field in ("iteration", "cost", "value_rows", "gradient_rows", "seconds")
            ]
            self._add(tuple(counts), float(losses[place]), (NOTHING,) * 5, (NOTHING,) * 2)

    def _add(
        self,
        counts: tuple[float, ...],
        loss: float,
        measures: tuple[float, ...],
        population: tuple[float, ...],
    ) -> None:
        self._best = min(self._best, loss) if math.isfinite(loss) else self._best
        self._rows.append((*counts, loss, self._best, *measures, *population))

    def trace(self, run_id: str) -> pd.DataFrame:
        """Return the run's table."""
        # The type is named for a run that failed before its first look, and has no rows to tell it.
        frame = pd.DataFrame(self._rows, columns=list(COLUMNS), dtype=np.float64)
        whole = {"iteration": "int64", "value_rows": "int64", "gradient_rows": "int64"}
        frame = frame.round(dict.fromkeys(whole, 0)).astype(whole)
        frame.insert(0, "run_id", run_id)
        return frame
