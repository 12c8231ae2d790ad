"""Derivatives as formulas, by SymPy: to be read, and to be compiled.

Nothing here imports SymPy before it is used.

>>> from harness.network.network import Network
>>> found = derivation(Network(sizes=(1, 1)))
>>> print(found.plain(found.gradient[0]))
delta1[1]*x[1]
>>> print(derivation_of(lambda w: w[0] ** 2 * w[1], 2).lines("gradient")[0])
df/dw[1] = 2*w[1]*w[2]
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from harness.network.network import Network
from optimizers.errors import InputError

if TYPE_CHECKING:
    from harness.symbolic.derivations import Derivation


def derivation(network: Network) -> Derivation:
    """Return the loss of one row of a network and its gradient as formulas, named as textbooks name them.

    Raises:
        InputError: for a network without a gradient, or too large to be read.
    """
    from harness.symbolic.textbook import network_derivation

    return network_derivation(network)


def derivation_of(function: Callable[[Any], Any], n: int) -> Derivation:
    """Return a function of a vector of n numbers and its gradient as formulas.

    Arguments:
        function: NumPy-like code that takes a vector and returns one number.
        n: how many numbers.

    Raises:
        InputError: for what cannot be traced, or is too large to be read.
    """
    from harness.symbolic.derivations import function_derivation

    return function_derivation(function, n)


def derivation_of_problem(problem: Any) -> Derivation:
    """Return the derivation of what a problem minimises: its network's loss, or its function.

    Raises:
        InputError: for a problem that is neither, and as above.
    """
    if hasattr(problem, "network"):
        return derivation(problem.network)
    if hasattr(problem, "function"):
        return derivation_of(problem.function, problem.n)
    raise InputError(f"{problem!r} has no network and no function to derive: take xor or rosenbrock")
