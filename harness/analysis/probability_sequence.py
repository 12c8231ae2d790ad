"""Confidence sequences of a probability: intervals that hold at every number of pairs at once."""

from __future__ import annotations

import functools
import math
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.special import betaln, logsumexp, roots_jacobi, xlog1py, xlogy

from optimizers.objective import Array

PRIOR = 2.0
"""Both parameters of the mixing distribution, Beta(2, 2).

It never touches validity, only how soon a sequence is narrow. Of 1/2, 1, 2, 3, 5, 10 and 20, 2 decides 70:30
soonest (52 pairs in the mean at 95 %; 58, 55, 52, 52, 54, 60, 68). A wider one is sooner where one side
always wins (7 pairs in place of 9) and later where both are equal (385 pairs in place of 329); narrower ones
are the other way round (20 and 264)."""

NODES = 128
"""Points of the quadrature where there are ties: the mixture of 2,000 pairs is right to 1e-6."""

LOOKS_APART = 50
"""Looks at n pairs are n / 50 pairs apart or fewer."""

HALVINGS = 24
"""Steps of the bisection for an end, which leave 1e-7; the outer side is taken."""


def log_capital(probability: Any, wins: Array, ties: Array, losses: Array) -> Array:
    """Return the logarithm of what betting against a probability of being ahead has won, a tie as a half.

    Without ties it is the beta-binomial mixture ``B(2 + w, 2 + l) / B(2, 2) / (p^w (1 - p)^l)`` (Robbins
    1970, Statistical methods related to the law of the iterated logarithm, Annals of Mathematical Statistics
    41, section 3; Howard, Ramdas, McAuliffe, Sekhon 2021, Time-uniform, nonparametric, nonasymptotic
    confidence sequences, Annals of Statistics 49, proposition 7, of a fixed prior). A tie multiplies the
    capital that is put on q by ``(q / p + (1 - q) / (1 - p)) / 2``: as the other two factors it is ``1 +
    lambda (x - p)`` with ``lambda = (q - p) / (p (1 - p))``, a fair bet on any x from 0 to 1 whose mean is p
    (Waudby-Smith, Ramdas 2024, Estimating means of bounded random variables by betting, Journal of the Royal
    Statistical Society B 86, section 4). At p = 1/2 a tie leaves the capital as it is, which is the sign test
    of the untied pairs. With probability at most alpha the capital against the truth ever reaches ``1 /
    alpha`` (Ville 1939).

    Arguments:
        probability: p, above 0 and below 1; one, or one for each count.
        wins: how often the first was ahead, of any shape.
        ties: how often neither was.
        losses: how often the other was.

    Returns:
        Of the same shape.

    >>> counts = (np.array([9.0]), np.array([0.0]), np.array([0.0]))
    >>> bool(log_capital(0.5, *counts)[0] > math.log(20)), bool(log_capital(0.5, *counts)[0] > math.log(30))
    (True, False)
    """
    p = np.asarray(probability, dtype=np.float64)
    return _log_capital(p, wins, ties, losses, _log_mixture(wins, ties, losses))


def _log_mixture(wins: Array, ties: Array, losses: Array) -> Array:
    """Return what of the capital does not depend on p: one number, or with ties one for each node."""
    if not ties.any():
        return np.asarray(betaln(PRIOR + wins, PRIOR + losses) - betaln(PRIOR, PRIOR), dtype=np.float64)
    q, weights = _mixing()
    parts = xlogy(wins[..., None], q) + xlog1py(losses[..., None], -q) + np.log(weights)
    return np.asarray(parts, dtype=np.float64)


def _log_capital(p: Array, wins: Array, ties: Array, losses: Array, mixture: Array) -> Array:
    bets = -xlogy(wins, p) - xlog1py(losses, -p)
    if ties.any():
        q, _ = _mixing()
        # Of a tie on q: the mean of what a win and a loss would have brought.
        tie = np.log(0.5 * (q / p[..., None] + (1.0 - q) / (1.0 - p[..., None])))
        mixture = logsumexp(mixture + ties[..., None] * tie, axis=-1)
    return np.asarray(mixture + bets, dtype=np.float64)


@functools.cache
def _mixing() -> tuple[Array, Array]:
    """Return points and weights of Beta(2, 2): a mixing distribution itself, whatever the number of pairs."""
    nodes, weights = roots_jacobi(NODES, PRIOR - 1.0, PRIOR - 1.0)
    return 0.5 * (nodes + 1.0), weights / weights.sum()


def counted(leads: Array) -> tuple[Array, Array, Array]:
    """Return how often there was a win, a tie and a loss after each pair.

    Arguments:
        leads: 1, 1/2 or 0 a pair, shape (pairs,), in the order in which they were asked for.
    """
    wins, ties, losses = (np.cumsum(leads == value, dtype=np.float64) for value in (1.0, 0.5, 0.0))
    return wins, ties, losses


def looks(n: int) -> NDArray[np.int64]:
    """Return after how many of n pairs what is known is looked at, every 50th part or closer.

    Each up to 100, multiples of 2 up to 250, of 5 up to 500, of 10 up to 1,000, and so on, whatever n. A
    sequence holds at all numbers, so that it may be looked at when one likes; with 2,000 pairs this takes a
    sixth of the time.

    >>> looks(257)[[0, 99, 100, -3, -2, -1]].tolist()
    [1, 100, 102, 248, 250, 255]
    """
    numbers, steps = np.arange(1, n + 1), np.ones(n, dtype=np.int64)
    for step in (factor * 10**power for power in range(5) for factor in (1, 2, 5)):
        steps[numbers >= LOOKS_APART * step] = step
    return np.asarray(numbers[numbers % steps == 0], dtype=np.int64)


def probability_sequence(
    leads: Array, level: float = 0.95, at: NDArray[np.int64] | None = None
) -> tuple[Array, Array]:
    """Return the interval of the probability of being ahead, a tie as a half, after each pair.

    What the capital does not exclude, at any number of pairs up to there: at the true probability it stays
    below ``1 / (1 - level)`` at all times with that level, so that whoever stops when he likes is wrong as
    seldom. Where nothing is left, which says that the pairs are no sample of one distribution, both ends are
    the last that was.

    Arguments:
        leads: 1, 1/2 or 0 a pair, shape (pairs,), in the order in which they were asked for.
        level: probability with which all intervals hold.
        at: after how many pairs, rising, shape (times,); None is after each.

    Returns:
        The lower and the upper ends, each of shape (times,).

    >>> low, high = probability_sequence(np.ones(12))
    >>> int(np.argmax(low > 0.5)) + 1, float(high[-1])
    (9, 1.0)
    """
    counts = counted(leads)
    wins, ties, losses = counts if at is None else (count[at - 1] for count in counts)
    low, high = ends(wins, ties, losses, level)
    low, high = np.maximum.accumulate(low), np.minimum.accumulate(high)
    crossed = low > high
    if crossed.any():
        first = int(np.argmax(crossed))
        low[first:], high[first:] = low[first - 1], high[first - 1]
    return low, high


def ends(wins: Array, ties: Array, losses: Array, level: float = 0.95) -> tuple[Array, Array]:
    """Return the ends of what the capital does not exclude at each of some counts, each for itself.

    The logarithm of the capital is convex in the probability, and at the mean it is 0 at the most, so that
    there is one end on each side of that.

    Arguments:
        wins: how often the first was ahead, shape (times,).
        ties: how often neither was.
        losses: how often the other was.
        level: probability of the interval.

    >>> [round(float(end[0]), 4) for end in ends(np.array([14.0]), np.array([0.0]), np.array([6.0]))]
    [0.381, 0.9211]
    """
    mean = (wins + 0.5 * ties) / np.maximum(wins + ties + losses, 1.0)
    mixture = _log_mixture(wins, ties, losses)
    threshold = -math.log1p(-level)
    found = []
    for outer in (0.0, 1.0):
        outside, inside = np.full(len(mean), outer), mean.copy()
        for _ in range(HALVINGS):
            middle = 0.5 * (outside + inside)
            # A mean at an end of the line is its own end, where no bet is.
            safe = np.clip(middle, 1e-12, 1.0 - 1e-12)
            excluded = _log_capital(safe, wins, ties, losses, mixture) >= threshold
            outside, inside = np.where(excluded, middle, outside), np.where(excluded, inside, middle)
        found.append(np.where(mean == outer, outer, outside))
    return found[0], found[1]
