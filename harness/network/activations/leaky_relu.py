"""The leaky rectified linear unit (Maas, Hannun, Ng 2013, Rectifier nonlinearities, section 2)."""

from __future__ import annotations

from typing import Any

import numpy as np

from harness.network.activation import Activation, straight_bend, unit_by_unit
from harness.numerics.elementary_single import NAUGHT, ONE
from optimizers.compilation import compiled

U = np.uint64
LEAK = 0.01
"""Slope below 0, that of the paper."""
SINGLE_LEAK = np.float32(LEAK)


@compiled()
def _forward(z: Any, start: int, units: int, m: int) -> None:
    first = U(start)
    for r in range(U(units * m)):
        # Written so that NaN stays NaN: a diverged run has to show.
        z[first + r] = LEAK * z[first + r] if z[first + r] < 0.0 else z[first + r]


@compiled()
def _backward(a: Any, start: int, delta: Any, d0: int, units: int, m: int) -> None:
    first, d = U(start), U(d0)
    for r in range(U(units * m)):
        delta[d + r] *= 1.0 if a[first + r] > 0.0 else LEAK


@compiled()
def _single_forward(z: Any, start: int, units: int, m: int) -> None:
    first = U(start)
    for r in range(U(units * m)):
        z[first + r] = SINGLE_LEAK * z[first + r] if z[first + r] < NAUGHT else z[first + r]


@compiled()
def _single_backward(a: Any, start: int, delta: Any, d0: int, units: int, m: int) -> None:
    first, d = U(start), U(d0)
    for r in range(U(units * m)):
        delta[d + r] *= ONE if a[first + r] > NAUGHT else SINGLE_LEAK


LEAKY_RELU = Activation(
    name="leaky-relu",
    equation="a = max(z, 0.01 * z)",
    forward=_forward,
    backward=_backward,
    exact=unit_by_unit(lambda m, z: max(z, LEAK * z)),
    plain=lambda z: np.maximum(z, LEAK * z),
    bend=straight_bend,  # wherever it has a second derivative
    single=(_single_forward, _single_backward),
    kinks=(0.0,),
)
