"""What the compiled operators read: the options as numbers, and the arrays that a run works in."""

from __future__ import annotations

from typing import NamedTuple, get_type_hints

import numpy as np
from numba import types

from optimizers.genetic.coding import CODING
from optimizers.genetic.consistency import AMOUNTS, REARRANGING, genes_of_percentage
from optimizers.genetic.genetic_options import GeneticOptions
from optimizers.objective import Array, Rows
from optimizers.signatures import INTEGERS, REALS

SELECTIONS = ("sss", "rws", "sus", "rank", "random", "tournament")
CROSSOVERS = (None, "single_point", "two_points", "uniform", "scattered", "blend", "sbx")
MUTATIONS = (None, "random", "adaptive", "gaussian", "polynomial", "swap", "inversion", "scramble")
"""The names in the order of their codes."""

SSS, RWS, SUS, RANK, RANDOM, TOURNAMENT = range(6)
COPIES, SINGLE_POINT, TWO_POINTS, UNIFORM, SCATTERED, BLEND, SBX = range(7)
STILL, DRAWN, ADAPTIVE, GAUSSIAN, POLYNOMIAL, SWAP, INVERSION, SCRAMBLE = range(8)

NUMBER, CHANCE, UNSAID = range(3)
"""How much mutates: so many genes, each gene with a probability, or what the operator does by itself."""

ELITE, PARENTS, BEST = range(3)
"""Who lives on: the elite, all selected parents, or so many of the best in the place of parents."""


class Plan(NamedTuple):
    """The options of a run as numbers; the types are fixed, so that the operators are compiled once."""

    size: int
    genes: int
    parents: int
    kept: int
    keeping: int
    remembers_parents: bool
    """Whether offspring equal to a selected parent take over its loss, as PyGAD has it."""
    selection: int
    tournament: int
    crossover: int
    mating_chance: float
    """Chance of a parent to be drawn as a mate; below 0 they mate in turn."""
    alpha: float
    crossover_eta: float
    mutation: int
    judged: bool
    """Whether offspring are evaluated before they mutate."""
    amount_kind: int
    amount: float
    amount_of_better: float
    """The other amount of an adaptive mutation, for offspring that are not worse than the mean."""
    drawn_low: float
    drawn_high: float
    replacing: bool
    deviation: float
    mutation_eta: float
    range_low: float
    range_high: float
    """What ``sbx`` and ``polynomial`` never leave."""
    bounded: bool
    lower: float
    upper: float
    """Bounds that offspring are clipped into."""
    selecting: int = 0
    crossing: int = 0
    mutating: int = 0
    judging: int = 0
    """Addresses of the operators, 0 for what is never called: only those that a run has are compiled."""


class Herd(NamedTuple):
    """Two populations, the present one and the next, and what is worked out on the way."""

    populations: Array
    """Shape (2, P, genes)."""
    losses: Array
    """Shape (2, P); a loss that is not finite stands as infinity."""
    order: Rows
    """Members from best to worst."""
    scratch: Rows
    wheel: Array
    """Cumulated shares of a roulette wheel."""
    parents: Rows
    positions: Rows
    """All genes, the chosen ones first."""
    room: Array
    """Numbers for one chromosome."""
    marks: Array
    """A fixed number for each gene; a chromosome's product with them tells most chromosomes apart."""
    members: Rows
    """The elite and the selected parents, whose losses need not be paid for again."""
    keys: Array
    """Their products with the marks, then those of the next population."""
    worse: Rows
    """1 for each offspring that is worse than the mean, before it mutates."""
    waiting: Rows
    """Members of the next population that have to be paid for."""
    expressed: Array
    """Their parameters, shape (P, n)."""
    paid: Array
    """Their losses."""


_NUMBERS = {int: types.int64, float: types.float64, bool: types.boolean}
_TABLE = types.float64[:, ::1]

PLAN = types.NamedTuple([_NUMBERS[number] for number in get_type_hints(Plan).values()], Plan)
HERD = types.NamedTuple(
    [
        *(types.float64[:, :, ::1], _TABLE),
        *(INTEGERS, INTEGERS, REALS, INTEGERS, INTEGERS, REALS, REALS, INTEGERS, REALS, INTEGERS, INTEGERS),
        *(_TABLE, REALS),
    ],
    Herd,
)
"""What they are to compiled code."""

SELECT = types.void(types.int64, REALS, INTEGERS, REALS, INTEGERS, types.npy_rng)
CROSS = types.void(PLAN, _TABLE, INTEGERS, _TABLE, types.npy_rng)
CHANGE = types.void(PLAN, CODING, _TABLE, INTEGERS, INTEGERS, REALS, types.npy_rng)
JUDGE = types.void(REALS, REALS, REALS, INTEGERS)
"""Signatures of the operators."""


def herd_of(plan: Plan, population: Array, n: int) -> Herd:
    """Return arrays that hold a first population, shape (P, genes)."""
    size, genes = plan.size, plan.genes
    indices = [np.zeros(size, dtype=np.int64) for _ in range(4)]
    return Herd(
        populations=np.stack([population, np.zeros_like(population)]),
        losses=np.full((2, size), np.inf),
        order=indices[0],
        scratch=indices[1],
        wheel=np.zeros(size),
        parents=np.zeros(plan.parents, dtype=np.int64),
        positions=np.arange(genes),
        room=np.zeros(genes),
        # Multiples of the golden ratio, whole numbers taken off, lie apart from one another.
        marks=1.0 + np.arange(1.0, genes + 1.0) * 0.6180339887498949 % 1.0,
        members=np.zeros(plan.kept + plan.parents, dtype=np.int64),
        keys=np.zeros(plan.kept + plan.parents + size),
        worse=indices[2],
        waiting=indices[3],
        expressed=np.zeros((size, n)),
        paid=np.zeros(size),
    )


def plan_of(chosen: GeneticOptions, n: int) -> Plan:
    """Return the options as numbers, for n parameters."""
    genes = n * (chosen.bits or 1)
    kind, amount, amount_of_better = _amount_of_mutation(chosen, genes)
    lower, upper = chosen.bounds
    keeping = ELITE if chosen.keep_elitism else PARENTS if chosen.keep_parents is None else BEST
    adaptive = chosen.mutation_type == "adaptive"
    range_low, range_high = chosen.operator_range
    return Plan(
        size=chosen.population_size,
        genes=genes,
        parents=chosen.parents,
        kept=chosen.kept,
        keeping=keeping,
        remembers_parents=chosen.keep_parents != 0,
        selection=SELECTIONS.index(chosen.parent_selection_type),
        tournament=chosen.k_tournament,
        crossover=CROSSOVERS.index(chosen.crossover_type),
        mating_chance=-1.0 if chosen.crossover_probability is None else chosen.crossover_probability,
        alpha=chosen.blend_crossover_alpha,
        crossover_eta=chosen.sbx_crossover_eta,
        mutation=MUTATIONS.index(chosen.mutation_type),
        judged=adaptive and amount > 0.0,
        amount_kind=kind,
        amount=amount,
        amount_of_better=amount_of_better,
        drawn_low=chosen.random_mutation_min_val,
        drawn_high=chosen.random_mutation_max_val,
        replacing=chosen.mutation_by_replacement,
        deviation=chosen.gaussian_mutation_deviation,
        mutation_eta=chosen.polynomial_mutation_eta,
        range_low=range_low,
        range_high=range_high,
        bounded=chosen.gene_low is not None or chosen.gene_high is not None,
        lower=lower,
        upper=upper,
    )


def _amount_of_mutation(chosen: GeneticOptions, genes: int) -> tuple[int, float, float]:
    """Return how much mutates: its kind, the amount, and that for offspring that are not worse than the mean.

    Only adaptive mutation has two amounts; of the others the second is never read.
    """
    given = [getattr(chosen, option) for option in AMOUNTS if getattr(chosen, option) is not None]
    if not given:
        if chosen.mutation_type in REARRANGING:
            return UNSAID, 0.0, 0.0
        if chosen.mutation_type == "polynomial":
            return CHANCE, 1.0 / genes, 0.0
        return NUMBER, float(genes_of_percentage(10.0, genes)), 0.0
    amounts = given[0] if isinstance(given[0], tuple) else (given[0], 0.0)
    if chosen.mutation_probability is not None:
        return CHANCE, *amounts
    if chosen.mutation_percent_genes is not None:
        amounts = tuple(genes_of_percentage(percentage, genes) for percentage in amounts)
    return NUMBER, float(amounts[0]), float(amounts[1])
