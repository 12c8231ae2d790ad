"""Quickprop: a parabola through the last two slopes, parameter by parameter."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any, ClassVar, NamedTuple

from optimizers.compilation import compiled
from optimizers.descent.base import Gradient
from optimizers.descent.scheduled import ScheduledDescent
from optimizers.objective import Array
from optimizers.options import Positive, options
from optimizers.records import numbers_of, vectors_of
from optimizers.search_space import Linear, Logarithmic, SearchSpace


class Settings(NamedTuple):
    """What the rule reads."""

    learning_rate: float
    growth: float


class State(NamedTuple):
    """What it remembers of each parameter."""

    changes: Any
    slopes: Any


@compiled()
def _quickprop(w: Any, gradient: Any, state: Any, settings: Any, step: int) -> None:
    rule = numbers_of(Settings, settings)
    rate, growth = rule.learning_rate, rule.growth
    changes, slopes = vectors_of(State, state)
    # From this part of p on, g / (p - g) is above growth; at p it is infinite, and beyond p it leads uphill.
    near = growth / (1.0 + growth)
    for i in range(w.size):
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
    reads: ClassVar[Any] = Settings
    remembers: ClassVar[Any] = State
    steps_alike: ClassVar[int] = 12  # the parabolas magnify rounding tenfold in two steps

    def plain(self, w: Array, gradient: Gradient, rates: Iterable[float]) -> Iterator[Array]:
        """Fahlman, as his program has it, whose slopes point downhill."""
        changes, before = [0.0] * w.size, [0.0] * w.size
        shrink_factor = self.growth / (1 + self.growth)
        for rate in rates:
            slopes, w = (-gradient(w)).tolist(), w.copy()
            for i, slope in enumerate(slopes):
                last, previous, step = changes[i], before[i], 0.0
                if last > 0:
                    if slope > 0:
                        step += rate * slope
                    if slope > shrink_factor * previous:
                        step += self.growth * last
                    else:
                        step += slope / (previous - slope) * last
                elif last < 0:
                    if slope < 0:
                        step += rate * slope
                    if slope < shrink_factor * previous:
                        step += self.growth * last
                    else:
                        step += slope / (previous - slope) * last
                else:
                    step += rate * slope
                w[i] += step
                changes[i], before[i] = step, slope
            yield w
