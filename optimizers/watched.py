"""Capabilities as a view shows them: each use is paid for out of the budget before it is made."""

from __future__ import annotations

import math
from collections.abc import Iterator

import numpy as np
from numpy.typing import ArrayLike

from optimizers.capabilities.curvature import Curvature
from optimizers.capabilities.output_layer import OutputLayer
from optimizers.capabilities.residuals import Residuals
from optimizers.counts import VALUE_ROWS
from optimizers.objective import Array, Measurable
from optimizers.watch import StoppedError, Watch


class WatchedCurvature(Curvature):
    """Products with the Hessian, each of which is asked for first.

    Arguments:
        shown: the objective's own.
        watch: says whether it is allowed.
    """

    def __init__(self, shown: Curvature, watch: Watch) -> None:
        self._shown, self._watch = shown, watch

    @property
    def cost(self) -> float:
        """Cost of one product."""
        return self._shown.cost

    def product(self, w: ArrayLike, v: ArrayLike) -> Array:
        """Return the Hessian at ``w`` times ``v``, shape (n,), and count it."""
        self._watch.before(self.cost)
        return self._shown.product(w, v)


class WatchedOutputLayer(OutputLayer):
    """Output weights, each population of which is asked for first.

    Arguments:
        shown: the objective's own.
        watch: says whether it is allowed.
        objective: whose it is.
    """

    def __init__(self, shown: OutputLayer, watch: Watch, objective: Measurable) -> None:
        self._shown, self._watch, self._objective = shown, watch, objective

    @property
    def cost(self) -> float:
        """Cost of one candidate."""
        return self._shown.cost

    def solved(self, population: ArrayLike) -> Array:
        """Return a population of shape (P, n) whose output weights are the best for the others; count it."""
        candidates = self._objective.checked_population(population)
        self._watch.before(len(candidates) * self.cost)
        return self._shown.solved(candidates)


class WatchedResiduals(Residuals):
    """Residuals, which are asked for first, and whose sum of squares is noted.

    Where it reaches the target the last block is followed by no other call, and the whole counts as a value;
    a function of the user's is called for the loss first, and goes no further there.

    Arguments:
        shown: the objective's own.
        watch: says whether they are allowed, and takes note.
        objective: whose they are.
        target: loss at which the run is solved, or NaN.
    """

    def __init__(self, shown: Residuals, watch: Watch, objective: Measurable, target: float) -> None:
        self._shown, self._watch, self._objective, self._target = shown, watch, objective, target

    @property
    def cost(self) -> float:
        """Cost of all residuals with their Jacobian."""
        return self._shown.cost

    @property
    def count(self) -> int:
        """How many residuals there are."""
        return self._shown.count

    def blocks(self, w: ArrayLike) -> Iterator[tuple[Array, Array]]:
        """Yield all residuals at ``w`` with their Jacobian, in blocks, and count them."""
        objective = self._objective
        point = objective.checked(w)
        self._watch.before(self.cost - objective.prepaid(point[np.newaxis]))
        if objective.slope_by_calls and not math.isnan(self._target):
            loss = objective.peek(point)
            if loss <= self._target:
                self._watch.found(point, loss)
                raise StoppedError
        before, loss = objective.jacobian_rows, 0.0
        for residuals, jacobian in self._shown.blocks(point):
            loss += float(residuals @ residuals)
            yield residuals, jacobian
        if loss <= self._target and not objective.slope_by_calls:
            objective.jacobian_rows = before
            objective.counters[VALUE_ROWS] += objective.rows
        self._watch.found(point, loss)
