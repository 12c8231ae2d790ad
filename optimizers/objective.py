"""Contract 1: what an optimizer may ask of an objective.

An objective maps parameters ``w``, a flat float64 vector of ``size`` numbers, to a loss, and counts what it
is asked for. An optimizer sees nothing else: no network, no data, no labels. What an optimizer is handed is a
view (``optimizers/view.py``), which has these doors and no other; the harness keeps the ``Measurable`` behind
it, which can be measured for the log as well.

Every objective has values. What only some have is a capability (``optimizers/capabilities/``), an object that
is true where it is there and says why where it is not: ``gradient``, ``curvature``, ``residuals``,
``output_layer`` and ``single_layer``. An optimizer names what it uses in its ``needs``.

Two doors lead to the same numbers. The Python methods check their arguments and serve code that owns its
loop (PyGAD, SciPy). ``compiled`` holds the same functions for loops that are compiled themselves
(``optimizers/signatures.py``). Either door moves the same counters.

Cost is stated in forward-pass equivalents (FPE): 1 is one forward pass of all rows for one parameter
vector. m of N rows cost m/N, a population of P costs P, and what a capability offers its ``cost``. Linear
algebra of an optimizer's own is paid for through ``charge``.
"""

from __future__ import annotations

import functools
import math
from abc import ABC, abstractmethod
from collections.abc import Callable
from typing import TYPE_CHECKING, Any, Literal, NamedTuple

import numpy as np
from numpy.typing import ArrayLike, NDArray

from optimizers.arrays import parameters, population_table
from optimizers.capabilities.capability import Capability
from optimizers.capabilities.curvature import Curvature
from optimizers.capabilities.gradient import Gradient
from optimizers.capabilities.output_layer import OutputLayer
from optimizers.capabilities.residuals import Residuals
from optimizers.capabilities.single_layer import SingleLayer
from optimizers.counts import CORRECTION_COST, Counts

if TYPE_CHECKING:
    # With it comes numba, which tables and figures have no use for.
    from optimizers.signatures import Unnamed

Array = NDArray[np.float64]
Rows = NDArray[np.int64]

Need = Literal[
    "value", "population", "rows", "gradient", "curvature", "residuals", "output-layer", "single-layer"
]
"""What an optimizer may need: single values, values of a population together, some of the rows at a time,
and the capabilities."""

ALL_ROWS: Rows = np.empty(0, dtype=np.int64)


class Compiled(NamedTuple):
    """The compiled face of an objective: functions of fixed signatures, and their data.

    See ``optimizers.signatures``. A loop takes them by their addresses (``optimizers.function_addresses``).
    """

    value: Any
    values: Any
    value_and_gradient: Any | None
    data: Unnamed
    """Of ``value`` and ``values``."""
    gradient_data: Unnamed
    """Of ``value_and_gradient``: a gradient source may have data of its own. The counters are the same."""


NO_ROWS = "there are no rows to take batches of: leave the option 'batch' out"

FREE_MULTIPLY_ADDS = 50
"""Multiply-adds of an optimizer's own for each parameter and evaluation that cost nothing. Update rules take
2 to 10, L-BFGS with a memory of 10 takes 40; whatever grows faster than n is above it from some n on."""


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
        counts: what is counted beside them, each number of it an attribute here as well.
        target: loss at which the run is solved: a loop of its own has to end at the first point that it
            knows to be at or below it. NaN, which no loss is at or below, where there is none. In single
            precision it may be lower after a look, and the search go on: it is read anew then.
        gradient: what ``value_and_gradient`` costs.
        curvature: products with the Hessian.
        residuals: the parts of a sum of squares, with their Jacobian.
        output_layer: output weights that can be solved for.
        single_layer: the training rows of a single layer of one unit on two classes.
        parameters_alike: whether all parameters are of one kind and size, as the weights of a network are;
            the parameters of a plain function may have any units.
    """

    size: int
    rows: int = 1
    counters: Rows
    gradient: Gradient = Gradient.refused()
    curvature: Curvature = Curvature.refused()
    residuals: Residuals = Residuals.refused()
    output_layer: OutputLayer = OutputLayer.refused()
    single_layer: SingleLayer = SingleLayer.refused()
    compiled: Compiled | None = None
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

    def missing(self, need: Need) -> str:
        """Say why the objective does not offer what an optimizer needs, with the remedy; or nothing."""
        if need == "rows":
            return NO_ROWS if self.rows == 1 else ""
        if need in ("value", "population"):
            return ""
        offered: Capability = getattr(self, need.replace("-", "_"))
        return offered.reason

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

    @property
    def spent(self) -> tuple[float, int, int]:
        """Cost, value rows and gradient rows so far."""
        # Each look asks. Reading eight properties took 6 us, a tenth of what a look takes as a whole.
        counts = self.counts
        values, gradients = self.counters.tolist()[:2]
        # Only what was asked for: stating these prices takes longer than all else at a look.
        paid = values + (gradients * self.gradient.cost if gradients and self.gradient else 0.0)
        paid += counts.corrected_rows * CORRECTION_COST
        if counts.hessian_rows:
            paid += counts.hessian_rows * self.curvature.cost
        if counts.jacobian_rows:
            paid += counts.jacobian_rows * self.residuals.cost
        if counts.solved_rows:
            paid += counts.solved_rows * self.output_layer.cost
        derivatives = counts.hessian_rows + counts.jacobian_rows + counts.corrected_rows
        return float(paid / self.rows + counts.charged), values, gradients + derivatives

    def spent_at(self, counters: Rows) -> tuple[Array, Rows, Rows]:
        """Return the same for each row of several states of the ``counters``, shape (K, 2).

        What is counted beside them is as it is now.
        """
        counts = self.counts
        values, gradients = counters[:, 0], counters[:, 1]
        # Term by term as above, for the same bits.
        paid = values + (gradients * self.gradient.cost if self.gradient else 0.0)
        paid = paid + counts.corrected_rows * CORRECTION_COST
        if counts.hessian_rows:
            paid += counts.hessian_rows * self.curvature.cost
        if counts.jacobian_rows:
            paid += counts.jacobian_rows * self.residuals.cost
        if counts.solved_rows:
            paid += counts.solved_rows * self.output_layer.cost
        derivatives = counts.hessian_rows + counts.jacobian_rows + counts.corrected_rows
        return paid / self.rows + counts.charged, values, gradients + derivatives

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
        return parameters(w, self.size)

    def checked_population(self, population: ArrayLike) -> Array:
        """Return a population as a contiguous float64 array of shape (P, n).

        Raises:
            InputError: if it is not two-dimensional or its rows have another length.
        """
        return population_table(population, self.size)


class Measurable(Objective):
    """An objective as the harness has it: it can be measured for the log, which no search can ask for.

    Attributes:
        looks_are_free: whether ``peek`` leaves the counters as they are. That of a plain function calls it,
            and every call counts.
        rounded: whether a search is told losses in single precision; ``peek`` is in double precision always.
        slope_by_calls: whether ``value_and_gradient`` and ``residuals.blocks`` call a function of the user's
            once for the loss, and go on to slopes from there.
        guard: called before each call of a user's function; it raises to leave a search in the middle.
    """

    looks_are_free: bool = True
    rounded: bool = False
    slope_by_calls: bool = False
    guard: Callable[[], None] | None = None

    @abstractmethod
    def peek(self, w: Array) -> float:
        """Return the loss at ``w`` over all rows: for the log, never for a search."""

    def peeks(self, points: Array) -> Array:
        """Return the loss at each of some points, shape (K, n), to the same bits as ``peek``."""
        return np.array([self.peek(w) for w in points])

    def peek_rounded(self, w: Array) -> float:
        """Return the loss at ``w`` over all rows as a search is told it, without counting it."""
        return self.peek(w)

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
