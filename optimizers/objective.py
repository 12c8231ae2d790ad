"""Contract 1: what an optimizer may ask of an objective.

An objective maps parameters ``w``, a flat float64 vector of ``size`` numbers, to a loss, and counts what it
is asked for. An optimizer sees nothing else: no network, no data, no labels. There is one exception: methods
that train a single layer go from row to row in ``single_layer``, and tell ``count_rows`` what they do.

Two doors lead to the same numbers. The Python methods check their arguments and serve code that owns its
loop (PyGAD, SciPy). ``compiled`` holds the same functions for loops that are compiled themselves; their
signatures are fixed, so that one compiled loop serves every objective that will ever be written. Either
door moves the same counters.

Cost is stated in forward-pass equivalents (FPE): 1 is one forward pass of all rows for one parameter
vector. m of N rows cost m/N, a population of P costs P, a gradient costs ``gradient_cost`` a pass, a product
with the Hessian ``hessian_cost``, and the residuals of all rows with their Jacobian ``jacobian_cost``.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Iterator
from typing import Any, NamedTuple

import numpy as np
from numba import types
from numpy.typing import ArrayLike, NDArray

from optimizers.errors import InputError

Array = NDArray[np.float64]
Rows = NDArray[np.int64]

REALS = types.float64[::1]
INTEGERS = types.int64[::1]
DATA = types.Tuple((REALS, INTEGERS, REALS, INTEGERS))
"""What a compiled objective carries: numbers, sizes and codes, workspace, counters."""

VALUE = types.float64(REALS, INTEGERS, DATA)
"""``value(w, rows, data) -> loss``. No rows at all means every row, in order."""

VALUES = types.void(types.float64[:, ::1], INTEGERS, DATA, REALS)
"""``values(population, rows, data, losses)``: writes the loss of each row of the population."""

VALUE_AND_GRADIENT = types.float64(REALS, INTEGERS, DATA, REALS)
"""``value_and_gradient(w, rows, data, gradient) -> loss``: writes the gradient."""

VALUE_ROWS, GRADIENT_ROWS = 0, 1
"""Places in the counters: rows passed forward for a value, rows passed for a gradient."""

ALL_ROWS: Rows = np.empty(0, dtype=np.int64)

CORRECTION_COST = 2.0
"""Passes that a row costs in a rule that corrects a single unit by it: one forward, one for the weights."""


class SingleLayer(NamedTuple):
    """The training rows of one unit on two classes; what is done with them is told to ``count_rows``."""

    X: Array
    """Inputs, shape (N, features), which nobody may change. ``w`` holds their weights, then the bias."""
    y: Array
    """Classes, shape (N,), -1 and +1. The unit says +1 where ``X w + b >= 0``."""


class Compiled(NamedTuple):
    """The compiled face of an objective: functions of the fixed signatures above, and their data.

    A loop takes them by their addresses; see ``optimizers.first_class``.
    """

    value: Any
    values: Any
    value_and_gradient: Any | None
    data: tuple[Array, Rows, Array, Rows]
    """Of ``value`` and ``values``."""
    gradient_data: tuple[Array, Rows, Array, Rows]
    """Of ``value_and_gradient``: a gradient source may have data of its own. The counters are the same."""


class Objective(ABC):
    """What is minimised: a function of ``size`` parameters, a mean over ``rows`` rows, that counts its use.

    Attributes:
        size: number of parameters n.
        rows: number of training rows N; 1 where the objective is no mean over rows.
        counters: int64 array, rows counted so far at ``VALUE_ROWS`` and ``GRADIENT_ROWS``.
        gradient_cost: cost in FPE of one ``value_and_gradient`` over all rows, or None where there is no
            gradient. A source that works by values alone (finite differences) moves the counter of value
            rows and leaves the one of gradient rows at 0.
        no_gradient: why there is no gradient, with the remedy where there is one (``reason: take ...``), or
            an empty sentence.
        single_layer: for a single layer of one unit on two classes, its training rows; None elsewhere.
        corrected_rows: rows that were passed for a correction of the single unit.
        mistakes: mistakes that a search has corrected, row by row; None where it does not go by mistakes.
        hessian_rows: rows counted so far for products with the Hessian.
        jacobian_rows: rows counted so far for residuals with their Jacobian.
        solved_rows: rows counted so far for solving for output weights.
    """

    size: int
    rows: int = 1
    counters: Rows
    gradient_cost: float | None = None
    no_gradient: str = ""
    compiled: Compiled | None = None
    single_layer: SingleLayer | None = None
    corrected_rows: int = 0
    mistakes: int | None = None
    hessian_rows: int = 0
    jacobian_rows: int = 0
    solved_rows: int = 0

    @abstractmethod
    def value(self, w: ArrayLike, rows: Rows | None = None) -> float:
        """Return the loss at ``w``, over all rows or over the given ones, and count it."""

    @abstractmethod
    def values(self, population: ArrayLike, rows: Rows | None = None) -> Array:
        """Return the loss of each row of a population of shape (P, n), and count them."""

    @abstractmethod
    def value_and_gradient(self, w: ArrayLike, rows: Rows | None = None) -> tuple[float, Array]:
        """Return the loss at ``w`` and its gradient of shape (n,), and count both."""

    @abstractmethod
    def peek(self, w: Array) -> float:
        """Return the loss at ``w`` over all rows without counting it: for the log, never for a search."""

    def row_order(self) -> np.random.Generator:
        """Return a fresh generator of row orders, the same whichever optimizer asks."""
        return np.random.default_rng(0)

    def draw_start(self, rng: np.random.Generator) -> Array:
        """Return another point to start from, shape (n,), from where starts of this objective come.

        Standard normal numbers where the objective knows no better.
        """
        return rng.standard_normal(self.size)

    @property
    def hessian_cost(self) -> float | None:
        """Cost in FPE of one ``hessian_product``, or None where there is no Hessian."""
        return None

    @property
    def no_hessian(self) -> str:
        """Why there is no Hessian, with the remedy where there is one, or an empty sentence."""
        return "" if self.hessian_cost is not None else "there are no products with the Hessian"

    def hessian_product(self, w: ArrayLike, v: ArrayLike) -> Array:
        """Return the Hessian of the loss over all rows at ``w`` times ``v``, exact, shape (n,), and count it.

        Raises:
            InputError: if there is none, with the reason.
        """
        raise InputError(f"no products with the Hessian: {self.no_hessian}")

    @property
    def jacobian_cost(self) -> float | None:
        """Cost in FPE of all residuals with their Jacobian, or None where the loss is no sum of squares."""
        return None

    @property
    def no_residuals(self) -> str:
        """Why there are no residuals, with the remedy where there is one, or an empty sentence."""
        return "" if self.jacobian_cost is not None else "the loss is not given as a sum of squares"

    def residuals_and_jacobian(self, w: ArrayLike) -> Iterator[tuple[Array, Array]]:
        """Yield all residuals at ``w`` with their Jacobian, in blocks of shapes (m,) and (m, n); count them.

        The loss over all rows is ``r' r``, the sum of the squares of all residuals r without a factor, so
        that its gradient is ``2 J' r``. A block may be written over by the next.

        Raises:
            InputError: if there are none, with the reason.
        """
        raise InputError(f"no residuals: {self.no_residuals}")

    @property
    def output_weights_cost(self) -> float | None:
        """Cost in FPE of one candidate's ``with_output_weights``, or None where nothing can be solved for."""
        return None

    @property
    def no_output_weights(self) -> str:
        """Why no output weights can be solved for, or an empty sentence."""
        return "" if self.output_weights_cost is not None else "there is no linear output layer"

    def with_output_weights(self, population: ArrayLike) -> Array:
        """Return a population of shape (P, n) whose output weights are the best for the others, and count it.

        Raises:
            InputError: if they cannot be solved for, with the reason.
        """
        raise InputError(f"no output weights to solve for: {self.no_output_weights}")

    def count_rows(self, value_rows: int = 0, corrected_rows: int = 0, mistakes: int | None = None) -> None:
        """Count what was done with the rows of ``single_layer``, none of which goes through the objective.

        Arguments:
            value_rows: rows passed forward, or work of as many multiply-adds; a row costs 1 / N.
            corrected_rows: rows passed forward and, right or wrong, for a correction; a row costs 2 / N.
            mistakes: how many of them were corrected. A search that goes by mistakes says so with 0 before
                its first look.
        """
        self.counters[VALUE_ROWS] += value_rows
        self.corrected_rows += corrected_rows
        if mistakes is not None:
            self.mistakes = (self.mistakes or 0) + mistakes

    @property
    def value_rows(self) -> int:
        """Rows passed forward for values so far."""
        return int(self.counters[VALUE_ROWS])

    @property
    def gradient_rows(self) -> int:
        """Rows passed forward and backward so far, for derivatives and for corrections of a single unit."""
        derivatives = self.hessian_rows + self.jacobian_rows
        return int(self.counters[GRADIENT_ROWS]) + derivatives + self.corrected_rows

    @property
    def cost(self) -> float:
        """Cost so far, in forward-pass equivalents."""
        paid = int(self.counters[GRADIENT_ROWS]) * (self.gradient_cost or 0.0)
        paid += self.corrected_rows * CORRECTION_COST
        # Only what was asked for: stating these prices takes longer than all else at a look.
        for rows, price in (
            (self.hessian_rows, "hessian_cost"),
            (self.jacobian_rows, "jacobian_cost"),
            (self.solved_rows, "output_weights_cost"),
        ):
            if rows:
                paid += rows * (getattr(self, price) or 0.0)
        return (self.value_rows + paid) / self.rows

    def checked(self, w: ArrayLike) -> Array:
        """Return parameters as a contiguous float64 vector of the right length.

        Raises:
            InputError: if the length is another.
        """
        vector = np.ascontiguousarray(w, dtype=np.float64)
        if vector.shape != (self.size,):
            raise InputError(
                f"parameters have shape {vector.shape}, expected ({self.size},): "
                "give one flat vector with a number for each parameter"
            )
        return vector

    def checked_population(self, population: ArrayLike) -> Array:
        """Return a population as a contiguous float64 array of shape (P, n).

        Raises:
            InputError: if it is not two-dimensional or its rows have another length.
        """
        table = np.ascontiguousarray(population, dtype=np.float64)
        if table.ndim != 2 or table.shape[1] != self.size:
            raise InputError(
                f"population has shape {table.shape}, expected (P, {self.size}): give one row a candidate"
            )
        return table


class FunctionObjective(Objective):
    """Make an objective of any Python callable, so that every optimizer also serves plain functions.

    Without a gradient of your own the gradient is taken by central differences, with the step
    ``eps^(1/3) max(1, abs(w_i))`` that balances truncation against round-off (Nocedal and Wright,
    Numerical Optimization, 2nd ed., eq. 8.8), and it costs the 2n + 1 values that it takes.

    Arguments:
        function: maps a vector of shape (n,) to a number.
        n: number of parameters.
        gradient: maps the same vector to an array of shape (n,), or None.
        gradient_cost: cost of one value with such a gradient, in function evaluations. The default, 3, is
            what the reverse mode takes for a chain of products: one pass forward, two back.
        start: draws a point to start from with the generator that it is handed, for methods that start
            more than once; None draws standard normal numbers.
        hessian_product: maps a point and a vector, both of shape (n,), to the Hessian there times the vector,
            or None.
        hessian_cost: cost of one such product, in function evaluations. The default, 6, is the derivative of
            such a gradient along a vector: each of its products becomes two.

    >>> objective = FunctionObjective(lambda w: float(w @ w), 3)
    >>> loss, gradient = objective.value_and_gradient([1.0, 2.0, 3.0])
    >>> loss, gradient.round(6).tolist(), objective.cost
    (14.0, [2.0, 4.0, 6.0], 7.0)
    """

    def __init__(
        self,
        function: Callable[[Array], float],
        n: int,
        gradient: Callable[[Array], ArrayLike] | None = None,
        gradient_cost: float = 3.0,
        start: Callable[[np.random.Generator], ArrayLike] | None = None,
        hessian_product: Callable[[Array, Array], ArrayLike] | None = None,
        hessian_cost: float = 6.0,
    ) -> None:
        if not callable(function):
            raise InputError(f"function is {function!r}, expected something callable with a vector")
        if gradient is not None and not callable(gradient):
            raise InputError(f"gradient is {gradient!r}, expected something callable with a vector, or None")
        if not isinstance(n, int) or n < 1:
            raise InputError(f"n is {n!r}, expected the number of parameters, 1 or more")
        if not gradient_cost > 0:
            raise InputError(f"gradient_cost is {gradient_cost!r}, expected evaluations above 0")
        if hessian_product is not None and not callable(hessian_product):
            raise InputError(
                f"hessian_product is {hessian_product!r}, expected something callable with two vectors"
            )
        if not hessian_cost > 0:
            raise InputError(f"hessian_cost is {hessian_cost!r}, expected evaluations above 0")
        self.size = n
        self.counters = np.zeros(2, dtype=np.int64)
        self.gradient_cost = gradient_cost if gradient is not None else 2.0 * n + 1.0
        self._function = function
        self._gradient = gradient
        self._start = start
        self._hessian_product = hessian_product
        self._hessian_cost = hessian_cost

    @property
    def hessian_cost(self) -> float | None:
        """Cost of one product with the Hessian in evaluations, or None where no callable gives it."""
        return None if self._hessian_product is None else self._hessian_cost

    @property
    def no_hessian(self) -> str:
        """Why there is no Hessian, with the remedy, or an empty sentence."""
        if self._hessian_product is not None:
            return ""
        return "the function comes without products with its Hessian: take lbfgs, or hand in hessian_product"

    @property
    def no_residuals(self) -> str:
        """Why there are no residuals, with the remedy, or an empty sentence."""
        if self.jacobian_cost is not None:
            return ""
        return "the function is not given as a sum of squares: take lbfgs, or hand in a SumOfSquares"

    def hessian_product(self, w: ArrayLike, v: ArrayLike) -> Array:
        """Return the Hessian at ``w`` times ``v``, shape (n,)."""
        if self._hessian_product is None:
            return super().hessian_product(w, v)
        point, vector = self.checked(w), self.checked(v)
        self.hessian_rows += 1
        return self._shaped(self._hessian_product(point.copy(), vector.copy()), "product with the Hessian")

    def draw_start(self, rng: np.random.Generator) -> Array:
        """Return a point to start from, shape (n,)."""
        return super().draw_start(rng) if self._start is None else self.checked(self._start(rng))

    def peek(self, w: Array) -> float:
        """Return the value at ``w`` without counting it."""
        answer = self._function(w.copy())
        if np.ndim(answer) or not isinstance(answer, int | float | np.number):
            raise InputError(f"the function returned {answer!r}, expected one number")
        return float(answer)

    def value(self, w: ArrayLike, rows: Rows | None = None) -> float:
        """Return the value at ``w``."""
        vector = self.checked(w)
        self.counters[VALUE_ROWS] += 1
        return self.peek(vector)

    def values(self, population: ArrayLike, rows: Rows | None = None) -> Array:
        """Return the value of each row of a population of shape (P, n)."""
        return np.array([self.value(candidate) for candidate in self.checked_population(population)])

    def value_and_gradient(self, w: ArrayLike, rows: Rows | None = None) -> tuple[float, Array]:
        """Return the value and the gradient at ``w``."""
        vector = self.checked(w)
        if self._gradient is None:
            return self.value(vector), central_differences(self.value, vector)
        self.counters[GRADIENT_ROWS] += 1
        gradient = self._shaped(self._gradient(vector.copy()), "gradient")
        return self.peek(vector), gradient

    def _shaped(self, answer: ArrayLike, what: str) -> Array:
        """Return what a user's function answered as a vector of shape (n,)."""
        vector = np.asarray(answer, dtype=np.float64)
        if vector.shape != (self.size,):
            raise InputError(
                f"the {what} has shape {vector.shape}, expected ({self.size},): "
                "return one derivative for each parameter"
            )
        return vector


def central_differences(function: Callable[[Array], Any], w: Array) -> Array:
    """Return the derivatives of a function of a vector by central differences, a row for each parameter.

    Arguments:
        function: returns a number, or an array.
        w: where, shape (n,).
    """
    slopes = []
    # A search that has left the finite numbers is told by the loss, not by a warning.
    with np.errstate(all="ignore"):
        steps = np.finfo(np.float64).eps ** (1 / 3) * np.maximum(1.0, np.abs(w))
        for index, step in enumerate(steps):
            above, below = w.copy(), w.copy()
            above[index] += step
            below[index] -= step
            # The distance that was really gone, which rounding makes differ from 2 * step.
            slopes.append((function(above) - function(below)) / (above[index] - below[index]))
    return np.array(slopes)
