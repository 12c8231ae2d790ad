"""Functions outside networks, written once in NumPy's words, for any array library that speaks them."""

from __future__ import annotations

from collections.abc import Callable
from types import ModuleType
from typing import Any, NamedTuple

import numpy as np


class Case(NamedTuple):
    """A function ``f(numpy, w)`` of one vector to one number, and a point away from its kinks."""

    function: Callable[[ModuleType, Any], Any]
    point: Any


_RNG = np.random.default_rng(20)
_W6 = _RNG.normal(size=6)
_TABLE = _RNG.normal(size=(5, 4))
_SQUARE = _RNG.normal(size=(4, 4))
_LABELS = np.eye(3)[_RNG.integers(0, 3, 5)]
_CENTRES = _RNG.normal(size=(7, 3))
_SERIES = _RNG.normal(size=8)


def _softmax_regression(np: Any, w: Any) -> Any:
    scores = _TABLE @ w[:12].reshape(4, 3) + w[12:]
    high = np.max(scores, axis=1, keepdims=True)
    normaliser = np.log(np.sum(np.exp(scores - high), axis=1)) + high[:, 0]
    return np.mean(normaliser - np.sum(_LABELS * scores, axis=1))


def _recurrent(np: Any, w: Any) -> Any:
    state, error = np.zeros(3), 0.0
    for number in _SERIES:
        state = np.tanh(w[:9].reshape(3, 3) @ state + w[9:12] * number)
        error = error + (np.sum(state) - number) ** 2
    return error / len(_SERIES)


def _radial(np: Any, w: Any) -> Any:
    away = _CENTRES - w[:3]
    return np.sum(np.exp(-np.sum(away * away, axis=1) / (1 + w[3] ** 2)))


def _chain(np: Any, w: Any) -> Any:
    table = w.reshape(4, 4)
    return np.sum(np.tanh(_SQUARE @ table @ table.T @ _SQUARE.T)) / 10


def _newton_root(np: Any, w: Any) -> Any:
    root = w[0] ** 2 + 1.0
    for _ in range(6):
        root = 0.5 * (root + (w[1] ** 2 + 2.0) / root)
    return root * np.sin(w[2])


def _beale(np: Any, w: Any) -> Any:
    x, y = w[0], w[1]
    return (1.5 - x + x * y) ** 2 + (2.25 - x + x * y**2) ** 2 + (2.625 - x + x * y**3) ** 2


CASES = {
    "rosenbrock": Case(lambda np, w: np.sum(100 * (w[1:] - w[:-1] ** 2) ** 2 + (1 - w[:-1]) ** 2), _W6),
    "sphere": Case(lambda np, w: w @ w, _W6),
    "rastrigin": Case(lambda np, w: np.sum(w**2 - 10 * np.cos(2 * np.pi * w) + 10), _W6),
    "ackley": Case(
        lambda np, w: -20 * np.exp(-0.2 * np.sqrt(np.mean(w**2))) - np.exp(np.mean(np.cos(2 * np.pi * w))),
        _W6,
    ),
    "griewank": Case(
        lambda np, w: np.sum(w**2) / 4000 - np.prod(np.cos(w / np.sqrt(np.arange(1, 7)))) + 1, _W6
    ),
    "styblinski-tang": Case(lambda np, w: np.sum(w**4 - 16 * w**2 + 5 * w) / 2, _W6),
    "beale": Case(_beale, np.array([1.2, 0.4])),
    "booth": Case(
        lambda np, w: (w[0] + 2 * w[1] - 7) ** 2 + (2 * w[0] + w[1] - 5) ** 2, np.array([0.3, 2.0])
    ),
    "himmelblau": Case(
        lambda np, w: (w[0] ** 2 + w[1] - 11) ** 2 + (w[0] + w[1] ** 2 - 7) ** 2, np.array([1.0, 2.5])
    ),
    "log-sum-exp": Case(lambda np, w: np.log(np.sum(np.exp(w))), _W6),
    "log-add-exp": Case(lambda np, w: np.sum(np.logaddexp(w[:3], w[3:])), _W6),
    "softmax-regression": Case(_softmax_regression, _RNG.normal(size=15)),
    "matrix-product-chain": Case(_chain, _RNG.normal(size=16)),
    "quadratic-form": Case(lambda np, w: w @ (_SQUARE @ w), _RNG.normal(size=4)),
    "least-squares": Case(lambda np, w: np.mean((_TABLE @ w - np.arange(5.0)) ** 2), _RNG.normal(size=4)),
    "logistic-regression": Case(
        lambda np, w: np.mean(np.log1p(np.exp(-np.where(np.arange(5) % 2 == 0, 1.0, -1.0) * (_TABLE @ w)))),
        _RNG.normal(size=4),
    ),
    "radial-basis": Case(_radial, _RNG.normal(size=4)),
    "recurrent-net": Case(_recurrent, _RNG.normal(size=12) / 2),
    "newton-root": Case(_newton_root, _RNG.normal(size=3)),
    "norm": Case(lambda np, w: np.sqrt(np.sum(w * w)), _W6),
    "soft-absolute": Case(lambda np, w: np.sum(np.sqrt(w**2 + 0.1)), _W6),
    "absolute": Case(lambda np, w: np.sum(np.abs(w) * w**2), _W6),
    "highest": Case(lambda np, w: np.max(w) ** 3 + np.min(w) ** 2, _W6),
    "clipped": Case(lambda np, w: np.sum(np.maximum(w, 0.1) ** 3 + np.minimum(w, 0.2) ** 2), _W6),
    "where": Case(lambda np, w: np.sum(np.where(w > 0, w**3, np.sin(w))), _W6),
    "hyperbolic": Case(lambda np, w: np.sum(np.sinh(w) / np.cosh(w) + np.expm1(w) * np.tan(w / 4)), _W6),
    "powers": Case(lambda np, w: np.sum(np.abs(w) ** 1.7 + 2.0**w + 1 / (2 + w**2)), _W6),
    "variance": Case(lambda np, w: np.var(w) / (1 + np.mean(w) ** 2), _W6),
    "outer": Case(lambda np, w: np.sum(np.exp(np.outer(w[:3], w[3:])) * np.arange(9.0).reshape(3, 3)), _W6),
    "joined": Case(lambda np, w: np.prod(np.concatenate([w[:2] ** 2, np.sin(w[2:])]) + 2), _W6),
    "stacked": Case(
        lambda np, w: np.sum(np.stack([w, w**2, w[::-1]], axis=1) @ np.array([1.0, 2.0, 3.0])), _W6
    ),
    "entropy": Case(
        lambda np, w: -np.sum(np.exp(w) / np.sum(np.exp(w)) * np.log(np.exp(w) / np.sum(np.exp(w)))), _W6
    ),
    "pendulum": Case(lambda np, w: 0.5 * w[1] ** 2 - np.cos(w[0]) * (1 + np.log(w[2] ** 2 + 1)), _W6[:3]),
    "transposed": Case(lambda np, w: np.trace(w.reshape(2, 3).T @ w.reshape(2, 3) @ np.ones((3, 3))), _W6),
}
