"""Every compiled operator against PyGAD's own: children of both, drawn from the same parents.

Discrete outcomes go to a chi-square test of two samples, continuous ones to that of Kolmogorov and Smirnov.
There is one test for each statistic of each operator, and a level that makes 1 in 1,000 for all of them
together (Bonferroni). Seeds are fixed.
"""

from __future__ import annotations

import functools
from collections.abc import Callable
from typing import Any, NamedTuple

import numpy as np
import pytest
from genetic_draws import compiled_children, herd_and_plan, pygad_children, pygad_instance
from scipy import stats

from optimizers.genetic.breeding import recombine
from optimizers.genetic.genetic_algorithm import GeneticAlgorithm
from optimizers.objective import Array

CHILDREN, DRAWS = 5_000, 10
"""Children of PyGAD, and how often as many are drawn of ours.

PyGAD takes 0.4 s for 10,000. What a test of two samples can tell goes by 1 / (1 / n + 1 / m): with ten of
ours for each of its, 5,000 tell as much as 9,100 beside 9,100.
"""
LEVEL = 1e-3
GENES = 6
CHROMOSOME = np.array([-3.9, -1.0, 0.0, 0.5, 2.0, 3.5])
BITS = np.array([0.0, 1.0, 1.0, 0.0, 0.0, 1.0])
REAL_PARENTS = np.array([[-3.9, -1.0, 0.0, 0.5, 2.0, 3.5], [-3.0, 2.0, 1e-15, 0.6, -1.0, 3.99]])
TAGGED_PARENTS = np.repeat(np.arange(5.0), GENES).reshape(5, GENES)


def in_order(population: Array) -> Array:
    """Losses that make the first rows the best ones."""
    return np.arange(len(population), dtype=np.float64)


def every_other_one_is_bad(population: Array) -> Array:
    """Losses by the last gene, which tells the two kinds of rows apart."""
    return np.where(population[:, -1] > 0.5, 100.0, 1.0)


def rows_of(*chromosomes: Array) -> Array:
    """A population of these rows again and again."""
    return np.resize(np.array(chromosomes), (CHILDREN + 1, len(chromosomes[0])))


class Setting(NamedTuple):
    """An operator with its options, and the rows that it works on."""

    options: dict[str, Any]
    population: Array
    loss: Callable[[Array], Array] = in_order

    def drawn(self, draw: Any, seed: int) -> Array:
        chosen = GeneticAlgorithm(population_size=CHILDREN + 1, **self.options)
        return draw(chosen, self.population, self.loss, seed)


def crossing(parents: Array, **options: Any) -> Setting:
    """Cross these parents and nothing else."""
    rows = np.zeros((CHILDREN + 1, parents.shape[1]))
    rows[: len(parents)] = parents
    return Setting({"mutation_type": None, "num_parents_mating": len(parents), **options}, rows)


def mutating(**options: Any) -> Setting:
    """Mutate children that are all alike."""
    chromosome = BITS if "bits" in options else CHROMOSOME
    return Setting({"num_parents_mating": 2, **options}, rows_of(chromosome))


def adapting(**options: Any) -> Setting:
    """Mutate children of two kinds, one of them worse than the mean."""
    kinds = np.array([[0.0] * GENES, [0.0, 1.0, 0.0, 0.0, 1.0, 1.0]])
    copies = {"crossover_type": None, "mutation_type": "adaptive"}
    return Setting({**copies, **options}, rows_of(*kinds), every_other_one_is_bad)


SETTINGS = {
    "single_point": crossing(TAGGED_PARENTS, crossover_type="single_point"),
    "two_points": crossing(TAGGED_PARENTS, crossover_type="two_points"),
    "uniform": crossing(TAGGED_PARENTS[:3], crossover_type="uniform"),
    "scattered": crossing(TAGGED_PARENTS[:3], crossover_type="scattered"),
    "single_point, mates by chance": crossing(TAGGED_PARENTS[:4], crossover_probability=0.4),
    "two_points, mates by chance": crossing(
        TAGGED_PARENTS[:3], crossover_type="two_points", crossover_probability=0.15
    ),
    "uniform, mates by chance": crossing(
        TAGGED_PARENTS[:2], crossover_type="uniform", crossover_probability=0.7
    ),
    "one parent, by chance": crossing(TAGGED_PARENTS[:1], crossover_probability=0.5),
    "sbx": crossing(REAL_PARENTS, crossover_type="sbx"),
    "sbx, spread": crossing(REAL_PARENTS, crossover_type="sbx", sbx_crossover_eta=2.0),
    "sbx, by chance": crossing(REAL_PARENTS, crossover_type="sbx", crossover_probability=0.6),
    "sbx, bounds": crossing(REAL_PARENTS, crossover_type="sbx", sbx_crossover_eta=1.0, gene_low=-3.95),
    "blend": crossing(REAL_PARENTS, crossover_type="blend"),
    "blend, narrow": crossing(REAL_PARENTS, crossover_type="blend", blend_crossover_alpha=0.0),
    "blend, by chance": crossing(REAL_PARENTS, crossover_type="blend", crossover_probability=0.6),
    "blend, bounds": crossing(REAL_PARENTS, crossover_type="blend", gene_low=-3.5, gene_high=2.0),
    "random": mutating(),
    "random, three genes": mutating(mutation_num_genes=3),
    "random, half of the genes": mutating(mutation_percent_genes=50.0),
    "random, by chance": mutating(mutation_probability=0.3),
    "random, one-sided": mutating(mutation_probability=0.5, random_mutation_min_val=0.5),
    "random reset": mutating(mutation_num_genes=2, mutation_by_replacement=True),
    "random, bounds": mutating(mutation_probability=0.5, gene_low=-4.0, gene_high=2.1),
    "gaussian": mutating(mutation_type="gaussian"),
    "gaussian, by chance": mutating(
        mutation_type="gaussian", mutation_probability=0.4, gaussian_mutation_deviation=0.2
    ),
    "polynomial": mutating(mutation_type="polynomial"),
    "polynomial, every gene": mutating(
        mutation_type="polynomial", mutation_probability=1.0, polynomial_mutation_eta=3.0
    ),
    "polynomial, two genes": mutating(mutation_type="polynomial", mutation_num_genes=2),
    "swap": mutating(mutation_type="swap"),
    "swap, two genes": mutating(mutation_type="swap", mutation_num_genes=2),
    "swap, five genes": mutating(mutation_type="swap", mutation_num_genes=5),
    "swap, by chance": mutating(mutation_type="swap", mutation_probability=0.5),
    "inversion": mutating(mutation_type="inversion"),
    "inversion, four genes": mutating(mutation_type="inversion", mutation_num_genes=4),
    "inversion, by chance": mutating(mutation_type="inversion", mutation_probability=0.6),
    "scramble": mutating(mutation_type="scramble"),
    "scramble, three genes": mutating(mutation_type="scramble", mutation_percent_genes=50.0),
    "scramble, by chance": mutating(mutation_type="scramble", mutation_probability=0.5),
    "adaptive, by chance": adapting(mutation_probability=(0.6, 0.2)),
    "adaptive, genes": adapting(mutation_num_genes=(4, 1)),
    "adaptive, percentages": adapting(mutation_percent_genes=(70.0, 40.0), mutation_by_replacement=True),
    "adaptive, bits": adapting(mutation_num_genes=(4, 2), bits=1),
    "bits": mutating(bits=3),
    "bits, by chance": mutating(bits=2, mutation_probability=0.2),
    "bits, swap": mutating(bits=3, mutation_type="swap"),
    "bits, inversion": mutating(bits=6, mutation_type="inversion"),
    "bits, scramble": mutating(bits=1, mutation_type="scramble"),
}

SLOW = {
    "scattered",
    "sbx, by chance",
    "sbx, bounds",
    "blend, by chance",
    "random, half of the genes",
    "random, one-sided",
    "polynomial, two genes",
    "swap, two genes",
    "inversion, by chance",
    "scramble, by chance",
    "adaptive, percentages",
    "bits, by chance",
    "bits, inversion",
    "bits, scramble",
}
"""Settings whose operator, mates and genes are each tested by others as well."""


@functools.cache
def both(name: str) -> tuple[Array, Array]:
    """Children of the compiled operator, and of PyGAD's."""
    setting = SETTINGS[name]
    ours = [setting.drawn(compiled_children, seed) for seed in range(10, 10 + DRAWS)]
    return np.vstack(ours), setting.drawn(pygad_children, 2)


def cells(children: Array) -> Array:
    """Number the different children: where each gene comes from, or which order they are in."""
    return np.unique(children, axis=0, return_inverse=True)[1].ravel()


def changed(children: Array) -> Array:
    """Number the different sets of genes that have changed."""
    return np.where(children != CHROMOSOME, 1.0, 0.0) @ 2.0 ** np.arange(GENES)


def of_adapting(children: Array, bad: bool) -> tuple[Array, Array]:
    """The children of one kind, and what they were before they mutated: the best, then row by row."""
    rows = adapting().population
    before = np.tile(np.vstack([rows[:1], rows[: CHILDREN - 1]]), (len(children) // CHILDREN, 1))
    chosen = (every_other_one_is_bad(before) > 1.0) == bad
    return children[chosen], before[chosen]


def changes_of_the_good(children: Array) -> Array:
    after, before = of_adapting(children, bad=False)
    return (after != before).sum(axis=1)


def changes_of_the_bad(children: Array) -> Array:
    after, before = of_adapting(children, bad=True)
    return (after != before).sum(axis=1)


def gene(number: int) -> Callable[[Array], Array]:
    def column(children: Array) -> Array:
        return children[:, number]

    column.__name__ = f"gene {number}"
    return column


def moves(children: Array) -> Array:
    """What was added to genes that have changed."""
    steps = children - CHROMOSOME
    return steps[steps != 0.0]


def spread(children: Array) -> Array:
    """A number that is another one where genes depend on one another in another way."""
    middle = REAL_PARENTS.mean(axis=0)
    return (children[:, 0] - middle[0]) * (children[:, 3] - middle[3])


def new_numbers(children: Array) -> Array:
    """What mutation has put in the place of the good and the bad chromosomes' genes."""
    return children[(children != 0.0) & (children != 1.0)]


def statistics_of(name: str) -> list[Any]:
    options = SETTINGS[name].options
    crossover, mutation = (
        options.get("crossover_type", "single_point"),
        options.get("mutation_type", "random"),
    )
    if mutation == "adaptive":
        counts: list[Any] = [changes_of_the_good, changes_of_the_bad]
        return counts if "bits" in options else [*counts, new_numbers]
    if crossover in ("sbx", "blend"):
        return [gene(0), gene(2), gene(4), gene(5), spread]
    if mutation in ("random", "gaussian") and "bits" not in options:
        return [changed, moves, gene(3)]
    if mutation == "polynomial":
        return [changed, moves, gene(0), gene(2), gene(5)]
    return [cells]


CONTINUOUS = (moves, spread, new_numbers)
CASES = [(name, statistic) for name in SETTINGS for statistic in statistics_of(name)]


def p_value(statistic: Any, ours: Array, theirs: Array) -> float:
    """Return the chance that one distribution differs by as much from sample to sample."""
    if statistic is cells:
        # Numbered together, so that the same child has the same number on both sides.
        numbers = cells(np.vstack([ours, theirs]))
        one, other = numbers[: len(ours)], numbers[len(ours) :]
    else:
        one, other = statistic(ours), statistic(theirs)
    if statistic in CONTINUOUS or statistic.__name__.startswith("gene"):
        return float(stats.ks_2samp(one, other).pvalue)
    return chi_square(one, other)


def chi_square(one: Array, other: Array) -> float:
    values, places = np.unique(np.concatenate([one, other]), return_inverse=True)
    table = np.array([np.bincount(part, minlength=values.size) for part in np.split(places, [len(one)])])
    expected = table.sum(axis=0) * table.sum(axis=1).min() / table.sum()
    rare = expected < 10
    table = np.column_stack([table[:, ~rare], table[:, rare].sum(axis=1)])
    table = table[:, table.sum(axis=0) > 0]
    return 1.0 if table.shape[1] < 2 else float(stats.chi2_contingency(table).pvalue)


def shown(name: str, statistic: Any) -> Any:
    marks = [pytest.mark.slow] if name in SLOW else []
    return pytest.param(name, statistic, marks=marks, id=f"{name}: {statistic.__name__.replace('_', ' ')}")


@pytest.mark.parametrize(("name", "statistic"), [shown(*case) for case in CASES])
def test_children_have_the_distribution_of_pygad(name: str, statistic: Any) -> None:
    ours, theirs = both(name)
    genes = SETTINGS[name].population.shape[1]
    assert (ours.shape, theirs.shape) == ((DRAWS * CHILDREN, genes), (CHILDREN, genes))
    assert p_value(statistic, ours, theirs) > LEVEL / (len(CASES) + len(SELECTIONS))


@pytest.mark.parametrize(
    ("name", "other"),
    [
        ("single_point", "two_points"),
        ("uniform, mates by chance", "uniform"),
        ("sbx", "sbx, spread"),
        ("blend", "blend, narrow"),
        ("random", "gaussian"),
        ("polynomial", "polynomial, every gene"),
        ("swap", "inversion"),
        ("inversion", "inversion, four genes"),
        ("scramble", "scramble, three genes"),
        ("bits", "bits, swap"),
    ],
)
def test_the_tests_tell_different_operators_apart(name: str, other: str) -> None:
    assert min(p_value(statistic, both(name)[0], both(other)[1]) for statistic in statistics_of(name)) < 1e-9


@pytest.mark.parametrize("crossover", ["single_point", "two_points", "uniform", "blend", "sbx"])
@pytest.mark.parametrize("draw", [compiled_children, pygad_children], ids=["compiled", "pygad"])
def test_children_without_a_mate_are_copies_of_parents_in_turn(draw: Any, crossover: str) -> None:
    parents = REAL_PARENTS if crossover in ("blend", "sbx") else TAGGED_PARENTS
    setting = crossing(parents, crossover_type=crossover, crossover_probability=0.0)
    np.testing.assert_array_equal(setting.drawn(draw, 3), np.resize(parents, (CHILDREN, GENES)))


@pytest.mark.parametrize("draw", [compiled_children, pygad_children], ids=["compiled", "pygad"])
def test_children_that_always_have_a_mate_lie_between_two_parents(draw: Any) -> None:
    setting = crossing(
        REAL_PARENTS, crossover_type="blend", crossover_probability=1.0, blend_crossover_alpha=0.0
    )
    children = setting.drawn(draw, 3)
    low, high = REAL_PARENTS.min(axis=0), REAL_PARENTS.max(axis=0)
    assert ((low <= children) & (children <= high)).all()
    assert len(np.unique(children[:, 0])) == CHILDREN


# Selection

MEMBERS, PARENTS, GENERATIONS = 50, 20, 500
SELECTIONS = ("rws", "sus", "rank", "random", "tournament", "tournament of seven")


@functools.cache
def selected(kind: str) -> tuple[Array, Array]:
    """Parents of many generations, shape (generations, parents), by the compiled engine and by PyGAD."""
    rng = np.random.default_rng(4)
    population, losses = rng.normal(size=(MEMBERS, 2)), rng.gamma(1.0, size=MEMBERS)
    losses[[7, 30]] = losses[12], np.inf
    of_seven = {"k_tournament": 7} if kind == "tournament of seven" else {}
    name: Any = kind.removesuffix(" of seven")
    chosen = GeneticAlgorithm(
        population_size=MEMBERS, num_parents_mating=PARENTS, parent_selection_type=name, **of_seven
    )
    herd, plan = herd_and_plan(chosen, population, losses)
    ours = []
    for _ in range(GENERATIONS):
        recombine(plan, chosen.coding, herd, 0, rng)
        ours.append(herd.parents.copy())
    ga = pygad_instance(chosen, population, lambda rows: losses, 5)
    theirs = []
    for _ in range(GENERATIONS):
        ga.run_select_parents()
        theirs.append(ga.last_generation_parents_indices)
    return np.array(ours), np.array(theirs)


@pytest.mark.parametrize("kind", SELECTIONS)
def test_parents_have_the_distribution_of_pygad(kind: str) -> None:
    ours, theirs = selected(kind)
    assert ours.size == theirs.size == PARENTS * GENERATIONS
    assert chi_square(ours.ravel(), theirs.ravel()) > LEVEL / (len(CASES) + len(SELECTIONS))


def test_the_test_of_parents_tells_selections_apart() -> None:
    for kind, other in (("rws", "rank"), ("random", "rank"), ("tournament", "tournament of seven")):
        assert chi_square(selected(kind)[0].ravel(), selected(other)[1].ravel()) < 1e-9


@pytest.mark.parametrize("side", [0, 1])
def test_stochastic_universal_sampling_is_even(side: int) -> None:
    """Each member has the whole copies that its share makes, and one more at most; the worst come first."""
    copies = np.array([np.bincount(parents, minlength=MEMBERS) for parents in selected("sus")[side]])
    assert (np.ptp(copies, axis=0) <= 1).all()
    means = copies.mean(axis=0)
    ranks = [[means[member] for member in parents] for parents in selected("sus")[side]]
    smooth = np.array(ranks)
    assert (np.diff(smooth, axis=1) > -0.12).all(), "in the order of their shares"


def test_the_best_and_ties_are_selected_as_pygad_does() -> None:
    rng = np.random.default_rng(6)
    for size in (2, 3, 15, 16, 17, 33, 100):
        chosen = GeneticAlgorithm(population_size=size, num_parents_mating=size)
        for _ in range(20):
            losses = rng.integers(0, size // 2 + 1, size).astype(np.float64)
            losses[losses == 0] = np.inf
            population = rng.normal(size=(size, 2))
            herd, plan = herd_and_plan(chosen, population, losses)
            recombine(plan, chosen.coding, herd, 0, rng)
            ga = pygad_instance(chosen, population, lambda rows, losses=losses: losses, 0)
            ga.run_select_parents()
            assert herd.parents.tolist() == ga.last_generation_parents_indices.tolist()
