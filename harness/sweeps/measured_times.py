"""What a run is going to take, by the runs like it that a folder has."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pandas as pd

from harness.runs.single_run import Run
from harness.sweeps.time_left import MEASURED, measured_as
from optimizers.objective import Rows

LIMITS = ("cost", "iterations")
"""What of a budget a row says too, so that its time can be scaled."""


class MeasuredTimes:
    """Mean times of finished runs, those of other budgets scaled.

    A run that its budget ended takes longer with a larger one, in proportion to what it may pay; one that
    ended by itself does not, and either takes less with a smaller one.

    Arguments:
        rows: finished runs.
    """

    def __init__(self, rows: pd.DataFrame) -> None:
        self._time = (rows["seconds"] + rows["observation_seconds"]).to_numpy(dtype=np.float64)
        self._rows = rows
        self._places: dict[tuple[str, ...], Rows] = {}
        self._settings: dict[tuple[str, ...], list[str]] = {}
        if len(rows):
            groups: Any = rows.groupby([rows[name] for name in MEASURED]).indices
            for key, places in groups.items():
                *kind, setting = map(str, key)
                self._places[(*kind, setting)] = np.asarray(places)
                self._settings.setdefault(tuple(kind), []).append(setting)
        self._found: dict[tuple[str, ...], float] = {}

    def of(self, run: Run) -> float:
        """Return the seconds of a run, NaN where nothing like it was measured."""
        key = measured_as(run)
        if key not in self._found:
            self._found[key] = self._mean(key, run)
        return self._found[key]

    def _mean(self, key: tuple[str, ...], run: Run) -> float:
        if key in self._places:
            return float(self._time[self._places[key]].mean())
        kind, own = key[:-1], _besides(key[-1])
        alike = [setting for setting in self._settings.get(kind, []) if _besides(setting) == own]
        if not alike or (run.budget.cost is None and run.budget.iterations is None):
            return math.nan
        places = np.concatenate([self._places[(*kind, setting)] for setting in alike])
        rows = self._rows.iloc[places]
        scale = np.full(len(rows), math.inf)
        for limit in LIMITS:
            most, spent = getattr(run.budget, limit), rows[limit].to_numpy(dtype=np.float64)
            if most is not None:
                scale = np.minimum(scale, most / np.maximum(spent, 1e-300))
        by_itself = (rows["outcome"] != "budget").to_numpy(dtype=np.bool_)
        scale[by_itself] = np.minimum(scale[by_itself], 1.0)
        return float((self._time[places] * scale).mean())


def _besides(setting: str) -> list[str]:
    """Return what a setting says besides the limits of the budget.

    >>> _besides("cost=20, timeout=3, gradient_reference=analytic")
    ['timeout=3', 'gradient_reference=analytic']
    """
    limits = (*LIMITS, "seconds")
    return [word for word in setting.split(", ") if word.partition("=")[0] not in limits]
