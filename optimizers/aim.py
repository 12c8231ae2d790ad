"""The target of a search that is told less precise losses than are measured."""

from __future__ import annotations

import math

from optimizers.objective import Array, Measurable


class Aim:
    """Say at which loss a search has to end, as it is told losses.

    That is the target, until single precision puts a loss there that is not: the search goes on then, to a
    loss that is lower by as much as it was told too little, and by one bit at the least.

    Arguments:
        objective: what is searched.
        target: loss at which the run is solved, NaN where there is none.

    Attributes:
        told: loss, as the search is told it, at which it has to end.
        missed: what was told and what was measured at the last point that was not at the target; or nothing.
    """

    def __init__(self, objective: Measurable, target: float) -> None:
        self.target = self.told = target
        self.missed: tuple[float, float] | None = None
        self._objective = objective

    def measured(self, w: Array, told: float) -> float:
        """Return the loss at a point: what was told, measured where that is at the target and not precise."""
        if not self._objective.rounded or not -math.inf < told <= self.target:
            return told
        measured = self._objective.peek(w)
        self.hold(told, measured)
        return measured

    def hold(self, told: float, measured: float) -> None:
        """Hold a loss that was told against the one measured; aim lower where the target was missed.

        >>> from optimizers import FunctionObjective
        >>> aim = Aim(FunctionObjective(lambda w: w @ w, 1), 0.5)
        >>> aim.hold(0.25, 0.375), aim.told, aim.hold(0.375, 0.75), aim.told
        (None, 0.5, None, 0.125)
        """
        if told <= self.told and measured > self.target:
            self.told = min(self.target - (measured - told), math.nextafter(told, -math.inf))
            self.missed = told, measured
