"""The choices behind a verdict that could as well have been made otherwise, and what they are called."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, fields, replace
from typing import Literal, NamedTuple, get_args

from harness.analysis.times import Axis
from harness.runs.claims import By

Options = Literal["own", "other"]
NO_AXIS: Literal[""] = ""
"""Of measures to which it is all the same what is spent."""

SPENDS: tuple[str, ...] = ("cost-to-target", "anytime-area")
"""Measures that have an axis."""


@dataclass(frozen=True)
class Choices:
    """One choice of everything that a verdict depends on.

    The order of the fields is that of their weight, from what is a number that somebody picked to what is
    another question.

    Attributes:
        target: what the target of the problem is multiplied by.
        budget: what the budget is multiplied by.
        axis: what is spent until the target: cost, iterations or seconds; empty where that is no matter.
        options: whether the optimizers have the options that are compared, or their one other configuration.
        left_out: problem that is left out of a verdict over several; empty where none is.
        by: what is compared.
    """

    target: float = 1.0
    budget: float = 1.0
    axis: Axis | Literal[""] = "cost"
    options: Options = "own"
    left_out: str = ""
    by: By = "cost-to-target"

    def changes(self, usual: Choices) -> tuple[str, ...]:
        """Return which of the choices are others than usual, in the order of their weight.

        That a measure has no axis is no change beside that of the measure.

        >>> Choices(budget=0.5, axis="", by="solved").changes(Choices())
        ('budget', 'by')
        """
        names = [
            field.name for field in fields(self) if getattr(self, field.name) != getattr(usual, field.name)
        ]
        return tuple(name for name in names if name != "axis" or (self.axis and usual.axis))

    def order(self, usual: Choices) -> tuple[int, tuple[int, ...], int]:
        """Return how large a change it is: by the number of choices, their weight, their order."""
        changed = self.changes(usual)
        places = [field.name for field in fields(self)]
        listed = sum(_LISTED[name].index(getattr(self, name)) for name in changed if name in _LISTED)
        return len(changed), tuple(places.index(name) for name in changed), listed

    def words(self, usual: Choices, called: Callable[[str], str] = str) -> str:
        """Say what is chosen otherwise than usual.

        Arguments:
            usual: what is chosen otherwise.
            called: returns what a problem is called; its name as it is where left out.

        >>> Choices(target=3.0, axis="seconds").words(Choices())
        'a target 3 times as high and seconds in place of cost'
        >>> Choices(left_out="iris:hidden=[3]").words(Choices(), lambda name: name.partition(":")[0])
        'iris left out'
        """
        return " and ".join(self._word(name, usual, called) for name in self.changes(usual)) or "no change"

    def _word(self, name: str, usual: Choices, called: Callable[[str], str]) -> str:
        return {
            "target": TARGETS.get(self.target, f"a target of {self.target:g} times"),
            "budget": BUDGETS.get(self.budget, f"{self.budget:g} of the budget"),
            "axis": f"{self.axis} in place of {usual.axis}",
            "options": "their other options",
            "left_out": f"{called(self.left_out)} left out",
            "by": MEASURES[self.by],
        }[name]


TARGETS = {1.0: "the target", 1.0 / 3.0: "a target 3 times as low", 3.0: "a target 3 times as high"}
BUDGETS = {1.0: "the budget", 0.5: "half the budget", 2.0: "twice the budget"}
AXES: tuple[Axis, ...] = get_args(Axis)
MEASURES: dict[By, str] = {
    "cost-to-target": "the measure cost to the target",
    "solved": "the measure starts solved",
    "final-loss": "the measure final loss",
    "accuracy": "the measure test accuracy",
    "anytime-area": "the measure area under the anytime curve",
}
_LISTED: dict[str, Sequence[object]] = {
    "target": list(TARGETS),
    "budget": list(BUDGETS),
    "axis": list(AXES),
    "by": list(MEASURES),
}


class Change(NamedTuple):
    """What claims that are decided together choose otherwise, each beside what it is decided by itself."""

    target: float
    budget: float
    axis: Axis
    options: Options
    by: By | None
    """None is the measure of each claim."""

    def choices(self, usual: Choices) -> Choices | None:
        """Return what a claim has chosen then; None where another change says the same of it.

        >>> Change(1.0, 0.5, "cost", "own", None).choices(usual_choices("solved")).words(Choices())
        'half the budget and the measure starts solved'
        """
        by = usual.by if self.by is None else self.by
        if self.by == usual.by or (by not in SPENDS and self.axis != AXES[0]):
            return None
        axis: Axis | Literal[""] = self.axis if by in SPENDS else NO_AXIS
        return replace(usual, target=self.target, budget=self.budget, axis=axis, options=self.options, by=by)


def every_change() -> Iterator[Change]:
    """Yield every combination of changes, those of one target and then of one budget together.

    >>> usual = [usual_choices(by) for by in ("cost-to-target", "accuracy")]
    >>> [sum(change.choices(one) is not None for change in every_change()) for one in usual]
    [162, 162]
    """
    measures: tuple[By | None, ...] = (None, *MEASURES)
    for values in itertools.product(TARGETS, BUDGETS, AXES, get_args(Options), measures):
        yield Change(*values)


def usual_choices(by: By) -> Choices:
    """Return the choices that a claim by some measure is decided with.

    >>> usual_choices("solved")
    Choices(target=1.0, budget=1.0, axis='', options='own', left_out='', by='solved')
    """
    return Choices(axis="cost" if by in SPENDS else NO_AXIS, by=by)
