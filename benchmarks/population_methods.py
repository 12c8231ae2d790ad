"""One generation of differential evolution, of a swarm and of CMA-ES, evaluation included.

100 members, 4 + 3 log(n) for CMA-ES, from the same first population where a peer takes one, with no end of
its own on either side. ``pygmo`` (C++) calls our compiled losses: of a whole generation at once in
``pso_gen`` and ``cmaes``, which take them so, one by one in ``de``. ``pycma`` asks and tells, with our losses
of a population at once. Where the losses are most of the work both sides do the same then, and the ratio goes
to 1; so ``pygmo, NumPy`` has losses by NumPy, as its users write them. ``evosax`` has ``jit`` of ``vmap`` for
losses within ``lax.fori_loop``. All in float64. CMA-ES is measured on the three smaller networks: the
covariance of the next takes a peer seconds a generation.

The (1+1) evolution strategy is held against Nevergrad's, an evaluation each, with our losses.
"""

from __future__ import annotations

import functools
import time
from collections.abc import Callable, Iterator
from typing import Any

import numpy as np

from benchmarks import jax_network
from benchmarks.generation import MEMBERS, first_population
from benchmarks.measurement import Row, check_same, compared, installed
from benchmarks.population import loss_of_sums
from benchmarks.sizes import SIZES, Size
from benchmarks.timing import alternate
from optimizers import CMAES, DifferentialEvolution, EvolutionStrategy, Optimizer, ParticleSwarm

Run = Callable[[int], object]
"""Runs so many generations."""

Losses = Callable[[np.ndarray], np.ndarray]

LONG_ENOUGH = 0.05
"""Seconds of one measurement, at least."""


def candidates(size: Size) -> int:
    return 4 + int(3 * np.log(size.network().size))


METHODS: dict[str, tuple[Optimizer, tuple[str, ...]]] = {
    "differential evolution": (
        DifferentialEvolution(population_size=MEMBERS),
        ("pygmo", "pygmo, NumPy", "evosax"),
    ),
    "particle swarm": (ParticleSwarm(population_size=MEMBERS), ("pygmo", "pygmo, NumPy", "evosax")),
    "CMA-ES": (CMAES(), ("pycma", "pygmo", "pygmo, NumPy", "evosax")),
    "evolution strategy": (EvolutionStrategy(), ("nevergrad",)),
}
SIZES_OF = {"CMA-ES": SIZES[:3]}


def ours(method: str, size: Size) -> Run:
    objective, start = size.objective(), size.start()

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


def loss_in_numpy(size: Size) -> Callable[[np.ndarray], float]:
    X, Y = size.data()

    def loss(w: np.ndarray) -> float:
        *hidden, last = jax_network.layers_of(size, w)
        a = X
        for weights, biases in hidden:
            a = np.tanh(a @ weights.T + biases)
        return loss_of_sums(size, a @ last[0].T + last[1], Y)

    return loss


class Problem:
    """A network's loss as pygmo takes it; it is copied, and there is no need to."""

    def __init__(self, n: int, value: Callable[[np.ndarray], float], values: Losses) -> None:
        self.n, self.value, self.values = n, value, values

    def fitness(self, w: np.ndarray) -> list[float]:
        return [self.value(w)]

    def batch_fitness(self, population: np.ndarray) -> np.ndarray:
        return self.values(population.reshape(-1, self.n))

    def get_bounds(self) -> tuple[np.ndarray, np.ndarray]:
        return np.full(self.n, -4.0), np.full(self.n, 4.0)

    def __deepcopy__(self, memo: Any) -> Problem:
        return self


def in_pygmo(method: str, size: Size, numpy: bool = False) -> Run:
    import pygmo

    objective, points = size.objective(), first_population(size)
    value, values = objective.value, objective.values
    if numpy:
        value = loss_in_numpy(size)
        values = lambda population: np.array([value(w) for w in population])  # noqa: E731
    problem = pygmo.problem(Problem(points.shape[1], value, values))
    population = pygmo.population(problem, seed=3)
    for w in points[: candidates(size) if method == "CMA-ES" else MEMBERS]:
        population.push_back(w)

    def run(generations: int) -> None:
        if method == "differential evolution":
            chosen = pygmo.de(gen=generations, F=0.5, CR=0.9, variant=7, ftol=0.0, xtol=0.0, seed=3)
        elif method == "particle swarm":
            chosen = pygmo.pso_gen(gen=generations, seed=3)
        else:
            chosen = pygmo.cmaes(gen=generations, sigma0=0.5, ftol=0.0, xtol=0.0, seed=3)
        if method != "differential evolution":
            chosen.set_bfe(pygmo.bfe(pygmo.member_bfe()))
        pygmo.algorithm(chosen).evolve(population)

    return run


def in_pycma(method: str, size: Size) -> Run:
    import cma

    objective, start = size.objective(), size.start()
    settings = {"verbose": -9, "verb_log": 0, "seed": 3, "popsize": candidates(size), "signals_filename": ""}

    def run(generations: int) -> None:
        search = cma.CMAEvolutionStrategy(start.copy(), 0.5, settings)
        for _ in range(generations):
            points = search.ask()
            search.tell(points, objective.values(np.array(points)).tolist())

    return run


def in_nevergrad(method: str, size: Size) -> Run:
    import nevergrad

    objective, start = size.objective(), size.start()

    def run(generations: int) -> None:
        search = nevergrad.optimizers.OnePlusOne(nevergrad.p.Array(init=start), budget=generations)
        for _ in range(generations):
            point = search.ask()
            search.tell(point, objective.value(point.value))

    return run


def in_evosax(method: str, size: Size) -> Run:
    import jax
    import jax.numpy as jnp

    X, Y = jax_network.arrays(size)
    # After JAX has been told to take float64.
    from evosax import algorithms

    losses_of = jax.vmap(lambda w: jax_network.mean_loss(size, jax_network.layers_of(size, w), X, Y))
    population = jnp.asarray(first_population(size))
    if method == "CMA-ES":
        search = algorithms.CMA_ES(population_size=candidates(size), solution=population[0])
    else:
        kind = algorithms.PSO if method == "particle swarm" else algorithms.DifferentialEvolution
        search = kind(population_size=MEMBERS, solution=population[0])
    settings = search.default_params
    losses, expected = jax.jit(losses_of)(population), size.objective().values(np.asarray(population))
    check_same(size.name, {"ours": expected, "jax": np.asarray(losses)})
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


BUILDS: dict[str, Callable[[str, Size], Run]] = {
    "pygmo": in_pygmo,
    "pygmo, NumPy": lambda method, size: in_pygmo(method, size, numpy=True),
    "pycma": in_pycma,
    "evosax": in_evosax,
    "nevergrad": in_nevergrad,
}


def generations_of(run: Run) -> int:
    """Return how many generations take long enough to be timed; the first ones compile."""
    run(2)
    count = 2
    while True:
        began = time.perf_counter()
        run(count)
        taken = time.perf_counter() - began
        if taken >= LONG_ENOUGH or count >= 2**18:
            return count
        count *= 2 if taken > 0.3 * LONG_ENOUGH else 4


def measure(repeats: int) -> Iterator[Row]:
    """Measure each method on every size that it is for, against each of its peers."""
    for method, (_, peers) in METHODS.items():
        names = installed(*peers)
        for size in SIZES_OF.get(method, SIZES):
            for name in names:
                runs = {"ours": ours(method, size), name: BUILDS[name](method, size)}
                counts = {party: generations_of(run) for party, run in runs.items()}
                taken = alternate(
                    {party: functools.partial(run, counts[party]) for party, run in runs.items()}, repeats
                )
                mine, theirs = (1e3 * taken[party] / counts[party] for party in ("ours", name))
                yield compared(method.replace(" ", "-"), size.name, name, mine, theirs, "ms")
