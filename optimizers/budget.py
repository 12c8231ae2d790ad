"""What one run may spend."""

from __future__ import annotations

from optimizers.errors import InputError
from optimizers.options import Count, Positive, options


@options
class Budget:
    """The most that one run may spend; the first limit reached ends it.

    Attributes:
        cost: forward-pass equivalents.
        iterations: iterations or generations.
        seconds: seconds of search, observation and compilation excluded. A call of a user's function is never
            broken off: a limit is kept before the next call.
    """

    cost: Positive | None = None
    iterations: Count | None = None
    seconds: Positive | None = None

    def __post_init__(self) -> None:
        if self.cost is None and self.iterations is None and self.seconds is None:
            raise InputError("Budget has no limit: give cost, iterations or seconds")


def holds(most: float | None, cost: float) -> bool:
    """Say whether a budget of ``most`` holds a cost, with a hair of slack for sums that ought to be whole."""
    return most is None or cost <= most * (1 + 1e-12) + 1e-9
