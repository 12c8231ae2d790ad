"""Owns clock, budget, schedule and target of one run; the search itself only asks whether it may go on."""

from __future__ import annotations

import math
import time
from collections.abc import Callable
from typing import NamedTuple

import numpy as np

from optimizers.errors import InputError
from optimizers.objective import Array, Objective
from optimizers.optimizer import Outcome
from optimizers.options import Count, Positive, options

LOOKS_PER_DECADE = 16
"""Looks a factor of ten in iterations: every iteration up to the twelfth, then each 15 % more, so that
10,000 iterations are looked at 60 times."""

GROWTH = 10 ** (1 / LOOKS_PER_DECADE)

TIMED_STRETCH = 0.2
"""Longest stretch in seconds between two looks where a limit in seconds has to be kept."""


@options
class Budget:
    """The most that one run may spend; the first limit reached ends it.

    Attributes:
        cost: forward-pass equivalents.
        iterations: iterations or generations.
        seconds: seconds of search, observation and compilation excluded.
    """

    cost: Positive | None = None
    iterations: Count | None = None
    seconds: Positive | None = None

    def __post_init__(self) -> None:
        if self.cost is None and self.iterations is None and self.seconds is None:
            raise InputError("Budget has no limit: give cost, iterations or seconds")


class Look(NamedTuple):
    """What one look saw: the present point, and the loss of every iterate since the last look."""

    w: Array
    loss: float
    iteration: int
    cost: float
    value_rows: int
    gradient_rows: int
    seconds: float
    losses: Array | None
    """Loss of each iterate after the last look, the present one last; None where it is not known."""
    lowest: float
    """Lowest of the losses that are finite, ``loss`` alone where the others are not known; or infinity."""
    population_losses: Array | None
    mistakes: int | None = None
    """Mistakes corrected so far, row by row; None where the search does not go by mistakes."""


class Observer:
    """Answer one run's question "how many more iterations?", and keep the best point it was shown.

    The schedule depends on the iteration alone (unless a limit in seconds has to be kept), so that the same
    seed gives the same trace on any machine.

    Arguments:
        objective: counts the cost.
        iteration_cost: the most that one iteration costs, in FPE.
        budget: the limits.
        target: loss at which the run counts as solved, or None.
        keep: called with every look.
        timeout: seconds after which the run is given up whatever its budget, or None.
    """

    def __init__(
        self,
        objective: Objective,
        iteration_cost: float,
        budget: Budget,
        target: float | None = None,
        keep: Callable[[Look], None] | None = None,
        timeout: float | None = None,
    ) -> None:
        self.outcome: Outcome | None = None
        self.best_w: Array = np.empty(0)
        self.best_loss = math.inf
        self.final_loss = math.nan
        self.iteration = 0
        self.seconds = 0.0
        self.observation_seconds = 0.0
        self.solved_cost = math.nan
        self._objective = objective
        self._iteration_cost = iteration_cost
        self._budget = budget
        self._target = target
        self._keep = keep
        self._timeout = timeout
        self._last_cost = 0.0
        self._stretch = 1
        self._stretch_seconds = 0.0
        self._resumed: float | None = None

    def __call__(
        self,
        w: Array,
        *,
        iterations: int = 0,
        losses: Array | None = None,
        best: Array | None = None,
        loss: float | None = None,
        population_losses: Array | None = None,
    ) -> int:
        """Look at the search; return how many more iterations it may do, 0 to stop."""
        arrived = time.perf_counter()
        if self._resumed is not None:
            self._stretch_seconds = arrived - self._resumed
            self.seconds += self._stretch_seconds
        cost = self._objective.cost
        self.iteration += iterations
        self._stretch = max(iterations, 1)
        if loss is None:
            loss = self._objective.peek(w)
        self.final_loss = loss
        trail, lowest = None, loss if math.isfinite(loss) else math.inf
        if losses is not None and iterations:
            trail = np.empty(iterations)
            trail[:-1], trail[-1] = losses[1:], loss
            lowest = float(trail.min())
            if not math.isfinite(lowest):
                lowest = float(trail[np.isfinite(trail)].min(initial=math.inf))
        if best is not None and losses is not None and losses.size:
            self._improve(best, float(losses.min()))
        self._improve(w, loss)
        self._judge(loss, trail, lowest, cost)
        if self._keep is not None:
            counts = (self._objective.value_rows, self._objective.gradient_rows)
            spent = (self.iteration, cost, *counts, self.seconds)
            self._keep(Look(w, loss, *spent, trail, lowest, population_losses, self._objective.mistakes))
        self._last_cost = cost
        allowance = 0 if self.outcome is not None else self._allowance(cost)
        self._resumed = time.perf_counter()
        self.observation_seconds += self._resumed - arrived
        return allowance

    def _improve(self, w: Array, loss: float) -> None:
        if loss < self.best_loss or self.best_w.size == 0:
            self.best_loss, self.best_w = loss, w.copy()

    def _judge(self, loss: float, trail: Array | None, lowest: float, cost: float) -> None:
        """Find out whether the run is solved, diverged or out of time."""
        if self._target is not None and lowest <= self._target:
            self.solved_cost = cost
            if trail is not None:
                done = int(np.argmax(trail <= self._target)) + 1
                self.solved_cost = self._last_cost + (cost - self._last_cost) * done / trail.size
            self.outcome = Outcome(
                "solved", f"the loss reached the target {self._target:g} at cost {self.solved_cost:.6g}"
            )
        elif not math.isfinite(loss):
            self.outcome = Outcome(
                "diverged", f"the loss became {loss} by iteration {self.iteration}: try a smaller step"
            )
        elif self._timeout is not None and self.seconds >= self._timeout:
            self.outcome = Outcome("timeout", f"gave up after {self._timeout:g} seconds, loss {loss:.6g}")

    def _allowance(self, cost: float) -> int:
        """Return iterations until the next look; end the run where none fits into the budget."""
        budget = self._budget
        allowance = max(1, math.floor(self.iteration * (GROWTH - 1)))
        if budget.cost is not None:
            # A hair of slack, for a sum of costs that ought to come out whole.
            left = math.floor((budget.cost - cost) / self._iteration_cost + 1e-9)
            if left < 1:
                return self._spent(f"cost {budget.cost:g}")
            allowance = min(allowance, left)
        if budget.iterations is not None:
            left = budget.iterations - self.iteration
            if left < 1:
                return self._spent(f"{budget.iterations} iterations")
            allowance = min(allowance, left)
        if budget.seconds is not None or self._timeout is not None:
            seconds_left = min(budget.seconds or math.inf, self._timeout or math.inf) - self.seconds
            if budget.seconds is not None and seconds_left <= 0:
                return self._spent(f"{budget.seconds:g} seconds")
            pace = self._stretch_seconds / self._stretch
            stretch = min(TIMED_STRETCH, seconds_left)
            # At most twice the last stretch, for a first stretch may have been too short to be timed.
            allowance = min(allowance, max(1, int(stretch / pace) if pace else 1), 2 * self._stretch)
        return allowance

    def _spent(self, limit: str) -> int:
        """End the run because a limit of its budget is reached; allow nothing more."""
        self.outcome = Outcome("budget", f"the budget of {limit} is spent, best loss {self.best_loss:.6g}")
        return 0
