"""Remembers what a plain function has answered, so that no look and no check has to call it again."""

from __future__ import annotations

import math

MEMORY = 8_000_000
"""Bytes of points that are remembered."""

ANSWERS = 4
"""Answers of one point that are remembered."""

ENTRY = 200
"""Bytes that an entry takes beside its point."""


class Evaluated:
    """The points of late with their losses, and for ever the lowest and the one that was looked at last.

    Arguments:
        n: numbers of a point.

    >>> seen = Evaluated(1)
    >>> seen.keep(b"point", 2.0)
    >>> seen.loss(b"point"), seen.loss(b"another")
    (2.0, None)
    """

    def __init__(self, n: int) -> None:
        self._most = max(16, MEMORY // (8 * n + ENTRY))
        self._answers: dict[bytes, tuple[float, ...]] = {}
        self._lowest: tuple[bytes, float] = (b"", math.inf)
        self._looked: tuple[bytes, tuple[float, ...]] = (b"", ())

    def keep(self, point: bytes, loss: float) -> None:
        """Remember a loss; of a point that is asked for again, which may be noisy, every answer of late."""
        earlier = self._answers.pop(point, ())
        if len(self._answers) >= self._most:
            del self._answers[next(iter(self._answers))]
        # The first answer stays: it is what a search goes by that does not ask for its best point again.
        self._answers[point] = (*earlier[:1], *earlier[1:][-ANSWERS + 2 :], loss)
        if loss < self._lowest[1]:
            self._lowest = point, loss

    def answers(self, point: bytes) -> tuple[float, ...]:
        """Return what was answered at a point that is looked at, the last answer last."""
        found = self._answers.get(point, ())
        if not found and point == self._looked[0]:
            found = self._looked[1]
        if point == self._lowest[0] and self._lowest[1] not in found:
            found = (self._lowest[1], *found)
        if found:
            self._looked = point, found
        return found

    def loss(self, point: bytes) -> float | None:
        """Return the last loss of a point that is looked at, or None where it is not known."""
        found = self.answers(point)
        return found[-1] if found else None
