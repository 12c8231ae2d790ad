"""The doors of a network in single precision: float64 parameters in, float64 losses and gradients out.

Between them the tiles of ``kernels.py`` go by float32 numbers, in vectors of sixteen. The data have the
layout that is described there, in numbers of single precision, which lie in the bytes of the arrays of
``Data``. The losses of rows, and the derivatives by biases, are summed in float64; a group's gradient is
float32.

A workspace begins with a gradient for each group, behind each a loss in float64; the parameters of a gradient
follow, then a room for each thread: parameters of a candidate, and a tile.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from harness.network.kernels import (
    BOARD,
    CANDIDATES,
    GROUPS,
    LOSSES_AT,
    PARAMETERS,
    POPULATION_AT,
    ROWS,
    SHARES,
    SLOT,
    begin_of,
    share_groups,
    shared_population,
    span,
    summed_loss,
    told,
    vectors_of,
)
from harness.numerics.shared_work import address_of, reals_at, singles_at
from optimizers.compilation import compiled
from optimizers.counts import GRADIENT_ROWS, VALUE_ROWS

U = np.uint64
F = np.float32

BYTES = 4
LOSS_NUMBERS = 16
"""Numbers behind a group's gradient, a whole vector: its loss lies in the first two."""


@compiled()
def _group_place(integers: Any, group: int) -> int:
    """Return where a group's gradient begins in the workspace; after the last one the parameters do."""
    return int(group * (vectors_of(integers[PARAMETERS], BYTES) + LOSS_NUMBERS))


@compiled()
def _loss_place(integers: Any, group: int) -> int:
    """Return where a group's loss is among the float64 numbers of the workspace."""
    return int(_group_place(integers, group + 1) - LOSS_NUMBERS) // 2


@compiled()
def room_of(integers: Any, thread: int) -> int:
    """Return where a thread's room begins in the workspace."""
    point = _group_place(integers, integers[GROUPS])
    size = vectors_of(integers[PARAMETERS], BYTES)
    return int(point + size + thread * (size + integers[SLOT]))


def _single_in_python(data: Any) -> Any:
    return data._replace(reals=data.reals.view(F), workspace=data.workspace.view(F))


@compiled(plain=_single_in_python)
def _single(data: Any) -> Any:
    """Return the data as arrays of float32 numbers."""
    return (
        singles_at(address_of(data.reals, 0), 2 * data.reals.size),
        data.integers,
        singles_at(address_of(data.workspace, 0), 2 * data.workspace.size),
        data.counters,
    )


@compiled()
def _round(w: Any, workspace: Any, place: int) -> None:
    """Write parameters down in single precision."""
    for i in range(U(w.size)):
        workspace[U(place) + i] = F(w[i])


@compiled()
def _summed(w: Any, rows: Any, single: Any, thread: int) -> float:
    """Return the summed loss at some parameters, over all rows or the given ones, in a thread's room."""
    room = room_of(single.integers, thread)
    _round(w, single.workspace, room)
    point = single.workspace[room : room + w.size]
    loss: float = summed_loss(point, rows, single, room + vectors_of(w.size, BYTES))
    return loss


@compiled()
def value(w: Any, rows: Any, data: Any) -> float:
    """Return the mean loss over all rows, or over the given ones; see ``optimizers.signatures.VALUE``."""
    count = rows.size if rows.size else data.integers[ROWS]
    data.counters[VALUE_ROWS] += count
    mean: float = _summed(w, rows, _single(data), 0) / count
    return mean


@compiled()
def values(population: Any, rows: Any, data: Any, losses: Any) -> None:
    """Write the mean loss of each candidate; see ``optimizers.signatures.VALUES``."""
    integers, size = data.integers, population.shape[0]
    count = rows.size if rows.size else integers[ROWS]
    data.counters[VALUE_ROWS] += count * size
    if shared_population(population, rows, data, losses):
        return
    single = _single(data)
    for p in range(size):
        losses[p] = _summed(population[p], rows, single, 0) / count


@compiled()
def share_of_candidates(place: int, share: int, thread: int) -> None:
    """Write the losses of one share of a population, see ``shared_work.SHARE``."""
    data = told(place)
    integers, single = data.integers, _single(data)
    n, size = integers[PARAMETERS], integers[CANDIDATES]
    population, losses = reals_at(integers[POPULATION_AT], size * n), reals_at(integers[LOSSES_AT], size)
    shares = min(size, SHARES)
    for p in range(share * size // shares, (share + 1) * size // shares):
        losses[p] = _summed(population[p * n : (p + 1) * n], integers[:0], single, thread) / integers[ROWS]


@compiled()
def _gradient_of(rows: Any, data: Any, begin: int, end: int, group: int, thread: int) -> None:
    """Write the summed gradient and loss of some rows at a group's place; the parameters are written down."""
    integers, single = data.integers, _single(data)
    n, workspace = integers[PARAMETERS], single.workspace
    place, point = _group_place(integers, group), _group_place(integers, integers[GROUPS])
    for i in range(U(n)):
        workspace[U(place) + i] = F(0.0)
    room = room_of(integers, thread) + vectors_of(n, BYTES)
    w = workspace[point : point + n]
    loss = span(w, rows, single, begin, end, room, workspace, place, True)
    data.workspace[U(_loss_place(integers, group))] = loss


@compiled()
def share_of_rows(place: int, group: int, thread: int) -> None:
    """Work out loss and gradient of one group of rows, see ``shared_work.SHARE``."""
    data = told(place)
    integers = data.integers
    begin, end = begin_of(integers, group), begin_of(integers, group + 1)
    _gradient_of(integers[:0], data, begin, end, group, thread)


@compiled()
def value_and_gradient(w: Any, rows: Any, data: Any, gradient: Any) -> float:
    """Return the mean loss and write its gradient; see ``optimizers.signatures.VALUE_AND_GRADIENT``."""
    integers = data.integers
    groups = 1 if rows.size else integers[GROUPS]
    count = rows.size if rows.size else integers[ROWS]
    data.counters[GRADIENT_ROWS] += count
    workspace = _single(data).workspace
    _round(w, workspace, _group_place(integers, integers[GROUPS]))
    if groups == 1:
        _gradient_of(rows, data, 0, count, 0, 0)
    elif integers[BOARD] != 0:
        share_groups(w, data)
    else:
        for group in range(groups):
            begin, end = begin_of(integers, group), begin_of(integers, group + 1)
            _gradient_of(rows, data, begin, end, group, 0)
    factor = 1.0 / count
    for i in range(U(w.size)):
        gradient[i] = factor * np.float64(workspace[i])
    loss = data.workspace[U(_loss_place(integers, 0))]
    for group in range(1, groups):
        loss += data.workspace[U(_loss_place(integers, group))]
        start = U(_group_place(integers, group))
        for i in range(U(w.size)):
            gradient[i] += factor * np.float64(workspace[start + i])
    return float(loss / count)
