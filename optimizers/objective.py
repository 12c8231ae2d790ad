"""Contract 1: what an optimizer may ask of an objective.

An objective maps parameters ``w``, a flat float64 vector of ``size`` numbers, to a loss, and counts what it
is asked for. An optimizer sees nothing else: no network, no data, no labels. There is one exception: methods
that train a single layer go from row to row in ``single_layer``, and tell ``count_rows`` what they do. What
an optimizer is handed is a view (``optimizers/view.py``), which has these doors and no other; the harness
keeps the ``Measurable`` behind it, which can be measured for the log as well.

Two doors lead to the same numbers. The Python methods check their arguments and serve code that owns its
loop (PyGAD, SciPy). ``compiled`` holds the same functions for loops that are compiled themselves; their
signatures are fixed, so that one compiled loop serves every objective that will ever be written. Either
door moves the same counters.

Cost is stated in forward-pass equivalents (FPE): 1 is one forward pass of all rows for one parameter
vector. m of N rows cost m/N, a population of P costs P, a gradient costs ``gradient_cost`` a pass, a product
with the Hessian ``hessian_cost``, and the residuals of all rows with their Jacobian ``jacobian_cost``. Linear
algebra of an optimizer's own is paid for through ``charge``.
"""

from __future__ import annotations

import functools
import math
from abc import ABC, abstractmethod
from collections.abc import Callable, Iterator
from dataclasses import dataclass
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

    A loop takes them by their addresses; see ``optimizers.function_addresses``.
    """

    value: Any
    values: Any
    value_and_gradient: Any | None
    data: tuple[Array, Rows, Array, Rows]
    """Of ``value`` and ``values``."""
    gradient_data: tuple[Array, Rows, Array, Rows]
    """Of ``value_and_gradient``: a gradient source may have data of its own. The counters are the same."""


FREE_MULTIPLY_ADDS = 50
"""Multiply-adds of an optimizer's own for each parameter and evaluation that cost nothing. Update rules take
2 to 10, L-BFGS with a memory of 10 takes 40; whatever grows faster than n is above it from some n on."""


@dataclass
class Counts:
    """What an objective has counted beside its ``counters``, which compiled loops move."""

    corrected_rows: int = 0
    hessian_rows: int = 0
    jacobian_rows: int = 0
    solved_rows: int = 0
    charged: float = 0.0
    mistakes: int | None = None


def _counted(name: str) -> Any:
    """Return a property that reads and writes one of the counts."""
    return property(
        lambda self: getattr(self.counts, name), lambda self, number: setattr(self.counts, name, number)
    )


class Objective(ABC):
    """What is minimised: a function of ``size`` parameters, a mean over ``rows`` rows, that counts its use.

    Attributes:
        size: number of parameters n.
        rows: number of training rows N; 1 where the objective is no mean over rows.
        counters: int64 array, rows counted so far at ``VALUE_ROWS`` and ``GRADIENT_ROWS``.
        counts: what is counted beside them.
        target: loss at which the run is solved: a loop of its own has to end at the first point that it
            knows to be at or below it. NaN, which no loss is at or below, where there is none.
        gradient_cost: cost in FPE of one ``value_and_gradient`` over all rows, or None where there is no
            gradient. A source that works by values alone (finite differences) moves the counter of value
            rows and leaves the one of gradient rows at 0.
        no_gradient: why there is no gradient, with the remedy where there is one (``reason: take ...``), or
            an empty sentence.
        single_layer: for a single layer of one unit on two classes, its training rows; None elsewhere.
        parameters_alike: whether all parameters are of one kind and size, as the weights of a network are;
            the parameters of a plain function may have any units.
        corrected_rows: rows that were passed for a correction of the single unit.
        mistakes: mistakes that a search has corrected, row by row; None where it does not go by mistakes.
        hessian_rows: rows counted so far for products with the Hessian.
        jacobian_rows: rows counted so far for residuals with their Jacobian.
        solved_rows: rows counted so far for solving for output weights.
        charged: cost of linear algebra so far, in FPE.
    """

    size: int
    rows: int = 1
    counters: Rows
    gradient_cost: float | None = None
    no_gradient: str = ""
    compiled: Compiled | None = None
    single_layer: SingleLayer | None = None
    parameters_alike: bool = False
    target: float = math.nan
    corrected_rows: int = _counted("corrected_rows")
    mistakes: int | None = _counted("mistakes")
    hessian_rows: int = _counted("hessian_rows")
    jacobian_rows: int = _counted("jacobian_rows")
    solved_rows: int = _counted("solved_rows")
    charged: float = _counted("charged")

    @functools.cached_property
    def counts(self) -> Counts:
        """What is counted beside the ``counters``; a view shares those of what it shows."""
        return Counts()

    @abstractmethod
    def value(self, w: ArrayLike, rows: Rows | None = None) -> float:
        """Return the loss at ``w``, over all rows or over the given ones, and count it."""

    @abstractmethod
    def values(self, population: ArrayLike, rows: Rows | None = None) -> Array:
        """Return the loss of each row of a population of shape (P, n), and count them."""

    @abstractmethod
    def value_and_gradient(self, w: ArrayLike, rows: Rows | None = None) -> tuple[float, Array]:
        """Return the loss at ``w`` and its gradient of shape (n,), and count both."""

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

    @property
    def residual_count(self) -> int:
        """How many residuals there are, where the loss is a sum of squares."""
        return self.rows

    def refine(self, fine: bool) -> bool:
        """Take slopes by more evaluations from here on, or by fewer; return whether they will be others.

        A search that comes to its end by slopes that take few evaluations goes on from there by finer ones.
        """
        return False

    def linear_algebra_cost(self, multiply_adds: float, evaluations: float = 1.0) -> float:
        """Return what linear algebra costs in FPE, beyond ``FREE_MULTIPLY_ADDS`` for each parameter.

        A plain function, whose cost is its calls, charges nothing.

        Arguments:
            multiply_adds: what the method does in the form of its source, leading terms.
            evaluations: evaluations that it goes with, each of which comes with its free part.
        """
        return 0.0

    def charge(self, multiply_adds: float, evaluations: float = 1.0) -> None:
        """Count linear algebra of the optimizer's own as the forward passes that it amounts to."""
        self.charged += self.linear_algebra_cost(multiply_adds, evaluations)

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
    def spent(self) -> tuple[float, int, int]:
        """Cost, value rows and gradient rows so far."""
        # Each look asks. Reading eight properties took 6 us, a tenth of what a look takes as a whole.
        counts = self.counts
        values, gradients = self.counters.tolist()[:2]
        paid = values + gradients * (self.gradient_cost or 0.0) + counts.corrected_rows * CORRECTION_COST
        # Only what was asked for: stating these prices takes longer than all else at a look.
        if counts.hessian_rows:
            paid += counts.hessian_rows * (self.hessian_cost or 0.0)
        if counts.jacobian_rows:
            paid += counts.jacobian_rows * (self.jacobian_cost or 0.0)
        if counts.solved_rows:
            paid += counts.solved_rows * (self.output_weights_cost or 0.0)
        derivatives = counts.hessian_rows + counts.jacobian_rows + counts.corrected_rows
        return float(paid / self.rows + counts.charged), values, gradients + derivatives

    @property
    def cost(self) -> float:
        """Cost so far, in forward-pass equivalents."""
        return self.spent[0]

    @property
    def value_rows(self) -> int:
        """Rows passed forward for values so far."""
        return self.spent[1]

    @property
    def gradient_rows(self) -> int:
        """Rows passed forward and backward so far, for derivatives and for corrections of a single unit."""
        return self.spent[2]

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


class Measurable(Objective):
    """An objective as the harness has it: it can be measured for the log, which no search can ask for.

    Attributes:
        looks_are_free: whether ``peek`` leaves the counters as they are. That of a plain function calls it,
            and every call counts.
        slope_by_calls: whether ``value_and_gradient`` and ``residuals_and_jacobian`` call a function of the
            user's once for the loss, and go on to slopes from there.
        guard: called before each call of a user's function; it raises to leave a search in the middle.
    """

    looks_are_free: bool = True
    slope_by_calls: bool = False
    guard: Callable[[], None] | None = None

    @abstractmethod
    def peek(self, w: Array) -> float:
        """Return the loss at ``w`` over all rows: for the log, never for a search."""

    def known(self, w: Array) -> tuple[float, ...]:
        """Return the losses at ``w`` that no call is needed for; several where a function is noisy."""
        return (self.peek(w),) if self.looks_are_free else ()

    def prepaid(self, points: Array) -> bool:
        """Say whether one of the points, shape (P, n), is that of the last look, which has paid for it."""
        return False

    def begin(self) -> None:
        """Forget what earlier searches have evaluated: the next one begins from zero."""
        self.guard = None
        self.mistakes = None
