"""A problem whose runs begin where a model is, whatever the seed."""

from __future__ import annotations

import json
from collections.abc import Sequence

import numpy as np

from harness.models import Model
from harness.problems.problem import Problem
from harness.problems.scaling import Scaling
from optimizers.objective import Array


class ContinuedProblem(Problem):
    """Train a model further, on rows that are scaled as those were that it was trained on before.

    Arguments:
        model: where runs begin.
        X: inputs as they were before any scaling, shape (N, features).
        Y: targets, shape (N, outputs).
        target: loss at which a run counts as solved, or None.
        name: see ``Problem``.
    """

    def __init__(self, model: Model, X: Array, Y: Array, target: float | None, name: str) -> None:
        self.model = model
        super().__init__(
            model.network,
            X,
            Y,
            model.classes,
            test_fraction=0.0,
            scale=True,
            target=target,
            name=name,
        )

    def _own_key(self) -> str:
        """Say what defines the problem, its start among it."""
        return json.dumps({**json.loads(super()._own_key()), "start": self.model.w.tolist()}, sort_keys=True)

    def start(self, seed: int = 0) -> Array:
        """Return the model's parameters, shape (n,)."""
        return self.model.w.copy()

    def starts(self, seeds: Sequence[int]) -> Array:
        """Return the model's parameters for each of some seeds, shape (R, n)."""
        return np.array([self.start(seed) for seed in seeds])

    def scaling(self, seed: int = 0) -> tuple[Scaling | None, Scaling | None]:
        """Return how the model scales inputs and targets."""
        return self.model.inputs, self.model.targets
