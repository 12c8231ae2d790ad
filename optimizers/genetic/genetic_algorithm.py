"""The genetic algorithm: one run of it, by one of its two engines."""

from __future__ import annotations

from typing import ClassVar

import numpy as np

from optimizers.genetic.coding import impress
from optimizers.genetic.compiled_engine import run_compiled
from optimizers.genetic.consistency import check_options, refusal_of_size
from optimizers.genetic.generations import Generations
from optimizers.genetic.genetic_options import GeneticOptions
from optimizers.genetic.pygad_engine import run_pygad
from optimizers.objective import Array, Need, Objective
from optimizers.optimizer import Observe, Outcome
from optimizers.options import options
from optimizers.search_space import Choice, Linear, Logarithmic, SearchSpace, Whole


@options
class GeneticAlgorithm(GeneticOptions):
    """Let a population of candidates select, cross and mutate, generation by generation.

    Member 0 of the first population is the start, the others are drawn uniformly from the initial range. A
    generation keeps its elite, selects parents, crosses each with the next and mutates the offspring; all
    that is new is paid for together. The first population is iteration 1, each generation one more. The
    answer is the best member of the present population, which can get worse with ``keep_elitism=0``.

    The operators are PyGAD's, and so are names and defaults, except for ``population_size`` (its
    ``sol_per_pop``) and ``k_tournament`` (its ``K_tournament``); ``blend``, ``gaussian`` and the options
    behind ``keep_parents`` are ours. The compiled engine draws other random numbers than PyGAD does, from the
    same distributions. ``"none"`` in a file means None.

    With ``bits`` each weight is a whole number k in binary, ``w = low + (high - low) k / (2^bits - 1)`` over
    the initial range (Goldberg 1989, chapter 3), the first bits are tosses of a coin, and the bits are what
    is crossed and mutated. Such a grid hardly ever holds the start, and neither does a population whose
    output weights are solved for: member 0 is then as near to it as can be, and the start itself is paid for
    beside the first population.

    >>> import numpy as np, optimizers
    >>> search = GeneticAlgorithm(population_size=20)
    >>> best = optimizers.minimize(lambda w: float(w @ w), np.ones(2), search, budget=1000)
    >>> best.loss < 1e-2, best.cost <= 1000
    (True, True)
    """

    # Operators that work on numbers and on bits.
    search_space: ClassVar[SearchSpace] = {
        "population_size": Whole(10, 200, logarithmic=True),
        "parent_selection_type": Choice(("sss", "rank", "tournament", "sus")),
        "crossover_type": Choice(("single_point", "two_points", "uniform")),
        "mutation_percent_genes": Logarithmic(2.0, 100.0, reason="None takes 10 of random mutation"),
        "random_mutation_min_val": Linear(-3.0, -0.05),
        "random_mutation_max_val": Linear(0.05, 3.0),
        "keep_elitism": Whole(1, 5),
    }
    needs: ClassVar[frozenset[Need]] = frozenset({"population"})
    pays_for_loss: ClassVar[bool] = True
    draws: ClassVar[bool] = True
    variants: ClassVar[tuple[str, ...]] = ("engine=pygad", "bits=16")
    source: ClassVar[str] = (
        "Holland (1975), Adaptation in Natural and Artificial Systems; Goldberg (1989), Genetic Algorithms "
        "in Search, Optimization and Machine Learning; operators and defaults of Gad (2023), PyGAD: an "
        "intuitive genetic algorithm Python library, Multimedia Tools and Applications; blend crossover of "
        "Eshelman, Schaffer (1993), Real-coded genetic algorithms and interval-schemata"
    )

    def __post_init__(self) -> None:
        check_options(self)
        needs = set(self.needs)
        if self.output_weights == "least-squares":
            needs.add("output-layer")
        if not self.begins_at_start:
            needs.add("value")
        object.__setattr__(self, "needs", frozenset(needs))

    def iteration_cost(self, objective: Objective) -> float:
        """Return the cost of one population; adaptive mutation also pays for offspring before they mutate.

        Solving for output weights is paid for as well, and the start where it is no member.
        """
        candidates = self.population_size
        if self.mutation_type == "adaptive":
            candidates += self.population_size - self.kept
        solving = objective.output_layer.cost if self.output_weights == "least-squares" else 0.0
        return candidates * (1.0 + solving) + (not self.begins_at_start)

    def numbers_held(self, n: int) -> int:
        """Return those of two generations, as parameters and as bits."""
        return 2 * self.population_size * n * (1 + (self.bits or 0))

    def refusal(self, objective: Objective) -> str | None:
        """Refuse a mutation that is larger than a chromosome, or that could change nothing."""
        return refusal_of_size(self, objective.size) or super().refusal(objective)

    def run(
        self, objective: Objective, start: Array, rng: np.random.Generator, observe: Observe
    ) -> Outcome | None:
        """Breed until ``observe`` allows no more, no member has a finite loss, or nothing improves."""
        engine = run_compiled
        if self.engine == "pygad":
            # Before the first look, which starts a clock, and here, so that importing this package is cheap.
            import pygad  # noqa: F401

            engine = run_pygad
        allowance = observe(start.copy())
        if not allowance:
            return None
        generations = Generations(start, observe, allowance, self.coding, self.saturation or 0, objective)
        population = self._first_population(objective, start, rng)
        if not self.begins_at_start:
            generations.begin(objective.value(start))
        return engine(self, objective, population, generations, rng)

    def _first_population(self, objective: Objective, start: Array, rng: np.random.Generator) -> Array:
        """Return chromosomes, shape (P, genes), the first of them that of the start."""
        if self.bits is not None:
            shape = (self.population_size, start.size * self.bits)
            population = rng.integers(2, size=shape).astype(np.float64)
        else:
            lower, upper = self.bounds
            low, high = max(self.init_range_low, lower), min(self.init_range_high, upper)
            population = rng.uniform(low, high, (self.population_size, start.size))
        impress(self.coding, start, population, 0)
        if self.output_weights == "least-squares":
            population = objective.output_layer.solved(population)
        return population
