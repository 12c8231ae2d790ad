"""Products with the Hessian."""

from __future__ import annotations

from abc import abstractmethod
from typing import ClassVar

from numpy.typing import ArrayLike

from optimizers.capabilities.capability import Array, Capability


class Curvature(Capability):
    """Exact products with the Hessian of the loss over all rows. ``cost`` is that of one."""

    what: ClassVar[str] = "products with the Hessian"
    absent: ClassVar[str] = "there are no products with the Hessian"
    remedy: ClassVar[str] = "take a quasi-Newton method such as lbfgs"

    @abstractmethod
    def product(self, w: ArrayLike, v: ArrayLike) -> Array:
        """Return the Hessian at ``w`` times ``v``, shape (n,), and count it among the ``hessian_rows``."""
