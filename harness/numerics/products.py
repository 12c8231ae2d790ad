"""Matrix products of one tile of rows: layer forward, delta backward, weight gradient.

A tile holds a layer's numbers unit by unit, the rows of the data side by side: unit u of row r is at
``start + u * stride + r``. The innermost loop runs over rows, so that one vector instruction serves eight
rows, and four units of either side are worked on together: 16 multiply-adds for 8 loads.

Measured on 64-32-10, one thread, as multiples of the machine's own dgemm rate: 1.2 in this shape, 0.9 with
array slices in place of offsets, 0.2 with signed offsets. numba gives a signed index a test for negative
values, which keeps LLVM from vectorising; hence ``np.uint64`` throughout. (An int64 must not meet a uint64
in arithmetic: numba makes a float of the two.)

These are sums of products, the only functions of the project whose additions may be reassociated.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numba import types

from optimizers.compilation import compiled
from optimizers.function_addresses import caller
from optimizers.signatures import REALS

_PLACE = types.int64
MULTIPLY = types.void(
    *(REALS, _PLACE, _PLACE, _PLACE, _PLACE, _PLACE),
    *(REALS, _PLACE, _PLACE),
    *(REALS, _PLACE, _PLACE),
    _PLACE,
)
WEIGHT_GRADIENT = types.void(
    *(REALS, _PLACE), *(REALS, _PLACE, _PLACE), *(REALS, _PLACE), *(_PLACE, _PLACE), _PLACE
)
_multiply = caller(MULTIPLY)

U = np.uint64
ONE = np.uint64(1)
BLOCK = 4


@compiled(reassociate=True)
def _multiply_4x4(
    w: Any,
    place: int,
    out_step: int,
    in_step: int,
    a: Any,
    a0: int,
    a_stride: int,
    z: Any,
    z0: int,
    z_stride: int,
    m: int,
) -> None:
    """Add the product of a 4x4 block of weights with four units to four units, over m rows."""
    p0 = U(place)
    o, i = U(out_step), U(in_step)
    p1 = p0 + o
    p2 = p1 + o
    p3 = p2 + o
    i2 = i + i
    i3 = i2 + i
    w00, w01, w02, w03 = w[p0], w[p0 + i], w[p0 + i2], w[p0 + i3]
    w10, w11, w12, w13 = w[p1], w[p1 + i], w[p1 + i2], w[p1 + i3]
    w20, w21, w22, w23 = w[p2], w[p2 + i], w[p2 + i2], w[p2 + i3]
    w30, w31, w32, w33 = w[p3], w[p3 + i], w[p3 + i2], w[p3 + i3]
    a_0, z_0 = U(a0), U(z0)
    a_s, z_s = U(a_stride), U(z_stride)
    a_1, z_1 = a_0 + a_s, z_0 + z_s
    a_2, z_2 = a_1 + a_s, z_1 + z_s
    a_3, z_3 = a_2 + a_s, z_2 + z_s
    for r in range(U(m)):
        x0, x1, x2, x3 = a[a_0 + r], a[a_1 + r], a[a_2 + r], a[a_3 + r]
        z[z_0 + r] += w00 * x0 + w01 * x1 + w02 * x2 + w03 * x3
        z[z_1 + r] += w10 * x0 + w11 * x1 + w12 * x2 + w13 * x3
        z[z_2 + r] += w20 * x0 + w21 * x1 + w22 * x2 + w23 * x3
        z[z_3 + r] += w30 * x0 + w31 * x1 + w32 * x2 + w33 * x3


@compiled(reassociate=True)
def _multiply_4x1(
    w: Any, place: int, out_step: int, a: Any, a0: int, z: Any, z0: int, z_stride: int, m: int
) -> None:
    """Add the product of four weights with one unit to four units, over m rows."""
    p0, o = U(place), U(out_step)
    w0, w1, w2, w3 = w[p0], w[p0 + o], w[p0 + o + o], w[p0 + o + o + o]
    a_0, z_0, z_s = U(a0), U(z0), U(z_stride)
    z_1 = z_0 + z_s
    z_2 = z_1 + z_s
    z_3 = z_2 + z_s
    for r in range(U(m)):
        x = a[a_0 + r]
        z[z_0 + r] += w0 * x
        z[z_1 + r] += w1 * x
        z[z_2 + r] += w2 * x
        z[z_3 + r] += w3 * x


@compiled(reassociate=True)
def _multiply_1x4(
    w: Any, place: int, in_step: int, a: Any, a0: int, a_stride: int, z: Any, z0: int, m: int
) -> None:
    """Add the product of four weights with four units to one unit, over m rows."""
    p0, i = U(place), U(in_step)
    w0, w1, w2, w3 = w[p0], w[p0 + i], w[p0 + i + i], w[p0 + i + i + i]
    a_0, z_0, a_s = U(a0), U(z0), U(a_stride)
    a_1 = a_0 + a_s
    a_2 = a_1 + a_s
    a_3 = a_2 + a_s
    for r in range(U(m)):
        z[z_0 + r] += w0 * a[a_0 + r] + w1 * a[a_1 + r] + w2 * a[a_2 + r] + w3 * a[a_3 + r]


@compiled(reassociate=True)
def _multiply_1x1(weight: float, a: Any, a0: int, z: Any, z0: int, m: int) -> None:
    """Add the product of one weight with one unit to one unit, over m rows."""
    a_0, z_0 = U(a0), U(z0)
    for r in range(U(m)):
        z[z_0 + r] += weight * a[a_0 + r]


@compiled()
def multiply(
    w: Any,
    place: int,
    out_step: int,
    in_step: int,
    outs: int,
    ins: int,
    a: Any,
    a0: int,
    a_stride: int,
    z: Any,
    z0: int,
    z_stride: int,
    m: int,
) -> None:
    """Add ``sum_i w[o, i] a[i]`` to ``z[o]`` for each of ``outs`` units, over m rows."""
    whole_outs, whole_ins = outs - outs % BLOCK, ins - ins % BLOCK
    for o in range(0, whole_outs, BLOCK):
        row, target = place + o * out_step, z0 + o * z_stride
        for i in range(0, whole_ins, BLOCK):
            _multiply_4x4(
                w,
                row + i * in_step,
                out_step,
                in_step,
                a,
                a0 + i * a_stride,
                a_stride,
                z,
                target,
                z_stride,
                m,
            )
        for i in range(whole_ins, ins):
            _multiply_4x1(w, row + i * in_step, out_step, a, a0 + i * a_stride, z, target, z_stride, m)
    for o in range(whole_outs, outs):
        row, target = place + o * out_step, z0 + o * z_stride
        for i in range(0, whole_ins, BLOCK):
            _multiply_1x4(w, row + i * in_step, in_step, a, a0 + i * a_stride, a_stride, z, target, m)
        for i in range(whole_ins, ins):
            _multiply_1x1(w[U(row + i * in_step)], a, a0 + i * a_stride, z, target, m)


@compiled()
def _fill(z: Any, z0: int, count: int, number: float) -> None:
    start = U(z0)
    for r in range(U(count)):
        z[start + r] = number


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
    bias = place + outs * ins
    for o in range(outs):
        _fill(z, z0 + o * m, m, w[U(bias + o)])
    _multiply(product, w, place, ins, 1, outs, ins, a, a0, a_stride, z, z0, m, m)


@compiled()
def delta_backward(
    product: int, w: Any, place: int, ins: int, outs: int, delta: Any, d0: int, below: Any, b0: int, m: int
) -> None:
    """Write ``W' delta`` for one layer and m rows: the derivative by the activations below."""
    _fill(below, b0, ins * m, 0.0)
    _multiply(product, w, place, 1, ins, ins, outs, delta, d0, m, below, b0, m, m)


@compiled(reassociate=True)
def _dots_4x4(
    d: Any, d0: int, d_stride: int, a: Any, a0: int, a_stride: int, g: Any, g0: int, g_stride: int, m: int
) -> None:
    """Add the 16 dot products of four deltas with four units to a block of the weight gradient."""
    d_0, d_s, a_0, a_s = U(d0), U(d_stride), U(a0), U(a_stride)
    d_1, a_1 = d_0 + d_s, a_0 + a_s
    d_2, a_2 = d_1 + d_s, a_1 + a_s
    d_3, a_3 = d_2 + d_s, a_2 + a_s
    s00 = s01 = s02 = s03 = s10 = s11 = s12 = s13 = 0.0
    s20 = s21 = s22 = s23 = s30 = s31 = s32 = s33 = 0.0
    for r in range(U(m)):
        x0, x1, x2, x3 = a[a_0 + r], a[a_1 + r], a[a_2 + r], a[a_3 + r]
        e0, e1, e2, e3 = d[d_0 + r], d[d_1 + r], d[d_2 + r], d[d_3 + r]
        s00 += e0 * x0
        s01 += e0 * x1
        s02 += e0 * x2
        s03 += e0 * x3
        s10 += e1 * x0
        s11 += e1 * x1
        s12 += e1 * x2
        s13 += e1 * x3
        s20 += e2 * x0
        s21 += e2 * x1
        s22 += e2 * x2
        s23 += e2 * x3
        s30 += e3 * x0
        s31 += e3 * x1
        s32 += e3 * x2
        s33 += e3 * x3
    p, s = U(g0), U(g_stride)
    two = ONE + ONE
    three = two + ONE
    g[p] += s00
    g[p + ONE] += s01
    g[p + two] += s02
    g[p + three] += s03
    p += s
    g[p] += s10
    g[p + ONE] += s11
    g[p + two] += s12
    g[p + three] += s13
    p += s
    g[p] += s20
    g[p + ONE] += s21
    g[p + two] += s22
    g[p + three] += s23
    p += s
    g[p] += s30
    g[p + ONE] += s31
    g[p + two] += s32
    g[p + three] += s33


@compiled(reassociate=True)
def _dots_1x4(
    d: Any, d0: int, a: Any, a0: int, a_stride: int, g: Any, g0: int, g_stride: int, m: int
) -> None:
    """Add the dot products of one unit with four to four numbers that lie ``g_stride`` apart."""
    d_0, a_0, a_s = U(d0), U(a0), U(a_stride)
    a_1 = a_0 + a_s
    a_2 = a_1 + a_s
    a_3 = a_2 + a_s
    s0 = s1 = s2 = s3 = 0.0
    for r in range(U(m)):
        e = d[d_0 + r]
        s0 += e * a[a_0 + r]
        s1 += e * a[a_1 + r]
        s2 += e * a[a_2 + r]
        s3 += e * a[a_3 + r]
    p, s = U(g0), U(g_stride)
    g[p] += s0
    g[p + s] += s1
    g[p + s + s] += s2
    g[p + s + s + s] += s3


@compiled(reassociate=True)
def _dot(d: Any, d0: int, a: Any, a0: int, m: int) -> float:
    d_0, a_0 = U(d0), U(a0)
    total = 0.0
    for r in range(U(m)):
        total += d[d_0 + r] * a[a_0 + r]
    return total


@compiled(reassociate=True)
def total(values: Any, start: int, count: int) -> float:
    """Return the sum of ``count`` numbers from ``start`` on."""
    first = U(start)
    result = 0.0
    for r in range(U(count)):
        result += values[first + r]
    return result


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
    whole_outs, whole_ins = outs - outs % BLOCK, ins - ins % BLOCK
    for o in range(0, whole_outs, BLOCK):
        first, row = d0 + o * m, place + o * ins
        for i in range(0, whole_ins, BLOCK):
            _dots_4x4(delta, first, m, a, a0 + i * a_stride, a_stride, gradient, row + i, ins, m)
        for i in range(whole_ins, ins):
            _dots_1x4(a, a0 + i * a_stride, delta, first, m, gradient, row + i, ins, m)
    for o in range(whole_outs, outs):
        first, row = d0 + o * m, place + o * ins
        for i in range(0, whole_ins, BLOCK):
            _dots_1x4(delta, first, a, a0 + i * a_stride, a_stride, gradient, row + i, 1, m)
        for i in range(whole_ins, ins):
            gradient[U(row + i)] += _dot(delta, first, a, a0 + i * a_stride, m)


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
