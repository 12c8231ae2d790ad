"""Several looks that a compiled loop takes along in one call from Python.

A call of a compiled loop and a look take 30 us in Python, the hundred iterations of a small network 25. So an
observer may say ahead how far apart the next looks are, and be shown them together.
"""

from __future__ import annotations

import functools
import math
from abc import ABC, abstractmethod
from collections.abc import Iterator
from typing import NamedTuple

import numpy as np

from optimizers.look import Look, until_next_look
from optimizers.objective import Array, Rows


class Passed(NamedTuple):
    """What a loop has taken along of looks that it has gone past."""

    stretches: Rows
    """Iterations of each, shape (K,)."""
    ends: Rows
    """Iterations up to each, since the look before the first of them."""
    points: Array
    """Parameters at each, shape (K, n), which the loop does not go on with."""
    best: Array
    """Parameters of the lowest loss of each stretch, shape (K, n); of no meaning without ``losses``."""
    losses: Array | None
    """Loss of each iterate of all stretches, as ``Observe`` has it; None where it is not known."""
    counters: Rows
    """The objective's counters at each, shape (K, 2)."""
    whole: int
    """Iterations of the call that they are from; it may have gone on beyond the last of them."""
    told: Array | None = None
    """Loss at each as the search was told it, shape (K,); None where it was not."""
    population_losses: Array | None = None
    """Losses of a population at each, shape (K, P)."""


class SeveralLooks(ABC):
    """An ``Observe`` that can be shown several looks together."""

    @abstractmethod
    def ahead(self) -> Rows:
        """Return how many iterations the next looks are apart, the first as it was allowed just now."""

    @abstractmethod
    def past(self, passed: Passed) -> bool:
        """Look at all of ``ahead`` that was passed but the last; say whether the search may go on.

        The last look is shown by itself, and answered with an allowance.
        """


class Looks(NamedTuple):
    """Several looks as a table: each field holds a number, or parameters, for each of them."""

    points: Array
    loss: Array
    iteration: Rows
    cost: Array
    value_rows: Rows
    gradient_rows: Rows
    seconds: Array
    losses: Array | None
    """Of all stretches, one behind the other."""
    lowest: Array
    stretches: Rows
    population_losses: Array | None

    def __iter__(self) -> Iterator[Look]:  # type: ignore[override]  # as looks, not as its fields
        end = 0
        for place, stretch in enumerate(self.stretches.tolist()):
            end += stretch
            yield Look(
                self.points[place],
                float(self.loss[place]),
                int(self.iteration[place]),
                float(self.cost[place]),
                int(self.value_rows[place]),
                int(self.gradient_rows[place]),
                float(self.seconds[place]),
                None if self.losses is None else self.losses[end - stretch : end],
                float(self.lowest[place]),
                None if self.population_losses is None else self.population_losses[place],
            )


@functools.lru_cache(maxsize=256)
def stretches_ahead(iteration: int, left: int | None, most: int) -> Rows:
    """Return the iterations between looks from one iteration on.

    Arguments:
        iteration: where the first begins.
        left: iterations that the budget holds, or None.
        most: iterations of all of them together at the most; no stretch is cut short for it.

    >>> stretches_ahead(12, 7, 100).tolist(), stretches_ahead(12, None, 4).tolist()
    ([1, 2, 2, 2], [1, 2])
    """
    found: list[int] = []
    done = 0
    while True:
        step = until_next_look(iteration + done)
        step = step if left is None else min(step, left - done)
        if step < 1 or done + step > most:
            break
        found.append(step)
        done += step
    table = np.array(found, dtype=np.int64)
    table.flags.writeable = False
    return table


def ordinary(
    passed: Passed, measured: Array, iteration: int, spent: tuple[Array, Rows, Rows], seconds: Array
) -> Looks:
    """Return looks that end nothing as a table; see ``Look``.

    Arguments:
        passed: what was passed, of finite losses.
        measured: loss at each point, finite.
        iteration: at the last look before.
        spent: cost, value rows and gradient rows at each.
        seconds: of the search at each.
    """
    lowest = measured
    if passed.losses is not None:
        # The first of a stretch is the loss of the last look; the present one takes its place.
        between = passed.losses.copy()
        starts = passed.ends - passed.stretches
        between[starts] = measured
        lowest = np.minimum.reduceat(between, starts)
    return Looks(
        passed.points,
        measured,
        iteration + passed.ends,
        *spent,
        seconds,
        passed.losses,
        lowest,
        passed.stretches,
        passed.population_losses,
    )


def is_ordinary(passed: Passed, measured: Array, target: float) -> bool:
    """Say whether all losses are finite, and none of them at the target."""
    known = measured if passed.losses is None else np.concatenate([passed.losses, measured])
    # ``argmin`` and ``argmax`` take half the time of ``min`` and ``max``; all of them find a NaN.
    low, high = float(known[known.argmin()]), float(known[known.argmax()])
    return math.isfinite(low) and math.isfinite(high) and not low <= target


def best_of(passed: Passed, measured: Array) -> tuple[Array, float, bool]:
    """Return the first point of the lowest loss, that loss, and whether it is what the search told."""
    if passed.losses is None:
        place = int(measured.argmin())
        return passed.points[place].copy(), float(measured[place]), False
    starts = passed.ends - passed.stretches
    in_order = np.empty(2 * measured.size)
    in_order[::2], in_order[1::2] = np.minimum.reduceat(passed.losses, starts), measured
    place, of_look = divmod(int(in_order.argmin()), 2)
    points = passed.points if of_look else passed.best
    return points[place].copy(), float(in_order[2 * place + of_look]), not of_look
