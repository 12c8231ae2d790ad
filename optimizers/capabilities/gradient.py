"""The gradient: what ``value_and_gradient`` of an objective costs, or why there is none."""

from __future__ import annotations

from typing import ClassVar

from optimizers.capabilities.capability import Capability


class Gradient(Capability):
    """The price of a gradient. The gradient itself is a main door: ``objective.value_and_gradient``.

    A source that works by values alone (finite differences) moves the counter of value rows and leaves the
    one of gradient rows at 0.

    Arguments:
        cost: cost in FPE of one ``value_and_gradient`` over all rows.
    """

    what: ClassVar[str] = "gradient"
    absent: ClassVar[str] = "there is no gradient"
    remedy: ClassVar[str] = "take a genetic algorithm"

    def __init__(self, cost: float) -> None:
        self._cost = cost

    @property
    def cost(self) -> float:
        """Cost of one value with its gradient over all rows."""
        return self._cost
