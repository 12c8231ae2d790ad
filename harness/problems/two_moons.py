"""Two interleaved half circles."""

from __future__ import annotations

from typing import Annotated, Any

import numpy as np
from numpy.typing import NDArray
from pydantic import Field

from harness.problems.family import MOST_ROWS, ProblemFamily
from optimizers.objective import Array
from optimizers.options import Count, NonNegative, Sizes, options


@options
class TwoMoons(ProblemFamily):
    """Two interleaved half circles with noise, two classes, two inputs.

    Attributes:
        rows: number of rows, half of them in each class.
        noise: standard deviation of the noise, as a part of the circles' radius.
    """

    rows: Annotated[Count, Field(le=MOST_ROWS)] = 200
    noise: NonNegative = 0.1
    hidden: Sizes = (8,)
    target: NonNegative | None = 0.05

    def data(self) -> tuple[Array, NDArray[Any]]:
        """Return points on both moons, always the same."""
        rng = np.random.default_rng(1)
        upper, lower = self.rows // 2, self.rows - self.rows // 2
        angles = np.concatenate([np.linspace(0, np.pi, upper), np.linspace(0, np.pi, lower)])
        label = np.repeat([0, 1], [upper, lower])
        x = np.where(label == 0, np.cos(angles), 1 - np.cos(angles))
        y = np.where(label == 0, np.sin(angles), 0.5 - np.sin(angles))
        return np.column_stack([x, y]) + rng.normal(0.0, self.noise, (self.rows, 2)), label
