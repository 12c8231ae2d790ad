"""What an activation is: one record with everything that any part of the harness asks of it.

A compiled pair works on one layer of a tile in place: ``forward(z, start, units, m)`` turns sums into
activations; ``backward(a, start, delta, d0, units, m)`` turns derivatives by the activations into
derivatives by the sums, from the activations alone. Units are packed, ``m`` rows side by side.

The network's kernels call them by address, so that a network compiles those that it has and no others.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from numba import types

from harness.network.faces import check_faces, package_of
from optimizers.compilation import compiled
from optimizers.function_addresses import caller
from optimizers.signatures import REALS

FORWARD = types.void(REALS, types.int64, types.int64, types.int64)
BACKWARD = types.void(REALS, types.int64, REALS, types.int64, types.int64, types.int64)

BEND = types.void(REALS, *(types.int64,) * 6)
"""``bend(numbers, a, moved, delta, target, units, m)``: adds ``f''(z) R{z} delta`` to the target, from the
activations ``a`` and ``moved = R{a}`` of a layer, all of them packed in one array; see ``hessian.py``."""

COMPLEX = types.complex128[::1]
COMPLEX_FORWARD = types.void(COMPLEX, types.int64, types.int64)
"""``complex_form(z, start, units)``: turns the sums of one layer, for one row, into activations. It may
branch on the real part, as long as both branches are the same analytic function."""


_forward = caller(FORWARD)


@compiled()
def forward_of_each(function: int, z: Any, count: int, units: int, m: int) -> None:
    """Turn the sums of one layer into activations for each of some networks, one behind the other."""
    for place in range(count):
        _forward(function, z, place * units * m, units, m)


@dataclass(frozen=True)
class Activation:
    """One activation. What it lacks is refused, with the reason, where it is needed and nowhere else.

    Attributes:
        name: its name in files and at the terminal, in kebab-case.
        equation: what is printed: ``a = f(z)``, or ``a_k = f(z_k, sum_j g(z_j))``, in Python's words with
            ``^`` for powers and mpmath's names for functions.
        forward: compiled, see above.
        backward: compiled, see above.
        exact: the equation once more, ``exact(m, sums)``, from the sums of one row to its activations, with
            the functions of a module such as ``math`` or ``mpmath``: what tests hold all else against.
        plain: from sums to activations, arrays of units by rows, in NumPy code that can be traced; without it
            automatic and symbolic differentiation refuse it.
        complex_form: compiled, see ``COMPLEX_FORWARD``; without it the complex step refuses it.
        bend: compiled, see ``BEND``; without it there are no products with the Hessian.
        single: the compiled pair once more, forward and backward, for float32 arrays; without it a network is
            evaluated in float64 alone.
        hidden: whether it may stand in hidden layers: for that, a unit's activation is one of its sum alone.
        has_gradient: whether its derivative is more than zero wherever it exists.
        linear: whether it leaves sums as they are.
        shares_one: whether the activations of a layer sum to 1, so that those of one unit are always 1.
        kinks: sums at which it or its derivative jumps.

    Raises:
        InputError: for a wrong name, or a face that is not compiled.

    >>> from harness.network.activations import known_activations
    >>> known_activations()["tanh"].equation, known_activations()["relu"].kinks
    ('a = tanh(z)', (0.0,))
    """

    name: str
    equation: str
    forward: Any
    backward: Any
    exact: Callable[[Any, Sequence[Any]], list[Any]]
    plain: Callable[[Any], Any] | None = None
    complex_form: Any = None
    bend: Any = None
    single: tuple[Any, Any] | None = None
    hidden: bool = True
    has_gradient: bool = True
    linear: bool = False
    shares_one: bool = False
    kinks: tuple[float, ...] = ()

    def __post_init__(self) -> None:
        check_faces(
            "activation",
            self.name,
            compiled={"forward": self.forward, "backward": self.backward},
            optional={
                "complex_form": self.complex_form,
                "bend": self.bend,
                **dict(zip(("single, forward,", "single, backward,"), self.single or (), strict=False)),
            },
        )

    @property
    def package(self) -> str:
        """The top-level package that brings it."""
        return package_of(self.forward)


def unit_by_unit(function: Callable[[Any, Any], Any]) -> Callable[[Any, Sequence[Any]], list[Any]]:
    """Return the exact form of an activation that works on each unit by itself.

    Arguments:
        function: ``function(m, z)``, from one sum to one activation.

    >>> import math
    >>> unit_by_unit(lambda m, z: m.exp(z))(math, [0.0, 1.0])
    [1.0, 2.718281828459045]
    """
    return lambda m, sums: [function(m, z) for z in sums]


@compiled()
def straight_bend(numbers: Any, a: int, moved: int, delta: int, target: int, units: int, m: int) -> None:
    """Add nothing: the bend of an activation that is made of straight pieces."""
