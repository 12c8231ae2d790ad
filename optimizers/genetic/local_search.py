"""Steps of the best member by L-BFGS, which goes on with what it has learnt (Lamarck)."""

from __future__ import annotations

import math
from typing import Any, NamedTuple

import numpy as np
from numba import types

from optimizers.compilation import compiled
from optimizers.counts import GRADIENT_ROWS, VALUE_ROWS
from optimizers.function_addresses import caller
from optimizers.genetic.coding import CODING, Coding, express, impress
from optimizers.genetic.limited_memory import (
    ALONG,
    ENDED,
    LOSS,
    MEMORY,
    STATE,
    Memory,
    begin,
    memory_of,
    told,
)
from optimizers.genetic.plan import HERD, PLAN, Plan
from optimizers.objective import ALL_ROWS, Array, Objective, Rows
from optimizers.points import copy_point
from optimizers.signatures import DATA, INTEGERS, REALS, VALUE_AND_GRADIENT, VALUES, Data

_values = caller(VALUES)
_value_and_gradient = caller(VALUE_AND_GRADIENT)


class LocalSearch(NamedTuple):
    """How far a member goes in a generation, and where it is; no steps at all leave all where they are."""

    steps: int
    learning_rate: float
    memory: Memory
    reached: Array
    """Loss of the memory's ``w`` where a step has reached the target, infinity before; and the loss with
    which the last local search has ended, shape (2,)."""
    target: float
    rows: int
    """Rows of the objective."""


SEARCH = types.NamedTuple(
    [types.int64, types.float64, MEMORY, REALS, types.float64, types.int64], LocalSearch
)
REFINE = types.void(
    *(types.UniTuple(types.int64, 2), types.UniTuple(DATA, 2), INTEGERS),
    *(SEARCH, PLAN, CODING, HERD, types.int64),
)


def aiming(search: LocalSearch, target: float) -> LocalSearch:
    """Return a local search with another target than it has reached; the same where the target is."""
    if search.target == target or math.isnan(target):
        return search
    search.reached[0] = np.inf
    return search._replace(target=target)


def local_search_of(objective: Objective, steps: int, learning_rate: float) -> LocalSearch:
    """Return steps on an objective, with room for their way."""
    reached = np.array([np.inf, -np.inf])
    memory = memory_of(objective.size)
    return LocalSearch(steps, learning_rate, memory, reached, objective.target, objective.rows)


@compiled()
def _lowest(losses: Any, above: float) -> int:
    """Return the member of the lowest loss above one, or -1."""
    best = -1
    for member in range(losses.size):
        if losses[member] > above and (best < 0 or losses[member] < losses[best]):
            best = member
    return best


@compiled()
def _highest(losses: Any) -> int:
    worst = 0
    for member in range(1, losses.size):
        if losses[member] > losses[worst]:
            worst = member
    return worst


@compiled()
def _bound(w: Any, lower: float, upper: float, bounded: Any) -> None:
    """Write the point with each parameter that is out of bounds moved to the nearest one."""
    for i in range(w.size):
        bounded[i] = min(max(w[i], lower), upper)


@compiled()
def _same(w: Any, other: Any) -> bool:
    same = True
    for i in range(w.size):
        same = same and w[i] == other[i]
    return same


@compiled()
def refine(
    functions: Any, datas: Any, rows: Any, search: Any, plan: Any, coding: Any, herd: Any, side: int
) -> None:
    """Let the local search take its steps; a member goes on with where they led if that is better.

    The search goes on over generations until it has come to its end, and then begins at the best member
    again, or at the next best where the best is where it has ended. Where it leads to takes the place of the
    best member if it is better, or else of the worst.

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
    population, losses, memory = herd.populations[side], herd.losses[side], search.memory
    best = _lowest(losses, -np.inf)
    if best < 0 or losses[best] <= search.target:
        return
    if memory.counts[STATE] == ENDED:
        member = best
        if losses[best] == search.reached[1]:
            member = max(_lowest(losses, losses[best]), best)
        express(coding, population, member, memory.w)
        begin(memory)
    counters = datas[1].counters
    moved = False
    for _ in range(search.steps):
        values, gradients = counters[VALUE_ROWS], counters[GRADIENT_ROWS]
        loss = _value_and_gradient(functions[1], memory.trial, rows, datas[1], memory.trial_gradient)
        if loss <= search.target:
            # The slope is not needed any more, and the gradient counts as a value.
            counters[VALUE_ROWS], counters[GRADIENT_ROWS] = values + search.rows, gradients
            copy_point(memory.trial, memory.w)
            search.reached[0] = loss
            return
        along, before = memory.counts[STATE] == ALONG, memory.numbers[LOSS]
        told(memory, loss, search.learning_rate)
        moved = moved or (along and memory.numbers[LOSS] < before)
        if memory.counts[STATE] == ENDED:
            break
    # The first row of the next population is free until that is bred.
    free = herd.populations[1 - side]
    if moved:
        _bound(memory.w, plan.lower, plan.upper, herd.expressed[0])
        impress(coding, herd.expressed[0], free, 0)
        express(coding, free, 0, herd.expressed[0])
        _values(functions[0], herd.expressed[:1], rows, datas[0], herd.paid[:1])
        place = best if herd.paid[0] < losses[best] else _highest(losses)
        if -np.inf < herd.paid[0] < losses[place]:
            losses[place] = herd.paid[0]
            copy_point(free[0], population[place])
        if not _same(memory.w, herd.expressed[0]):
            # What bounds or a code have moved is no point of the search's.
            memory.counts[STATE] = ENDED
    if memory.counts[STATE] == ENDED:
        search.reached[1] = losses[_lowest(losses, -np.inf)]


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
