"""AdamW: Adam with a weight decay of its own."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import ClassVar

import numpy as np

from optimizers.descent.adam import Adam
from optimizers.descent.base import Gradient
from optimizers.objective import Array
from optimizers.options import NonNegative, options
from optimizers.search_space import Logarithmic, SearchSpace


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

    @property
    def decoupled_decay(self) -> float:
        """The whole of it."""
        return self.weight_decay

    @property
    def coupled_decay(self) -> float:
        """None: ``update`` has it."""
        return 0.0

    def plain(self, w: Array, gradient: Gradient, rates: Iterable[float]) -> Iterator[Array]:
        """Loshchilov, Hutter, algorithm 2, with the learning rate for its eta and alpha = 1 in line 12."""
        m, v = np.zeros(w.size), np.zeros(w.size)
        for t, rate in enumerate(rates, start=1):
            g = gradient(w)
            m = self.decay_1 * m + (1 - self.decay_1) * g
            v = self.decay_2 * v + (1 - self.decay_2) * g**2
            mean, mean_square = m / (1 - self.decay_1**t), v / (1 - self.decay_2**t)
            w = w - rate * (mean / (np.sqrt(mean_square) + self.epsilon) + self.weight_decay * w)
            yield w
