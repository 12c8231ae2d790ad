"""Means and their ratios with intervals, for numbers that a publication prints as means."""

from __future__ import annotations

import math

import numpy as np
from scipy import stats

from optimizers.objective import Array

Interval = tuple[float, float]


def mean_of(sample: Array, level: float = 0.95, least: float = -math.inf) -> tuple[float, Interval]:
    """Return a mean with Student's interval; of fewer than two numbers it is anything.

    Arguments:
        sample: shape (n,).
        level: probability of the interval.
        least: what the mean cannot be below, 0 of an error: nor does the interval reach below it.

    >>> mean, (low, high) = mean_of(np.array([1.0, 2.0, 3.0]))
    >>> mean, round(low, 4), round(high, 4)
    (2.0, -0.4841, 4.4841)
    >>> mean_of(np.array([1.0, 2.0, 3.0]), least=0.0)[1][0]
    0.0
    """
    if not len(sample):
        return math.nan, (math.nan, math.nan)
    mean = float(np.mean(sample))
    if len(sample) < 2:
        return mean, (least, math.inf)
    half = float(stats.t.ppf(0.5 + level / 2, len(sample) - 1) * stats.sem(sample))
    return mean, (max(mean - half, least), mean + half)


def ratio_of_means(one: Array, other: Array, level: float = 0.95) -> tuple[float, Interval]:
    """Return the ratio of two means of independent samples, with Fieller's interval.

    The r for which the mean of ``one - r other`` is not told from 0 (Fieller 1954, Some problems in interval
    estimation, Journal of the Royal Statistical Society B 16, section 3), with Welch's degrees of freedom.
    Where the mean of the other is not told from 0 itself, the ratio is anything.

    Arguments:
        one: shape (n,), n > 1.
        other: shape (m,), m > 1.
        level: probability of the interval.

    >>> ratio, (low, high) = ratio_of_means(np.array([10.0, 12.0, 11.0]), np.array([5.0, 6.0, 5.5]))
    >>> ratio, 1.6 < low < 2.0 < high < 2.5
    (2.0, True)
    """
    if min(len(one), len(other)) < 2:
        return math.nan, (-math.inf, math.inf)
    a, b = float(np.mean(one)), float(np.mean(other))
    va, vb = (float(np.var(sample, ddof=1)) / len(sample) for sample in (one, other))
    ratio = a / b if b else math.nan
    spread = va + ratio**2 * vb
    freedom = (
        spread**2 / (va**2 / (len(one) - 1) + (ratio**2 * vb) ** 2 / (len(other) - 1)) if spread > 0 else 1.0
    )
    t = float(stats.t.ppf(0.5 + level / 2, freedom))
    # (a - r b)^2 = t^2 (va + r^2 vb), a quadratic in r.
    leading, discriminant = b * b - t * t * vb, a * a * b * b - (b * b - t * t * vb) * (a * a - t * t * va)
    if not leading > 0 or discriminant < 0:
        return ratio, (-math.inf, math.inf)
    root = math.sqrt(discriminant)
    return ratio, ((a * b - root) / leading, (a * b + root) / leading)
