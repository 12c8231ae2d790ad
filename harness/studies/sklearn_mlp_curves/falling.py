"""A falling rate as scikit-learn has it, step by step: why ours comes less low with momentum."""

from __future__ import annotations

import math

import numpy as np
import pandas as pd

from harness.network.layout import layer_views
from harness.problems.problem import Problem
from harness.studies.sklearn_mlp_curves.recomputed import (
    ALPHA,
    EPOCHS,
    ended,
    penalty,
    problem_of,
    rows_of,
    start_of,
)
from optimizers.objective import Array

RATE, MOMENTUM = 0.2, 0.9
FALLING = ("inverse scaling", "inverse scaling + momentum", "inverse scaling + Nesterov")
WAYS = {
    "as ours": (False, False),
    "with its long first step": (True, False),
    "with steps remembered": (False, True),
    "with both": (True, True),
}
"""Whether the first step is as long as scikit-learn's, and whether momentum remembers steps or gradients."""


def by_ways() -> pd.DataFrame:
    """Return the loss on iris of each case of a falling rate, computed in each of ``WAYS``."""
    rows = []
    for case in FALLING:
        for way, (long, steps) in WAYS.items():
            curve = falling_losses(problem_of("iris"), case, EPOCHS["iris"], long, steps)
            rows.append({"case": f"iris: {case}", "way": way, "loss": curve[ended(curve) - 1]})
    return pd.DataFrame(rows)


def falling_losses(problem: Problem, case: str, epochs: int, long: bool, steps: bool) -> Array:
    """Return the loss with its penalty before each epoch of whole batches.

    The rate of epoch k is ``0.2 / sqrt(1 + m k)`` for m rows and k = 0, 1, ...; where the first step is not
    long, ``0.2 / sqrt(m) / sqrt(1 + k)``. Momentum that remembers steps is ``v := 0.9 v - rate gradient``,
    ``w := w + v``; one that remembers gradients is ``v := 0.9 v + gradient``, ``w := w - rate v``. Nesterov's
    goes by ``0.9 v - rate gradient`` or ``0.9 v + gradient`` of the new v, in place of v.

    Arguments:
        problem: iris.
        case: of ``FALLING``.
        epochs: as many steps.
        long: whether the first step is as long as scikit-learn's.
        steps: whether momentum remembers steps, each with the rate of its time.
    """
    objective, m, sizes = problem.objective(), len(rows_of("iris")[0]), problem.network.sizes
    memory = MOMENTUM if "+" in case else 0.0
    w = start_of(sizes)
    v = np.zeros_like(w)
    found = []
    for epoch in range(epochs):
        rate = RATE / math.sqrt(1 + m * epoch) if long else RATE / math.sqrt(m * (1 + epoch))
        loss, slope = objective.value_and_gradient(w)
        found.append(loss + penalty(w, sizes, m))
        slope = slope.copy()
        for of_slope, of_w in zip(layer_views(slope, sizes), layer_views(w, sizes), strict=True):
            of_slope.weights[:] += ALPHA / m * of_w.weights
        # What is remembered is in the unit of a step, or in that of a gradient.
        now, unit = (-rate * slope, 1.0) if steps else (slope, -rate)
        v = memory * v + now
        w = w + unit * (memory * v + now if case.endswith("Nesterov") else v)
    return np.array(found)
