"""What few runs say of a row: rows of ten drawn again and again, and medians with their ratio."""

from __future__ import annotations

import math

import numpy as np

from harness.studies.estimates import Interval
from optimizers.objective import Array

DRAWS = 10_000
ROW = 10
"""Runs of a row of the tables."""


def means_of_rows(steps: Array, n: int, rng: np.random.Generator, draws: int = DRAWS) -> Array:
    """Return the means that rows of ten runs would have, each drawn with replacement from the runs there are.

    As in the tables a mean is over the runs of a row that solved it.

    Arguments:
        steps: of the runs that solved it, shape (k,).
        n: all runs, n >= k.
        rng: draws the rows.
        draws: how many rows.

    Returns:
        Shape (draws,), NaN for a row in which no run solved it.

    >>> means_of_rows(np.array([7.0, 7.0]), 2, np.random.default_rng(0), draws=3).tolist()
    [7.0, 7.0, 7.0]
    """
    every = np.append(steps, np.full(n - len(steps), np.nan))
    rows = np.ma.masked_invalid(every[rng.integers(n, size=(draws, ROW))])
    return np.asarray(rows.mean(axis=1).filled(np.nan), dtype=np.float64)


def ratio_of_medians(
    one: Array, other: Array, rng: np.random.Generator, level: float = 0.95, draws: int = 2_000
) -> tuple[float, Interval]:
    """Return the ratio of two medians with the interval of the bootstrap's percentiles.

    Each sample is drawn again by itself (Efron, Tibshirani 1993, An introduction to the bootstrap, section
    13.3).

    Arguments:
        one: shape (n,).
        other: shape (m,), of numbers above 0.
        rng: draws the samples.
        level: probability of the interval.
        draws: samples.

    Returns:
        NaN where one of them is empty, for it has no median.

    >>> ratio_of_medians(np.full(9, 6.0), np.full(9, 2.0), np.random.default_rng(0), draws=10)
    (3.0, (3.0, 3.0))
    """
    if not (len(one) and len(other)):
        return math.nan, (math.nan, math.nan)
    medians = (
        np.median(sample[rng.integers(len(sample), size=(draws, len(sample)))], axis=1)
        for sample in (one, other)
    )
    ratios = np.divide(*medians)
    low, high = np.quantile(ratios, (0.5 - level / 2, 0.5 + level / 2))
    return float(np.median(one) / np.median(other)), (float(low), float(high))
