"""Update rules as their papers print them, in plain NumPy and loops, and searches to hold against them.

A rule takes the point, its gradient, a memory that is empty before the first step, the number t of the step
from 1 on, and the options of the class.
"""

from __future__ import annotations

import functools
import itertools
from collections.abc import Callable, Iterable, Iterator
from typing import Any

import numpy as np
from watching import Watcher, row_orders, watch

import harness
from harness.network.network import Network
from optimizers import build_optimizer

Memory = dict[str, Any]


def descend(w: Any, g: Any, memory: Memory, t: int, learning_rate: float) -> Any:
    return w - learning_rate * g


def heavy_ball(w: Any, g: Any, memory: Memory, t: int, learning_rate: float, momentum: float) -> Any:
    """Rumelhart, Hinton, Williams eq. 9: the last change once more in part, minus the gradient's."""
    memory["change"] = momentum * memory.get("change", 0.0) - learning_rate * g
    return w + memory["change"]


def look_ahead(w: Any, g: Any, memory: Memory, t: int, learning_rate: float, momentum: float) -> Any:
    """Nesterov as Sutskever et al. (2013) write it: the iterate x, and w the point ahead of it."""
    x, v = memory.get("x", w), memory.get("v", 0.0)
    memory["v"] = v = momentum * v - learning_rate * g
    memory["x"] = x = x + v
    return x + momentum * v


def sums_of_squares(w: Any, g: Any, memory: Memory, t: int, learning_rate: float, epsilon: float) -> Any:
    """Duchi, Hazan, Singer: the diagonal of the sum of all outer products so far."""
    memory.setdefault("gradients", []).append(g)
    diagonal = np.square(memory["gradients"]).sum(axis=0)
    return w - learning_rate * g / (np.sqrt(diagonal) + epsilon)


def mean_squares(
    w: Any, g: Any, memory: Memory, t: int, learning_rate: float, decay: float, epsilon: float
) -> Any:
    """Tieleman, Hinton."""
    memory["square"] = decay * memory.get("square", 0.0) + (1 - decay) * g**2
    return w - learning_rate * g / (np.sqrt(memory["square"]) + epsilon)


def moments(
    w: Any, g: Any, memory: Memory, t: int, decay_1: float, decay_2: float, epsilon: float, **_: float
) -> Any:
    """Kingma, Ba, algorithm 1: what the learning rate multiplies."""
    memory["m"] = m = decay_1 * memory.get("m", 0.0) + (1 - decay_1) * g
    memory["v"] = v = decay_2 * memory.get("v", 0.0) + (1 - decay_2) * g**2
    return m / (1 - decay_1**t) / (np.sqrt(v / (1 - decay_2**t)) + epsilon)


def adaptive_moments(w: Any, g: Any, memory: Memory, t: int, learning_rate: float, **decays: float) -> Any:
    return w - learning_rate * moments(w, g, memory, t, **decays)


def decoupled_decay(
    w: Any, g: Any, memory: Memory, t: int, learning_rate: float, weight_decay: float, **decays: float
) -> Any:
    """Loshchilov, Hutter (2019), algorithm 2, line 12, with the learning rate for its eta and alpha = 1."""
    return w - learning_rate * (moments(w, g, memory, t, **decays) + weight_decay * w)


def resilient(
    w: Any,
    g: Any,
    memory: Memory,
    t: int,
    initial_step: float,
    shrink: float,
    growth: float,
    shortest_step: float = 1e-6,
    longest_step: float = 50.0,
) -> Any:
    """Igel, Huesken (2003), the loop over weights of iRprop-."""
    lengths = memory.setdefault("lengths", [initial_step] * len(w))
    before = memory.setdefault("before", [0.0] * len(w))
    w = w.copy()
    for i, slope in enumerate(g.tolist()):
        # The paper's product of the two slopes; of their signs here, for it may fall below the least number.
        agreement = np.sign(before[i]) * np.sign(slope)
        if agreement > 0:
            lengths[i] = min(lengths[i] * growth, longest_step)
        elif agreement < 0:
            lengths[i] = max(lengths[i] * shrink, shortest_step)
            slope = 0.0
        w[i] -= np.sign(slope) * lengths[i]
        before[i] = slope
    return w


def quick(w: Any, g: Any, memory: Memory, t: int, learning_rate: float, growth: float) -> Any:
    """Fahlman (1988), as his program has it, whose slopes point downhill."""
    changes = memory.setdefault("changes", [0.0] * len(w))
    slopes = memory.setdefault("slopes", [0.0] * len(w))
    shrink_factor = growth / (1 + growth)
    w = w.copy()
    for i, slope in enumerate((-g).tolist()):
        last, previous, step = changes[i], slopes[i], 0.0
        if last > 0:
            if slope > 0:
                step += learning_rate * slope
            if slope > shrink_factor * previous:
                step += growth * last
            else:
                step += slope / (previous - slope) * last
        elif last < 0:
            if slope < 0:
                step += learning_rate * slope
            if slope < shrink_factor * previous:
                step += growth * last
            else:
                step += slope / (previous - slope) * last
        else:
            step += learning_rate * slope
        w[i] += step
        changes[i], slopes[i] = step, slope
    return w


ORACLES: dict[str, Callable[..., Any]] = {
    "gradient-descent": descend,
    "momentum": heavy_ball,
    "nesterov": look_ahead,
    "adagrad": sums_of_squares,
    "rmsprop": mean_squares,
    "adam": adaptive_moments,
    "adamw": decoupled_decay,
    "rprop": resilient,
    "quickprop": quick,
}
RULES: dict[str, dict[str, float]] = {
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
STEPS = {**dict.fromkeys(RULES, 200), "rprop": 20, "quickprop": 12}
"""Steps that can be told apart from an oracle's to the last digits. Rprop goes by signs, and those of slopes
that are 0 but for rounding are anybody's; Quickprop's parabolas magnify rounding tenfold in two steps."""


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
    w, memory, path = problem(name).start(seed), {}, []
    order = batches(problem(name).objective(seed=seed).row_order(), len(X), batch)
    each = itertools.repeat({}) if rates is None else ({"learning_rate": rate} for rate in rates)
    path.append(w)
    for t, rows, rate in zip(range(1, steps + 1), order, each, strict=False):
        gradient = change(w, network_gradient(problem(name).network, w, X[rows], Y[rows]))
        w = ORACLES[rule](w, gradient, memory, t, **{**(options or RULES[rule]), **rate})
        path.append(w)
    return np.array(path)


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
