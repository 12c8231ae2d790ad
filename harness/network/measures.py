"""What the log wants to know of many parameter vectors at once: losses, accuracies, norms of gradients.

A look at a run takes its parameters along and measures them later, all looks of the run together: one call
in place of four for each look.
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from harness.network import kernels
from harness.network.data import gradient_kernel, pack, population_kernel
from harness.network.loss import ROW_LOSSES
from harness.network.network import Network
from harness.network.precision import DOUBLE, Precision
from optimizers.compilation import compiled
from optimizers.function_addresses import address, caller
from optimizers.objective import ALL_ROWS, Array
from optimizers.signatures import VALUE_AND_GRADIENT, Data

_value_and_gradient = caller(VALUE_AND_GRADIENT)


@compiled()
def _gradient_norms(function: int, points: Any, rows: Any, data: Any, gradient: Any, norms: Any) -> None:
    for p in range(points.shape[0]):
        _value_and_gradient(function, points[p], rows, data, gradient)
        squares = 0.0
        for i in range(gradient.size):
            squares += gradient[i] * gradient[i]
        norms[p] = math.sqrt(squares)


class RowsMeasured:
    """Measure parameter vectors on some rows; nobody is charged for it.

    Arguments:
        network: the network.
        X: inputs, shape (N, features).
        Y: targets, shape (N, outputs).
        precision: of the losses; all else is float64.
    """

    def __init__(self, network: Network, X: Array, Y: Array, precision: Precision = DOUBLE) -> None:
        self._network = network
        self._rows = len(X)
        self._data = pack(network, X, Y, np.zeros(2, dtype=np.int64), precision)
        self._values = population_kernel(self._data)

    def losses(self, points: Array) -> Array:
        """Return the mean loss at each of some points, shape (K, n)."""
        return self._means(points, self._data)

    def accuracies(self, points: Array) -> Array:
        """Return the part of rows whose class is named rightly at each point.

        The part of wrong rows is a mean over rows like any loss, and the kernels of the losses work it out.
        Without a count of its own (``misses``) a loss has no accuracies: they are NaN.
        """
        if self._network.loss_entry.misses is None:
            return np.full(len(points), math.nan)
        counted = self._data.integers.copy()
        counted[kernels.LOSS] = address(self._network.loss_entry.misses, ROW_LOSSES)
        misses = np.rint(self._means(points, self._data._replace(integers=counted)) * self._rows)
        return (self._rows - misses) / self._rows

    def gradient_norms(self, points: Array) -> Array:
        """Return the Euclidean norm of the gradient at each point, by backpropagation."""
        norms, gradient = np.empty(len(points)), np.empty(self._network.size)
        where = address(gradient_kernel(self._data), VALUE_AND_GRADIENT)
        _gradient_norms(where, points, ALL_ROWS, self._data.unnamed(), gradient, norms)
        return norms

    def _means(self, points: Array, data: Data) -> Array:
        means = np.empty(len(points))
        self._values(points, ALL_ROWS, data.unnamed(), means)
        return means
