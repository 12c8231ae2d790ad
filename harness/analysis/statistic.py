"""What every statistic is: a declared table of numbers, each with its interval and with what it is of."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Iterable, Mapping
from typing import Any, ClassVar

import numpy as np
import pandas as pd

from harness.runs.columns import Column, Kind
from harness.runs.tables import Tables
from optimizers.errors import InputError
from optimizers.named import Named
from optimizers.options import Level, options

Columns = Mapping[str, Column]

LINE: Columns = {
    "optimizer": Column("text", "label of the optimizer"),
    "gradient": Column("text", "its gradient source; empty where it asks for no gradient"),
}
"""Unit of a statistic over all problems: an optimizer with its gradient source. Its n counts problems."""

PROBLEM: Columns = {"problem": Column("text", "name of the problem")}
"""Unit of a statistic of a whole problem."""

GROUP: Columns = {**PROBLEM, **LINE}
"""Unit of a statistic of the runs of one optimizer and gradient source on one problem, a run a seed."""

PAIR: Columns = {
    **GROUP,
    "other": Column("text", "label of the optimizer that it is compared with"),
    "other_gradient": Column("text", "the other's gradient source"),
}
"""Unit of a comparison on one problem: the two runs of a seed are a pair, for they have one start."""

RUNS: Columns = {"n": Column("whole", "runs, each of a seed of its own")}
PAIRS: Columns = {
    "n": Column("whole", "pairs: seeds of which both have a run"),
    "unpaired": Column("whole", "runs of the two whose seed the other does not have"),
}
PROBLEMS: Columns = {"n": Column("whole", "problems, each counted once whatever its runs")}


def estimate(name: str, holds: str) -> Columns:
    """Return the columns of an estimate and its interval.

    Arguments:
        name: of the estimate, one word where it can be.
        holds: what it is, in one sentence.

    >>> list(estimate("fraction", "part of the runs that reached the target"))
    ['fraction', 'fraction_low', 'fraction_high']
    """
    return {
        name: Column("number", holds),
        f"{name}_low": Column("number", f"lower end of the interval of {name}"),
        f"{name}_high": Column("number", f"upper end of the interval of {name}"),
    }


def estimated(name: str, value: float, interval: tuple[float, float]) -> dict[str, float]:
    """Return what a row has in the columns of ``estimate``.

    >>> estimated("fraction", 0.5, (0.25, 0.75))
    {'fraction': 0.5, 'fraction_low': 0.25, 'fraction_high': 0.75}
    """
    return {name: float(value), f"{name}_low": float(interval[0]), f"{name}_high": float(interval[1])}


_TYPES: dict[Kind, Any] = {"text": str, "whole": np.int64, "number": np.float64}


@options
class Statistic(Named, ABC):
    """One way to put the runs of a comparison into numbers.

    A subclass is decorated with ``optimizers.options.options``, declares what its rows are about and what
    they hold, and yields them. Every estimate has its interval beside it and the count ``n`` that it is of.
    Runs of different problems are never one sample: a statistic whose unit has no problem takes each problem
    as one block.

    Attributes:
        level: probability with which an interval holds what it is of.
    """

    level: Level = 0.95

    source: ClassVar[str]
    """The paper or book that the formula is from."""
    unit: ClassVar[Columns] = GROUP
    """What a row is about: no two rows have the same, and they are ordered by it."""
    columns: ClassVar[Columns]
    """What it holds about it; ``n`` is among them."""
    adjusted: ClassVar[frozenset[str]] = frozenset()
    """Columns that depend on all rows, such as p-values adjusted for their number."""
    reruns: ClassVar[bool] = False
    """Whether runs are done again for it, which takes their problems, optimizers and code as they were."""

    @abstractmethod
    def rows(self, tables: Tables) -> Iterable[Mapping[str, Any]]:
        """Yield the rows in any order, each with every column of ``declared``.

        Arguments:
            tables: the tables of a comparison; they may be empty, and are left as they are.

        Raises:
            InputError: for tables that it cannot be told of; it says what would do.
        """

    @classmethod
    def declared(cls) -> Columns:
        """Return every column with its type and what it holds."""
        return {**cls.unit, **cls.columns}

    def compute(self, tables: Tables) -> pd.DataFrame:
        """Return the table of this statistic, ordered by what its rows are about.

        Arguments:
            tables: the tables of a comparison, such as results; the order of their rows has no influence.

        Raises:
            InputError: for tables that it cannot be told of; it says what would do.
        """
        declared = self.declared()
        rows = list(self.rows(tables))
        for row in rows:
            if set(row) != set(declared):
                wrong = ", ".join(sorted(set(row) ^ set(declared)))
                raise InputError(f"statistic '{self.name()}' declares other columns than it yields: {wrong}")
        table = {
            name: pd.Series([row[name] for row in rows], dtype=_TYPES[column.kind])
            for name, column in declared.items()
        }
        return pd.DataFrame(table).sort_values(list(self.unit), kind="stable", ignore_index=True)
