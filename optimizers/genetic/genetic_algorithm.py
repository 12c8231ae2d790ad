"""The genetic algorithm on PyGAD: its options, and one run of it."""

from __future__ import annotations

import logging
import sys
from contextlib import suppress
from typing import Annotated, Any, ClassVar, Literal

import numpy as np
from pydantic import BeforeValidator, Field

from optimizers.genetic.consistency import check_options, refusal_of_size
from optimizers.genetic.generations import Generations, StoppedError
from optimizers.genetic.random_state import global_random_state_kept
from optimizers.objective import Array, Objective
from optimizers.optimizer import Need, Observe, Optimizer, Outcome
from optimizers.options import Count, CountOrZero, Fraction, Positive, Real, options

ParentSelection = Literal["sss", "rws", "sus", "rank", "random", "tournament"]
"""PyGAD's names. Its nsga2, nsga3 and their tournaments refuse problems with one objective."""

Crossover = Literal["single_point", "two_points", "uniform", "scattered", "sbx"]
Mutation = Literal["random", "swap", "inversion", "scramble", "adaptive", "polynomial"]

# A file has no word of its own for None, and writes a pair as a list.
_none = BeforeValidator(lambda value: None if value == "none" else value)
_pair = BeforeValidator(lambda value: tuple(value) if isinstance(value, list) else value)

Percentage = Annotated[Positive, Field(le=100)]

SILENT = logging.Logger("pygad", level=logging.CRITICAL + 1)
"""PyGAD logs every exception that it passes on, and makes a logger that prints where it is given none."""


@options
class GeneticAlgorithm(Optimizer):
    """Let a population of candidates select, cross and mutate, generation by generation (PyGAD).

    Member 0 of the first population is the start, the others are drawn uniformly from the initial range. A
    generation keeps its elite, selects parents, crosses each with the next and mutates the offspring; all
    that is new is paid for together. The first population is iteration 1, each generation one more. The
    answer is the best member of the present population, which can get worse with ``keep_elitism=0``.

    Names and defaults are PyGAD's, except for ``population_size`` (its ``sol_per_pop``) and ``k_tournament``
    (its ``K_tournament``). ``"none"`` in a file means None.

    Attributes:
        population_size: candidates in a population, 2 or more.
        num_parents_mating: parents selected in a generation, up to ``population_size``; None takes half.
        init_range_low: lower end of the range of the first population.
        init_range_high: upper end. ``sbx`` and ``polynomial`` never leave this range.
        parent_selection_type: the best (``sss``), roulette wheel (``rws``), stochastic universal sampling
            (``sus``), by rank, at random, or by tournament.
        k_tournament: candidates of one tournament, up to ``population_size``.
        crossover_type: genes up to one point, between two points, or each gene from either parent
            (``uniform`` and ``scattered`` are the same), simulated binary (``sbx``), or None: the offspring
            are copies.
        crossover_probability: chance of each parent to be drawn as a mate; None mates them in turn.
        sbx_crossover_eta: distribution index of ``sbx``; a higher one stays closer to the parents.
        mutation_type: add or put in random numbers (``random``, and ``adaptive``, which mutates the worse
            solutions more and pays for the offspring twice), ``polynomial``, None, or move a solution's
            values about without making new ones (``swap``, ``inversion``, ``scramble``).
        mutation_probability: chance of each gene to mutate; two for ``adaptive``, the higher one first, for
            solutions worse and not worse than the mean.
        mutation_num_genes: genes that mutate in each offspring, instead; two for ``adaptive``.
        mutation_percent_genes: percentage of genes, at least one gene, instead; two for ``adaptive``. Where
            none of the three is given: 10 % of the genes (``random``), one in n by chance (``polynomial``),
            two (``swap``), half of them (``inversion``, ``scramble``).
        random_mutation_min_val: lower end of the range of random numbers.
        random_mutation_max_val: upper end of the range of random numbers.
        mutation_by_replacement: put the random number in the gene's place instead of adding it.
        polynomial_mutation_eta: distribution index of ``polynomial``; a higher one makes smaller changes.
        keep_elitism: best candidates that live on unchanged, fewer than ``population_size``.
        keep_parents: parents that live on where ``keep_elitism`` is 0; None keeps all.

    >>> import numpy as np, optimizers
    >>> search = GeneticAlgorithm(population_size=20)
    >>> best = optimizers.minimize(lambda w: float(w @ w), np.ones(2), search, budget=1000)
    >>> best.loss < 1e-2, best.cost <= 1000
    (True, True)
    """

    population_size: Count = 50
    num_parents_mating: Count | None = None
    init_range_low: Real = -4.0
    init_range_high: Real = 4.0
    parent_selection_type: ParentSelection = "sss"
    k_tournament: Count = 3
    crossover_type: Annotated[Crossover | None, _none] = "single_point"
    crossover_probability: Fraction | None = None
    sbx_crossover_eta: Positive = 30.0
    mutation_type: Annotated[Mutation | None, _none] = "random"
    mutation_probability: Fraction | Annotated[tuple[Fraction, Fraction], _pair] | None = None
    mutation_num_genes: Count | Annotated[tuple[Count, Count], _pair] | None = None
    mutation_percent_genes: Percentage | Annotated[tuple[Percentage, Percentage], _pair] | None = None
    random_mutation_min_val: Real = -1.0
    random_mutation_max_val: Real = 1.0
    mutation_by_replacement: bool = False
    polynomial_mutation_eta: Positive = 20.0
    keep_elitism: CountOrZero = 1
    keep_parents: CountOrZero | None = None

    needs: ClassVar[frozenset[Need]] = frozenset({"value", "population"})
    source: ClassVar[str] = (
        "Holland (1975), Adaptation in Natural and Artificial Systems; Goldberg (1989), Genetic Algorithms "
        "in Search, Optimization and Machine Learning; operators and defaults of Gad (2023), PyGAD: an "
        "intuitive genetic algorithm Python library, Multimedia Tools and Applications"
    )

    def __post_init__(self) -> None:
        check_options(self)

    @property
    def parents(self) -> int:
        """Parents selected in a generation."""
        return self.population_size // 2 if self.num_parents_mating is None else self.num_parents_mating

    @property
    def kept(self) -> int:
        """Members that live on into the next generation."""
        if self.keep_elitism:
            return self.keep_elitism
        return self.parents if self.keep_parents is None else self.keep_parents

    def iteration_cost(self, objective: Objective) -> float:
        """Return the cost of one population; adaptive mutation also pays for offspring before they mutate."""
        twice = self.population_size - self.kept if self.mutation_type == "adaptive" else 0
        return float(self.population_size + twice)

    def refusal(self, objective: Objective) -> str | None:
        """Refuse a mutation that is larger than the vector, or that could change nothing."""
        return refusal_of_size(self, objective.size) or super().refusal(objective)

    def run(
        self, objective: Objective, start: Array, rng: np.random.Generator, observe: Observe
    ) -> Outcome | None:
        """Breed until ``observe`` allows no more, or until no member has a finite loss."""
        # Imported here, so that importing this package stays cheap, and before the first look starts a clock.
        import pygad

        allowance = observe(start.copy())
        if not allowance:
            return None
        shape = (self.population_size, objective.size)
        population = rng.uniform(self.init_range_low, self.init_range_high, shape)
        population[0] = start
        generations = Generations(objective, observe, allowance)
        with global_random_state_kept(), suppress(StoppedError):
            pygad.GA(
                num_generations=sys.maxsize,
                initial_population=population,
                fitness_func=generations.fitness,
                fitness_batch_size=self.population_size,
                on_generation=generations.on_generation,
                random_seed=int(rng.integers(2**32)),
                suppress_warnings=True,
                logger=SILENT,
                **self._operators(),
            ).run()
        return generations.outcome

    def _operators(self) -> dict[str, Any]:
        """Return the options as PyGAD spells them."""
        percentage = self.mutation_percent_genes
        return {
            "num_parents_mating": self.parents,
            "init_range_low": self.init_range_low,
            "init_range_high": self.init_range_high,
            "parent_selection_type": self.parent_selection_type,
            "K_tournament": self.k_tournament,
            "crossover_type": self.crossover_type,
            "crossover_probability": self.crossover_probability,
            "sbx_crossover_eta": self.sbx_crossover_eta,
            "mutation_type": self.mutation_type,
            "mutation_probability": self.mutation_probability,
            "mutation_num_genes": self.mutation_num_genes,
            "mutation_percent_genes": "default" if percentage is None else percentage,
            "random_mutation_min_val": self.random_mutation_min_val,
            "random_mutation_max_val": self.random_mutation_max_val,
            "mutation_by_replacement": self.mutation_by_replacement,
            "polynomial_mutation_eta": self.polynomial_mutation_eta,
            "keep_elitism": self.keep_elitism,
            "keep_parents": self.keep_parents,
        }
