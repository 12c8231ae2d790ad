"""The exponential."""

from __future__ import annotations

import cmath
from typing import Any

import numpy as np

from harness.network.activation import Activation, unit_by_unit
from harness.numerics.elementary import exponential
from optimizers.compilation import compiled

U = np.uint64


@compiled()
def _forward(z: Any, start: int, units: int, m: int) -> None:
    first = U(start)
    for r in range(U(units * m)):
        z[first + r] = exponential(z[first + r])


@compiled()
def _backward(a: Any, start: int, delta: Any, d0: int, units: int, m: int) -> None:
    first, d = U(start), U(d0)
    for r in range(U(units * m)):
        delta[d + r] *= a[first + r]


@compiled()
def _bend(numbers: Any, a: int, moved: int, delta: int, target: int, units: int, m: int) -> None:
    moved_0, delta_0, target_0 = U(moved), U(delta), U(target)
    for r in range(U(units * m)):
        numbers[target_0 + r] += numbers[moved_0 + r] * numbers[delta_0 + r]


@compiled()
def _complex(z: Any, start: int, units: int) -> None:
    for u in range(start, start + units):
        z[u] = cmath.exp(z[u])


EXPONENTIAL = Activation(
    name="exponential",
    equation="a = exp(z)",
    forward=_forward,
    backward=_backward,
    exact=unit_by_unit(lambda m, z: m.exp(z)),
    plain=np.exp,
    complex_form=_complex,
    bend=_bend,
)
