"""Update rules of gradient descent: what one step does with one gradient."""

from __future__ import annotations

from typing import Any, ClassVar

import numpy as np

from optimizers.compilation import compiled
from optimizers.descent import Descent
from optimizers.objective import Array
from optimizers.options import BelowOne, Positive, options


@compiled()
def _plain(w: Any, gradient: Any, state: Any, settings: Any, step: int) -> None:
    for i in range(w.size):
        w[i] -= settings[0] * gradient[i]


@options
class GradientDescent(Descent):
    """Step against the gradient at a constant learning rate.

    ``w := w - learning_rate * gradient``. With ``batch=1`` this is backpropagation as the textbooks print
    it, pattern by pattern.

    Attributes:
        learning_rate: step as a multiple of the gradient of the mean loss.

    >>> import numpy as np, optimizers
    >>> best = optimizers.minimize(lambda w: float(w @ w), np.ones(2), GradientDescent(), budget=500)
    >>> best.loss < 1e-6
    True
    """

    learning_rate: Positive = 0.1

    source: ClassVar[str] = (
        "Rumelhart, Hinton, Williams (1986), Learning representations by back-propagating errors, "
        "Nature 323, eq. 8"
    )
    update: ClassVar[Any] = _plain

    def settings(self) -> Array:
        """Return the learning rate."""
        return np.array([self.learning_rate])


@compiled()
def _momentum(w: Any, gradient: Any, state: Any, settings: Any, step: int) -> None:
    for i in range(w.size):
        state[i] = settings[1] * state[i] + gradient[i]
        w[i] -= settings[0] * state[i]


@options
class Momentum(Descent):
    """Step along a decaying sum of the gradients so far (heavy ball).

    ``v := momentum * v + gradient``, ``w := w - learning_rate * v``, from ``v = 0``.

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

    source: ClassVar[str] = (
        "Polyak (1964), Some methods of speeding up the convergence of iteration methods; in the form of "
        "Rumelhart, Hinton, Williams (1986), Nature 323, eq. 9"
    )
    update: ClassVar[Any] = _momentum

    def settings(self) -> Array:
        """Return learning rate and momentum."""
        return np.array([self.learning_rate, self.momentum])

    def state(self, size: int) -> Array:
        """Return the velocity, at rest."""
        return np.zeros(size)


@compiled()
def _adam(w: Any, gradient: Any, state: Any, settings: Any, step: int) -> None:
    rate, decay_1, decay_2, epsilon = settings[0], settings[1], settings[2], settings[3]
    n = w.size
    first, second = state[:n], state[n:]
    correction_1 = 1.0 - decay_1 ** (step + 1)
    correction_2 = np.sqrt(1.0 - decay_2 ** (step + 1))
    for i in range(n):
        first[i] = decay_1 * first[i] + (1.0 - decay_1) * gradient[i]
        second[i] = decay_2 * second[i] + (1.0 - decay_2) * gradient[i] * gradient[i]
        w[i] -= rate * (first[i] / correction_1) / (np.sqrt(second[i]) / correction_2 + epsilon)


@options
class Adam(Descent):
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

    source: ClassVar[str] = "Kingma, Ba (2015), Adam: a method for stochastic optimization, algorithm 1"
    update: ClassVar[Any] = _adam

    def settings(self) -> Array:
        """Return learning rate, both decays and epsilon."""
        return np.array([self.learning_rate, self.decay_1, self.decay_2, self.epsilon])

    def state(self, size: int) -> Array:
        """Return running mean and mean square, both zero."""
        return np.zeros(2 * size)
