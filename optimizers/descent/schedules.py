"""How the learning rate changes in the course of a run: one entry in ``SCHEDULES`` each."""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np

from optimizers.compilation import compiled
from optimizers.objective import Array

# Compiled, and without NumPy's expressions: which of its code takes the power or the cosine of a number may
# depend on the number's place in the array, and so on where the looks are. A rate takes 10 ns this way and
# 145 ns in Python, where a whole step of a 2-2-1 network takes 330.


@compiled()
def _constant(steps: Any, settings: Any, rates: Any) -> None:
    """``learning_rate``."""
    for place in range(steps.size):
        rates[place] = settings[0]


@compiled()
def _inverse_scaling(steps: Any, settings: Any, rates: Any) -> None:
    """``learning_rate / (1 + t)^power``, after Robbins, Monro (1951), A stochastic approximation method."""
    learning_rate, power = settings[0], settings[1]
    for place in range(steps.size):
        rates[place] = learning_rate / (1.0 + steps[place]) ** power


@compiled()
def _step(steps: Any, settings: Any, rates: Any) -> None:
    """``learning_rate factor^floor(t / period)``, see Ge et al. (2019), The step decay schedule."""
    learning_rate, period, factor = settings[0], settings[1], settings[2]
    for place in range(steps.size):
        rates[place] = learning_rate * factor ** np.floor(steps[place] / period)


@compiled()
def _cosine(steps: Any, settings: Any, rates: Any) -> None:
    """``final_rate + (learning_rate - final_rate) (1 + cos(pi t / period)) / 2`` up to t = period.

    Loshchilov, Hutter (2017), SGDR: stochastic gradient descent with warm restarts, eq. 5, where the rate
    stays at its end in place of a restart.
    """
    learning_rate, period, final_rate = settings[0], settings[1], settings[2]
    for place in range(steps.size):
        part = min(steps[place] / period, 1.0)
        rates[place] = final_rate + 0.5 * (learning_rate - final_rate) * (1.0 + np.cos(np.pi * part))


class Schedule(NamedTuple):
    """One schedule: the options that it reads, and a compiled ``function(steps, settings, rates)``."""

    options: tuple[str, ...]
    function: Any


SCHEDULES = {
    "constant": Schedule((), _constant),
    "inverse-scaling": Schedule(("power",), _inverse_scaling),
    "step": Schedule(("period", "factor"), _step),
    "cosine": Schedule(("period", "final_rate"), _cosine),
}


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
    numbers = np.array([settings["learning_rate"], *(settings[option] for option in chosen.options)])
    rates = np.empty(count)
    chosen.function(np.maximum(iterations - warm_up, 0.0), numbers, rates)
    return rates * np.minimum((iterations + 1.0) / (warm_up + 1.0), 1.0)
