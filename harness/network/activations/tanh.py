"""The hyperbolic tangent."""

from __future__ import annotations

import cmath
from typing import Any

import numpy as np

from harness.network.activation import Activation, unit_by_unit
from harness.numerics import elementary_single
from harness.numerics.elementary import hyperbolic_tangent
from harness.numerics.elementary_single import ONE
from optimizers.compilation import compiled

U = np.uint64


@compiled()
def _forward(z: Any, start: int, units: int, m: int) -> None:
    first = U(start)
    for r in range(U(units * m)):
        z[first + r] = hyperbolic_tangent(z[first + r])


@compiled()
def _backward(a: Any, start: int, delta: Any, d0: int, units: int, m: int) -> None:
    first, d = U(start), U(d0)
    for r in range(U(units * m)):
        delta[d + r] *= (ONE - a[first + r]) * (ONE + a[first + r])


@compiled()
def _single_forward(z: Any, start: int, units: int, m: int) -> None:
    first = U(start)
    for r in range(U(units * m)):
        z[first + r] = elementary_single.hyperbolic_tangent(z[first + r])


@compiled()
def _bend(numbers: Any, a: int, moved: int, delta: int, target: int, units: int, m: int) -> None:
    a_0, moved_0, delta_0, target_0 = U(a), U(moved), U(delta), U(target)
    for r in range(U(units * m)):
        slope = -2.0 * numbers[a_0 + r] * numbers[moved_0 + r]
        numbers[target_0 + r] += slope * numbers[delta_0 + r]


@compiled()
def _complex(z: Any, start: int, units: int) -> None:
    for u in range(start, start + units):
        z[u] = cmath.tanh(z[u])


TANH = Activation(
    name="tanh",
    equation="a = tanh(z)",
    forward=_forward,
    backward=_backward,
    exact=unit_by_unit(lambda m, z: m.tanh(z)),
    plain=np.tanh,
    complex_form=_complex,
    bend=_bend,
    single=(_single_forward, _backward),
)
