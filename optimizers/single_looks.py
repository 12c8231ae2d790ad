"""Looks at one run: measures what the search shows, and says how far it may go on.

A search is not believed. The loss of what it shows is measured at every look, and what it tells of it has to
agree. Knowing the loss that ends a run (at the target, or the last one at the end of the budget) costs one
evaluation where the search has not paid for it itself.
"""

from __future__ import annotations

import math
from collections.abc import Callable

import numpy as np

from optimizers.best_point import BestPoint
from optimizers.budget import Budget
from optimizers.clock import Clock
from optimizers.endings import budget_spent, diverged, missed_target, own_end, solved
from optimizers.interruption import INTERRUPTION
from optimizers.limits import Limits
from optimizers.look import Look, lowest
from optimizers.look_faults import fault_of
from optimizers.meter import Meter
from optimizers.objective import Array, Measurable, Need
from optimizers.optimizer import Outcome
from optimizers.view import EVERYTHING, View
from optimizers.watch import StoppedError


class SingleLooks:
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
        each: whether to look at each iteration, however many there are; the search goes the same way.

    Attributes:
        view: what the search is handed.
        clock: seconds of the search and of its looks.
        meter: what the run has spent, as of the last look.
        best: the best point.
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
        each: bool = False,
    ) -> None:
        self.final_loss = math.nan
        self.iteration = 0
        self._objective = objective
        self._iteration_cost = iteration_cost
        self._target = math.nan if target is None else target
        self._keep = keep
        self._reserve = reserve
        self._draws = draws
        self._start = None if start is None else start.copy()
        objective.begin()
        self.clock = Clock(budget.seconds, timeout)
        self.meter = Meter(objective, budget.cost, self.clock)
        self.best = BestPoint()
        self._limits = Limits(budget, self._target, self.meter, self.clock, self.best, each)
        self.view = View(objective, self._limits, target, needs)
        if self.clock.most < math.inf:
            objective.guard = self._limits.in_time
        self._allowed = 0
        self._stretch = 1
        self._dismissed = False

    @property
    def outcome(self) -> Outcome | None:
        """How the run has ended; None while it goes on."""
        return self._limits.outcome

    @property
    def over(self) -> bool:
        """Whether the run has ended, at its target, at a limit or by its outcome."""
        return self.outcome is not None or self._limits.met

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
        arrived = self.clock.stop(counts=self.outcome is None)
        if INTERRUPTION.number:
            raise KeyboardInterrupt
        if self.outcome is not None:
            if self._dismissed:
                raise StoppedError
            self._dismissed = True
            return 0
        start = None if self.clock.begun else self._start
        fault = fault_of(self._objective.size, self._allowed, start, w, iterations, losses, best, loss)
        if fault:
            return self._failed(f"{fault}: mend the optimizer")
        self._stretch = max(iterations, 1)
        self.iteration += iterations
        w = np.array(w, dtype=np.float64)
        known = loss is not None and self.meter.spent() > 0.0
        measured = self._limits.measure(w, loss)
        if loss is not None and not self._is_honest(w, loss, measured):
            return self._failed(
                f"it told of loss {loss:.6g} at iteration {self.iteration}, where {measured:.6g} was "
                "measured: mend the optimizer"
            )
        if self._objective.rounded:
            w, loss, known = self._in_full(w, loss, measured, losses, best, known)
            # What lies between two looks has been told in single precision, and is not written down.
            losses = best = None
        loss = measured if loss is None else float(loss)
        if not self.clock.begun:
            self.meter.first_loss = loss
        told = None
        if losses is not None and iterations:
            told = np.asarray(losses)
            if best is not None:
                self.best.improve(np.asarray(best), float(told[told.argmin()]), told=True)
        if math.isnan(loss) and self._limits.limit is not None:
            w, loss = self._limits.best_seen(w)
        self.best.improve(w, loss)
        w, loss = self._judge(w, loss, known)
        self.meter.count()
        allowance = 0
        if self.outcome is None:
            prepaid = self._objective.prepaid(w[np.newaxis])
            allowance = self._limits.allowance(
                self.iteration, self._stretch, self._iteration_cost, prepaid, self._reserve
            )
        if self.outcome is not None and not known and self._objective.looks_are_free:
            self.meter.pay()
            self.meter.count()
        self._show(w, loss, told, population_losses)
        self._allowed, self._dismissed = allowance, self.outcome is not None
        self.clock.resume(arrived)
        return allowance

    def close(self, ended: Outcome | None = None, broken: Outcome | None = None) -> Outcome:
        """End the run after the search has come back; return how it ended.

        Arguments:
            ended: what the search answered.
            broken: the failure that it left by, or None.
        """
        self.clock.stop(counts=self.outcome is None)
        self.clock.end()
        if self.outcome is None and self._limits.met:
            self._end_in_the_middle()
        if self.outcome is None:
            missed = missed_target(self.view.aim) if ended is None else None
            self._limits.outcome = broken or missed or own_end(ended, self.best.loss)
            self.meter.count()
        outcome = self.outcome
        assert outcome is not None
        # Told to be the best, it is measured; and the contract has to have been kept to the end.
        fault = self._limits.false_answer() if outcome.name != "failed" else ""
        self._objective.guard = None
        return self.fail(f"{fault}: mend the optimizer") if fault else outcome

    def ended_alike(self, best: float) -> Outcome:
        """Return how a run has ended that has spent its budget as this one has, by its lowest loss."""
        return budget_spent(self._limits.spent, best, self.meter.cost)

    def _is_honest(self, w: Array, told: float, measured: float) -> bool:
        """Say whether a search can have been told a loss."""
        if self.meter.same(told, measured):
            return True
        return self._objective.rounded and self.meter.same(told, self._objective.peek_rounded(w))

    def _in_full(
        self, w: Array, told: float | None, measured: float, losses: object, best: object, known: bool
    ) -> tuple[Array, float, bool]:
        """Return where a search in single precision is, with the loss in double precision.

        It is where it shows itself, or at the best point of its stretch where that is at the target. Whatever
        it takes for the target, and is not there, has it aim lower.
        """
        rounded = self._objective.peek_rounded(w) if told is None else float(told)
        self.view.aim.hold(rounded, measured)
        if told is not None and not math.isfinite(told):
            # Single precision has come to its end, and the search with it.
            return w, told, known
        if best is not None and losses is not None and len(np.asarray(losses)) and measured > self._target:
            point, lowest = np.array(best, dtype=np.float64), float(np.min(np.asarray(losses)))
            found = self.view.aim.measured(point, lowest)
            if -math.inf < found <= self._target:
                return point, found, False
        return w, measured, known

    def _judge(self, w: Array, loss: float, known: bool) -> tuple[Array, float]:
        """Find out whether the run is solved, diverged or out of time; return where it ended."""
        best, limits = self.best, self._limits
        if -math.inf < loss <= self._target:
            return self._solved(w, loss, self.meter.spent(), known)
        if limits.reached is not None:
            return self._solved(*limits.reached, known=True)
        if best.told and -math.inf < best.loss <= self._target:
            # A loop that does not end at the target by itself, but shows where it was.
            if not self.meter.same(best.loss, self._limits.measure(best.w, best.loss)):
                self._failed("the best parameters do not have the loss that it told: mend the optimizer")
                return w, loss
            best.told = False
            return self._solved(best.w.copy(), best.loss, self.meter.spent(), known=False)
        if limits.limit is not None:
            limits.outcome = limits.limit
        elif not math.isfinite(loss) and (loss == -math.inf or not self._draws):
            limits.outcome = diverged(loss, self.iteration, self.meter.first_loss)
        elif self.clock.seconds >= self.clock.most:
            limits.outcome = limits.out_of_time()
        return w, loss

    def _solved(self, w: Array, loss: float, cost: float, known: bool) -> tuple[Array, float]:
        """End the run at a point whose loss is at or below the target."""
        self.best.improve(w, loss)
        cost = min(cost, self.meter.spent()) + (not known and self._objective.looks_are_free)
        self.meter.solved_cost = cost
        self._limits.outcome = solved(self._target, cost)
        return w, loss

    def _show(self, w: Array, loss: float, told: Array | None, population_losses: Array | None) -> None:
        """Note what a look saw, and hand it on."""
        self.final_loss = loss
        if self._keep is None:
            return
        meter = self.meter
        spent = (self.iteration, meter.cost, meter.value_rows, meter.gradient_rows, self.clock.seconds)
        self._keep(
            Look(w, loss, *spent, told, lowest(loss, told), population_losses, self._objective.mistakes)
        )

    def _failed(self, sentence: str) -> int:
        """End the run because the search has broken its contract; allow nothing more."""
        self.fail(sentence)
        self._dismissed = True
        self.meter.count()
        return 0

    def _end_in_the_middle(self) -> None:
        """End a run that was left between two looks, at its target or at a limit."""
        since = self.meter.spent() - self.meter.cost
        done = math.ceil(since / self._iteration_cost - 1e-9) if since > 0 else 0
        self.iteration += min(done, self._allowed)
        limits = self._limits
        if limits.reached is not None:
            w, loss = self._solved(*limits.reached, known=True)
        else:
            limits.outcome = limits.limit
            w, loss = self._limits.best_seen(self.best.w)
            self.best.improve(w, loss)
        self.meter.count()
        self._show(w, loss, None, None)

    def fail(self, sentence: str) -> Outcome:
        """Have a run that has ended count as failed."""
        self._limits.outcome = Outcome("failed", sentence)
        return self._limits.outcome
