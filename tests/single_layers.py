"""Single layers for the perceptron family: small data, and the rule in plain loops."""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from typing import Any

import numpy as np
from watching import row_orders

import harness


def own(X: Any, y: Any, loss: str = "perceptron-soft") -> harness.Problem:
    """One layer on arrays as they are."""
    return harness.Problem.from_arrays(X, y, hidden=(), loss=loss, test_fraction=0, scale=False)


def whole_numbers(rows: int, features: int, seed: int, separable: bool = True) -> tuple[Any, Any]:
    """Small whole numbers, on which every sum is exact, with both classes among the labels."""
    rng = np.random.default_rng(seed)
    for _ in range(1000):
        X = rng.integers(-6, 7, (rows, features)).astype(np.float64)
        sums = X @ rng.integers(-4, 5, features) + 0.5
        y = np.where(sums > 0, 1, -1) if separable else rng.choice([-1, 1], rows)
        if len(set(y.tolist())) == 2:
            return X, y
    raise AssertionError("no draw has both classes")


def total(w: list[float], x: list[float]) -> float:
    """The sum z of one row, with the input 1 for the bias."""
    return sum(weight * number for weight, number in zip(w, x, strict=True))


def turns(
    X: Any, y: Any, w: Any, eta: float, rng: np.random.Generator, epochs: int, margin: float | None = None
) -> Iterator[tuple[list[float], bool]]:
    """Yield the weights after each row's turn, and whether the row was wrong.

    Without a margin a row is wrong where the step says so, with one where y z does not exceed it.
    """
    weights = [float(number) for number in w]
    for order in itertools.islice(row_orders(rng, len(X)), epochs):
        for row in order:
            x, label = [*map(float, X[row]), 1.0], float(y[row])
            z = total(weights, x)
            wrong = (1.0 if z >= 0 else -1.0) != label if margin is None else label * z <= margin
            if wrong:
                weights = [
                    weight + 2 * eta * label * number for weight, number in zip(weights, x, strict=True)
                ]
            yield weights, wrong


def rows_right(X: Any, y: Any, w: list[float]) -> int:
    """Count the rows that the step gets right."""
    pairs = zip(X, y, strict=True)
    return sum((1 if total(w, [*map(float, x), 1.0]) >= 0 else -1) == label for x, label in pairs)
