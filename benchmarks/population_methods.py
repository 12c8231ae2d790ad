"""One generation of differential evolution, of a swarm and of CMA-ES, evaluation included.

100 members, 4 + 3 log(n) for CMA-ES, from the same first population where a peer takes one, with no end of
its own on either side. ``pygmo`` (C++) calls our compiled losses: of a whole generation at once in
``pso_gen`` and ``cmaes``, which take them so, one by one in ``de``. Where the losses are most of the work
both sides do the same then, and the ratio goes to 1; so ``pygmo, NumPy`` has losses by NumPy, as its users
write them. ``pycma`` asks and tells, with our losses of a population at once. ``evosax`` has ``jit`` of
``vmap`` for losses within ``lax.fori_loop``. All in float64. CMA-ES is measured on the three smaller
networks: the covariance of the next takes a peer seconds a generation.

The (1+1) evolution strategy is held against Nevergrad's, an evaluation each, with our losses, and by NumPy.

The same without a network, under ``valley``: Rosenbrock's function of as many variables, which pygmo has in
C++ and evosax in JAX. There a generation is what the method itself takes.
"""

from __future__ import annotations

import functools
import time
from collections.abc import Callable, Iterator
from typing import Any

import numpy as np

from benchmarks.generation import MEMBERS
from benchmarks.measurement import Row, check_same, compared, installed
from benchmarks.population_works import Work, network, valley
from benchmarks.sizes import SIZES
from benchmarks.timing import alternate
from optimizers import CMAES, DifferentialEvolution, EvolutionStrategy, Optimizer, ParticleSwarm

Run = Callable[[int], object]
"""Runs so many generations."""

LONG_ENOUGH, FEW, MANY = 0.05, 10, 2**18
"""Seconds of one measurement and generations, at least, for a run of ours draws a population first; and at
the most. A second is long enough for any number."""

METHODS: dict[str, tuple[Optimizer, tuple[str, ...]]] = {
    "differential evolution": (
        DifferentialEvolution(population_size=MEMBERS),
        ("pygmo", "pygmo, NumPy", "evosax"),
    ),
    "particle swarm": (ParticleSwarm(population_size=MEMBERS), ("pygmo", "pygmo, NumPy", "evosax")),
    "CMA-ES": (CMAES(), ("pycma", "pygmo", "pygmo, NumPy", "evosax")),
    "evolution strategy": (EvolutionStrategy(), ("nevergrad", "nevergrad, NumPy")),
}
SIZES_OF = {"CMA-ES": SIZES[:3]}


def candidates(work: Work) -> int:
    return 4 + int(3 * np.log(work.start.size))


def ours(method: str, work: Work) -> Run:
    objective, start = work.objective(), work.start

    def run(generations: int) -> None:
        left = generations

        def observe(w: np.ndarray, *, iterations: int = 0, **_: object) -> int:
            nonlocal left
            left -= iterations
            return left

        # A search that meets a criterion of its own is begun again: CMA-ES does on four rows.
        while left:
            METHODS[method][0].run(objective, start, np.random.default_rng(left), observe)

    return run


def in_pygmo(method: str, work: Work, numpy: bool = False) -> Run:
    import pygmo

    points, problem = work.population(), work.in_pygmo(numpy)
    check_same(work.name, {"ours": work.objective().value(points[1]), "pygmo": problem.fitness(points[1])[0]})
    population = pygmo.population(problem, seed=3)
    for w in points[: candidates(work) if method == "CMA-ES" else MEMBERS]:
        population.push_back(w)

    def run(generations: int) -> None:
        if method == "differential evolution":
            chosen = pygmo.de(gen=generations, F=0.5, CR=0.9, variant=7, ftol=0.0, xtol=0.0, seed=3)
        elif method == "particle swarm":
            chosen = pygmo.pso_gen(gen=generations, seed=3)
        else:
            chosen = pygmo.cmaes(gen=generations, sigma0=0.5, ftol=0.0, xtol=0.0, seed=3)
        if method != "differential evolution" and problem.has_batch_fitness():
            chosen.set_bfe(pygmo.bfe(pygmo.member_bfe()))
        pygmo.algorithm(chosen).evolve(population)

    return run


def in_pycma(method: str, work: Work) -> Run:
    import cma

    objective, start = work.objective(), work.start
    settings = {"verbose": -9, "verb_log": 0, "seed": 3, "popsize": candidates(work), "signals_filename": ""}

    def run(generations: int) -> None:
        search = cma.CMAEvolutionStrategy(start.copy(), 0.5, settings)
        for _ in range(generations):
            points = search.ask()
            search.tell(points, objective.values(np.array(points)).tolist())

    return run


def in_nevergrad(method: str, work: Work, numpy: bool = False) -> Run:
    import nevergrad

    value, start = (work.in_numpy if numpy else None) or work.objective().value, work.start

    def run(generations: int) -> None:
        search = nevergrad.optimizers.OnePlusOne(nevergrad.p.Array(init=start), budget=generations)
        for _ in range(generations):
            point = search.ask()
            search.tell(point, value(point.value))

    return run


def in_evosax(method: str, work: Work) -> Run:
    import jax
    import jax.numpy as jnp

    losses_of = work.in_jax()
    # After JAX has been told to take float64.
    from evosax import algorithms

    population = jnp.asarray(work.population())
    if method == "CMA-ES":
        search = algorithms.CMA_ES(population_size=candidates(work), solution=population[0])
    else:
        kind = algorithms.PSO if method == "particle swarm" else algorithms.DifferentialEvolution
        search = kind(population_size=MEMBERS, solution=population[0])
    settings = search.default_params
    losses, expected = jax.jit(losses_of)(population), work.objective().values(np.asarray(population))
    check_same(work.name, {"ours": expected, "jax": np.asarray(losses)})
    if method == "CMA-ES":
        state = search.init(jax.random.key(0), population[0], settings)
    else:
        state = search.init(jax.random.key(0), population, losses, settings)

    def breed(generation: object, carried: tuple[Any, Any]) -> tuple[Any, Any]:
        state, key = carried
        key, one, other = jax.random.split(key, 3)
        candidates, state = search.ask(one, state, settings)
        state, _ = search.tell(other, candidates, losses_of(candidates), state, settings)
        return state, key

    evolve = jax.jit(lambda state, count: jax.lax.fori_loop(0, count, breed, (state, jax.random.key(1)))[0])
    return lambda generations: jax.block_until_ready(evolve(state, generations))


BUILDS: dict[str, Callable[[str, Work], Run]] = {
    "pygmo": in_pygmo,
    "pygmo, NumPy": functools.partial(in_pygmo, numpy=True),
    "pycma": in_pycma,
    "evosax": in_evosax,
    "nevergrad": in_nevergrad,
    "nevergrad, NumPy": functools.partial(in_nevergrad, numpy=True),
}


def generations_of(run: Run) -> int:
    """Return how many generations take long enough to be timed; the first ones compile."""
    run(2)
    count = 2
    while True:
        began = time.perf_counter()
        run(count)
        taken = time.perf_counter() - began
        if taken >= 1.0 or count >= MANY or (taken >= LONG_ENOUGH and count >= FEW):
            return count
        count *= 2 if taken > 0.3 * LONG_ENOUGH else 4


def works() -> Iterator[tuple[str, str, Work, list[str]]]:
    """Yield each name of a table, method and work, with the peers that it is held against."""
    for method, (_, peers) in METHODS.items():
        names, title = installed(*peers), method.replace(" ", "-")
        for size in SIZES_OF.get(method, SIZES):
            yield title, method, network(size), names
        for size in SIZES_OF.get(method, SIZES):
            work = valley(size)
            # What has no losses of its own by NumPy is there once.
            yield f"{title}, valley", method, work, [name for name in names if "NumPy" not in name]


def measure(repeats: int) -> Iterator[Row]:
    """Measure each method on every work that it is for, against each of its peers."""
    for title, method, work, names in works():
        for name in names:
            runs = {"ours": ours(method, work), name: BUILDS[name](method, work)}
            counts = {party: generations_of(run) for party, run in runs.items()}
            taken = alternate(
                {party: functools.partial(run, counts[party]) for party, run in runs.items()}, repeats
            )
            mine, theirs = (1e3 * taken[party] / counts[party] for party in ("ours", name))
            yield compared(title, work.name, name, mine, theirs, "ms")
