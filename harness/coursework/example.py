"""What every worked example is: a situation, a printed formula, the correct one, and a way to a verdict."""

from __future__ import annotations

import inspect
import re
from abc import ABC, abstractmethod
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from harness.coursework.report import Report
from optimizers.html import html_of
from optimizers.named import Named


@dataclass(frozen=True)
class Formula:
    """A formula to read and the same formula to run.

    Attributes:
        lines: as it is written.
        function: as it is computed; what it takes and returns is the family's matter.
    """

    lines: tuple[str, ...]
    function: Callable[..., Any] = field(repr=False)


@dataclass(frozen=True)
class Example(Named, ABC):
    """A derivation that was printed somewhere, beside the correct one.

    The first line of a subclass's docstring is its title, the rest its situation. Both formulas have
    defaults there; another ``printed`` formula may be handed in, and the verdict is then on that one.

    Attributes:
        printed: the formula as printed.
        correct: the correct formula.
    """

    printed: Formula
    correct: Formula

    @classmethod
    def name(cls) -> str:
        """Return the name in kebab-case; every digit in the name of the class is a layer of its own.

        >>> type("Squared231", (Example,), {}).name()
        'squared-2-3-1'
        """
        return re.sub(r"(\d)", r"-\1", super().name())

    @property
    def title(self) -> str:
        """The first line of the docstring, without its full stop."""
        return self.summary().rstrip(".")

    @property
    def situation(self) -> str:
        """The docstring without its first line."""
        return (inspect.getdoc(type(self)) or "").partition("\n")[2].strip()

    def _repr_html_(self) -> str:
        """Show in a notebook what is asked: situation and printed formula, and not the correct one."""
        return html_of(self.title, self.situation, {"printed": "; ".join(self.printed.lines)})

    @abstractmethod
    def report(self, rng: np.random.Generator) -> Report:
        """Compute the verdict at points that ``rng`` draws.

        Arguments:
            rng: the same state gives the same report.
        """
