"""Searches under observation: an ``observe`` that answers from a script, and an objective with a ledger."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np

from optimizers.objective import GRADIENT_ROWS, VALUE_ROWS, Measurable, Objective
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
        self.gradient_cost = 2.5 if gradient else None
        self.no_gradient = "" if gradient else "nobody has derived it"
        self.ledger: list[float] = []
        self.offered = {"curvature": curvature, "residuals": residuals}

    @property
    def hessian_cost(self) -> float | None:
        return 4.25 if self.offered["curvature"] else None

    @property
    def no_hessian(self) -> str:
        return "" if self.offered["curvature"] else "nobody has derived it twice"

    @property
    def jacobian_cost(self) -> float | None:
        return 3.5 if self.offered["residuals"] else None

    @property
    def no_residuals(self) -> str:
        return "" if self.offered["residuals"] else "nobody has looked for residuals"

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
        assert self.gradient_cost is not None
        self.ledger.append(self.gradient_cost * len(y) / self.rows)
        self.counters[GRADIENT_ROWS] += len(y)
        errors = X @ self.checked(w) - y
        return float(np.square(errors).mean()), 2 * X.T @ errors / len(y)

    def hessian_product(self, w: Any, v: Any) -> Any:
        self.checked(w)
        self.ledger.append(4.25)
        self.hessian_rows += self.rows
        return 2 * self.X.T @ (self.X @ self.checked(v)) / self.rows

    def residuals_and_jacobian(self, w: Any) -> Iterator[tuple[Any, Any]]:
        point, scale = self.checked(w), self.rows**-0.5
        for rows in np.array_split(np.arange(self.rows), 5):
            self.ledger.append(3.5 * len(rows) / self.rows)
            self.jacobian_rows += len(rows)
            yield scale * (self.X[rows] @ point - self.y[rows]), scale * self.X[rows]
