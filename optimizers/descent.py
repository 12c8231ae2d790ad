"""The loop that steps any update rule against any objective, compiled where the objective is."""

from __future__ import annotations

from abc import abstractmethod
from typing import Any, ClassVar

import numpy as np
from numba import types

from optimizers.compilation import compiled
from optimizers.first_class import address, caller
from optimizers.objective import ALL_ROWS, REALS, VALUE_AND_GRADIENT, Array, Objective
from optimizers.optimizer import Need, Observe, Optimizer, Outcome
from optimizers.options import Count, options
from optimizers.row_order import shuffle

UPDATE = types.void(REALS, REALS, REALS, REALS, types.int64)
"""``update(w, gradient, state, settings, step)``: moves ``w``; ``step`` counts from 0."""

_value_and_gradient = caller(VALUE_AND_GRADIENT)
_update = caller(UPDATE)


@compiled(allocates=True)
def _descend(
    value_and_gradient: int,
    update: int,
    data: Any,
    w: Any,
    gradient: Any,
    state: Any,
    settings: Any,
    order: Any,
    batch: int,
    row_order: Any,
    first: int,
    iterations: int,
    losses: Any,
) -> int:
    """Do iterations ``first`` to ``first + iterations``, or up to the first loss that is not finite.

    The two functions are handed in by their addresses.
    """
    count = order.size
    batches = (count + batch - 1) // batch if batch else 1
    rows = order[:0]
    for done in range(iterations):
        step = first + done
        if batch:
            place = (step % batches) * batch
            if place == 0:
                shuffle(order, row_order)
            rows = order[place : min(place + batch, count)]
        loss = _value_and_gradient(value_and_gradient, w, rows, data, gradient)
        losses[done] = loss
        if not np.isfinite(loss):
            return done
        _update(update, w, gradient, state, settings, step)
    return iterations


def _descend_python(
    objective: Objective,
    update: Any,
    w: Array,
    state: Array,
    settings: Array,
    first: int,
    iterations: int,
    losses: Array,
) -> int:
    """Do the same, over all rows, against an objective that is a Python function."""
    for done in range(iterations):
        losses[done], gradient = objective.value_and_gradient(w)
        if not np.isfinite(losses[done]):
            return done
        update(w, gradient, state, settings, first + done)
    return iterations


@options
class Descent(Optimizer):
    """Follow the gradient with an update rule.

    A subclass names the rule, a compiled function ``update(w, gradient, state, settings, step)``, and what
    it remembers. Everything else (rows, batches, loop, looks) is here.

    Attributes:
        batch: rows of one step. None takes all of them, 1 is the pattern-by-pattern training of the
            textbooks. The rows are shuffled before each epoch, in an order that depends on problem and seed
            only; the last batch of an epoch holds what is left.
    """

    batch: Count | None = None

    needs: ClassVar[frozenset[Need]] = frozenset({"gradient", "rows"})
    update: ClassVar[Any]

    @abstractmethod
    def settings(self) -> Array:
        """Return the numbers that the rule reads."""

    def state(self, size: int) -> Array:
        """Return what the rule remembers between steps, before the first."""
        return np.zeros(0)

    def _batch_rows(self, objective: Objective) -> int:
        """Return the rows of one step, 0 for all of them."""
        return 0 if self.batch is None or self.batch >= objective.rows else self.batch

    def iteration_cost(self, objective: Objective) -> float:
        """Return the cost of one gradient over the rows of one step."""
        rows = self._batch_rows(objective) or objective.rows
        return (objective.gradient_cost or 0.0) * rows / objective.rows

    def refusal(self, objective: Objective) -> str | None:
        """Refuse a missing gradient, and batches of an objective without rows."""
        if self.batch is not None and objective.rows == 1:
            return "there are no rows to take batches of: leave the option 'batch' out"
        return super().refusal(objective)

    def run(
        self, objective: Objective, start: Array, rng: np.random.Generator, observe: Observe
    ) -> Outcome | None:
        """Step until ``observe`` allows no more. ``rng`` is not used: the row order is the problem's."""
        w = start.copy()
        gradient = np.zeros(objective.size)
        state, settings = self.state(objective.size), self.settings()
        batch = self._batch_rows(objective)
        order = np.arange(objective.rows) if batch else ALL_ROWS.copy()
        row_order = objective.row_order()
        update = type(self).update
        functions = objective.compiled
        if functions is not None:
            function = address(functions.value_and_gradient, VALUE_AND_GRADIENT)
            rule = address(update, UPDATE)
        first = 0
        allowance = observe(w)
        while allowance:
            losses = np.empty(allowance)
            if functions is not None:
                done = _descend(
                    function,
                    rule,
                    functions.gradient_data,
                    w,
                    gradient,
                    state,
                    settings,
                    order,
                    batch,
                    row_order,
                    first,
                    allowance,
                    losses,
                )
            else:
                done = _descend_python(objective, update, w, state, settings, first, allowance, losses)
            first += done
            if done < allowance:
                # The loss at w is not finite; the gradient there was paid for and led nowhere.
                observe(w, iterations=done, losses=None if batch else losses[:done], loss=losses[done])
                return None
            allowance = observe(w, iterations=done, losses=None if batch else losses)
        return None
