"""Adam, and Adam with a weight decay of its own."""

from __future__ import annotations

from typing import Any, ClassVar

import numpy as np

from optimizers.compilation import compiled
from optimizers.descent.scheduled import ScheduledDescent
from optimizers.objective import Array
from optimizers.options import BelowOne, NonNegative, Positive, options
from optimizers.search_space import Logarithmic, NearOne, SearchSpace


@compiled()
def _adam(w: Any, gradient: Any, state: Any, settings: Any, step: int) -> None:
    # One function for both, so that without a decay AdamW is Adam to the last bit.
    if settings.size > 4:
        for i in range(w.size):
            w[i] *= 1.0 - settings[0] * settings[4]
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

    def settings(self) -> Array:
        """Return learning rate, both decays and epsilon."""
        return np.array([self.learning_rate, self.decay_1, self.decay_2, self.epsilon])

    def state(self, size: int) -> Array:
        """Return running mean and mean square, both zero."""
        return np.zeros(2 * size)


@options
class AdamW(Adam):
    """Step as Adam does, after shrinking all parameters by a part that no gradient scales.

    ``w := w - rate * weight_decay * w``, then Adam's step with the gradient of the loss alone. As in
    PyTorch the decay is a multiple of the learning rate; in the paper it stands by itself, as a multiple of
    what the schedule makes of 1.

    Attributes:
        weight_decay: decoupled from the gradient, biases included: ``rate * weight_decay`` is the part by
            which each step shrinks the parameters. The paper leaves it open; 0.01 is PyTorch's.

    >>> import numpy as np, optimizers
    >>> rule = AdamW(learning_rate=0.1)
    >>> best = optimizers.minimize(lambda w: float(w @ w), np.ones(2), rule, budget=2000)
    >>> best.loss < 1e-6
    True
    """

    weight_decay: NonNegative = 0.01

    search_space: ClassVar[SearchSpace] = {
        **Adam.search_space,
        "weight_decay": Logarithmic(1e-5, 0.1),
    }
    source: ClassVar[str] = "Loshchilov, Hutter (2019), Decoupled weight decay regularization, algorithm 2"

    def settings(self) -> Array:
        """Return Adam's numbers and the weight decay."""
        return np.append(super().settings(), self.weight_decay)

    @property
    def _coupled_decay(self) -> float:
        """None: ``update`` has it."""
        return 0.0
