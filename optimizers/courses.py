"""What searches have gone through without a look in between, told to an ``Observe`` afterwards.

Where some milliseconds hold several looks, a compiled loop takes them along, and where searches differ by
their starts alone, it takes many searches along in one call.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from typing import Any, NamedTuple

import numpy as np

from optimizers.objective import Array, Objective, Rows
from optimizers.optimizer import Observe, Outcome
from optimizers.several_looks import Passed, SeveralLooks


class RetellingError(Exception):
    """Say that an observer allows other iterations than a search was taken along by."""


class Course(NamedTuple):
    """What one search has gone through: K looks, I iterations, n parameters."""

    stretches: Rows
    """Iterations up to each look from the one before, shape (K,)."""
    w: Array
    """Where it is in the end, shape (n,)."""
    losses: Array
    """Loss of each iterate, shape (I,), up to the one that has ended it."""
    points: Array
    """Parameters at each look, shape (K, n)."""
    bests: Array
    """Parameters of the lowest loss of each stretch, shape (K, n)."""
    counters: Rows
    """The objective's counters at each look, shape (K, 2)."""
    spent: Rows
    """The same in the end, shape (2,)."""
    done: int
    """Iterations done; fewer than I where a loss has ended it."""
    seconds: float
    """What it took."""
    known: bool
    """Whether the losses are those over all rows."""

    def tell(self, observe: Observe) -> int:
        """Show all looks and the end; return how many more iterations there may be."""
        done, begin, last = self.done, 0, 0
        ended, first = done < self.losses.size, int(self.stretches[0])
        if self.stretches.size > 1 and done > first and isinstance(observe, SeveralLooks):
            ends = self.stretches.cumsum()
            # The one where the loop has ended is shown by itself.
            last = int(ends.searchsorted(done, side="right" if ended else "left"))
            begin = int(ends[last - 1])
            told = self.losses[:begin] if self.known else None
            along = (self.stretches[:last], ends[:last], self.points[:last], self.bests[:last])
            if not observe.past(Passed(*along, told, self.counters[:last], done)):
                return 0
        # A loss that is not finite ends the stretch early; observe ends the run for it. The loss of a batch
        # is not the loss over all rows, so it is not handed on.
        return observe(
            self.w,
            iterations=done - begin,
            losses=self.losses[begin:done] if self.known else None,
            best=self.bests[last] if self.known else None,
            loss=self.losses[done] if ended else None,
        )

    def run(
        self, objective: Objective, start: Array, rng: np.random.Generator, observe: Any
    ) -> Outcome | None:
        """Tell an observer of the whole search, as ``Optimizer.run`` would have done on the way.

        Raises:
            RetellingError: if the observer allows other iterations.
        """
        looks = begin = 0
        allowance = observe(start)
        while allowance:
            part = self._part(looks, begin, observe.ahead())
            objective.counters[:] = part.spent
            observe.clock.count(part.seconds)
            looks += part.stretches.size
            begin += part.losses.size
            allowance = part.tell(observe)
        return None

    def _part(self, looks: int, begin: int, stretches: Rows) -> Course:
        """Return what follows some looks, after ``begin`` iterations, up to the looks that come next."""
        count = int(stretches.sum())
        here, places = slice(looks, looks + stretches.size), slice(begin, begin + count)
        if self.stretches[here].tolist() != stretches.tolist():
            raise RetellingError
        at_end = self.done < begin + count or here.stop == self.stretches.size
        done = min(self.done - begin, count)
        return Course(
            stretches,
            self.w if at_end else self.points[here.stop - 1],
            self.losses[places],
            self.points[here],
            self.bests[here],
            self.counters[here],
            self.spent if at_end else self.counters[here.stop - 1],
            done,
            self.seconds * done / max(self.done, 1),
            self.known,
        )


class Courses(NamedTuple):
    """What R searches have gone through: fields as those of ``Course``, with a row for each search."""

    stretches: Rows
    w: Array
    losses: Array
    points: Array
    bests: Array
    counters: Rows
    spent: Rows
    done: Rows
    seconds: Array
    known: bool

    @classmethod
    def begun(cls, stretches: Rows, starts: Array, counters: Rows, known: bool) -> Courses:
        """Return searches at their starts, shape (R, n), with what was counted before each."""
        (searches, size), looks = starts.shape, stretches.size
        spent = np.empty((searches, counters.size), dtype=np.int64)
        spent[:] = counters
        return cls(
            stretches,
            starts.copy(),
            np.empty((searches, sum(stretches.tolist()))),
            np.empty((searches, looks, size)),
            np.empty((searches, looks, size)),
            np.empty((searches, looks, counters.size), dtype=np.int64),
            spent,
            np.empty(searches, dtype=np.int64),
            np.empty(searches),
            known,
        )

    def of(self, search: int) -> Course:
        """Return what one search has gone through."""
        stretches, w, losses, points, bests, counters, spent, done, seconds, known = self
        tables = (w[search], losses[search], points[search], bests[search], counters[search], spent[search])
        return Course(stretches, *tables, int(done[search]), float(seconds[search]), known)


class SideBySide(ABC):
    """An optimizer that can take searches along that differ by their starts alone."""

    @abstractmethod
    def courses(self, objective: Objective, starts: Array, stretches: Rows) -> Courses | None:
        """Search from several starts, shape (R, n), each as ``run`` does with these looks.

        Arguments:
            objective: what to minimise, with nothing counted; it counts the last search as its own.
            starts: where they begin.
            stretches: iterations between the looks, shape (K,).

        Returns:
            What they have gone through, or None where it cannot be done.
        """
