"""Shifts and scales columns by their training rows, and neither destroys nor invents a difference."""

from __future__ import annotations

import numpy as np

from optimizers.errors import InputError
from optimizers.objective import Array, Rows

ROUNDINGS = 4
"""A column whose training rows lie within so many roundings of its largest entry is constant: what differs is
how its numbers were rounded, as in 0.1 + 0.2 and 0.3, and scaled up it would pass for data."""


def standardised(name: str, table: Array, train: Rows) -> Array:
    """Return a table whose columns have mean 0 and standard deviation 1 over the training rows.

    A column that is constant there is shifted by the first of its training rows and not scaled, so that these
    become 0 (to rounding) and a test row keeps its distance. Squares of deviations are taken of numbers near
    1: a column times any power of two comes out the same, bit for bit.

    Arguments:
        name: what a reader calls the table.
        table: shape (N, columns), finite.
        train: the training rows.

    Raises:
        InputError: if a row lies beyond the range of float64 when it is scaled, with row and column.

    >>> standardised("X", np.array([[1.0, 7.0], [3.0, 7.0], [5.0, 7.5]]), np.array([0, 1])).tolist()
    [[-1.0, 0.0], [1.0, 0.0], [3.0, 0.5]]
    """
    seen = table[train]
    high, low = seen.max(axis=0), seen.min(axis=0)
    largest = np.maximum(np.abs(high), np.abs(low))
    # Half of each, for the whole spread may be beyond the range of float64.
    constant = high / 2 - low / 2 <= ROUNDINGS / 2 * np.finfo(np.float64).eps * largest
    exponents = np.frexp(largest)[1]
    near_one = np.ldexp(seen, -exponents)
    mean = near_one.mean(axis=0)
    deviation = np.where(constant, 1.0, near_one.std(axis=0))
    with np.errstate(over="ignore", invalid="ignore"):
        scaled: Array = (np.ldexp(table, -exponents) - mean) / deviation
        scaled[:, constant] = table[:, constant] - seen[0, constant]
    if not np.isfinite(scaled).all():
        row, column = np.argwhere(~np.isfinite(scaled))[0]
        raise InputError(
            f"{name} holds {table[row, column]:g} in row {row}, column {column}, which is too far from the "
            "training rows to be scaled by them: leave the row out, or take scale=False"
        )
    return scaled
