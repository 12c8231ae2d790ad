"""An objective made of residuals: what a fit of a model to data minimises."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import numpy as np
from numpy.typing import ArrayLike

from optimizers.errors import InputError
from optimizers.function_objective import FunctionObjective, central_differences
from optimizers.objective import VALUE_ROWS, Array


class SumOfSquares(FunctionObjective):
    """Make an objective of residuals: the loss is the sum of their squares, without a factor.

    Methods for least squares see the residuals, all others the sum as a plain function. Without a Jacobian of
    your own it is taken by central differences, with the step of ``FunctionObjective``, and costs the
    calls that it takes: 2n, and one for the residuals where the last call was elsewhere.

    Arguments:
        residuals: maps a vector of shape (n,) to one of shape (m,).
        n: number of parameters.
        jacobian: maps the same vector to the derivatives, shape (m, n), or None.
        jacobian_cost: cost of residuals with such a Jacobian, in evaluations of the residuals. The default is
            n + 1: the residuals, and a derivative along each parameter.
        start: draws a point to start from; see ``FunctionObjective``.

    >>> import optimizers
    >>> times = np.linspace(0.0, 2.0, 9)
    >>> fit = SumOfSquares(lambda w: w[0] * np.exp(-w[1] * times) - 3.0 * np.exp(-0.5 * times), 2)
    >>> best = optimizers.minimize(fit, [1.0, 1.0], optimizers.LevenbergMarquardt(), budget=200)
    >>> best.w.round(8).tolist()
    [3.0, 0.5]
    """

    def __init__(
        self,
        residuals: Callable[[Array], ArrayLike],
        n: int,
        jacobian: Callable[[Array], ArrayLike] | None = None,
        jacobian_cost: float | None = None,
        start: Callable[[np.random.Generator], ArrayLike] | None = None,
    ) -> None:
        if not callable(residuals):
            raise InputError(f"residuals is {residuals!r}, expected something callable with a vector")
        if jacobian is not None and not callable(jacobian):
            raise InputError(f"jacobian is {jacobian!r}, expected something callable with a vector, or None")
        if jacobian_cost is not None and not jacobian_cost > 0:
            raise InputError(f"jacobian_cost is {jacobian_cost!r}, expected evaluations above 0, or None")
        self._residuals, self._jacobian = residuals, jacobian
        self._last: tuple[bytes, Array] = (b"", np.empty(0))
        dear = n + 1.0 if jacobian_cost is None else jacobian_cost
        slope = None if jacobian is None else self._slope
        super().__init__(self._sum, n, slope, dear, start)
        self._jacobian_cost = dear if jacobian is not None else 2.0 * n + 1.0

    @property
    def jacobian_cost(self) -> float:
        """Cost of residuals with their Jacobian, in evaluations of the residuals."""
        return self._jacobian_cost

    def residuals_and_jacobian(self, w: ArrayLike) -> Iterator[tuple[Array, Array]]:
        """Yield all residuals at ``w`` and their derivatives, in one block."""
        point = self.checked(w)
        if self._jacobian is None:
            residuals = self._residuals_of(point)
        else:
            # The residuals belong to such a Jacobian, and to its price.
            self.value(point)
            residuals = self._residuals_of(point)
            self.counters[VALUE_ROWS] -= 1
            self.jacobian_rows += 1
        yield residuals, self._checked_jacobian(point, residuals.size)

    def _sum(self, w: Array) -> float:
        residuals = self._checked_residuals(w)
        self._last = w.tobytes(), residuals
        return float(residuals @ residuals)

    def _slope(self, w: Array) -> Array:
        residuals = self._residuals_of(w)
        return 2.0 * self._checked_jacobian(w, residuals.size).T @ residuals

    def _residuals_of(self, w: Array) -> Array:
        """Return the residuals at ``w``; they count as their sum does, and may be known from it."""
        point = w.tobytes()
        if self._last[0] != point or self.prepaid(w[None]):
            self.value(w)
        if self._last[0] != point:
            self._call(w)
        return self._last[1]

    def _counted_residuals(self, w: Array) -> Array:
        self._call(w)
        return self._last[1]

    def _checked_residuals(self, w: Array) -> Array:
        residuals = np.asarray(self._residuals(w.copy()), dtype=np.float64)
        if residuals.ndim != 1:
            raise InputError(
                f"the residuals have shape {residuals.shape}, expected (m,): return a flat vector"
            )
        return residuals

    def _checked_jacobian(self, w: Array, count: int) -> Array:
        if self._jacobian is None:
            return central_differences(self._counted_residuals, w).T
        jacobian = np.asarray(self._jacobian(w.copy()), dtype=np.float64)
        if jacobian.shape != (count, self.size):
            raise InputError(
                f"the Jacobian has shape {jacobian.shape}, expected ({count}, {self.size}): "
                "return a row of derivatives for each residual"
            )
        return jacobian
