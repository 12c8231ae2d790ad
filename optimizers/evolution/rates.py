"""The constants of a search by CMA-ES: recombination weights and rates of learning."""

from __future__ import annotations

import math
from typing import NamedTuple

import numpy as np

from optimizers.objective import Array


class Rates(NamedTuple):
    """What the adaptation reads, a number each; the symbols are those of Hansen (2016), arXiv:1604.00772."""

    step_path: float
    """c_sigma, equation (55)."""
    damping: float
    """d_sigma, equation (55)."""
    path: float
    """c_c, equation (56)."""
    rank_one: float
    """c_1, equation (57)."""
    rank_many: float
    """c_mu, equation (58)."""
    parents: float
    """mu_eff, equation (8)."""
    length: float
    """Expected length of a vector of n standard normal numbers."""
    gap: float
    """Populations for which one factor of the covariance does, appendix B.2."""
    first_step: float
    """sigma before the first population."""
    stagnation: float
    """Populations that may pass without progress."""


def recombination_weights(n: int, candidates: int) -> Array:
    """Return the weights of the candidates of a population from best to worst, shape (P,).

    Equations (49) to (53): positive ones for the better half, which sum to 1, negative ones for the others,
    by which the covariance unlearns.

    >>> weights = recombination_weights(5, 8)
    >>> round(float(weights[:4].sum()), 12), bool((weights[4:] < 0).all())
    (1.0, True)
    """
    raw = np.array([math.log((candidates + 1) / 2) - math.log(place) for place in range(1, candidates + 1)])
    better = raw > 0.0
    weights: Array = raw / raw[better].sum()
    parents = 1.0 / float((weights[better] ** 2).sum())
    worse = weights < 0.0
    sum_of_worse = float(weights[worse].sum())
    unlearnt = sum_of_worse**2 / float((weights[worse] ** 2).sum())
    one, many = covariance_rates(n, candidates, parents)
    most = min(1.0 + one / many, (1.0 - one - many) / (n * many), 1.0 + 2.0 * unlearnt / (parents + 2.0))
    weights[worse] *= most / -sum_of_worse
    return weights


def covariance_rates(n: int, candidates: int, parents: float) -> tuple[float, float]:
    """Return c_1 and c_mu, equations (57) and (58); c_1 is smaller in populations below 6, as in pycma."""
    one = min(1.0, candidates / 6.0) * 2.0 / ((n + 1.3) ** 2 + parents)
    many = 2.0 * (0.25 + parents + 1.0 / parents - 2.0) / ((n + 2.0) ** 2 + parents)
    return one, min(1.0 - one, many)


def rates_of(n: int, weights: Array, step: float) -> Rates:
    """Return the rates for n parameters, as pycma 4 has them.

    The damping is equation (55) with its square root multiplied by ``3 (1 - 0.5^(n/9))``, or by 1 where that
    is less: large populations change their step more slowly.
    """
    candidates = weights.size
    parents = 1.0 / float((weights[weights > 0.0] ** 2).sum())
    one, many = covariance_rates(n, candidates, parents)
    step_path = min(0.5, (parents + 2.0) / (n + parents + 3.0))
    slower = max(1.0, 3.0 * (1.0 - 0.5 ** (n / 9.0)))
    return Rates(
        step_path=step_path,
        damping=1.0 + step_path + 2.0 * max(0.0, slower * math.sqrt((parents - 1.0) / (n + 1.0)) - 1.0),
        path=(4.0 + parents / n) / (n + 4.0 + 2.0 * parents / n),
        rank_one=one,
        rank_many=many,
        parents=parents,
        length=math.sqrt(2.0) * math.exp(math.lgamma((n + 1) / 2) - math.lgamma(n / 2)),
        gap=1.0 / (one + many) / n / 10.0,
        first_step=step,
        stagnation=float(int(100.0 + 100.0 * n**1.5 / candidates)),
    )
