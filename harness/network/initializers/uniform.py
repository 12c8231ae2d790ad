"""Small even numbers, whatever the layers are."""

from __future__ import annotations

import numpy as np

from harness.network.initializer import Initializer
from harness.network.layout import parameter_count
from optimizers.objective import Array


def _draw(sizes: tuple[int, ...], rng: np.random.Generator) -> Array:
    return rng.uniform(-0.5, 0.5, parameter_count(sizes))


UNIFORM = Initializer(
    name="uniform",
    equation="weights and biases from U(-0.5, 0.5)",
    source="after Rumelhart, Hinton, Williams (1986), Nature 323, where small random weights break symmetry",
    draw=_draw,
    variance=lambda ins, outs: 1.0 / 12.0,
    bound=lambda ins, outs: 0.5,
    bias_variance=1.0 / 12.0,
)
