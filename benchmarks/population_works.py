"""What the population methods search: the networks of ``sizes``, and a valley of as many variables.

The losses of a network are nearly all of a generation where it is large. Rosenbrock's valley takes each party
an addition or two a variable, in compiled code of its own: there a generation is what the method takes.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import ArrayLike

from benchmarks import jax_network
from benchmarks.generation import MEMBERS
from benchmarks.population import loss_of_sums
from benchmarks.sizes import Size
from optimizers.compilation import compiled
from optimizers.objective import Array, Compiled, Objective, Rows
from optimizers.signatures import Data

Losses = Callable[[Any], Any]
"""The loss of each row of a population, in NumPy or in JAX."""


@dataclass(frozen=True)
class Work:
    """A loss of n parameters, as each party has it.

    Attributes:
        name: what it is.
        objective: builds ours.
        start: where searches begin, shape (n,).
        in_jax: builds the losses of a population in JAX.
        in_pygmo: builds a problem of pygmo's, with losses by NumPy where it is told so and there are any.
        in_numpy: one loss by NumPy, where that is another way to come to it.
    """

    name: str
    objective: Callable[[], Objective]
    start: Array
    in_jax: Callable[[], Losses]
    in_pygmo: Callable[[bool], Any]
    in_numpy: Callable[[Array], float] | None = None

    def population(self) -> Array:
        """Return the first population, shape (P, n); the start is a member."""
        points = np.random.default_rng(3).uniform(-4.0, 4.0, (MEMBERS, self.start.size))
        points[0] = self.start
        return points


@compiled(reassociate=True)
def _depth(w: Any, rows: Any, data: Any) -> float:
    depth = 0.0
    for i in range(w.size - 1):
        bend, rest = w[i + 1] - w[i] * w[i], 1.0 - w[i]
        depth += 100.0 * bend * bend + rest * rest
    return depth


@compiled()
def _depths(population: Any, rows: Any, data: Any, losses: Any) -> None:
    for member in range(population.shape[0]):
        losses[member] = _depth(population[member], rows, data)


class Valley(Objective):
    """Rosenbrock's function of n variables, compiled."""

    def __init__(self, n: int) -> None:
        self.size, self.counters = n, np.zeros(2, dtype=np.int64)
        data = Data(np.zeros(0), np.zeros(0, dtype=np.int64), np.zeros(0), self.counters).unnamed()
        self.compiled = Compiled(_depth, _depths, None, data, data)

    def value(self, w: ArrayLike, rows: Rows | None = None) -> float:
        return float(self.values([w])[0])

    def values(self, population: ArrayLike, rows: Rows | None = None) -> Array:
        points = self.checked_population(population)
        losses = np.empty(len(points))
        _depths(points, self.counters, (), losses)
        return losses

    def value_and_gradient(self, w: ArrayLike, rows: Rows | None = None) -> tuple[float, Array]:
        raise NotImplementedError("no search by values alone asks for a gradient")


def valley(size: Size) -> Work:
    """Return a valley of as many variables as a network has weights."""
    n = size.network().size

    def in_jax() -> Losses:
        import jax
        import jax.numpy as jnp

        jax.config.update("jax_enable_x64", True)
        depth = lambda w: jnp.sum(100.0 * (w[1:] - w[:-1] ** 2) ** 2 + (1.0 - w[:-1]) ** 2)  # noqa: E731
        return jax.vmap(depth)

    def in_pygmo(numpy: bool) -> Any:
        import pygmo

        return pygmo.problem(pygmo.rosenbrock(n))

    return Work(f"n = {n}", lambda: Valley(n), size.start(), in_jax, in_pygmo)


class Problem:
    """A loss as pygmo takes it; it is copied, and there is no need to."""

    def __init__(self, n: int, value: Callable[[Array], float], values: Losses) -> None:
        self.n, self.value, self.values = n, value, values

    def fitness(self, w: Array) -> list[float]:
        return [self.value(w)]

    def batch_fitness(self, population: Array) -> Array:
        found: Array = self.values(population.reshape(-1, self.n))
        return found

    def get_bounds(self) -> tuple[Array, Array]:
        return np.full(self.n, -4.0), np.full(self.n, 4.0)

    def __deepcopy__(self, memo: Any) -> Problem:
        return self


def network(size: Size) -> Work:
    """Return the loss of a network over its rows."""
    X, Y = size.data()

    def in_jax() -> Losses:
        import jax

        inputs, targets = jax_network.arrays(size)
        layers_of = jax_network.layers_of
        return jax.vmap(lambda w: jax_network.mean_loss(size, layers_of(size, w), inputs, targets))

    def in_numpy(w: Array) -> float:
        *hidden, last = jax_network.layers_of(size, w)
        a = X
        for weights, biases in hidden:
            a = np.tanh(a @ weights.T + biases)
        return loss_of_sums(size, a @ last[0].T + last[1], Y)

    def in_pygmo(numpy: bool) -> Any:
        import pygmo

        objective = size.objective()
        value, values = objective.value, objective.values
        if numpy:
            value, values = in_numpy, lambda population: np.array([in_numpy(w) for w in population])
        return pygmo.problem(Problem(objective.size, value, values))

    return Work(size.name, size.objective, size.start(), in_jax, in_pygmo, in_numpy)
