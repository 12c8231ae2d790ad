"""Intervals of a proportion."""

from __future__ import annotations

import math

from scipy.special import ndtri


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
    if n <= 0:
        return 0.0, 1.0
    z, share = normal_quantile(level), count / n
    centre = (share + z * z / (2 * n)) / (1 + z * z / n)
    half = z * math.sqrt(share * (1 - share) / n + z * z / (4 * n * n)) / (1 + z * z / n)
    # The ends at 0 and 1 are exact; rounding would leave them at 1e-17.
    low = 0.0 if share == 0 else max(centre - half, 0.0)
    high = 1.0 if share == 1 else min(centre + half, 1.0)
    return min(low, share), max(high, share)
