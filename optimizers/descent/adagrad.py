"""Adagrad: steps scaled by the sums of the squared gradients."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any, ClassVar, NamedTuple

import numpy as np

from optimizers.compilation import compiled
from optimizers.descent.base import Gradient
from optimizers.descent.scheduled import ScheduledDescent
from optimizers.objective import Array
from optimizers.options import Positive, options
from optimizers.records import numbers_of, vectors_of
from optimizers.search_space import Logarithmic, SearchSpace


class Settings(NamedTuple):
    """What the rule reads."""

    learning_rate: float
    epsilon: float


class State(NamedTuple):
    """What it remembers of each parameter."""

    squares: Any


@compiled()
def _adagrad(w: Any, gradient: Any, state: Any, settings: Any, step: int) -> None:
    rule, squares = numbers_of(Settings, settings), vectors_of(State, state).squares
    for i in range(w.size):
        squares[i] += gradient[i] * gradient[i]
        w[i] -= rule.learning_rate * gradient[i] / (np.sqrt(squares[i]) + rule.epsilon)


@options
class Adagrad(ScheduledDescent):
    """Step against the gradient, scaled by the root of the sum of all its squares so far.

    ``s := s + g^2``, ``w := w - learning_rate * g / (sqrt(s) + epsilon)``, from ``s = 0``, each coordinate
    for itself: the paper's diagonal form. Steps become shorter as ``1 / sqrt(t)`` by themselves.

    Attributes:
        learning_rate: length of the first step in each coordinate. The paper leaves it open; 0.01 is
            PyTorch's.
        epsilon: keeps a coordinate without gradients from dividing by zero.

    >>> import numpy as np, optimizers
    >>> rule = Adagrad(learning_rate=0.5)
    >>> best = optimizers.minimize(lambda w: float(w @ w), np.ones(2), rule, budget=500)
    >>> best.loss < 1e-6
    True
    """

    learning_rate: Positive = 0.01
    epsilon: Positive = 1e-10

    search_space: ClassVar[SearchSpace] = {"learning_rate": Logarithmic(1e-3, 10.0)}
    source: ClassVar[str] = (
        "Duchi, Hazan, Singer (2011), Adaptive subgradient methods for online learning and stochastic "
        "optimization, Journal of Machine Learning Research 12"
    )
    update: ClassVar[Any] = _adagrad
    reads: ClassVar[Any] = Settings
    remembers: ClassVar[Any] = State

    def plain(self, w: Array, gradient: Gradient, rates: Iterable[float]) -> Iterator[Array]:
        """Duchi, Hazan, Singer: the diagonal of the sum of all outer products so far."""
        gradients = []
        for rate in rates:
            gradients.append(gradient(w))
            diagonal = np.square(gradients).sum(axis=0)
            w = w - rate * gradients[-1] / (np.sqrt(diagonal) + self.epsilon)
            yield w
