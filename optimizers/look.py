"""What one look at a search has seen, and how far apart looks are."""

from __future__ import annotations

import math
from typing import NamedTuple

import numpy as np

from optimizers.objective import Array

LOOKS_PER_DECADE = 16
"""Looks a factor of ten in iterations: every iteration up to the twelfth, then each 15 % more, so that
10,000 iterations are looked at 60 times."""

GROWTH = 10 ** (1 / LOOKS_PER_DECADE)


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


def until_next_look(iteration: int) -> int:
    """Return how many iterations after one of them the next look is.

    It depends on the iteration alone, so that the same seed gives the same trace on any machine.

    >>> [until_next_look(iteration) for iteration in (0, 1, 12, 13, 14, 100)]
    [1, 1, 1, 2, 2, 15]
    """
    return max(1, math.floor(iteration * (GROWTH - 1)))


def lowest(loss: float, told: Array | None) -> float:
    """Return the lowest finite loss since the last look; infinity where there is none.

    Arguments:
        loss: of the present point.
        told: those of the iterates from that of the last look on, which is left out.

    >>> lowest(0.5, np.array([0.1, 0.4, math.nan]))
    0.4
    """
    least = loss if math.isfinite(loss) else math.inf
    if told is None or told.size < 2:
        return least
    between = told[1:]
    # ``min`` takes three times as long for a few; both give NaN where one is NaN.
    low = float(between[between.argmin()])
    if not math.isfinite(low):
        low = float(between[np.isfinite(between)].min(initial=math.inf))
    return min(least, low)
