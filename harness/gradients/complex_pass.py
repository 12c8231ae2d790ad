"""The loss of a network where one parameter is complex: a plain pass forward, row by row.

Every function here is the analytic continuation of the one of the same name in ``harness.network``: it may
branch on the real part, as long as both branches are the same function. What compares and takes one side only
(relu, step, the perceptron's losses) has no such continuation, and so no entry in the tables below.

Exponentials are taken with the highest real part shifted out, so that logits of any size stay finite.
"""

from __future__ import annotations

import cmath
import math
from typing import Any

from numba import types

from harness.network.kernels import LAYERS, ROWS, SIZES, TAKEN_IN
from optimizers.compilation import compiled
from optimizers.function_addresses import caller
from optimizers.objective import REALS

COMPLEX = types.complex128[::1]
ACTIVATE = types.void(COMPLEX, types.int64, types.int64)
"""``activate(z, start, units)``: turns the sums of one layer into activations."""
ROW_LOSS = types.complex128(COMPLEX, types.int64, types.int64, REALS, types.int64, types.int64)
"""``loss(o, start, units, targets, t0, t_stride)``: the loss of one row, from activations, or from sums where
the real loss takes the output activation in."""

STEP = 1e-200
"""Imaginary step. There is no difference to lose digits in, so smaller is better: the square, 1e-400, is 0 in
floats, so that the truncation vanishes and the real part is the loss to the last bit. At 1e-20 a loss of 0
comes out as -1e-40. Derivatives below 1e-108 underflow to 0."""

_activate, _loss = caller(ACTIVATE), caller(ROW_LOSS)


@compiled()
def _log_one_plus(z: complex) -> complex:
    """Return log(1 + z) for a real part of 0 or more, exact to the last digits also where z is tiny."""
    return complex(
        0.5 * math.log1p(z.real * (2.0 + z.real) + z.imag * z.imag), math.atan2(z.imag, 1.0 + z.real)
    )


@compiled()
def _highest(z: Any, start: int, units: int) -> int:
    """Return the place of the highest real part."""
    highest = start
    for u in range(start + 1, start + units):
        if z[u].real > z[highest].real:
            highest = u
    return highest


@compiled()
def _identity(z: Any, start: int, units: int) -> None:
    pass


@compiled()
def _sigmoid(z: Any, start: int, units: int) -> None:
    for u in range(start, start + units):
        if z[u].real < 0.0:
            small = cmath.exp(z[u])
            z[u] = small / (1.0 + small)
        else:
            z[u] = 1.0 / (1.0 + cmath.exp(-z[u]))


@compiled()
def _tanh(z: Any, start: int, units: int) -> None:
    for u in range(start, start + units):
        z[u] = cmath.tanh(z[u])


@compiled()
def _exponential(z: Any, start: int, units: int) -> None:
    for u in range(start, start + units):
        z[u] = cmath.exp(z[u])


@compiled()
def _softmax(z: Any, start: int, units: int) -> None:
    highest = z[_highest(z, start, units)]
    norm = 0j
    for u in range(start, start + units):
        z[u] = cmath.exp(z[u] - highest)
        norm += z[u]
    for u in range(start, start + units):
        z[u] /= norm


@compiled()
def _half_squared(o: Any, start: int, units: int, targets: Any, t0: int, t_stride: int) -> complex:
    total = 0j
    for k in range(units):
        error = o[start + k] - targets[t0 + k * t_stride]
        total += 0.5 * error * error
    return total


@compiled()
def _squared(o: Any, start: int, units: int, targets: Any, t0: int, t_stride: int) -> complex:
    return 2.0 * _half_squared(o, start, units, targets, t0, t_stride)


@compiled()
def _binary_cross_entropy(o: Any, start: int, units: int, targets: Any, t0: int, t_stride: int) -> complex:
    # As the real one: (1 - y) z + log(1 + exp(-z)), which for the other sign is -y z + log(1 + exp(z)).
    total = 0j
    for k in range(units):
        z, y = o[start + k], targets[t0 + k * t_stride]
        if z.real > 0.0:
            total += (1.0 - y) * z + _log_one_plus(cmath.exp(-z))
        else:
            total += -y * z + _log_one_plus(cmath.exp(z))
    return total


@compiled()
def _categorical_cross_entropy(
    o: Any, start: int, units: int, targets: Any, t0: int, t_stride: int
) -> complex:
    # As the real one: log sum_j exp(z_j) - sum_k y_k z_k for targets that sum to 1, the highest z taken out.
    place = _highest(o, start, units)
    others, total = 0j, 0j
    for k in range(units):
        below = o[start + k] - o[place]
        total -= targets[t0 + k * t_stride] * below
        if start + k != place:
            others += cmath.exp(below)
    return total + _log_one_plus(others)


ACTIVATIONS = {
    "identity": _identity,
    "sigmoid": _sigmoid,
    "tanh": _tanh,
    "exponential": _exponential,
    "softmax": _softmax,
}
LOSSES = {
    "half-squared": _half_squared,
    "squared": _squared,
    "binary-cross-entropy": _binary_cross_entropy,
    "categorical-cross-entropy": _categorical_cross_entropy,
}


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
    reals, integers, _, _ = data
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
