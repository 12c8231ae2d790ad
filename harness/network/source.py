"""What an objective asks of a gradient source, for a network or a function; they are in harness/gradients."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable
from typing import Any, ClassVar

from harness.network.network import Network
from optimizers.errors import InputError
from optimizers.named import Named
from optimizers.objective import Array
from optimizers.options import changed_options, options
from optimizers.signatures import Data
from optimizers.specification import write

Function = Callable[[Array], Any]
"""A plain function: NumPy-like code that takes a vector of shape (n,) and returns one number."""
ValueAndGradient = Callable[[Array], tuple[float, Array]]
"""Value and gradient of a plain function at a point."""


@options
class GradientSource(Named, ABC):
    """One way to a gradient: a compiled function, what it costs, and where it does not work.

    A subclass with options is decorated with ``optimizers.options.options`` and declares them as fields.
    """

    source: ClassVar[str]
    """The paper or book that it comes from."""
    by_values: ClassVar[bool] = False
    """Whether the gradient of a plain function is made of its values alone, which are counted one by one."""
    traces: ClassVar[bool] = False
    """Whether the gradient of a plain function is a program of its own, which calls the function nowhere."""

    single: ClassVar[bool] = False
    """Whether it serves networks in single precision as well."""

    @abstractmethod
    def build(self, network: Network, data: Data) -> tuple[Any, Data]:
        """Return a compiled ``value_and_gradient`` and its data, moving the counters of ``data``.

        Arguments:
            network: the network.
            data: the packed network and training rows; see ``harness.network.kernels``.
        """

    @abstractmethod
    def cost(self, network: Network) -> float:
        """Return the cost of one value with its gradient over all rows, in forward-pass equivalents."""

    def refusal(self, network: Network) -> str | None:
        """Say why this source does not work on a network, and the remedy; None if it does."""
        return network.no_gradient or None

    def build_function(self, function: Function, n: int) -> tuple[ValueAndGradient, float]:
        """Return value and gradient of a plain function, and what both cost in evaluations of it.

        The value is the function's own, so that it has the same bits whatever the source.

        Arguments:
            function: the function; where it has an attribute ``derivative``, that is its derivative by hand.
            n: how many numbers it takes.

        Raises:
            InputError: where ``function_refusal`` has a reason.
        """
        raise InputError(self.function_refusal(function, n) or "")

    def function_refusal(self, function: Function, n: int) -> str | None:
        """Say why this source does not work on a plain function, and the remedy; None if it does."""
        return f"source '{self.name()}' serves networks only: take central-difference"

    @property
    def label(self) -> str:
        """The name with the options that differ from their defaults, as ``build_source`` reads it."""
        return write(self.name(), changed_options(self))
