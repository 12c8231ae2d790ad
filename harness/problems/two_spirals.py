"""Two spirals wound into each other."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from harness.problems.family import ProblemFamily
from optimizers.objective import Array
from optimizers.options import NonNegative, Sizes, options


@options
class TwoSpirals(ProblemFamily):
    """Two spirals of three turns wound into each other, 194 rows (Lang, Witbrock 1988): hard to separate."""

    hidden: Sizes = (16, 16)
    target: NonNegative | None = 0.1

    def data(self) -> tuple[Array, NDArray[Any]]:
        """Return 97 points of each spiral: radius 6.5 (104 - i) / 104, angle i pi / 16."""
        i = np.arange(97)
        radius, angle = 6.5 * (104 - i) / 104, i * np.pi / 16
        one = np.column_stack([radius * np.sin(angle), radius * np.cos(angle)])
        return np.concatenate([one, -one]), np.repeat([0, 1], 97)
