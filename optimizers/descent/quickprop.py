"""Quickprop: a parabola through the last two slopes, parameter by parameter."""

from __future__ import annotations

from typing import Any, ClassVar

import numpy as np

from optimizers.compilation import compiled
from optimizers.descent.scheduled import ScheduledDescent
from optimizers.objective import Array
from optimizers.options import Positive, options
from optimizers.search_space import Linear, Logarithmic, SearchSpace


@compiled()
def _quickprop(w: Any, gradient: Any, state: Any, settings: Any, step: int) -> None:
    rate, growth = settings[0], settings[1]
    n = w.size
    changes, slopes = state[:n], state[n:]
    # From this part of p on, g / (p - g) is above growth; at p it is infinite, and beyond p it leads uphill.
    near = growth / (1.0 + growth)
    for i in range(n):
        g, p, d = gradient[i], slopes[i], changes[i]
        change = 0.0
        crossed = (g > 0.0) != (p > 0.0)
        if d == 0.0 or not crossed:
            change = -rate * g
        if d != 0.0:
            # Of subnormal slopes the part of p may be rounded up to p itself.
            far = not crossed and (abs(g) > near * abs(p) or g == p)
            change += growth * d if far else g / (p - g) * d
        w[i] += change
        changes[i], slopes[i] = change, g


@options
class Quickprop(ScheduledDescent):
    """Jump to the lowest point of a parabola through the last two slopes of each parameter.

    With the slope g, the one before it p and the last change d, each parameter for itself: the next change is
    ``g / (p - g) * d``, or ``growth * d`` where that would be longer, infinite or uphill. While g has the
    sign of p, ``-learning_rate * g`` is added; where d is 0, as at first, it is the whole change. Made for
    all rows at once: slopes of different batches are no points of one parabola.

    Left out of Fahlman's program are the offset of the sigmoid's derivative and the division of the learning
    rate by a unit's number of inputs, which concern networks alone.

    Attributes:
        learning_rate: the first step as a multiple of the gradient. Fahlman tunes it to the problem.
        growth: mu, the most times the last change that the next one may be.
        weight_decay: the slopes are those of the loss and ``weight_decay |w|^2 / 2``. Fahlman's program has
            0.0001, against weights that grow beyond all bounds.

    >>> import numpy as np, optimizers
    >>> best = optimizers.minimize(lambda w: float(w @ w), np.ones(2), Quickprop(), budget=100)
    >>> best.loss < 1e-6
    True
    """

    learning_rate: Positive = 0.1
    growth: Positive = 1.75

    search_space: ClassVar[SearchSpace] = {
        "learning_rate": Logarithmic(1e-3, 10.0),
        "growth": Linear(1.1, 3.0),
    }
    source: ClassVar[str] = (
        "Fahlman (1988), An empirical study of learning speed in back-propagation networks, "
        "Carnegie Mellon University, report CMU-CS-88-162"
    )
    update: ClassVar[Any] = _quickprop

    def settings(self) -> Array:
        """Return learning rate and growth."""
        return np.array([self.learning_rate, self.growth])

    def state(self, size: int) -> Array:
        """Return the last changes and the slopes before them, all zero."""
        return np.zeros(2 * size)
