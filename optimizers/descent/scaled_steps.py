"""Steps scaled, coordinate by coordinate, by the gradients so far: Adagrad and RMSprop."""

from __future__ import annotations

from typing import Any, ClassVar

import numpy as np

from optimizers.compilation import compiled
from optimizers.descent.scheduled import ScheduledDescent
from optimizers.objective import Array
from optimizers.options import BelowOne, Positive, options
from optimizers.search_space import Logarithmic, NearOne, SearchSpace


@compiled()
def _adagrad(w: Any, gradient: Any, state: Any, settings: Any, step: int) -> None:
    rate, epsilon = settings[0], settings[1]
    for i in range(w.size):
        state[i] += gradient[i] * gradient[i]
        w[i] -= rate * gradient[i] / (np.sqrt(state[i]) + epsilon)


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

    def settings(self) -> Array:
        """Return learning rate and epsilon."""
        return np.array([self.learning_rate, self.epsilon])

    def state(self, size: int) -> Array:
        """Return the sum of squares, zero."""
        return np.zeros(size)


@compiled()
def _rmsprop(w: Any, gradient: Any, state: Any, settings: Any, step: int) -> None:
    rate, decay, epsilon = settings[0], settings[1], settings[2]
    for i in range(w.size):
        state[i] = decay * state[i] + (1.0 - decay) * gradient[i] * gradient[i]
        w[i] -= rate * gradient[i] / (np.sqrt(state[i]) + epsilon)


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

    def settings(self) -> Array:
        """Return learning rate, decay and epsilon."""
        return np.array([self.learning_rate, self.decay, self.epsilon])

    def state(self, size: int) -> Array:
        """Return the mean square, zero."""
        return np.zeros(size)
