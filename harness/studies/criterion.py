"""A criterion: what has to come out for a published number to count as found again, and what did."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any

from optimizers.errors import InputError


@dataclass(frozen=True)
class Criterion:
    """One check of a study, with its figure.

    Attributes:
        statement: what is to hold, in one sentence without the figure.
        found: the figure, computed from the runs.
        at_least: the least that it may be.
        at_most: the most that it may be.
        n: what it was computed from: runs, pairs or cases.
        low: lower end of its interval; NaN where it is no estimate.
        high: upper end of its interval.

    Raises:
        InputError: if nothing would be refused.

    >>> print(Criterion("the GA solves nearly all runs", 0.975, at_least=0.95, n=40))
    met: the GA solves nearly all runs (0.975, at least 0.95, n = 40)
    """

    statement: str
    found: float
    at_least: float = -math.inf
    at_most: float = math.inf
    n: int = 0
    low: float = math.nan
    high: float = math.nan

    def __post_init__(self) -> None:
        if self.at_least == -math.inf and self.at_most == math.inf:
            raise InputError(f"criterion '{self.statement}' refuses nothing: give at_least or at_most")

    @property
    def met(self) -> bool:
        """Whether the figure is within its bounds; one that could not be computed is not."""
        return self.at_least <= self.found <= self.at_most

    @property
    def clear(self) -> bool:
        """Whether the whole interval is on the figure's side of the bounds."""
        if math.isnan(self.low) or math.isnan(self.high):
            return True
        ends = (self.low, self.high)
        if self.met:
            return all(self.at_least <= end <= self.at_most for end in ends)
        return self.high < self.at_least or self.low > self.at_most

    @property
    def answer(self) -> str:
        """``met`` or ``not met``, and whether the interval would allow the other."""
        return ("met" if self.met else "not met") + ("" if self.clear else ", the interval crosses a bound")

    @property
    def bounds(self) -> str:
        """The bounds in words."""
        if self.at_least == -math.inf:
            return f"at most {self.at_most:.4g}"
        if self.at_most == math.inf:
            return f"at least {self.at_least:.4g}"
        return f"{self.at_least:.4g} to {self.at_most:.4g}"

    @property
    def figure(self) -> str:
        """The figure with its interval."""
        interval = "" if math.isnan(self.low) else f" [{self.low:.4g}, {self.high:.4g}]"
        return f"{self.found:.4g}{interval}"

    def row(self) -> dict[str, Any]:
        """Return the criterion as a table has it."""
        return {
            "criterion": self.statement,
            "found": self.found,
            "low": self.low,
            "high": self.high,
            "at_least": self.at_least,
            "at_most": self.at_most,
            "n": self.n,
            "answer": self.answer,
        }

    def __str__(self) -> str:
        return f"{self.answer}: {self.statement} ({self.figure}, {self.bounds}, n = {self.n})"
