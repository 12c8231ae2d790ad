"""The step of the perceptron."""

from __future__ import annotations

from typing import Any

import numpy as np

from harness.network.activation import Activation, unit_by_unit
from optimizers.compilation import compiled

U = np.uint64


@compiled()
def _forward(z: Any, start: int, units: int, m: int) -> None:
    first = U(start)
    for r in range(U(units * m)):
        value = z[first + r]
        if value >= 0.0:
            z[first + r] = 1.0
        elif value < 0.0:
            z[first + r] = -1.0


@compiled()
def _backward(a: Any, start: int, delta: Any, d0: int, units: int, m: int) -> None:
    # Zero wherever it exists. Every gradient source refuses a network with a step before it comes here.
    d = U(d0)
    for r in range(U(units * m)):
        delta[d + r] = 0.0


STEP = Activation(
    name="step",
    equation="a = 1 if z >= 0 else -1",
    forward=_forward,
    backward=_backward,
    exact=unit_by_unit(lambda m, z: 1 if z >= 0 else -1),
    hidden=False,
    has_gradient=False,
    kinks=(0.0,),
)
