"""Owns clock, budget, schedule and target of one run; the search itself only asks whether it may go on.

A search is not believed. The loss of what it shows is measured at every look, and what it tells of it has to
agree. Knowing the loss that ends a run (at the target, or the last one at the end of the budget) costs one
evaluation where the search has not paid for it itself.
"""

from __future__ import annotations

import math
import time
from collections.abc import Callable
from typing import NamedTuple

import numpy as np

from optimizers.counts import VALUE_ROWS
from optimizers.errors import InputError
from optimizers.interruption import INTERRUPTION
from optimizers.look_faults import fault_of, same_loss
from optimizers.objective import Array, Measurable, Need
from optimizers.optimizer import Outcome
from optimizers.options import Count, Positive, options
from optimizers.printable import shown
from optimizers.view import EVERYTHING, View
from optimizers.watch import StoppedError

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
        seconds: seconds of search, observation and compilation excluded. A call of a user's function is never
            broken off: a limit is kept before the next call.
    """

    cost: Positive | None = None
    iterations: Count | None = None
    seconds: Positive | None = None

    def __post_init__(self) -> None:
        if self.cost is None and self.iterations is None and self.seconds is None:
            raise InputError("Budget has no limit: give cost, iterations or seconds")


class Look(NamedTuple):
    """What one look saw: the present point, and the losses on the way to it."""

    w: Array
    """A copy, which the search does not go on with: it may be kept, not written to."""
    loss: float
    iteration: int
    cost: float
    value_rows: int
    gradient_rows: int
    seconds: float
    losses: Array | None
    """Loss of each iterate from that of the last look on, without the present one; None where it is not
    known. The search may go on with the array: copy what is to be kept."""
    lowest: float
    """Lowest finite loss since the last look, the present one included; infinity where there is none."""
    population_losses: Array | None
    mistakes: int | None = None
    """Mistakes corrected so far, row by row; None where the search does not go by mistakes."""


class Observer:
    """Answer one run's question "how many more iterations?", and keep the best point it was shown.

    The schedule depends on the iteration alone (unless a limit in seconds has to be kept), so that the same
    seed gives the same trace on any machine.

    Arguments:
        objective: counts the cost, and is measured; what it has been used for before is not this run's.
        iteration_cost: the most that one iteration costs, in FPE.
        budget: the limits.
        target: loss at which the run counts as solved, or None.
        keep: called with every look.
        timeout: seconds after which the run is given up whatever its budget, or None.
        reserve: cost kept back for the last loss, where the search does not pay for it: 1, or 0.
        draws: whether the search can leave points without a finite loss by drawing others.
        start: where the search has to begin, or None.
        needs: what the search has named of the objective, and is shown.

    Attributes:
        view: what the search is handed.
        cost: cost of the run, as of the last look; so are ``value_rows`` and ``gradient_rows``.
    """

    def __init__(
        self,
        objective: Measurable,
        iteration_cost: float,
        budget: Budget,
        target: float | None = None,
        keep: Callable[[Look], None] | None = None,
        timeout: float | None = None,
        reserve: float = 0.0,
        draws: bool = False,
        start: Array | None = None,
        needs: frozenset[Need] = EVERYTHING,
    ) -> None:
        self.outcome: Outcome | None = None
        self.best_w: Array = np.empty(0)
        self.best_loss = math.inf
        self.final_loss = math.nan
        self.iteration = 0
        self.seconds = 0.0
        self.observation_seconds = 0.0
        self.solved_cost = math.nan
        self.cost, self.value_rows, self.gradient_rows = 0.0, 0, 0
        self._objective = objective
        self._iteration_cost = iteration_cost
        self._budget = budget
        self._target = math.nan if target is None else target
        self._keep = keep
        self._timeout = timeout
        self._reserve = reserve
        self._draws = draws
        self._start = None if start is None else start.copy()
        self._seconds = min(budget.seconds or math.inf, timeout or math.inf)
        objective.begin()
        self._before = objective.spent
        self.view = View(objective, self, target, needs)
        if self._seconds < math.inf:
            objective.guard = self._in_time
        self._first_loss = math.nan
        self._allowed = 0
        self._best_told = False
        self._dismissed = False
        self._looking = False
        self._limit: Outcome | None = None
        self._seen: tuple[Array, float] | None = None
        self._reached: tuple[Array, float, float] | None = None
        self._stretch = 1
        self._stretch_seconds = 0.0
        self._resumed: float | None = None

    @property
    def over(self) -> bool:
        """Whether the run has ended, at its target, at a limit or by its outcome."""
        return self.outcome is not None or self._resumable()

    # What the view reports

    def before(self, price: float) -> None:
        """Refuse a call that is not allowed any more.

        Raises:
            StoppedError: if the run has ended, or a limit would be passed.
        """
        if self.outcome is not None or self._limit is not None or self._reached is not None:
            raise StoppedError
        most = self._budget.cost
        if most is not None and self._spent() + price > most * (1 + 1e-12) + 1e-9:
            self._limit = self._budget_spent(f"cost {most:g}")
            raise StoppedError
        self._in_time()

    def found(self, w: Array, loss: float) -> None:
        """Take note of a point that the search has paid for."""
        if self._seen is None or loss < self._seen[1] or math.isnan(self._seen[1]):
            self._seen = w.copy(), loss
        if -math.inf < loss <= self._target and self._reached is None:
            self._reached = w.copy(), loss, self._spent()

    def _in_time(self) -> None:
        """Refuse to go on beyond a limit in seconds."""
        if self._seconds == math.inf or self._looking:
            return
        running = 0.0 if self._resumed is None else time.perf_counter() - self._resumed
        if self._limit is None and self.seconds + running >= self._seconds:
            self._limit = self._out_of_time()
        if self._limit is not None:
            raise StoppedError

    # What the search reports

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
        """Look at the search; return how many more iterations it may do, 0 to stop.

        Raises:
            StoppedError: if it was told to stop before.
        """
        arrived = self._arrive()
        if INTERRUPTION.number:
            raise KeyboardInterrupt
        if self.outcome is not None:
            if self._dismissed:
                raise StoppedError
            self._dismissed = True
            return 0
        fault = fault_of(self._objective.size, self._allowed, w, iterations, losses, best, loss)
        if not fault and self._resumed is None and self._start is not None:
            fault = "" if np.array_equal(w, self._start, equal_nan=True) else "it did not begin at its start"
        if fault:
            return self._failed(f"{fault}: mend the optimizer")
        self._stretch = max(iterations, 1)
        self.iteration += iterations
        w = np.array(w, dtype=np.float64)
        known = loss is not None and self._spent() > 0.0
        measured = self._measure(w, loss)
        if loss is not None and not same_loss(loss, measured, self._first_loss):
            return self._failed(
                f"it told of loss {loss:.6g} at iteration {self.iteration}, where {measured:.6g} was "
                "measured: mend the optimizer"
            )
        loss = measured if loss is None else float(loss)
        if self._resumed is None:
            self._first_loss = loss
        told = None
        if losses is not None and iterations:
            told = np.asarray(losses)
            if best is not None:
                self._improve(np.asarray(best), float(told[told.argmin()]), told=True)
        if math.isnan(loss) and self._limit is not None:
            w, loss = self._best_known(w)
        self._improve(w, loss)
        w, loss = self._judge(w, loss, known)
        self._count()
        allowance = 0 if self.outcome is not None else self._allowance(w)
        if self.outcome is not None and not known and self._objective.looks_are_free:
            self._pay()
            self._count()
        self._show(w, loss, told, population_losses)
        self._allowed, self._dismissed = allowance, self.outcome is not None
        self._resumed = time.perf_counter()
        self.observation_seconds += self._resumed - arrived
        return allowance

    def close(self, ended: Outcome | None = None, error: str = "") -> Outcome:
        """End the run after the search has come back; return how it ended.

        Arguments:
            ended: what the search answered.
            error: the exception that it left by, as a sentence.
        """
        self._arrive()
        self._resumed = None
        if self.outcome is None and self._resumable():
            self._end_in_the_middle()
        if self.outcome is None:
            self.outcome = Outcome("failed", error) if error else self._own_end(ended)
            self._count()
        self._check_answer()
        self._objective.guard = None
        return self.outcome

    def _arrive(self) -> float:
        """Stop the clock of the search."""
        arrived = time.perf_counter()
        if self._resumed is not None and self.outcome is None:
            self._stretch_seconds = arrived - self._resumed
            self.seconds += self._stretch_seconds
        return arrived

    def _measure(self, w: Array, told: float | None = None) -> float:
        """Return the loss at ``w``, of several answers the one that was told.

        NaN where the budget does not pay for the call that it takes.
        """
        objective = self._objective
        if told is None and objective.looks_are_free:
            return objective.peek(w)
        before = self._spent()
        if told is not None:
            for answer in objective.known(w):
                if same_loss(told, answer, self._first_loss):
                    return answer
        most = self._budget.cost
        self._looking = True
        try:
            if objective.looks_are_free or most is None or before + 1.0 <= most + 1e-9:
                began = time.perf_counter()
                loss = objective.peek(w)
                if not objective.looks_are_free and self._spent() > before:
                    # A call that counts is part of the search, which will not have to make it again.
                    self.seconds += time.perf_counter() - began
                return loss
        finally:
            self._looking = False
        known = objective.known(w)
        if not known:
            self._limit = self._budget_spent(f"cost {most:g}")
            return math.nan
        return known[-1]

    def _judge(self, w: Array, loss: float, known: bool) -> tuple[Array, float]:
        """Find out whether the run is solved, diverged or out of time; return where it ended."""
        if -math.inf < loss <= self._target:
            return self._solved(w, loss, self._spent(), known)
        if self._reached is not None:
            return self._solved(*self._reached, known=True)
        if self._best_told and -math.inf < self.best_loss <= self._target:
            # A loop that does not end at the target by itself, but shows where it was.
            if not same_loss(self.best_loss, self._measure(self.best_w, self.best_loss), self._first_loss):
                self._failed("the best parameters do not have the loss that it told: mend the optimizer")
                return w, loss
            self._best_told = False
            return self._solved(self.best_w.copy(), self.best_loss, self._spent(), known=False)
        if self._limit is not None:
            self.outcome = self._limit
        elif not math.isfinite(loss) and (loss == -math.inf or not self._draws):
            self.outcome = Outcome("diverged", self._divergence(loss))
        elif self.seconds >= self._seconds:
            self.outcome = self._out_of_time()
        return w, loss

    def _solved(self, w: Array, loss: float, cost: float, known: bool) -> tuple[Array, float]:
        """End the run at a point whose loss is at or below the target."""
        self._improve(w, loss)
        self.solved_cost = min(cost, self._spent())
        self.solved_cost += not known and self._objective.looks_are_free
        self.outcome = Outcome(
            "solved", f"the loss reached the target {self._target:g} at cost {self.solved_cost:.6g}"
        )
        return w, loss

    def _divergence(self, loss: float) -> str:
        if self.iteration == 0 and not math.isfinite(self._first_loss):
            return (
                f"the start is at fault, its loss is {loss}: take another start, or a method that draws its "
                "points, such as random-search"
            )
        return f"the loss became {loss} by iteration {self.iteration}: try a smaller step"

    def _improve(self, w: Array, loss: float, told: bool = False) -> None:
        better = loss < self.best_loss or (math.isnan(self.best_loss) and not math.isnan(loss))
        if better or self.best_w.size == 0:
            self.best_loss, self._best_told = loss, told
            # What the search told may change under its hands; everything else is a copy already.
            self.best_w = np.array(w, dtype=np.float64) if told else w

    def _spent(self) -> float:
        return self._objective.cost - self._before[0]

    def _pay(self) -> None:
        """Pay for the loss that has ended the run, but where the budget was too small for any."""
        most = self._budget.cost
        if most is None or self._spent() + 1.0 <= most * (1 + 1e-12) + 1e-9:
            self._objective.counters[VALUE_ROWS] += self._objective.rows

    def _count(self) -> None:
        cost, value_rows, gradient_rows = self._objective.spent
        before = self._before
        self.cost = self.solved_cost if math.isfinite(self.solved_cost) else cost - before[0]
        self.value_rows, self.gradient_rows = value_rows - before[1], gradient_rows - before[2]

    def _show(self, w: Array, loss: float, told: Array | None, population_losses: Array | None) -> None:
        """Note what a look saw, and hand it on."""
        self.final_loss = loss
        if self._keep is None:
            return
        lowest = loss if math.isfinite(loss) else math.inf
        if told is not None and told.size > 1:
            between = told[1:]
            # ``min`` takes three times as long for a few; both give NaN where one is NaN.
            least = float(between[between.argmin()])
            if not math.isfinite(least):
                least = float(between[np.isfinite(between)].min(initial=math.inf))
            lowest = min(lowest, least)
        spent = (self.iteration, self.cost, self.value_rows, self.gradient_rows, self.seconds)
        self._keep(Look(w, loss, *spent, told, lowest, population_losses, self._objective.mistakes))

    # How a run ends

    def _failed(self, sentence: str) -> int:
        """End the run because the search has broken its contract; allow nothing more."""
        self.outcome = Outcome("failed", sentence)
        self._dismissed = True
        self._count()
        return 0

    def _resumable(self) -> bool:
        return self._reached is not None or self._limit is not None

    def _end_in_the_middle(self) -> None:
        """End a run that was left between two looks, at its target or at a limit."""
        since = self._spent() - self.cost
        done = math.ceil(since / self._iteration_cost - 1e-9) if since > 0 else 0
        self.iteration += min(done, self._allowed)
        if self._reached is not None:
            w, loss = self._solved(*self._reached, known=True)
        else:
            assert self._limit is not None
            self.outcome = self._limit
            w, loss = self._best_known(self.best_w)
            self._improve(w, loss)
        self._count()
        self._show(w, loss, None, None)

    def _best_known(self, w: Array) -> tuple[Array, float]:
        """Return the best point that the search has been seen at, or ``w`` where there is none."""
        shown = (self.best_w, self.best_loss) if self.best_w.size else (w, math.nan)
        if self._seen is not None and (self._seen[1] < shown[1] or math.isnan(shown[1])):
            return self._seen
        return shown

    def _own_end(self, ended: object) -> Outcome:
        """Return the reason that a search gave for its end, where it has one that is its own to give."""
        if ended is None:
            return Outcome("failed", "the optimizer stopped without being told and without a reason")
        if not isinstance(ended, Outcome):
            return Outcome("failed", f"the optimizer answered {shown(ended)}, expected an Outcome or None")
        if ended.name not in ("stalled", "diverged", "failed"):
            return Outcome(
                "failed",
                f"the optimizer answered '{ended.name}', which the harness finds out by itself: "
                "expected stalled, diverged or failed",
            )
        if ended.name == "stalled" and not math.isfinite(self.best_loss):
            return Outcome("diverged", f"no point had a finite loss: {ended.sentence}")
        return ended

    def _check_answer(self) -> None:
        """Measure the best parameters, and see that the contract was kept to the end."""
        assert self.outcome is not None
        fault, most = "", self._budget.cost
        if self._best_told and self.outcome.name != "failed":
            measured = self._measure(self.best_w, self.best_loss)
            if not same_loss(self.best_loss, measured, self._first_loss):
                fault = (
                    f"the best parameters were told to have loss {self.best_loss:.6g}, "
                    f"where {measured:.6g} was measured"
                )
                self.best_loss = measured
        if not fault and most is not None and self.cost > most * (1 + 1e-9) + 1e-6:
            fault = f"it spent {self.cost:.6g} of a budget of {most:g}: its iteration_cost states too little"
        if fault and self.outcome.name != "failed":
            self.outcome = Outcome("failed", f"{fault}: mend the optimizer")

    def _allowance(self, w: Array) -> int:
        """Return iterations until the next look; end the run where none fits into the budget."""
        budget = self._budget
        allowance = max(1, math.floor(self.iteration * (GROWTH - 1)))
        if budget.cost is not None:
            # A look that the search will not have to pay for again, and the loss that it does not pay for.
            spent = self.cost - self._objective.prepaid(w[np.newaxis]) + self._reserve
            # A hair of slack, for a sum of costs that ought to come out whole.
            left = math.floor((budget.cost - spent) / self._iteration_cost + 1e-9)
            if left < 1:
                return self._end(f"cost {budget.cost:g}")
            allowance = min(allowance, left)
        if budget.iterations is not None:
            left = budget.iterations - self.iteration
            if left < 1:
                return self._end(f"{budget.iterations} iterations")
            allowance = min(allowance, left)
        if self._seconds < math.inf:
            pace = self._stretch_seconds / self._stretch
            stretch = min(TIMED_STRETCH, self._seconds - self.seconds)
            # At most twice the last stretch, for a first stretch may have been too short to be timed.
            allowance = min(allowance, max(1, int(stretch / pace) if pace else 1), 2 * self._stretch)
        return allowance

    def _end(self, limit: str) -> int:
        """End the run because a limit of its budget is reached; allow nothing more."""
        self.outcome = self._budget_spent(limit)
        return 0

    def _budget_spent(self, limit: str) -> Outcome:
        _, best = self._best_known(self.best_w)
        if math.isfinite(best):
            return Outcome("budget", f"the budget of {limit} is spent, best loss {best:.6g}")
        if self._spent() <= 0.0:
            return Outcome("budget", f"the budget of {limit} does not pay for the loss of the start")
        return Outcome("diverged", f"the budget of {limit} is spent, and no point had a finite loss")

    def _out_of_time(self) -> Outcome:
        _, best = self._best_known(self.best_w)
        if self._timeout is not None and self._seconds == self._timeout:
            return Outcome("timeout", f"gave up after {self._timeout:g} seconds, best loss {best:.6g}")
        return Outcome("budget", f"the budget of {self._seconds:g} seconds is spent, best loss {best:.6g}")
