"""The compiled network: loss of one vector, losses of a population, loss and gradient.

``integers`` of the data tuple holds the fields named below, then the layer sizes (from the input on), then
the addresses of the activations, forward and backward. ``reals`` holds inputs and targets, feature by
feature, then the inputs row by row, for subsets of rows, then tiles: for each tile of rows its inputs and
targets once more, feature by feature. ``workspace`` holds a slot for each group of rows.

A tile is as long as whole vectors, and its last rows are repeated where there are too few: they are computed
like any other, and their losses and deltas left out. Tiles begin at whole cache lines, and their length is an
odd number of vectors: at an even one features of the same row share places of the first cache, and products
came to 34 to 43 thousand million multiply-adds a second where these come to 47 to 56.

The large parts call one another by address, so that each is compiled once: inlined into each other they took
30 s to compile, and ran no faster.

Rows are worked through in tiles, and summed in a fixed number of groups that depends on the data alone;
groups are added in their order. So one thread and many give the same bits.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numba import types

from harness.network.activation import BACKWARD, FORWARD
from harness.network.loss import ROW_LOSSES
from harness.numerics.products import WEIGHT_GRADIENT, delta_backward, layer_forward, total
from harness.numerics.shared_work import address_of, integers_at, reals_at, share_out
from harness.numerics.vector_writer import VECTOR_BYTES
from optimizers.compilation import compiled
from optimizers.counts import GRADIENT_ROWS, VALUE_ROWS
from optimizers.function_addresses import caller
from optimizers.signatures import DATA, INTEGERS, REALS, VALUE, Data, in_single

ROWS, TILE, GROUPS, SLOT, LAYERS, PARAMETERS, WORK, TAKEN_IN = range(8)
LOSS, SUM_OF_TILE, PRODUCT, OUTER_PRODUCT, LANES, TILES = range(8, 14)
BOARD, THREADS, GROUP_SHARE, CANDIDATE_SHARE, LENGTH, VALUE_AT = range(14, 20)
W_AT, REALS_AT, REALS_SIZE, WORKSPACE_AT, WORKSPACE_SIZE, COUNTERS_AT = range(20, 26)
POPULATION_AT, CANDIDATES, LOSSES_AT, NUMBER = range(26, 30)
SIZES = 30
"""Places in ``integers``: rows N, rows of a tile, groups, numbers of a slot, layers, parameters n, work of
one loss, whether the loss takes the output activation in; four addresses; candidates of a tile where rows
are few, or 0; where tiles begin in ``reals``; address of a board where threads share work, or 0, how many
there is room for, and addresses of what does a share of a gradient or a population; how many integers there
are; address of what gives one loss, where rows are few; addresses and sizes of what a share is about, written
when there is one; bytes of a number; where the sizes begin.
"""

SLOTS = 4
"""The most groups of rows, and threads that share them: a workspace begins with a gradient for each group,
and room for a tile for each thread follows. ``_add_groups`` has a loop for each number of groups."""

GROUP_WORK = 12_500
"""Work of one loss, in exponentials, that makes a group of rows: its gradient takes 15 us."""

PARALLEL_WORK = 100_000
"""Work, in exponentials, from which several threads pay: about 60 us on one of them."""

SHARES = 16
"""Shares of a population: several for each thread, for one of them may be held up."""

UNITS_BELOW = 16
"""Units whose deltas are multiplied by the derivatives while they are in the first cache."""

U = np.uint64

SUM = types.float64(
    *(REALS, INTEGERS, DATA), *(types.int64, types.int64, types.int64), *(REALS, types.int64, types.boolean)
)


def _either(signature: Any) -> Any:
    """Return what calls a function of a signature, or of the same in single precision, as its arrays are."""
    return caller(signature, in_single(signature))


_forward, _backward, _row_losses = _either(FORWARD), _either(BACKWARD), _either(ROW_LOSSES)
_weight_gradient, _sum_of_tile, _value = _either(WEIGHT_GRADIENT), _either(SUM), caller(VALUE)


@compiled()
def vectors_of(numbers: int, size: int) -> int:
    """Return the numbers, each of so many bytes, of as few whole vectors as hold some numbers.

    >>> vectors_of(1, 8), vectors_of(8, 8), vectors_of(9, 8), vectors_of(9, 4)
    (8, 8, 16, 16)
    """
    lanes = VECTOR_BYTES // size
    return (numbers + lanes - 1) // lanes * lanes


@compiled()
def padded(m: int, size: int) -> int:
    """Return m rows as whole vectors; a single row stays alone, for it goes along the weights.

    >>> padded(1, 8), padded(2, 8), padded(8, 8), padded(9, 8)
    (1, 8, 8, 16)
    """
    return m if m == 1 else vectors_of(m, size)


@compiled()
def _gather(data: Any, rows: Any, first: int, m: int, length: int, start: int) -> None:
    """Copy the inputs and targets of some rows to a slot, unit by unit, the last once more up to a length."""
    reals, integers, workspace = data.reals, data.integers, data.workspace
    count, layers = integers[ROWS], integers[LAYERS]
    features, outputs = integers[SIZES], integers[SIZES + layers]
    by_row = count * (features + outputs)
    for r in range(length):
        row = rows[first + min(r, m - 1)]
        source = U(by_row + row * features)
        for i in range(features):
            workspace[U(start + i * length + r)] = reals[source + U(i)]
        for k in range(outputs):
            workspace[U(start + (features + k) * length + r)] = reals[U((features + k) * count + row)]


@compiled()
def _leave_out(delta: Any, start: int, units: int, m: int, length: int) -> None:
    """Write zeros for the deltas of repeated rows."""
    for u in range(units):
        for r in range(U(start + u * length + m), U(start + (u + 1) * length)):
            delta[r] = 0.0


@compiled()
def sum_of_tile(
    w: Any,
    rows: Any,
    data: Any,
    first: int,
    rows_of_tile: int,
    slot: int,
    gradient: Any,
    g0: int,
    with_gradient: bool,
) -> float:
    """Return the summed loss of some rows from ``first`` on, and add their gradient at ``gradient[g0:]``."""
    reals, integers, workspace = data.reals, data.integers, data.workspace
    layers, tile = integers[LAYERS], integers[TILE]
    features, outputs = integers[SIZES], integers[SIZES + layers]
    forwards = SIZES + layers + 1
    backwards = forwards + layers
    base = slot
    m = padded(rows_of_tile, workspace.itemsize)
    if rows.size:
        _gather(data, rows, first, rows_of_tile, m, base)
        inputs, input_start, input_stride = workspace, base, m
        base += (features + outputs) * m
    else:
        inputs, input_start, input_stride = (
            reals,
            integers[TILES] + first // tile * tile * (features + outputs),
            tile,
        )
    targets, target_start, target_stride = inputs, input_start + features * input_stride, input_stride

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
    loss = total(workspace, scratch, rows_of_tile)
    if not with_gradient:
        return loss

    if rows_of_tile < m:
        _leave_out(workspace, delta, outputs, rows_of_tile, m)

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
            for first_unit in range(0, ins, UNITS_BELOW):
                units, shift = min(UNITS_BELOW, ins - first_unit), first_unit * m
                delta_backward(
                    *(integers[PRODUCT], w, place, ins, outs, first_unit, units),
                    *(workspace, delta, workspace, other + shift, m),
                )
                _backward(
                    *(integers[backwards + layer - 1], workspace, here + shift),
                    *(workspace, other + shift, units, m),
                )
            delta, other = other, other + ins * m
    return loss


@compiled(within_callers=True)
def span(
    w: Any, rows: Any, data: Any, begin: int, end: int, slot: int, gradient: Any, g0: int, with_gradient: bool
) -> float:
    """Return the summed loss of the rows from ``begin`` to ``end``, tile by tile."""
    tile, function = data.integers[TILE], data.integers[SUM_OF_TILE]
    if function == 0:
        # Few rows have other kernels (see ``data.with_products``): no number, and no jump to nowhere.
        return np.nan
    loss = 0.0
    for first in range(begin, end, tile):
        loss += _sum_of_tile(
            function, w, rows, data, first, min(tile, end - first), slot, gradient, g0, with_gradient
        )
    return loss


@compiled()
def begin_of(integers: Any, group: int) -> int:
    """Return the first row of a group: groups share whole tiles."""
    count, tile, groups = integers[ROWS], integers[TILE], integers[GROUPS]
    tiles = (count + tile - 1) // tile
    return min(count, group * tiles // groups * tile)


@compiled(within_callers=True)
def summed_loss(w: Any, rows: Any, data: Any, slot: int) -> float:
    """Return the summed loss over all rows (group by group) or over the given ones."""
    integers = data.integers
    if rows.size:
        return span(w, rows, data, 0, rows.size, slot, w, 0, False)
    loss = 0.0
    for group in range(integers[GROUPS]):
        loss += span(
            w, rows, data, begin_of(integers, group), begin_of(integers, group + 1), slot, w, 0, False
        )
    return loss


@compiled()
def value(w: Any, rows: Any, data: Any) -> float:
    """Return the mean loss over all rows, or over the given ones; see ``optimizers.signatures.VALUE``."""
    count = rows.size if rows.size else data.integers[ROWS]
    data.counters[VALUE_ROWS] += count
    return summed_loss(w, rows, data, room_of(data.integers, 0)) / count


@compiled()
def value_of_each(function: int, points: Any, rows: Any, data: Any, losses: Any) -> None:
    """Write what ``value``, of which this is the address, returns at each of some points, bit for bit."""
    for p in range(points.shape[0]):
        losses[p] = _value(function, points[p], rows, data)


@compiled()
def room_of(integers: Any, thread: int) -> int:
    """Return where a thread's room for a tile begins in the workspace."""
    return integers[GROUPS] * vectors_of(integers[PARAMETERS] + 1, 8) + thread * integers[SLOT]


@compiled()
def shared_population(population: Any, rows: Any, data: Any, losses: Any) -> bool:
    """Have several threads write the losses of a population where that pays, and say whether it was so."""
    integers, size = data.integers, population.shape[0]
    pays = rows.size == 0 and size > 1 and size * integers[WORK] >= PARALLEL_WORK
    if integers[BOARD] == 0 or not pays:
        return False
    tell(data)
    integers[POPULATION_AT], integers[CANDIDATES] = address_of(population, 0), size
    integers[LOSSES_AT] = address_of(losses, 0)
    share_out(
        integers[BOARD],
        integers[CANDIDATE_SHARE],
        address_of(integers, 0),
        min(size, SHARES),
        integers[THREADS],
    )
    return True


@compiled()
def share_groups(w: Any, data: Any) -> None:
    """Have all groups of rows of a gradient done by the threads of the board."""
    integers = data.integers
    tell(data)
    integers[W_AT] = address_of(w, 0)
    share_out(
        integers[BOARD], integers[GROUP_SHARE], address_of(integers, 0), integers[GROUPS], integers[THREADS]
    )


@compiled()
def values(population: Any, rows: Any, data: Any, losses: Any) -> None:
    """Write the mean loss of each candidate; see ``optimizers.signatures.VALUES``."""
    integers, size = data.integers, population.shape[0]
    count = rows.size if rows.size else integers[ROWS]
    data.counters[VALUE_ROWS] += count * size
    if shared_population(population, rows, data, losses):
        return
    for p in range(size):
        losses[p] = summed_loss(population[p], rows, data, room_of(integers, 0)) / count


@compiled()
def tell(data: Any) -> None:
    """Write down where the arrays are, for threads that share the work."""
    reals, integers, workspace = data.reals, data.integers, data.workspace
    integers[REALS_AT], integers[REALS_SIZE] = address_of(reals, 0), reals.size
    integers[WORKSPACE_AT], integers[WORKSPACE_SIZE] = address_of(workspace, 0), workspace.size
    integers[COUNTERS_AT] = address_of(data.counters, 0)


def _told_in_python(place: int) -> Data:
    return Data(*told.py_func(place))


@compiled(plain=_told_in_python)
def told(place: int) -> Any:
    """Return the data that ``tell`` wrote down."""
    integers = integers_at(place, integers_at(place, SIZES)[LENGTH])
    return (
        reals_at(integers[REALS_AT], integers[REALS_SIZE]),
        integers,
        reals_at(integers[WORKSPACE_AT], integers[WORKSPACE_SIZE]),
        integers_at(integers[COUNTERS_AT], 2),
    )


@compiled()
def share_of_candidates(place: int, share: int, thread: int) -> None:
    """Write the losses of one share of a population, see ``shared_work.SHARE``."""
    data = told(place)
    integers = data.integers
    n, size = integers[PARAMETERS], integers[CANDIDATES]
    population, losses = reals_at(integers[POPULATION_AT], size * n), reals_at(integers[LOSSES_AT], size)
    rows, room, shares = integers[:0], room_of(integers, thread), min(size, SHARES)
    for p in range(share * size // shares, (share + 1) * size // shares):
        losses[p] = summed_loss(population[p * n : (p + 1) * n], rows, data, room) / integers[ROWS]


@compiled()
def share_of_rows(place: int, group: int, thread: int) -> None:
    """Work out loss and gradient of one group of rows, see ``shared_work.SHARE``."""
    data = told(place)
    integers = data.integers
    _group(reals_at(integers[W_AT], integers[PARAMETERS]), data, group, thread)


@compiled()
def _scaled(gradient: Any, count: int) -> None:
    factor = 1.0 / count
    for i in range(gradient.size):
        gradient[i] *= factor


@compiled()
def _group(w: Any, data: Any, group: int, thread: int) -> None:
    """Write the summed gradient and loss of one group of rows at its place in the workspace."""
    integers, workspace = data.integers, data.workspace
    n = integers[PARAMETERS]
    place = group * vectors_of(n + 1, 8)
    for i in range(n):
        workspace[U(place + i)] = 0.0
    begin, end = begin_of(integers, group), begin_of(integers, group + 1)
    room = room_of(integers, thread)
    workspace[U(place + n)] = span(w, integers[:0], data, begin, end, room, workspace, place, True)


@compiled()
def _add_groups(data: Any, gradient: Any) -> float:
    """Return the mean loss and write its gradient from those of the groups, added in their order."""
    integers, workspace = data.integers, data.workspace
    n, groups = integers[PARAMETERS], integers[GROUPS]
    step = vectors_of(n + 1, 8)
    factor = 1.0 / integers[ROWS]
    loss = 0.0
    for group in range(groups):
        loss += workspace[U(group * step + n)]
    # One pass over all groups, ``SLOTS`` at the most, and not one for each: 1.9 us in place of 4.1 for the
    # 6274 parameters of 30-64-64-2, 4.5 in place of 11.5 for the 19210 of 64-256-10.
    second, third, fourth = U(step), U(2 * step), U(3 * step)
    if groups == 2:
        for i in range(U(n)):
            gradient[i] = (workspace[i] + workspace[second + i]) * factor
    elif groups == 3:
        for i in range(U(n)):
            gradient[i] = (workspace[i] + workspace[second + i] + workspace[third + i]) * factor
    else:
        for i in range(U(n)):
            first_two = workspace[i] + workspace[second + i]
            gradient[i] = (first_two + workspace[third + i] + workspace[fourth + i]) * factor
    return loss / integers[ROWS]


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
        loss = span(w, rows, data, 0, count, room_of(integers, 0), gradient, 0, True)
        _scaled(gradient, count)
        return loss / count
    if integers[BOARD] != 0:
        share_groups(w, data)
    else:
        for group in range(groups):
            _group(w, data, group, 0)
    return _add_groups(data, gradient)
