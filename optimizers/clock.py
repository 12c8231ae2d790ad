"""The clock of one run: it runs while the search does, and stands still while it is looked at."""

from __future__ import annotations

import math
import time

from optimizers.objective import Array, Rows

TIMED_STRETCH = 0.2
"""Longest stretch in seconds between two looks where a limit in seconds has to be kept."""


class Clock:
    """Measure the seconds of a search, those of its looks apart.

    Arguments:
        budget: seconds of the budget, or None.
        timeout: seconds after which the run is given up whatever its budget, or None.

    Attributes:
        most: the smaller of both, infinity without either.
        seconds: of the search, as of the last look.
        observation_seconds: of the looks.
    """

    def __init__(self, budget: float | None, timeout: float | None) -> None:
        self.timeout = timeout
        self.most = min(budget or math.inf, timeout or math.inf)
        self.seconds = 0.0
        self.observation_seconds = 0.0
        self._stretch_seconds = 0.0
        self._resumed: float | None = None

    @property
    def begun(self) -> bool:
        """Whether the search has been let go on from a look."""
        return self._resumed is not None

    @property
    def timed_out(self) -> bool:
        """Whether it is the timeout that limits the run."""
        return self.timeout is not None and self.most == self.timeout

    def now(self) -> float:
        """Return the present moment."""
        return time.perf_counter()

    def stop(self, counts: bool) -> float:
        """Stop at a look; return the moment.

        Arguments:
            counts: whether the stretch behind it is part of the search.
        """
        arrived = time.perf_counter()
        if self._resumed is not None and counts:
            self._stretch_seconds = arrived - self._resumed
            self.seconds += self._stretch_seconds
        return arrived

    def passed(self, iterations: Rows, whole: int) -> Array:
        """Return the seconds at looks that the last stretch went past, by the iterations up to each.

        Arguments:
            iterations: since the beginning of the stretch.
            whole: those of the whole stretch.
        """
        return self.seconds - self._stretch_seconds * (1.0 - iterations / whole)

    def resume(self, arrived: float) -> None:
        """Go on after a look that began at a moment."""
        self._resumed = time.perf_counter()
        self.observation_seconds += self._resumed - arrived

    def end(self) -> None:
        """Stand still from here on."""
        self._resumed = None

    def count(self, seconds: float) -> None:
        """Count what a search has taken before it is told of, as part of the stretch that has just begun."""
        if self._resumed is not None:
            self._resumed -= seconds

    def count_since(self, began: float) -> None:
        """Count what has passed since a moment within a look as part of the search."""
        self.seconds += time.perf_counter() - began

    def is_over(self) -> bool:
        """Say whether the limit is reached in the middle of a stretch."""
        running = 0.0 if self._resumed is None else time.perf_counter() - self._resumed
        return self.seconds + running >= self.most

    def stretch(self, iterations: int) -> int:
        """Return how many iterations there may be before the next look, so that the limit is kept.

        Arguments:
            iterations: of the last stretch, 1 at the least.
        """
        pace = self._stretch_seconds / iterations
        left = min(TIMED_STRETCH, self.most - self.seconds)
        # At most twice the last stretch, for a first stretch may have been too short to be timed.
        return min(max(1, int(left / pace) if pace else 1), 2 * iterations)
