"""What one run has spent, and the loss of a point as the harness measures it."""

from __future__ import annotations

import math

from optimizers.budget import holds
from optimizers.clock import Clock
from optimizers.counts import VALUE_ROWS
from optimizers.look_faults import same_loss
from optimizers.objective import Array, Measurable, Rows


class Meter:
    """Count what a run spends of an objective, and measure losses.

    Arguments:
        objective: what it has been used for before is not this run's.
        most: cost of the budget, or None.
        clock: the run's.

    Attributes:
        cost: cost of the run, as of the last look; so are ``value_rows`` and ``gradient_rows``.
        solved_cost: cost at which the target was reached, NaN where it was not.
        first_loss: loss of the start; NaN before it is known.
        looking: whether a loss is being measured, which no limit in seconds breaks off.
    """

    def __init__(self, objective: Measurable, most: float | None, clock: Clock) -> None:
        self.cost, self.value_rows, self.gradient_rows = 0.0, 0, 0
        self.solved_cost = math.nan
        self.first_loss = math.nan
        self.looking = False
        self._objective, self._most, self._clock = objective, most, clock
        self._before = objective.spent

    def spent(self) -> float:
        """Return the cost so far."""
        return self._objective.cost - self._before[0]

    def affords(self, price: float) -> bool:
        """Say whether the budget holds a further price."""
        return self._most is None or holds(self._most, self.spent() + price)

    def pay(self) -> None:
        """Pay for the loss that has ended the run, but where the budget was too small for any."""
        if self.affords(1.0):
            self._objective.counters[VALUE_ROWS] += self._objective.rows

    def count(self) -> None:
        """Take down what has been spent by now."""
        cost, value_rows, gradient_rows = self._objective.spent
        before = self._before
        self.cost = self.solved_cost if math.isfinite(self.solved_cost) else cost - before[0]
        self.value_rows, self.gradient_rows = value_rows - before[1], gradient_rows - before[2]

    def count_at(self, counters: Rows) -> tuple[Array, Rows, Rows]:
        """Return what had been spent at each of several states of the objective's counters, shape (K, 2)."""
        cost, value_rows, gradient_rows = self._objective.spent_at(counters)
        before = self._before
        return cost - before[0], value_rows - before[1], gradient_rows - before[2]

    def same(self, told: float, measured: float) -> bool:
        """Say whether a loss that was told is the one measured, up to rounding."""
        return same_loss(told, measured, self.first_loss)

    def in_full(self, w: Array, told: float) -> float:
        """Return the loss at ``w``, measured where a search is told it in single precision."""
        return self._objective.peek(w) if self._objective.rounded and math.isfinite(told) else told

    def measure(self, w: Array, told: float | None = None) -> float | None:
        """Return the loss at ``w``, of several answers the one that was told.

        None where the budget does not pay for the call that it takes.
        """
        objective = self._objective
        if told is None and objective.looks_are_free:
            return objective.peek(w)
        if told is not None:
            for answer in objective.known(w):
                if self.same(told, answer):
                    return answer
        self.looking = True
        try:
            if objective.looks_are_free or self.affords(1.0):
                before, began = self.spent(), self._clock.now()
                loss = objective.peek(w)
                if not objective.looks_are_free and self.spent() > before:
                    # A call that counts is part of the search, which will not have to make it again.
                    self._clock.count_since(began)
                return loss
        finally:
            self.looking = False
        known = objective.known(w)
        return known[-1] if known else None
