"""One unit on two classes, whose rows a search may go through by itself."""

from __future__ import annotations

from typing import ClassVar, NamedTuple

from optimizers.capabilities.capability import Array, Capability
from optimizers.counts import CORRECTION_COST, VALUE_ROWS, Counts, Rows


class UnitRows(NamedTuple):
    """The training rows of one unit on two classes."""

    X: Array
    """Inputs, shape (N, features), which nobody may change. ``w`` holds their weights, then the bias."""
    y: Array
    """Classes, shape (N,), -1 and +1. The unit says +1 where ``X w + b >= 0``."""


class SingleLayer(Capability):
    """The training rows of a single layer of one unit, none of which goes through the objective.

    So what is done with them has to be told to ``count_rows``.

    Arguments:
        rows: the rows.
        counters: those of the objective.
        counts: those of the objective.
    """

    what: ClassVar[str] = "single layer"
    absent: ClassVar[str] = (
        "the perceptron rule does not train hidden layers, and corrects one output unit on two classes, like "
        "all methods for a single layer"
    )
    remedy: ClassVar[str] = "take a problem with one layer (such as setosa), or a gradient method"

    def __init__(self, rows: UnitRows, counters: Rows, counts: Counts) -> None:
        self._rows, self._counters, self._counts = rows, counters, counts

    @property
    def X(self) -> Array:  # noqa: N802
        """Inputs, shape (N, features), which nobody may change."""
        return self._rows.X

    @property
    def y(self) -> Array:
        """Classes, shape (N,), -1 and +1."""
        return self._rows.y

    @property
    def cost(self) -> float:
        """Cost of all rows, each of them for a correction: a pass forward, and one for the weights."""
        return CORRECTION_COST

    def count_rows(self, value_rows: int = 0, corrected_rows: int = 0, mistakes: int | None = None) -> None:
        """Count what was done with the rows.

        Arguments:
            value_rows: rows passed forward, or work of as many multiply-adds; a row costs 1 / N.
            corrected_rows: rows passed forward and, right or wrong, for a correction; a row costs 2 / N.
            mistakes: how many of them were corrected. A search that goes by mistakes says so with 0 before
                its first look.
        """
        self._counters[VALUE_ROWS] += value_rows
        self._counts.corrected_rows += corrected_rows
        if mistakes is not None:
            self._counts.mistakes = (self._counts.mistakes or 0) + mistakes
