"""One generation of the genetic algorithm, drawn from the compiled operators and from PyGAD's."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pygad

from optimizers import FunctionObjective
from optimizers.genetic.breeding import gather, mutate_children, recombine, with_operators
from optimizers.genetic.genetic_algorithm import GeneticAlgorithm
from optimizers.genetic.plan import Herd, herd_of, plan_of
from optimizers.genetic.pygad_engine import SILENT, Answers, _operators
from optimizers.objective import Array

Loss = Callable[[Array], Array]


def herd_and_plan(chosen: GeneticAlgorithm, population: Array, losses: Array) -> tuple[Herd, Any]:
    n = population.shape[1] // (chosen.bits or 1)
    plan = with_operators(plan_of(chosen, n))
    herd = herd_of(plan, population, n)
    herd.losses[0] = losses
    return herd, plan


def bred(
    chosen: GeneticAlgorithm, population: Array, loss: Loss, rng: np.random.Generator
) -> tuple[Herd, int]:
    """Breed one generation; return the arrays, and how many members have to be paid for."""
    herd, plan = herd_and_plan(chosen, population, loss(population))
    count = recombine(plan, chosen.coding, herd, 0, rng)
    if count:
        # Chromosomes and parameters are the same wherever a test lets adaptive mutation judge.
        herd.paid[:count] = loss(herd.populations[1, plan.kept :])
    mutate_children(plan, chosen.coding, herd, 0, rng)
    return herd, gather(plan, chosen.coding, herd, 0)


def compiled_children(chosen: GeneticAlgorithm, population: Array, loss: Loss, seed: int) -> Array:
    """Return the children of one generation of the compiled engine."""
    herd, _ = bred(chosen, population, loss, np.random.default_rng(seed))
    return herd.populations[1, chosen.kept :]


def pygad_instance(chosen: GeneticAlgorithm, population: Array, loss: Loss, seed: int) -> Any:
    """Return a PyGAD instance that knows the fitness of its first population."""
    n = population.shape[1] // (chosen.bits or 1)
    answers = Answers(chosen, FunctionObjective(lambda w: 0.0, n), None)  # type: ignore[arg-type]
    ga = pygad.GA(
        num_generations=1,
        initial_population=population if chosen.bits is None else population.astype(np.int64),
        fitness_func=lambda ga, solutions, indices: -loss(np.asarray(solutions, dtype=np.float64)),
        fitness_batch_size=chosen.population_size,
        random_seed=seed,
        suppress_warnings=True,
        logger=SILENT,
        **_operators(chosen),
        **answers.repairs(),
    )
    ga.last_generation_fitness = -loss(population)
    return ga


def pygad_children(chosen: GeneticAlgorithm, population: Array, loss: Loss, seed: int) -> Array:
    """Return the children of one generation of PyGAD."""
    ga = pygad_instance(chosen, population, loss, seed)
    ga.run_select_parents()
    ga.run_crossover()
    ga.run_mutation()
    return np.asarray(ga.last_generation_offspring_mutation, dtype=np.float64)
