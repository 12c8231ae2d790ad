"""No numbers at all to begin with."""

from __future__ import annotations

import numpy as np

from harness.network.initializer import Initializer
from harness.network.layout import parameter_count
from optimizers.objective import Array


def _draw(sizes: tuple[int, ...], rng: np.random.Generator) -> Array:
    return np.zeros(parameter_count(sizes))


ZEROS = Initializer(
    name="zeros",
    equation="weights = 0, as bounds on the perceptron's mistakes have it; hidden units stay alike for ever",
    source="Novikoff (1962), On convergence proofs on perceptrons",
    draw=_draw,
    variance=lambda ins, outs: 0.0,
    bound=lambda ins, outs: 0.0,
)
