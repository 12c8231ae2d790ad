"""Compiled values of elementary functions, entry by entry; see ``harness.autodiff.kernels``."""

from __future__ import annotations

from typing import Any

import numpy as np

from harness.autodiff.kernels import COUNT, FIRST, OUT, SECOND
from harness.numerics.elementary import (
    exponential,
    exponential_minus_one,
    hyperbolic_tangent,
    log_one_plus,
)
from harness.numerics.elementary import sigmoid as logistic
from optimizers.compilation import compiled

U = np.uint64


@compiled()
def exp(memory: Any, code: Any, place: int) -> None:
    """Take e to the power x."""
    out, x = U(code[place + OUT]), U(code[place + FIRST])
    for i in range(U(code[place + COUNT])):
        memory[out + i] = exponential(memory[x + i])


@compiled()
def expm1(memory: Any, code: Any, place: int) -> None:
    """Take e to the power x, less 1."""
    out, x = U(code[place + OUT]), U(code[place + FIRST])
    for i in range(U(code[place + COUNT])):
        value = memory[x + i]
        memory[out + i] = np.expm1(value) if value > 0.0 else exponential_minus_one(value)


@compiled()
def log(memory: Any, code: Any, place: int) -> None:
    """Take the logarithm."""
    out, x = U(code[place + OUT]), U(code[place + FIRST])
    for i in range(U(code[place + COUNT])):
        memory[out + i] = np.log(memory[x + i])


@compiled()
def log1p(memory: Any, code: Any, place: int) -> None:
    """Take the logarithm of 1 + x."""
    out, x = U(code[place + OUT]), U(code[place + FIRST])
    for i in range(U(code[place + COUNT])):
        value = memory[x + i]
        memory[out + i] = np.log1p(value) if value < 0.0 else log_one_plus(value)


@compiled()
def sin(memory: Any, code: Any, place: int) -> None:
    """Take the sine."""
    out, x = U(code[place + OUT]), U(code[place + FIRST])
    for i in range(U(code[place + COUNT])):
        memory[out + i] = np.sin(memory[x + i])


@compiled()
def cos(memory: Any, code: Any, place: int) -> None:
    """Take the cosine."""
    out, x = U(code[place + OUT]), U(code[place + FIRST])
    for i in range(U(code[place + COUNT])):
        memory[out + i] = np.cos(memory[x + i])


@compiled()
def tanh(memory: Any, code: Any, place: int) -> None:
    """Take the hyperbolic tangent."""
    out, x = U(code[place + OUT]), U(code[place + FIRST])
    for i in range(U(code[place + COUNT])):
        memory[out + i] = hyperbolic_tangent(memory[x + i])


@compiled()
def sigmoid(memory: Any, code: Any, place: int) -> None:
    """Take the logistic function."""
    out, x = U(code[place + OUT]), U(code[place + FIRST])
    for i in range(U(code[place + COUNT])):
        memory[out + i] = logistic(memory[x + i])


@compiled()
def tan(memory: Any, code: Any, place: int) -> None:
    """Take the tangent."""
    out, x = U(code[place + OUT]), U(code[place + FIRST])
    for i in range(U(code[place + COUNT])):
        memory[out + i] = np.tan(memory[x + i])


@compiled()
def sinh(memory: Any, code: Any, place: int) -> None:
    """Take the hyperbolic sine."""
    out, x = U(code[place + OUT]), U(code[place + FIRST])
    for i in range(U(code[place + COUNT])):
        memory[out + i] = np.sinh(memory[x + i])


@compiled()
def cosh(memory: Any, code: Any, place: int) -> None:
    """Take the hyperbolic cosine."""
    out, x = U(code[place + OUT]), U(code[place + FIRST])
    for i in range(U(code[place + COUNT])):
        memory[out + i] = np.cosh(memory[x + i])


@compiled()
def cbrt(memory: Any, code: Any, place: int) -> None:
    """Take the cube root."""
    out, x = U(code[place + OUT]), U(code[place + FIRST])
    for i in range(U(code[place + COUNT])):
        number = memory[x + i]
        root = np.cbrt(number)
        # That of numba 0.62 is off by 1.3e-14; below 1e-306 the cube has lost digits itself.
        beyond = root * root * root - number
        if abs(beyond) > 1e-15 * abs(number) and abs(number) > 1e-306:
            root -= beyond / (3.0 * root * root)
        memory[out + i] = root


NEAR_FLAT = 1e-3
"""A slope below this is worked out from x, for 1 - y has too few digits there. Above it the relative error is
under 1e-12."""

STRETCH = 64
"""Entries that are looked through again where one of them is flat."""


@compiled()
def tanh_slope(memory: Any, code: Any, place: int) -> None:
    """Take the slope of the hyperbolic tangent from x and y = tanh(x)."""
    out, x, y = U(code[place + OUT]), U(code[place + FIRST]), U(code[place + SECOND])
    count = code[place + COUNT]
    for first in range(0, count, STRETCH):
        begin, length, flat = U(first), U(min(STRETCH, count - first)), 0
        for i in range(length):
            value = memory[y + begin + i]
            slope = (1.0 - value) * (1.0 + value)
            memory[out + begin + i] = slope
            flat += slope < NEAR_FLAT
        if flat:
            for i in range(length):
                if memory[out + begin + i] < NEAR_FLAT:
                    e = exponential(-2.0 * abs(memory[x + begin + i]))
                    memory[out + begin + i] = 4.0 * e / ((1.0 + e) * (1.0 + e))


@compiled()
def sigmoid_slope(memory: Any, code: Any, place: int) -> None:
    """Take the slope of the logistic function from x and y = sigmoid(x)."""
    out, x, y = U(code[place + OUT]), U(code[place + FIRST]), U(code[place + SECOND])
    count = code[place + COUNT]
    for first in range(0, count, STRETCH):
        begin, length, flat = U(first), U(min(STRETCH, count - first)), 0
        for i in range(length):
            value = memory[y + begin + i]
            slope = value * (1.0 - value)
            memory[out + begin + i] = slope
            flat += slope < NEAR_FLAT
        if flat:
            for i in range(length):
                if memory[out + begin + i] < NEAR_FLAT:
                    e = exponential(-1.0 * abs(memory[x + begin + i]))
                    memory[out + begin + i] = e / ((1.0 + e) * (1.0 + e))


@compiled()
def hypot(memory: Any, code: Any, place: int) -> None:
    """Take the length of two."""
    out, x, y = U(code[place + OUT]), U(code[place + FIRST]), U(code[place + SECOND])
    for i in range(U(code[place + COUNT])):
        memory[out + i] = np.hypot(memory[x + i], memory[y + i])


@compiled()
def log_add_exp(memory: Any, code: Any, place: int) -> None:
    """Take the logarithm of the sum of two exponentials."""
    out, x, y = U(code[place + OUT]), U(code[place + FIRST]), U(code[place + SECOND])
    for i in range(U(code[place + COUNT])):
        a, b = memory[x + i], memory[y + i]
        # Equal infinities have no difference.
        away = 0.0 if a == b else abs(a - b)
        high = b if a < b or b != b else a
        memory[out + i] = high + log_one_plus(exponential(-away))
