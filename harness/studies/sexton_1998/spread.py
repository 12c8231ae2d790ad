"""What a standard deviation can be, given other numbers of the same sample."""

from __future__ import annotations

import math


def spread_between(least: float, mean: float, n: int) -> tuple[float, float]:
    """Return the smallest and the largest standard deviation of n numbers with this minimum and mean.

    The squares of the deviations sum to the least where all numbers but the minimum are equal, and to the
    most where all but one are the minimum: ``s = (m - a) sqrt(n) / (n - 1)`` and ``s = (m - a) sqrt(n)``,
    with n - 1 in the denominator of the variance.

    Arguments:
        least: the minimum a.
        mean: the mean m, not below it.
        n: how many numbers, 2 or more.

    >>> spread_between(0.0, 1.0, 2)
    (1.4142135623730951, 1.4142135623730951)
    """
    above = (mean - least) * math.sqrt(n)
    return above / (n - 1), above
