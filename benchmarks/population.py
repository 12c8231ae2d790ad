"""The losses of a population of 100, nothing else.

JAX: ``jit`` of ``vmap``. ``pygad.gann``: its own evaluation of its own networks, which have no biases and
know sigmoid and ReLU only; ours is measured on the same network then, with biases of zero.
``pygad.torchga``: its way to put a vector into a PyTorch model, one after the other. ``numpy``: matrix
products, one candidate after the other. ``pure-python``: loops over lists. ``dgemm``: the machine's own rate
of matrix products, of which the ratio is the part that the products amount to.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import Any

import numpy as np

from benchmarks import jax_network, pure_python
from benchmarks.measurement import Row, check_same, compared, installed
from benchmarks.sizes import SIZES, Size
from benchmarks.timing import alternate, product_rate

CANDIDATES = 100
SLOW = ("pygad.gann", "pygad.torchga", "pure-python")
"""Peers that take seconds for one population: they are asked a few times only."""

PLAIN_PRODUCTS = 3e7
"""Multiply-adds of a population up to which plain Python is measured: they take it a second or two."""

Run = Callable[[], np.ndarray]
"""Returns the loss of each candidate."""


def population_of(size: Size, biases: bool = True) -> np.ndarray:
    population = np.random.default_rng(2).normal(size=(CANDIDATES, size.network().size))
    if not biases:
        for w in population:
            for layer in size.network().layers(w):
                layer.biases[:] = 0.0
    return population


def ours(size: Size) -> Run:
    objective, population = size.objective(), population_of(size, biases=size.activation == "tanh")
    return lambda: objective.values(population)


def in_jax(size: Size) -> Run:
    import jax
    import jax.numpy as jnp

    X, Y = jax_network.arrays(size)
    losses = jax.jit(jax.vmap(lambda w: jax_network.mean_loss(size, jax_network.layers_of(size, w), X, Y)))
    population = jnp.asarray(population_of(size))
    return lambda: np.asarray(losses(population))


def loss_of_sums(size: Size, z: np.ndarray, Y: np.ndarray) -> float:
    """Return the mean cross-entropy from the sums of the output layer."""
    if size.sizes[-1] == 1:
        return float((np.maximum(z, 0) - Y * z + np.log1p(np.exp(-np.abs(z)))).mean())
    highest = z.max(axis=1, keepdims=True)
    log_sum = highest[:, 0] + np.log(np.exp(z - highest).sum(axis=1))
    return float((log_sum - (Y * z).sum(axis=1)).mean())


def in_numpy(size: Size) -> Run:
    X, Y = size.data()
    population = population_of(size)

    def loss(w: np.ndarray) -> float:
        *hidden, last = jax_network.layers_of(size, w)
        a = X
        for weights, biases in hidden:
            a = np.tanh(a @ weights.T + biases)
        return loss_of_sums(size, a @ last[0].T + last[1], Y)

    return lambda: np.array([loss(w) for w in population])


def in_gann(size: Size) -> Run:
    import pygad.gann
    import pygad.nn

    X, Y = size.data()
    networks = pygad.gann.GANN(
        num_solutions=CANDIDATES,
        num_neurons_input=size.sizes[0],
        num_neurons_output=size.sizes[-1],
        num_neurons_hidden_layers=list(size.sizes[1:-1]),
        hidden_activations="sigmoid",
        output_activation="None",
    )
    population = population_of(size, biases=False)
    matrices = [[weights.T.copy() for weights, _ in jax_network.layers_of(size, w)] for w in population]
    networks.update_population_trained_weights(matrices)

    def run() -> np.ndarray:
        losses = []
        for network in networks.population_networks:
            z = np.array(pygad.nn.predict(network, X, problem_type="regression"))
            losses.append(loss_of_sums(size, z, Y))
        return np.array(losses)

    return run


def in_torchga(size: Size) -> Run:
    import pygad.torchga
    import torch

    X, Y = (torch.tensor(array) for array in size.data())
    units = list(zip(size.sizes[:-1], size.sizes[1:], strict=True))
    modules: list[Any] = []
    for ins, outs in units:
        modules += [torch.nn.Linear(ins, outs, dtype=torch.float64), torch.nn.Tanh()]
    model = torch.nn.Sequential(*modules[:-1])
    population = population_of(size)
    one = size.sizes[-1] == 1
    criterion = torch.nn.BCEWithLogitsLoss() if one else torch.nn.CrossEntropyLoss()

    def run() -> np.ndarray:
        losses = []
        with torch.no_grad():
            for w in population:
                z = pygad.torchga.predict(model=model, solution=w, data=X)
                losses.append(float(criterion(z, Y)))
        return np.array(losses)

    return run


def in_pure_python(size: Size) -> Run:
    rows = pure_python.rows_of(size)
    population = [pure_python.layers_of(size, w.tolist()) for w in population_of(size)]
    return lambda: np.array([pure_python.mean_loss(layers, rows) for layers in population])


BUILDS: dict[str, Callable[[Size], Run]] = {
    "jax": in_jax,
    "numpy": in_numpy,
    "pygad.gann": in_gann,
    "pygad.torchga": in_torchga,
    "pure-python": in_pure_python,
}


def measure(repeats: int) -> Iterator[Row]:
    """Measure every size against every peer, and against the machine's own rate of products."""
    rate = product_rate()
    peers = installed(*BUILDS)
    for size in SIZES:
        plain = CANDIDATES * size.value_products <= PLAIN_PRODUCTS
        for name in peers if plain else [peer for peer in peers if peer != "pure-python"]:
            same = replace(size, activation="sigmoid") if name == "pygad.gann" else size
            runs = {"ours": ours(same), name: BUILDS[name](same)}
            check_same(same.name, {party: run() for party, run in runs.items()})
            taken = alternate(repeated(runs, size), min(repeats, 3) if name in SLOW else repeats)
            mine, theirs = (1e3 * taken[party] / times(size, party) for party in ("ours", name))
            yield compared("population", size.name, name, mine, theirs, "ms")
        runs = {"ours": ours(size)}
        mine = 1e3 * alternate(repeated(runs, size), repeats)["ours"] / times(size, "ours")
        limit = 1e3 * CANDIDATES * size.value_products / rate
        yield compared("population", size.name, "dgemm", mine, limit, "ms")


def times(size: Size, name: str) -> int:
    """Return how often a population is evaluated in one measurement, for it to be long enough to be timed."""
    if name in SLOW or name == "numpy":
        return 1
    return max(1, round(0.1 * 2e10 / (CANDIDATES * size.value_products + 1e5)))


def repeated(runs: dict[str, Run], size: Size) -> dict[str, Callable[[], object]]:
    """Return workloads that are long enough to be timed."""

    def several(run: Run, count: int) -> Callable[[], object]:
        def work() -> None:
            for _ in range(count):
                run()

        return work

    return {name: several(run, times(size, name)) for name, run in runs.items()}
