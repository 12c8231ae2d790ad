"""Parent selection: who mates, as PyGAD selects."""

from __future__ import annotations

from typing import Any

import numpy as np

from optimizers.compilation import compiled
from optimizers.genetic.plan import RANDOM, RANK, RWS, SSS, SUS, TOURNAMENT

RUN = 16
"""Members that are sorted by insertion before the merging begins: 1.1 us for a hundred members, where
numba takes a second to compile ``argsort``, which is no faster."""


@compiled()
def rank_members(losses: Any, order: Any, scratch: Any) -> None:
    """Write the members from best to worst; of equal ones the last comes first, as in PyGAD.

    >>> order = np.empty(4, dtype=np.int64)
    >>> rank_members(np.array([2.0, 1.0, np.inf, 1.0]), order, np.empty_like(order))
    >>> order.tolist()
    [3, 1, 0, 2]
    """
    count = losses.size
    for begin in range(0, count, RUN):
        for place in range(begin, min(begin + RUN, count)):
            member = count - 1 - place
            loss = losses[member]
            there = place
            while there > begin and losses[order[there - 1]] > loss:
                order[there] = order[there - 1]
                there -= 1
            order[there] = member
    width, source, target = RUN, order, scratch
    while width < count:
        for begin in range(0, count, 2 * width):
            middle, end = min(begin + width, count), min(begin + 2 * width, count)
            left, right = begin, middle
            for place in range(begin, end):
                if left < middle and (right >= end or losses[source[left]] <= losses[source[right]]):
                    target[place] = source[left]
                    left += 1
                else:
                    target[place] = source[right]
                    right += 1
        source, target = target, source
        width *= 2
    for place in range(count):
        order[place] = source[place]


@compiled()
def _cumulate_fitness(losses: Any, order: Any, wheel: Any) -> None:
    """Cumulate each member's share by its fitness, the worst first.

    A fitness is a loss with the other sign. Where any is below 0, the lowest is taken from all of them, so
    that the worst has no share. A loss that is not finite has none, and where all finite ones are equal they
    have equal shares.
    """
    count = losses.size
    finite = count
    while finite > 1 and not np.isfinite(losses[order[finite - 1]]):
        finite -= 1
    highest, lowest = -losses[order[0]], -losses[order[finite - 1]]
    # Scaled before anything is subtracted or added, so that nothing overflows.
    scale = max(abs(highest), abs(lowest))
    shift = min(lowest / scale, 0.0) if scale > 0.0 else 0.0
    even = scale == 0.0 or (lowest < 0.0 and highest == lowest)
    total = 0.0
    for place in range(count - 1, -1, -1):
        if place < finite:
            total += 1.0 if even else -losses[order[place]] / scale - shift
        wheel[count - 1 - place] = total


@compiled()
def _cumulate_ranks(wheel: Any) -> None:
    """Cumulate shares by rank, 1 for the worst and P for the best, the worst first."""
    for place in range(wheel.size):
        wheel[place] = 0.5 * (place + 1.0) * (place + 2.0)


@compiled()
def _spin(wheel: Any, pointer: float) -> int:
    """Return the first place whose cumulated share is above the pointer."""
    low, high = 0, wheel.size - 1
    while low < high:
        middle = (low + high) // 2
        if wheel[middle] > pointer:
            high = middle
        else:
            low = middle + 1
    return low


# Each writes the selected parents, one for each place in ``parents``, and takes ``SELECT``'s arguments:
#     tournament: members of one tournament.
#     losses: of the population, shape (P,).
#     order: members from best to worst.
#     wheel: room for P shares.
#     parents: takes the members.
#     rng: generator.


@compiled()
def steady_state(tournament: int, losses: Any, order: Any, wheel: Any, parents: Any, rng: Any) -> None:
    """Take the best."""
    for k in range(parents.size):
        parents[k] = order[k]


@compiled()
def at_random(tournament: int, losses: Any, order: Any, wheel: Any, parents: Any, rng: Any) -> None:
    """Take anyone."""
    for k in range(parents.size):
        parents[k] = int(rng.random() * losses.size)


@compiled()
def roulette_wheel(tournament: int, losses: Any, order: Any, wheel: Any, parents: Any, rng: Any) -> None:
    """Spin a wheel of shares by fitness for each parent (Holland 1975)."""
    count = losses.size
    _cumulate_fitness(losses, order, wheel)
    for k in range(parents.size):
        parents[k] = order[count - 1 - _spin(wheel, rng.random() * wheel[count - 1])]


@compiled()
def by_rank(tournament: int, losses: Any, order: Any, wheel: Any, parents: Any, rng: Any) -> None:
    """Spin a wheel of shares by rank for each parent (Baker 1985)."""
    count = losses.size
    _cumulate_ranks(wheel)
    for k in range(parents.size):
        parents[k] = order[count - 1 - _spin(wheel, rng.random() * wheel[count - 1])]


@compiled()
def universal_sampling(tournament: int, losses: Any, order: Any, wheel: Any, parents: Any, rng: Any) -> None:
    """Spin once, with pointers at equal distances (Baker 1987)."""
    count, wanted = losses.size, parents.size
    _cumulate_fitness(losses, order, wheel)
    first = rng.random()
    for k in range(wanted):
        pointer = (first + k) / wanted * wheel[count - 1]
        parents[k] = order[count - 1 - _spin(wheel, pointer)]


@compiled()
def tournaments(tournament: int, losses: Any, order: Any, wheel: Any, parents: Any, rng: Any) -> None:
    """Take the best of so many drawn with replacement (Goldberg, Deb 1991)."""
    count = losses.size
    for k in range(parents.size):
        # A member drawn at random has a rank drawn at random, so the ranks themselves are drawn.
        best = count
        for _ in range(tournament):
            best = min(best, int(rng.random() * count))
        parents[k] = order[best]


SELECTORS = {
    SSS: steady_state,
    RWS: roulette_wheel,
    SUS: universal_sampling,
    RANK: by_rank,
    RANDOM: at_random,
    TOURNAMENT: tournaments,
}
"""The selections by their codes."""
