"""Confidence sequence of the median of numbers of which only bounds are known."""

from __future__ import annotations

import math

import numpy as np
from scipy.special import betaincc, betaln

from harness.analysis.probability_sequence import PRIOR
from harness.analysis.times import Truths
from optimizers.objective import Array


def log_capital_above(above: Array, n: Array) -> Array:
    """Return the logarithm of what half of the capital has won, betting against "at most half are above".

    ``int_(1/2)^1 (2 q)^k (2 (1 - q))^(n - k) dBeta(2, 2)(q)``, the part of the beta-binomial mixture that
    bets on more than a half (Darling, Robbins 1967, Confidence sequences for mean, variance, and median, PNAS
    58; Howard, Ramdas 2022, Sequential estimation of quantiles with applications to A/B testing and best-arm
    identification, Bernoulli 28, section 3). For q above 1/2 each bet loses in the mean where fewer than half
    are above, so that numbers may stand at the median itself, as ties do.

    Arguments:
        above: how many of n are, shape (times,).
        n: how many there are.
    """
    a, b = PRIOR + above, PRIOR + n - above
    with np.errstate(divide="ignore"):
        return np.asarray(
            betaln(a, b) - betaln(PRIOR, PRIOR) + np.log(betaincc(a, b, 0.5)) + n * math.log(2.0),
            dtype=np.float64,
        )


def is_above(surely: Truths, level: float = 0.95) -> Truths:
    """Say after each number whether it is known by then that the median is not below a place.

    Arguments:
        surely: whether a number is above the place, shape (n,), in the order in which they were asked for.
        level: probability with which neither this nor the same of the other side is ever said wrongly.

    >>> int(np.argmax(is_above(np.ones(12, dtype=np.bool_)))) + 1
    9
    """
    n = np.arange(1.0, len(surely) + 1.0)
    capital = log_capital_above(np.cumsum(surely, dtype=np.float64), n)
    return np.asarray(np.maximum.accumulate(capital) >= -math.log1p(-level), dtype=np.bool_)


def is_within(least: Array, most: Array, allowed: float, level: float = 0.95) -> Truths:
    """Say after each number whether it is known by then that the median is from -allowed to allowed.

    Arguments:
        least: the least that each number can be, shape (n,), in the order in which they were asked for.
        most: the most; what is not known counts for neither side.
        allowed: above 0.
        level: probability with which no end is ever excluded wrongly.
    """
    return is_above(least > -allowed, level) & is_above(most < allowed, level)


def median_sequence(least: Array, most: Array, level: float = 0.95) -> tuple[float, float]:
    """Return the interval of the median after all numbers; it holds at every number of them.

    From the k-th largest of the least to the k-th smallest of the most, with the smallest k at which
    ``log_capital_above`` excludes that at most half are above.

    Arguments:
        least: the least that each number can be, shape (n,).
        most: the most.
        level: probability with which the intervals of all n hold.

    >>> x = np.arange(20.0)
    >>> median_sequence(x, x), median_sequence(x[:5], x[:5])
    ((3.0, 16.0), (-inf, inf))
    """
    n = len(least)
    counts = np.arange(n + 1.0)
    enough = np.flatnonzero(log_capital_above(counts, np.full(n + 1, float(n))) >= -math.log1p(-level))
    if not len(enough):
        return -math.inf, math.inf
    k = int(enough[0])
    return float(np.sort(least)[n - k]), float(np.sort(most)[k - 1])
