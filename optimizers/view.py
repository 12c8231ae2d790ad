"""What an optimizer is handed: every door of an objective that counts, watched over, and no other."""

from __future__ import annotations

import math
from collections.abc import Iterator
from typing import Protocol

import numpy as np
from numpy.typing import ArrayLike

from optimizers.objective import VALUE_ROWS, Array, Measurable, Objective, Rows


class StoppedError(Exception):
    """Leave a search at once, because it has ended: at its target, or at a limit."""


class Watch(Protocol):
    """Who sees each evaluation that goes through a view."""

    def before(self, price: float) -> None:
        """Raise ``StoppedError`` where a call of that price is not allowed any more."""

    def found(self, w: Array, loss: float) -> None:
        """Take note of the loss of a point over all rows."""


class View(Objective):
    """Show an objective to a search: the contract, each call of which is checked, counted and noted.

    A call beyond the budget or a limit in seconds is refused by ``StoppedError``, and so is every call after
    it. The answer that reaches the target is given, and is the last: its slope is not worked out (NaN), and
    what would have been a gradient costs a value. The compiled functions count into the same counters; a loop
    that calls them ends by itself at ``target`` and when its allowance is used up.

    Arguments:
        objective: what is shown.
        watch: sees every evaluation.
        target: loss at which the run is solved, or None.
    """

    def __init__(self, objective: Measurable, watch: Watch, target: float | None) -> None:
        self.size, self.rows = objective.size, objective.rows
        self.counters, self.counts = objective.counters, objective.counts
        self.gradient_cost, self.no_gradient = objective.gradient_cost, objective.no_gradient
        self.compiled, self.single_layer = objective.compiled, objective.single_layer
        self.parameters_alike = objective.parameters_alike
        self.target = math.nan if target is None else target
        self._shown = objective
        self._watch = watch

    def value(self, w: ArrayLike, rows: Rows | None = None) -> float:
        """Return the loss at ``w``, over all rows or over the given ones, and count it."""
        point = self.checked(w)
        self._watch.before(self._part(rows) - self._shown.prepaid(point[np.newaxis]))
        loss = self._shown.value(point, rows)
        if self._part(rows) == 1.0:
            self._watch.found(point, loss)
        return loss

    def values(self, population: ArrayLike, rows: Rows | None = None) -> Array:
        """Return the loss of each row of a population of shape (P, n), and count them."""
        candidates = self.checked_population(population)
        self._watch.before(len(candidates) * self._part(rows) - self._shown.prepaid(candidates))
        losses = self._shown.values(candidates, rows)
        if self._part(rows) == 1.0 and losses.size:
            best = int(np.where(np.isnan(losses), np.inf, losses).argmin())
            self._watch.found(candidates[best], float(losses[best]))
        return losses

    def value_and_gradient(self, w: ArrayLike, rows: Rows | None = None) -> tuple[float, Array]:
        """Return the loss at ``w`` and its gradient of shape (n,), and count both."""
        point, part = self.checked(w), self._part(rows)
        price = (self.gradient_cost or 0.0) * part
        self._watch.before(price - self._shown.prepaid(point[np.newaxis]))
        if self._shown.slope_by_calls and part == 1.0 and not math.isnan(self.target):
            loss = self._shown.peek(point)
            if loss <= self.target:
                self._watch.found(point, loss)
                return loss, np.full(self.size, np.nan)
        before = self.counters.copy()
        loss, gradient = self._shown.value_and_gradient(point, rows)
        if part == 1.0:
            if loss <= self.target:
                self.counters[:] = before
                self.counters[VALUE_ROWS] += self.rows
                gradient = np.full(self.size, np.nan)
            self._watch.found(point, loss)
        return loss, gradient

    def row_order(self) -> np.random.Generator:
        """Return a fresh generator of row orders, the same whichever optimizer asks."""
        return self._shown.row_order()

    def draw_start(self, rng: np.random.Generator) -> Array:
        """Return another point to start from, shape (n,)."""
        return self._shown.draw_start(rng)

    @property
    def hessian_cost(self) -> float | None:
        """Cost in FPE of one ``hessian_product``, or None where there is no Hessian."""
        return self._shown.hessian_cost

    @property
    def no_hessian(self) -> str:
        """Why there is no Hessian, or an empty sentence."""
        return self._shown.no_hessian

    def hessian_product(self, w: ArrayLike, v: ArrayLike) -> Array:
        """Return the Hessian of the loss over all rows at ``w`` times ``v``, shape (n,), and count it."""
        self._watch.before(self.hessian_cost or 0.0)
        return self._shown.hessian_product(w, v)

    @property
    def jacobian_cost(self) -> float | None:
        """Cost in FPE of all residuals with their Jacobian, or None where the loss is no sum of squares."""
        return self._shown.jacobian_cost

    @property
    def residual_count(self) -> int:
        """How many residuals there are, where the loss is a sum of squares."""
        return self._shown.residual_count

    @property
    def no_residuals(self) -> str:
        """Why there are no residuals, or an empty sentence."""
        return self._shown.no_residuals

    def residuals_and_jacobian(self, w: ArrayLike) -> Iterator[tuple[Array, Array]]:
        """Yield all residuals at ``w`` with their Jacobian, in blocks, and count them.

        Where the sum of their squares reaches the target the last block is followed by no other call.
        """
        point = self.checked(w)
        self._watch.before((self.jacobian_cost or 0.0) - self._shown.prepaid(point[np.newaxis]))
        if self._shown.slope_by_calls and not math.isnan(self.target):
            loss = self._shown.peek(point)
            if loss <= self.target:
                self._watch.found(point, loss)
                raise StoppedError
        before, loss = self.jacobian_rows, 0.0
        for residuals, jacobian in self._shown.residuals_and_jacobian(point):
            loss += float(residuals @ residuals)
            yield residuals, jacobian
        if loss <= self.target and not self._shown.slope_by_calls:
            self.jacobian_rows = before
            self.counters[VALUE_ROWS] += self.rows
        self._watch.found(point, loss)

    @property
    def output_weights_cost(self) -> float | None:
        """Cost in FPE of one candidate's ``with_output_weights``, or None where nothing can be solved for."""
        return self._shown.output_weights_cost

    @property
    def no_output_weights(self) -> str:
        """Why no output weights can be solved for, or an empty sentence."""
        return self._shown.no_output_weights

    def with_output_weights(self, population: ArrayLike) -> Array:
        """Return a population of shape (P, n) whose output weights are the best for the others; count it."""
        candidates = self.checked_population(population)
        self._watch.before(len(candidates) * (self.output_weights_cost or 0.0))
        return self._shown.with_output_weights(candidates)

    def refine(self, fine: bool) -> bool:
        """Take slopes by more evaluations, or by fewer; return whether they will be others."""
        return self._shown.refine(fine)

    def linear_algebra_cost(self, multiply_adds: float, evaluations: float = 1.0) -> float:
        """Return what linear algebra costs in FPE, beyond what goes with its evaluations."""
        return self._shown.linear_algebra_cost(multiply_adds, evaluations)

    def charge(self, multiply_adds: float, evaluations: float = 1.0) -> None:
        """Count linear algebra of the optimizer's own; refuse what the budget does not pay for."""
        self._watch.before(self.linear_algebra_cost(multiply_adds, evaluations))
        self._shown.charge(multiply_adds, evaluations)

    @property
    def cost(self) -> float:
        """Cost so far of what is shown, in forward-pass equivalents."""
        return self._shown.cost

    def _part(self, rows: Rows | None) -> float:
        """Return the part of the rows that a call goes through."""
        return 1.0 if rows is None or len(rows) == 0 else len(rows) / self.rows
