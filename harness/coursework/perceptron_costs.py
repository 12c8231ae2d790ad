"""The perceptron's two costs, seen through the harness's own objectives and optimizers."""

from __future__ import annotations

from typing import Any

import numpy as np

from harness.network.network import Network
from optimizers.objective import Array

ROWS = 40
EPOCHS = 3
LEARNING_RATE = 0.25
STEPS = 2
"""Steps on the soft cost that make one correction, for y - yhat is 2 y."""


def _data(rng: np.random.Generator) -> tuple[Array, Array, Array]:
    """Return weights, inputs and labels that no straight cut separates."""
    return (
        rng.normal(size=3),
        rng.normal(size=(ROWS, 2)),
        np.append([-1.0, 1.0], rng.choice([-1.0, 1.0], ROWS - 2)),
    )


def epochs_apart(rng: np.random.Generator) -> tuple[float, int, int]:
    """Train by the rule, and by descent on the soft cost with twice the step.

    Returns:
        The largest difference of the weights at the end, the number of rows and that of epochs.
    """
    import optimizers
    from harness.gradients import build_source
    from harness.network.objective import NetworkObjective

    start, inputs, labels = _data(rng)
    soft = Network(sizes=(2, 1), loss="perceptron-soft")
    rule = optimizers.PerceptronRule(learning_rate=LEARNING_RATE)
    descent = optimizers.GradientDescent(learning_rate=STEPS * LEARNING_RATE, batch=1)
    ends: list[Array] = []
    for optimizer, iterations in ((rule, EPOCHS), (descent, EPOCHS * ROWS)):
        seen: list[Array] = []

        def observe(w: Array, *, seen: list[Array] = seen, allowed: int = iterations, **told: Any) -> int:
            seen.append(w.copy())
            return allowed if len(seen) == 1 else 0

        objective = NetworkObjective(soft, inputs, labels, build_source("analytic"))
        optimizer.run(objective, start, np.random.default_rng(0), observe)
        ends.append(seen[-1])
    return float(abs(ends[0] - ends[1]).max()), ROWS, EPOCHS


def mistakes_and_hard_cost(rng: np.random.Generator) -> tuple[int, float]:
    """Return the number of rows that a unit gets wrong, and its hard cost summed over rows."""
    from harness.gradients import build_source
    from harness.network.objective import NetworkObjective

    w, inputs, labels = _data(rng)
    hard = Network(sizes=(2, 1), loss="perceptron-hard")
    cost = NetworkObjective(hard, inputs, labels, build_source("analytic")).value(w) * ROWS
    outputs = np.where(inputs @ w[:2] + w[2] >= 0.0, 1.0, -1.0)
    return int(np.count_nonzero(outputs != labels)), round(cost, 9)
