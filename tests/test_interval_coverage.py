"""How often an interval of 95 % holds what it is of, in draws of which that is known."""

from __future__ import annotations

import math
from collections.abc import Callable

import numpy as np
import pytest
from scipy.stats import norm

from harness.analysis.crossover import crossover_interval
from harness.analysis.expected_running_time import expected_running_time
from harness.analysis.friedman import mean_rank_interval
from harness.analysis.kaplan_meier import kaplan_meier
from harness.analysis.medians import median_interval
from harness.analysis.paired_ratio import log_ratio_bounds
from harness.analysis.proportions import share_interval, wilson_interval
from harness.analysis.restricted_mean_time import restricted_mean
from harness.analysis.signed_ranks import hodges_lehmann
from harness.analysis.solved_difference import paired_difference_interval
from harness.analysis.time_to_target import time_quantile
from harness.analysis.times import Times

BUDGET = 1.5
"""Of exponential times with mean 1, of which 78 % are below it."""

Generator = np.random.Generator
Simulation = Callable[[Generator, int], bool]


def times(rng: Generator, runs: int) -> Times:
    """Runs of which some are ended by the budget, and some by a timeout before it."""
    drawn = rng.exponential(1.0, runs)
    limit = np.minimum(BUDGET, rng.uniform(0.5, 6.0, runs))
    solved = drawn <= limit
    spent = np.minimum(drawn, limit)
    return Times(solved, spent, spent)


def wilson(rng: Generator, runs: int) -> bool:
    p = rng.uniform(0.1, 0.9)
    low, high = wilson_interval(rng.binomial(runs, p), runs)
    return bool(low <= p <= high)


def share(rng: Generator, runs: int) -> bool:
    mean = rng.uniform(0.2, 0.8)
    shares = rng.binomial(20, rng.beta(3 * mean, 3 * (1 - mean), runs)) / 20
    _, (low, high) = share_interval(shares, 20)
    return bool(low <= mean <= high)


def ert(rng: Generator, runs: int) -> bool:
    drawn = rng.exponential(1.0, runs)
    spent, solved = np.minimum(drawn, BUDGET), drawn <= BUDGET
    # E min(T, B) / P(T <= B) of an exponential time is its mean.
    _, (low, high) = expected_running_time(spent, solved)
    return bool(low <= 1.0 <= high)


def kaplan_meier_point(rng: Generator, runs: int) -> bool:
    found = times(rng, 2 * runs)
    curve, moment = kaplan_meier(found.time, found.solved), rng.uniform(0.3, 1.2)
    place = int(np.searchsorted(curve.time, moment, side="right")) - 1
    return bool(place >= 0 and curve.low[place] <= math.exp(-moment) <= curve.high[place])


def time_to_target(rng: Generator, runs: int) -> bool:
    found = times(rng, runs)
    _, (low, high) = time_quantile(kaplan_meier(found.time, found.solved), 0.5)
    return bool(low <= math.log(2) <= high)


def restricted_mean_time(rng: Generator, runs: int) -> bool:
    found = times(rng, runs)
    limit = float(found.time[~found.solved].max(initial=0.0)) or float(found.time.max())
    _, (low, high) = restricted_mean(found.time, found.solved, limit)
    return bool(low <= 1.0 - math.exp(-limit) <= high)


def median(rng: Generator, runs: int) -> bool:
    values = rng.lognormal(0.0, 1.0, runs)
    values[rng.uniform(size=runs) < 0.2] = np.inf
    # A fifth is infinite, so that the median is the quantile 0.5 / 0.8 of the others.
    _, (low, high) = median_interval(values)
    return bool(low <= math.exp(norm.ppf(0.625)) <= high)


def ahead_without_ties(rng: Generator, runs: int) -> bool:
    gap = rng.uniform(-1.0, 1.0)
    leads = rng.normal(0.0, 1.0, runs) - rng.normal(gap, 1.0, runs) < 0
    low, high = wilson_interval(leads.sum(), runs)
    return bool(low <= norm.cdf(gap / math.sqrt(2)) <= high)


def ratio(rng: Generator, runs: int) -> bool:
    logs = 0.7 + rng.normal(0.0, 1.0, runs)
    _, (low, high) = hodges_lehmann(logs, logs)
    return bool(low <= 0.7 <= high)


def ratio_of_censored(rng: Generator, runs: int) -> bool:
    """Log-normal times from common starts, and a budget that ends a quarter of the runs."""
    hardness = rng.normal(0.0, 0.5, runs)
    logs = [hardness + shift + rng.normal(0.0, 1.0, runs) for shift in (0.7, 0.0)]
    one, other = (Times(x <= 1.5, np.exp(np.minimum(x, 1.5)), np.exp(np.minimum(x, 1.5))) for x in logs)
    _, (low, high) = hodges_lehmann(*log_ratio_bounds(one, other))
    return bool(low <= 0.7 <= high)


def difference(rng: Generator, runs: int) -> bool:
    only, only_other = rng.uniform(0.05, 0.4, 2)
    drawn = rng.multinomial(runs, [only, only_other, 1 - only - only_other])
    _, (low, high) = paired_difference_interval(drawn[0], drawn[1], runs)
    return bool(low <= only - only_other <= high)


def crossover(rng: Generator, runs: int) -> bool:
    """The logarithms of two losses fall along lines that cross at 10, one noise a run."""
    points = np.geomspace(1.0, 100.0, 120)
    early, late = (rng.normal(0.0, 1.0, runs)[:, None] for _ in range(2))
    gap = (0.8 * np.log(points / 10.0)) + early - late
    low, high = crossover_interval((gap > 0).astype(float), points, 0.95, 300, rng)
    return bool(low <= points[points >= 10.0][0] and high >= 10.0)


def mean_rank(rng: Generator, runs: int) -> bool:
    """Four optimizers that are alike, on ten problems."""
    ranks = np.argsort(np.argsort(rng.normal(size=(10, 4)), axis=1), axis=1)[:, 0] + 1.0
    _, (low, high) = mean_rank_interval(ranks, 4)
    return bool(low <= 2.5 <= high)


SIMULATIONS: dict[str, Simulation] = {
    "wilson": wilson,
    "share": share,
    "ert": ert,
    "kaplan-meier": kaplan_meier_point,
    "time-to-target": time_to_target,
    "restricted-mean-time": restricted_mean_time,
    "median": median,
    "ahead": ahead_without_ties,
    "paired-ratio": ratio,
    "solved-difference": difference,
    "crossover": crossover,
    "mean-rank": mean_rank,
}
CONSERVATIVE = {"paired-ratio, censored": ratio_of_censored}
"""What only bounds are known of is held more often."""


def coverage(simulation: Simulation, draws: int, runs: int = 10) -> float:
    rng = np.random.default_rng(20)
    return sum(simulation(rng, runs) for _ in range(draws)) / draws


@pytest.mark.parametrize("name", SIMULATIONS)
def test_an_interval_holds_what_it_is_of(name: str) -> None:
    # Of 150 draws at 0.95 fewer than 0.88 are one in 2,000.
    assert coverage(SIMULATIONS[name], 150) >= 0.88


@pytest.mark.slow
@pytest.mark.parametrize("runs", [10, 20])
@pytest.mark.parametrize("name", SIMULATIONS)
def test_it_holds_it_as_often_as_it_says(name: str, runs: int) -> None:
    found = coverage(SIMULATIONS[name], 2000, runs)
    assert 0.93 <= found <= 0.98, found


@pytest.mark.parametrize(("name", "draws"), [(name, 150) for name in CONSERVATIVE])
def test_what_only_bounds_are_known_of_is_held_at_least_as_often(name: str, draws: int) -> None:
    assert coverage(CONSERVATIVE[name], draws) >= 0.93


if __name__ == "__main__":
    for name, simulation in {**SIMULATIONS, **CONSERVATIVE}.items():
        print(f"{name:24} {coverage(simulation, 2000, 10):.4f} {coverage(simulation, 2000, 20):.4f}")
