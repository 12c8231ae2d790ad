"""What a page says of runs that are not all done, and how often it is written again."""

from __future__ import annotations

import time
from dataclasses import dataclass

SHORTEST = 5.0
"""Seconds between two pages at the least."""

SHARE = 10.0
"""How many times as long as a page took of the processor nothing is done before the next one. A page of
15,400 runs takes 15 s of it, and comes every three minutes."""

PRELIMINARY = (
    "All verdicts, ranks and numbers are preliminary: their intervals are for a number of seeds that was "
    "fixed beforehand, and do not hold for whoever stops when he likes what he sees."
)
DECLARED = (
    "The intervals of the claims that were declared hold at every number of seeds; all other numbers are "
    "preliminary, and do not hold for whoever stops when he likes what he sees."
)


def pause(took: float) -> float:
    """Return the seconds between a page that has taken so many of the processor and the next one.

    >>> pause(0.1), pause(3.0)
    (5.0, 30.0)
    """
    return max(SHORTEST, SHARE * took)


@dataclass(frozen=True)
class Running:
    """How far the runs of a page are.

    Attributes:
        done: runs that the page is about.
        planned: runs of the plans so far, those among them.
        seconds: after which it is written again; 0 where the command has ended.
        at: when it was written, in seconds since 1970.
        declared: whether claims were declared, to be decided by as many seeds as that takes.
    """

    done: int
    planned: int
    seconds: float
    at: float
    declared: bool = False

    @property
    def count(self) -> str:
        """How many runs are done, in words.

        >>> Running(0, 0, 5.0, 0.0).count, Running(3, 40, 5.0, 0.0).count
        ('no run is done yet', '3 of 40 runs planned so far are done')
        """
        if not self.planned:
            return "no run is done yet"
        return f"{self.done} of {self.planned} runs planned so far are done"

    @property
    def sentence(self) -> str:
        """How far it is, in a sentence."""
        if not self.seconds:
            return f"The command ended early: {self.count}. It goes on from here when it is given again."
        return f"Running: {self.count}, as of {time.strftime('%H:%M:%S', time.localtime(self.at))}."

    @property
    def warning(self) -> str:
        """What is not to be concluded yet."""
        return DECLARED if self.declared else PRELIMINARY
