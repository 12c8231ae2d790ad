"""Shifts and scales columns by their training rows, and neither destroys nor invents a difference."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from optimizers.errors import InputError
from optimizers.objective import Array, Rows

ROUNDINGS = 4
"""A column whose training rows lie within so many roundings of its largest entry is constant: what differs is
how its numbers were rounded, as in 0.1 + 0.2 and 0.3, and scaled up it would pass for data."""


class Scaling(NamedTuple):
    """How columns are shifted and scaled, by what their training rows are.

    A column that is constant there is shifted by the first of its training rows and not scaled, so that these
    become 0 (to rounding) and a test row keeps its distance. Squares of deviations are taken of numbers near
    1: a column times any power of two comes out the same, bit for bit.
    """

    exponents: Rows
    """Powers of two that a column is divided by first."""
    mean: Array
    """Mean of what is then there."""
    deviation: Array
    """Its standard deviation; 1 where a column is constant."""
    constant: NDArray[np.bool_]
    """Whether a column is constant."""
    first: Array
    """The first training row."""

    @classmethod
    def of(cls, seen: Array) -> Scaling:
        """Return the scaling by training rows.

        Arguments:
            seen: shape (rows, columns), finite.
        """
        high, low = seen.max(axis=0), seen.min(axis=0)
        largest = np.maximum(np.abs(high), np.abs(low))
        # Half of each, for the whole spread may be beyond the range of float64.
        constant = high / 2 - low / 2 <= ROUNDINGS / 2 * np.finfo(np.float64).eps * largest
        exponents = np.frexp(largest)[1].astype(np.int64)
        near_one = np.ldexp(seen, -exponents)
        deviation = np.where(constant, 1.0, near_one.std(axis=0))
        return cls(exponents, near_one.mean(axis=0), deviation, constant, seen[0].copy())

    def scaled(self, name: str, table: Array) -> Array:
        """Return a table with mean 0 and standard deviation 1 over the training rows.

        Arguments:
            name: what a reader calls the table.
            table: shape (N, columns), finite.

        Raises:
            InputError: if a row lies beyond the range of float64 when it is scaled, with row and column.

        >>> scaling = Scaling.of(np.array([[1.0, 7.0], [3.0, 7.0]]))
        >>> scaling.scaled("X", np.array([[1.0, 7.0], [5.0, 7.5]])).tolist()
        [[-1.0, 0.0], [3.0, 0.5]]
        """
        with np.errstate(over="ignore", invalid="ignore"):
            scaled: Array = (np.ldexp(table, -self.exponents) - self.mean) / self.deviation
            scaled[:, self.constant] = table[:, self.constant] - self.first[self.constant]
        if not np.isfinite(scaled).all():
            row, column = np.argwhere(~np.isfinite(scaled))[0]
            raise InputError(
                f"{name} holds {table[row, column]:g} in row {row}, column {column}, which is too far from "
                "the training rows to be scaled by them: leave the row out, or take scale=False"
            )
        return scaled

    def unscaled(self, table: Array) -> Array:
        """Return what a scaled table was before.

        Arguments:
            table: shape (N, columns).

        >>> scaling = Scaling.of(np.array([[1.0, 7.0], [3.0, 7.0]]))
        >>> scaling.unscaled(np.array([[-1.0, 0.0], [3.0, 0.5]])).tolist()
        [[1.0, 7.0], [5.0, 7.5]]
        """
        back: Array = np.ldexp(table * self.deviation + self.mean, self.exponents)
        back[:, self.constant] = table[:, self.constant] + self.first[self.constant]
        return back
