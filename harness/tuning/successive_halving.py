"""Successive halving: many configurations at a ninth of the budget, the better third of them goes on."""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np

from harness.tuning.quasi_random import quasi_random
from harness.tuning.sampler import Batch, Options, Search
from optimizers.search_space import SearchSpace

PARTS = (1 / 9, 1 / 3, 1.0)
"""Budgets of the rounds, as parts of the experiment's."""

KEPT = 3
"""One in so many goes on."""


def successive_halving(
    space: SearchSpace, declared: Sequence[Options], trials: int, rng: np.random.Generator
) -> Search:
    """Try more configurations at a part of the budget, and give the whole of it to the best alone.

    Jamieson, Talwalkar (2016), Non-stochastic best arm identification and hyperparameter optimization,
    AISTATS, with rounds by a factor of 3 as in Li et al. (2018), Hyperband, JMLR 18. A run with more budget
    goes on with the same curve, so that what it has spent before is spent once. The declared configurations
    are always among those that go on.

    Arguments:
        space: see ``harness.tuning.sampler.Sampler``.
        declared: the first ones.
        trials: whole budgets that all rounds together may spend.
        rng: draws the configurations.
    """
    if not space:
        yield from quasi_random(space, declared, trials, rng)
        return
    sizes = rounds(trials, len(declared))
    tried = list(next(quasi_random(space, declared, sizes[0], rng)).configurations)
    for size, part in zip(sizes, PARTS, strict=True):
        del tried[size:]
        scores = yield Batch(tried, part)
        # The declared ones stand first and stay there; of the others the better ones come first, and of two
        # that are equal the earlier one.
        best = sorted(range(len(declared), len(tried)), key=lambda place: scores[place])
        tried = [*tried[: len(declared)], *(tried[place] for place in best)]


def rounds(trials: int, declared: int) -> tuple[int, ...]:
    """Return the most configurations of each round that a number of whole budgets allows.

    >>> rounds(30, 1), spent(rounds(30, 1)) <= 30
    ((114, 38, 13), True)
    """
    found = (declared,) * len(PARTS)
    for first in range(declared + 1, trials * KEPT ** (len(PARTS) - 1) + 1):
        sizes = tuple(max(declared + 1, math.ceil(first / KEPT**place)) for place in range(len(PARTS)))
        if spent(sizes) > trials + 1e-9:
            break
        found = sizes
    return found


def spent(sizes: Sequence[int]) -> float:
    """Return the whole budgets that rounds spend: each pays for what its part is beyond the last one's."""
    steps = np.diff((0.0, *PARTS))
    return float(np.dot(steps, sizes))
