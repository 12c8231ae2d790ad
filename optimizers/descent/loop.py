"""The loop that steps any update rule against any objective, compiled where the objective is."""

from __future__ import annotations

import time
from typing import Any, NamedTuple

import numpy as np
from numba import types

from optimizers.compilation import compiled
from optimizers.compiled_clock import now
from optimizers.counts import VALUE_ROWS
from optimizers.function_addresses import caller
from optimizers.objective import ALL_ROWS, Array, Objective, Rows
from optimizers.points import copy_point
from optimizers.row_order import shuffle
from optimizers.signatures import REALS, VALUE_AND_GRADIENT, Data

UPDATE = types.void(REALS, REALS, REALS, REALS, types.int64)
"""``update(w, gradient, state, settings, step)``: moves ``w``; ``step`` counts from 0."""


class Changes(NamedTuple):
    """What is done to learning rate and gradient before each update of a stretch."""

    rates: Array
    """The learning rate of each iteration; none where it is constant."""
    rate_place: int
    """Place of the learning rate in the settings of the rule: it is written there."""
    clip_norm: float
    """See ``change_gradient``; infinite where nothing is clipped."""
    weight_decay: float
    """What of ``w`` is added to the gradient."""


_value_and_gradient = caller(VALUE_AND_GRADIENT)
_update = caller(UPDATE)


@compiled(allocates=True)
def _rows_of_step(order: Any, batch: int, step: int, row_order: Any) -> Any:
    """Return the rows of one step; shuffle them where an epoch begins."""
    place = (step % ((order.size + batch - 1) // batch)) * batch
    if place == 0:
        shuffle(order, row_order)
    return order[place : min(place + batch, order.size)]


@compiled()
def change_gradient(w: Any, gradient: Any, clip_norm: float, weight_decay: float) -> None:
    """Shorten the gradient to ``clip_norm`` where it is longer, then add ``weight_decay * w``.

    ``g := g clip_norm / |g|`` if ``|g| > clip_norm`` (Pascanu, Mikolov, Bengio 2013, algorithm 1), then
    ``g := g + weight_decay w``, the gradient of the loss and ``weight_decay |w|^2 / 2``.

    >>> gradient = np.array([3.0, 4.0])
    >>> change_gradient(np.array([10.0, 0.0]), gradient, 1.0, 0.5)
    >>> gradient.round(12).tolist()
    [5.6, 0.8]
    """
    if clip_norm < np.inf:
        largest = 0.0
        for i in range(gradient.size):
            largest = max(largest, abs(gradient[i]))
        # Taken relative to the largest entry: the square of 1e200, which is worth clipping, is infinite.
        # Where that entry is 0 or not finite the norm is no number, and the gradient stays as it is.
        squares = 0.0
        for i in range(gradient.size):
            squares += (gradient[i] / largest) ** 2
        norm = largest * np.sqrt(squares)
        if norm > clip_norm:
            for i in range(gradient.size):
                gradient[i] = gradient[i] / norm * clip_norm
    if weight_decay != 0.0:
        for i in range(w.size):
            gradient[i] += weight_decay * w[i]


@compiled()
def _change(changes: Any, done: int, w: Any, gradient: Any, settings: Any) -> None:
    """Set the learning rate of an iteration, and change its gradient."""
    if changes.rates.size:
        settings[changes.rate_place] = changes.rates[done]
    change_gradient(w, gradient, changes.clip_norm, changes.weight_decay)


@compiled(allocates=True)
def _search(
    value_and_gradient: int,
    update: int,
    data: Any,
    changes: Any,
    order: Any,
    batch: int,
    row_order: Any,
    first: int,
    target: float,
    settings: Any,
    state: Any,
    stretches: Any,
    w: Any,
    gradient: Any,
    losses: Any,
    points: Any,
    bests: Any,
    counters: Any,
) -> int:
    """Do iterations from ``first`` on, up to a loss that ends the search; return how many."""
    begin = 0
    for stretch in range(stretches.size):
        lowest = np.inf
        best = bests[stretch]
        for done in range(begin, begin + stretches[stretch]):
            rows = order if row_order is None else _rows_of_step(order, batch, first + done, row_order)
            loss = _value_and_gradient(value_and_gradient, w, rows, data, gradient)
            losses[done] = loss
            if loss <= target or not np.isfinite(loss):
                return done
            if loss < lowest:
                lowest = loss
                copy_point(w, best)
            if changes is not None:
                _change(changes, done, w, gradient, settings)
            _update(update, w, gradient, state, settings, first + done)
        begin += stretches[stretch]
        for i in range(w.size):
            points[stretch, i] = w[i]
        for i in range(counters.shape[1]):
            counters[stretch, i] = data.counters[i]
    return begin


@compiled(allocates=True)
def descend(
    value_and_gradient: int,
    update: int,
    data: Any,
    value_rows: int,
    changes: Any,
    order: Any,
    batch: int,
    row_order: Any,
    first: int,
    target: float,
    settings: Any,
    states: Any,
    stretches: Any,
    ws: Any,
    losses: Any,
    points: Any,
    bests: Any,
    counters: Any,
    spent: Any,
    done: Any,
    seconds: Any,
) -> None:
    """Take some searches along one after the other, each from iteration ``first`` on.

    Each does an iteration for each place in its row of ``losses``, or up to a loss that ends it. That is one
    at or below ``target``, or not finite. After each stretch, of as many iterations as ``stretches`` says,
    ``points`` takes the parameters, ``bests`` those of the stretch's lowest loss, and ``counters`` what has
    been counted. What a search has counted before is in ``spent``, and in the end what it has by then;
    ``done`` takes the iterations done, ``seconds`` the time that they took. ``ws`` and ``states`` are left as
    the search leaves them. At the target the last gradient counts as a value of ``value_rows``, for its slope
    is not needed.

    ``value_and_gradient`` and ``update`` are addresses. ``changes`` is None or ``Changes``: numba compiles a
    loop for each, and the usual one has no branches for what is rare. As tests of numbers they took 2 % of a
    step of a 2-2-1 network. So with ``row_order``, None for all rows at once: a generator takes numba 17 us
    to recognise at each call.
    """
    gradient, moment = np.zeros(ws.shape[1]), np.empty(2, np.int64)
    for search in range(ws.shape[0]):
        for i in range(spent.shape[1]):
            data.counters[i] = spent[search, i]
        began = now(moment)
        found = _search(
            value_and_gradient,
            update,
            data,
            changes,
            order,
            batch,
            row_order,
            first,
            target,
            settings,
            states[search],
            stretches,
            ws[search],
            gradient,
            losses[search],
            points[search],
            bests[search],
            counters[search],
        )
        seconds[search] = now(moment) - began
        if found < losses.shape[1] and losses[search, found] <= target:
            for i in range(spent.shape[1]):
                each = (data.counters[i] - spent[search, i]) // (found + 1)
                data.counters[i] = spent[search, i] + found * each
            data.counters[VALUE_ROWS] += value_rows
        for i in range(spent.shape[1]):
            spent[search, i] = data.counters[i]
        done[search] = found


def descend_python(
    objective: Objective,
    update: Any,
    changes: Any,
    order: Any,
    batch: int,
    row_order: Any,
    first: int,
    target: float,
    settings: Any,
    states: Any,
    *taken: Any,
) -> None:
    """Take one search along by the same lines, against a Python objective, which counts by itself.

    The arguments are those of ``descend``; ``update`` is the function itself.
    """

    def value_and_gradient(w: Array, rows: Rows, data: Any, gradient: Array) -> float:
        # Into an array of the loop's own: the objective may go on using the one that it returned.
        loss, gradient[:] = objective.value_and_gradient(w, rows if rows.size else None)
        return loss

    nothing = np.empty(0)
    data = Data(nothing, ALL_ROWS, nothing, objective.counters)
    stretches, ws, losses, points, bests, counters, spent, done, seconds = taken
    gradient, began = np.zeros(ws.shape[1]), time.perf_counter()
    rest = (first, target, settings, states[0], stretches, ws[0], gradient)
    along = (losses[0], points[0], bests[0], counters[0])
    done[0] = _search.py_func(
        value_and_gradient, update, data, changes, order, batch, row_order, *rest, *along
    )
    spent[0], seconds[0] = objective.counters, time.perf_counter() - began
