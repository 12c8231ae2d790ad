"""What an objective counts of its use, and where."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Rows = NDArray[np.int64]

VALUE_ROWS, GRADIENT_ROWS = 0, 1
"""Places in the counters: rows passed forward for a value, rows passed for a gradient."""

CORRECTION_COST = 2.0
"""Passes that a row costs in a rule that corrects a single unit by it: one forward, one for the weights."""


@dataclass
class Counts:
    """What an objective has counted beside its ``counters``, which compiled loops move.

    Attributes:
        corrected_rows: rows that were passed for a correction of the single unit.
        hessian_rows: rows of products with the Hessian.
        jacobian_rows: rows of residuals with their Jacobian.
        solved_rows: rows of solving for output weights.
        charged: cost of linear algebra, in FPE.
        mistakes: mistakes that a search has corrected, row by row; None where it does not go by mistakes.
    """

    corrected_rows: int = 0
    hessian_rows: int = 0
    jacobian_rows: int = 0
    solved_rows: int = 0
    charged: float = 0.0
    mistakes: int | None = None
