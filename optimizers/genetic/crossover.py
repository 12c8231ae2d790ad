"""Crossover: one child from two parents, as PyGAD crosses; blend crossover is ours."""

from __future__ import annotations

from typing import Any

from optimizers.compilation import compiled
from optimizers.genetic.plan import BLEND, SBX, SCATTERED, SINGLE_POINT, TWO_POINTS, UNIFORM

COINS = 52
"""Random bits in one draw of 53, so that a gene costs a shift instead of a draw."""

EQUAL = 1e-14
"""Genes closer than this are one gene for ``sbx``, as in PyGAD."""


@compiled()
def mates(child: int, parents: Any, chance: float, rng: Any) -> tuple[int, int]:
    """Return the two parents of a child, or the same one twice.

    Without a chance each parent mates with the next in turn. With one, PyGAD lets each of the m parents be a
    candidate with this chance, and takes two of them in random order; one alone mates with itself, and where
    there is none the child is a copy of the parent whose turn it is. All candidates are alike, so it is
    enough to draw whether there is none (``(1 - chance)^m``), one (``m chance (1 - chance)^(m - 1)``) or
    more, and then who: three draws in place of m + 2.
    """
    m = parents.size
    if chance < 0.0:
        return parents[child % m], parents[(child + 1) % m]
    drawn = rng.random()
    none = (1.0 - chance) ** m
    if drawn < none:
        return parents[child % m], -1
    first = int(rng.random() * m)
    if m == 1 or drawn < none + m * chance * (1.0 - chance) ** (m - 1):
        return parents[first], parents[first]
    second = int(rng.random() * (m - 1))
    if second >= first:
        second += 1
    return parents[first], parents[second]


@compiled()
def _exchange(old: Any, first: int, second: int, begin: int, end: int, new: Any, child: int) -> None:
    """Take the genes from ``begin`` up to ``end`` from the second parent, the others from the first."""
    for j in range(begin):
        new[child, j] = old[first, j]
    for j in range(begin, end):
        new[child, j] = old[second, j]
    for j in range(end, new.shape[1]):
        new[child, j] = old[first, j]


@compiled()
def _uniform(old: Any, first: int, second: int, new: Any, child: int, rng: Any) -> None:
    """Take each gene from either parent by the toss of a coin (Syswerda 1989)."""
    genes = new.shape[1]
    for begin in range(0, genes, COINS):
        coins = int(rng.random() * 2.0**COINS)
        for j in range(begin, min(begin + COINS, genes)):
            new[child, j] = old[second, j] if coins & 1 else old[first, j]
            coins >>= 1


@compiled()
def _blend(old: Any, first: int, second: int, alpha: float, new: Any, child: int, rng: Any) -> None:
    """Draw each gene from the parents' interval, widened by ``alpha`` times its length on either side.

    BLX-alpha (Eshelman, Schaffer 1993).
    """
    for j in range(new.shape[1]):
        low, high = min(old[first, j], old[second, j]), max(old[first, j], old[second, j])
        length = high - low
        new[child, j] = low - alpha * length + (1.0 + 2.0 * alpha) * length * rng.random()


@compiled()
def _simulated_binary(
    old: Any, first: int, second: int, eta: float, low: float, high: float, new: Any, child: int, rng: Any
) -> None:
    """Draw each gene about its parents within a range (Deb, Agrawal 1995; bounded, Deb, Beyer 2001).

    The spread u of the child has a density that falls as ``u^eta`` inside the parents and ``u^-(eta + 2)``
    outside, cut off where the range ends. Of two symmetric children one is taken at random.
    """
    power = 1.0 / (eta + 1.0)
    for j in range(new.shape[1]):
        one, other = min(max(old[first, j], low), high), min(max(old[second, j], low), high)
        below, above = min(one, other), max(one, other)
        length = above - below
        if length < EQUAL:
            new[child, j] = one
            continue
        room = 1.0 + 2.0 * min(below - low, high - above) / length
        whole = 2.0 - room ** -(eta + 1.0)
        drawn = rng.random() * whole
        spread = drawn**power if drawn <= 1.0 else (1.0 / (2.0 - drawn)) ** power
        half = 0.5 * spread * length
        gene = 0.5 * (below + above) + (-half if rng.random() < 0.5 else half)
        new[child, j] = min(max(gene, low), high)


@compiled()
def _copy(old: Any, parent: int, new: Any, child: int) -> None:
    for j in range(new.shape[1]):
        new[child, j] = old[parent, j]


# Each writes a child into each row of the next population behind the kept ones, and takes ``CROSS``'s
# arguments:
#     plan: the options.
#     old: the present population, shape (P, genes).
#     parents: the selected members.
#     new: the next population.
#     rng: generator.


@compiled()
def single_point(plan: Any, old: Any, parents: Any, new: Any, rng: Any) -> None:
    """Take all genes from one place on from the second parent (Holland 1975)."""
    for child in range(plan.kept, plan.size):
        first, second = mates(child - plan.kept, parents, plan.mating_chance, rng)
        if second < 0:
            _copy(old, first, new, child)
        else:
            _exchange(old, first, second, int(rng.random() * plan.genes), plan.genes, new, child)


@compiled()
def two_points(plan: Any, old: Any, parents: Any, new: Any, rng: Any) -> None:
    """Take the genes between two places from the second parent."""
    for child in range(plan.kept, plan.size):
        first, second = mates(child - plan.kept, parents, plan.mating_chance, rng)
        if second < 0:
            _copy(old, first, new, child)
            continue
        # Two different points from 0 to the number of genes, every pair as likely as any other.
        one, other = int(rng.random() * (plan.genes + 1)), int(rng.random() * plan.genes)
        if other >= one:
            other += 1
        _exchange(old, first, second, min(one, other), max(one, other), new, child)


@compiled()
def uniform(plan: Any, old: Any, parents: Any, new: Any, rng: Any) -> None:
    """Take each gene from either parent (Syswerda 1989)."""
    for child in range(plan.kept, plan.size):
        first, second = mates(child - plan.kept, parents, plan.mating_chance, rng)
        if second < 0:
            _copy(old, first, new, child)
        else:
            _uniform(old, first, second, new, child, rng)


@compiled()
def blend(plan: Any, old: Any, parents: Any, new: Any, rng: Any) -> None:
    """Draw each gene from about the parents' interval (Eshelman, Schaffer 1993)."""
    for child in range(plan.kept, plan.size):
        first, second = mates(child - plan.kept, parents, plan.mating_chance, rng)
        if second < 0:
            _copy(old, first, new, child)
        else:
            _blend(old, first, second, plan.alpha, new, child, rng)


@compiled()
def simulated_binary(plan: Any, old: Any, parents: Any, new: Any, rng: Any) -> None:
    """Draw each gene about its parents within a range (Deb, Agrawal 1995)."""
    low, high = plan.range_low, plan.range_high
    for child in range(plan.kept, plan.size):
        first, second = mates(child - plan.kept, parents, plan.mating_chance, rng)
        if second < 0:
            _copy(old, first, new, child)
        else:
            _simulated_binary(old, first, second, plan.crossover_eta, low, high, new, child, rng)


CROSSOVERS = {
    SINGLE_POINT: single_point,
    TWO_POINTS: two_points,
    UNIFORM: uniform,
    SCATTERED: uniform,
    BLEND: blend,
    SBX: simulated_binary,
}
"""The crossovers by their codes; copies are none."""
