"""Adam: the mean gradient, scaled by the mean squares."""

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
    decay_1: float
    decay_2: float
    epsilon: float
    decoupled_decay: float


class State(NamedTuple):
    """What it remembers of each parameter."""

    mean: Any
    mean_square: Any


@compiled()
def _adam(w: Any, gradient: Any, state: Any, settings: Any, step: int) -> None:
    rule = numbers_of(Settings, settings)
    mean, mean_square = vectors_of(State, state)
    # One function for both, so that without a decay AdamW is Adam to the last bit.
    if rule.decoupled_decay != 0.0:
        for i in range(w.size):
            w[i] *= 1.0 - rule.learning_rate * rule.decoupled_decay
    correction_1 = 1.0 - rule.decay_1 ** (step + 1)
    correction_2 = np.sqrt(1.0 - rule.decay_2 ** (step + 1))
    for i in range(w.size):
        mean[i] = rule.decay_1 * mean[i] + (1.0 - rule.decay_1) * gradient[i]
        mean_square[i] = rule.decay_2 * mean_square[i] + (1.0 - rule.decay_2) * gradient[i] * gradient[i]
        scale = np.sqrt(mean_square[i]) / correction_2 + rule.epsilon
        w[i] -= rule.learning_rate * (mean[i] / correction_1) / scale


@options
class Adam(ScheduledDescent):
    """Step along the running mean of the gradients, scaled by their running root mean square.

    ``m := b1 m + (1 - b1) g``, ``v := b2 v + (1 - b2) g^2``,
    ``w := w - rate * (m / (1 - b1^t)) / (sqrt(v / (1 - b2^t)) + epsilon)``, t counted from 1.

    Attributes:
        learning_rate: about the length of a step in each coordinate.
        decay_1: b1, part of the mean that outlives a step.
        decay_2: b2, part of the mean square that outlives a step.
        epsilon: keeps a coordinate without gradients from dividing by zero.

    >>> import numpy as np, optimizers
    >>> best = optimizers.minimize(lambda w: float(w @ w), np.ones(2), Adam(learning_rate=0.1), budget=2000)
    >>> best.loss < 1e-6
    True
    """

    learning_rate: Positive = 0.001
    decay_1: BelowOne = 0.9
    decay_2: BelowOne = 0.999
    epsilon: Positive = 1e-8

    search_space: ClassVar[SearchSpace] = {
        "learning_rate": Logarithmic(1e-4, 1.0),
        "decay_1": NearOne(0.5, 0.99),
        "decay_2": NearOne(0.9, 0.9999),
    }
    source: ClassVar[str] = "Kingma, Ba (2015), Adam: a method for stochastic optimization, algorithm 1"
    update: ClassVar[Any] = _adam
    reads: ClassVar[Any] = Settings
    remembers: ClassVar[Any] = State

    @property
    def decoupled_decay(self) -> float:
        """None: Adam's goes through the gradient."""
        return 0.0

    def plain(self, w: Array, gradient: Gradient, rates: Iterable[float]) -> Iterator[Array]:
        """Kingma, Ba, algorithm 1."""
        m, v = np.zeros(w.size), np.zeros(w.size)
        for t, rate in enumerate(rates, start=1):
            g = gradient(w)
            m = self.decay_1 * m + (1 - self.decay_1) * g
            v = self.decay_2 * v + (1 - self.decay_2) * g**2
            mean, mean_square = m / (1 - self.decay_1**t), v / (1 - self.decay_2**t)
            w = w - rate * mean / (np.sqrt(mean_square) + self.epsilon)
            yield w
