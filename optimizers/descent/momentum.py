"""Momentum: the heavy ball."""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator
from typing import Any, ClassVar, NamedTuple

import numpy as np

from optimizers.compilation import compiled
from optimizers.descent.base import Gradient
from optimizers.descent.scheduled import ScheduledDescent
from optimizers.objective import Array
from optimizers.options import BelowOne, Positive, options
from optimizers.records import numbers_of, vectors_of
from optimizers.search_space import Logarithmic, NearOne, SearchSpace


class Settings(NamedTuple):
    """What the rule reads."""

    learning_rate: float
    momentum: float


class State(NamedTuple):
    """What it remembers of each parameter."""

    velocity: Any


@compiled()
def _momentum(w: Any, gradient: Any, state: Any, settings: Any, step: int) -> None:
    rule, velocity = numbers_of(Settings, settings), vectors_of(State, state).velocity
    for i in range(w.size):
        velocity[i] = rule.momentum * velocity[i] + gradient[i]
        w[i] -= rule.learning_rate * velocity[i]


@options
class Momentum(ScheduledDescent):
    """Step along a decaying sum of the gradients so far (heavy ball).

    ``v := momentum * v + gradient``, ``w := w - learning_rate * v``, from ``v = 0``. A schedule acts on the
    whole step, the gradients of before included (Goyal et al. 2017, eq. 9).

    Attributes:
        learning_rate: step as a multiple of ``v``.
        momentum: part of ``v`` that outlives a step.

    >>> import numpy as np, optimizers
    >>> best = optimizers.minimize(lambda w: float(w @ w), np.ones(2), Momentum(), budget=1500)
    >>> best.loss < 1e-6
    True
    """

    learning_rate: Positive = 0.1
    momentum: BelowOne = 0.9

    search_space: ClassVar[SearchSpace] = {
        "learning_rate": Logarithmic(1e-4, 10.0),
        "momentum": NearOne(0.5, 0.99),
    }
    source: ClassVar[str] = (
        "Polyak (1964), Some methods of speeding up the convergence of iteration methods; in the form of "
        "Rumelhart, Hinton, Williams (1986), Nature 323, eq. 9"
    )
    update: ClassVar[Any] = _momentum
    reads: ClassVar[Any] = Settings
    remembers: ClassVar[Any] = State

    def plain(self, w: Array, gradient: Gradient, rates: Iterable[float]) -> Iterator[Array]:
        """Rumelhart, Hinton, Williams, eq. 9: the last change once more in part, minus the gradient's.

        Where the learning rate changes, the last change is put in its proportion (Goyal et al. 2017, eq. 10).
        """
        change, before = np.zeros(w.size), math.inf
        for rate in rates:
            change = self.momentum * (rate / before) * change - rate * gradient(w)
            before = rate
            w = w + change
            yield w
