"""The loss of a network where one parameter is complex: a plain pass forward, row by row.

An activation's or loss's complex form is its analytic continuation: it may branch on the real part, as long
as both branches are the same function. What compares and takes one side only (relu, step, the perceptron's
losses) has no such continuation.

Exponentials are taken with the highest real part shifted out, so that logits of any size stay finite.
"""

from __future__ import annotations

from typing import Any

from harness.network.activation import COMPLEX_FORWARD
from harness.network.kernels import LAYERS, ROWS, SIZES, TAKEN_IN
from harness.network.loss import COMPLEX_ROW_LOSS
from optimizers.compilation import compiled
from optimizers.function_addresses import caller

STEP = 1e-200
"""Imaginary step. There is no difference to lose digits in, so smaller is better: the square, 1e-400, is 0 in
floats, so that the truncation vanishes and the real part is the loss to the last bit. At 1e-20 a loss of 0
comes out as -1e-40. Derivatives below 1e-108 underflow to 0."""

_activate, _loss = caller(COMPLEX_FORWARD), caller(COMPLEX_ROW_LOSS)


@compiled(reassociate=True)
def _weighted_sum(w: Any, place: int, a: Any, start: int, count: int) -> complex:
    """Return the sum of real weights times complex numbers: two multiply-adds each."""
    real = imaginary = 0.0
    for j in range(count):
        real += w[place + j] * a[start + j].real
        imaginary += w[place + j] * a[start + j].imag
    return complex(real, imaginary)


@compiled()
def row_loss(w: Any, index: int, row: int, data: Any, a: Any) -> complex:
    """Return the loss of one row at ``w + i STEP e_index``; ``a`` takes the numbers of all layers.

    ``integers`` of the data holds, behind what the network keeps there, the addresses of the complex
    activations, layer by layer, and of the complex loss.
    """
    reals, integers = data.reals, data.integers
    rows, layers = integers[ROWS], integers[LAYERS]
    features, outputs = integers[SIZES], integers[SIZES + layers]
    own = SIZES + 3 * layers + 1
    for j in range(features):
        a[j] = reals[j * rows + row]
    start, place = 0, 0
    for layer in range(layers):
        ins, outs = integers[SIZES + layer], integers[SIZES + layer + 1]
        above, biases = start + ins, place + outs * ins
        for o in range(outs):
            weights = place + o * ins
            z = w[biases + o] + _weighted_sum(w, weights, a, start, ins)
            if index == biases + o:
                z += complex(0.0, STEP)
            elif weights <= index < weights + ins:
                # The numbers below the one parameter that is complex are real: one product.
                z += complex(0.0, STEP * a[start + index - weights].real)
            a[above + o] = z
        if layer < layers - 1 or not integers[TAKEN_IN]:
            _activate(integers[own + layer], a, above, outs)
        start, place = above, biases + outs
    return _loss(integers[own + layers], a, start, outputs, reals, features * rows + row, rows)
