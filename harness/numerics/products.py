"""Matrix products of one tile of rows: layer forward, delta backward, weight gradient.

A tile holds a layer's numbers unit by unit, the rows of the data side by side: unit u of row r is at
``start + u * stride + r``. Products of many rows go by blocks that hold their sums in registers; a single
row, as in descent pattern by pattern, goes along the weights of each unit, which lie side by side: by blocks
it would fill one lane of eight. All of it serves float32 arrays as well, in vectors of twice as many numbers.

These are sums of products, the only functions of the project whose additions may be reassociated.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numba import types

from harness.numerics.blocked_outer import add_outer_products
from harness.numerics.blocked_product import multiply_by_blocks
from harness.numerics.register_blocks import BIAS, ZERO
from harness.numerics.row_products import add_times, multiply_row
from optimizers.compilation import compiled
from optimizers.function_addresses import caller
from optimizers.signatures import REALS, in_single

_PLACE = types.int64
MULTIPLY = types.void(
    _PLACE,
    *(REALS, _PLACE, _PLACE, _PLACE, _PLACE, _PLACE, _PLACE),
    *(REALS, _PLACE, _PLACE),
    *(REALS, _PLACE, _PLACE),
    _PLACE,
)
WEIGHT_GRADIENT = types.void(
    *(REALS, _PLACE), *(REALS, _PLACE, _PLACE), *(REALS, _PLACE), *(_PLACE, _PLACE), _PLACE
)
_multiply = caller(MULTIPLY, in_single(MULTIPLY))

U = np.uint64


@compiled()
def multiply(
    begin: int,
    w: Any,
    place: int,
    out_step: int,
    in_step: int,
    outs: int,
    ins: int,
    bias: int,
    a: Any,
    a0: int,
    a_stride: int,
    z: Any,
    z0: int,
    z_stride: int,
    m: int,
) -> None:
    """Write ``sum_i w[o, i] a[i]`` over ``z[o]`` for each of ``outs`` units, for m rows.

    Arguments:
        begin: ``ADD`` to what is there, or write over it from ``ZERO`` or the ``BIAS`` of the unit on.
        w: holds the weights and the biases.
        place: where the weights begin: ``w[o, i]`` is at ``place + o out_step + i in_step``.
        out_step: from one unit's weights to the next one's.
        in_step: from one weight of a unit to the next.
        outs: units that are written.
        ins: units that are multiplied.
        bias: where the biases begin in ``w``.
        a: holds the units that are multiplied.
        a0: where they begin.
        a_stride: from one to the next.
        z: gets the sums.
        z0: where they begin.
        z_stride: from one to the next.
        m: rows, side by side.
    """
    if m == 1 and a_stride == 1 and z_stride == 1 and (in_step == 1 or out_step == 1):
        multiply_row(begin, w, place, out_step, in_step, outs, ins, bias, a, a0, z, z0)
        return
    multiply_by_blocks(
        begin, w, place, out_step, in_step, outs, ins, bias, a, a0, a_stride, z, z0, z_stride, m
    )


@compiled()
def layer_forward(
    product: int,
    w: Any,
    place: int,
    ins: int,
    outs: int,
    a: Any,
    a0: int,
    a_stride: int,
    z: Any,
    z0: int,
    m: int,
) -> None:
    """Write ``z = W a + b`` for one layer and m rows; ``z`` is packed, its stride is m.

    The weights (outs, ins) begin at ``place`` of all parameters ``w``, and the biases (outs,) follow. The
    units below begin at ``a0`` of ``a``, each ``a_stride`` further on; the result begins at ``z0`` of ``z``.
    ``product`` is the address of ``multiply``.
    """
    _multiply(product, BIAS, w, place, ins, 1, outs, ins, place + outs * ins, a, a0, a_stride, z, z0, m, m)


@compiled()
def delta_backward(
    product: int,
    w: Any,
    place: int,
    ins: int,
    outs: int,
    first: int,
    units: int,
    delta: Any,
    d0: int,
    below: Any,
    b0: int,
    m: int,
) -> None:
    """Write ``W' delta`` for m rows: the derivative by the activations of some units below a layer."""
    _multiply(product, ZERO, w, place + first, 1, ins, units, outs, 0, delta, d0, m, below, b0, m, m)


@compiled(reassociate=True)
def total(values: Any, start: int, count: int) -> float:
    """Return the sum of ``count`` numbers from ``start`` on."""
    first = U(start)
    result = 0.0
    for r in range(U(count)):
        # Uncompiled, a float of Python's would give way to NumPy's single precision.
        result += np.float64(values[first + r])
    return float(result)


@compiled()
def weight_products(
    delta: Any,
    d0: int,
    a: Any,
    a0: int,
    a_stride: int,
    gradient: Any,
    place: int,
    ins: int,
    outs: int,
    m: int,
) -> None:
    """Add ``delta a'`` for m rows: the dot product of each delta (packed) with each unit."""
    if m == 1 and a_stride == 1:
        for o in range(outs):
            add_times(delta[U(d0 + o)], a, a0, gradient, place + o * ins, ins)
        return
    add_outer_products(delta, d0, a, a0, a_stride, gradient, place, ins, outs, m)


@compiled()
def weight_gradient(
    delta: Any,
    d0: int,
    a: Any,
    a0: int,
    a_stride: int,
    gradient: Any,
    place: int,
    ins: int,
    outs: int,
    m: int,
) -> None:
    """Add one tile's share of a layer's gradient: ``delta a'`` for the weights, row sums for the biases."""
    weight_products(delta, d0, a, a0, a_stride, gradient, place, ins, outs, m)
    bias = place + outs * ins
    for o in range(outs):
        gradient[U(bias + o)] += total(delta, d0 + o * m, m)
