"""What PyGAD calls during a run: the fitness of a population, and the end of a generation."""

from __future__ import annotations

from typing import Any

import numpy as np

from optimizers.genetic.fitness import comparable_with_mean, fitness_of, losses_of
from optimizers.objective import Array, Objective
from optimizers.optimizer import Observe, Outcome


class StoppedError(Exception):
    """Leave PyGAD's loop at once.

    PyGAD's own way out, the answer "stop", is not asked for after the first population, and it selects
    parents once more, which a roulette wheel refuses where no loss is finite.
    """


class Generations:
    """Pay for populations, and look at the search whenever its allowance is used up.

    An iteration is one population paid for: the first population, then one a generation.

    Attributes:
        outcome: why the search ended by itself, or None.
    """

    def __init__(self, objective: Objective, observe: Observe, allowance: int) -> None:
        self.outcome: Outcome | None = None
        self._objective = objective
        self._observe = observe
        self._allowance = allowance
        self._iteration = 0
        self._answer = -np.inf
        self._member: Array = np.empty(0)
        self._trail: list[float] = []
        self._best = -np.inf
        self._best_member: Array = np.empty(0)

    def fitness(self, _ga: Any, solutions: Array, indices: list[int] | None) -> Array:
        """Return the fitness of a batch of solutions; PyGAD leaves kept ones out of it."""
        fitness = fitness_of(self._objective.values(solutions))
        if self._iteration == 0:
            # The first batch is the whole first population, and its member 0 is the start.
            self._answer, self._member = float(fitness[0]), solutions[0].copy()
            self._completed(solutions, fitness)
        elif indices is None:
            # Adaptive mutation asks for offspring that have no place in the population yet, to compare
            # each with their mean.
            return comparable_with_mean(fitness)
        return fitness

    def on_generation(self, ga: Any) -> None:
        """Count a generation whose population has just been paid for."""
        # PyGAD remembers the best fitness of each generation, which nobody reads here.
        ga.best_solutions_fitness.clear()
        ga.best_solutions_generations.clear()
        self._completed(ga.population, ga.last_generation_fitness)

    def _completed(self, population: Array, fitness: Array) -> None:
        """Note the answer of one iteration, and look if the allowance is used up or nothing can be ranked.

        Raises:
            StoppedError: if the search has ended.
        """
        best = int(fitness.argmax())
        self._trail.append(self._answer)
        if self._answer > self._best or not self._best_member.size:
            self._best, self._best_member = self._answer, self._member
        self._answer, self._member = float(fitness[best]), population[best].copy()
        self._iteration += 1
        lost = np.isneginf(self._answer)
        if len(self._trail) < self._allowance and not lost:
            return
        losses = losses_of(fitness)
        self._allowance = self._observe(
            self._member.copy(),
            iterations=len(self._trail),
            losses=losses_of(np.array(self._trail)),
            best=self._best_member,
            loss=float(losses[best]),
            population_losses=losses,
        )
        self._trail, self._best, self._best_member = [], -np.inf, np.empty(0)
        if not self._allowance:
            raise StoppedError
        if lost:
            self.outcome = Outcome(
                "diverged",
                f"no member of the population has a finite loss at iteration {self._iteration}: "
                "narrow the range from init_range_low to init_range_high, or the mutation",
            )
            raise StoppedError
