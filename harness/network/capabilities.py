"""What networks offer beyond values and gradients."""

from __future__ import annotations

import functools
from collections.abc import Iterator

import numpy as np
from numpy.typing import ArrayLike

from harness.network import hessian, jacobian, output_weights
from harness.network.data import with_products
from harness.network.network import Network
from optimizers.arrays import parameters, population_table
from optimizers.capabilities.curvature import Curvature
from optimizers.capabilities.output_layer import OutputLayer
from optimizers.capabilities.residuals import Residuals
from optimizers.counts import Counts
from optimizers.objective import Array
from optimizers.signatures import Data, Unnamed

# Whether it is there depends on the network alone, so an objective asks once, when it is built.


def curvature_of(network: Network, data: Data, rows: int, counts: Counts) -> Curvature:
    """Return products with a network's Hessian, or why there are none."""
    refusal = hessian.refusal(network)
    return Curvature.refused(refusal) if refusal else NetworkCurvature(network, data, rows, counts)


def residuals_of(network: Network, data: Data, rows: int, counts: Counts) -> Residuals:
    """Return the residuals of a network's loss, or why there are none."""
    refusal = jacobian.refusal(network)
    return Residuals.refused(refusal) if refusal else NetworkResiduals(network, data, rows, counts)


def output_layer_of(network: Network, X: Array, Y: Array, counts: Counts) -> OutputLayer:
    """Return a network's output weights to solve for, or why they cannot be."""
    refusal = output_weights.refusal(network)
    return OutputLayer.refused(refusal) if refusal else NetworkOutputLayer(network, X, Y, counts)


class NetworkCurvature(Curvature):
    """Products with the Hessian of the mean loss over all rows, by hand; see ``harness.network.hessian``.

    Arguments:
        network: the network.
        data: its rows, packed for the kernels.
        rows: how many there are.
        counts: those of the objective.
    """

    def __init__(self, network: Network, data: Data, rows: int, counts: Counts) -> None:
        self._network, self._packed, self._rows, self._counts = network, data, rows, counts

    @property
    def cost(self) -> float:
        """Cost of one product, whatever the gradient source."""
        return hessian.cost(self._network.sizes)

    def product(self, w: ArrayLike, v: ArrayLike) -> Array:
        """Return the Hessian at ``w`` times ``v``, shape (n,)."""
        size = self._network.size
        point, vector, product = parameters(w, size), parameters(v, size), np.empty(size)
        self._counts.hessian_rows += self._rows
        curvature = self._network.loss_entry.curvature
        hessian.hessian_product(point, vector, self._data, curvature, product)
        return product

    @functools.cached_property
    def _data(self) -> Unnamed:
        # Made when it is first asked for: compiling its functions takes seconds, once.
        return hessian.pack(self._network, self._packed).unnamed()


class NetworkResiduals(Residuals):
    """The residuals of a squared loss, one for each row and output; see ``harness.network.jacobian``.

    Arguments:
        network: the network.
        data: its rows, packed for the kernels.
        rows: how many there are.
        counts: those of the objective.
    """

    def __init__(self, network: Network, data: Data, rows: int, counts: Counts) -> None:
        self._network, self._packed, self._rows, self._counts = network, data, rows, counts

    @property
    def cost(self) -> float:
        """Cost of all residuals with their Jacobian."""
        return jacobian.cost(self._network.sizes)

    @property
    def count(self) -> int:
        """One for each row and output."""
        return self._rows * self._network.sizes[-1]

    @functools.cached_property
    def _data(self) -> Unnamed:
        return with_products(self._packed).unnamed()

    def blocks(self, w: ArrayLike) -> Iterator[tuple[Array, Array]]:
        """Yield the residuals at ``w`` and their Jacobian, in blocks of rows; see the contract."""
        return self._blocks(parameters(w, self._network.size))

    def _blocks(self, w: Array) -> Iterator[tuple[Array, Array]]:
        network, size, outputs = self._network, self._network.size, self._network.sizes[-1]
        tile, scale = jacobian.rows_of_tile(network, self._rows), jacobian.scale(network, self._rows)
        numbers = jacobian.workspace(network, tile)
        residuals, table = np.empty(outputs * tile), np.empty(size * outputs * tile)
        for first in range(0, self._rows, tile):
            m = min(tile, self._rows - first)
            self._counts.jacobian_rows += m
            jacobian.residuals_of_tile(w, self._data, numbers, scale, first, m, residuals, table)
            filled = table[: size * outputs * m].reshape(size, outputs * m)
            yield residuals[: outputs * m], filled.T


class NetworkOutputLayer(OutputLayer):
    """Output weights by linear least squares; see ``harness.network.output_weights``.

    Arguments:
        network: the network.
        X: inputs, shape (N, features).
        Y: targets, shape (N, outputs).
        counts: those of the objective.
    """

    def __init__(self, network: Network, X: Array, Y: Array, counts: Counts) -> None:
        self._network, self._X, self._Y, self._counts = network, X, Y, counts

    @property
    def cost(self) -> float:
        """Cost of solving for one candidate's output weights."""
        return output_weights.cost(self._network.sizes, len(self._X))

    def solved(self, population: ArrayLike) -> Array:
        """Return a population of shape (P, n) whose output weights are the best for the others."""
        candidates = population_table(population, self._network.size)
        self._counts.solved_rows += len(self._X) * len(candidates)
        return np.array([output_weights.solved(self._network, w, self._X, self._Y) for w in candidates])
