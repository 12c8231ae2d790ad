"""Numbers that a formula gives, without noise: regressions of which the truth is known everywhere."""

from __future__ import annotations

from collections.abc import Callable
from typing import Annotated, Any, Literal, NamedTuple, TypeVar

import numpy as np
from numpy.typing import NDArray
from pydantic import Field

from harness.problems.family import MOST_ROWS, Names, ProblemFamily
from optimizers.errors import InputError
from optimizers.objective import Array
from optimizers.options import BelowOne, Count, NonNegative, Sizes, options

Region = Literal["training", "interpolation", "extrapolation"]
"""Where rows are drawn: to train on, anew from the same ranges, or from beyond them."""

REGIONS: tuple[Region, ...] = ("training", "interpolation", "extrapolation")
ENDS = tuple[float, float]


class Truth(NamedTuple):
    """A formula, and the ranges of its inputs."""

    number: int
    """Seeds what is drawn."""
    rows: int
    """To train on, where nothing else is asked for."""
    inside: tuple[ENDS, ...]
    """Range of each input."""
    beyond: tuple[ENDS, ...]
    """Range of each input's magnitude where the formula is extrapolated; none for a series."""
    of: Callable[[Array], Array]
    """From inputs of shape (rows, inputs) to shape (rows,)."""


Number = TypeVar("Number", float, Array)


def _next(last: Number, oldest: Number) -> Number:
    """Return the next value of the Mackey-Glass equation with a delay of five steps, as a map."""
    return last + 10.5 * (0.2 * oldest / (1.0 + oldest**10) - 0.1 * last)


def _arctangents(x: Array) -> Array:
    y: Array = 5 * np.arctan(x[:, 0] - 50) + 10 * np.arctan(x[:, 1] - 100) + 15 * np.arctan(x[:, 2] - 150)
    return y


_PAIR, _BEYOND = ((-100.0, 100.0), (-10.0, 10.0)), ((101.0, 200.0), (11.0, 20.0))

TRUTHS = {
    "sum": Truth(1, 50, _PAIR, _BEYOND, lambda x: x[:, 0] + x[:, 1]),
    "product": Truth(2, 50, _PAIR, _BEYOND, lambda x: x[:, 0] * x[:, 1]),
    "ratio": Truth(3, 50, _PAIR, _BEYOND, lambda x: x[:, 0] / (np.abs(x[:, 1]) + 1)),
    "square-minus-cube": Truth(4, 50, _PAIR, _BEYOND, lambda x: x[:, 0] ** 2 - x[:, 1] ** 3),
    "cube-minus-square": Truth(5, 50, _PAIR[:1], _BEYOND[:1], lambda x: x[:, 0] ** 3 - x[:, 0] ** 2),
    "mackey-glass": Truth(6, 100, (), (), lambda x: _next(x[:, 0], x[:, 4])),
    "arctangents": Truth(7, 100, ((0.0, 200.0),) * 3, ((201.0, 400.0),) * 3, _arctangents),
}
"""The seven functions of Sexton, Dorsey, Johnson (1998), Decision Support Systems 22, pp. 171-185; the sixth
is that of Gallant, White (1992), Neural Networks 5, pp. 129-138."""

SERIES_START = (1.6, 0.0, 0.0, 0.0, 0.0)
"""First values of the series, the earliest first."""


class Ends(NamedTuple):
    """Smallest and largest number of each column, which are scaled to ``least`` and to 1."""

    low: Array
    high: Array
    least: int = -1

    @property
    def unit(self) -> Array:
        """One scaled unit, in the units of the data."""
        return (self.high - self.low) / (1 - self.least)

    def scaled(self, table: Array) -> Array:
        """Return columns scaled.

        >>> Ends(np.array([0.0]), np.array([4.0])).scaled(np.array([[0.0], [1.0], [6.0]])).ravel().tolist()
        [-1.0, -0.5, 2.0]
        """
        return (table - self.low) / self.unit + self.least

    def unscaled(self, table: Array) -> Array:
        """Return what scaled columns were before.

        >>> Ends(np.array([0.0]), np.array([4.0])).unscaled(np.array([[-1.0], [2.0]])).ravel().tolist()
        [0.0, 6.0]
        """
        return (table - self.least) * self.unit + self.low


@options
class Formula(ProblemFamily):
    """A formula in one to five variables, without noise, for a network to fit.

    Inputs and targets are scaled so that the smallest and the largest of the training rows are -1 and 1;
    ``ends`` has the units. Rows are drawn uniformly from the ranges of ``TRUTHS``; those of ``mackey-glass``
    follow one another in a series. The target is an RMS error of half a percent of the range.

    Attributes:
        function: ``sum`` is x1 + x2, ``product`` x1 x2, ``ratio`` x1 / (abs(x2) + 1), ``square-minus-cube``
            x1^2 - x2^3, ``cube-minus-square`` x1^3 - x1^2, ``mackey-glass`` the next value of a chaotic
            series from the last five, ``arctangents`` a sum of three steps, 5 arctan(x1 - 50) + 10 arctan(x2
            - 100) + 15 arctan(x3 - 150).
        rows: rows to train on; None takes 50, or 100 of the last two.
        least_target: what the smallest target becomes, -1, or 0 for an output unit that knows no less.
    """

    function: Literal[
        "sum", "product", "ratio", "square-minus-cube", "cube-minus-square", "mackey-glass", "arctangents"
    ] = "sum"
    rows: Annotated[Count, Field(ge=2, le=MOST_ROWS)] | None = None
    least_target: Literal[-1, 0] = -1
    hidden: Sizes = (6,)
    activation: Names = ("sigmoid",)
    loss: str = "half-squared"
    initializer: str = "uniform:scale=2"
    test_fraction: BelowOne = 0.0
    target: NonNegative | None = 5e-5

    @property
    def truth(self) -> Truth:
        """The formula with its ranges."""
        return TRUTHS[self.function]

    def raw(
        self, region: Region = "training", which: int = 0, rows: int | None = None
    ) -> tuple[Array, Array]:
        """Return inputs, shape (rows, inputs), and the formula's values, shape (rows,), in their own units.

        Arguments:
            region: where they are drawn.
            which: of several sets.
            rows: how many; None takes those to train on.

        Raises:
            InputError: for a series beyond its range, which it never leaves.
        """
        truth, count = self.truth, rows or self.rows or self.truth.rows
        if not truth.inside:
            if region == "extrapolation":
                raise InputError("a series has no rows beyond its range: take region='interpolation'")
            before = 0 if region == "training" else (self.rows or truth.rows) + which * count
            series = list(SERIES_START)
            for _ in range(before + count):
                series.append(_next(series[-1], series[-5]))
            lags = np.array([series[t - 5 : t][::-1] for t in range(before + 5, before + count + 5)])
            return lags, np.array(series[before + 5 :])
        rng = np.random.default_rng([truth.number, REGIONS.index(region), which])
        low, high = np.array(truth.beyond if region == "extrapolation" else truth.inside).T
        X = rng.uniform(low, high, (count, len(low)))
        if region == "extrapolation":
            X *= np.where(rng.random(X.shape) < 0.5, -1.0, 1.0) ** (np.array(truth.inside)[:, 0] < 0)
        return X, truth.of(X)

    def ends(self) -> tuple[Ends, Ends]:
        """Return smallest and largest numbers of the training rows: of the inputs, and of the target."""
        X, y = self.raw()
        of_target = Ends(y.min(keepdims=True), y.max(keepdims=True), self.least_target)
        return Ends(X.min(axis=0), X.max(axis=0)), of_target

    def data(self) -> tuple[Array, NDArray[Any]]:
        """Return the scaled rows to train on, always the same."""
        X, y = self.raw()
        of_inputs, of_target = self.ends()
        return of_inputs.scaled(X), of_target.scaled(y)

    def scaled(self) -> bool:
        """Leave the rows as they are, which are scaled already."""
        return False
