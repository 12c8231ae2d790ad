"""Wilcoxon's signed ranks: the test, and the centre of symmetry with its interval."""

from __future__ import annotations

import functools
import math

import numpy as np
from numpy.typing import NDArray
from scipy.special import ndtr, ndtri

from optimizers.objective import Array

MOST_EXACT = 200
"""Pairs up to which the distribution is worked out; of a thousand it took 12 seconds."""


def midranks(values: Array) -> Array:
    """Return the ranks of numbers from 1, ties at the mean of their ranks.

    >>> midranks(np.array([7.0, 3.0, 7.0, np.inf])).tolist()
    [2.5, 1.0, 2.5, 4.0]
    """
    _, place, counts = np.unique(values, return_inverse=True, return_counts=True)
    return np.asarray(np.cumsum(counts) - 0.5 * (counts - 1), dtype=np.float64)[place]


def signed_rank_distribution(ranks: NDArray[np.int64]) -> Array:
    """Return the probabilities of every sum of a random subset of ranks, each in it with probability 1/2.

    Arguments:
        ranks: whole numbers, shape (n,); midranks doubled.

    Returns:
        Shape (sum of the ranks + 1,).

    >>> signed_rank_distribution(np.array([1, 2])).tolist()
    [0.25, 0.25, 0.25, 0.25]
    """
    found = np.ones(1)
    for rank in ranks:
        longer = np.zeros(len(found) + int(rank))
        longer[: len(found)] += 0.5 * found
        longer[int(rank) :] += 0.5 * found
        found = longer
    return found


def signed_rank_test(differences: Array) -> float:
    """Return the exact two-sided p-value of Wilcoxon's signed-rank test.

    The distribution is that of all 2^n signs of the ranks found, ties at their mean rank; of more than 200
    it is the normal one with a correction for continuity, which is within 0.001 of it there. Zeros are ranked
    and then left out of the sum (Pratt 1959, Remarks on zeros and ties in the Wilcoxon signed rank
    procedures, Journal of the American Statistical Association 54).

    Arguments:
        differences: one a pair, shape (n,); +inf and -inf have the highest ranks, tied.

    >>> signed_rank_test(np.array([1.0, 2.0, 3.0, 4.0, 5.0, -0.5])), signed_rank_test(np.zeros(3))
    (0.0625, 1.0)
    """
    ranks = np.rint(2 * midranks(np.abs(differences))).astype(np.int64)
    ranks, positive = ranks[differences != 0], differences[differences != 0] > 0
    place = int(ranks[positive].sum())
    if len(ranks) > MOST_EXACT:
        # Doubled ranks that are not tied have sums two apart.
        apart = max(abs(place - 0.5 * float(ranks.sum())) - 1.0, 0.0)
        return min(2.0 * float(ndtr(-apart / (0.5 * math.sqrt(float(np.square(ranks).sum()))))), 1.0)
    chances = signed_rank_distribution(ranks)
    tail = min(float(chances[: place + 1].sum()), float(chances[place:].sum()))
    return min(2.0 * tail, 1.0)


def hodges_lehmann(
    least: Array, most: Array, level: float = 0.95
) -> tuple[tuple[float, float], tuple[float, float]]:
    """Return the centre of numbers of which only bounds are known, and its interval, both as bounds.

    The centre is the median of the means of every two, a number with itself included (Hodges, Lehmann 1963).
    Its interval is from the k-th of them to the k-th from above, with the largest k for which
    ``2 P(T < k) <= 1 - level`` of the signed-rank sum T (Tukey; Hollander, Wolfe, Chicken 2014, Nonparametric
    statistical methods, 3rd ed., sections 3.2 and 3.3). It presumes that the numbers are symmetric about
    their centre. Both rise with every number, so that the least numbers give the lowest value that they can
    have, and the largest the highest.

    Arguments:
        least: shape (n,), n > 0; -inf where nothing is known.
        most: not below it; +inf where nothing is known.
        level: probability of the interval; where n is too small for it, it has no ends.

    Returns:
        The lowest and the highest value of the centre, and the ends of the interval.

    >>> x = np.array([1.0, 2.0, 4.0])
    >>> hodges_lehmann(x, x)
    ((2.25, 2.25), (-inf, inf))
    """
    n = len(least)
    k = _rank_of_end(n, 0.5 * (1.0 - level))
    low = high = _walsh_means(least, -math.inf)
    if not (np.array_equal(least, most) and np.isfinite(least).all()):
        high = _walsh_means(most, math.inf)
    centre = float(_middle(low)), float(_middle(high))
    return centre, (float(low[k - 1]), float(high[-k])) if k else (-math.inf, math.inf)


@functools.lru_cache(maxsize=64)
def _rank_of_end(n: int, tail: float) -> int:
    """Return the largest k with ``P(T < k) <= tail`` of the signed-rank sum of n."""
    if n > MOST_EXACT:
        # Hollander, Wolfe, Chicken, equation 3.26.
        mean, deviation = n * (n + 1) / 4, math.sqrt(n * (n + 1) * (2 * n + 1) / 24)
        return math.floor(mean + float(ndtri(tail)) * deviation + 0.5)
    return int(np.sum(np.cumsum(signed_rank_distribution(np.arange(1, n + 1))) <= tail))


def _walsh_means(numbers: Array, opposite: float) -> Array:
    """Return the means of every two in rising order; that of -inf and +inf is ``opposite``."""
    first, second = _every_two(len(numbers))
    with np.errstate(invalid="ignore"):
        means = 0.5 * numbers[first] + 0.5 * numbers[second]
    return np.sort(np.where(np.isnan(means), opposite, means))


@functools.lru_cache(maxsize=8)
def _every_two(n: int) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    # Of ten pairs the places took a quarter of the time of a verdict.
    return np.triu_indices(n)


def _middle(ordered: Array) -> float:
    """Return the median of ordered numbers, some of them infinite."""
    lower, upper = float(ordered[(len(ordered) - 1) // 2]), float(ordered[len(ordered) // 2])
    return lower if lower == upper else 0.5 * lower + 0.5 * upper
