"""The schedules that come with the package, a record each."""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np

from optimizers.compilation import compiled
from optimizers.descent.schedule import Schedule
from optimizers.records import numbers_of

# Compiled, and without NumPy's expressions: which of its code takes the power or the cosine of a number may
# depend on the number's place in the array, and so on where the looks are. A rate takes 10 ns this way and
# 145 ns in Python, where a whole step of a 2-2-1 network takes 330.


class Constant(NamedTuple):
    """What the schedule reads."""

    learning_rate: float


@compiled()
def _constant(steps: Any, settings: Any, rates: Any) -> None:
    """``learning_rate``."""
    given = numbers_of(Constant, settings)
    for place in range(steps.size):
        rates[place] = given.learning_rate


class InverseScaling(NamedTuple):
    """What the schedule reads."""

    learning_rate: float
    power: float


@compiled()
def _inverse_scaling(steps: Any, settings: Any, rates: Any) -> None:
    """``learning_rate / (1 + t)^power``, after Robbins, Monro (1951), A stochastic approximation method."""
    learning_rate, power = numbers_of(InverseScaling, settings)
    for place in range(steps.size):
        rates[place] = learning_rate / (1.0 + steps[place]) ** power


class Step(NamedTuple):
    """What the schedule reads."""

    learning_rate: float
    period: float
    factor: float


@compiled()
def _step(steps: Any, settings: Any, rates: Any) -> None:
    """``learning_rate factor^floor(t / period)``, see Ge et al. (2019), The step decay schedule."""
    learning_rate, period, factor = numbers_of(Step, settings)
    for place in range(steps.size):
        rates[place] = learning_rate * factor ** np.floor(steps[place] / period)


class Cosine(NamedTuple):
    """What the schedule reads."""

    learning_rate: float
    period: float
    final_rate: float


@compiled()
def _cosine(steps: Any, settings: Any, rates: Any) -> None:
    """``final_rate + (learning_rate - final_rate) (1 + cos(pi t / period)) / 2`` up to t = period.

    Loshchilov, Hutter (2017), SGDR: stochastic gradient descent with warm restarts, eq. 5, where the rate
    stays at its end in place of a restart.
    """
    learning_rate, period, final_rate = numbers_of(Cosine, settings)
    for place in range(steps.size):
        part = min(steps[place] / period, 1.0)
        rates[place] = final_rate + 0.5 * (learning_rate - final_rate) * (1.0 + np.cos(np.pi * part))


CONSTANT = Schedule("constant", "learning_rate", Constant, _constant)
INVERSE_SCALING = Schedule(
    "inverse-scaling", "learning_rate / (1 + t)^power (Robbins, Monro 1951)", InverseScaling, _inverse_scaling
)
STEP = Schedule("step", "learning_rate factor^floor(t / period) (Ge et al. 2019)", Step, _step)
COSINE = Schedule(
    "cosine",
    "final_rate + (learning_rate - final_rate) (1 + cos(pi t / period)) / 2 up to t = period, then "
    "final_rate (Loshchilov, Hutter 2017, eq. 5, without restarts)",
    Cosine,
    _cosine,
)
