"""The Hessian of a network times a vector, derived by hand.

``R{f(w)} = d/dh f(w + h v)`` at h = 0 is carried through backpropagation step by step (Pearlmutter 1994, Fast
exact multiplication by the Hessian, Neural Computation 6, section 4.1). For a layer with weights W, and V in
their place in v, activations a of sums z, activations b below, and deltas d:

    R{z} = W R{b} + V b + v_bias        R{a} = f'(z) R{z}
    R{dE/db} = W' R{d} + V' d           R{d} = f'(z) R{dE/da} + f''(z) R{z} dE/da
    R{dE/dW} = R{d} b' + d R{b}'        where d = dE/dz

What is ``moved`` here is R of something. Every activation's matrix of derivatives is symmetric, so the
function that carries deltas back through it carries R forward as well.
"""

from __future__ import annotations

import itertools
from typing import Any

import numpy as np

from harness.network.activation import BACKWARD, BEND, FORWARD
from harness.network.activations import find_activation
from harness.network.data import with_products
from harness.network.kernels import LAYERS, OUTER_PRODUCT, PRODUCT, ROWS, SIZES, TAKEN_IN, TILE
from harness.network.network import Network
from harness.numerics import products
from harness.numerics.products import MULTIPLY, WEIGHT_GRADIENT, delta_backward, layer_forward
from harness.numerics.register_blocks import ADD
from optimizers.compilation import compiled
from optimizers.function_addresses import address, caller
from optimizers.signatures import Data

U = np.uint64

_forward, _backward, _bend = caller(FORWARD), caller(BACKWARD), caller(BEND)
_multiply, _outer = caller(MULTIPLY), caller(WEIGHT_GRADIENT)


def refusal(network: Network) -> str:
    """Say why there are no products with a network's Hessian, or return an empty sentence."""
    if network.no_gradient:
        return network.no_gradient
    loss = network.loss_entry
    if loss.curvature is None and loss.kinks:
        return f"loss '{loss.name}' is made of straight pieces, and has no curvature of its own"
    if loss.curvature is None:
        return f"loss '{loss.name}' states no curvature"
    missing = [name for name in network.layer_activations if find_activation(name).bend is None]
    return f"activation '{missing[0]}' has no second derivative (no bend of its own)" if missing else ""


def cost(sizes: tuple[int, ...]) -> float:
    """Return the cost of one product over all rows, in forward-pass equivalents.

    Counted in multiply-adds a row, as for a gradient. Each weight serves once in the pass forward, once more
    with V in its place, and once for the result. Above the first layer it serves five times more: for R
    forward, for the deltas, twice for R of the deltas, and for what R of the activations adds to the result.

    >>> cost((4, 3)), cost((2, 2, 1))
    (3.0, 4.666666666666667)
    """
    weights = [ins * outs for ins, outs in itertools.pairwise(sizes)]
    return (3 * sum(weights) + 5 * sum(weights[1:])) / sum(weights)


def pack(network: Network, data: Data) -> Data:
    """Return the data of the kernel: the network's own with more addresses, and a workspace.

    Arguments:
        network: one without a refusal.
        data: its packed data.
    """
    reals, integers, counters = data.reals, with_products(data).integers, data.counters
    own = [address(find_activation(name).bend, BEND) for name in network.layer_activations]
    own.append(address(products.weight_products, WEIGHT_GRADIENT))
    units, widest = sum(network.sizes[1:]), max(network.sizes[1:])
    workspace = np.zeros(int(integers[TILE]) * (2 * units + 4 * widest))
    return Data(reals, np.append(integers, own), workspace, counters)


@compiled()
def _through(
    data: Any, layer: int, a: int, moved: int, delta: int, moved_delta: int, units: int, m: int
) -> None:
    """Carry the deltas of a layer, and R of them, from its activations to its sums."""
    integers, workspace = data.integers, data.workspace
    layers = integers[LAYERS]
    backward = integers[SIZES + 1 + 2 * layers + layer]
    bend = integers[SIZES + 1 + 3 * layers + layer]
    _backward(backward, workspace, a, workspace, moved_delta, units, m)
    _bend(bend, workspace, a, moved, delta, moved_delta, units, m)
    _backward(backward, workspace, a, workspace, delta, units, m)


@compiled()
def _tile(w: Any, v: Any, data: Any, curvature: float, first: int, m: int, product: Any) -> None:
    """Add the product of the rows of one tile, summed and not yet a mean."""
    reals, integers, workspace = data.reals, data.integers, data.workspace
    count, layers = integers[ROWS], integers[LAYERS]
    multiply = integers[PRODUCT]
    forwards = SIZES + 1 + layers
    units = widest = 0
    for layer in range(1, layers + 1):
        units += integers[SIZES + layer]
        widest = max(widest, integers[SIZES + layer])
    # Activations of all layers, R of them, then deltas and R of them for two layers in turn.
    moved = units * m
    delta, other = 2 * moved, 2 * moved + 2 * widest * m
    step = widest * m

    place = top = 0
    below, below_start, below_stride = reals, first, count
    for layer in range(layers):
        ins, outs = integers[SIZES + layer], integers[SIZES + layer + 1]
        layer_forward(multiply, w, place, ins, outs, below, below_start, below_stride, workspace, top, m)
        layer_forward(
            multiply, v, place, ins, outs, below, below_start, below_stride, workspace, moved + top, m
        )
        if layer > 0:
            source, target = moved + below_start, moved + top
            _multiply(
                multiply, ADD, w, place, ins, 1, outs, ins, 0, workspace, source, m, workspace, target, m, m
            )
        _forward(integers[forwards + layer], workspace, top, outs, m)
        _backward(integers[forwards + layers + layer], workspace, top, workspace, moved + top, outs, m)
        below, below_start, below_stride = workspace, top, m
        place += (ins + 1) * outs
        top += outs * m

    outputs = integers[SIZES + layers]
    here = top - outputs * m
    targets = integers[SIZES] * count + first
    for k in range(outputs):
        a, y = U(here + k * m), U(targets + k * count)
        for r in range(U(m)):
            workspace[U(delta + k * m) + r] = curvature * (workspace[a + r] - reals[y + r])
            workspace[U(delta + step + k * m) + r] = curvature * workspace[U(moved) + a + r]
    if not integers[TAKEN_IN]:
        _through(data, layers - 1, here, moved + here, delta, delta + step, outputs, m)

    for layer in range(layers - 1, -1, -1):
        ins, outs = integers[SIZES + layer], integers[SIZES + layer + 1]
        place -= (ins + 1) * outs
        if layer == 0:
            _outer(
                integers[OUTER_PRODUCT],
                workspace,
                delta + step,
                reals,
                first,
                count,
                product,
                place,
                ins,
                outs,
                m,
            )
            break
        here -= ins * m
        # The weights' share of R{d}, with the biases, then that of R{a below}.
        _outer(
            integers[OUTER_PRODUCT], workspace, delta + step, workspace, here, m, product, place, ins, outs, m
        )
        _outer(
            integers[SIZES + 1 + 4 * layers],
            workspace,
            delta,
            workspace,
            moved + here,
            m,
            product,
            place,
            ins,
            outs,
            m,
        )
        delta_backward(multiply, w, place, ins, outs, 0, ins, workspace, delta, workspace, other, m)
        delta_backward(
            *(multiply, w, place, ins, outs, 0, ins, workspace, delta + step, workspace, other + step, m)
        )
        _multiply(
            multiply, ADD, v, place, 1, ins, ins, outs, 0, workspace, delta, m, workspace, other + step, m, m
        )
        _through(data, layer - 1, here, moved + here, other, other + step, ins, m)
        delta, other = other, delta


@compiled()
def hessian_product(w: Any, v: Any, data: Any, curvature: float, product: Any) -> None:
    """Write the Hessian of the mean loss over all rows times ``v``; the curvature is the loss's own."""
    count, tile = data.integers[ROWS], data.integers[TILE]
    for i in range(product.size):
        product[i] = 0.0
    for first in range(0, count, tile):
        _tile(w, v, data, curvature, first, min(tile, count - first), product)
    factor = 1.0 / count
    for i in range(product.size):
        product[i] *= factor
