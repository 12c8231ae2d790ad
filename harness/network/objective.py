"""The mean loss of a network over training rows, as an objective."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.typing import ArrayLike

from harness.network import kernels
from harness.network.capabilities import curvature_of, output_layer_of, residuals_of
from harness.network.data import check_data, pack, population_kernel, unit_rows, value_kernel
from harness.network.layout import forward_multiply_adds
from harness.network.network import Network
from harness.network.precision import DOUBLE, SINGLE, TAKE, Precision, check_range, check_single
from harness.network.source import GradientSource
from optimizers.capabilities.curvature import Curvature
from optimizers.capabilities.gradient import Gradient
from optimizers.capabilities.output_layer import OutputLayer
from optimizers.capabilities.residuals import Residuals
from optimizers.capabilities.single_layer import SingleLayer
from optimizers.counts import Counts
from optimizers.errors import InputError
from optimizers.function_addresses import address
from optimizers.objective import ALL_ROWS, FREE_MULTIPLY_ADDS, Array, Compiled, Measurable, Rows
from optimizers.printable import shown
from optimizers.signatures import VALUE, Data, Unnamed


class NetworkObjective(Measurable):
    """The mean loss of a network over training rows.

    Arguments:
        network: the network.
        X: inputs, shape (N, features), finite.
        Y: targets, shape (N, outputs) or (N,), as the loss takes them.
        gradient: the gradient source.
        order: seed of the row order, the same for every optimizer.
        precision: "float64", or "float32" for what a search is told; ``peek`` is float64 either way.

    Raises:
        InputError: for data that do not fit, or a network that is not evaluated in single precision.

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
        precision: Precision = DOUBLE,
    ) -> None:
        inputs, targets = check_data(network, X, Y)
        self.network = network
        self.size, self.rows = network.size, inputs.shape[0]
        self.counters = np.zeros(2, dtype=np.int64)
        self.rounded = precision == SINGLE
        self._arguments = (network, inputs, targets, gradient)
        self._precision = precision
        self._order = order if order is not None else np.random.SeedSequence(0)
        self._later_order: Callable[[], np.random.SeedSequence] | None = None
        if self.rounded:
            check_single(network)
            check_range(inputs, targets)
        data = pack(network, inputs, targets, self.counters, precision)
        measured = pack(network, inputs, targets, self.counters) if self.rounded else data
        self._value = value_kernel(measured)
        self._uncounted = _uncounted(measured)
        self._uncounted_told = _uncounted(data)
        values = population_kernel(data)
        function, gradient_data = None, data
        refusal = gradient.refusal(network)
        if self.rounded and not gradient.single:
            refusal = f"source '{gradient.name()}' is not there in single precision: {TAKE}, or analytic"
        if refusal is None:
            function, gradient_data = gradient.build(network, data)
            self.gradient = Gradient(gradient.cost(network))
        else:
            self.gradient = Gradient.refused(refusal)
        self._functions = Compiled(
            value_kernel(data), values, function, data.unnamed(), gradient_data.unnamed()
        )
        self.compiled = self._functions
        unit = unit_rows(network, inputs, targets)
        if unit is not None:
            self.single_layer = SingleLayer(unit, self.counters, self.counts)
        self.curvature = curvature_of(network, data, self.rows, self.counts)
        self.residuals = residuals_of(network, data, self.rows, self.counts)
        self.output_layer = output_layer_of(network, inputs, targets, self.counts)
        if self.rounded:
            self._refuse_the_rest()

    def _refuse_the_rest(self) -> None:
        """Refuse what is there in float64 alone; what a network does not offer at all has its own reason."""
        offered: dict[str, Any] = {
            "curvature": Curvature,
            "residuals": Residuals,
            "output_layer": OutputLayer,
            "single_layer": SingleLayer,
        }
        for name, kind in offered.items():
            if getattr(self, name):
                setattr(self, name, kind.refused(f"single precision has losses and gradients alone: {TAKE}"))

    def __reduce__(self) -> tuple[Any, ...]:
        """Build it anew in the process that it is sent to: the packed data hold addresses of this one."""
        arguments = (*self._arguments, self._row_seed(), self._precision)
        return _rebuilt, (arguments, self.counters.tolist(), self.counts)

    def renew(self, order: Callable[[], np.random.SeedSequence]) -> None:
        """Begin with nothing counted and another row order, as if built anew.

        Arguments:
            order: asked for the seed of the row order when there is need of it.
        """
        self.counters[:] = 0
        # In place, for capabilities count into them.
        Counts.__init__(self.counts)
        self._later_order = order

    def peek(self, w: Array) -> float:
        """Return the loss at ``w`` over all rows without counting it."""
        return float(self._value(w, ALL_ROWS, self._uncounted))

    def peek_rounded(self, w: Array) -> float:
        """Return the loss at ``w`` as a search is told it, without counting it."""
        return float(self._functions.value(w, ALL_ROWS, self._uncounted_told))

    def peeks(self, points: Array) -> Array:
        """Return the loss at each of some points, shape (K, n), without counting it."""
        losses = np.empty(len(points))
        kernels.value_of_each(address(self._value, VALUE), points, ALL_ROWS, self._uncounted, losses)
        return losses

    def linear_algebra_cost(self, multiply_adds: float, evaluations: float = 1.0) -> float:
        """Return linear algebra as the passes of all rows that it amounts to, one pass being every weight."""
        own = multiply_adds - FREE_MULTIPLY_ADDS * self.size * evaluations
        return max(0.0, own) / (self.rows * forward_multiply_adds(self.network.sizes))

    def value(self, w: ArrayLike, rows: Rows | None = None) -> float:
        """Return the loss at ``w``, over all rows or over the given ones in their order."""
        return float(self._functions.value(self.checked(w), self._checked_rows(rows), self._functions.data))

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
            raise InputError(f"no gradient: {self.gradient.reason}")
        gradient = np.empty(self.size)
        loss = functions.value_and_gradient(
            self.checked(w), self._checked_rows(rows), functions.gradient_data, gradient
        )
        return float(loss), gradient

    def row_order(self) -> np.random.Generator:
        """Return a fresh generator of row orders, the same whichever optimizer asks."""
        return np.random.default_rng(self._row_seed())

    def _row_seed(self) -> np.random.SeedSequence:
        return self._order if self._later_order is None else self._later_order()

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


def _uncounted(data: Data) -> Unnamed:
    return data._replace(counters=np.zeros(2, dtype=np.int64)).unnamed()


def _rebuilt(arguments: tuple[Any, ...], counters: list[int], counts: Counts) -> NetworkObjective:
    objective = NetworkObjective(*arguments)
    objective.counters[:] = counters
    # In place, for capabilities count into them.
    vars(objective.counts).update(vars(counts))
    return objective
