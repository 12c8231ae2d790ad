"""Intervals of a proportion."""

from __future__ import annotations

import math

import numpy as np
from scipy.special import ndtri, stdtrit

from optimizers.objective import Array


def normal_quantile(level: float) -> float:
    """Return the number that a standard normal deviate exceeds in size with probability ``1 - level``.

    >>> round(normal_quantile(0.95), 6)
    1.959964
    """
    return float(ndtri(0.5 + 0.5 * level))


def wilson_interval(count: float, n: float, level: float = 0.95) -> tuple[float, float]:
    """Return Wilson's score interval of a proportion.

    The p with ``|count / n - p| <= z sqrt(p (1 - p) / n)``; its ends are those of the quadratic (Wilson 1927,
    Probable inference, Journal of the American Statistical Association 22; recommended for small n by Brown,
    Cai, DasGupta 2001, Interval estimation for a binomial proportion, equation 4).

    Arguments:
        count: successes, from 0 to n; a half where two are tied.
        n: trials; of none the interval is all there is.
        level: probability of the interval.

    >>> low, high = wilson_interval(0, 10)
    >>> low, round(high, 6)
    (0.0, 0.277533)
    """
    return _score_interval(count / n, n, normal_quantile(level)) if n > 0 else (0.0, 1.0)


def _score_interval(share: float, n: float, z: float) -> tuple[float, float]:
    centre = (share + z * z / (2 * n)) / (1 + z * z / n)
    half = z * math.sqrt(share * (1 - share) / n + z * z / (4 * n * n)) / (1 + z * z / n)
    # The ends at 0 and 1 are exact; rounding would leave them at 1e-17.
    low = 0.0 if share == 0 else max(centre - half, 0.0)
    high = 1.0 if share == 1 else min(centre + half, 1.0)
    return min(low, share), max(high, share)


def share_interval(shares: Array, parts: int, level: float = 0.95) -> tuple[float, tuple[float, float]]:
    """Return the mean of shares from 0 to 1, one a run, with its interval.

    Wilson's interval with as many trials as would give a proportion the variance that the mean of the shares
    has, ``m (1 - m) / (s^2 / n)``, and Student's t for n - 1 (Korn, Graubard 1998, Confidence intervals for
    proportions with small expected number of positive counts, Survey Methodology 24; Wilson's in place of
    their exact one). There are no more trials than parts in all; where the mean is 0 or 1, no more than runs.

    Arguments:
        shares: shape (n,), n > 0.
        parts: of how many parts, such as targets, each is a share.
        level: probability of the interval.

    >>> mean, (low, high) = share_interval(np.array([0.0, 1.0, 1.0, 0.5]), 2)
    >>> mean, 0 < low < mean < high < 1
    (0.625, True)
    """
    n, mean = len(shares), min(float(np.mean(shares)), 1.0)
    trials = float(n)
    if n > 1 and 0 < mean < 1:
        variance = float(np.var(shares, ddof=1)) / n
        most = float(n * parts)
        trials = min(mean * (1 - mean) / variance, most) if variance > 0 else most
    deviate = float(stdtrit(n - 1, 0.5 + 0.5 * level)) if n > 1 else normal_quantile(level)
    return mean, _score_interval(mean, trials, deviate)
