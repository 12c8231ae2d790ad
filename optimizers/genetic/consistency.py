"""Which options of the genetic algorithm go together, and on how many parameters they work."""

from __future__ import annotations

import dataclasses
from typing import Any

from optimizers.errors import InputError
from optimizers.genetic.genetic_options import GeneticOptions
from optimizers.printable import shown

REARRANGING = ("swap", "inversion", "scramble")
"""Mutations that move values between parameters and make no new ones."""

DRAWING = ("random", "adaptive")
"""Mutations that draw numbers from the range of random_mutation_min_val and random_mutation_max_val."""

OF_NUMBERS = ("blend", "sbx", "gaussian", "polynomial")
"""Operators that make numbers between and beside other numbers, which bits have not."""

AMOUNTS = ("mutation_probability", "mutation_num_genes", "mutation_percent_genes")
"""The three ways to say how much mutates."""


def check_options(chosen: GeneticOptions) -> None:
    """Refuse options that contradict one another, and options that would have no effect.

    Raises:
        InputError: with the option, what was found, what was expected and the remedy.
    """
    _check_effects(chosen)
    _check_ranges(chosen)
    _check_coding(chosen)
    _check_numbers(chosen)
    if chosen.crossover_type is None:
        _check_without_crossover(chosen)
    _check_amount_of_mutation(chosen)


def refusal_of_size(chosen: GeneticOptions, n: int) -> str | None:
    """Say why these options do not work on n parameters, and the remedy; None if they do."""
    mutating, genes = chosen.mutation_num_genes, n * (chosen.bits or 1)
    kind = "parameters" if chosen.bits is None else "bits"
    if mutating is not None:
        most = max(mutating) if isinstance(mutating, tuple) else mutating
        if most > genes:
            return f"mutation_num_genes is {most}, expected at most {genes}, the number of {kind}: lower it"
    if chosen.mutation_type in REARRANGING and _rearranged(chosen, genes) < 2:
        return (
            f"{chosen.mutation_type} mutation would rearrange {_rearranged(chosen, genes)} of {genes} "
            f"{kind}, which changes nothing: take mutation_type='random', or let more of them mutate"
        )
    return None


def _mismatch(chosen: GeneticOptions, option: str, expected: str) -> InputError:
    """Build the error for an option that does not go with the others."""
    found = getattr(chosen, option)
    return InputError(f"{type(chosen).__name__}: option '{option}' is {shown(found)}, {expected}")


def _check_effects(chosen: GeneticOptions) -> None:
    """Refuse an option that was set and that nothing would read."""
    crossing = chosen.crossover_type is not None
    # Without crossover PyGAD makes the offspring of the elite and of the population as it stands.
    selecting = crossing or chosen.keep_elitism == 0
    tournament = chosen.parent_selection_type == "tournament"
    needs: dict[str, tuple[bool, str]] = {
        "parent_selection_type": (selecting, "a crossover_type or keep_elitism=0"),
        "num_parents_mating": (selecting, "a crossover_type or keep_elitism=0"),
        "k_tournament": (tournament, "parent_selection_type='tournament'"),
        "crossover_probability": (crossing, "a crossover_type"),
        "sbx_crossover_eta": (chosen.crossover_type == "sbx", "crossover_type='sbx'"),
        "blend_crossover_alpha": (chosen.crossover_type == "blend", "crossover_type='blend'"),
        "gaussian_mutation_deviation": (chosen.mutation_type == "gaussian", "mutation_type='gaussian'"),
        "polynomial_mutation_eta": (chosen.mutation_type == "polynomial", "mutation_type='polynomial'"),
        "keep_parents": (chosen.keep_elitism == 0, "keep_elitism=0"),
    }
    for option in ("random_mutation_min_val", "random_mutation_max_val", "mutation_by_replacement"):
        drawing = chosen.mutation_type in DRAWING and chosen.bits is None
        needs[option] = (drawing, "mutation_type='random' or 'adaptive' (and no bits)")
    for option in AMOUNTS:
        needs[option] = (chosen.mutation_type is not None, "a mutation_type")
    defaults: dict[str, Any] = {field.name: field.default for field in dataclasses.fields(chosen)}
    for option, (read, need) in needs.items():
        if not read and getattr(chosen, option) != defaults[option]:
            expected = f"expected {need} with it, or it has no effect: set that, or leave this out"
            raise _mismatch(chosen, option, expected)


def _check_ranges(chosen: GeneticOptions) -> None:
    """Refuse ranges that are empty, and bounds outside which the whole first population would lie."""
    for low, high in (
        ("init_range_low", "init_range_high"),
        ("random_mutation_min_val", "random_mutation_max_val"),
        ("gene_low", "gene_high"),
        ("gene_low", "init_range_high"),
        ("init_range_low", "gene_high"),
    ):
        begin, end = getattr(chosen, low), getattr(chosen, high)
        if begin is not None and end is not None and begin >= end:
            raise _mismatch(chosen, low, f"expected less than {high} ({shown(end)}): widen the range")


def _check_coding(chosen: GeneticOptions) -> None:
    """Refuse what does not go with bits, or with output weights that are solved for."""
    solved = chosen.output_weights == "least-squares"
    for option in ("gene_low", "gene_high"):
        if getattr(chosen, option) is None:
            continue
        if chosen.bits is not None:
            expected = "expected none with bits, which never leave the initial range: set that instead"
            raise _mismatch(chosen, option, expected)
        if solved:
            expected = "expected none with output_weights='least-squares', which knows none: leave it out"
            raise _mismatch(chosen, option, expected)
    if chosen.bits is None:
        return
    if solved:
        expected = "expected none with output_weights='least-squares', which rounds nothing: leave it out"
        raise _mismatch(chosen, "bits", expected)
    for option, other in (("crossover_type", "uniform"), ("mutation_type", "random")):
        if getattr(chosen, option) in OF_NUMBERS:
            expected = f"expected an operator that works on bits: set {option}='{other}', or leave bits out"
            raise _mismatch(chosen, option, expected)


def _check_numbers(chosen: GeneticOptions) -> None:
    """Refuse numbers of parents, kept ones and offspring that do not fit into the population."""
    size, parents, kept = chosen.population_size, chosen.parents, chosen.kept
    if size < 2:
        raise _mismatch(chosen, "population_size", "expected 2 or more: one alone has nobody to compete with")
    if parents > size:
        expected = f"expected at most population_size ({size}): select fewer parents"
        raise _mismatch(chosen, "num_parents_mating", expected)
    if chosen.parent_selection_type == "tournament" and chosen.k_tournament > size:
        expected = f"expected at most population_size ({size}): hold smaller tournaments"
        raise _mismatch(chosen, "k_tournament", expected)
    if not chosen.keep_elitism and kept > parents:
        expected = f"expected at most num_parents_mating ({parents}): keep fewer parents"
        raise _mismatch(chosen, "keep_parents", expected)
    if kept >= size:
        expected = f"which keeps {kept} of {size}, expected at least one offspring: keep fewer"
        raise _mismatch(chosen, _keeping(chosen), expected)


def _check_without_crossover(chosen: GeneticOptions) -> None:
    """Refuse what goes wrong where the offspring are copies."""
    if chosen.mutation_type is None:
        expected = "expected a mutation where there is no crossover: set mutation_type or crossover_type"
        raise _mismatch(chosen, "mutation_type", expected)
    # Where no more offspring are due than members are kept, PyGAD mutates the parents themselves, keeps the
    # mutants in their place and takes the parents' fitness for theirs.
    most = (chosen.population_size - 1) // 2
    if chosen.kept > most:
        expected = f"which keeps {chosen.kept}, expected at most {most} without crossover: keep fewer"
        raise _mismatch(chosen, _keeping(chosen), expected)
    offspring = chosen.population_size - chosen.kept
    if not chosen.keep_elitism and chosen.parents > offspring:
        expected = f"expected at most {offspring}, one an offspring, without crossover: select fewer parents"
        raise _mismatch(chosen, "num_parents_mating", expected)


def _keeping(chosen: GeneticOptions) -> str:
    """Return the option that decides how many members live on."""
    return "keep_elitism" if chosen.keep_elitism else "keep_parents"


def _check_amount_of_mutation(chosen: GeneticOptions) -> None:
    """Refuse an amount given twice, or one that does not fit the type of mutation."""
    given = [option for option in AMOUNTS if getattr(chosen, option) is not None]
    if len(given) > 1:
        raise _mismatch(chosen, given[1], f"expected none beside {given[0]}: leave one of them out")
    adaptive = chosen.mutation_type == "adaptive"
    if adaptive and not given:
        expected = "expected two numbers with mutation_type='adaptive': give (0.5, 0.1), for example"
        raise _mismatch(chosen, "mutation_probability", expected)
    for option in given:
        amount = getattr(chosen, option)
        if isinstance(amount, tuple) != adaptive:
            expected = "two numbers with" if adaptive else "one number without"
            raise _mismatch(chosen, option, f"expected {expected} mutation_type='adaptive': mend one of them")
        if adaptive and amount[0] < amount[1]:
            expected = "expected the first, for the worse solutions, to be the higher one: exchange them"
            raise _mismatch(chosen, option, expected)
    if chosen.mutation_type in REARRANGING and chosen.mutation_num_genes == 1:
        raise _mismatch(chosen, "mutation_num_genes", "expected 2 or more to be rearranged: raise it")


def _rearranged(chosen: GeneticOptions, genes: int) -> int:
    """Return the most genes that a rearranging mutation moves in one solution, as PyGAD counts them."""
    if isinstance(chosen.mutation_num_genes, int):
        return chosen.mutation_num_genes
    if isinstance(chosen.mutation_percent_genes, float):
        return genes_of_percentage(chosen.mutation_percent_genes, genes)
    return genes if chosen.mutation_type == "swap" or chosen.mutation_probability is not None else genes // 2


def genes_of_percentage(percentage: float, genes: int) -> int:
    """Return the genes that a percentage amounts to, one at least, as PyGAD counts them."""
    return max(int(percentage * genes / 100), 1)
