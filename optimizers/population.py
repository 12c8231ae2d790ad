"""The loop of searches that move a population and remember the best point of each member."""

from __future__ import annotations

from abc import abstractmethod
from typing import Any, ClassVar

import numpy as np
from numba import types

from optimizers.compilation import compiled
from optimizers.errors import InputError
from optimizers.function_addresses import address, caller
from optimizers.generator_address import generator_address, generator_at
from optimizers.objective import ALL_ROWS, Array, Need, Objective, Rows
from optimizers.optimizer import Observe, Optimizer, Outcome
from optimizers.options import Count, Real, options
from optimizers.printable import shown
from optimizers.signatures import REALS, VALUES

TABLE = types.float64[:, ::1]

PROPOSE = types.void(TABLE, types.int64, TABLE, TABLE, REALS, types.npy_rng)
"""``propose(kept, best, candidates, state, settings, rng)``: moves the candidates.

``kept`` holds the best point of each member, ``best`` says whose is the best of all."""

_values = caller(VALUES)
_propose = caller(PROPOSE)


@compiled()
def _select(kept: Any, kept_losses: Any, candidates: Any, candidate_losses: Any) -> int:
    """Keep each candidate that is better than what its member has kept; return the best member.

    A member without a finite loss so far keeps where it began, at an infinite one.
    """
    best = 0
    for i in range(kept_losses.size):
        if candidate_losses[i] < kept_losses[i]:
            kept_losses[i] = candidate_losses[i]
            for j in range(kept.shape[1]):
                kept[i, j] = candidates[i, j]
        if kept_losses[i] < kept_losses[best]:
            best = i
    return best


@compiled()
def _search(
    values: int,
    data: Any,
    rows: Any,
    propose: int,
    kept: Any,
    kept_losses: Any,
    candidates: Any,
    candidate_losses: Any,
    state: Any,
    settings: Any,
    drawing: Any,
    first: int,
    best: int,
    losses: Any,
    target: float,
) -> tuple[int, int]:
    """Do iterations from ``first`` on, one for each place in ``losses``, up to one that reaches ``target``.

    Iteration 0 evaluates the first population, the others move it first. ``values`` and ``propose`` are
    addresses, as ``drawing`` is, of a generator. ``losses`` takes the loss of the best member before each
    iteration.

    Returns:
        The best member after the last iteration, and iterations done.
    """
    rng = generator_at(drawing)
    for done in range(losses.size):
        if first + done > 0:
            losses[done] = kept_losses[best]
            _propose(propose, kept, best, candidates, state, settings, rng)
        _values(values, candidates, rows, data, candidate_losses)
        if first + done == 0:
            losses[0] = candidate_losses[0]
        best = _select(kept, kept_losses, candidates, candidate_losses)
        if kept_losses[best] <= target:
            return best, done + 1
    return best, losses.size


def _search_python(objective: Objective, propose: Any, *rest: Any) -> tuple[int, int]:
    """Run the same lines against a Python objective; ``propose`` is the function itself."""

    def values(candidates: Array, rows: Rows, data: None, losses: Array) -> None:
        losses[:] = objective.values(candidates)

    found: tuple[int, int] = _search.py_func(values, None, ALL_ROWS, propose, *rest)
    return found


@options
class PopulationSearch(Optimizer):
    """Move every member of a population, and keep the best point that each has been at.

    A subclass names the rule that moves them, a compiled function
    ``propose(kept, best, candidates, state, settings, rng)``, and what it remembers. Member 0 begins at the
    start, the others anywhere in the initial range, evenly; they may leave it later. One iteration is one
    population, the first the one drawn. The answer is the best point so far.

    Attributes:
        population_size: members of the population.
        init_range_low: lower end of the initial range, in each parameter.
        init_range_high: its upper end.
    """

    population_size: Count = 50
    init_range_low: Real = -4.0
    init_range_high: Real = 4.0

    needs: ClassVar[frozenset[Need]] = frozenset({"population"})
    pays_for_loss: ClassVar[bool] = True
    draws: ClassVar[bool] = True
    propose: ClassVar[Any]

    def __post_init__(self) -> None:
        if self.init_range_low >= self.init_range_high:
            raise InputError(
                f"{type(self).__name__}: option 'init_range_low' is {shown(self.init_range_low)}, expected "
                f"less than init_range_high ({shown(self.init_range_high)}): widen the range"
            )

    @abstractmethod
    def settings(self) -> Array:
        """Return the numbers that the rule reads."""

    def state(self, population: Array, rng: np.random.Generator) -> Array:
        """Return what the rule remembers of each member, shape (P, n), or no rows where it is nothing."""
        return np.empty((0, population.shape[1]))

    def numbers_held(self, n: int) -> int:
        """Return those of a population, its candidates and what each remembers."""
        return 4 * self.population_size * n

    def iteration_cost(self, objective: Objective) -> float:
        """Return the cost of one population."""
        return float(self.population_size)

    def run(
        self, objective: Objective, start: Array, rng: np.random.Generator, observe: Observe
    ) -> Outcome | None:
        """Move the population until ``observe`` allows no more."""
        shape = (self.population_size, objective.size)
        candidates = rng.uniform(self.init_range_low, self.init_range_high, shape)
        candidates[0] = start
        kept, kept_losses = candidates.copy(), np.full(self.population_size, np.inf)
        moved = (kept, kept_losses, candidates, np.empty(self.population_size))
        rule = (self.state(candidates, rng), self.settings())
        propose, functions = type(self).propose, objective.compiled
        if functions is not None:
            values, proposes = address(functions.values, VALUES), address(propose, PROPOSE)
        drawing = rng if functions is None else generator_address(rng)
        first, best = 0, 0
        allowance = observe(kept[0].copy())
        while allowance:
            losses = np.empty(allowance)
            place = (drawing, first, best, losses, objective.target)
            if functions is not None:
                data = functions.data
                best, done = _search(values, data, ALL_ROWS, proposes, *moved, *rule, *place)
            else:
                best, done = _search_python(objective, propose, *moved, *rule, *place)
            first += done
            allowance = observe(
                kept[best].copy(),
                iterations=done,
                losses=losses[:done],
                loss=float(kept_losses[best]),
                population_losses=kept_losses.copy(),
            )
        return None
