"""The mean loss of a network over training rows, as an objective."""

from __future__ import annotations

import functools
from collections.abc import Iterator
from typing import Any

import numpy as np
from numpy.typing import ArrayLike

from harness.network import hessian, jacobian, kernels, output_weights
from harness.network.data import check_data, gradient_pays_for_threads, pack, population_kernel, single_layer
from harness.network.layout import forward_multiply_adds
from harness.network.network import Network
from harness.network.source import Data, GradientSource
from optimizers.errors import InputError
from optimizers.objective import ALL_ROWS, FREE_MULTIPLY_ADDS, Array, Compiled, Counts, Measurable, Rows
from optimizers.shown import shown


class NetworkObjective(Measurable):
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

    parameters_alike = True

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
        self._arguments = (network, inputs, targets, gradient, order)
        self._order = order if order is not None else np.random.SeedSequence(0)
        self._data = pack(network, inputs, targets, self.counters)
        self._uncounted = (*self._data[:3], np.zeros(2, dtype=np.int64))
        threads = gradient_pays_for_threads(self._data)
        values = population_kernel(self._data)
        self.no_gradient = gradient.refusal(network) or ""
        function, gradient_data = None, self._data
        if not self.no_gradient:
            function, gradient_data = gradient.build(network, self._data, threads)
            self.gradient_cost = gradient.cost(network)
        self._functions = Compiled(kernels.value, values, function, self._data, gradient_data)
        self.compiled = self._functions
        self.single_layer = single_layer(network, inputs, targets)

    def __reduce__(self) -> tuple[Any, ...]:
        """Build it anew in the process that it is sent to: the packed data hold addresses of this one."""
        return _rebuilt, (self._arguments, self.counters.tolist(), self.counts)

    @property
    def hessian_cost(self) -> float | None:
        """Cost of one product with the Hessian, whatever the gradient source; None where there is none."""
        return None if self.no_hessian else hessian.cost(self.network.sizes)

    @property
    def no_hessian(self) -> str:
        """Why there are no products with the Hessian, or an empty sentence."""
        return hessian.refusal(self.network)

    @property
    def jacobian_cost(self) -> float | None:
        """Cost of all residuals with their Jacobian; None where the loss is no sum of squares."""
        return None if self.no_residuals else jacobian.cost(self.network.sizes)

    @property
    def residual_count(self) -> int:
        """One for each row and output."""
        return self.rows * self.network.sizes[-1]

    @property
    def no_residuals(self) -> str:
        """Why there are no residuals, or an empty sentence."""
        return jacobian.refusal(self.network)

    @property
    def output_weights_cost(self) -> float | None:
        """Cost of solving for one candidate's output weights; None where they are not linear."""
        return None if self.no_output_weights else output_weights.cost(self.network.sizes, self.rows)

    @property
    def no_output_weights(self) -> str:
        """Why output weights cannot be solved for, or an empty sentence."""
        return output_weights.refusal(self.network)

    def peek(self, w: Array) -> float:
        """Return the loss at ``w`` over all rows without counting it."""
        return float(kernels.value(w, ALL_ROWS, self._uncounted))

    def linear_algebra_cost(self, multiply_adds: float, evaluations: float = 1.0) -> float:
        """Return linear algebra as the passes of all rows that it amounts to, one pass being every weight."""
        own = multiply_adds - FREE_MULTIPLY_ADDS * self.size * evaluations
        return max(0.0, own) / (self.rows * forward_multiply_adds(self.network.sizes))

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

    def hessian_product(self, w: ArrayLike, v: ArrayLike) -> Array:
        """Return the Hessian of the mean loss over all rows at ``w`` times ``v``, shape (n,)."""
        if self.no_hessian:
            return super().hessian_product(w, v)
        point, vector, product = self.checked(w), self.checked(v), np.empty(self.size)
        self.hessian_rows += self.rows
        curvature = self.network.loss_entry.curvature
        hessian.hessian_product(point, vector, self._hessian_data, curvature, product)
        return product

    @functools.cached_property
    def _hessian_data(self) -> Data:
        # Made when it is first asked for: compiling its functions takes seconds, once.
        return hessian.pack(self.network, self._data)

    def residuals_and_jacobian(self, w: ArrayLike) -> Iterator[tuple[Array, Array]]:
        """Yield the residuals at ``w`` and their Jacobian, in blocks of rows; see the contract."""
        if self.no_residuals:
            return super().residuals_and_jacobian(w)
        return self._residual_blocks(self.checked(w))

    def _residual_blocks(self, w: Array) -> Iterator[tuple[Array, Array]]:
        network, outputs = self.network, self.network.sizes[-1]
        tile, scale = jacobian.rows_of_tile(network, self.rows), jacobian.scale(network, self.rows)
        numbers = jacobian.workspace(network, tile)
        residuals, table = np.empty(outputs * tile), np.empty(self.size * outputs * tile)
        for first in range(0, self.rows, tile):
            m = min(tile, self.rows - first)
            self.jacobian_rows += m
            jacobian.residuals_of_tile(w, self._data, numbers, scale, first, m, residuals, table)
            filled = table[: self.size * outputs * m].reshape(self.size, outputs * m)
            yield residuals[: outputs * m], filled.T

    def with_output_weights(self, population: ArrayLike) -> Array:
        """Return a population of shape (P, n) whose output weights are the best for the others."""
        candidates = self.checked_population(population)
        if self.no_output_weights:
            return super().with_output_weights(candidates)
        self.solved_rows += self.rows * len(candidates)
        network, X, Y = self._arguments[:3]
        return np.array([output_weights.solved(network, w, X, Y) for w in candidates])

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
            raise InputError(f"rows is {shown(rows)}, expected a flat list of at least one row number")
        if chosen.min() < 0 or chosen.max() >= self.rows:
            raise InputError(f"rows go from {chosen.min()} to {chosen.max()}, expected 0 to {self.rows - 1}")
        return chosen.astype(np.int64)


def _rebuilt(arguments: tuple[Any, ...], counters: list[int], counts: Counts) -> NetworkObjective:
    objective = NetworkObjective(*arguments)
    objective.counters[:], objective.counts = counters, counts
    return objective
