"""The loop that steps any update rule against any objective, compiled where the objective is."""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
from numba import types

from optimizers.compilation import compiled
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
def descend(
    value_and_gradient: int,
    update: int,
    data: Any,
    w: Any,
    gradient: Any,
    state: Any,
    settings: Any,
    changes: Any,
    order: Any,
    batch: int,
    row_order: Any,
    first: int,
    stretches: Any,
    losses: Any,
    points: Any,
    bests: Any,
    counters: Any,
    target: float,
) -> int:
    """Do iterations from ``first`` on, one for each place in ``losses``, or up to a loss that ends the run.

    That is one at or below ``target``, or not finite. After each stretch, of as many iterations as
    ``stretches`` says, ``points`` takes the parameters, ``bests`` those of the stretch's lowest loss, and
    ``counters`` what has been counted: a row each.

    ``value_and_gradient`` and ``update`` are addresses. ``changes`` is None or ``Changes``: numba compiles a
    loop for each, and the usual one has no branches for what is rare. As tests of numbers they took 2 % of a
    step of a 2-2-1 network. So with ``row_order``, None for all rows at once: a generator takes numba 17 us
    to recognise at each call.

    Returns:
        Iterations done.
    """
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
    return losses.size


def descend_python(objective: Objective, update: Any, *rest: Any) -> int:
    """Run the same lines against a Python objective; ``update`` is the function itself."""

    def value_and_gradient(w: Array, rows: Rows, data: Any, gradient: Array) -> float:
        # Into an array of the loop's own: the objective may go on using the one that it returned.
        loss, gradient[:] = objective.value_and_gradient(w, rows if rows.size else None)
        return loss

    nothing = np.empty(0)
    data = Data(nothing, ALL_ROWS, nothing, objective.counters)
    return int(descend.py_func(value_and_gradient, update, data, *rest))
