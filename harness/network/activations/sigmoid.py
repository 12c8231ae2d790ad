"""The logistic function."""

from __future__ import annotations

import cmath
from typing import Any

import numpy as np

from harness.network.activation import Activation, unit_by_unit
from harness.numerics import elementary_single
from harness.numerics.elementary import sigmoid
from harness.numerics.elementary_single import ONE
from optimizers.compilation import compiled

U = np.uint64


@compiled()
def _forward(z: Any, start: int, units: int, m: int) -> None:
    first = U(start)
    for r in range(U(units * m)):
        z[first + r] = sigmoid(z[first + r])


@compiled()
def _backward(a: Any, start: int, delta: Any, d0: int, units: int, m: int) -> None:
    first, d = U(start), U(d0)
    for r in range(U(units * m)):
        delta[d + r] *= a[first + r] * (ONE - a[first + r])


@compiled()
def _single_forward(z: Any, start: int, units: int, m: int) -> None:
    first = U(start)
    for r in range(U(units * m)):
        z[first + r] = elementary_single.sigmoid(z[first + r])


@compiled()
def _bend(numbers: Any, a: int, moved: int, delta: int, target: int, units: int, m: int) -> None:
    a_0, moved_0, delta_0, target_0 = U(a), U(moved), U(delta), U(target)
    for r in range(U(units * m)):
        slope = (1.0 - 2.0 * numbers[a_0 + r]) * numbers[moved_0 + r]
        numbers[target_0 + r] += slope * numbers[delta_0 + r]


@compiled()
def _complex(z: Any, start: int, units: int) -> None:
    for u in range(start, start + units):
        if z[u].real < 0.0:
            small = cmath.exp(z[u])
            z[u] = small / (1.0 + small)
        else:
            z[u] = 1.0 / (1.0 + cmath.exp(-z[u]))


def _plain(z: Any) -> Any:
    # Imported here: `harness list` looks through the activations and has no need of SciPy.
    from scipy.special import expit

    return expit(z)


SIGMOID = Activation(
    name="sigmoid",
    equation="a = 1 / (1 + exp(-z))",
    forward=_forward,
    backward=_backward,
    exact=unit_by_unit(lambda m, z: 1 / (1 + m.exp(-z))),
    plain=_plain,
    complex_form=_complex,
    bend=_bend,
    single=(_single_forward, _backward),
)
