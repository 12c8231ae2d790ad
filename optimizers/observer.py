"""Owns clock, budget, schedule and target of one run; the search itself only asks whether it may go on."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import numpy as np

from optimizers.interruption import INTERRUPTION
from optimizers.objective import Array, Rows
from optimizers.several_looks import (
    Looks,
    Passed,
    SeveralLooks,
    best_of,
    is_ordinary,
    ordinary,
    stretches_ahead,
)
from optimizers.single_looks import SingleLooks

WORK_AT_ONCE = 1e8
"""Multiply-adds of looks that are shown together, for an interrupt is heard at a look: a large network does
them in 4 ms, one of 2-2-1 in a third of a second."""


class Observer(SingleLooks, SeveralLooks):
    """Look at one run, at several looks together where a compiled loop takes them along.

    Arguments:
        arguments: see ``SingleLooks``.
        keep_several: called with looks that come together; ``keep`` is called with each of them without it.
        options: see ``SingleLooks``.
    """

    def __init__(
        self, *arguments: Any, keep_several: Callable[[Looks], None] | None = None, **options: Any
    ) -> None:
        super().__init__(*arguments, **options)
        self._keep_several = keep_several
        self._ahead = stretches_ahead(0, 0, 0)
        self._each = bool(options.get("each"))

    def ahead(self) -> Rows:
        """Return how many iterations the next looks are apart; see ``SeveralLooks``."""
        self._ahead = alone = np.array([self._allowed])
        objective, price = self._objective, self._iteration_cost
        if self.clock.most < math.inf or not objective.looks_are_free or self._each:
            return alone
        left, paid = self._limits.iterations_left(self.iteration, price, self._reserve)
        at_once = WORK_AT_ONCE / (price * objective.rows * objective.size)
        stretches = stretches_ahead(self.iteration, left, int(min(paid, at_once)))
        if stretches.size and stretches[0] == self._allowed:
            # Its own copy, which compiled code takes for an array like any other.
            self._ahead = stretches.copy()
        return self._ahead

    def whole_run(self) -> Rows:
        """Return how many iterations the looks at a whole run are apart, if each costs its price.

        None at all where it has no limit but seconds, or is over at its start.
        """
        count = self._limits.iterations_in_all(self._iteration_cost, self._reserve)
        return stretches_ahead(0, count, count).copy()

    def past(self, passed: Passed) -> bool:
        """Look at all that was passed; say whether the search may go on; see ``SeveralLooks``."""
        arrived = self.clock.stop(counts=True)
        if INTERRUPTION.number:
            raise KeyboardInterrupt
        looks = passed.stretches.size
        if passed.stretches.tolist() != self._ahead[:looks].tolist():
            self._failed("it told of looks that it was not asked for: mend the optimizer")
            return False
        if self._objective.rounded and passed.told is None:
            # Told in single precision, and not written down.
            passed = passed._replace(losses=None)
        measured = self._objective.peeks(passed.points)
        honest = True
        if passed.told is not None:
            honest, measured = self._are_honest(passed.told, measured), passed.told
        if not honest or not is_ordinary(passed, measured, self._target):
            self.clock.resume(arrived)
            return self._one_by_one(passed)
        seconds = self.clock.passed(passed.ends, passed.whole)
        shown = ordinary(passed, measured, self.iteration, self.meter.count_at(passed.counters), seconds)
        self.best.improve(*best_of(passed, measured))
        self.iteration = int(shown.iteration[-1])
        if self._keep_several is not None:
            self._keep_several(shown)
        elif self._keep is not None:
            for look in shown:
                self._keep(look)
        self._allowed = int(self._ahead[looks])
        self.clock.resume(arrived)
        return True

    def _are_honest(self, told: Array, measured: Array) -> bool:
        """Say whether losses that were told are those measured; in single precision each look finds out."""
        return not self._objective.rounded and all(map(self.meter.same, told.tolist(), measured.tolist()))

    def _one_by_one(self, passed: Passed) -> bool:
        """Look at each as if the search stood there, for one of them may end it."""
        counters = self._objective.counters
        now, begin = counters.copy(), 0
        for place, stretch in enumerate(passed.stretches.tolist()):
            counters[:] = passed.counters[place]
            told = None if passed.losses is None else passed.losses[begin : begin + stretch]
            best = None if told is None else passed.best[place]
            loss = None if passed.told is None else float(passed.told[place])
            members = None if passed.population_losses is None else passed.population_losses[place]
            self._allowed = stretch
            point = passed.points[place]
            if not self(
                point, iterations=stretch, losses=told, best=best, loss=loss, population_losses=members
            ):
                return False
            begin += stretch
        counters[:] = now
        self._allowed = int(self._ahead[passed.stretches.size])
        return True
