"""Boolean functions: every row there is, learnt by heart; nothing to test on."""

from __future__ import annotations

from typing import Annotated, Any

import numpy as np
from numpy.typing import NDArray
from pydantic import Field

from harness.problems.family import Names, ProblemFamily, corners
from optimizers.objective import Array
from optimizers.options import BelowOne, Count, NonNegative, Sizes, options


@options
class Xor(ProblemFamily):
    """Exclusive or of two bits, 4 rows, network 2-2-1: the smallest problem that needs a hidden layer."""

    hidden: Sizes = (2,)
    test_fraction: BelowOne = 0.0
    target: NonNegative | None = 0.01

    def data(self) -> tuple[Array, NDArray[Any]]:
        """Return the four rows."""
        X = corners(2)
        return X, X.sum(axis=1).astype(np.int64) % 2

    def scaled(self) -> bool:
        """Leave zeros and ones as the textbooks have them."""
        return False


@options
class Parity(ProblemFamily):
    """Whether an odd number of bits is set, 2^bits rows: hard for any search that looks at few bits at once.

    Attributes:
        bits: number of inputs.
    """

    bits: Annotated[Count, Field(ge=2, le=12)] = 3
    hidden: Sizes = (8,)
    test_fraction: BelowOne = 0.0
    target: NonNegative | None = 0.05

    def data(self) -> tuple[Array, NDArray[Any]]:
        """Return every row of so many bits."""
        X = corners(self.bits)
        return X, X.sum(axis=1).astype(np.int64) % 2


@options
class Encoder(ProblemFamily):
    """One bit of ten set, to be told again through five hidden units, as papers on Rprop have it.

    Attributes:
        bits: number of inputs, outputs and rows.
    """

    bits: Annotated[Count, Field(ge=2, le=200)] = 10
    hidden: Sizes = (5,)
    activation: Names = ("sigmoid",)
    loss: str = "half-squared"
    output: str | None = "sigmoid"
    test_fraction: BelowOne = 0.0
    target: NonNegative | None = 0.05

    def data(self) -> tuple[Array, NDArray[Any]]:
        """Return a row for each bit."""
        X = np.eye(self.bits)
        return X, X.copy()

    def scaled(self) -> bool:
        """Leave zeros and ones as the papers have them."""
        return False
