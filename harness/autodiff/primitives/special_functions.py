"""Primitives: the error function, the gamma function, and what belongs to them.

The derivatives of the logarithm of the gamma function are the polygamma functions, one primitive whose
setting is the order, so that they go on to every order (Abramowitz and Stegun 1964, 6.3 and 6.4).
"""

from __future__ import annotations

import functools
import math
from typing import Any

import numpy as np

from harness.autodiff.algebra import affine, power
from harness.autodiff.kernels import COUNT, FIRST, OUT, SECOND, A, U
from harness.autodiff.primitive import Primitive, each, enter
from harness.autodiff.tracer import emit
from optimizers.compilation import compiled

BERNOULLI = (
    1 / 6,
    -1 / 30,
    1 / 42,
    -1 / 30,
    5 / 66,
    -691 / 2730,
    7 / 6,
    -3617 / 510,
    43867 / 798,
    -174611 / 330,
    854513 / 138,
    -236364091 / 2730,
)
"""The Bernoulli numbers of even index from 2 on."""


@compiled()
def _erf(memory: Any, code: Any, place: int) -> None:
    """Take the error function."""
    out, x = U(code[place + OUT]), U(code[place + FIRST])
    for i in range(U(code[place + COUNT])):
        memory[out + i] = math.erf(memory[x + i])


@compiled()
def _erfc(memory: Any, code: Any, place: int) -> None:
    """Take one less the error function."""
    out, x = U(code[place + OUT]), U(code[place + FIRST])
    for i in range(U(code[place + COUNT])):
        memory[out + i] = math.erfc(memory[x + i])


@compiled()
def _log_gamma(memory: Any, code: Any, place: int) -> None:
    """Take the logarithm of the absolute value of the gamma function."""
    out, x = U(code[place + OUT]), U(code[place + FIRST])
    for i in range(U(code[place + COUNT])):
        value = memory[x + i]
        # SciPy's value at minus infinity, where C's is the other infinity and the function has no limit.
        memory[out + i] = math.lgamma(value) if value > -math.inf else value


@compiled()
def _logit(memory: Any, code: Any, place: int) -> None:
    """Take the logarithm of x to 1 - x."""
    out, x = U(code[place + OUT]), U(code[place + FIRST])
    for i in range(U(code[place + COUNT])):
        value = memory[x + i]
        # In the middle, where the two logarithms nearly cancel, by the distance from there.
        away = 2.0 * (value - 0.5)
        middle = 0.3 <= value <= 0.65
        memory[out + i] = math.log1p(away) - math.log1p(-away) if middle else math.log(value / (1.0 - value))


@compiled()
def _x_log_y(memory: Any, code: Any, place: int) -> None:
    """Multiply by a logarithm; 0 by any is 0."""
    out, x, y = U(code[place + OUT]), U(code[place + FIRST]), U(code[place + SECOND])
    for i in range(U(code[place + COUNT])):
        a, b = memory[x + i], memory[y + i]
        memory[out + i] = 0.0 if a == 0.0 and b == b else a * np.log(b)


@compiled()
def _entropy(memory: Any, code: Any, place: int) -> None:
    """Take ``-x log x``, 0 at 0 and minus infinity below."""
    out, x = U(code[place + OUT]), U(code[place + FIRST])
    for i in range(U(code[place + COUNT])):
        value = memory[x + i]
        if value == 0.0:
            memory[out + i] = 0.0
        else:
            memory[out + i] = -math.inf if value < 0.0 else -value * np.log(value)


@compiled()
def _binary_variance(memory: Any, code: Any, place: int) -> None:
    """Take x times 1 - x."""
    out, x = U(code[place + OUT]), U(code[place + FIRST])
    for i in range(U(code[place + COUNT])):
        memory[out + i] = memory[x + i] * (1.0 - memory[x + i])


@compiled()
def _cotangent(x: float) -> Any:
    """Return ``cot(pi x)`` for x from -1/2 to 1/2, right next to its zeros at the ends as well."""
    if abs(x) < 0.25:
        return 1.0 / math.tan(math.pi * x)
    return math.copysign(math.tan(math.pi * (0.5 - abs(x))), x)


@compiled()
def _digamma_above_zero(x: float) -> Any:
    """Return the digamma function of a positive number: up to ten by its recurrence, then asymptotically."""
    result = 0.0
    while x < 10.0:
        result -= 1.0 / x
        x += 1.0
    square = 1.0 / (x * x)
    term = square
    tail = 0.0
    for j in range(8):
        tail += BERNOULLI[j] / (2.0 * (j + 1.0)) * term
        term *= square
    return result + (math.log(x) - 0.5 / x - tail)


@compiled()
def _zeta(s: float, x: float) -> Any:
    """Return ``sum_k (x + k)**-s`` of a positive number, by the formula of Euler and Maclaurin."""
    result = 0.0
    while x < 10.0 + s:
        result += x**-s
        x += 1.0
    result += x ** (1.0 - s) / (s - 1.0) + 0.5 * x**-s
    # B_2j / (2j)! s (s + 1) ... (s + 2j - 2) x**(1 - s - 2j)
    term = 0.5 * s * x ** (-s - 1.0)
    for j in range(12):
        result += BERNOULLI[j] * term
        term *= (s + 2.0 * j + 1.0) * (s + 2.0 * j + 2.0) / ((2.0 * j + 3.0) * (2.0 * j + 4.0)) / (x * x)
    return result


@compiled()
def _polygamma_above_zero(order: int, x: float) -> Any:
    if order == 0:
        return _digamma_above_zero(x)
    size = math.gamma(order + 1.0) * _zeta(order + 1.0, x)
    return size if order % 2 == 1 else -size


@compiled()
def _polygamma(memory: Any, code: Any, place: int) -> None:
    """Take the derivative of order A of the digamma function.

    Below zero by reflection, with the polynomial in ``cot(pi x)`` that the second input holds.
    """
    out, x, polynomial = U(code[place + OUT]), U(code[place + FIRST]), U(code[place + SECOND])
    order = code[place + A]
    for i in range(U(code[place + COUNT])):
        value = memory[x + i]
        if value > 0.0:
            memory[out + i] = _polygamma_above_zero(order, value)
        elif value == 0.0:
            memory[out + i] = math.inf if order % 2 == 1 else math.copysign(math.inf, -value)
        elif value == np.floor(value) or value != value:
            memory[out + i] = math.nan
        else:
            cotangent = _cotangent(value - np.floor(value + 0.5))
            reflected = memory[polynomial + U(order + 1)]
            for k in range(order, -1, -1):
                reflected = reflected * cotangent + memory[polynomial + U(k)]
            other = _polygamma_above_zero(order, 1.0 - value)
            memory[out + i] = (other if order % 2 == 0 else -other) - reflected


@functools.cache
def _reflection(order: int) -> tuple[float, ...]:
    """Return the derivative of ``pi cot(pi x)`` as a polynomial in ``c = cot(pi x)``, lowest power first.

    Each derivative multiplies that of the polynomial by ``-pi (1 + c**2)``.
    """
    powers = [0, 1]
    for _ in range(order):
        slope = [k * powers[k] for k in range(1, len(powers))]
        powers = [-a - b for a, b in zip([*slope, 0, 0], [0, 0, *slope], strict=True)]
    return tuple(float(number) * math.pi ** (order + 1) for number in powers)


def polygamma(x: Any, order: int) -> Any:
    """Return the derivative of some order of the digamma function; of order 0 that function itself."""
    return emit("polygamma", x, np.array(_reflection(order)), settings=(order,))


def _bell(x: Any) -> Any:
    """Return ``2 / sqrt(pi) exp(-x**2)``."""
    return affine(emit("exp", affine(x * x, -1)), 2 / math.sqrt(math.pi))


_X = np.array([[0.3, -1.7, 2.9], [-0.2, 5.5, -0.6]])
_SHARES = np.array([[0.3, 0.01, 0.9], [0.51, 0.4, 0.97]])
_ORDER = 2

enter(
    each("erf", _erf, (lambda t, out, x: t * _bell(x),), lambda m, x: m.erf(x), _X, reach="bounded"),
    each(
        "erfc",
        _erfc,
        (lambda t, out, x: t * affine(_bell(x), -1),),
        lambda m, x: m.erfc(x),
        _X,
        reach="bounded",
    ),
    each(
        "log_gamma",
        _log_gamma,
        (lambda t, out, x: t * polygamma(x, 0),),
        lambda m, x: m.log(abs(m.gamma(x))),
        _X,
    ),
    each(
        "logit",
        _logit,
        (lambda t, out, x: t * power(emit("binary_variance", x), -1),),
        lambda m, x: m.log(x / (1 - x)),
        _SHARES,
    ),
    # A primitive of its own: the slope by the rules of a product, 1 - x less x, has few digits in the middle.
    each(
        "binary_variance",
        _binary_variance,
        (lambda t, out, x: t * affine(x, -2, 1),),
        lambda m, x: x * (1 - x),
        _X,
        reach="bounded",
    ),
    each(
        "x_log_y",
        _x_log_y,
        (lambda t, out, x, y: t * emit("log", y), lambda t, out, x, y: t * emit("ratio", x, y)),
        lambda m, x, y: x * m.log(y),
        _X,
        _SHARES,
    ),
    each(
        "entropy",
        _entropy,
        (lambda t, out, x: t * affine(emit("log", x), -1, -1),),
        lambda m, x: -x * m.log(x),
        _SHARES,
    ),
    Primitive(
        "polygamma",
        lambda x, polynomial, order: x,
        _polygamma,
        (lambda t, out, x, polynomial, order: t * polygamma(x, order + 1), None),
        (lambda t, out, x, polynomial, order: t * polygamma(x, order + 1), None),
        lambda m, x, polynomial, order: np.vectorize(lambda v: m.psi(order, v), otypes=[object])(x),
        (_X, np.array(_reflection(_ORDER)), _ORDER),
        sizes=lambda x, polynomial, order: (order,),
        reach="each",
    ),
)
