"""Residuals of a network under a squared loss, and their Jacobian, a tile of rows at a time.

The loss is the sum of the squares of the residuals ``r = sqrt(c / N) (a - y)``, one for each output of each
row, with c = 1 for ``squared`` and 1/2 for ``half-squared``, as a loss's own ``squares`` says. Each output is
carried back by itself, and its derivative by a weight is delta times activation, row by row where a gradient
sums over rows.
"""

from __future__ import annotations

import itertools
import math
from typing import Any

import numpy as np

from harness.network.activation import BACKWARD, FORWARD
from harness.network.kernels import LAYERS, PRODUCT, ROWS, SIZES
from harness.network.network import Network
from harness.numerics.products import delta_backward, layer_forward
from optimizers.compilation import compiled
from optimizers.function_addresses import caller

U = np.uint64

BLOCK = 256
"""Residuals of a block, at the most. J'J of 67 to 1354 parameters takes 1.02 to 1.33 of the time in blocks of
64, and 0.98 to 1.05 of it in blocks of 4096, which take sixteen times the memory."""

_forward, _backward = caller(FORWARD), caller(BACKWARD)


def refusal(network: Network) -> str:
    """Say why a network has no residuals, or return an empty sentence."""
    if network.loss_entry.squares is None:
        return f"loss '{network.loss}' is no sum of squares"
    return network.no_gradient


def cost(sizes: tuple[int, ...]) -> float:
    """Return the cost of all residuals with their Jacobian, in forward-pass equivalents.

    Counted in multiply-adds a row, as for a gradient: one pass forward, and a pass back for each output.

    >>> cost((2, 2, 1)), cost((4, 3))
    (2.3333333333333335, 4.0)
    """
    weights = [ins * outs for ins, outs in itertools.pairwise(sizes)]
    back = sum(weights) + sum(weights[1:])
    return (sum(weights) + sizes[-1] * back) / sum(weights)


def rows_of_tile(network: Network, rows: int) -> int:
    """Return the rows of a block."""
    return min(rows, max(1, BLOCK // network.sizes[-1]))


def workspace(network: Network, m: int) -> Any:
    """Return room for the activations of m rows, and for the deltas of two layers."""
    return np.zeros(m * (sum(network.sizes[1:]) + 2 * max(network.sizes[1:])))


def scale(network: Network, rows: int) -> float:
    """Return ``sqrt(c / N)`` for a network without a refusal."""
    squares = network.loss_entry.squares
    assert squares is not None
    return math.sqrt(squares / rows)


@compiled()
def _derivatives(
    delta: Any,
    d0: int,
    a: Any,
    a0: int,
    a_stride: int,
    table: Any,
    width: int,
    column: int,
    ins: int,
    outs: int,
    m: int,
) -> None:
    """Write the derivatives by one layer's weights and biases, a row of the table each."""
    row = 0
    for o in range(outs):
        d = U(d0 + o * m)
        for i in range(ins):
            source, target = U(a0 + i * a_stride), U(row * width + column)
            for r in range(U(m)):
                table[target + r] = delta[d + r] * a[source + r]
            row += 1
    for o in range(outs):
        d, target = U(d0 + o * m), U(row * width + column)
        for r in range(U(m)):
            table[target + r] = delta[d + r]
        row += 1


@compiled()
def residuals_of_tile(
    w: Any, data: Any, numbers: Any, scale: float, first: int, m: int, residuals: Any, table: Any
) -> None:
    """Write the residuals of m rows, output by output, and their Jacobian transposed.

    Arguments:
        w: parameters.
        data: packed data of the network.
        numbers: workspace.
        scale: factor of the residuals.
        first: first row.
        m: number of rows.
        residuals: shape (outputs m,).
        table: shape (n outputs m,), a parameter's derivatives side by side.
    """
    reals, integers = data.reals, data.integers
    count, layers = integers[ROWS], integers[LAYERS]
    forwards, backwards = SIZES + 1 + layers, SIZES + 1 + 2 * layers
    place = top = widest = 0
    below, below_start, below_stride = reals, first, count
    for layer in range(layers):
        ins, outs = integers[SIZES + layer], integers[SIZES + layer + 1]
        layer_forward(
            integers[PRODUCT], w, place, ins, outs, below, below_start, below_stride, numbers, top, m
        )
        _forward(integers[forwards + layer], numbers, top, outs, m)
        below, below_start, below_stride = numbers, top, m
        place += (ins + 1) * outs
        top += outs * m
        widest = max(widest, outs)

    outputs = integers[SIZES + layers]
    width, targets, size = outputs * m, integers[SIZES] * count + first, place
    output_start = top - width
    for k in range(outputs):
        for r in range(m):
            error = numbers[U(output_start + k * m + r)] - reals[U(targets + k * count + r)]
            residuals[k * m + r] = scale * error
    for k in range(outputs):
        delta, other = top, top + widest * m
        for r in range(width):
            numbers[U(delta + r)] = scale if r // m == k else 0.0
        here, place = output_start, size
        for layer in range(layers - 1, -1, -1):
            ins, outs = integers[SIZES + layer], integers[SIZES + layer + 1]
            place -= (ins + 1) * outs
            _backward(integers[backwards + layer], numbers, here, numbers, delta, outs, m)
            part = table[place * width :]
            if layer == 0:
                _derivatives(numbers, delta, reals, first, count, part, width, k * m, ins, outs, m)
            else:
                here -= ins * m
                _derivatives(numbers, delta, numbers, here, m, part, width, k * m, ins, outs, m)
                delta_backward(
                    *(integers[PRODUCT], w, place, ins, outs, 0, ins, numbers, delta, numbers, other, m)
                )
                delta, other = other, delta
