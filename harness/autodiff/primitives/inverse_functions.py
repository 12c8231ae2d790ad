"""Primitives: the inverses of the circular and the hyperbolic functions.

Slopes keep their digits near the ends of a domain, where ``1 - x**2`` loses them: its primitive is the
product of ``1 - x`` and ``1 + x``, each of which is exact there, with ``-2 x`` as its slope.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from harness.autodiff.algebra import affine, power
from harness.autodiff.kernels import COUNT, FIRST, OUT, SECOND, U
from harness.autodiff.primitive import each, enter
from harness.autodiff.tracer import emit
from optimizers.compilation import compiled


@compiled()
def _arcsin(memory: Any, code: Any, place: int) -> None:
    """Take the angle whose sine is x, from -pi/2 to pi/2."""
    out, x = U(code[place + OUT]), U(code[place + FIRST])
    for i in range(U(code[place + COUNT])):
        memory[out + i] = np.arcsin(memory[x + i])


@compiled()
def _arccos(memory: Any, code: Any, place: int) -> None:
    """Take the angle whose cosine is x, from 0 to pi."""
    out, x = U(code[place + OUT]), U(code[place + FIRST])
    for i in range(U(code[place + COUNT])):
        memory[out + i] = np.arccos(memory[x + i])


@compiled()
def _arctan(memory: Any, code: Any, place: int) -> None:
    """Take the angle whose tangent is x, from -pi/2 to pi/2."""
    out, x = U(code[place + OUT]), U(code[place + FIRST])
    for i in range(U(code[place + COUNT])):
        memory[out + i] = np.arctan(memory[x + i])


@compiled()
def _arcsinh(memory: Any, code: Any, place: int) -> None:
    """Take the number whose hyperbolic sine is x."""
    out, x = U(code[place + OUT]), U(code[place + FIRST])
    for i in range(U(code[place + COUNT])):
        memory[out + i] = np.arcsinh(memory[x + i])


@compiled()
def _arccosh(memory: Any, code: Any, place: int) -> None:
    """Take the number from 0 on whose hyperbolic cosine is x."""
    out, x = U(code[place + OUT]), U(code[place + FIRST])
    for i in range(U(code[place + COUNT])):
        memory[out + i] = np.arccosh(memory[x + i])


@compiled()
def _arctanh(memory: Any, code: Any, place: int) -> None:
    """Take the number whose hyperbolic tangent is x."""
    out, x = U(code[place + OUT]), U(code[place + FIRST])
    for i in range(U(code[place + COUNT])):
        memory[out + i] = np.arctanh(memory[x + i])


@compiled()
def _arctan2(memory: Any, code: Any, place: int) -> None:
    """Take the angle of the point (second, first) to the first axis, from -pi to pi."""
    out, y, x = U(code[place + OUT]), U(code[place + FIRST]), U(code[place + SECOND])
    for i in range(U(code[place + COUNT])):
        memory[out + i] = np.arctan2(memory[y + i], memory[x + i])


@compiled()
def _below_one(memory: Any, code: Any, place: int) -> None:
    """Take 1 less the square of x."""
    out, x = U(code[place + OUT]), U(code[place + FIRST])
    for i in range(U(code[place + COUNT])):
        value = memory[x + i]
        memory[out + i] = (1.0 - value) * (1.0 + value)


def _to_power(x: Any, exponent: float) -> Any:
    return power(emit("below_one", x), exponent)


def _over_distance(t: Any, part: Any, distance: Any) -> Any:
    # One division after the other: the square of the distance may be too large or too small for a float.
    return t * (part / distance / distance)


_INSIDE = np.array([[0.3, -0.7, 0.999999], [-0.2, 0.05, -0.95]])
_ANY = np.array([[0.3, -1.7, 2.9], [-0.2, 0.05, -40.0]])
_ABOVE_ONE = np.array([[1.3, 1.000001, 2.9], [40.0, 1.05, 7.0]])
_OTHER = np.array([[1.3, -0.6, 2.1], [-0.8, -1.9, 0.5]])

enter(
    each(
        "below_one",
        _below_one,
        (lambda t, out, x: t * affine(x, -2),),
        lambda m, x: (1 - x) * (1 + x),
        _ANY,
        reach="bounded",
    ),
    each(
        "arcsin",
        _arcsin,
        (lambda t, out, x: t * _to_power(x, -0.5),),
        lambda m, x: m.asin(x),
        _INSIDE,
    ),
    each(
        "arccos",
        _arccos,
        (lambda t, out, x: t * affine(_to_power(x, -0.5), -1),),
        lambda m, x: m.acos(x),
        _INSIDE,
    ),
    each(
        "arctan",
        _arctan,
        (lambda t, out, x: t * power(affine(x * x, 1, 1), -1),),
        lambda m, x: m.atan(x),
        _ANY,
        reach="bounded",
    ),
    each(
        "arcsinh",
        _arcsinh,
        (lambda t, out, x: t * power(emit("hypot", x, np.ones(x.shape)), -1),),
        lambda m, x: m.asinh(x),
        _ANY,
        reach="bounded",
    ),
    each(
        "arccosh",
        _arccosh,
        (lambda t, out, x: t * (power(affine(x, 1, -1), -0.5) * power(affine(x, 1, 1), -0.5)),),
        lambda m, x: m.acosh(x),
        _ABOVE_ONE,
    ),
    each(
        "arctanh",
        _arctanh,
        (lambda t, out, x: t * _to_power(x, -1),),
        lambda m, x: m.atanh(x),
        _INSIDE,
    ),
    each(
        "arctan2",
        _arctan2,
        (
            lambda t, out, y, x: _over_distance(t, x, emit("hypot", y, x)),
            lambda t, out, y, x: _over_distance(t, affine(y, -1), emit("hypot", y, x)),
        ),
        lambda m, y, x: m.atan2(y, x),
        _ANY,
        _OTHER,
    ),
)
