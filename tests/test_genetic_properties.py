"""What holds of every generation, whatever the options: inheritance, bounds, elite, what is paid for."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from genetic_cases import Batched, Watcher, accepted, any_options, sphere
from genetic_draws import bred, pygad_instance
from hypothesis import given, settings
from hypothesis import strategies as st

from optimizers.genetic.below_mean import judge
from optimizers.genetic.genetic_algorithm import GeneticAlgorithm
from optimizers.genetic.genetic_options import Engine
from optimizers.objective import Array

SEEDS = st.integers(0, 2**32 - 1)


def population_of(chosen: GeneticAlgorithm, n: int, seed: int) -> Array:
    """Draw a population with many equal members and equal genes, within the bounds."""
    rng = np.random.default_rng(seed)
    size, genes = chosen.population_size, n * (chosen.bits or 1)
    if chosen.bits:
        return rng.integers(2, size=(size, genes)).astype(np.float64)
    few = np.clip(rng.integers(-3, 4, (size, genes)) / 2.0, *chosen.bounds)
    return few[rng.integers(size, size=size)]


def uneven(population: Array) -> Array:
    """Losses with ties, and with some that are not finite."""
    losses = np.floor(sphere(population))
    return np.where(population[:, 0] == 1.5, np.inf, losses)


generations = settings(max_examples=200)


@generations
@given(any_options(), st.integers(1, 5), SEEDS)
def test_kept_members_live_on_as_they_are(chosen: dict[str, Any], n: int, seed: int) -> None:
    optimizer = accepted(chosen, n)
    if optimizer is None:
        return
    before = population_of(optimizer, n, seed)
    losses = uneven(before)
    herd, _ = bred(optimizer, before, uneven, np.random.default_rng(seed))
    # Of equal ones the last is the best.
    order = sorted(range(len(before)), key=lambda member: (losses[member], -member))
    living = herd.parents if optimizer.keep_elitism == 0 and optimizer.keep_parents is None else order
    for place in range(optimizer.kept):
        np.testing.assert_array_equal(herd.populations[1, place], before[living[place]])
        assert herd.losses[1, place] == losses[living[place]]
    np.testing.assert_array_equal(herd.populations[0], before)
    np.testing.assert_array_equal(herd.losses[0], losses)


@generations
@given(any_options(), st.integers(1, 5), SEEDS)
def test_children_inherit_and_keep_to_what_binds_them(chosen: dict[str, Any], n: int, seed: int) -> None:
    optimizer = accepted(chosen, n)
    if optimizer is None:
        return
    before = population_of(optimizer, n, seed)
    herd, _ = bred(optimizer, before, uneven, np.random.default_rng(seed))
    children = herd.populations[1, optimizer.kept :]
    low, high = optimizer.bounds
    assert ((children >= low) & (children <= high)).all()
    if optimizer.bits:
        assert np.isin(children, (0.0, 1.0)).all()
    if optimizer.mutation_type not in (None, "swap", "inversion", "scramble"):
        return
    mixes = optimizer.crossover_type in ("sbx", "blend")
    for place, child in enumerate(children):
        if optimizer.crossover_type is None:
            parents = before
        elif optimizer.crossover_probability is None:
            turns = place % len(herd.parents), (place + 1) % len(herd.parents)
            parents = before[herd.parents[list(turns)]]
        else:
            parents = before[herd.parents]
        if optimizer.mutation_type is None and not mixes:
            assert all(gene in parents[:, j] for j, gene in enumerate(child))
        elif optimizer.mutation_type is None and optimizer.crossover_type == "blend":
            wide = 0.5 * np.ptp(parents, axis=0) + 1e-12
            assert (child >= parents.min(axis=0) - wide).all()
            assert (child <= parents.max(axis=0) + wide).all()
        elif optimizer.mutation_type is None:
            inside = (child >= optimizer.operator_range[0]) & (child <= optimizer.operator_range[1])
            assert (inside | (child == parents).any(axis=0)).all()
        elif optimizer.crossover_type is None:
            assert any(sorted(child) == sorted(parent) for parent in parents)


@generations
@given(any_options(), st.integers(1, 5), SEEDS)
def test_what_pygad_would_pay_for_is_paid_for(chosen: dict[str, Any], n: int, seed: int) -> None:
    """PyGAD's own rule decides, on the very population that the compiled engine has bred."""
    optimizer = accepted(chosen, n)
    if optimizer is None:
        return
    before = population_of(optimizer, n, seed)
    herd, count = bred(optimizer, before, uneven, np.random.default_rng(seed))
    asked: list[int] = []

    ga = pygad_instance(optimizer, before, uneven, 0)
    ga.fitness_func = lambda ga, solutions, indices: (asked.extend(indices), np.zeros(len(indices)))[1]
    ga.previous_generation_fitness = ga.last_generation_fitness
    ga.last_generation_parents_indices = herd.parents
    ga.last_generation_parents = before[herd.parents]
    if optimizer.keep_elitism:
        ga.last_generation_elitism, ga.last_generation_elitism_indices = ga.steady_state_selection(
            ga.last_generation_fitness, num_parents=optimizer.keep_elitism
        )
    ga.population = herd.populations[1].copy()
    fitness = ga.cal_pop_fitness()
    assert herd.waiting[:count].tolist() == asked
    remembered = sorted(set(range(len(before))) - set(asked))
    np.testing.assert_array_equal(herd.losses[1, remembered], -fitness[remembered])


@settings(max_examples=75)
@given(
    any_options(),
    st.integers(1, 5),
    st.lists(st.integers(1, 4), max_size=4),
    st.booleans(),
)
@pytest.mark.parametrize("engine", ["compiled", "pygad"])
def test_whatever_options_are_accepted_run_and_are_told_truly(
    engine: Engine, chosen: dict[str, Any], n: int, allowances: list[int], holes: bool
) -> None:
    optimizer = accepted(chosen, n, engine=engine)
    if optimizer is None:
        return

    def function(population: Array) -> Array:
        return np.where(holes & (population[:, 0] > 3.0), np.nan, sphere(population))

    start, objective = np.full(n, 2.0), Batched(function, n)
    watcher = Watcher(objective, allowances)
    outcome = optimizer.run(objective, start, np.random.default_rng(3), watcher)
    looks = watcher.seen[1:]
    iterations = [look.iterations for look in looks]
    assert iterations[:-1] == allowances[: len(looks)][:-1]
    if outcome is not None or iterations != allowances:
        # Without an elite a small population may drift into the holes as a whole.
        lost = bool(np.isinf(looks[-1].loss))
        assert lost or optimizer.saturation is not None
        assert outcome is None or outcome.name == ("diverged" if lost else "stalled")
    answer = sphere(start[None])[0]
    for look in looks:
        assert len(look.losses) == look.iterations
        assert look.losses[0] == answer
        there = np.nan_to_num(function(look.w[None])[0], nan=np.inf)
        assert look.loss == look.population_losses.min() == there
        answer = look.loss
    known = np.nan_to_num(
        np.concatenate([function(batch) for batch in objective.batches] or [[]]), nan=np.inf
    )
    for look in looks:
        assert np.isin(look.population_losses, known).all()
    assert objective.value_rows == objective.evaluated == watcher.seen[-1].evaluated
    assert objective.cost <= sum(look.iterations for look in looks) * optimizer.iteration_cost(objective)


@settings(max_examples=300)
@given(st.integers(0, 20), st.integers(1, 108), st.floats(-1e6, 1e6), st.booleans(), SEEDS)
def test_children_are_judged_as_pygad_judges_them(
    kept: int, children: int, loss: float, alike: bool, seed: int
) -> None:
    """Where all of them are alike, too: then rounding alone says who is worse than the mean."""
    rng = np.random.default_rng(seed)
    losses = np.full(kept + children, loss)
    if not alike:
        losses *= rng.integers(1, 4, losses.size)
    worse = np.zeros(children, dtype=np.int64)
    judge(losses[:kept], losses[kept:], np.empty(losses.size), worse)
    fitness = -losses
    assert worse.tolist() == (fitness[kept:] < np.mean(fitness)).astype(int).tolist()


@pytest.mark.parametrize("n", [9, 67, 513, 2410])
def test_copies_of_long_chromosomes_are_known_again(n: int) -> None:
    optimizer = GeneticAlgorithm(population_size=40, crossover_probability=0.0, mutation_probability=0.0)
    rng = np.random.default_rng(n)
    before = rng.normal(size=(40, n)) * 10.0 ** rng.integers(-8, 8, n)
    herd, count = bred(optimizer, before, sphere, rng)
    assert count == 0
    np.testing.assert_array_equal(herd.losses[1], sphere(herd.populations[1]))
    nearly = GeneticAlgorithm(
        population_size=40,
        crossover_probability=0.0,
        mutation_num_genes=1,
        random_mutation_min_val=1e-9,
        random_mutation_max_val=2e-9,
    )
    assert bred(nearly, rng.uniform(1.0, 2.0, (40, n)), sphere, rng)[1] == 39
