"""Searches under observation: an ``observe`` that answers from a script, and an objective with a ledger."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np

from optimizers.capabilities.curvature import Curvature
from optimizers.capabilities.gradient import Gradient
from optimizers.capabilities.residuals import Residuals
from optimizers.counts import GRADIENT_ROWS, VALUE_ROWS
from optimizers.objective import Measurable, Objective
from optimizers.optimizer import Optimizer, Outcome


@dataclass
class Seen:
    """What one look was told, with copies of everything that the search may go on to change."""

    w: Any
    iterations: int
    losses: Any
    best: Any
    loss: float | None
    population_losses: Any
    counters: tuple[int, int]
    cost: float
    allowance: int


class Watcher:
    """An ``observe`` that answers with the given allowances, then with 0, and remembers each look."""

    def __init__(self, objective: Objective, allowances: Iterable[int]) -> None:
        self.objective = objective
        self.script = iter(allowances)
        self.seen: list[Seen] = []
        self.outcome: Outcome | None = None

    def __call__(
        self,
        w: Any,
        *,
        iterations: int = 0,
        losses: Any = None,
        best: Any = None,
        loss: float | None = None,
        population_losses: Any = None,
    ) -> int:
        allowance = next(self.script, 0)
        self.seen.append(
            Seen(
                np.array(w),
                iterations,
                None if losses is None else np.array(losses),
                None if best is None else np.array(best),
                loss,
                None if population_losses is None else np.array(population_losses),
                (self.objective.value_rows, self.objective.gradient_rows),
                self.objective.cost,
                allowance,
            )
        )
        return allowance

    @property
    def iterations(self) -> int:
        return sum(look.iterations for look in self.seen)

    @property
    def path(self) -> Any:
        """The parameters of each look, shape (looks, n)."""
        return np.array([look.w for look in self.seen])

    @property
    def trail(self) -> Any:
        """The losses of all iterates, the last one excluded."""
        return np.concatenate([look.losses for look in self.seen if look.losses is not None])


def watch(
    optimizer: Optimizer, objective: Objective, start: Any, allowances: Iterable[int], seed: int = 7
) -> Watcher:
    """Run a search with scripted allowances."""
    watcher = Watcher(objective, allowances)
    watcher.outcome = optimizer.run(objective, start, np.random.default_rng(seed), watcher)
    return watcher


def row_orders(rng: np.random.Generator, rows: int) -> Iterator[Any]:
    """The order of the rows in each epoch: the last one's, shuffled by Durstenfeld's algorithm 235."""
    order = list(range(rows))
    while True:
        for last in reversed(range(1, rows)):
            drawn = math.floor((last + 1) * rng.random())
            order[drawn], order[last] = order[last], order[drawn]
        yield np.array(order, dtype=np.int64)


class Measured(Measurable):
    """An objective of which the harness can measure the loss; what a search does is counted by hand."""

    def __init__(self, loss: Callable[[Any], float], size: int = 1, rows: int = 12) -> None:
        self.size, self.rows, self.loss = size, rows, loss
        self.counters = np.zeros(2, dtype=np.int64)

    def peek(self, w: Any) -> float:
        return float(self.loss(w))

    value = values = value_and_gradient = None  # type: ignore[assignment]


class LeastSquares(Measurable):
    """Mean squared error of a plane through 12 points that lie on one: its least loss is 0, at ``minimum``.

    Plain Python, and it writes down the cost of every call by itself.
    """

    def __init__(self, gradient: bool = True, curvature: bool = True, residuals: bool = True) -> None:
        rng = np.random.default_rng(5)
        self.size, self.rows = 3, 12
        self.minimum = np.array([0.7, -0.4, 0.2])
        self.X = rng.normal(size=(self.rows, self.size))
        self.y = self.X @ self.minimum
        self.counters = np.zeros(2, dtype=np.int64)
        self.ledger: list[float] = []
        self.gradient = Gradient(2.5) if gradient else Gradient.refused("nobody has derived it")
        self.curvature = Products(self) if curvature else Curvature.refused("nobody has derived it twice")
        self.residuals = Parts(self) if residuals else Residuals.refused("nobody has looked for residuals")

    def peek(self, w: Any) -> float:
        return float(np.square(self.X @ w - self.y).mean())

    def _chosen(self, rows: Any) -> tuple[Any, Any]:
        chosen = np.arange(self.rows) if rows is None or len(rows) == 0 else rows
        return self.X[chosen], self.y[chosen]

    def value(self, w: Any, rows: Any = None) -> float:
        X, y = self._chosen(rows)
        self.ledger.append(len(y) / self.rows)
        self.counters[VALUE_ROWS] += len(y)
        return float(np.square(X @ self.checked(w) - y).mean())

    def values(self, population: Any, rows: Any = None) -> Any:
        return np.array([self.value(w, rows) for w in self.checked_population(population)])

    def value_and_gradient(self, w: Any, rows: Any = None) -> tuple[float, Any]:
        X, y = self._chosen(rows)
        self.ledger.append(self.gradient.cost * len(y) / self.rows)
        self.counters[GRADIENT_ROWS] += len(y)
        errors = X @ self.checked(w) - y
        return float(np.square(errors).mean()), 2 * X.T @ errors / len(y)


class Products(Curvature):
    """Products with the Hessian of the same."""

    cost = 4.25

    def __init__(self, objective: LeastSquares) -> None:
        self.objective = objective

    def product(self, w: Any, v: Any) -> Any:
        of = self.objective
        of.checked(w)
        of.ledger.append(4.25)
        of.hessian_rows += of.rows
        return 2 * of.X.T @ (of.X @ of.checked(v)) / of.rows


class Parts(Residuals):
    """Residuals of the same, in five blocks."""

    cost = 3.5
    count = 12

    def __init__(self, objective: LeastSquares) -> None:
        self.objective = objective

    def blocks(self, w: Any) -> Iterator[tuple[Any, Any]]:
        of = self.objective
        point, scale = of.checked(w), of.rows**-0.5
        for rows in np.array_split(np.arange(of.rows), 5):
            of.ledger.append(3.5 * len(rows) / of.rows)
            of.jacobian_rows += len(rows)
            yield scale * (of.X[rows] @ point - of.y[rows]), scale * of.X[rows]
