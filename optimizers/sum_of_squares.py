"""An objective made of residuals: what a fit of a model to data minimises."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import numpy as np
from numpy.typing import ArrayLike

from optimizers.arguments import Size, Text, accepts
from optimizers.arrays import real_array
from optimizers.capabilities.residuals import Residuals
from optimizers.counts import VALUE_ROWS
from optimizers.errors import InputError
from optimizers.function_objective import FunctionObjective
from optimizers.named import is_function
from optimizers.objective import Array
from optimizers.options import Positive
from optimizers.printable import shown


class SumOfSquares(FunctionObjective):
    """Make an objective of residuals: the loss is the sum of their squares, without a factor.

    Methods for least squares see the residuals, all others the sum as a plain function. Without a Jacobian of
    your own it is taken by differences, and costs the calls that it takes; see ``FunctionObjective``.

    Arguments:
        residuals: maps a vector of shape (n,) to one of shape (m,).
        n: number of parameters.
        jacobian: maps the same vector to the derivatives, shape (m, n), or None.
        jacobian_cost: cost of residuals with such a Jacobian, in evaluations of the residuals. The default is
            n + 1: the residuals, and a derivative along each parameter.
        start: draws a point to start from; see ``FunctionObjective``.
        difference: "central-difference", "forward-difference" or "adaptive-difference", where there is no
            Jacobian.
        sizes: typical sizes of the parameters; see ``FunctionObjective``.

    >>> import optimizers
    >>> times = np.linspace(0.0, 2.0, 9)
    >>> fit = SumOfSquares(lambda w: w[0] * np.exp(-w[1] * times) - 3.0 * np.exp(-0.5 * times), 2)
    >>> best = optimizers.minimize(fit, [1.0, 1.0], optimizers.LevenbergMarquardt(), budget=200)
    >>> best.w.round(8).tolist()
    [3.0, 0.5]
    """

    @accepts(n=Size, jacobian_cost=Positive | None, difference=Text)
    def __init__(
        self,
        residuals: Callable[[Array], ArrayLike],
        n: int,
        jacobian: Callable[[Array], ArrayLike] | None = None,
        jacobian_cost: float | None = None,
        start: Callable[[np.random.Generator], ArrayLike] | None = None,
        difference: str = "central-difference",
        sizes: ArrayLike | None = None,
    ) -> None:
        if not is_function(residuals):
            raise InputError(f"residuals is {shown(residuals)}, expected something callable with a vector")
        if jacobian is not None and not is_function(jacobian):
            raise InputError(
                f"jacobian is {shown(jacobian)}, expected something callable with a vector, or None"
            )
        self._residuals, self._jacobian = residuals, jacobian
        self._last: tuple[bytes, Array] = (b"", np.empty(0))
        self._count: int | None = None
        dear = n + 1.0 if jacobian_cost is None else jacobian_cost
        slope = None if jacobian is None else self._slope
        super().__init__(self._sum, n, slope, dear, start, difference=difference, sizes=sizes)
        price = dear if jacobian is not None else self._differences.values(self.size)
        self.residuals = FunctionResiduals(self, price)

    def _sum(self, w: Array) -> float:
        residuals = self._checked_residuals(w)
        self._last = w.tobytes(), residuals
        return float(residuals @ residuals)

    def _slope(self, w: Array) -> Array:
        residuals = self._residuals_of(w)
        return 2.0 * self._checked_jacobian(w, residuals).T @ residuals

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
        # A copy, for the function may fill and return one array again and again.
        residuals = real_array("what the residuals return", self._residuals(w.copy()))
        if residuals.ndim != 1 or not residuals.size:
            raise InputError(
                f"the residuals have shape {residuals.shape}, expected (m,): return a flat vector"
            )
        if self._count is None:
            self._count = residuals.size
        if residuals.size != self._count:
            raise InputError(
                f"the residuals are {residuals.size} numbers, and {self._count} at another point: return as "
                "many for all parameters"
            )
        return residuals

    def _checked_jacobian(self, w: Array, residuals: Array) -> Array:
        if self._jacobian is None:
            return self._differences(self._counted_residuals, w, residuals).T
        jacobian = real_array("what the Jacobian returns", self._jacobian(w.copy()))
        if jacobian.shape != (residuals.size, self.size):
            raise InputError(
                f"the Jacobian has shape {jacobian.shape}, expected ({residuals.size}, {self.size}): "
                "return a row of derivatives for each residual"
            )
        return jacobian

    def with_jacobian(self, w: ArrayLike) -> tuple[Array, Array]:
        """Return all residuals at ``w`` and their derivatives, and count them."""
        point = self.checked(w)
        if self._jacobian is None:
            residuals = self._residuals_of(point)
        else:
            # The residuals belong to such a Jacobian, and to its price.
            self.value(point)
            residuals = self._residuals_of(point)
            self.counters[VALUE_ROWS] -= 1
            self.jacobian_rows += 1
        return residuals, self._checked_jacobian(point, residuals)


class FunctionResiduals(Residuals):
    """The residuals of a user's callable, in one block.

    Arguments:
        objective: whose residuals they are; it counts them.
        cost: of residuals with their Jacobian, in evaluations of the residuals.
    """

    def __init__(self, objective: SumOfSquares, cost: float) -> None:
        self._objective, self._cost = objective, cost

    @property
    def cost(self) -> float:
        """Cost of residuals with their Jacobian, in evaluations of the residuals."""
        return self._cost

    @property
    def count(self) -> int:
        """How many residuals there are; a plain function charges no linear algebra by them."""
        return self._objective.rows

    def blocks(self, w: ArrayLike) -> Iterator[tuple[Array, Array]]:
        """Yield all residuals at ``w`` and their derivatives, in one block."""
        yield self._objective.with_jacobian(w)
