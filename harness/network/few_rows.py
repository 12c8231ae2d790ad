"""Loss and gradient of a small network on few rows: what fills one vector goes through it without a detour.

On xor the general kernels spend more time on calls, tiles and groups than on numbers: a step of 2-2-1 took
0.28 us, and 0.13 here. Every layer has eight units at the most and the data eight rows, or eight at a time
where rows are chosen; the layout of the data is that of ``kernels.py``, and so are the bits.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from harness.network.activation import BACKWARD, FORWARD
from harness.network.kernels import LAYERS, LOSS, ROWS, SIZES, TAKEN_IN, TILES
from harness.network.loss import ROW_LOSSES
from harness.numerics.products import total
from harness.numerics.register_blocks import (
    ADD,
    BIAS,
    LANES,
    ZERO,
    copy_vector,
    outer_block,
    product_block,
    scale_vector,
)
from optimizers.compilation import compiled
from optimizers.counts import GRADIENT_ROWS, VALUE_ROWS
from optimizers.function_addresses import caller

U = np.uint64

MOST_UNITS = 8
"""Units of a layer at the most."""

FEW_INPUTS = 4
"""Inputs of a layer up to which four sums at once do."""

_forward, _backward, _row_losses = caller(FORWARD), caller(BACKWARD), caller(ROW_LOSSES)
_unit = product_block(1, 1)
_outer_of_eight, _outer_of_four = outer_block(1, MOST_UNITS), outer_block(1, FEW_INPUTS)


def suits(sizes: Sequence[int], rows: int) -> bool:
    """Say whether data of so many rows and a network of such sizes are few and small enough.

    >>> suits((2, 2, 1), 4), suits((4, 8, 3), 150), suits((9, 2), 4)
    (True, False, False)
    """
    return rows <= LANES and max(sizes) <= MOST_UNITS


@compiled(within_callers=True)
def _take(data: Any, rows: Any, first: int, m: int) -> None:
    """Copy rows to the beginning of the workspace, unit by unit, the last one up to a whole vector."""
    reals, integers, workspace = data.reals, data.integers, data.workspace
    tile = integers[TILES]
    units = integers[SIZES] + integers[SIZES + integers[LAYERS]]
    if rows.size == 0:
        for u in range(units):
            copy_vector(reals, tile + u * LANES, workspace, u * LANES)
        return
    for u in range(units):
        for r in range(LANES):
            workspace[U(u * LANES + r)] = reals[U(tile + u * LANES + rows[first + min(r, m - 1)])]


@compiled(within_callers=True)
def _sum(w: Any, data: Any, m: int, begin: int, factor: float, gradient: Any) -> float:
    """Return the summed loss of the m rows at the beginning of the workspace.

    Their summed gradient times a factor is written, or added to what is there; nothing is where that is 0.
    """
    # Told by a truth of its own, it was compiled once for either: half a second of a cold start.
    with_gradient = factor != 0.0
    integers, workspace = data.integers, data.workspace
    layers = integers[LAYERS]
    features, outputs = integers[SIZES], integers[SIZES + layers]
    forwards = SIZES + layers + 1
    backwards = forwards + layers
    taken_in = integers[TAKEN_IN] != 0

    place, below, top = 0, 0, (features + outputs) * LANES
    for layer in range(layers):
        ins, outs = integers[SIZES + layer], integers[SIZES + layer + 1]
        bias = place + outs * ins
        for o in range(outs):
            _unit(
                *(BIAS, w, place + o * ins, ins, 1, ins, bias + o),
                *(workspace, below, LANES, workspace, top + o * LANES, LANES, 0),
            )
        if layer < layers - 1 or not taken_in:
            _forward(integers[forwards + layer], workspace, top, outs, LANES)
        below = top
        place = bias + outs
        top += outs * LANES

    output_start, scratch = below, top
    delta, other = output_start, scratch + 3 * LANES
    if with_gradient and not taken_in:
        # The activations of the output are needed once more after the loss has written over its own copy.
        delta = other
        for u in range(outputs):
            copy_vector(workspace, output_start + u * LANES, workspace, delta + u * LANES)
        other = delta + outputs * LANES
    _row_losses(
        *(integers[LOSS], workspace, delta, workspace, features * LANES, LANES),
        *(outputs, LANES, workspace, scratch, with_gradient),
    )
    loss = 0.0
    for r in range(m):
        loss += workspace[U(scratch + r)]
    if not with_gradient:
        return loss

    # The losses are added up: their place takes the factor.
    workspace[scratch] = factor
    for u in range(outputs):
        scale_vector(workspace, delta + u * LANES, workspace, scratch, m)
    if not taken_in:
        _backward(integers[backwards + layers - 1], workspace, output_start, workspace, delta, outputs, LANES)
    here = output_start
    for layer in range(layers - 1, -1, -1):
        ins, outs = integers[SIZES + layer], integers[SIZES + layer + 1]
        place -= (ins + 1) * outs
        here = here - ins * LANES if layer > 0 else 0
        for o in range(outs):
            d, g, bias = delta + o * LANES, place + o * ins, U(place + outs * ins + o)
            if ins <= FEW_INPUTS:
                _outer_of_four(
                    begin, workspace, d, LANES, workspace, here, LANES, ins, LANES, gradient, g, ins
                )
            else:
                _outer_of_eight(
                    begin, workspace, d, LANES, workspace, here, LANES, ins, LANES, gradient, g, ins
                )
            gradient[bias] = total(workspace, d, LANES) + (gradient[bias] if begin == ADD else 0.0)
        if layer > 0:
            for i in range(ins):
                _unit(
                    *(ZERO, w, place + i, 1, ins, outs, 0, workspace, delta, LANES),
                    *(workspace, other + i * LANES, LANES, 0),
                )
            _backward(integers[backwards + layer - 1], workspace, here, workspace, other, ins, LANES)
            delta, other = other, other + ins * LANES
    return loss


@compiled(within_callers=True)
def _mean(w: Any, rows: Any, data: Any, count: int, factor: float, gradient: Any) -> float:
    """Return the mean loss of all rows or of given ones, a vector at a time, and write its gradient.

    It is written times a factor, or not where that is 0.
    """
    loss = 0.0
    for first in range(0, count, LANES):
        m = min(LANES, count - first)
        _take(data, rows, first, m)
        loss += _sum(w, data, m, ADD if first > 0 else ZERO, factor / count, gradient)
    return loss / count


@compiled()
def value(w: Any, rows: Any, data: Any) -> float:
    """Return the mean loss over all rows, or over the given ones; see ``optimizers.signatures.VALUE``."""
    count = rows.size if rows.size else data.integers[ROWS]
    data.counters[VALUE_ROWS] += count
    mean: float = _mean(w, rows, data, count, 0.0, data.workspace)
    return mean


@compiled()
def value_and_gradient(w: Any, rows: Any, data: Any, gradient: Any) -> float:
    """Return the mean loss and write its gradient; see ``optimizers.signatures.VALUE_AND_GRADIENT``."""
    count = rows.size if rows.size else data.integers[ROWS]
    data.counters[GRADIENT_ROWS] += count
    mean: float = _mean(w, rows, data, count, 1.0, gradient)
    return mean
