"""The limits of one run: met by an evaluation between two looks, or told at a look."""

from __future__ import annotations

import math

from optimizers import endings
from optimizers.best_point import BestPoint
from optimizers.budget import Budget
from optimizers.clock import Clock
from optimizers.look import until_next_look
from optimizers.meter import Meter
from optimizers.objective import Array
from optimizers.optimizer import Outcome
from optimizers.watch import StoppedError


class Limits:
    """See each evaluation of a run (a ``Watch``), and say where the run has to end.

    Arguments:
        budget: the limits.
        target: loss at which the run is solved, or NaN.
        meter: what the run has spent.
        clock: the run's.
        best: its best point.
        each: whether there is a look at each iteration, however many there are.

    Attributes:
        outcome: how the run has ended; None while it goes on.
        spent: the limit of the budget that has ended the run, in words.
        limit: the end at a limit that was met between two looks, or None.
        reached: point, loss and cost where an evaluation has reached the target, or None.
    """

    def __init__(
        self, budget: Budget, target: float, meter: Meter, clock: Clock, best: BestPoint, each: bool = False
    ) -> None:
        self.outcome: Outcome | None = None
        self.spent = ""
        self.limit: Outcome | None = None
        self.reached: tuple[Array, float, float] | None = None
        self._budget, self._target = budget, target
        self._meter, self._clock, self._best = meter, clock, best
        self._each = each

    @property
    def met(self) -> bool:
        """Whether an evaluation has come to a limit or to the target."""
        return self.reached is not None or self.limit is not None

    def before(self, price: float) -> None:
        """Refuse a call that is not allowed any more.

        Raises:
            StoppedError: if the run has ended, or a limit would be passed.
        """
        if self.outcome is not None or self.met:
            raise StoppedError
        if not self._meter.affords(price):
            self.limit = self.cost_spent()
            raise StoppedError
        self.in_time()

    def found(self, w: Array, loss: float) -> None:
        """Take note of a point that the search has paid for."""
        self._best.note(w, loss)
        if -math.inf < loss <= self._target and self.reached is None:
            self.reached = w.copy(), loss, self._meter.spent()

    def in_time(self) -> None:
        """Refuse to go on beyond a limit in seconds."""
        if self._clock.most == math.inf or self._meter.looking:
            return
        if self.limit is None and self._clock.is_over():
            self.limit = self.out_of_time()
        if self.limit is not None:
            raise StoppedError

    def best_seen(self, w: Array) -> tuple[Array, float]:
        """Return the best point that the search has been seen at, or ``w``, with its loss."""
        point, loss = self._best.known(w)
        return point, self._meter.in_full(point, loss)

    def measure(self, w: Array, told: float | None = None) -> float:
        """Return the loss at ``w``; NaN, and the limit, where the budget does not pay for it."""
        loss = self._meter.measure(w, told)
        if loss is None:
            self.limit = self.cost_spent()
            return math.nan
        return loss

    def allowance(self, iteration: int, stretch: int, price: float, prepaid: bool, reserve: float) -> int:
        """Return iterations until the next look; end the run where none fits into the budget.

        Arguments:
            iteration: done so far.
            stretch: done since the last look, 1 at the least.
            price: the most that one costs.
            prepaid: whether the search will not have to pay for this look again.
            reserve: cost to be kept back for the loss that it does not pay for.
        """
        budget = self._budget
        allowance = 1 if self._each else until_next_look(iteration)
        if budget.cost is not None:
            # A hair of slack, for a sum of costs that ought to come out whole.
            left = math.floor((budget.cost - (self._meter.cost - prepaid + reserve)) / price + 1e-9)
            if left < 1:
                self.outcome = self.cost_spent()
                return 0
            allowance = min(allowance, left)
        if budget.iterations is not None:
            left = budget.iterations - iteration
            if left < 1:
                self.outcome = self._spent(f"{budget.iterations} iterations")
                return 0
            allowance = min(allowance, left)
        return allowance if self._clock.most == math.inf else min(allowance, self._clock.stretch(stretch))

    def iterations_left(self, iteration: int, price: float, reserve: float) -> tuple[int | None, float]:
        """Return how many iterations the budget's own limit leaves, and how many are sure to be paid for."""
        budget = self._budget
        left = None if budget.iterations is None else budget.iterations - iteration
        if budget.cost is None:
            return left, math.inf
        # One less, for a sum of costs may come out by a hair more than it ought to.
        return left, math.floor((budget.cost - self._meter.cost - reserve) / price) - 1

    def iterations_in_all(self, price: float, reserve: float) -> int:
        """Return the iterations of a whole run, each of which costs its price; 0 where it has no limit."""
        budget = self._budget
        most = math.inf if budget.iterations is None else budget.iterations
        if budget.cost is not None:
            most = min(most, math.floor((budget.cost - reserve) / price + 1e-9))
        return int(most) if most < math.inf else 0

    def cost_spent(self) -> Outcome:
        """Return the end at the budget's cost."""
        return self._spent(f"cost {self._budget.cost:g}")

    def out_of_time(self) -> Outcome:
        """Return the end at the limit in seconds."""
        return endings.out_of_time(self._clock, self._best_loss())

    def false_answer(self) -> str:
        """Measure the best point where it was told, and what was spent; say what is false, or nothing."""
        best, told = self._best, self._best.loss
        if best.told and not self._meter.same(told, measured := self.measure(best.w, told)):
            best.loss = measured
            return f"the best parameters were told to have loss {told:.6g}, where {measured:.6g} was measured"
        most, cost = self._budget.cost, self._meter.cost
        if most is None or cost <= most * (1 + 1e-9) + 1e-6:
            return ""
        return f"it spent {cost:.6g} of a budget of {most:g}: its iteration_cost states too little"

    def _spent(self, limit: str) -> Outcome:
        self.spent = limit
        return endings.budget_spent(limit, self._best_loss(), self._meter.spent())

    def _best_loss(self) -> float:
        return self.best_seen(self._best.w)[1]
