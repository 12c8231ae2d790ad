"""Glorot's and Bengio's normalised initialisation."""

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
        bound = math.sqrt(6.0 / (ins + outs))
        weights[:] = rng.uniform(-bound, bound, (outs, ins))
    return w


GLOROT = Initializer(
    name="glorot",
    equation="weights from U(-b, b), b = sqrt(6 / (ins + outs))",
    source=(
        "Glorot, Bengio (2010), Understanding the difficulty of training deep feedforward neural networks, "
        "AISTATS, eq. 16"
    ),
    draw=_draw,
    # Eq. 12: half-way between what keeps activations and what keeps gradients of one size.
    variance=lambda ins, outs: 2.0 / (ins + outs),
    bound=lambda ins, outs: math.sqrt(6.0 / (ins + outs)),
)
