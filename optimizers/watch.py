"""Who sees what a search asks for, and how a search is left."""

from __future__ import annotations

from typing import Protocol

from optimizers.objective import Array


class StoppedError(Exception):
    """Leave a search at once, because it has ended: at its target, or at a limit."""


class Watch(Protocol):
    """Who sees each evaluation that goes through a view."""

    def before(self, price: float) -> None:
        """Raise ``StoppedError`` where a call of that price is not allowed any more."""

    def found(self, w: Array, loss: float) -> None:
        """Take note of the loss of a point over all rows."""
