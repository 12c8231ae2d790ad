"""P-values of several tests at once."""

from __future__ import annotations

import numpy as np

from optimizers.objective import Array


def holm(p_values: Array) -> Array:
    """Return Holm's adjusted p-values: the chance of any false finding is at most the level.

    ``max_(j <= i) min((m - j + 1) p_(j), 1)`` of the m values in rising order (Holm 1979, A simple
    sequentially rejective multiple test procedure, Scandinavian Journal of Statistics 6). It presumes nothing
    of how the tests depend on each other, which comparisons of the same runs do.

    Arguments:
        p_values: shape (tests,); NaN is no test, and stays.

    >>> holm(np.array([0.04, 0.01, 0.03])).tolist()
    [0.06, 0.03, 0.06]
    """
    adjusted = np.full(len(p_values), np.nan)
    tests = np.flatnonzero(~np.isnan(p_values))
    order = tests[np.argsort(p_values[tests], kind="stable")]
    steps = np.arange(len(order), 0, -1) * p_values[order]
    adjusted[order] = np.minimum(np.maximum.accumulate(steps), 1.0)
    return adjusted
