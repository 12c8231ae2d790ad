"""The rectified linear unit."""

from __future__ import annotations

from typing import Any

import numpy as np

from harness.network.activation import Activation, straight_bend, unit_by_unit
from harness.numerics.elementary_single import NAUGHT, ONE
from optimizers.compilation import compiled

U = np.uint64


@compiled()
def _forward(z: Any, start: int, units: int, m: int) -> None:
    first = U(start)
    for r in range(U(units * m)):
        # Written so that NaN stays NaN: a diverged run has to show.
        z[first + r] = NAUGHT if z[first + r] < NAUGHT else z[first + r]


@compiled()
def _backward(a: Any, start: int, delta: Any, d0: int, units: int, m: int) -> None:
    first, d = U(start), U(d0)
    for r in range(U(units * m)):
        delta[d + r] *= ONE if a[first + r] > NAUGHT else NAUGHT


RELU = Activation(
    name="relu",
    equation="a = max(z, 0)",
    forward=_forward,
    backward=_backward,
    exact=unit_by_unit(lambda m, z: max(z, 0)),
    plain=lambda z: np.maximum(z, 0.0),
    bend=straight_bend,  # wherever it has a second derivative
    single=(_forward, _backward),
    kinks=(0.0,),
)
