"""The memetic algorithm: a genetic algorithm whose best member learns by gradient steps."""

from __future__ import annotations

from typing import ClassVar

from optimizers.genetic.genetic_algorithm import GeneticAlgorithm
from optimizers.objective import Need, Objective
from optimizers.options import Count, Positive, options
from optimizers.search_space import Logarithmic, SearchSpace, Whole


@options
class MemeticAlgorithm(GeneticAlgorithm):
    """Let the best member of each generation of a genetic algorithm take steps against the gradient.

    ``w := w - learning_rate * gradient``, ``local_steps`` times. Where the loss has then become lower, the
    member goes on with what it has reached and its offspring inherit it (Lamarck), clipped to the gene bounds
    and rounded to the code of ``bits`` where there are any. A generation pays for the gradients and for one
    value beside its population.

    Attributes:
        local_steps: gradient steps of the best member in each generation.
        learning_rate: a step as a multiple of the gradient of the mean loss.

    >>> import numpy as np, optimizers
    >>> search = MemeticAlgorithm(population_size=10)
    >>> best = optimizers.minimize(lambda w: float(w @ w), np.ones(2), search, budget=1000)
    >>> best.loss < 1e-6, best.cost <= 1000
    (True, True)
    """

    local_steps: Count = 5
    learning_rate: Positive = 0.1

    search_space: ClassVar[SearchSpace] = {
        **GeneticAlgorithm.search_space,
        "local_steps": Whole(1, 50, logarithmic=True),
        "learning_rate": Logarithmic(1e-3, 10.0),
    }
    needs: ClassVar[frozenset[Need]] = frozenset({"population", "gradient"})
    variants: ClassVar[tuple[str, ...]] = ("engine=pygad",)
    source: ClassVar[str] = (
        "Moscato (1989), On evolution, search, optimization, genetic algorithms and martial arts: towards "
        "memetic algorithms, Caltech Concurrent Computation Program, report 826"
    )

    @property
    def learning(self) -> tuple[int, float]:
        """Gradient steps of the best member in each generation, and their learning rate."""
        return self.local_steps, self.learning_rate

    def iteration_cost(self, objective: Objective) -> float:
        """Return the cost of one population, and of the best member's steps and where they lead."""
        steps = self.local_steps * objective.gradient.cost + 1.0
        return super().iteration_cost(objective) + steps
