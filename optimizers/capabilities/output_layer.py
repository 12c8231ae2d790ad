"""A linear output layer under a squared loss, whose best weights are known in closed form."""

from __future__ import annotations

from abc import abstractmethod
from typing import ClassVar

from numpy.typing import ArrayLike

from optimizers.capabilities.capability import Array, Capability


class OutputLayer(Capability):
    """Output weights that can be solved for. ``cost`` is that of one candidate."""

    what: ClassVar[str] = "output weights to solve for"
    absent: ClassVar[str] = "there is no linear output layer"
    remedy: ClassVar[str] = "take the option output_weights='evolved'"

    @abstractmethod
    def solved(self, population: ArrayLike) -> Array:
        """Return a population of shape (P, n) whose output weights are the best for the others.

        They count among the ``solved_rows``.
        """
