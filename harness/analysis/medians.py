"""The median with an interval that presumes nothing of the distribution."""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import ArrayLike
from scipy.special import bdtr

from harness.analysis.summary import quantile


def rank_below(n: int, fraction: float, tail: float) -> int:
    """Return the largest k with ``P(Binomial(n, fraction) < k) <= tail``: the rank of a lower end, 0 if none.

    >>> rank_below(10, 0.5, 0.025), rank_below(5, 0.5, 0.025)
    (2, 0)
    """
    below = bdtr(np.arange(n), n, fraction)
    return int(np.sum(below <= tail))


def median_interval(values: ArrayLike, level: float = 0.95) -> tuple[float, tuple[float, float]]:
    """Return the median with its interval of order statistics.

    ``(x_(k), x_(n - k + 1))`` with the largest k for which ``2 P(Binomial(n, 1/2) < k) <= 1 - level``: it
    covers at least with its probability whatever the distribution (Thompson 1936; David, Nagaraja 2003,
    Order statistics, 3rd ed., section 7.1). Of fewer than six values there is none at 0.95, and it has no
    ends.

    Arguments:
        values: shape (n,), n > 0; anything that is not finite counts as +inf.
        level: probability of the interval.

    >>> median_interval([3.0, 1.0, 2.0, 5.0, 4.0, 6.0])
    (3.5, (1.0, 6.0))
    >>> median_interval([3.0, 1.0, 2.0])
    (2.0, (-inf, inf))
    """
    numbers = np.asarray(values, dtype=np.float64)
    ordered = np.sort(np.where(np.isfinite(numbers), numbers, np.inf))
    k = rank_below(len(ordered), 0.5, 0.5 * (1.0 - level))
    interval = (float(ordered[k - 1]), float(ordered[-k])) if k else (-math.inf, math.inf)
    return float(quantile(numbers, 0.5)), interval
