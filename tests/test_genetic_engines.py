"""Whole runs of both engines: what 40 seeds end with, and cost, is the same to any test of two samples."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from scipy import stats

import harness
import optimizers
from optimizers import Budget, GeneticAlgorithm, MemeticAlgorithm
from optimizers.objective import Array

SEEDS = 40
LEVEL = 1e-3


def ends(optimizer: Any, problem: str, iterations: int, first_seed: int) -> Array:
    """Return the final loss and the cost of a run from each of 40 starts, shape (40, 2)."""
    chosen, budget, found = harness.problems.load(problem), Budget(iterations=iterations), []
    for seed in range(first_seed, first_seed + SEEDS):
        rng = np.random.default_rng(seed)
        best = optimizers.minimize(chosen.objective(), chosen.start(seed), optimizer, budget, rng=rng)
        found.append((best.loss, best.cost))
    return np.array(found)


def p_values(kind: Any, options: dict[str, Any], problem: str, iterations: int) -> dict[str, float]:
    """Compare the engines on starts and random numbers of their own."""
    ours = ends(kind(**options), problem, iterations, 0)
    theirs = ends(kind(engine="pygad", **options), problem, iterations, 10_000)
    p = {
        "losses, Kolmogorov-Smirnov": stats.ks_2samp(ours[:, 0], theirs[:, 0]).pvalue,
        "losses, Mann-Whitney": stats.mannwhitneyu(ours[:, 0], theirs[:, 0]).pvalue,
        "costs, Kolmogorov-Smirnov": stats.ks_2samp(ours[:, 1], theirs[:, 1]).pvalue,
    }
    print(problem, options, {name: round(float(value), 3) for name, value in p.items()})
    return p


SMALL = {"population_size": 12}
CHOICES: dict[str, dict[str, Any]] = {
    "defaults": {},
    "roulette": {
        "parent_selection_type": "rws",
        "crossover_type": "uniform",
        "mutation_probability": 0.1,
        "keep_elitism": 0,
        "keep_parents": 2,
    },
    "tournament, sbx": {
        "parent_selection_type": "tournament",
        "crossover_type": "sbx",
        "crossover_probability": 0.8,
        "mutation_type": "polynomial",
    },
    "blend, gaussian, bounds": {
        "crossover_type": "blend",
        "mutation_type": "gaussian",
        "gaussian_mutation_deviation": 0.3,
        "gene_low": -5.0,
        "gene_high": 5.0,
    },
    "adaptive": {"mutation_type": "adaptive", "mutation_probability": (0.3, 0.05)},
    "bits": {"bits": 12, "crossover_type": "two_points", "mutation_probability": 0.02},
    "swap": {"parent_selection_type": "sus", "crossover_type": "blend", "mutation_type": "swap"},
    "ranks, inversion": {
        "parent_selection_type": "rank",
        "crossover_type": "blend",
        "mutation_type": "inversion",
    },
}


@pytest.mark.parametrize("options", CHOICES.values(), ids=CHOICES)
def test_short_runs_of_both_engines_end_alike(options: dict[str, Any]) -> None:
    assert min(p_values(GeneticAlgorithm, {**SMALL, **options}, "xor", 12).values()) > LEVEL


@pytest.mark.slow
@pytest.mark.parametrize("problem", ["xor", "iris", "rastrigin"])
@pytest.mark.parametrize("options", CHOICES.values(), ids=CHOICES)
def test_runs_of_both_engines_end_alike(problem: str, options: dict[str, Any]) -> None:
    rearranging = options.get("mutation_type") == "inversion"
    if problem == "rastrigin" and rearranging:
        pytest.skip("two parameters are too few to invert")
    iterations = {"xor": 120, "iris": 60, "rastrigin": 60}[problem]
    assert min(p_values(GeneticAlgorithm, options, problem, iterations).values()) > LEVEL


@pytest.mark.slow
@pytest.mark.parametrize("problem", ["xor", "iris", "rastrigin"])
def test_memetic_runs_of_both_engines_end_alike(problem: str) -> None:
    assert min(p_values(MemeticAlgorithm, {}, problem, 40).values()) > LEVEL


def test_the_tests_tell_other_options_apart() -> None:
    plain, swapping = (
        ends(GeneticAlgorithm(**SMALL, mutation_type=mutation), "xor", 100, 0)[:, 0]
        for mutation in ("random", "swap")
    )
    assert stats.ks_2samp(plain, swapping).pvalue < LEVEL
