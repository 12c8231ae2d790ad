"""The compiled network: loss of one vector, losses of a population, loss and gradient.

``integers`` of the data tuple holds the fields named below, then the layer sizes (from the input on), then
the addresses of the activations, forward and backward; ``reals`` holds inputs and targets, feature by
feature, then the inputs once more row by row, for subsets of rows; ``workspace`` holds a slot for each group
of rows.

The large parts call one another by address, so that each is compiled once: inlined into each other they took
30 s to compile, and ran no faster.

Rows are worked through in tiles, and summed in a fixed number of groups that depends on the data alone;
groups are added in their order. So one thread and many give the same bits; the parallel functions differ in
``prange`` only.
"""

from __future__ import annotations

from typing import Any

import numba
import numpy as np
from numba import types

from harness.network.activation import BACKWARD, FORWARD
from harness.network.loss import ROW_LOSSES
from harness.numerics.products import WEIGHT_GRADIENT, delta_backward, layer_forward, total
from optimizers.compilation import compiled
from optimizers.counts import GRADIENT_ROWS, VALUE_ROWS
from optimizers.function_addresses import caller
from optimizers.signatures import DATA, INTEGERS, REALS, VALUE

ROWS, TILE, GROUPS, SLOT, LAYERS, PARAMETERS, WORK, TAKEN_IN = range(8)
LOSS, SUM_OF_TILE, PRODUCT, OUTER_PRODUCT, LANES = range(8, 13)
SIZES = 13
"""Places in ``integers``: rows N, rows of a tile, groups, numbers of a slot, layers, parameters n, work of
one loss, whether the loss takes the output activation in; four addresses; candidates of a tile where rows
are few, or 0; and where the sizes begin."""

SLOTS = 4
"""Slots of a workspace: the most groups of rows, and the shares of a population."""

GROUP_WORK = 12_500
"""Work of one loss, in exponentials, that makes a group of rows: its gradient takes 15 us."""

PARALLEL_WORK = 100_000
"""Work, in exponentials, from which several threads pay: about 60 us on one of them."""

U = np.uint64

SUM = types.float64(
    *(REALS, INTEGERS, DATA), *(types.int64, types.int64, types.int64), *(REALS, types.int64, types.boolean)
)
_forward, _backward, _row_losses = caller(FORWARD), caller(BACKWARD), caller(ROW_LOSSES)
_weight_gradient, _sum_of_tile, _value = caller(WEIGHT_GRADIENT), caller(SUM), caller(VALUE)


@compiled()
def _gather(data: Any, rows: Any, first: int, m: int, start: int) -> None:
    """Copy the inputs and targets of some rows to a slot, unit by unit."""
    reals, integers, workspace = data.reals, data.integers, data.workspace
    count, layers = integers[ROWS], integers[LAYERS]
    features, outputs = integers[SIZES], integers[SIZES + layers]
    by_row = count * (features + outputs)
    for r in range(m):
        row = rows[first + r]
        source = U(by_row + row * features)
        for i in range(features):
            workspace[U(start + i * m + r)] = reals[source + U(i)]
        for k in range(outputs):
            workspace[U(start + (features + k) * m + r)] = reals[U((features + k) * count + row)]


@compiled()
def sum_of_tile(
    w: Any, rows: Any, data: Any, first: int, m: int, slot: int, gradient: Any, g0: int, with_gradient: bool
) -> float:
    """Return the summed loss of ``m`` rows from ``first`` on, and add their gradient at ``gradient[g0:]``."""
    reals, integers, workspace = data.reals, data.integers, data.workspace
    count, layers = integers[ROWS], integers[LAYERS]
    features, outputs = integers[SIZES], integers[SIZES + layers]
    forwards = SIZES + layers + 1
    backwards = forwards + layers
    base = slot
    if rows.size:
        _gather(data, rows, first, m, base)
        inputs, input_start, input_stride = workspace, base, m
        targets, target_start, target_stride = workspace, base + features * m, m
        base += (features + outputs) * m
    else:
        inputs, input_start, input_stride = reals, first, count
        targets, target_start, target_stride = reals, features * count + first, count

    place, top = 0, base
    below, below_start, below_stride = inputs, input_start, input_stride
    for layer in range(layers):
        ins, outs = integers[SIZES + layer], integers[SIZES + layer + 1]
        layer_forward(
            integers[PRODUCT], w, place, ins, outs, below, below_start, below_stride, workspace, top, m
        )
        if layer < layers - 1 or not integers[TAKEN_IN]:
            _forward(integers[forwards + layer], workspace, top, outs, m)
        below, below_start, below_stride = workspace, top, m
        place += (ins + 1) * outs
        top += outs * m

    output_start = top - outputs * m
    scratch = top
    delta, other = scratch + 3 * m, scratch + 3 * m
    if with_gradient and not integers[TAKEN_IN]:
        # The activations of the output are needed once more after the loss has written over its own copy.
        for r in range(U(outputs * m)):
            workspace[U(delta) + r] = workspace[U(output_start) + r]
        other = delta + outputs * m
    else:
        delta = output_start
    _row_losses(
        integers[LOSS],
        workspace,
        delta,
        targets,
        target_start,
        target_stride,
        outputs,
        m,
        workspace,
        scratch,
        with_gradient,
    )
    loss = total(workspace, scratch, m)
    if not with_gradient:
        return loss

    if not integers[TAKEN_IN]:
        _backward(integers[backwards + layers - 1], workspace, output_start, workspace, delta, outputs, m)
    here = output_start
    for layer in range(layers - 1, -1, -1):
        ins, outs = integers[SIZES + layer], integers[SIZES + layer + 1]
        place -= (ins + 1) * outs
        if layer == 0:
            _weight_gradient(
                integers[OUTER_PRODUCT],
                workspace,
                delta,
                inputs,
                input_start,
                input_stride,
                gradient,
                g0 + place,
                ins,
                outs,
                m,
            )
        else:
            here -= ins * m
            _weight_gradient(
                integers[OUTER_PRODUCT],
                workspace,
                delta,
                workspace,
                here,
                m,
                gradient,
                g0 + place,
                ins,
                outs,
                m,
            )
            delta_backward(integers[PRODUCT], w, place, ins, outs, workspace, delta, workspace, other, m)
            _backward(integers[backwards + layer - 1], workspace, here, workspace, other, ins, m)
            delta, other = other, other + ins * m
    return loss


@compiled()
def _span(
    w: Any, rows: Any, data: Any, begin: int, end: int, slot: int, gradient: Any, g0: int, with_gradient: bool
) -> float:
    """Return the summed loss of the rows from ``begin`` to ``end``, tile by tile."""
    tile, function = data.integers[TILE], data.integers[SUM_OF_TILE]
    loss = 0.0
    for first in range(begin, end, tile):
        loss += _sum_of_tile(
            function, w, rows, data, first, min(tile, end - first), slot, gradient, g0, with_gradient
        )
    return loss


@compiled()
def _summed_loss(w: Any, rows: Any, data: Any, slot: int) -> float:
    """Return the summed loss over all rows (group by group) or over the given ones."""
    integers = data.integers
    if rows.size:
        return _span(w, rows, data, 0, rows.size, slot, w, 0, False)
    count, groups = integers[ROWS], integers[GROUPS]
    loss = 0.0
    for group in range(groups):
        loss += _span(
            w, rows, data, group * count // groups, (group + 1) * count // groups, slot, w, 0, False
        )
    return loss


@compiled()
def value(w: Any, rows: Any, data: Any) -> float:
    """Return the mean loss over all rows, or over the given ones; see ``optimizers.signatures.VALUE``."""
    count = rows.size if rows.size else data.integers[ROWS]
    data.counters[VALUE_ROWS] += count
    return _summed_loss(w, rows, data, 0) / count


@compiled()
def value_of_each(function: int, points: Any, rows: Any, data: Any, losses: Any) -> None:
    """Write what ``value``, of which this is the address, returns at each of some points, bit for bit."""
    for p in range(points.shape[0]):
        losses[p] = _value(function, points[p], rows, data)


@compiled()
def values(population: Any, rows: Any, data: Any, losses: Any) -> None:
    """Write the mean loss of each candidate; see ``optimizers.signatures.VALUES``."""
    count = rows.size if rows.size else data.integers[ROWS]
    data.counters[VALUE_ROWS] += count * population.shape[0]
    for p in range(population.shape[0]):
        losses[p] = _summed_loss(population[p], rows, data, 0) / count


@compiled(parallel=True)
def values_parallel(population: Any, rows: Any, data: Any, losses: Any) -> None:
    """Do the same on several threads, a share of the candidates each, where there is work enough."""
    size = population.shape[0]
    if rows.size or size * data.integers[WORK] < PARALLEL_WORK:
        values(population, rows, data, losses)
        return
    count, slot = data.integers[ROWS], data.integers[SLOT]
    data.counters[VALUE_ROWS] += count * size
    for share in numba.prange(SLOTS):
        for p in range(share * size // SLOTS, (share + 1) * size // SLOTS):
            losses[p] = _summed_loss(population[p], rows, data, share * slot) / count


@compiled()
def _scaled(gradient: Any, count: int) -> None:
    factor = 1.0 / count
    for i in range(gradient.size):
        gradient[i] *= factor


@compiled()
def _group(w: Any, rows: Any, data: Any, group: int) -> float:
    """Return the summed loss of one group of rows; its gradient goes to the head of the group's slot."""
    integers, workspace = data.integers, data.workspace
    count, groups, n = integers[ROWS], integers[GROUPS], integers[PARAMETERS]
    slot = group * integers[SLOT]
    for i in range(n):
        workspace[U(slot + i)] = 0.0
    begin, end = group * count // groups, (group + 1) * count // groups
    return _span(w, rows, data, begin, end, slot + n, workspace, slot, True)


@compiled()
def _add_groups(data: Any, gradient: Any) -> None:
    """Write the sum of the groups' gradients, in the order of the groups, as a mean over rows."""
    integers, workspace = data.integers, data.workspace
    slot = integers[SLOT]
    factor = 1.0 / integers[ROWS]
    for i in range(gradient.size):
        gradient[i] = workspace[U(i)]
    for group in range(1, integers[GROUPS] - 1):
        start = U(group * slot)
        for i in range(U(gradient.size)):
            gradient[i] += workspace[start + i]
    last = U((integers[GROUPS] - 1) * slot)
    for i in range(U(gradient.size)):
        gradient[i] = (gradient[i] + workspace[last + i]) * factor


@compiled()
def value_and_gradient(w: Any, rows: Any, data: Any, gradient: Any) -> float:
    """Return the mean loss and write its gradient; see ``optimizers.signatures.VALUE_AND_GRADIENT``."""
    integers = data.integers
    groups = integers[GROUPS]
    count = rows.size if rows.size else integers[ROWS]
    data.counters[GRADIENT_ROWS] += count
    if rows.size or groups == 1:
        for i in range(gradient.size):
            gradient[i] = 0.0
        loss = _span(w, rows, data, 0, count, 0, gradient, 0, True)
        _scaled(gradient, count)
        return loss / count
    loss = 0.0
    for group in range(groups):
        loss += _group(w, rows, data, group)
    _add_groups(data, gradient)
    return loss / count


@compiled(parallel=True)
def value_and_gradient_parallel(w: Any, rows: Any, data: Any, gradient: Any) -> float:
    """Do the same on several threads, a share of the groups each. Only for more than one group."""
    if rows.size:
        return value_and_gradient(w, rows, data, gradient)
    groups = data.integers[GROUPS]
    count = data.integers[ROWS]
    data.counters[GRADIENT_ROWS] += count
    losses = np.zeros(groups)
    for group in numba.prange(groups):
        losses[group] = _group(w, rows, data, group)
    loss = 0.0
    for group in range(groups):
        loss += losses[group]
    _add_groups(data, gradient)
    return loss / count
