"""Quasi-random search: the points of a Halton sequence, all of them known beforehand."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from harness.tuning.sampler import Batch, Options, Search, point
from optimizers.search_space import SearchSpace


def quasi_random(
    space: SearchSpace, declared: Sequence[Options], trials: int, rng: np.random.Generator
) -> Search:
    """Try the declared configurations, then points that fill the space evenly.

    A scrambled Halton sequence (Owen 2017, A randomized Halton algorithm in R). It does better than random
    points at the same number of trials and than a grid (Bousquet et al. 2017, Critical hyper-parameters: no
    random, no cry; Bergstra, Bengio 2012), and the first points are the same whatever follows: more trials go
    on where fewer have ended. Without a space the declared configuration is tried again and again.

    Arguments:
        space: see ``harness.tuning.sampler.Sampler``, as for the others.
        declared: the first ones.
        trials: how many in all.
        rng: scrambles.

    >>> from optimizers import Adam
    >>> search = quasi_random(Adam.search_space, [], 2, np.random.default_rng(0))
    >>> [sorted(options) for options in next(search).configurations]
    [['decay_1', 'decay_2', 'learning_rate'], ['decay_1', 'decay_2', 'learning_rate']]
    """
    first = list(declared)
    if not space:
        yield Batch([dict(options) for options in (first * trials)[:trials]])
        return
    # Imported here: it takes as long as all else that a notebook imports, and most runs do without.
    from scipy.stats import qmc

    places = qmc.Halton(len(space), scramble=True, seed=rng).random(trials - len(first))
    yield Batch([*first, *(point(space, place) for place in places.tolist())])
