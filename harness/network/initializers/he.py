"""He's initialisation for rectifiers."""

from __future__ import annotations

import math

import numpy as np

from harness.network.initializer import Initializer
from harness.network.layout import layer_views, parameter_count
from optimizers.objective import Array


def _draw(sizes: tuple[int, ...], rng: np.random.Generator) -> Array:
    w = np.zeros(parameter_count(sizes))
    for weights, _ in layer_views(w, sizes):
        outs, ins = weights.shape
        weights[:] = rng.normal(0.0, math.sqrt(2.0 / ins), (outs, ins))
    return w


HE = Initializer(
    name="he",
    equation="weights from N(0, 2 / ins)",
    source="He, Zhang, Ren, Sun (2015), Delving deep into rectifiers, ICCV, eq. 10",
    draw=_draw,
    variance=lambda ins, outs: 2.0 / ins,
)
