"""The gradient by backpropagation, derived by hand and written into the kernels."""

from __future__ import annotations

from typing import Any, ClassVar

from harness.gradients.traced_functions import counted_cost
from harness.network.data import gradient_kernel
from harness.network.network import Network
from harness.network.source import Function, GradientSource, ValueAndGradient
from optimizers.arrays import real_array
from optimizers.errors import InputError
from optimizers.objective import Array
from optimizers.signatures import Data


class Analytic(GradientSource):
    """Backpropagation: deltas from the output back, one product a layer for the weights, one for the deltas.

    ``delta_L = dE/dz_L``, ``delta_l = f'(z_l) * (W_(l+1)' delta_(l+1))``, ``dE/dW_l = delta_l a_(l-1)'``.
    """

    source: ClassVar[str] = (
        "Rumelhart, Hinton, Williams (1986), Learning representations by back-propagating errors, "
        "Nature 323, eqs. 4 to 7"
    )

    single: ClassVar[bool] = True

    def build(self, network: Network, data: Data) -> tuple[Any, Data]:
        """Return the kernel that goes forward and back, with the data as they are."""
        return gradient_kernel(data), data

    def cost(self, network: Network) -> float:
        """Return what the passes forward and back amount to in multiply-adds."""
        return network.gradient_cost

    def function_refusal(self, function: Function, n: int) -> str | None:
        """Refuse a function that does not bring its derivative."""
        if callable(getattr(function, "derivative", None)):
            return None
        return "no derivative by hand is given: take reverse-autodiff or central-difference"

    def build_function(self, function: Function, n: int) -> tuple[ValueAndGradient, float]:
        """Return a function with the derivative by hand that it brings.

        The derivative costs what is counted in it where it can be traced; elsewhere the two evaluations that
        bound a reverse mode on products, 3 with the value.
        """
        if reason := self.function_refusal(function, n):
            raise InputError(reason)
        derivative: Function = function.derivative  # type: ignore[attr-defined]

        def value_and_gradient(w: Array) -> tuple[float, Array]:
            gradient = real_array("what the derivative returns", derivative(w.copy()))
            if gradient.shape != (n,):
                raise InputError(
                    f"the derivative has shape {gradient.shape}, expected ({n},): return one number for each "
                    "parameter"
                )
            return float(function(w)), gradient

        return value_and_gradient, counted_cost(function, derivative, n) or 3.0
