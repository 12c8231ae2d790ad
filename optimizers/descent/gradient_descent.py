"""Gradient descent as the textbooks print it, and with momentum."""

from __future__ import annotations

from typing import Any, ClassVar

import numpy as np

from optimizers.compilation import compiled
from optimizers.descent.scheduled import ScheduledDescent
from optimizers.objective import Array
from optimizers.options import BelowOne, Positive, options
from optimizers.search_space import Logarithmic, NearOne, SearchSpace


@compiled()
def _plain(w: Any, gradient: Any, state: Any, settings: Any, step: int) -> None:
    for i in range(w.size):
        w[i] -= settings[0] * gradient[i]


@options
class GradientDescent(ScheduledDescent):
    """Step against the gradient at a learning rate that is constant or follows a schedule.

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

    search_space: ClassVar[SearchSpace] = {"learning_rate": Logarithmic(1e-3, 100.0)}
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

    def settings(self) -> Array:
        """Return learning rate and momentum."""
        return np.array([self.learning_rate, self.momentum])

    def state(self, size: int) -> Array:
        """Return the velocity, at rest."""
        return np.zeros(size)


@compiled()
def _nesterov(w: Any, gradient: Any, state: Any, settings: Any, step: int) -> None:
    for i in range(w.size):
        state[i] = settings[1] * state[i] + gradient[i]
        w[i] -= settings[0] * (gradient[i] + settings[1] * state[i])


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

    def settings(self) -> Array:
        """Return learning rate and momentum."""
        return np.array([self.learning_rate, self.momentum])

    def state(self, size: int) -> Array:
        """Return the velocity, at rest."""
        return np.zeros(size)
