"""Gradient descent as the textbooks print it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any, ClassVar, NamedTuple

from optimizers.compilation import compiled
from optimizers.descent.base import Gradient
from optimizers.descent.scheduled import ScheduledDescent
from optimizers.objective import Array
from optimizers.options import Positive, options
from optimizers.records import numbers_of
from optimizers.search_space import Logarithmic, SearchSpace


class Settings(NamedTuple):
    """What the rule reads."""

    learning_rate: float


@compiled()
def _gradient_descent(w: Any, gradient: Any, state: Any, settings: Any, step: int) -> None:
    rule = numbers_of(Settings, settings)
    for i in range(w.size):
        w[i] -= rule.learning_rate * gradient[i]


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
    update: ClassVar[Any] = _gradient_descent
    reads: ClassVar[Any] = Settings

    def plain(self, w: Array, gradient: Gradient, rates: Iterable[float]) -> Iterator[Array]:
        """Rumelhart, Hinton, Williams, eq. 8."""
        for rate in rates:
            w = w - rate * gradient(w)
            yield w
