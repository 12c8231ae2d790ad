"""What a network's objective asks of a gradient source; the sources themselves are in harness/gradients."""

from __future__ import annotations

from abc import ABC, abstractmethod
from typing import Any, ClassVar

from harness.network.network import Network
from optimizers.named import Named
from optimizers.objective import Array, Rows

Data = tuple[Array, Rows, Array, Rows]
"""Numbers, sizes and codes, workspace, counters; see ``harness.network.kernels``."""


class GradientSource(Named, ABC):
    """One way to a gradient: a compiled function, what it costs, and where it does not work."""

    source: ClassVar[str]
    """The paper or book that it comes from."""

    @abstractmethod
    def build(self, network: Network, data: Data, threads: bool) -> tuple[Any, Data]:
        """Return a compiled ``value_and_gradient`` and its data, moving the counters of ``data``.

        Arguments:
            network: the network.
            data: the packed network and training rows.
            threads: whether this objective has work enough for several threads.
        """

    @abstractmethod
    def cost(self, network: Network) -> float:
        """Return the cost of one value with its gradient over all rows, in forward-pass equivalents."""

    def refusal(self, network: Network) -> str | None:
        """Say why this source does not work on a network; None if it does."""
        return network.no_gradient or None
