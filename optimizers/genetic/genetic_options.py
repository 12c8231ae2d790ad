"""The options of the genetic algorithm, and what follows from them: all that operators and engines read."""

from __future__ import annotations

from typing import Annotated, Literal

import numpy as np
from pydantic import BeforeValidator, Field

from optimizers.genetic.coding import Coding
from optimizers.optimizer import Optimizer
from optimizers.options import Count, CountOrZero, Fraction, NonNegative, Positive, Real, options

Engine = Literal["compiled", "pygad"]
ParentSelection = Literal["sss", "rws", "sus", "rank", "random", "tournament"]
"""PyGAD's names. Its nsga2, nsga3 and their tournaments refuse problems with one objective."""

Crossover = Literal["single_point", "two_points", "uniform", "scattered", "sbx", "blend"]
Mutation = Literal["random", "swap", "inversion", "scramble", "adaptive", "polynomial", "gaussian"]
"""PyGAD's names, and ``blend`` and ``gaussian``."""

# A file has no word of its own for None, and writes a pair as a list.
_none = BeforeValidator(lambda value: None if value == "none" else value)
_pair = BeforeValidator(lambda value: tuple(value) if isinstance(value, list) else value)

Percentage = Annotated[Positive, Field(le=100)]
Bits = Annotated[Count, Field(le=52)]


@options
class GeneticOptions(Optimizer):
    """Choose how a population selects, crosses and mutates.

    Attributes:
        population_size: candidates in a population, 2 or more.
        num_parents_mating: parents selected in a generation, up to ``population_size``; None takes half.
        init_range_low: lower end of the range of the first population, and of a weight in ``bits``.
        init_range_high: upper end. ``sbx`` and ``polynomial`` never leave this range, or the gene bounds
            where there are any.
        parent_selection_type: the best (``sss``), roulette wheel (``rws``), stochastic universal sampling
            (``sus``), by rank, at random, or by tournament.
        k_tournament: candidates of one tournament, up to ``population_size``.
        crossover_type: genes up to one point, between two points, or each gene from either parent
            (``uniform`` and ``scattered`` are the same), simulated binary (``sbx``), ``blend`` (BLX-alpha),
            or None: the offspring are copies.
        crossover_probability: chance of each parent to be drawn as a mate; None mates them in turn.
        sbx_crossover_eta: distribution index of ``sbx``; a higher one stays closer to the parents.
        blend_crossover_alpha: part of the parents' distance by which ``blend`` goes beyond them.
        mutation_type: add or put in uniform numbers (``random``, and ``adaptive``, which mutates the worse
            solutions more and pays for the offspring twice), add normal ones (``gaussian``), ``polynomial``,
            None, or move a solution's values about without making new ones (``swap``, ``inversion``,
            ``scramble``). In ``bits`` the first two flip them.
        mutation_probability: chance of each gene to mutate; two for ``adaptive``, the higher one first, for
            solutions worse and not worse than the mean.
        mutation_num_genes: genes that mutate in each offspring, instead; two for ``adaptive``.
        mutation_percent_genes: percentage of genes, at least one gene, instead; two for ``adaptive``. Where
            none of the three is given: 10 % of the genes (``random``, ``gaussian``), one in n by chance
            (``polynomial``), two (``swap``), half of them (``inversion``, ``scramble``).
        random_mutation_min_val: lower end of the range of random numbers.
        random_mutation_max_val: upper end of the range of random numbers.
        mutation_by_replacement: put the random number in the gene's place instead of adding it.
        polynomial_mutation_eta: distribution index of ``polynomial``; a higher one makes smaller changes.
        gaussian_mutation_deviation: standard deviation of what ``gaussian`` adds.
        keep_elitism: best candidates that live on unchanged, fewer than ``population_size``.
        keep_parents: parents that live on where ``keep_elitism`` is 0; None keeps all.
        gene_low: lower bound that offspring are clipped to, or None. The start is taken as it is.
        gene_high: upper bound, or None.
        bits: bits of a weight; None takes the weights themselves as genes.
        output_weights: ``least-squares`` solves for the best output weights of each candidate and writes
            them into its genes, where the output is linear and the loss squared.
        saturation: generations in a row without a new best after which the run ends, or None.
        engine: our own loop (``compiled``), or PyGAD, which takes much longer, for comparison.
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
    blend_crossover_alpha: NonNegative = 0.5
    mutation_type: Annotated[Mutation | None, _none] = "random"
    mutation_probability: Fraction | Annotated[tuple[Fraction, Fraction], _pair] | None = None
    mutation_num_genes: Count | Annotated[tuple[Count, Count], _pair] | None = None
    mutation_percent_genes: Percentage | Annotated[tuple[Percentage, Percentage], _pair] | None = None
    random_mutation_min_val: Real = -1.0
    random_mutation_max_val: Real = 1.0
    mutation_by_replacement: bool = False
    polynomial_mutation_eta: Positive = 20.0
    gaussian_mutation_deviation: Positive = 1.0
    keep_elitism: CountOrZero = 1
    keep_parents: CountOrZero | None = None
    gene_low: Real | None = None
    gene_high: Real | None = None
    bits: Bits | None = None
    output_weights: Literal["evolved", "least-squares"] = "evolved"
    saturation: Count | None = None
    engine: Engine = "compiled"

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

    @property
    def coding(self) -> Coding:
        """How a chromosome stands for parameters."""
        return Coding(self.bits or 0, self.init_range_low, self.init_range_high)

    @property
    def bounds(self) -> tuple[float, float]:
        """Bounds that offspring are clipped to."""
        low = -np.inf if self.gene_low is None else self.gene_low
        return low, np.inf if self.gene_high is None else self.gene_high

    @property
    def operator_range(self) -> tuple[float, float]:
        """Range that ``sbx`` and ``polynomial`` never leave."""
        low = self.init_range_low if self.gene_low is None else self.gene_low
        return low, self.init_range_high if self.gene_high is None else self.gene_high

    @property
    def begins_at_start(self) -> bool:
        """Whether member 0 of the first population is the start itself, to the last bit."""
        return self.bits is None and self.output_weights == "evolved"

    @property
    def learning(self) -> tuple[int, float]:
        """Gradient steps of the best member in each generation, and their learning rate: none."""
        return 0, 0.0
