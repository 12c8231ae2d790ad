"""Resilient backpropagation: step lengths that follow the signs of the gradient alone."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any, ClassVar, NamedTuple

import numpy as np

from optimizers.compilation import compiled
from optimizers.descent.base import Descent, Gradient
from optimizers.errors import InputError
from optimizers.objective import Array
from optimizers.options import AboveOne, Positive, ProperFraction, options
from optimizers.printable import shown
from optimizers.records import numbers_of, vectors_of
from optimizers.search_space import Linear, Logarithmic, SearchSpace


class Settings(NamedTuple):
    """What the rule reads."""

    shrink: float
    growth: float
    shortest_step: float
    longest_step: float


class State(NamedTuple):
    """What it remembers of each parameter."""

    lengths: Any
    signs: Any


@compiled()
def _rprop(w: Any, gradient: Any, state: Any, settings: Any, step: int) -> None:
    rule = numbers_of(Settings, settings)
    lengths, signs = vectors_of(State, state)
    for i in range(w.size):
        # The signs, and not the product of the two: that of two small slopes is 0.
        now, before = np.sign(gradient[i]), signs[i]
        turned = now * before < 0.0
        factor = rule.shrink if turned else rule.growth if now * before > 0.0 else 1.0
        lengths[i] = min(max(lengths[i] * factor, rule.shortest_step), rule.longest_step)
        signs[i] = 0.0 if turned else now
        w[i] -= signs[i] * lengths[i]


@options
class Rprop(Descent):
    """Step against the signs of the gradient, by lengths that grow while a sign lasts (iRprop-).

    For each parameter: ``length := growth * length`` if its slope has the sign that it had before,
    ``shrink * length`` if it has the other one, both within bounds; then ``w := w - sign(g) * length``, but
    where the sign has changed ``w`` stays and the slope counts as 0 in the next step. Lengths have no use for
    the size of a gradient, so there is no learning rate. Made for all rows at once: batches change signs at
    random, and the steps do not average out.

    The defaults are those of Riedmiller, Braun (1993), A direct method for faster backpropagation learning:
    the RPROP algorithm.

    Attributes:
        initial_step: length of the first step in each coordinate.
        shrink: factor of a length where the sign has changed.
        growth: factor of a length where the sign has stayed.
        shortest_step: least length of a step.
        longest_step: greatest length of a step.

    >>> import numpy as np, optimizers
    >>> best = optimizers.minimize(lambda w: float(w @ w), np.ones(2), Rprop(), budget=500)
    >>> best.loss < 1e-6
    True
    """

    initial_step: Positive = 0.1
    shrink: ProperFraction = 0.5
    growth: AboveOne = 1.2
    shortest_step: Positive = 1e-6
    longest_step: Positive = 50.0

    search_space: ClassVar[SearchSpace] = {
        "initial_step": Logarithmic(1e-3, 1.0),
        "shrink": Linear(0.3, 0.8),
        "growth": Linear(1.05, 1.5),
    }
    source: ClassVar[str] = (
        "Igel, Huesken (2003), Empirical evaluation of the improved Rprop learning algorithms, "
        "Neurocomputing 50, algorithm iRprop-"
    )
    update: ClassVar[Any] = _rprop
    reads: ClassVar[Any] = Settings
    remembers: ClassVar[Any] = State
    steps_alike: ClassVar[int] = (
        20  # it goes by signs, and those of slopes that are 0 but for rounding are anybody's
    )

    def __post_init__(self) -> None:
        super().__post_init__()
        if not self.shortest_step <= self.initial_step <= self.longest_step:
            raise InputError(
                f"Rprop: option 'initial_step' is {shown(self.initial_step)}, expected from shortest_step "
                f"({shown(self.shortest_step)}) to longest_step ({shown(self.longest_step)}): "
                "change one of them"
            )

    def state(self, size: int) -> Array:
        """Return the lengths of the steps, and the signs before the first step: none."""
        return np.concatenate(State(lengths=np.full(size, self.initial_step), signs=np.zeros(size)))

    def plain(self, w: Array, gradient: Gradient, rates: Iterable[float]) -> Iterator[Array]:
        """Igel, Huesken, the loop over weights of iRprop-."""
        lengths, before = [self.initial_step] * w.size, [0.0] * w.size
        for _ in rates:
            slopes, w = gradient(w).tolist(), w.copy()
            for i, slope in enumerate(slopes):
                # The paper's product of the two slopes; of their signs here, for it may be below the least
                # number.
                agreement = np.sign(before[i]) * np.sign(slope)
                if agreement > 0:
                    lengths[i] = min(lengths[i] * self.growth, self.longest_step)
                elif agreement < 0:
                    lengths[i] = max(lengths[i] * self.shrink, self.shortest_step)
                    slope = 0.0
                w[i] -= np.sign(slope) * lengths[i]
                before[i] = slope
            yield w
