"""Evolution strategy, hill climbing and simulated annealing against plain loops, and against their theory."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pytest
from baseline_cases import problem, sphere, valley
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.stats import binomtest, gmean, kstest
from watching import Watcher, watch

import optimizers
from optimizers import FunctionObjective, InputError
from optimizers.evolution.evolution_strategy import EvolutionStrategy
from optimizers.local.hill_climbing import HillClimbing
from optimizers.local.simulated_annealing import SimulatedAnnealing

SEED = 11
ITERATIONS = 400


def plain(optimizer: Any, value: Any, start: Any, iterations: int) -> tuple[Any, Any]:
    """The three methods as a textbook would write them: the point and the loss after each iteration."""
    rng = np.random.default_rng(SEED)
    w, loss = list(start), value(np.array(start))
    step = optimizer.step
    first = temperature = getattr(optimizer, "initial_temperature", None)
    damping, changes = getattr(optimizer, "damping", None) or math.sqrt(len(w) + 1), []
    points, losses = [list(w)], [loss]
    for _ in range(iterations - 1):
        x = [number + step * rng.standard_normal() for number in w]
        found = value(np.array(x))
        if isinstance(optimizer, SimulatedAnnealing):
            accepted = found <= loss
            if first is None:
                changes += [abs(found - loss)] if found != loss else []
                if len(changes) == 20:
                    first = temperature = float(gmean(changes))
            else:
                accepted = accepted or rng.random() < math.exp(-(found - loss) / temperature)
                temperature *= optimizer.cooling
        else:
            accepted = found <= loss
        if not isinstance(optimizer, HillClimbing):
            step *= math.exp((accepted - 1 / 5) / damping)
        if temperature is not None and temperature < 1e-8 * first:
            temperature, step = first, optimizer.step
        if accepted:
            w, loss = x, found
        points.append(list(w))
        losses.append(loss)
    return np.array(points), np.array(losses)


@pytest.mark.parametrize("name", ["function", "xor"])
@pytest.mark.parametrize(
    "optimizer",
    [
        EvolutionStrategy(),
        EvolutionStrategy(step=2.0, damping=3.0),
        HillClimbing(),
        HillClimbing(step=0.4),
        SimulatedAnnealing(),
        SimulatedAnnealing(step=0.4, initial_temperature=2.0, cooling=0.9),
        SimulatedAnnealing(initial_temperature=0.05, cooling=1.0),
    ],
    ids=lambda optimizer: optimizer.label,
)
def test_every_iteration_is_that_of_a_plain_loop(optimizer: Any, name: str) -> None:
    objective, start = problem(name)
    each = watch(optimizer, objective, start, [1] * ITERATIONS, SEED)
    once = watch(optimizer, problem(name)[0], start, [ITERATIONS], SEED)
    points, losses = plain(optimizer, objective.peek, start, ITERATIONS)
    assert 0.02 < np.mean(np.diff(losses) != 0) < 0.98, "a case that accepts some and refuses some"
    np.testing.assert_allclose(each.path[1:], points, rtol=0, atol=1e-12)
    np.testing.assert_allclose([look.loss for look in each.seen[1:]], losses, rtol=0, atol=1e-12)
    np.testing.assert_allclose(once.trail, [losses[0], *losses[:-1]], rtol=0, atol=1e-12)
    np.testing.assert_allclose(once.seen[-1].w, points[-1], rtol=0, atol=1e-12)
    assert once.seen[-1].cost == ITERATIONS


class TestEvolutionStrategy:
    def test_a_sphere_is_approached_at_the_rate_that_theory_allows(self) -> None:
        # Rechenberg: the best normalised progress rate of the (1+1)-ES on a sphere is 0.202, that is a
        # factor exp(-0.202 / n) of the distance an evaluation, with one success in 5 (at n to infinity).
        n, rates = 20, []
        for seed in range(5):
            seen = watch(EvolutionStrategy(), FunctionObjective(sphere, n), np.ones(n), [6000], seed)
            distance = 0.5 * np.log(seen.trail[1000:])
            halves = np.array([distance[2500] - distance[0], distance[4999] - distance[2500]]) / 2500
            rates.append(-n * halves)
        assert np.all((np.array(rates) > 0.13) & (np.array(rates) < 0.24)), "linear, and as fast throughout"

    def test_one_mutation_in_five_succeeds(self) -> None:
        n = 100
        seen = watch(EvolutionStrategy(), FunctionObjective(sphere, n), np.ones(n), [8000], 3)
        successes = np.diff(seen.trail[2000:]) < 0
        # A step that has to shrink with the distance, by 0.2 / n an evaluation, takes a few successes fewer.
        assert 0.2 - 1.2 * 0.202 / n * math.sqrt(n + 1) - 0.015 < successes.mean() < 0.2

    def test_the_parameters_stay_finite_on_a_plateau(self) -> None:
        seen = watch(EvolutionStrategy(), FunctionObjective(lambda w: 1.0, 2), np.ones(2), [3000])
        assert 1e99 < np.abs(seen.seen[-1].w).max() < np.inf


class TestSimulatedAnnealing:
    def test_what_is_worse_is_accepted_as_often_as_metropolis_says(self) -> None:
        temperature, asked = 0.7, []

        def steep(w: Any) -> float:
            asked.append(abs(float(w[0])))
            return asked[-1]

        annealing = SimulatedAnnealing(step=1.0, initial_temperature=temperature, cooling=1.0)
        seen = watch(annealing, FunctionObjective(steep, 1), np.zeros(1), [60_001])
        before = seen.trail[1:]
        after = np.append(before[1:], seen.seen[-1].loss)
        rise = np.array(asked[1:]) - before
        assert np.array_equal(after[rise <= 0], np.array(asked[1:])[rise <= 0]), "what is better is taken"
        chances = np.exp(-rise / temperature)
        for low in np.arange(0.1, 1.0, 0.1):
            drawn = (rise > 0) & (chances > low) & (chances < low + 0.1)
            accepted = int(np.sum(after[drawn] != before[drawn]))
            expected = chances[drawn].mean()
            assert drawn.sum() > 500
            assert binomtest(accepted, int(drawn.sum()), expected).pvalue > 1e-4

    def test_a_constant_temperature_draws_from_the_boltzmann_distribution(self) -> None:
        temperature = 0.3
        annealing = SimulatedAnnealing(step=1.0, initial_temperature=temperature, cooling=1.0)
        objective = FunctionObjective(lambda w: float(w @ w) / 2, 1)
        points = watch(annealing, objective, np.zeros(1), [30] * 2000).path[50:, 0]
        # Thirty steps apart, of which six are taken, the points are as good as independent.
        assert kstest(points / math.sqrt(temperature), "norm").pvalue > 1e-3

    def test_the_answer_is_where_it_is_and_the_best_is_handed_on(self) -> None:
        annealing = SimulatedAnnealing(step=1.0, initial_temperature=5.0, cooling=1.0)
        seen = watch(annealing, FunctionObjective(sphere, 3), np.ones(3), [50, 50, 50])
        for look in seen.seen[1:]:
            assert look.loss == pytest.approx(sphere(look.w), rel=1e-12)
            assert sphere(look.best) == pytest.approx(look.losses.min(), rel=1e-12)
        assert seen.seen[-1].loss > seen.trail.min()

    def test_a_temperature_that_has_run_out_is_hill_climbing(self) -> None:
        cold = SimulatedAnnealing(step=0.5, initial_temperature=1e-300, cooling=1.0)
        losses = watch(cold, FunctionObjective(valley, 3), np.zeros(3), [600]).trail
        assert np.all(np.diff(losses) <= 0)
        assert losses[-1] < losses[0]

    def test_the_temperature_and_the_step_follow_the_units(self) -> None:
        """A loss and parameters in units of 1,000: the same search, in these units."""
        scaled = SimulatedAnnealing(step=500.0)
        one = watch(SimulatedAnnealing(), FunctionObjective(valley, 3), np.ones(3) / 2, [400])
        other = watch(scaled, FunctionObjective(lambda w: 1e6 * valley(w / 1e3), 3), np.full(3, 500.0), [400])
        np.testing.assert_allclose(other.trail, 1e6 * one.trail, rtol=1e-6)

    def test_it_is_heated_again_and_finds_another_minimum(self) -> None:
        def two(w: Any) -> float:
            return float(min(w[0] ** 2 + 0.5, 20 * (w[0] - 2.0) ** 2))

        quenched = SimulatedAnnealing(step=1.0, initial_temperature=1.0, cooling=0.9)
        seen = watch(quenched, FunctionObjective(two, 1), np.zeros(1), [5_000])
        assert np.abs(seen.trail[100:160] - 0.5).min() < 1e-4, "it was cold beside the start"
        assert seen.trail.min() < 1e-3


class TestHillClimbing:
    def test_equal_losses_are_wandered_along(self) -> None:
        seen = watch(HillClimbing(step=1.0), FunctionObjective(lambda w: 2.0, 2), np.zeros(2), [1] * 30)
        moves = np.abs(np.diff(seen.path[1:], axis=0)).min(axis=1)
        assert np.all(moves > 0)

    def test_the_step_keeps_its_spread(self) -> None:
        seen = watch(HillClimbing(step=0.25), FunctionObjective(lambda w: 2.0, 2), np.zeros(2), [1] * 2000)
        moves = np.diff(seen.path[1:], axis=0).ravel()
        assert kstest(moves / 0.25, "norm").pvalue > 1e-3


@settings(max_examples=25)
@given(
    seed=st.integers(0, 2**32 - 1),
    allowances=st.lists(st.integers(1, 40), min_size=1, max_size=6),
    optimizer=st.sampled_from([EvolutionStrategy(), HillClimbing(step=0.5)]),
)
def test_what_keeps_the_better_never_gets_worse(seed: int, allowances: list[int], optimizer: Any) -> None:
    seen: Watcher = watch(optimizer, FunctionObjective(valley, 3), np.zeros(3), allowances, seed)
    losses = np.append(seen.trail, seen.seen[-1].loss)
    assert losses.shape == (sum(allowances) + 1,)
    assert np.all(np.diff(losses) <= 0)


@pytest.mark.parametrize(
    ("name", "options", "message"),
    [
        ("simulated-annealing", {"cooling": 1.5}, "'cooling' is 1.5, expected less than or equal to 1"),
        ("simulated-annealing", {"cooling": 0.0}, "option 'cooling' is 0.0, expected greater than 0"),
        ("simulated-annealing", {"initial_temperature": -1.0}, "expected greater than 0"),
        ("evolution-strategy", {"damping": 0.05}, "expected greater than or equal to 0.1"),
        ("hill-climbing", {"step": 0.0}, "option 'step' is 0.0, expected greater than 0"),
    ],
)
def test_options_out_of_range_are_refused(name: str, options: dict[str, float], message: str) -> None:
    with pytest.raises(InputError, match=message):
        optimizers.build_optimizer({"name": name, **options})
