"""Every update rule with the options that it is tested with; paths of its plain form, and searches."""

from __future__ import annotations

import functools
import itertools
import math
from collections.abc import Callable, Iterable, Iterator
from typing import Any

import numpy as np
from watching import Watcher, row_orders, watch

import harness
from harness.network.network import Network
from optimizers import build_optimizer, known_optimizers
from optimizers.descent.base import Descent

KNOWN: dict[str, type[Descent]] = {
    name: found for name, found in known_optimizers().items() if issubclass(found, Descent)
}
"""Every update rule there is, by its name."""

UNUSUAL: dict[str, dict[str, float]] = {
    "gradient-descent": {"learning_rate": 0.3},
    "momentum": {"learning_rate": 0.05, "momentum": 0.8},
    "nesterov": {"learning_rate": 0.05, "momentum": 0.8},
    "adagrad": {"learning_rate": 0.1, "epsilon": 1e-6},
    "rmsprop": {"learning_rate": 0.01, "decay": 0.95, "epsilon": 1e-2},
    "adam": {"learning_rate": 0.02, "decay_1": 0.85, "decay_2": 0.99, "epsilon": 1e-6},
    "adamw": {
        "learning_rate": 0.02,
        "decay_1": 0.85,
        "decay_2": 0.99,
        "epsilon": 1e-6,
        "weight_decay": 0.1,
    },
    "rprop": {"initial_step": 0.05, "shrink": 0.4, "growth": 1.3},
    "quickprop": {"learning_rate": 0.2, "growth": 1.5},
}
"""Options other than the defaults, which hide what a rule does not read: those of 1 - decay, for example."""

RULES: dict[str, dict[str, Any]] = {name: UNUSUAL.get(name, {}) for name in KNOWN}
STEPS = {name: found.steps_alike for name, found in KNOWN.items()}


# The gradient by plain NumPy, of tanh layers under a loss whose delta is output minus target.


def network_gradient(network: Network, w: Any, X: Any, Y: Any) -> Any:
    layers, place = [], 0
    for ins, outs in itertools.pairwise(network.sizes):
        layers.append((w[place : place + ins * outs].reshape(outs, ins), place))
        place += (ins + 1) * outs
    levels = [X]
    for weights, start in layers:
        bias = w[start + weights.size : start + weights.size + len(weights)]
        sums = levels[-1] @ weights.T + bias
        levels.append(np.tanh(sums))
    if network.loss == "binary-cross-entropy":
        delta = 1 / (1 + np.exp(-sums)) - Y
    elif network.loss == "categorical-cross-entropy":
        powers = np.exp(sums - sums.max(axis=1, keepdims=True))
        delta = powers / powers.sum(axis=1, keepdims=True) - Y
    else:
        assert network.loss == "perceptron-soft"
        delta = np.where(np.where(sums >= 0, 1.0, -1.0) == Y, 0.0, -Y)
    gradient = np.empty_like(w)
    for (weights, start), below in zip(reversed(layers), reversed(levels[:-1]), strict=True):
        end = start + weights.size
        gradient[start:end] = (delta.T @ below / len(X)).ravel()
        gradient[end : end + len(weights)] = delta.mean(axis=0)
        delta = delta @ weights * (1 - below**2)
    return gradient


def batches(rng: np.random.Generator, rows: int, batch: int | None) -> Iterator[Any]:
    """Rows of each step: a new order in each epoch, whose last batch holds the rest."""
    if batch is None:
        yield from itertools.repeat(np.arange(rows))
        return
    for order in row_orders(rng, rows):
        for place in range(0, rows, batch):
            yield order[place : place + batch]


@functools.cache
def problem(name: str) -> harness.Problem:
    return harness.problems.load(name)


def oracle_path(
    rule: str,
    name: str,
    batch: int | None,
    steps: int,
    seed: int = 0,
    *,
    rates: Iterable[float] | None = None,
    change: Callable[[Any, Any], Any] = lambda w, gradient: gradient,
    options: dict[str, float] | None = None,
) -> Any:
    """Parameters after each step, the start first.

    ``rates`` holds the learning rate of each step, ``change`` is what is done to a gradient, ``options`` are
    those of the rule where they are not the usual ones.
    """
    X, Y, _, _ = problem(name).data(seed)
    order = batches(problem(name).objective(seed=seed).row_order(), len(X), batch)

    def gradient(w: Any) -> Any:
        rows = next(order)
        return change(w, network_gradient(problem(name).network, w, X[rows], Y[rows]))

    optimizer, start = (
        rule_of(rule, **(RULES[rule] if options is None else options)),
        problem(name).start(seed),
    )
    usual = itertools.repeat(getattr(optimizer, "learning_rate", math.nan))
    path = optimizer.plain(start, gradient, itertools.islice(usual if rates is None else rates, steps))
    return np.array([start, *path])


def rule_of(rule: str, **options: Any) -> Descent:
    built = build_optimizer({"name": rule, **options})
    assert isinstance(built, Descent)
    return built


def search(
    rule: str,
    name: str,
    batch: int | None,
    allowances: list[int],
    compiled: bool = True,
    seed: int = 0,
    **options: Any,
) -> Watcher:
    objective = problem(name).objective(seed=seed)
    if not compiled:
        objective.compiled = None
    optimizer = build_optimizer({"name": rule, "batch": batch, **RULES[rule], **options})
    return watch(optimizer, objective, problem(name).start(seed), allowances)
