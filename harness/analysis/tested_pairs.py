"""What statistics of pairs that come with a test have in common."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Iterable, Mapping
from typing import Any, ClassVar

import numpy as np

from harness.analysis.grouping import Pair, pairs
from harness.analysis.multiplicity import holm
from harness.analysis.statistic import PAIR, Columns, Statistic
from harness.runs.columns import Column
from harness.runs.tables import Tables
from optimizers.options import options


def tested(test: str) -> Columns:
    """Return the columns of a p-value, and of the same adjusted for all rows.

    >>> list(tested("McNemar's exact test"))
    ['p', 'p_holm']
    """
    return {
        "p": Column("number", f"two-sided p-value of {test}"),
        "p_holm": Column("number", "the same, adjusted for all rows by Holm's procedure"),
    }


@options
class PairedTest(Statistic):
    """Compare two optimizers on one problem by a test, adjusted for all that are compared.

    A subclass declares ``columns``, those of ``tested`` among them, and says what a pair has in them.

    Attributes:
        against: label or name of the one optimizer to compare all others with, which leaves fewer rows to
            adjust for; none compares every two.
    """

    against: str | None = None

    unit: ClassVar[Columns] = PAIR
    adjusted: ClassVar[frozenset[str]] = frozenset({"p_holm"})

    @abstractmethod
    def compared(self, tables: Tables, pair: Pair) -> Mapping[str, Any]:
        """Return the columns of a pair of groups but those of counts and ``p_holm``."""

    def rows(self, tables: Tables) -> Iterable[dict[str, Any]]:
        """Yield a row for every two groups of a problem."""
        found = [
            {**pair.unit, **pair.counts, **self.compared(tables, pair)}
            for pair in pairs(tables, self.against)
        ]
        adjusted = holm(np.array([row["p"] for row in found], dtype=np.float64))
        for row, p_holm in zip(found, adjusted, strict=True):
            yield {**row, "p_holm": float(p_holm)}
