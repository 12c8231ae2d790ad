"""Mutation: what changes a child, as PyGAD mutates; gaussian mutation is ours."""

from __future__ import annotations

from typing import Any

from optimizers.compilation import compiled
from optimizers.genetic.plan import (
    ADAPTIVE,
    DRAWN,
    GAUSSIAN,
    INVERSION,
    NUMBER,
    POLYNOMIAL,
    SCRAMBLE,
    SWAP,
    UNSAID,
)


@compiled()
def choose_genes(kind: int, amount: float, positions: Any, rng: Any) -> int:
    """Choose genes, without order, and bring their numbers to the front of ``positions``.

    Arguments:
        kind: ``NUMBER``, so many of them, or ``CHANCE``, each with a probability.
        amount: the number, or the probability.
        positions: every gene's number once, in any order.
        rng: generator.

    Returns:
        Genes chosen.
    """
    genes = positions.size
    if kind == NUMBER:
        for place in range(int(amount)):
            _exchange(positions, place, place + int(rng.random() * (genes - place)))
        return int(amount)
    chosen = 0
    for place in range(genes):
        if rng.random() < amount:
            _exchange(positions, chosen, place)
            chosen += 1
    return chosen


@compiled()
def _exchange(row: Any, one: int, other: int) -> None:
    kept = row[one]
    row[one] = row[other]
    row[other] = kept


@compiled()
def _draw(plan: Any, coding: Any, new: Any, child: int, positions: Any, count: int, rng: Any) -> None:
    """Add a random number to each chosen gene, put it in its place, or flip a bit."""
    for place in range(count):
        gene = positions[place]
        if coding.bits:
            new[child, gene] = 1.0 - new[child, gene]
        else:
            drawn = plan.drawn_low + (plan.drawn_high - plan.drawn_low) * rng.random()
            new[child, gene] = drawn if plan.replacing else new[child, gene] + drawn


@compiled()
def _deviate(plan: Any, new: Any, child: int, positions: Any, count: int, rng: Any) -> None:
    """Add a normal number to each chosen gene."""
    for place in range(count):
        new[child, positions[place]] += plan.deviation * rng.standard_normal()


@compiled()
def _polynomial(plan: Any, new: Any, child: int, positions: Any, count: int, rng: Any) -> None:
    """Change each chosen gene by a part of the range (Deb, Goyal 1996; bounded, Deb, Agrawal 1999)."""
    low, high, power = plan.range_low, plan.range_high, plan.mutation_eta + 1.0
    for place in range(count):
        gene = positions[place]
        value = min(max(new[child, gene], low), high)
        drawn = rng.random()
        if drawn <= 0.5:
            inside = 1.0 - (value - low) / (high - low)
            change = (2.0 * drawn + (1.0 - 2.0 * drawn) * inside**power) ** (1.0 / power) - 1.0
        else:
            inside = 1.0 - (high - value) / (high - low)
            change = 1.0 - (2.0 * (1.0 - drawn) + 2.0 * (drawn - 0.5) * inside**power) ** (1.0 / power)
        new[child, gene] = min(max(value + change * (high - low), low), high)


@compiled()
def _swap(new: Any, child: int, positions: Any, count: int, rng: Any) -> None:
    """Exchange the chosen genes in pairs, drawn at random; an odd one stays."""
    for last in range(count - 1, 0, -1):
        _exchange(positions, last, int(rng.random() * (last + 1)))
    for pair in range(count // 2):
        _exchange(new[child], positions[2 * pair], positions[2 * pair + 1])


@compiled()
def _invert(new: Any, child: int, positions: Any, count: int, chosen: Any) -> None:
    """Reverse the order of the chosen genes; ``chosen`` is room for a mark a gene, in place of a sort."""
    chosen[:] = 0.0
    for place in range(count):
        chosen[positions[place]] = 1.0
    left, right = 0, chosen.size - 1
    while True:
        while left < right and chosen[left] == 0.0:
            left += 1
        while left < right and chosen[right] == 0.0:
            right -= 1
        if left >= right:
            return
        _exchange(new[child], left, right)
        left += 1
        right -= 1


@compiled()
def _scramble(new: Any, child: int, positions: Any, count: int, rng: Any) -> None:
    """Shuffle the values of the chosen genes."""
    for last in range(count - 1, 0, -1):
        _exchange(new[child], positions[last], positions[int(rng.random() * (last + 1))])


@compiled()
def _rearrange(plan: Any, new: Any, child: int, positions: Any, room: Any, rng: Any) -> None:
    """Move values about: without an amount, of any two genes (swap), or of a stretch of half of them."""
    genes = positions.size
    if plan.amount_kind == UNSAID and plan.mutation != SWAP:
        count = genes // 2
        begin = int(rng.random() * (genes - count + 1))
        for place in range(count):
            positions[place] = begin + place
    elif plan.amount_kind == UNSAID:
        count = choose_genes(NUMBER, 2.0, positions, rng)
    else:
        count = choose_genes(plan.amount_kind, plan.amount, positions, rng)
    if plan.mutation == SWAP:
        _swap(new, child, positions, count, rng)
    elif plan.mutation == INVERSION:
        _invert(new, child, positions, count, room)
    else:
        _scramble(new, child, positions, count, rng)


# Each of these mutates every child of the next population, and takes ``CHANGE``'s arguments:
#     plan: the options.
#     coding: the code of a weight.
#     new: the next population, shape (P, genes), children behind the kept ones.
#     worse: 1 for each child that takes the first amount of an adaptive mutation.
#     positions: every gene's number once, in any order.
#     room: numbers for a chromosome.
#     rng: generator.


@compiled()
def rearranging(plan: Any, coding: Any, new: Any, worse: Any, positions: Any, room: Any, rng: Any) -> None:
    """Move the values of chosen genes about."""
    for child in range(plan.kept, plan.size):
        _rearrange(plan, new, child, positions, room, rng)


@compiled()
def drawing(plan: Any, coding: Any, new: Any, worse: Any, positions: Any, room: Any, rng: Any) -> None:
    """Draw chosen genes anew, or what is added to them."""
    for child in range(plan.kept, plan.size):
        better = plan.mutation == ADAPTIVE and not worse[child]
        amount = plan.amount_of_better if better else plan.amount
        count = choose_genes(plan.amount_kind, amount, positions, rng)
        _draw(plan, coding, new, child, positions, count, rng)


@compiled()
def gaussian(plan: Any, coding: Any, new: Any, worse: Any, positions: Any, room: Any, rng: Any) -> None:
    """Add normal numbers to chosen genes."""
    for child in range(plan.kept, plan.size):
        count = choose_genes(plan.amount_kind, plan.amount, positions, rng)
        _deviate(plan, new, child, positions, count, rng)


@compiled()
def polynomial(plan: Any, coding: Any, new: Any, worse: Any, positions: Any, room: Any, rng: Any) -> None:
    """Change chosen genes by a part of their range."""
    for child in range(plan.kept, plan.size):
        count = choose_genes(plan.amount_kind, plan.amount, positions, rng)
        _polynomial(plan, new, child, positions, count, rng)


@compiled()
def clip(plan: Any, new: Any) -> None:
    """Put every gene of a child that is out of bounds onto the bound."""
    for child in range(plan.kept, plan.size):
        for j in range(plan.genes):
            new[child, j] = min(max(new[child, j], plan.lower), plan.upper)


MUTATIONS = {
    DRAWN: drawing,
    ADAPTIVE: drawing,
    GAUSSIAN: gaussian,
    POLYNOMIAL: polynomial,
    SWAP: rearranging,
    INVERSION: rearranging,
    SCRAMBLE: rearranging,
}
"""The mutations by their codes; one that changes nothing is none."""
