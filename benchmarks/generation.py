"""One generation of a genetic algorithm with a population of 100, evaluation included.

PyGAD: with the defaults that ours has too (the better half mates in turn, crossing at one point, a tenth of
the genes mutates, one elite), and our compiled losses as its batch fitness. evosax: ``SimpleGA`` as it comes
(a normal number to every gene), within ``lax.scan``, with ``jit`` of ``vmap`` for the losses.
``pure-python``: loops over lists, bred the way of ours. All in float64, from the same first population.
"""

from __future__ import annotations

import random
from collections.abc import Callable, Iterator

import numpy as np

from benchmarks import jax_network, pure_python
from benchmarks.measurement import Row, check_same, compared, installed
from benchmarks.population import PLAIN_PRODUCTS
from benchmarks.sizes import SIZES as ALL_SIZES
from benchmarks.sizes import Size
from benchmarks.timing import alternate
from optimizers import GeneticAlgorithm

SIZES = ALL_SIZES[:4]
MEMBERS = 100
PRODUCTS_OF_A_GENE = 50
"""Multiply-adds that breeding a gene takes about as long as, to guess how many generations to measure."""

Run = Callable[[], np.ndarray]
"""Runs generations; returns the losses of the last population."""


def first_population(size: Size) -> np.ndarray:
    population = np.random.default_rng(3).uniform(-4.0, 4.0, (MEMBERS, size.network().size))
    population[0] = size.start()
    return population


def ours(size: Size, generations: int) -> Run:
    objective, start = size.objective(), size.start()
    search = GeneticAlgorithm(population_size=MEMBERS)

    def run() -> np.ndarray:
        losses = [np.empty(0)]
        # The first population is an iteration too.
        allowances = iter([1, generations, 0])

        def observe(w: np.ndarray, *, population_losses: np.ndarray | None = None, **_: object) -> int:
            if population_losses is not None:
                losses[0] = population_losses
            return next(allowances)

        search.run(objective, start, np.random.default_rng(3), observe)
        return losses[0]

    return run


def in_pygad(size: Size, generations: int) -> Run:
    import pygad

    objective, population = size.objective(), first_population(size)

    def run() -> np.ndarray:
        search = pygad.GA(
            num_generations=generations,
            num_parents_mating=MEMBERS // 2,
            initial_population=population,
            fitness_func=lambda _ga, solutions, _indices: -objective.values(solutions),
            fitness_batch_size=MEMBERS,
            random_seed=3,
            suppress_warnings=True,
        )
        search.run()
        return -search.last_generation_fitness

    return run


def in_evosax(size: Size, generations: int) -> Run:
    import jax
    import jax.numpy as jnp

    X, Y = jax_network.arrays(size)
    # After JAX has been told to take float64.
    from evosax.algorithms import SimpleGA

    population = jnp.asarray(first_population(size))
    search = SimpleGA(population_size=MEMBERS, solution=jnp.zeros(population.shape[1]))
    losses_of = jax.vmap(lambda w: jax_network.mean_loss(size, jax_network.layers_of(size, w), X, Y))

    def breed(state: object, key: object) -> tuple[object, object]:
        one, other = jax.random.split(key)
        candidates, state = search.ask(one, state, search.default_params)
        losses = losses_of(candidates)
        state, _ = search.tell(other, candidates, losses, state, search.default_params)
        return state, losses

    def evolve(population: object) -> object:
        losses = losses_of(population)
        state = search.init(jax.random.key(0), population, losses, search.default_params)
        keys = jax.random.split(jax.random.key(1), generations)
        return jnp.vstack([losses, jax.lax.scan(breed, state, keys)[1][-1]])

    compiled = jax.jit(evolve)
    first = np.asarray(compiled(population)[0])
    check_same(size.name, {"ours": size.objective().values(np.asarray(population)), "jax": first})
    return lambda: np.asarray(compiled(population)[1])


def in_pure_python(size: Size, generations: int) -> Run:
    rows, first = pure_python.rows_of(size), first_population(size).tolist()

    def loss_of(w: list[float]) -> float:
        return pure_python.mean_loss(pure_python.layers_of(size, w), rows)

    def run() -> np.ndarray:
        draw = random.Random(3)
        ranked = sorted(((loss_of(w), w) for w in first), key=lambda pair: pair[0])
        for _ in range(generations):
            parents = [w for _, w in ranked[: MEMBERS // 2]]
            children = [(loss_of(w), w) for w in pure_python.breed(parents, MEMBERS - 1, draw)]
            ranked = sorted([ranked[0], *children], key=lambda pair: pair[0])
        return np.array([loss for loss, _ in ranked])

    return run


BUILDS: dict[str, Callable[[Size, int], Run]] = {
    "pygad": in_pygad,
    "evosax": in_evosax,
    "pure-python": in_pure_python,
}


def measure(repeats: int) -> Iterator[Row]:
    """Measure the four smaller sizes against every peer."""
    names = installed(*BUILDS)
    for size in SIZES:
        plain = MEMBERS * size.value_products <= PLAIN_PRODUCTS
        for name in names if plain else [name for name in names if name != "pure-python"]:
            counts = {"ours": generations_of("ours", size), name: generations_of(name, size)}
            runs = {"ours": ours(size, counts["ours"]), name: BUILDS[name](size, counts[name])}
            taken = alternate(runs, min(repeats, 3) if name == "pure-python" else repeats)
            mine, theirs = (1e3 * taken[party] / (counts[party] + 1) for party in ("ours", name))
            yield compared("generation", size.name, name, mine, theirs, "ms")


def generations_of(party: str, size: Size) -> int:
    """Return how many generations take about a twentieth of a second, half a second where they are slow.

    Twenty at least, or the first population would count for much.
    """
    genes = size.network().size
    if party == "pygad":
        return max(3, round(0.5 / (1e-4 * genes + 2e-3)))
    if party == "pure-python":
        return max(1, round(0.5 * 2e7 / (MEMBERS * size.value_products)))
    return max(20, round(0.05 * 1e10 / (MEMBERS * (size.value_products + PRODUCTS_OF_A_GENE * genes))))
