"""What the harness may ask of a problem: an objective, a start, and measures for the log."""

from __future__ import annotations

import functools
import hashlib
import math
from abc import ABC, abstractmethod
from collections.abc import Callable, Sequence
from typing import Any, Literal, NamedTuple, overload

import numpy as np

from harness.problems.seeds import generators, seed_sequence
from optimizers.arguments import plain_seed
from optimizers.errors import InputError
from optimizers.html import html_of
from optimizers.named import Named
from optimizers.objective import Array, Measurable, Objective
from optimizers.printable import shown

SPLIT, START, ROW_ORDER, CHECK = range(4)
"""Purposes that a (problem, seed) draws randomness for, each a stream of its own."""


class Measures(NamedTuple):
    """What is measured at a look beside the loss; NaN where there is nothing to measure."""

    train_accuracy: float
    test_loss: float
    test_accuracy: float
    gradient_norm: float
    gradient_error: float = math.nan
    gradient_cosine: float = math.nan
    hard_cost: float = math.nan
    soft_cost: float = math.nan
    precision_error: float = math.nan


class MeasuresTable(Sequence[Measures]):
    """What is measured at many looks, as a table; an entry is made when it is asked for.

    Arguments:
        table: a row a look, a column a field of ``Measures``.
    """

    def __init__(self, table: Array) -> None:
        self.table = table

    def __len__(self) -> int:
        return len(self.table)

    @overload
    def __getitem__(self, place: int) -> Measures: ...

    @overload
    def __getitem__(self, place: slice) -> MeasuresTable: ...

    def __getitem__(self, place: int | slice) -> Measures | MeasuresTable:
        chosen = self.table[place]
        return MeasuresTable(chosen) if isinstance(place, slice) else Measures(*chosen.tolist())


class Confusion(NamedTuple):
    """Which classes were taken for which."""

    rows: Literal["test", "train"]
    """Whether these are the test rows, or the training rows of a problem without any."""
    classes: list[Any]
    counts: list[list[int]]
    """A row a true class, a column a predicted one, in the order of the classes."""


def plain_number(value: Any, name: str) -> float | None:
    """Return a number of Python's or NumPy's as a float, None as None.

    Raises:
        InputError: for anything else, and for what is not finite.

    >>> plain_number(np.int64(1), "target")
    1.0
    """
    if value is None:
        return None
    number = isinstance(value, int | float | np.integer | np.floating)
    number = number and not isinstance(value, bool | np.timedelta64)
    try:
        if number and math.isfinite(value):
            return float(value)
    except OverflowError:
        pass
    raise InputError(f"{name} is {shown(value)}, expected a finite number, or None")


class BaseProblem(ABC):
    """Something to minimise, with a target. Everything random in it comes from (problem, seed), nothing else.

    Attributes:
        name: the name in tables and legends, with the options that differ from their defaults.
        key: text that says everything that defines the problem; runs are identified by it.
        data_key: text that says what defines the data; splits, starts and row orders are drawn from it, so
            that they are the same whatever the target and the network.
        target: loss at which a run counts as solved, or None.
    """

    name: str
    key: str
    data_key: str
    target: float | None
    precision: Literal["float64", "float32"] = "float64"
    """Of the losses and gradients that a search is told; what is measured is float64."""
    same_rows: bool = False
    """Whether training and test rows are the same for every seed."""
    family: Named | None = None
    """What built it, by a name and options; None where it was made of a user's data or function."""

    def facts(self) -> dict[str, object]:
        """Return what a notebook shows of the problem."""
        return {"target": "none" if self.target is None else self.target}

    def _repr_html_(self) -> str:
        """Show the problem in a notebook."""
        summary = "" if self.family is None else self.family.summary()
        return html_of(self.name, summary, self.facts())

    @abstractmethod
    def objective(self, gradient: str = "analytic", seed: int = 0) -> Measurable:
        """Build the objective, with its own counters.

        Arguments:
            gradient: name of the gradient source, with options where wanted.
            seed: decides the split into training and test rows, and the row order.
        """

    def renewed(self, objective: Measurable, seed: int) -> bool:
        """Make an objective of another seed into the one of this seed, with nothing counted; say if it is.

        It is where the rows are the same, and building it anew would only take longer.
        """
        return False

    def rehearsal(self, gradient: str = "analytic", seed: int = 0) -> Measurable:
        """Build an objective to compile on: the same compiled code, and no call of a function of the user's.

        Arguments:
            gradient: as for the objective.
            seed: as for the objective.
        """
        return self.objective(gradient, seed)

    @abstractmethod
    def start(self, seed: int = 0) -> Array:
        """Return parameters to start from, shape (n,): the same for every optimizer."""

    def starts(self, seeds: Sequence[int]) -> Array:
        """Return ``start`` of each of some seeds, shape (R, n)."""
        return np.array([self.start(seed) for seed in seeds])

    @abstractmethod
    def measures(
        self, seed: int = 0, gradient: str | None = None, reference: str | None = None
    ) -> Callable[[Array], Sequence[Measures]]:
        """Return a function that measures parameters for the log, uncounted: a table of points, shape (K, n).

        Arguments:
            seed: as for the objective.
            gradient: the run's gradient source, where its quality is to be measured.
            reference: the gradient source that it is held against.
        """

    def confusion(self, w: Array, seed: int = 0) -> Confusion | None:
        """Return which classes parameters take for which, uncounted; None where there are no classes.

        Arguments:
            w: parameters, shape (n,).
            seed: as for the objective.
        """
        return None

    def confusions(self, points: Array, seed: int = 0) -> list[Confusion | None]:
        """Return ``confusion`` of each of some parameters, shape (K, n); equal ones may be one object."""
        return [self.confusion(w, seed) for w in points]

    def seed_sequence(self, seed: int, purpose: int) -> np.random.SeedSequence:
        """Return the seed of one stream of randomness of (problem, seed)."""
        return seed_sequence(plain_seed(seed), (purpose, *_words(self.data_key)))

    def generators(self, seeds: Sequence[int], purpose: int) -> list[np.random.Generator]:
        """Return the generator of one stream of randomness of (problem, seed) for each seed."""
        return generators([plain_seed(seed) for seed in seeds], (purpose, *_words(self.data_key)))


@functools.lru_cache(maxsize=64)
def _words(data_key: str) -> list[int]:
    digest = hashlib.sha256(data_key.encode()).digest()
    return [int.from_bytes(digest[i : i + 4], "little") for i in range(0, 16, 4)]


def compared(found: Array, reference: Array) -> tuple[float, float]:
    """Return how far a gradient is from another one.

    Returns:
        Norm of the difference over the norm of the reference (the difference itself where that is zero), and
        the cosine of the angle between the two (NaN where either is zero).

    >>> import numpy as np
    >>> compared(np.array([0.0, 2.0]), np.array([0.0, 1.0]))
    (1.0, 1.0)
    """
    norm, away = float(np.linalg.norm(reference)), float(np.linalg.norm(found - reference))
    lengths = float(np.linalg.norm(found)) * norm
    return away / norm if norm else away, float(found @ reference) / lengths if lengths else math.nan


def gradient_quality(own: Objective, reference: Objective) -> Callable[[Array], tuple[float, float]]:
    """Return a function that compares two sources' gradients at a point; nobody is charged for it."""

    def quality(w: Array) -> tuple[float, float]:
        return compared(own.value_and_gradient(w)[1], reference.value_and_gradient(w)[1])

    return quality
