"""Two classes with a gap between them of which the width is known exactly."""

from __future__ import annotations

from typing import Annotated, Any

import numpy as np
from numpy.typing import NDArray
from pydantic import Field

from harness.problems.family import MOST_NUMBERS, MOST_ROWS, ProblemFamily
from optimizers.errors import InputError
from optimizers.objective import Array
from optimizers.options import BelowOne, Count, NonNegative, Sizes, options


@options
class Separable(ProblemFamily):
    """Two classes on either side of a straight gap of a chosen width, one layer.

    The widest margin of a cut through the origin of the rows (x, 1) is ``margin`` exactly: the two rows
    ``+-margin e1 + t`` with the same t alone have it, for half their difference is ``margin e1``, and no
    other row is closer to the cut. So Novikoff's bound is known beforehand. Without a target, for the soft
    cost is 0 at w = 0 too.

    Attributes:
        margin: distance of the nearest rows from the cut, half the width of the gap.
        rows: number of rows, half of them in each class.
        features: number of inputs, each from -1 to 1.
    """

    margin: Annotated[float, Field(gt=0, lt=1)] = 0.1
    rows: Annotated[Count, Field(ge=2, le=MOST_ROWS)] = 100
    features: Annotated[Count, Field(le=10_000)] = 2
    hidden: Sizes = ()
    loss: str = "perceptron-soft"
    test_fraction: BelowOne = 0.0
    target: NonNegative | None = None

    def __post_init__(self) -> None:
        if self.rows * self.features > MOST_NUMBERS:
            raise InputError(
                f"Separable: {self.rows} rows of {self.features} features are more than {MOST_NUMBERS:.0e} "
                "numbers: take fewer"
            )

    def data(self) -> tuple[Array, NDArray[Any]]:
        """Return points beyond the gap, always the same, and the sides that they are on."""
        rng = np.random.default_rng(1)
        label = np.where(np.arange(self.rows) % 2, 1, -1)
        distance = rng.uniform(self.margin, 1.0, self.rows)
        along = rng.uniform(-1.0, 1.0, (self.rows, self.features - 1))
        distance[:2], along[1] = self.margin, along[0]
        return np.column_stack([label * distance, along]), label

    def scaled(self) -> bool:
        """Leave the points where they are, for the margin is stated in their units."""
        return False
