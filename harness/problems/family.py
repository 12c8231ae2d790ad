"""A named family of problems: its data, and the options that all of them share."""

from __future__ import annotations

import json
from abc import ABC, abstractmethod
from collections.abc import Sequence
from dataclasses import fields
from pathlib import Path
from typing import Annotated, Any, ClassVar

import numpy as np
from numpy.typing import NDArray
from pydantic import BeforeValidator

from harness.fingerprints.fingerprint import fingerprint
from harness.fingerprints.origins import OWN, top_of
from harness.network.precision import DOUBLE, Precision
from harness.problems.base import BaseProblem
from harness.problems.problem import Problem
from optimizers.named import Named
from optimizers.objective import Array
from optimizers.options import BelowOne, NonNegative, Sizes, changed_options, option_values, options
from optimizers.specification import write

MOST_ROWS = 1_000_000
"""Rows of made data at the most."""

MOST_NUMBERS = 10**8
"""Numbers in made data at the most, 800 megabytes."""


def _tuple_of_names(value: object) -> object:
    return (value,) if isinstance(value, str) else tuple(value) if isinstance(value, list) else value


@options
class Family(Named, ABC):
    """Problems that a name and options describe; what the options are is the subclass's."""

    files: ClassVar[tuple[str, ...]] = ()
    """Options that are paths; in an experiment's file they are relative to it."""

    @abstractmethod
    def build(self) -> BaseProblem:
        """Build the problem."""

    def built(self) -> BaseProblem:
        """Build the problem, which knows from then on what it was built by."""
        problem = self.build()
        problem.family = self
        return problem

    @property
    def specification(self) -> str:
        """What builds it again from anywhere: the label, with paths from the root."""
        changed = changed_options(self)
        places = {name: str(Path(changed[name]).resolve()) for name in self.files if name in changed}
        return write(self.name(), changed | places)

    @property
    def label(self) -> str:
        """The name with the options that differ from their defaults, as ``load`` reads it."""
        return write(self.name(), changed_options(self))

    @classmethod
    def example(cls, folder: Path) -> dict[str, Any]:
        """Return options to try the problem with, where the defaults do not do; a file goes into a folder."""
        return {}

    def defining(self) -> dict[str, Any]:
        """Return the options that define the problem, by their names."""
        return option_values(self)

    @property
    def key(self) -> str:
        """Text that says everything that defines the problem, the code of a user's own family included."""
        parts = {"family": self.name(), **self.defining()}
        top = top_of(type(self).__module__)
        if top not in OWN:
            parts["code"] = fingerprint(type(self), what=f"problem '{self.name()}'", own=top)
        return json.dumps(parts, sort_keys=True, default=lambda value: fingerprint(value, what="an option"))


Names = Annotated[tuple[str, ...], BeforeValidator(_tuple_of_names)]


@options
class ProblemFamily(Family):
    """Networks on data. A subclass is one file, and brings the data.

    Attributes:
        hidden: units of the hidden layers; empty for a network of one layer.
        activation: activation of the hidden layers, one name for all or one for each.
        loss: name of the loss.
        output: activation of the output; the usual one of the loss where left out.
        initializer: how starts are drawn, times a number where wanted: "uniform:scale=2".
        test_fraction: part of the rows to test on; each class in proportion.
        target: loss at which a run counts as solved, or none.
        precision: "float32" tells a search losses and gradients in single precision, which takes about half
            of the time on networks from 30-16-1 on; what a run is judged and shown by is float64 either way.
    """

    hidden: Sizes = (8,)
    activation: Names = ("tanh",)
    loss: str = "binary-cross-entropy"
    output: str | None = None
    initializer: str = "glorot"
    test_fraction: BelowOne = 0.3
    target: NonNegative | None = 0.05
    precision: Precision = DOUBLE

    @abstractmethod
    def data(self) -> tuple[Array, NDArray[Any]]:
        """Return inputs of shape (rows, features) and a label for each row, always the same."""

    def build(self) -> Problem:
        """Build the problem."""
        X, y = self.data()
        key = self.key
        if top_of(type(self).__module__) not in OWN:
            # Code that reads a file is the same where the file has changed.
            parts = json.loads(key) | {"data": fingerprint(np.asarray(X), np.asarray(y))}
            key = json.dumps(parts, sort_keys=True)
        problem = Problem.from_arrays(
            X,
            y,
            hidden=self.hidden,
            activation=self.activation,
            loss=self.loss_of(y),
            output=self.output,
            initializer=self.initializer,
            test_fraction=self.test_fraction,
            scale=self.scaled(),
            target=self.target,
            precision=self.precision,
            name=self.label,
            data_key=self._data_key(),
            key=key,
        )
        problem.class_names = self.class_names()
        return problem

    def defining(self) -> dict[str, Any]:
        """Return the options that define the problem; double precision goes without saying."""
        options = super().defining()
        return options if self.precision != DOUBLE else {k: v for k, v in options.items() if k != "precision"}

    def _data_key(self) -> str:
        """Say what defines the data: the options that are this family's own."""
        shared = {field.name for field in fields(ProblemFamily)}
        own = {name: value for name, value in option_values(self).items() if name not in shared}
        return json.dumps({"family": self.name(), **own}, sort_keys=True)

    def loss_of(self, labels: NDArray[Any]) -> str:
        """Return the name of the loss for the labels."""
        return self.loss

    def class_names(self) -> Sequence[str]:
        """Return what readers call the classes, in the order of the labels; none where labels say enough."""
        return ()

    def scaled(self) -> bool:
        """Say whether features are standardised by the training rows."""
        return True


def corners(bits: int) -> Array:
    """Return all rows of ``bits`` zeros and ones, shape (2^bits, bits), in counting order.

    >>> corners(2).tolist()
    [[0.0, 0.0], [0.0, 1.0], [1.0, 0.0], [1.0, 1.0]]
    """
    return (np.arange(2**bits)[:, None] >> np.arange(bits)[::-1] & 1).astype(np.float64)
