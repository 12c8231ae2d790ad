"""The residuals of a sum of squares, with their Jacobian."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Iterator
from typing import ClassVar

from numpy.typing import ArrayLike

from optimizers.capabilities.capability import Array, Capability


class Residuals(Capability):
    """The loss over all rows as ``r' r``, without a factor, so that its gradient is ``2 J' r``.

    ``cost`` is that of all residuals with their Jacobian.
    """

    what: ClassVar[str] = "residuals"
    absent: ClassVar[str] = "the loss is not given as a sum of squares"
    remedy: ClassVar[str] = "take a quasi-Newton method such as lbfgs"

    @property
    @abstractmethod
    def count(self) -> int:
        """How many residuals there are."""

    @abstractmethod
    def blocks(self, w: ArrayLike) -> Iterator[tuple[Array, Array]]:
        """Yield all residuals at ``w`` with their Jacobian, in blocks of shapes (m,) and (m, n).

        They count among the ``jacobian_rows``. A block may be written over by the next.
        """
