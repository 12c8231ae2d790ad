"""When a search by CMA-ES has come to its end by itself: the criteria of pycma, by their names there."""

from __future__ import annotations

from typing import Any

import numpy as np

from optimizers.compilation import compiled
from optimizers.evolution.adaptation import (
    BROKEN,
    FLAT,
    LOWEST_AT,
    POPULATIONS,
    RESTED,
    SIGMA,
    Course,
    sort,
)
from optimizers.evolution.rates import Rates
from optimizers.records import numbers_of

CRITERIA = {
    "tolfun": 1e-11,
    "tolfunhist": 1e-12,
    "tolflatfitness": 1,
    "tolx": 1e-11,
    "tolfacupx": 1e3,
    "tolstagnation": 0,
    "tolxstagnation": 1e-9,
    "tolconditioncov": 1e14,
    "noeffectcoord": 0.2,
}
"""Each with the number that it holds losses, steps or iterations against; see ``met``."""

RANGE, RANGE_OF_BEST, FLATNESS, SMALL_STEP, LARGE_STEP, STAGNATION, REST, CONDITION, NO_EFFECT = range(9)
TOLERANCES = tuple(CRITERIA.values())

LONGEST_MEDIAN = 100
"""Records of best losses before stagnation is looked for."""


@compiled(allocates=True)
def _median(records: Any, newest: int, first: int, count: int) -> Any:
    """Return the median of ``count`` records from the ``first`` before the newest one on."""
    chosen, order = np.empty(count), np.empty(count, dtype=np.int64)
    for place in range(count):
        chosen[place] = records[(newest - first - place) % records.size]
    sort(chosen, order)
    half = count // 2
    middle = chosen[order[half]]
    return middle if count % 2 else (chosen[order[half - 1]] + middle) / 2.0


@compiled(allocates=True)
def _stagnates(course: Any) -> Any:
    """Say whether neither best nor median losses are lower than they were (Hansen 2016, B.3)."""
    rates, counts = numbers_of(Rates, course.rates), course.counts
    populations, members = counts[POPULATIONS], course.losses.size
    # The medians change when there is a new record, and not before.
    if populations % 5 or populations <= course.mean.size * (5 + 100 / members):
        return False
    records = min(populations // 5, course.bests.size)
    if records <= LONGEST_MEDIAN or populations - counts[LOWEST_AT] <= rates.stagnation / 2:
        return False
    count = int(max(rates.stagnation / 10, records / 10))
    if 2 * count >= records:
        return False
    newest = populations // 5 - 1
    return _median(course.medians, newest, 0, count) >= _median(
        course.medians, newest, count, count
    ) and _median(course.bests, newest, 0, count) >= _median(course.bests, newest, count, count)


@compiled()
def _range(numbers: Any, count: int) -> Any:
    lowest = highest = numbers[0]
    for place in range(1, count):
        lowest, highest = min(lowest, numbers[place]), max(highest, numbers[place])
    return highest - lowest


@compiled()
def _rests(course: Any) -> Any:
    """Say whether the mean has moved next to nothing for a tenth of all populations and 20."""
    counts, apart = course.counts, 0.0
    for i in range(course.mean.size):
        apart += (course.mean[i] - course.rested[i]) ** 2
    patience = 20.0 + 0.1 * counts[POPULATIONS]
    since = counts[POPULATIONS] - counts[RESTED]
    if np.sqrt(apart) > TOLERANCES[REST] * np.sqrt(max(1.0, since / patience)):
        counts[RESTED] = counts[POPULATIONS]
        for i in range(course.mean.size):
            course.rested[i] = course.mean[i]
        return False
    return since > patience


@compiled(allocates=True)
def met(course: Any) -> int:
    """Return the criteria that are met after what was learnt last, a bit each, in the order of ``CRITERIA``.

    The range of a population's losses and of the best losses of late (``tolfun``, ``tolfunhist``); a quarter
    of a population equal, twice in a row; steps too small or a thousand times the first; no lower losses, or
    the mean at rest, for long; variances too far apart, or no factor of the covariance; a fifth of a standard
    deviation that changes no parameter.
    """
    rates, counts, losses = numbers_of(Rates, course.rates), course.counts, course.losses
    sigma, n = course.numbers[SIGMA], course.mean.size
    found = 0
    held = min(counts[POPULATIONS], course.recent.size)
    of_late = _range(course.recent, held)
    if _range(losses, losses.size) < TOLERANCES[RANGE] and of_late < TOLERANCES[RANGE]:
        found |= 1 << RANGE
    if held > 9 and of_late < TOLERANCES[RANGE_OF_BEST]:
        found |= 1 << RANGE_OF_BEST
    if counts[FLAT] > TOLERANCES[FLATNESS]:
        found |= 1 << FLATNESS
    small, large, without = True, False, False
    least, most = np.inf, 0.0
    for i in range(n):
        variance = course.covariance[i, i]
        # The least eigenvalue is no larger than the square on the factor's diagonal.
        least, most = min(least, course.factor[i, i] ** 2), max(most, variance)
        deviation = sigma * np.sqrt(variance)
        small = small and deviation < TOLERANCES[SMALL_STEP]
        small = small and sigma * abs(course.path[i]) < TOLERANCES[SMALL_STEP]
        large = large or deviation > rates.first_step * TOLERANCES[LARGE_STEP]
        without = without or course.mean[i] == course.mean[i] + TOLERANCES[NO_EFFECT] * deviation
    if small:
        found |= 1 << SMALL_STEP
    if large:
        found |= 1 << LARGE_STEP
    if _stagnates(course):
        found |= 1 << STAGNATION
    if _rests(course):
        found |= 1 << REST
    if counts[BROKEN] or not most <= TOLERANCES[CONDITION] * least:
        found |= 1 << CONDITION
    if without:
        found |= 1 << NO_EFFECT
    return found


def names_of(found: int, course: Course) -> str:
    """Name the criteria that are met, each with its tolerance."""
    numbers = {**CRITERIA, "tolstagnation": int(Rates(*course.rates.tolist()).stagnation)}
    names = [name for place, name in enumerate(CRITERIA) if found >> place & 1]
    return ", ".join(f"{name}={numbers[name]:g}" for name in names)
