"""How the learning rate changes in the course of a run: what a schedule is, and all that there are."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from optimizers.errors import InputError
from optimizers.objective import Array
from optimizers.registry import RecordRegistry

OPTIONS = ("power", "period", "factor", "final_rate")
"""Options of a descent that a schedule may read beside the learning rate."""


@dataclass(frozen=True)
class Schedule:
    """One schedule.

    Attributes:
        name: in files and at the terminal.
        equation: the learning rate of iteration t, counted from 0 after the warm-up.
        reads: NamedTuple of the numbers in ``settings``: the learning rate and options of a descent, by
            their names.
        function: compiled ``function(steps, settings, rates)`` that writes the rate of each t in ``steps``.
    """

    name: str
    equation: str
    reads: Any
    function: Any

    def __post_init__(self) -> None:
        strange = set(self.reads._fields) - {"learning_rate", *OPTIONS}
        if strange:
            raise InputError(
                f"schedule {self.name} reads '{min(strange)}', expected learning_rate, {', '.join(OPTIONS)}: "
                "take one of these"
            )

    @property
    def package(self) -> str:
        """The top-level package that brings it."""
        return str(self.function.py_func.__module__).partition(".")[0]

    @property
    def options(self) -> tuple[str, ...]:
        """The options that it reads beside the learning rate."""
        return tuple(name for name in self.reads._fields if name != "learning_rate")


SCHEDULES: RecordRegistry[Schedule] = RecordRegistry(
    "schedule", "harness.schedules", "optimizers.descent", Schedule
)
"""Every schedule by its name."""


def scheduled_rates(schedule: str, settings: dict[str, float], warm_up: int, first: int, count: int) -> Array:
    """Return the learning rates of ``count`` iterations from ``first`` on.

    The schedule begins, with t = 0, after a warm-up whose iteration i, from 0 on, has the rate
    ``learning_rate (i + 1) / (warm_up + 1)`` (Goyal et al. 2017, section 2.2).

    Arguments:
        schedule: name of an entry in ``SCHEDULES``.
        settings: the learning rate, and the options that the schedule reads.
        warm_up: iterations of the warm-up, or 0.
        first: number of the first iteration, from 0 on.
        count: number of iterations.

    >>> scheduled_rates("step", {"learning_rate": 1.0, "period": 2, "factor": 0.1}, 1, 0, 6).round(12)
    array([0.5 , 1.  , 1.  , 0.1 , 0.1 , 0.01])
    """
    chosen = SCHEDULES[schedule]
    iterations = np.arange(first, first + count, dtype=np.float64)
    numbers = np.array([settings[name] for name in chosen.reads._fields], dtype=np.float64)
    rates = np.empty(count)
    chosen.function(np.maximum(iterations - warm_up, 0.0), numbers, rates)
    return rates * np.minimum((iterations + 1.0) / (warm_up + 1.0), 1.0)
