"""The gradient by backpropagation, derived by hand and written into the kernels."""

from __future__ import annotations

from typing import Any, ClassVar

from harness.network import kernels
from harness.network.network import Network
from harness.network.source import Data, GradientSource


class Analytic(GradientSource):
    """Backpropagation: deltas from the output back, one product a layer for the weights, one for the deltas.

    ``delta_L = dE/dz_L``, ``delta_l = f'(z_l) * (W_(l+1)' delta_(l+1))``, ``dE/dW_l = delta_l a_(l-1)'``.
    """

    source: ClassVar[str] = (
        "Rumelhart, Hinton, Williams (1986), Learning representations by back-propagating errors, "
        "Nature 323, eqs. 4 to 7"
    )

    def build(self, network: Network, data: Data, threads: bool) -> tuple[Any, Data]:
        """Return the kernel that goes forward and back, with the data as they are."""
        return (kernels.value_and_gradient_parallel if threads else kernels.value_and_gradient), data

    def cost(self, network: Network) -> float:
        """Return what the passes forward and back amount to in multiply-adds."""
        return network.gradient_cost
