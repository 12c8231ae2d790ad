"""Particle swarm, differential evolution and random search against plain loops, SciPy and their theory."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pytest
from baseline_cases import problem, sphere, valley
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.optimize import differential_evolution
from scipy.stats import kstest
from watching import watch

import harness
import optimizers
from optimizers import FunctionObjective, InputError
from optimizers.counted_numbers import counted_number, counted_pair, drawn_key
from optimizers.evolution.differential_evolution import DifferentialEvolution
from optimizers.evolution.particle_swarm import ParticleSwarm
from optimizers.local.random_search import BATCH, RandomSearch

SEED = 5


def first_population(optimizer: Any, start: Any, rng: np.random.Generator) -> Any:
    shape = (optimizer.population_size, len(start))
    population = rng.uniform(optimizer.init_range_low, optimizer.init_range_high, shape)
    population[0] = start
    return population


def mixed(key: int, place: int) -> int:
    """SplitMix64 in whole numbers of Python's (Steele, Lea, Flood 2014, figure 17)."""
    z = (key + place * 0x9E3779B97F4A7C15) % 2**64
    z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9 % 2**64
    z = (z ^ (z >> 27)) * 0x94D049BB133111EB % 2**64
    return z ^ (z >> 31)


def number(key: int, place: int) -> float:
    return (mixed(key, place) >> 11) / 2**53


def halves(key: int, place: int) -> list[float]:
    return [part / 2**32 for part in divmod(mixed(key, place), 2**32)]


def key_of(rng: np.random.Generator) -> int:
    return (int(rng.random() * 2**32) << 32) + int(rng.random() * 2**32)


def swarm(optimizer: Any, value: Any, start: Any, iterations: int, seed: int) -> tuple[Any, Any]:
    """Best point, and losses of the particles' best points, after each iteration (Clerc and Kennedy)."""
    rng = np.random.default_rng(seed)
    x = first_population(optimizer, start, rng)
    low, high = optimizer.init_range_low, optimizer.init_range_high
    v = (rng.uniform(low, high, x.shape) - x) / 2
    phi = optimizer.cognitive + optimizer.social
    chi = 2 / abs(2 - phi - math.sqrt(phi**2 - 4 * phi))
    p, losses = x.copy(), [value(point) for point in x]
    points, trail = [], []
    for iteration in range(iterations):
        if iteration:
            g = p[int(np.argmin(losses))].copy()
            key = key_of(rng)
            for i in range(len(x)):
                r = np.array([halves(key, i * len(start) + j) for j in range(len(start))])
                pull = optimizer.cognitive * r[:, 0] * (p[i] - x[i]) + optimizer.social * r[:, 1] * (g - x[i])
                v[i] = chi * (v[i] + pull)
                x[i] = x[i] + v[i]
            for i in range(len(x)):
                found = value(x[i])
                if found < losses[i]:
                    p[i], losses[i] = x[i], found
        points.append(p[int(np.argmin(losses))].copy())
        trail.append(list(losses))
    return np.array(points), np.array(trail)


def generations(optimizer: Any, value: Any, start: Any, iterations: int, seed: int) -> tuple[Any, Any]:
    """Best member, and losses of all, after each generation of DE/rand/1/bin (Storn and Price)."""
    rng = np.random.default_rng(seed)
    x = first_population(optimizer, start, rng)
    members, n = x.shape
    losses = [value(point) for point in x]
    points, trail = [], []
    for iteration in range(iterations):
        if iteration:
            trials, key = x.copy(), key_of(rng)
            for i in range(members):
                place = members * n + 2 * i
                *drawn, gene = halves(key, place) + halves(key, place + 1)
                left = [member for member in range(members) if member != i]
                a, b, c = (x[left.pop(int(part * len(left)))] for part in drawn)
                coins = np.array([number(key, i * n + j) for j in range(n)])
                crossed = coins < optimizer.crossover_probability
                crossed[int(gene * n)] = True
                trials[i][crossed] = (a + optimizer.differential_weight * (b - c))[crossed]
            for i in range(members):
                found = value(trials[i])
                if found < losses[i]:
                    x[i], losses[i] = trials[i], found
        points.append(x[int(np.argmin(losses))].copy())
        trail.append(list(losses))
    return np.array(points), np.array(trail)


def compare(optimizer: Any, plain: Any, name: str, iterations: int, seed: int = SEED) -> None:
    objective, start = problem(name)
    each = watch(optimizer, objective, start, [1] * iterations, seed)
    once = watch(optimizer, problem(name)[0], start, [iterations], seed)
    points, trail = plain(optimizer, objective.peek, start, iterations, seed)
    best = trail.min(axis=1)
    np.testing.assert_allclose(each.path[1:], points, rtol=1e-12, atol=1e-12)
    for look, losses in zip(each.seen[1:], trail, strict=True):
        np.testing.assert_allclose(look.population_losses, losses, rtol=0, atol=1e-12)
    np.testing.assert_allclose(once.seen[-1].w, points[-1], rtol=1e-12, atol=1e-12)
    first = objective.peek(start)
    np.testing.assert_allclose(once.trail, [first, *best[:-1]], rtol=0, atol=1e-12)
    assert once.seen[-1].cost == iterations * optimizer.population_size
    assert best[-1] < first


@pytest.mark.parametrize("name", ["function", "xor"])
@pytest.mark.parametrize(
    "optimizer",
    [
        ParticleSwarm(population_size=9),
        ParticleSwarm(population_size=5, cognitive=1.2, social=3.3, init_range_low=-1.0, init_range_high=2.0),
    ],
    ids=lambda optimizer: optimizer.label,
)
def test_every_flight_is_that_of_a_plain_loop(optimizer: Any, name: str) -> None:
    compare(optimizer, swarm, name, 60)


@pytest.mark.parametrize("name", ["function", "xor"])
@pytest.mark.parametrize(
    "optimizer",
    [
        DifferentialEvolution(population_size=8),
        DifferentialEvolution(population_size=6, crossover_probability=0.0, differential_weight=1.1),
        DifferentialEvolution(population_size=4, crossover_probability=1.0, init_range_low=0.0),
    ],
    ids=lambda optimizer: optimizer.label,
)
def test_every_generation_is_that_of_a_plain_loop(optimizer: Any, name: str) -> None:
    compare(optimizer, generations, name, 60)


def test_counted_numbers_are_even_and_apart() -> None:
    keys = [drawn_key(np.random.default_rng(seed)) for seed in range(3)]
    drawn = np.array([[counted_number(key, place) for place in range(20_000)] for key in keys])
    assert min(kstest(numbers, "uniform").pvalue for numbers in drawn) > 1e-3
    assert np.abs(np.corrcoef(drawn) - np.eye(3)).max() < 0.03
    assert np.abs(np.corrcoef(drawn[:, 1:].ravel(), drawn[:, :-1].ravel())[0, 1]) < 0.02
    assert drawn[0, 5] == number(int(keys[0]), 5)


def test_both_halves_of_a_pair_are_even_and_apart() -> None:
    key = drawn_key(np.random.default_rng(0))
    pairs = np.array([counted_pair(key, place) for place in range(20_000)]).T
    assert min(kstest(numbers, "uniform").pvalue for numbers in pairs) > 1e-3
    assert np.abs(np.corrcoef([*pairs, np.roll(pairs[0], 1)]) - np.eye(3)).max() < 0.03
    assert pairs[:, 5].tolist() == halves(int(key), 5)


@settings(max_examples=20)
@given(
    seed=st.integers(0, 2**32 - 1),
    members=st.integers(4, 12),
    weight=st.floats(0.1, 2.0),
    crossover=st.floats(0.0, 1.0),
    pull=st.floats(2.01, 4.0),
)
def test_plain_loops_agree_whatever_the_options(
    seed: int, members: int, weight: float, crossover: float, pull: float
) -> None:
    evolution = DifferentialEvolution(
        population_size=members, differential_weight=weight, crossover_probability=crossover
    )
    objective, start = problem("function")
    for optimizer, plain in (
        (evolution, generations),
        (ParticleSwarm(population_size=members, cognitive=pull, social=2.0), swarm),
    ):
        each = watch(optimizer, objective, start, [1] * 6, seed)
        points, trail = plain(optimizer, valley, start, 6, seed)
        # A difference of two numbers may be 0 in one order of roundings and a hair off it in another.
        np.testing.assert_allclose(each.path[1:], points, rtol=1e-9, atol=1e-13)
        np.testing.assert_allclose(each.seen[-1].population_losses, trail[-1], rtol=1e-9)


def test_differential_evolution_is_as_fast_as_that_of_scipy() -> None:
    n, members, rounds, seeds = 5, 30, 60, 16
    ours, theirs = [], []
    for seed in range(seeds):
        start = np.full(n, 3.0)
        optimizer = DifferentialEvolution(population_size=members)
        seen = watch(optimizer, FunctionObjective(sphere, n), start, [rounds], seed)
        ours.append(math.log10(seen.seen[-1].loss))
        population = np.random.default_rng(1000 + seed).uniform(-4, 4, (members, n))
        population[0] = start
        found = differential_evolution(
            lambda x: np.sum(x**2, axis=0),
            [(-8, 8)] * n,
            strategy="rand1bin",
            init=population,
            mutation=0.5,
            recombination=0.9,
            maxiter=rounds - 1,
            tol=0,
            polish=False,
            updating="deferred",
            vectorized=True,
            seed=np.random.default_rng(seed),
        )
        assert found.nfev == rounds, "a call a generation"
        theirs.append(math.log10(found.fun))
    error = math.sqrt((np.var(ours) + np.var(theirs)) / seeds)
    assert abs(np.mean(ours) - np.mean(theirs)) < 4 * error
    assert np.mean(ours) < -2


def test_the_constriction_is_the_one_that_everybody_prints() -> None:
    assert ParticleSwarm().settings()[0] == pytest.approx(0.729843788, abs=1e-9)


def test_a_swarm_that_starts_elsewhere_flies_out_of_its_range() -> None:
    optimizer = ParticleSwarm(population_size=10, init_range_low=-1.0, init_range_high=1.0)
    best = optimizers.minimize(lambda w: sphere(w - 20.0), np.zeros(2), optimizer, 4000)
    assert best.loss < 1e-6


@pytest.mark.parametrize("optimizer", [ParticleSwarm(), DifferentialEvolution()])
@pytest.mark.parametrize("loss", [math.nan, math.inf])
def test_what_has_no_finite_loss_is_never_kept(optimizer: Any, loss: float) -> None:
    def half(w: Any) -> float:
        return sphere(w) if w[0] < 0.5 else loss

    best = optimizers.minimize(half, np.array([0.4, 3.0]), optimizer, 5000)
    assert best.loss < 1e-6
    seen = watch(optimizer, FunctionObjective(half, 2), np.array([0.4, 3.0]), [1] * 20)
    first = seen.seen[1].population_losses
    assert 0 < np.isfinite(first).mean() < 1
    assert np.all(np.diff([look.population_losses[np.isfinite(first)].max() for look in seen.seen[1:]]) <= 0)


@pytest.mark.parametrize("optimizer", [ParticleSwarm(), DifferentialEvolution(), RandomSearch()])
def test_what_is_only_as_good_does_not_replace_anything(optimizer: Any) -> None:
    start = np.array([0.5, -0.5])
    seen = watch(optimizer, FunctionObjective(lambda w: 2.0, 2), start, [40])
    assert seen.seen[-1].w.tolist() == start.tolist()


class TestRandomSearch:
    def test_every_draw_is_that_of_a_plain_loop(self) -> None:
        draws = 3 * BATCH + 7

        def drawn(rng: np.random.Generator) -> Any:
            return rng.uniform(2, 5, 3)

        def build() -> FunctionObjective:
            return FunctionObjective(sphere, 3, start=drawn)

        start = np.full(3, 4.0)
        rng = np.random.default_rng(SEED)
        points = [start, *(drawn(rng) for _ in range(draws - 1))]
        losses = [sphere(point) for point in points]
        lowest = np.minimum.accumulate(losses)
        once = watch(RandomSearch(), build(), start, [draws], SEED)
        some = watch(RandomSearch(), build(), start, [1, 1, BATCH, 5, draws - BATCH - 7], SEED)
        for seen in (once, some):
            assert seen.trail.tolist() == [losses[0], *lowest[:-1]]
            assert seen.seen[-1].loss == lowest[-1]
            assert seen.seen[-1].w.tolist() == points[int(np.argmin(losses))].tolist()
            assert seen.seen[-1].cost == draws

    def test_draws_come_from_where_starts_of_the_problem_come(self) -> None:
        xor = harness.problems.load("xor")
        rng = np.random.default_rng(SEED)
        objective = xor.objective()
        losses = [objective.peek(w) for w in [xor.start(), *(objective.draw_start(rng) for _ in range(199))]]
        seen = watch(RandomSearch(), objective, xor.start(), [200], SEED)
        assert seen.seen[-1].loss == pytest.approx(min(losses), rel=1e-12)

    @pytest.mark.parametrize("loss", [math.nan, math.inf])
    def test_what_has_no_finite_loss_is_passed_over(self, loss: float) -> None:
        start = np.array([0.2])
        objective = FunctionObjective(lambda w: float(w[0]) if w[0] > 0.1 else loss, 1)
        seen = watch(RandomSearch(), objective, start, [1, 100])
        assert np.isfinite(seen.trail).all()
        assert 0.1 < seen.seen[-1].loss <= 0.2


@pytest.mark.parametrize(
    ("name", "options", "message"),
    [
        ("particle-swarm", {"population_size": 1}, "expected greater than or equal to 2"),
        ("particle-swarm", {"cognitive": 2.0, "social": 2.0}, "expected a sum above 4"),
        ("differential-evolution", {"population_size": 3}, "expected greater than or equal to 4"),
        ("differential-evolution", {"differential_weight": 2.5}, "expected less than or equal to 2"),
        ("differential-evolution", {"crossover_probability": 1.1}, "expected less than or equal to 1"),
    ],
)
def test_options_out_of_range_are_refused(name: str, options: dict[str, Any], message: str) -> None:
    with pytest.raises(InputError, match=message):
        optimizers.build_optimizer({"name": name, **options})


@pytest.mark.parametrize("name", ["particle-swarm", "differential-evolution"])
def test_an_empty_range_is_refused(name: str) -> None:
    with pytest.raises(InputError, match=r"'init_range_low' is 4.0, expected less than init_range_high"):
        optimizers.build_optimizer({"name": name, "init_range_low": 4.0})
