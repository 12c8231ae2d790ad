"""Serves methods that own their loop with an objective's numbers, one iteration a call."""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import ArrayLike

from optimizers.objective import Array, Objective
from optimizers.optimizer import Observe
from optimizers.watch import StoppedError


class Evaluations:
    """Ask an objective on behalf of a loop that owns itself, and look when an allowance is used up.

    Each call is one iteration, the one that reaches the target the last, so that a budget is kept to the last
    call: the loop is left in the middle, by an exception. The answer is the best point evaluated so far. The
    first point of the first call has to be the start.

    Arguments:
        objective: what is minimised.
        start: the start; it is looked at here, before anything is paid for.
        observe: called with the start, and whenever its allowance is used up.
        multiply_adds: of the loop's own linear algebra for each gradient but the first; charged.

    Attributes:
        best_w: the best point evaluated so far.
        best_loss: its loss.

    Raises:
        StoppedError: by any call, and when it is made, once nothing more is allowed.

    >>> from contextlib import suppress
    >>> from optimizers import FunctionObjective
    >>> def observe(w, *, iterations=0, loss=None, **_):
    ...     print(w, iterations, loss)
    ...     return 0 if iterations else 2
    >>> with suppress(StoppedError):
    ...     asked = Evaluations(FunctionObjective(lambda w: w[0] ** 2, 1), np.array([3.0]), observe)
    ...     for number in range(3, 0, -1):
    ...         _ = asked.value([number])
    [3.] 0 None
    [2.] 2 4.0
    """

    def __init__(
        self, objective: Objective, start: Array, observe: Observe, multiply_adds: float = 0.0
    ) -> None:
        self._multiply_adds = multiply_adds
        self.best_w = start.copy()
        self.best_loss = math.nan
        self._objective = objective
        self._observe = observe
        self._trail: list[float] = []
        self._begun = False
        self._allowance = observe(start.copy())
        if not self._allowance:
            raise StoppedError

    def value(self, w: ArrayLike) -> float:
        """Return the loss at ``w``."""
        point = self._objective.checked(w)
        loss = self._objective.value(point)
        self._done(point, loss)
        return loss

    def value_and_gradient(self, w: ArrayLike) -> tuple[float, Array]:
        """Return the loss at ``w`` and its gradient of shape (n,)."""
        point = self._objective.checked(w)
        if self._begun and self._multiply_adds:
            self._objective.charge(self._multiply_adds)
        loss, gradient = self._objective.value_and_gradient(point)
        self._done(point, loss)
        return loss, gradient

    def values(self, population: ArrayLike) -> Array:
        """Return the loss of each row of a population of shape (P, n)."""
        candidates = self._objective.checked_population(population)
        losses = self._objective.values(candidates)
        best = int(np.where(np.isnan(losses), np.inf, losses).argmin())
        # The trail begins with the start, which is the first of the first population.
        self._done(candidates[best], float(losses[best]), float(losses[0]), losses)
        return losses

    def hessian_product(self, w: ArrayLike, v: ArrayLike) -> Array:
        """Return the Hessian at ``w`` times ``v``, shape (n,): an iteration that finds no point."""
        product = self._objective.curvature.product(w, v)
        self._done(self.best_w, self.best_loss)
        return product

    def finish(self) -> None:
        """Look at what was done since the last look, for a loop that has ended by itself.

        Raises:
            StoppedError: if nothing more is allowed.
        """
        if self._trail:
            self._look()

    def _done(
        self, w: Array, loss: float, first: float | None = None, population_losses: Array | None = None
    ) -> None:
        """Count an iteration that found a point, and look if it was the last one allowed.

        Raises:
            StoppedError: if nothing more is allowed.
        """
        if not self._begun:
            self._begun = True
            self._trail.append(loss if first is None else first)
            self.best_w, self.best_loss = w.copy(), loss
        else:
            self._trail.append(self.best_loss)
            if loss < self.best_loss or not self.best_loss < math.inf:
                self.best_w, self.best_loss = w.copy(), loss
        if len(self._trail) == self._allowance or self.best_loss <= self._objective.target:
            self._look(population_losses)

    def _look(self, population_losses: Array | None = None) -> None:
        trail, self._trail = np.array(self._trail), []
        self._allowance = self._observe(
            self.best_w.copy(),
            iterations=len(trail),
            losses=trail,
            loss=self.best_loss,
            population_losses=population_losses,
        )
        if not self._allowance:
            raise StoppedError
