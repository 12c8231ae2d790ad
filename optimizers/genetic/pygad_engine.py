"""The genetic algorithm run by PyGAD, as the reference that the compiled one is held against."""

from __future__ import annotations

import logging
import sys
from contextlib import suppress
from typing import Any

import numpy as np

from optimizers.genetic.coding import express_all
from optimizers.genetic.compiled_engine import lowest_child
from optimizers.genetic.fitness import comparable_with_mean, fitness_of, losses_of
from optimizers.genetic.generations import Generations
from optimizers.genetic.genetic_options import GeneticOptions
from optimizers.genetic.local_search import aiming, local_search_of, refine_in_python
from optimizers.genetic.plan import plan_of
from optimizers.genetic.pygad_operators import Blend, Gaussian
from optimizers.global_random_state import global_random_state_kept
from optimizers.objective import Array, Objective
from optimizers.optimizer import Outcome
from optimizers.watch import StoppedError

SILENT = logging.Logger("pygad", level=logging.CRITICAL + 1)
"""PyGAD logs every exception that it passes on, and makes a logger that prints where it is given none."""


def run_pygad(
    chosen: GeneticOptions,
    objective: Objective,
    population: Array,
    generations: Generations,
    rng: np.random.Generator,
) -> Outcome | None:
    """Let PyGAD breed from a first population, shape (P, genes), until nothing more is allowed."""
    import pygad

    answers = Answers(chosen, objective, generations)
    with global_random_state_kept(), suppress(StoppedError):
        pygad.GA(
            num_generations=sys.maxsize,
            initial_population=population if chosen.bits is None else population.astype(np.int64),
            fitness_func=answers.fitness,
            fitness_batch_size=chosen.population_size,
            on_fitness=answers.on_fitness,
            random_seed=int(rng.integers(2**32)),
            suppress_warnings=True,
            logger=SILENT,
            **_operators(chosen),
            **answers.repairs(),
        ).run()
    return generations.outcome


class Answers:
    """What PyGAD calls during a run: the fitness of a population, and what is done to it and to offspring."""

    def __init__(self, chosen: GeneticOptions, objective: Objective, generations: Generations) -> None:
        self._chosen = chosen
        self._objective = objective
        self._generations = generations
        self._plan = plan_of(chosen, objective.size)
        self._search = local_search_of(objective, *chosen.learning)
        self._begun = False
        self._cost = objective.cost

    def fitness(self, _ga: Any, solutions: Array, indices: list[int] | None) -> Array:
        """Return the fitness of a batch of solutions; PyGAD leaves out those whose fitness it remembers."""
        chromosomes = np.asarray(solutions, dtype=np.float64)
        population = express_all(self._chosen.coding, chromosomes, self._objective.size)
        found = self._objective.values(population)
        fitness = fitness_of(found)
        first = not self._begun
        if first:
            # The first batch is the whole first population.
            self._begun = True
            if self._chosen.begins_at_start:
                self._generations.begin(float(losses_of(fitness)[0]))
        best = lowest_child(found, len(found))
        if found[best] <= self._objective.target:
            self._end_at(population[best], float(found[best]), found)
        if indices is None and not first:
            # Adaptive mutation asks for offspring that have no place in the population yet, to compare
            # each with their mean.
            return comparable_with_mean(fitness)
        return fitness

    def on_fitness(self, ga: Any, fitness: Array) -> Array:
        """Count a population that has just been paid for, after the steps of its best member.

        Raises:
            StoppedError: if the search has ended. PyGAD's own way out, the answer "stop", is not asked for
                after the first population, and it selects parents once more, which a roulette wheel refuses
                where no loss is finite.
        """
        # PyGAD remembers the best fitness of each generation, which nobody reads here.
        ga.best_solutions_fitness.clear()
        ga.best_solutions_generations.clear()
        losses = losses_of(fitness)
        population = np.array(ga.population, dtype=np.float64)
        if self._search.steps:
            coding = self._chosen.coding
            refine_in_python(self._objective, self._search, self._plan, coding, population, losses)
            if self._search.reached[0] <= self._objective.target:
                self._end_at(self._search.memory.w, float(self._search.reached[0]), losses)
            ga.population[:] = population
        before, self._cost = self._cost, self._objective.cost
        if not self._generations.completed(population, losses, paid=self._cost > before):
            raise StoppedError
        return fitness_of(losses)

    def _end_at(self, w: Array, loss: float, losses: Array) -> None:
        """End the search at a point that has reached the target, or aim for a lower one."""
        if not self._generations.reached(w, loss, losses):
            raise StoppedError
        self._search = aiming(self._search, self._objective.target)

    def repairs(self) -> dict[str, Any]:
        """Return what PyGAD has to do to offspring before they are paid for."""
        if self._chosen.output_weights == "evolved" and not self._plan.bounded:
            return {}
        repairs = {"on_mutation": self._repaired}
        if self._chosen.mutation_type == "adaptive":
            repairs["on_crossover"] = self._repaired
        return repairs

    def _repaired(self, _ga: Any, offspring: Array) -> Array:
        if self._chosen.output_weights == "least-squares":
            return self._objective.output_layer.solved(offspring)
        return np.clip(offspring, self._plan.lower, self._plan.upper)


def _operators(chosen: GeneticOptions) -> dict[str, Any]:
    """Return the options as PyGAD spells them."""
    percentage = chosen.mutation_percent_genes
    blend, gaussian = chosen.crossover_type == "blend", chosen.mutation_type == "gaussian"
    low, high = chosen.operator_range
    # Mutation of a gene that may be 0 or 1 takes the value that it has not.
    bits = {} if chosen.bits is None else {"gene_space": [0, 1], "gene_type": int}
    return {
        "num_parents_mating": chosen.parents,
        "init_range_low": low,
        "init_range_high": high,
        "parent_selection_type": chosen.parent_selection_type,
        "K_tournament": chosen.k_tournament,
        "crossover_type": Blend(chosen.blend_crossover_alpha) if blend else chosen.crossover_type,
        "crossover_probability": chosen.crossover_probability,
        "sbx_crossover_eta": chosen.sbx_crossover_eta,
        "mutation_type": Gaussian(chosen.gaussian_mutation_deviation) if gaussian else chosen.mutation_type,
        "mutation_probability": chosen.mutation_probability,
        "mutation_num_genes": chosen.mutation_num_genes,
        "mutation_percent_genes": "default" if percentage is None else percentage,
        "random_mutation_min_val": chosen.random_mutation_min_val,
        "random_mutation_max_val": chosen.random_mutation_max_val,
        "mutation_by_replacement": chosen.mutation_by_replacement,
        "polynomial_mutation_eta": chosen.polynomial_mutation_eta,
        "keep_elitism": chosen.keep_elitism,
        "keep_parents": chosen.keep_parents,
        **bits,
    }
