"""Gradient steps of the best member, which goes on with what it has learnt (Lamarck)."""

from __future__ import annotations

import math
from typing import Any, NamedTuple

import numpy as np
from numba import types

from optimizers.compilation import compiled
from optimizers.counts import GRADIENT_ROWS, VALUE_ROWS
from optimizers.function_addresses import caller
from optimizers.genetic.coding import CODING, Coding, express, impress
from optimizers.genetic.plan import HERD, PLAN, Plan
from optimizers.objective import Array, Objective
from optimizers.signatures import DATA, INTEGERS, REALS, VALUE_AND_GRADIENT, VALUES

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
    best = 0
    for member in range(1, losses.size):
        if losses[member] < losses[best]:
            best = member
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
        for i in range(search.w.size):
            search.w[i] -= search.learning_rate * search.gradient[i]
    for i in range(search.w.size):
        if not np.isfinite(search.w[i]):
            return
        search.w[i] = min(max(search.w[i], plan.lower), plan.upper)
    # The first row of the next population is free until that is bred.
    impress(coding, search.w, herd.populations[1 - side], 0)
    express(coding, herd.populations[1 - side], 0, herd.expressed[0])
    _values(functions[0], herd.expressed[:1], rows, datas[0], herd.paid[:1])
    if -np.inf < herd.paid[0] < losses[best]:
        losses[best] = herd.paid[0]
        for j in range(plan.genes):
            population[best, j] = herd.populations[1 - side, 0, j]


def refine_in_python(
    objective: Objective, search: LocalSearch, plan: Plan, coding: Coding, population: Array, losses: Array
) -> None:
    """Do the same to a population, shape (P, genes), against any objective."""
    best = int(losses.argmin())
    if losses[best] <= search.target:
        return
    express(coding, population, best, search.w)
    for _ in range(search.steps):
        loss, gradient = objective.value_and_gradient(search.w)
        if loss <= search.target:
            search.reached[0] = loss
            return
        if not math.isfinite(loss):
            return
        search.w[:] -= search.learning_rate * gradient
    if not np.isfinite(search.w).all():
        return
    reached = np.empty((1, plan.genes))
    impress(coding, np.clip(search.w, plan.lower, plan.upper), reached, 0)
    express(coding, reached, 0, search.w)
    loss = objective.value(search.w)
    if -math.inf < loss < losses[best]:
        losses[best] = loss
        population[best] = reached[0]
