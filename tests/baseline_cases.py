"""What the baselines are tested on: two functions, and a network whose losses are compiled."""

from __future__ import annotations

from typing import Any

import numpy as np

import harness
from optimizers import FunctionObjective, Objective


def valley(w: Any) -> float:
    return float(np.sum((w[1:] - w[:-1] ** 2) ** 2) + 0.1 * np.sum((w - 1) ** 2))


def sphere(w: Any) -> float:
    return float(w @ w)


def problem(name: str) -> tuple[Objective, Any]:
    if name == "function":
        return FunctionObjective(valley, 4), np.array([-1.0, 0.5, 2.0, 0.0])
    xor = harness.problems.load("xor")
    objective = xor.objective()
    assert objective.compiled is not None
    return objective, xor.start()
