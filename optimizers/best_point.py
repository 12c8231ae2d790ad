"""The best point of one run: of those that were shown, and of those that its evaluations went by."""

from __future__ import annotations

import math

import numpy as np

from optimizers.objective import Array


class BestPoint:
    """Keep the point of the lowest loss.

    Attributes:
        w: its parameters, empty before any was shown.
        loss: its loss.
        told: whether the loss is what the search told, and has not been measured.
    """

    def __init__(self) -> None:
        self.w: Array = np.empty(0)
        self.loss = math.inf
        self.told = False
        self._seen: tuple[Array, float] | None = None

    def improve(self, w: Array, loss: float, told: bool = False) -> None:
        """Take a point that was shown where it is better."""
        better = loss < self.loss or (math.isnan(self.loss) and not math.isnan(loss))
        if better or self.w.size == 0:
            self.loss, self.told = loss, told
            # What the search told may change under its hands; everything else is a copy already.
            self.w = np.array(w, dtype=np.float64) if told else w

    def note(self, w: Array, loss: float) -> None:
        """Remember a point that the search has paid for, and has not shown yet."""
        if self._seen is None or loss < self._seen[1] or math.isnan(self._seen[1]):
            self._seen = w.copy(), loss

    def known(self, w: Array) -> tuple[Array, float]:
        """Return the best point that the search has been seen at, or ``w`` where there is none."""
        shown = (self.w, self.loss) if self.w.size else (w, math.nan)
        if self._seen is not None and (self._seen[1] < shown[1] or math.isnan(shown[1])):
            return self._seen
        return shown
