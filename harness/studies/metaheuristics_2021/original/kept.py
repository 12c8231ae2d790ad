"""What is made of the runs: the worst left out as they were, means of the others, and what they have cost."""

from __future__ import annotations

import math

import numpy as np
import pandas as pd
from scipy import stats

from harness.studies.estimates import Interval
from optimizers.objective import Array, Rows

RESAMPLES = 2_000
GROUP = ["problem", "method", "variant"]
DIGITS = 6
"""Significant digits that tables keep, so that as text they come back the same."""


def number_kept(n: int, part: float) -> int:
    """Return how many of n runs are kept where a part, rounded down, is left out.

    >>> number_kept(100, 0.2), number_kept(3, 0.2)
    (80, 3)
    """
    return n - math.floor(n * part)


def mean_of_kept(errors: Array, part: float) -> Array:
    """Return means over the last axis, the highest left out.

    Arguments:
        errors: shape (..., n).
        part: of them that is left out, rounded down.

    >>> float(mean_of_kept(np.array([4.0, 1.0, 2.0, 90.0, 3.0]), 0.2))
    2.5
    """
    n = errors.shape[-1]
    mean: Array = np.sort(errors, axis=-1)[..., : number_kept(n, part)].mean(axis=-1)
    return mean


def estimate_of_kept(errors: Array, part: float, rng: np.random.Generator) -> tuple[float, Interval]:
    """Return the mean of the kept with the 95 % interval of a bootstrap that leaves out the worst each time.

    Student's interval of the kept would know nothing of their having been chosen (Efron, Tibshirani 1993, An
    introduction to the bootstrap, section 13.3).

    Arguments:
        errors: one a run, shape (n,).
        part: of them that is left out.
        rng: draws the samples.
    """
    drawn = mean_of_kept(errors[_samples(len(errors), rng)], part)
    return float(mean_of_kept(errors, part)), _middle(drawn)


def ratio_of_kept(one: Array, other: Array, part: float, rng: np.random.Generator) -> tuple[float, Interval]:
    """Return the ratio of two means of the kept with the interval of a bootstrap that draws pairs.

    Arguments:
        one: one a run, shape (n,).
        other: the same, of runs on the same rows.
        part: of each that is left out.
        rng: draws the samples.
    """
    samples = _samples(len(one), rng)
    drawn = mean_of_kept(one[samples], part) / mean_of_kept(other[samples], part)
    return float(mean_of_kept(one, part) / mean_of_kept(other, part)), _middle(drawn)


def ratio_of_costs(one: Array, other: Array) -> tuple[float, Interval]:
    """Return the median over pairs of the ratio of two costs, with its distribution-free 95 % interval.

    The interval is of two order statistics (Conover 1999, Practical nonparametric statistics, section 3.2). A
    cost that never came is infinite; where neither came the pair is even.

    Arguments:
        one: shape (n,), NaN where it never came.
        other: the same, of the same rows.

    >>> ratio_of_costs(np.array([2.0, 4.0, np.nan]), np.array([1.0, 1.0, 1.0]))[0]
    4.0
    """
    ended, also = (np.where(np.isnan(costs), np.inf, costs) for costs in (one, other))
    both = np.isinf(ended) & np.isinf(also)
    ratios = np.sort(np.where(both, 1.0, ended) / np.where(both, 1.0, also))
    n = len(ratios)
    rank = int(stats.binom.ppf(0.025, n, 0.5))
    if rank < 1:
        return float(np.median(ratios)), (0.0, math.inf)
    return float(np.median(ratios)), (float(ratios[rank - 1]), float(ratios[n - rank]))


def ends(curves: pd.DataFrame, target: float) -> pd.DataFrame:
    """Return a row a run: its last error, its cost, and its cost when the error was first at the target.

    Arguments:
        curves: a row an epoch, in their order.
        target: error that counts as trained.
    """
    by = [*GROUP, "run"]
    last = curves.groupby(by, sort=False).last()[["error", "cost"]]
    there = curves[curves["error"] <= target].groupby(by, sort=False)["cost"].first()
    return _rounded(last.assign(cost_to_target=there).reset_index())


def mean_curves(curves: pd.DataFrame, part: float) -> pd.DataFrame:
    """Return a row an epoch of each variant: the mean error of the kept."""
    rows = []
    for group, runs in curves.groupby(GROUP, sort=False):
        errors = runs.pivot_table(index="run", columns="epoch", values="error")
        rows.append(
            pd.DataFrame(
                {
                    **dict(zip(GROUP, group, strict=True)),
                    "epoch": errors.columns,
                    "error": _kept(errors.to_numpy(), part).mean(axis=0),
                }
            )
        )
    return _rounded(pd.concat(rows, ignore_index=True))


def crossings(curves: pd.DataFrame, part: float, target: float, rng: np.random.Generator) -> pd.DataFrame:
    """Return the first epoch at which each mean curve is at the target, NaN for never, with its interval.

    The bootstrap leaves out the worst of each sample; samples that never come there count as infinite.
    """
    rows = []
    for group, runs in curves.groupby(GROUP, sort=False):
        errors = runs.pivot_table(index="run", columns="epoch", values="error").to_numpy()
        samples = _samples(len(errors), rng)[: RESAMPLES // 4]
        drawn = [_first(_kept(errors[sample], part).mean(axis=0), target) for sample in samples]
        low, high = np.quantile(drawn, [0.025, 0.975], method="inverted_cdf")
        found = _first(_kept(errors, part).mean(axis=0), target)
        epoch = found if math.isfinite(found) else math.nan
        rows.append({**dict(zip(GROUP, group, strict=True)), "epoch": epoch, "low": low, "high": high})
    return pd.DataFrame(rows)


def _kept(errors: Array, part: float) -> Array:
    """Return the rows of the runs that are kept by their last error."""
    n = len(errors)
    return errors[np.argsort(errors[:, -1], kind="stable")[: number_kept(n, part)]]


def _first(curve: Array, target: float) -> float:
    there = np.flatnonzero(curve <= target)
    return float(there[0] + 1) if len(there) else math.inf


def _samples(n: int, rng: np.random.Generator) -> Rows:
    samples: Rows = rng.integers(n, size=(RESAMPLES, n))
    return samples


def _middle(drawn: Array) -> Interval:
    low, high = np.quantile(drawn, [0.025, 0.975])
    return float(low), float(high)


def _rounded(table: pd.DataFrame) -> pd.DataFrame:
    numbers = table.select_dtypes("float").columns
    return table.assign(**{name: [float(f"{x:.{DIGITS}g}") for x in table[name]] for name in numbers})
