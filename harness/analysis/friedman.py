"""Ranks in blocks: Friedman's test that all are alike, and Nemenyi's of which are not."""

from __future__ import annotations

import math

import numpy as np
from scipy.special import chdtrc, ndtr, stdtrit

from optimizers.objective import Array


def friedman_test(ranks: Array) -> tuple[float, float]:
    """Return Friedman's chi-square, corrected for ties, and its p-value.

    ``Q = (k - 1) sum_j (R_j - b (k + 1) / 2)^2 / sum_ij (r_ij - (k + 1) / 2)^2`` (Conover 1999, Practical
    nonparametric statistics, 3rd ed., section 5.8, equation 4), chi-square with k - 1 degrees of freedom.

    Arguments:
        ranks: of each block, shape (b, k), ties at their mean rank.

    >>> friedman_test(np.array([[1.0, 2.0], [1.0, 2.0], [2.0, 1.0], [1.5, 1.5]]))[0]
    0.3333333333333333
    """
    k = ranks.shape[1]
    centred = ranks - 0.5 * (k + 1)
    spread = float(np.square(centred).sum())
    statistic = (k - 1) * float(np.square(centred.sum(axis=0)).sum()) / spread if spread else 0.0
    return statistic, float(chdtrc(k - 1, statistic))


def studentized_range_quantile(level: float, k: int) -> float:
    """Return the quantile of the range of k standard normal deviates, such as 2.343 sqrt(2) for 3 at 0.95.

    ``P(R <= q) = k int phi(z) (Phi(z) - Phi(z - q))^(k - 1) dz``: the studentized range for infinitely many
    degrees of freedom. (``scipy.stats.studentized_range`` has it too, and takes a second.)

    >>> round(studentized_range_quantile(0.95, 3), 3)
    3.314
    """
    # At the top of the file they would take a tenth of a second of every command.
    from scipy.integrate import quad
    from scipy.optimize import brentq

    def probability(q: float) -> float:
        def density(z: float) -> float:
            return math.exp(-0.5 * z * z) * float(ndtr(z) - ndtr(z - q)) ** (k - 1)

        return float(k / math.sqrt(2 * math.pi) * quad(density, -9.0, 9.0 + q, limit=200)[0])

    return float(brentq(lambda q: probability(q) - level, 1e-9, 60.0, xtol=1e-10))


def mean_rank_interval(ranks: Array, k: int, level: float = 0.95) -> tuple[float, tuple[float, float]]:
    """Return the mean of the ranks of one over blocks with Student's interval, within 1 and k.

    Arguments:
        ranks: shape (b,), b > 1.
        k: how many were ranked.
        level: probability of the interval.

    >>> mean_rank_interval(np.array([1.0, 2.0, 1.0, 2.0]), 2)[0]
    1.5
    """
    blocks, mean = len(ranks), float(np.mean(ranks))
    half = float(stdtrit(blocks - 1, 0.5 + 0.5 * level)) * float(np.std(ranks, ddof=1)) / math.sqrt(blocks)
    return mean, (min(max(mean - half, 1.0), mean), max(min(mean + half, float(k)), mean))


def critical_difference(blocks: int, k: int, level: float = 0.95) -> float:
    """Return Nemenyi's critical difference of mean ranks: ``q sqrt(k (k + 1) / (12 b))``.

    (Demsar 2006, Statistical comparisons of classifiers over multiple data sets, Journal of Machine Learning
    Research 7, section 3.2.2, where ``q / sqrt(2)`` is tabulated.)

    >>> round(critical_difference(14, 4), 2)
    1.25
    """
    return studentized_range_quantile(level, k) * math.sqrt(k * (k + 1) / (12 * blocks))


def letters(mean_ranks: Array, difference: float) -> list[str]:
    """Return letters for each: two that share one are not told apart by a critical difference.

    >>> letters(np.array([1.0, 1.5, 3.0, 2.2]), 1.0)
    ['a', 'ab', 'c', 'bc']
    """
    order = np.argsort(mean_ranks, kind="stable")
    spans: list[tuple[int, int]] = []
    for first in range(len(order)):
        last = max(
            place
            for place in range(first, len(order))
            if mean_ranks[order[place]] - mean_ranks[order[first]] < difference or place == first
        )
        if not spans or last > spans[-1][1]:
            spans.append((first, last))
    found = [""] * len(order)
    for number, (first, last) in enumerate(spans):
        for place in range(first, last + 1):
            found[order[place]] += _letter(number)
    return found


def _letter(number: int) -> str:
    """Return a letter; beyond 26 with a number, for nothing forbids as many groups."""
    return chr(ord("a") + number % 26) + (str(number // 26) if number >= 26 else "")
