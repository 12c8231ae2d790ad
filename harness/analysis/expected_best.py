"""What the best of k tried configurations is expected to be, from one search over n of them."""

from __future__ import annotations

import numpy as np

from optimizers.objective import Array


def chances_of_best(n: int, k: int) -> Array:
    """Return the chance of each rank to be the best of k configurations that are drawn out of n.

    The best of the k is the one of rank i where i is drawn and the other k - 1 are of those below it:
    ``C(n - i, k - 1) / C(n, k)``, i counted from 1. Draws are without replacement, which makes the
    expectation unbiased (Tang et al. 2020, Showing your work doesn't always work, ACL, section 3); with
    replacement, as in Dodge et al. (2019, Show your work, EMNLP, section 3.1), the same configuration counts
    several times and the curve is too low.

    Arguments:
        n: configurations that were tried.
        k: how many are drawn, from 1 to n.

    Returns:
        Chances by rank, the best first, shape (n,); they sum to 1.

    >>> chances_of_best(4, 2).round(6).tolist()
    [0.5, 0.333333, 0.166667, 0.0]
    """
    # Each chance is the one before, times what of the others is still below.
    ranks = np.arange(1, n)
    return k / n * np.append(1.0, np.cumprod((n - ranks - (k - 1)) / (n - ranks)))


def expected_best(values: Array) -> Array:
    """Return what a quantity of the best of k configurations is expected to be, for k from 1 to n.

    Arguments:
        values: any quantity of the configurations, sorted by the rule that says which is best, best first,
            shape (n,).

    >>> expected_best(np.array([1.0, 2.0, 6.0])).round(9).tolist()
    [3.0, 1.333333333, 1.0]
    """
    with np.errstate(invalid="ignore"):
        shares = (chances_of_best(values.size, k) * values for k in range(1, values.size + 1))
        # What cannot be drawn has no part, even where it is infinite.
        return np.array([np.nansum(share) for share in shares])
