"""Confidence sequence of the mean of bounded numbers, by betting against every other mean."""

from __future__ import annotations

import math

import numpy as np

from harness.analysis.times import Truths
from optimizers.objective import Array

MOST_AT_STAKE = 0.75
"""Part of what is there that one bet may lose, c of the paper, which has 1/2 or 3/4.

Accuracies of two optimizers differ little, and then the bets are as large as this allows: that the mean of
differences is within 0.05 takes 150 pairs at the least at 99.4 % (1/2: 220)."""

HALVINGS = 40


def log_capitals(values: Array, mean: float, level: float = 0.95) -> tuple[Array, Array]:
    """Return the logarithms of what betting for a larger and for a smaller mean has won, each with half.

    The hedged capital ``K+ = 1/2 prod (1 + min(lambda_i, c / m) (x_i - m))`` and
    ``K- = 1/2 prod (1 - min(lambda_i, c / (1 - m)) (x_i - m))`` with the predictable bets
    ``lambda_i = sqrt(2 log(2 / alpha) / (s_(i-1)^2 i log(1 + i)))``, where ``s_i^2`` is
    ``(1/4 + sum_(j <= i) (x_j - mean_j)^2) / (i + 1)`` and ``mean_i`` is ``(1/2 + sum_(j <= i) x_j) / (i +
    1)`` (Waudby-Smith, Ramdas 2024, Estimating means of bounded random variables by betting, Journal of the
    Royal Statistical Society B 86, section 4.2, theorem 3). Either reaches ``1 / alpha`` against the true
    mean with probability at most alpha / 2.

    Arguments:
        values: from 0 to 1, shape (n,), in the order in which they were asked for.
        mean: m, above 0 and below 1.
        level: 1 - alpha.
    """
    steps = np.arange(1, len(values) + 1)
    means = (0.5 + np.cumsum(values)) / (steps + 1)
    variances = (0.25 + np.cumsum((values - means) ** 2)) / (steps + 1)
    known = np.concatenate([[0.25], variances[:-1]])
    bets = np.sqrt(2.0 * math.log(2.0 / (1.0 - level)) / (known * steps * np.log1p(steps)))
    up = np.log1p(np.minimum(bets, MOST_AT_STAKE / mean) * (values - mean))
    down = np.log1p(-np.minimum(bets, MOST_AT_STAKE / (1.0 - mean)) * (values - mean))
    return np.cumsum(up) - math.log(2.0), np.cumsum(down) - math.log(2.0)


def excluded(values: Array, mean: float, level: float = 0.95) -> tuple[Truths, Truths]:
    """Say after each value whether a mean, and all below it, or all above it, have been excluded so far.

    Arguments:
        values: from 0 to 1, shape (n,), in the order in which they were asked for.
        mean: m, above 0 and below 1.
        level: probability with which no true mean is ever excluded.

    >>> below, above = excluded(np.full(40, 0.75), 0.5)
    >>> int(np.argmax(below)) + 1, bool(above.any())
    (12, False)
    """
    threshold = -math.log1p(-level)
    up, down = log_capitals(values, mean, level)
    return np.maximum.accumulate(up) >= threshold, np.maximum.accumulate(down) >= threshold


def betting_sequence(values: Array, level: float = 0.95) -> tuple[float, float]:
    """Return what is left of the means after all values, and all intervals before.

    ``K+`` falls and ``K-`` rises with the mean that is bet against, so that it is an interval, whose ends are
    found by bisection. It is narrow where the values vary little, whatever their bounds.

    Arguments:
        values: from 0 to 1, shape (n,), in the order in which they were asked for.
        level: probability with which the intervals of all n hold.

    >>> betting_sequence(np.empty(0))
    (0.0, 1.0)
    """
    found = []
    for side, outer in enumerate((0.0, 1.0)):
        outside, inside = outer, 1.0 - outer
        for _ in range(HALVINGS):
            middle = 0.5 * (outside + inside)
            if len(values) and excluded(values, middle, level)[side][-1]:
                outside = middle
            else:
                inside = middle
        found.append(outside)
    low, high = found
    # Both may be excluded where the values are no sample of one distribution.
    return (low, high) if low <= high else (high, low)
