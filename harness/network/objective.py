"""The mean loss of a network over training rows, as an objective."""

from __future__ import annotations

from typing import Any

import numba
import numpy as np
from numpy.typing import ArrayLike

from harness.network import few_rows, kernels
from harness.network.data import check_data, pack, signs
from harness.network.network import Network
from harness.network.source import GradientSource
from optimizers.errors import InputError
from optimizers.objective import ALL_ROWS, GRADIENT_ROWS, Array, Compiled, Objective, Rows

USUAL_POPULATION = 100
"""Candidates for which threads have to pay before the parallel kernel is compiled, which takes seconds."""


UNIT_COST = 2.0
"""Cost of one correction of a single unit, a row: a pass forward and one for the weights."""


class NetworkObjective(Objective):
    """The mean loss of a network over training rows.

    Arguments:
        network: the network.
        X: inputs, shape (N, features), finite.
        Y: targets, shape (N, outputs) or (N,), as the loss takes them.
        gradient: the gradient source.
        order: seed of the row order, the same for every optimizer.

    >>> from harness.gradients.analytic import Analytic
    >>> objective = NetworkObjective(Network(sizes=(1, 1)), [[1.0], [2.0]], [1.0, 2.0], Analytic())
    >>> objective.value([1.0, 0.0]), objective.value([0.0, 0.0]), objective.cost
    (0.0, 1.25, 2.0)
    """

    def __init__(
        self,
        network: Network,
        X: ArrayLike,
        Y: ArrayLike,
        gradient: GradientSource,
        order: np.random.SeedSequence | None = None,
    ) -> None:
        inputs, targets = check_data(network, X, Y)
        self.network = network
        self.size, self.rows = network.size, inputs.shape[0]
        self.counters = np.zeros(2, dtype=np.int64)
        # A correction of the single unit is priced by itself, whatever the gradient source costs.
        self._unit_counters = np.zeros(2, dtype=np.int64)
        self._arguments = (network, inputs, targets, gradient, order)
        self._order = order if order is not None else np.random.SeedSequence(0)
        self._data = pack(network, inputs, targets, self.counters)
        self._uncounted = (*self._data[:3], np.zeros(2, dtype=np.int64))
        threads = numba.get_num_threads() > 1 and self._data[1][kernels.GROUPS] > 1
        large = self._data[1][kernels.WORK] * USUAL_POPULATION >= kernels.PARALLEL_WORK
        values = kernels.values_parallel if numba.get_num_threads() > 1 and large else kernels.values
        if self._data[1][kernels.LANES]:
            values = few_rows.values_few_rows
        self.no_gradient = gradient.refusal(network) or ""
        function, gradient_data = None, self._data
        if not self.no_gradient:
            function, gradient_data = gradient.build(network, self._data, threads)
            self.gradient_cost = gradient.cost(network)
        self._functions = Compiled(kernels.value, values, function, self._data, gradient_data)
        self.compiled = self._functions
        classes = signs(targets)
        if len(network.sizes) == 2 and classes is not None:
            unit = Network(sizes=network.sizes, loss="perceptron-soft")
            data = pack(unit, inputs, classes, self._unit_counters)
            self.perceptron = Compiled(kernels.value, kernels.values, kernels.value_and_gradient, data, data)

    def __reduce__(self) -> tuple[Any, ...]:
        """Build it anew in the process that it is sent to: the packed data hold addresses of this one."""
        return _rebuilt, (self._arguments, self.counters.tolist(), self._unit_counters.tolist())

    @property
    def gradient_rows(self) -> int:
        """Rows passed forward and backward so far, for gradients and for corrections of a single unit."""
        return int(self.counters[GRADIENT_ROWS] + self._unit_counters[GRADIENT_ROWS])

    @property
    def cost(self) -> float:
        """Cost so far, in forward-pass equivalents; a correction of a single unit costs two passes a row."""
        corrections = int(self._unit_counters[GRADIENT_ROWS]) * UNIT_COST / self.rows
        gradients = int(self.counters[GRADIENT_ROWS]) * (self.gradient_cost or 0.0)
        return (self.value_rows + gradients) / self.rows + corrections

    def peek(self, w: Array) -> float:
        """Return the loss at ``w`` over all rows without counting it."""
        return float(kernels.value(w, ALL_ROWS, self._uncounted))

    def value(self, w: ArrayLike, rows: Rows | None = None) -> float:
        """Return the loss at ``w``, over all rows or over the given ones in their order."""
        return float(kernels.value(self.checked(w), self._checked_rows(rows), self._data))

    def values(self, population: ArrayLike, rows: Rows | None = None) -> Array:
        """Return the loss of each row of a population of shape (P, n)."""
        candidates = self.checked_population(population)
        losses = np.empty(candidates.shape[0])
        functions = self._functions
        functions.values(candidates, self._checked_rows(rows), functions.data, losses)
        return losses

    def value_and_gradient(self, w: ArrayLike, rows: Rows | None = None) -> tuple[float, Array]:
        """Return the loss at ``w`` and its gradient of shape (n,), over all rows or over the given ones."""
        functions = self._functions
        if functions.value_and_gradient is None:
            raise InputError(f"no gradient: {self.no_gradient}")
        gradient = np.empty(self.size)
        loss = functions.value_and_gradient(
            self.checked(w), self._checked_rows(rows), functions.gradient_data, gradient
        )
        return float(loss), gradient

    def row_order(self) -> np.random.Generator:
        """Return a fresh generator of row orders, the same whichever optimizer asks."""
        return np.random.default_rng(self._order)

    def draw_start(self, rng: np.random.Generator) -> Array:
        """Return parameters drawn by the network's initialiser, shape (n,)."""
        return self.network.start(rng)

    def _checked_rows(self, rows: Rows | None) -> Rows:
        if rows is None:
            return ALL_ROWS
        chosen = np.ascontiguousarray(rows)
        if chosen.ndim != 1 or chosen.size == 0 or chosen.dtype.kind not in "iu":
            raise InputError(f"rows is {rows!r}, expected a flat list of at least one row number")
        if chosen.min() < 0 or chosen.max() >= self.rows:
            raise InputError(f"rows go from {chosen.min()} to {chosen.max()}, expected 0 to {self.rows - 1}")
        return chosen.astype(np.int64)


def _rebuilt(arguments: tuple[Any, ...], counts: list[int], unit_counts: list[int]) -> NetworkObjective:
    objective = NetworkObjective(*arguments)
    objective.counters[:] = counts
    objective._unit_counters[:] = unit_counts
    return objective
