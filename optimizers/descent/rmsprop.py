"""RMSprop: steps scaled by the mean squares of the gradients."""

from __future__ import annotations

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
    decay: float
    epsilon: float


class State(NamedTuple):
    """What it remembers of each parameter."""

    mean_square: Any


@compiled()
def _rmsprop(w: Any, gradient: Any, state: Any, settings: Any, step: int) -> None:
    rule, mean_square = numbers_of(Settings, settings), vectors_of(State, state).mean_square
    for i in range(w.size):
        mean_square[i] = rule.decay * mean_square[i] + (1.0 - rule.decay) * gradient[i] * gradient[i]
        w[i] -= rule.learning_rate * gradient[i] / (np.sqrt(mean_square[i]) + rule.epsilon)


@options
class RMSprop(ScheduledDescent):
    """Step against the gradient, scaled by its running root mean square.

    ``v := decay * v + (1 - decay) * g^2``, ``w := w - learning_rate * g / (sqrt(v) + epsilon)``, from
    ``v = 0``, each coordinate for itself. At a constant rate the search goes on jumping by about that rate
    when it has arrived; a schedule ends this.

    Attributes:
        learning_rate: about the length of a step in each coordinate. The lecture leaves it open; 0.01 is
            PyTorch's.
        decay: part of the mean square that outlives a step.
        epsilon: keeps a coordinate without gradients from dividing by zero.

    >>> import numpy as np, optimizers
    >>> rule = RMSprop(learning_rate=0.05, schedule="cosine", period=200)
    >>> best = optimizers.minimize(lambda w: float(w @ w), np.ones(2), rule, budget=1000)
    >>> best.loss < 1e-6
    True
    """

    learning_rate: Positive = 0.01
    decay: BelowOne = 0.9
    epsilon: Positive = 1e-8

    search_space: ClassVar[SearchSpace] = {
        "learning_rate": Logarithmic(1e-4, 1.0),
        "decay": NearOne(0.5, 0.999),
    }
    source: ClassVar[str] = (
        "Tieleman, Hinton (2012), Lecture 6.5: rmsprop, Coursera, Neural networks for machine learning"
    )
    update: ClassVar[Any] = _rmsprop
    reads: ClassVar[Any] = Settings
    remembers: ClassVar[Any] = State

    def plain(self, w: Array, gradient: Gradient, rates: Iterable[float]) -> Iterator[Array]:
        """Tieleman, Hinton."""
        mean_square = np.zeros(w.size)
        for rate in rates:
            g = gradient(w)
            mean_square = self.decay * mean_square + (1 - self.decay) * g**2
            w = w - rate * g / (np.sqrt(mean_square) + self.epsilon)
            yield w
