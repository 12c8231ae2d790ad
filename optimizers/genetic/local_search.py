"""Gradient steps of the best member, which goes on with what it has learnt (Lamarck)."""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
from numba import types

from optimizers.compilation import compiled
from optimizers.counts import GRADIENT_ROWS, VALUE_ROWS
from optimizers.function_addresses import caller
from optimizers.genetic.coding import CODING, Coding, express, impress
from optimizers.genetic.plan import HERD, PLAN, Plan
from optimizers.objective import ALL_ROWS, Array, Objective, Rows
from optimizers.points import copy_point
from optimizers.signatures import DATA, INTEGERS, REALS, VALUE_AND_GRADIENT, VALUES, Data

_values = caller(VALUES)
_value_and_gradient = caller(VALUE_AND_GRADIENT)


class LocalSearch(NamedTuple):
    """How far the best member goes, and room for its way; no steps at all leave it where it is."""

    steps: int
    learning_rate: float
    w: Array
    gradient: Array
    reached: Array
    """Loss of ``w`` where a step has reached the target; infinity before, shape (1,)."""
    target: float
    rows: int
    """Rows of the objective."""


SEARCH = types.NamedTuple(
    [types.int64, types.float64, REALS, REALS, REALS, types.float64, types.int64], LocalSearch
)
REFINE = types.void(
    *(types.UniTuple(types.int64, 2), types.UniTuple(DATA, 2), INTEGERS),
    *(SEARCH, PLAN, CODING, HERD, types.int64),
)


def local_search_of(objective: Objective, steps: int, learning_rate: float) -> LocalSearch:
    """Return steps on an objective, with room for their way."""
    n = objective.size
    reached = np.full(1, np.inf)
    return LocalSearch(
        steps, learning_rate, np.zeros(n), np.zeros(n), reached, objective.target, objective.rows
    )


@compiled()
def _lowest(losses: Any) -> int:
    best = 0
    for member in range(1, losses.size):
        if losses[member] < losses[best]:
            best = member
    return best


@compiled()
def _step(w: Any, gradient: Any, learning_rate: float) -> None:
    for i in range(w.size):
        w[i] -= learning_rate * gradient[i]


@compiled()
def _bound(w: Any, lower: float, upper: float) -> bool:
    """Move parameters that are out of bounds to the nearest one; say whether all of them are finite."""
    for i in range(w.size):
        if not np.isfinite(w[i]):
            return False
        w[i] = min(max(w[i], lower), upper)
    return True


@compiled()
def refine(
    functions: Any, datas: Any, rows: Any, search: Any, plan: Any, coding: Any, herd: Any, side: int
) -> None:
    """Let the best member take its steps; it goes on with where they led if that is better.

    A step that comes to the target is the last, and is written to ``search.reached``.

    Arguments:
        functions: addresses of the objective's ``values`` and ``value_and_gradient``.
        datas: the data of both.
        rows: no rows, for all of them.
        search: steps and learning rate.
        plan: the options.
        coding: the code of a weight.
        herd: populations and work arrays.
        side: which of both populations has just been paid for.
    """
    population, losses = herd.populations[side], herd.losses[side]
    best = _lowest(losses)
    if losses[best] <= search.target:
        return
    express(coding, population, best, search.w)
    counters = datas[1].counters
    for _ in range(search.steps):
        values, gradients = counters[VALUE_ROWS], counters[GRADIENT_ROWS]
        loss = _value_and_gradient(functions[1], search.w, rows, datas[1], search.gradient)
        if loss <= search.target:
            # The slope is not needed any more, and the gradient counts as a value.
            counters[VALUE_ROWS], counters[GRADIENT_ROWS] = values + search.rows, gradients
            search.reached[0] = loss
            return
        if not np.isfinite(loss):
            return
        _step(search.w, search.gradient, search.learning_rate)
    if not _bound(search.w, plan.lower, plan.upper):
        return
    # The first row of the next population is free until that is bred.
    free = herd.populations[1 - side]
    impress(coding, search.w, free, 0)
    express(coding, free, 0, herd.expressed[0])
    _values(functions[0], herd.expressed[:1], rows, datas[0], herd.paid[:1])
    if -np.inf < herd.paid[0] < losses[best]:
        losses[best] = herd.paid[0]
        copy_point(free[0], population[best])


class _Bred(NamedTuple):
    """What of a ``Herd`` the steps read and write, where there is none."""

    populations: tuple[Array, Array]
    losses: tuple[Array]
    expressed: Array
    paid: Array


def refine_in_python(
    objective: Objective, search: LocalSearch, plan: Plan, coding: Coding, population: Array, losses: Array
) -> None:
    """Run the same lines on a population, shape (P, genes), against any objective."""

    def value_and_gradient(w: Array, rows: Rows, data: Any, gradient: Array) -> float:
        # Into an array of the search's own: the objective may go on using the one that it returned.
        loss, gradient[:] = objective.value_and_gradient(w)
        return loss

    def values(candidates: Array, rows: Rows, data: Any, found: Array) -> None:
        found[:] = objective.values(candidates)

    # The objective counts by itself, and its view counts a last gradient as the value that it is.
    nothing = np.empty(0)
    uncounted = Data(nothing, ALL_ROWS, nothing, np.zeros(2, dtype=np.int64))
    bred = _Bred(
        (population, np.empty((1, plan.genes))), (losses,), np.empty((1, objective.size)), np.empty(1)
    )
    functions, datas = (values, value_and_gradient), (uncounted, uncounted)
    refine.py_func(functions, datas, ALL_ROWS, search, plan, coding, bred, 0)
