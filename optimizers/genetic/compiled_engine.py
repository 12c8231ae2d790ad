"""The genetic algorithm in compiled loops: breed, pay, look, for as long as the search may go on."""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np

from optimizers.compilation import compiled
from optimizers.function_addresses import address, caller
from optimizers.generator_address import generator_address, generator_at
from optimizers.genetic.breeding import (
    GATHER,
    MUTATE,
    RECOMBINE,
    SETTLE,
    gather,
    mutate_children,
    recombine,
    settle,
    with_operators,
)
from optimizers.genetic.coding import Coding, express_all
from optimizers.genetic.generations import (
    DONE,
    NOTE,
    RUNNING,
    STATE,
    Account,
    Generations,
    go_past,
    note,
    reach,
)
from optimizers.genetic.genetic_options import GeneticOptions
from optimizers.genetic.local_search import (
    REFINE,
    LocalSearch,
    aiming,
    local_search_of,
    refine,
    refine_in_python,
)
from optimizers.genetic.plan import Herd, Plan, herd_of, plan_of
from optimizers.objective import ALL_ROWS, Array, Compiled, Objective
from optimizers.optimizer import Outcome
from optimizers.signatures import VALUE_AND_GRADIENT, VALUES

_recombine, _mutate, _gather, _settle = caller(RECOMBINE), caller(MUTATE), caller(GATHER), caller(SETTLE)
_values, _refine, _note = caller(VALUES), caller(REFINE), caller(NOTE)


class Parts(NamedTuple):
    """Addresses of what the loop calls; the last two are 0 where there is no local search."""

    recombine: int
    mutate: int
    gather: int
    settle: int
    note: int
    values: int
    value_and_gradient: int
    refine: int


@compiled()
def lowest_child(paid: Any, count: int) -> int:
    """Return which of the children paid for has the lowest loss, one that is NaN having none.

    >>> lowest_child(np.array([np.nan, 3.0, 2.0, 1.0]), 3)
    2
    """
    lowest = 0
    for child in range(1, count):
        if paid[child] < paid[lowest] or np.isnan(paid[lowest]):
            lowest = child
    return lowest


@compiled(allocates=True)
def evolve(
    handed: Any,
    datas: Any,
    rows: Any,
    search: Any,
    side: int,
    noted: Any,
    drawing: Any,
) -> int:
    """Breed one generation after the other until the account's trail is full or the search has ended.

    What looks on the way would see is taken along: a call of this loop and a look take 110 us in Python, a
    generation of fifty 6 us where the network is 2-2-1, and 70 where it is 4-8-3 on 105 rows.

    Arguments:
        handed: addresses of what is called, the options, the code of a weight, and populations with work
            arrays: ``Parts``, ``Plan``, ``Coding`` and ``Herd``, as plain tuples.
        datas: the data of the objective's ``values`` and ``value_and_gradient``.
        rows: no rows, for all of them.
        search: gradient steps of the best member.
        side: which of the herd's populations is the present one.
        noted: the ``Account`` as a plain tuple; takes what each generation found.
        drawing: address of a generator.

    Returns:
        Which of the herd's populations is the present one now.
    """
    # For numba to recognise a NamedTuple takes a microsecond or two, at each call from Python.
    parts, plan, coding, herd = Parts(*handed[0]), Plan(*handed[1]), Coding(*handed[2]), Herd(*handed[3])
    account, rng = Account(*noted), generator_at(drawing)
    while account.counts[DONE] < account.trail.size and account.counts[STATE] == RUNNING:
        count = _recombine(parts.recombine, plan, coding, herd, side, rng)
        if count:
            _values(parts.values, herd.expressed[:count], rows, datas[0], herd.paid[:count])
            child = lowest_child(herd.paid, count)
            if herd.paid[child] <= account.target:
                reach(account, herd.expressed[child], herd.paid[child])
                return side
        _mutate(parts.mutate, plan, coding, herd, side, rng)
        count = _gather(parts.gather, plan, coding, herd, side)
        if count:
            _values(parts.values, herd.expressed[:count], rows, datas[0], herd.paid[:count])
        _settle(parts.settle, herd, side, count)
        side = 1 - side
        if parts.refine:
            functions = (parts.values, parts.value_and_gradient)
            _refine(parts.refine, functions, datas, rows, search, plan, coding, herd, side)
            if search.reached[0] <= account.target:
                reach(account, search.memory.w, search.reached[0])
                return side
        paid = count > 0 or parts.refine != 0 or plan.judged
        _note(parts.note, account, coding, herd.populations[side], herd.losses[side], paid)
        go_past(account, herd.losses[side], datas[0].counters)
    return side


def run_compiled(
    chosen: GeneticOptions,
    objective: Objective,
    population: Array,
    generations: Generations,
    rng: np.random.Generator,
) -> Outcome | None:
    """Breed from a first population, shape (P, genes), until nothing more is allowed."""
    functions = objective.compiled if chosen.output_weights == "evolved" else None
    generations.goes_past = functions is not None
    plan, coding = with_operators(plan_of(chosen, objective.size)), chosen.coding
    search = local_search_of(objective, *chosen.learning)
    herd, side = herd_of(plan, population, objective.size), 0
    losses = objective.values(express_all(coding, population, objective.size))
    herd.losses[0] = np.where(np.isfinite(losses), losses, np.inf)
    if chosen.begins_at_start:
        generations.begin(losses[0])
    if search.steps:
        refine_in_python(objective, search, plan, coding, herd.populations[0], herd.losses[0])
    if search.reached[0] <= objective.target:
        goes_on = generations.reached(search.memory.w, float(search.reached[0]), herd.losses[0])
    else:
        goes_on = generations.completed(herd.populations[0], herd.losses[0], paid=True)
    if functions is not None:
        # Behind the first call of ``note`` from Python, for which it would be compiled once more.
        parts, datas = _parts(functions, search), (functions.data, functions.gradient_data)
        handed, drawing = (parts[:], plan[:], coding[:], herd[:]), generator_address(rng)
    while goes_on:
        search = aiming(search, objective.target)
        if functions is not None:
            side = evolve(handed, datas, ALL_ROWS, search, side, generations.account[:], drawing)
            goes_on = generations.goes_on(herd.losses[side])
        else:
            before = objective.cost
            child = _generation(chosen, objective, plan, coding, herd, side, rng)
            if child is not None:
                goes_on = generations.reached(herd.expressed[child], herd.paid[child], herd.losses[side])
                continue
            side = 1 - side
            if search.steps:
                refine_in_python(objective, search, plan, coding, herd.populations[side], herd.losses[side])
            if search.reached[0] <= objective.target:
                goes_on = generations.reached(search.memory.w, float(search.reached[0]), herd.losses[side])
                continue
            paid = objective.cost > before
            goes_on = generations.completed(herd.populations[side], herd.losses[side], paid)
    return generations.outcome


def _parts(functions: Compiled, search: LocalSearch) -> Parts:
    """Return the addresses of what a search asks of an objective, and of our own functions."""
    return Parts(
        recombine=address(recombine, RECOMBINE),
        mutate=address(mutate_children, MUTATE),
        gather=address(gather, GATHER),
        settle=address(settle, SETTLE),
        note=address(note, NOTE),
        values=address(functions.values, VALUES),
        value_and_gradient=address(functions.value_and_gradient, VALUE_AND_GRADIENT) if search.steps else 0,
        refine=address(refine, REFINE) if search.steps else 0,
    )


def _generation(
    chosen: GeneticOptions,
    objective: Objective,
    plan: Plan,
    coding: Coding,
    herd: Herd,
    side: int,
    rng: np.random.Generator,
) -> int | None:
    """Breed one generation against an objective that is a Python function, or that solves output weights.

    Returns:
        The child that has reached the target before it was to mutate, or None.
    """
    children = herd.populations[1 - side][plan.kept :]
    solved = chosen.output_weights == "least-squares"
    count = recombine(plan, coding, herd, side, rng)
    if count:
        if solved:
            herd.expressed[:count] = children[:] = objective.output_layer.solved(children)
        herd.paid[:count] = objective.values(herd.expressed[:count])
        child: int = lowest_child(herd.paid, count)
        if herd.paid[child] <= objective.target:
            return child
    mutate_children(plan, coding, herd, side, rng)
    if solved:
        children[:] = objective.output_layer.solved(children)
    count = gather(plan, coding, herd, side)
    if count:
        herd.paid[:count] = objective.values(herd.expressed[:count])
    settle(herd, side, count)
    return None
