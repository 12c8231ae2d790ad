"""The loop of searches that step from one point at random and let a rule say whether to stay there."""

from __future__ import annotations

from abc import abstractmethod
from typing import Any, ClassVar, NamedTuple

import numpy as np
from numba import types

from optimizers.compilation import compiled
from optimizers.function_addresses import address, caller
from optimizers.generator_address import generator_address, generator_at
from optimizers.objective import ALL_ROWS, Array, Need, Objective, Rows
from optimizers.optimizer import Observe, Optimizer, Outcome
from optimizers.options import options
from optimizers.points import copy_point, step_at_random
from optimizers.records import numbers_of
from optimizers.signatures import REALS, VALUE

ACCEPT = types.boolean(types.float64, types.float64, REALS, REALS, types.npy_rng)
"""``accept(loss, candidate_loss, state, settings, rng)``: says whether to move, and changes the state."""


class Walk(NamedTuple):
    """What the state of every rule begins with."""

    step: float


LARGEST_STEP = 1e100
"""Where a step ends its growth, which only a plateau leads to."""

_value = caller(VALUE)
_accept = caller(ACCEPT)


@compiled()
def _search(
    value: int,
    data: Any,
    rows: Any,
    accept: int,
    w: Any,
    state: Any,
    settings: Any,
    drawing: Any,
    first: int,
    loss: float,
    candidate: Any,
    losses: Any,
    best: Any,
    target: float,
) -> tuple[float, int]:
    """Do iterations from ``first`` on, one for each place in ``losses``; iteration 0 evaluates the start.

    The first point at or below ``target`` is the last, whatever the rule says. A NaN counts as infinity.

    ``value`` and ``accept`` are addresses, ``drawing`` is that of a generator. ``losses`` takes the loss of
    ``w`` before each iteration, ``best`` the parameters of the lowest of them.

    Returns:
        Loss of ``w`` after the last iteration, and iterations done.
    """
    lowest, rng = np.inf, generator_at(drawing)
    for done in range(losses.size):
        if first + done == 0:
            loss = _value(value, w, rows, data)
            if np.isnan(loss):
                loss = np.inf
        losses[done] = loss
        if loss < lowest:
            lowest = loss
            copy_point(w, best)
        if first + done > 0:
            step_at_random(w, numbers_of(Walk, state).step, rng, candidate)
            candidate_loss = _value(value, candidate, rows, data)
            reached = candidate_loss <= target
            if np.isnan(candidate_loss):
                candidate_loss = np.inf
            if reached or _accept(accept, loss, candidate_loss, state, settings, rng):
                loss = candidate_loss
                copy_point(candidate, w)
            if reached:
                return loss, done + 1
    return loss, losses.size


def _search_python(objective: Objective, accept: Any, *rest: Any) -> tuple[float, int]:
    """Run the same lines against a Python objective; ``accept`` is the function itself."""

    def value(w: Array, rows: Rows, data: None) -> float:
        return objective.value(w)

    found: tuple[float, int] = _search.py_func(value, None, ALL_ROWS, accept, *rest)
    return found


@options
class SinglePointSearch(Optimizer):
    """Add Gaussian noise to every parameter, and stay at the new point if a rule accepts it.

    ``x = w + step z`` with z standard normal. A subclass names the rule, a compiled function
    ``accept(loss, candidate_loss, state, settings, rng)``, and what it remembers. One iteration is one
    evaluation, the first that of the start.
    """

    # Noise on one parameter at a time, the flip of a bit in random-mutation hill climbing, makes a weaker
    # baseline: with the same step, 0.1 or 0.3, it took 2 to 6 times the evaluations on two-moons and iris.

    needs: ClassVar[frozenset[Need]] = frozenset({"value"})
    pays_for_loss: ClassVar[bool] = True
    draws: ClassVar[bool] = True
    accept: ClassVar[Any]

    @abstractmethod
    def state(self) -> Array:
        """Return the ``Walk``, and behind it what else the rule remembers, before the first iteration."""

    def settings(self, size: int) -> Array:
        """Return the numbers that the rule reads, for ``size`` parameters."""
        return np.zeros(0)

    def iteration_cost(self, objective: Objective) -> float:
        """Return the cost of one value."""
        return 1.0

    def run(
        self, objective: Objective, start: Array, rng: np.random.Generator, observe: Observe
    ) -> Outcome | None:
        """Step until ``observe`` allows no more."""
        w, candidate, best = start.copy(), start.copy(), start.copy()
        rule = (w, self.state(), self.settings(objective.size))
        accept, functions = type(self).accept, objective.compiled
        if functions is not None:
            value, accepts = address(functions.value, VALUE), address(accept, ACCEPT)
        drawing = rng if functions is None else generator_address(rng)
        first, loss = 0, np.nan
        allowance = observe(w)
        while allowance:
            losses = np.empty(allowance)
            place = (drawing, first, loss, candidate, losses, best, objective.target)
            if functions is not None:
                loss, done = _search(value, functions.data, ALL_ROWS, accepts, *rule, *place)
            else:
                loss, done = _search_python(objective, accept, *rule, *place)
            first += done
            allowance = observe(w, iterations=done, losses=losses[:done], best=best, loss=loss)
        return None
