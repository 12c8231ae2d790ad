"""Nesterov's accelerated gradient."""

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
def _nesterov(w: Any, gradient: Any, state: Any, settings: Any, step: int) -> None:
    rule, velocity = numbers_of(Settings, settings), vectors_of(State, state).velocity
    for i in range(w.size):
        velocity[i] = rule.momentum * velocity[i] + gradient[i]
        w[i] -= rule.learning_rate * (gradient[i] + rule.momentum * velocity[i])


@options
class Nesterov(ScheduledDescent):
    """Step along a decaying sum of the gradients, each taken where momentum alone would lead.

    ``v := momentum * v + gradient``, ``w := w - learning_rate * (gradient + momentum * v)``, from ``v = 0``.
    Here ``w`` is the point ahead of Nesterov's iterate, ``w = x - learning_rate * momentum * v``, where his
    method takes its gradient: ``x`` itself, which moves by ``-learning_rate * v``, need not be known.

    Attributes:
        learning_rate: step as a multiple of the gradient.
        momentum: part of ``v`` that outlives a step.

    >>> import numpy as np, optimizers
    >>> best = optimizers.minimize(lambda w: float(w @ w), np.ones(2), Nesterov(), budget=1000)
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
        "Nesterov (1983), A method of solving a convex programming problem with convergence rate O(1/k^2); "
        "in the form of Bengio, Boulanger-Lewandowski, Pascanu (2013), Advances in optimizing recurrent "
        "networks"
    )
    update: ClassVar[Any] = _nesterov
    reads: ClassVar[Any] = Settings
    remembers: ClassVar[Any] = State

    def plain(self, w: Array, gradient: Gradient, rates: Iterable[float]) -> Iterator[Array]:
        """Sutskever, Martens, Dahl, Hinton (2013), eqs. 3 and 4: the iterate ``x``, and ``w`` ahead of it.

        Where the learning rate changes, ``v`` is put in its proportion and ``w`` stays.
        """
        v, before = np.zeros(w.size), math.inf
        for rate in rates:
            v = rate / before * v
            x = w - self.momentum * v
            v = self.momentum * v - rate * gradient(w)
            x = x + v
            w = x + self.momentum * v
            before = rate
            yield w
