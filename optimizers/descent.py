"""The loop that steps any update rule against any objective, compiled where the objective is."""

from __future__ import annotations

from abc import abstractmethod
from typing import Any, ClassVar

import numpy as np
from numba import types

from optimizers.compilation import compiled
from optimizers.first_class import address, caller
from optimizers.objective import ALL_ROWS, REALS, VALUE_AND_GRADIENT, Array, Objective, Rows
from optimizers.optimizer import Need, Observe, Optimizer, Outcome
from optimizers.options import Count, options
from optimizers.row_order import shuffle

UPDATE = types.void(REALS, REALS, REALS, REALS, types.int64)
"""``update(w, gradient, state, settings, step)``: moves ``w``; ``step`` counts from 0."""

_value_and_gradient = caller(VALUE_AND_GRADIENT)
_update = caller(UPDATE)


@compiled(allocates=True)
def _rows_of_step(order: Any, batch: int, step: int, row_order: Any) -> Any:
    """Return the rows of one step, none for all of them; shuffle them where an epoch begins."""
    if not batch:
        return order[:0]
    place = (step % ((order.size + batch - 1) // batch)) * batch
    if place == 0:
        shuffle(order, row_order)
    return order[place : min(place + batch, order.size)]


@compiled(allocates=True)
def descend(
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
    losses: Any,
    best: Any,
) -> int:
    """Do iterations from ``first`` on, one for each place in ``losses``, or up to a loss that is not finite.

    ``value_and_gradient`` and ``update`` are addresses. ``best`` takes the parameters of the lowest loss of
    this call.

    Returns:
        Iterations done.
    """
    lowest = np.inf
    for done in range(losses.size):
        rows = _rows_of_step(order, batch, first + done, row_order)
        loss = _value_and_gradient(value_and_gradient, w, rows, data, gradient)
        losses[done] = loss
        if not np.isfinite(loss):
            return done
        if loss < lowest:
            lowest = loss
            for i in range(w.size):
                best[i] = w[i]
        _update(update, w, gradient, state, settings, first + done)
    return losses.size


def _descend_python(
    objective: Objective,
    update: Any,
    w: Array,
    state: Array,
    settings: Array,
    order: Rows,
    batch: int,
    row_order: np.random.Generator,
    first: int,
    losses: Array,
    best: Array,
) -> int:
    """Do the same against an objective that is a Python function."""
    lowest = np.inf
    for done in range(losses.size):
        rows = _rows_of_step(order, batch, first + done, row_order)
        losses[done], gradient = objective.value_and_gradient(w, rows if batch else None)
        if not np.isfinite(losses[done]):
            return done
        if losses[done] < lowest:
            lowest = losses[done]
            best[:] = w
        update(w, gradient, state, settings, first + done)
    return losses.size


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
        w, best, gradient = start.copy(), start.copy(), np.zeros(objective.size)
        state, settings, update = self.state(objective.size), self.settings(), type(self).update
        batch = self._batch_rows(objective)
        order = np.arange(objective.rows) if batch else ALL_ROWS.copy()
        rows = (order, batch, objective.row_order())
        functions = objective.compiled
        if functions is not None:
            function, rule = (
                address(functions.value_and_gradient, VALUE_AND_GRADIENT),
                address(update, UPDATE),
            )
        first = 0
        allowance = observe(w)
        while allowance:
            losses = np.empty(allowance)
            if functions is not None:
                data = functions.gradient_data
                done = descend(function, rule, data, w, gradient, state, settings, *rows, first, losses, best)
            else:
                done = _descend_python(objective, update, w, state, settings, *rows, first, losses, best)
            first += done
            # A loss that is not finite ends the stretch early; observe ends the run for it. The loss of a
            # batch is not the loss over all rows, so it is not handed on.
            allowance = observe(
                w,
                iterations=done,
                losses=None if batch else losses[:done],
                best=None if batch else best,
                loss=losses[done] if done < allowance else None,
            )
        return None
