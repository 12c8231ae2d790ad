"""Search spaces: which options of an optimizer are worth tuning, and where a tuner may look for them.

A range lays its values out along the unit interval, so that a method of tuning knows numbers from 0 to 1 and
nothing else. Values are rounded to three significant digits: no option is felt more finely, and a reader can
copy them.
"""

from __future__ import annotations

import math
from abc import ABC, abstractmethod
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from optimizers.errors import InputError
from optimizers.printable import shown


@dataclass(frozen=True)
class Range(ABC):
    """Where one option may lie.

    Attributes:
        reason: why the option's default is none of these values; empty where it is one.
    """

    reason: str = field(default="", kw_only=True)

    @abstractmethod
    def at(self, place: float) -> Any:
        """Return the value at a place from 0 to 1, both included."""

    @abstractmethod
    def place(self, value: Any) -> float | None:
        """Return a place of a value, from 0 to 1; None for a value outside."""

    @abstractmethod
    def __str__(self) -> str: ...

    def __contains__(self, value: object) -> bool:
        return self.place(value) is not None


@dataclass(frozen=True)
class Linear(Range):
    """Numbers between two ends, even on a linear scale.

    >>> Linear(0.2, 1.0).at(0.5), Linear(0.2, 1.0).place(0.4), 2.0 in Linear(0.2, 1.0)
    (0.6, 0.25, False)
    """

    low: float
    high: float

    def __post_init__(self) -> None:
        _check_ends(self, self.low, self.high)

    def __str__(self) -> str:
        return f"{self.low:g} to {self.high:g}"

    def at(self, place: float) -> float:
        """Return the number at a place."""
        return _within(self.low, _rounded(self.low + place * (self.high - self.low)), self.high)

    def place(self, value: Any) -> float | None:
        """Return the place of a number."""
        return _share(value, self.low, self.high) if _is_between(value, self.low, self.high) else None


@dataclass(frozen=True)
class Logarithmic(Range):
    """Numbers between two ends above 0, even on a logarithmic scale: of learning rates the size counts.

    >>> Logarithmic(1e-4, 1.0).at(0.5), Logarithmic(1e-4, 1.0).place(0.1)
    (0.01, 0.75)
    """

    low: float
    high: float

    def __post_init__(self) -> None:
        _check_ends(self, self.low, self.high)
        if self.low <= 0.0:
            raise InputError(
                f"{type(self).__name__}: low is {shown(self.low)}, expected a number above 0, or Linear"
            )

    def __str__(self) -> str:
        return f"{self.low:g} to {self.high:g}, logarithmic"

    def at(self, place: float) -> float:
        """Return the number at a place."""
        low, high = math.log(self.low), math.log(self.high)
        return _within(self.low, _rounded(math.exp(low + place * (high - low))), self.high)

    def place(self, value: Any) -> float | None:
        """Return the place of a number."""
        if not _is_between(value, self.low, self.high):
            return None
        return _share(math.log(value), math.log(self.low), math.log(self.high))


@dataclass(frozen=True)
class NearOne(Range):
    """Numbers below 1 whose distances from 1 are even on a logarithmic scale, as of a decay or a momentum.

    A sum that keeps 0.99 of itself at each step remembers ten times as many steps as one that keeps 0.9.

    >>> NearOne(0.9, 0.999).at(0.5), NearOne(0.9, 0.999).place(0.999)
    (0.99, 1.0)
    """

    low: float
    high: float

    def __post_init__(self) -> None:
        _check_ends(self, self.low, self.high)
        if self.high >= 1.0:
            raise InputError(
                f"{type(self).__name__}: high is {shown(self.high)}, expected a number below 1, or Linear"
            )

    def __str__(self) -> str:
        return f"{self.low:g} to {self.high:g}, logarithmic in the distance from 1"

    def at(self, place: float) -> float:
        """Return the number at a place."""
        far, near = math.log(1.0 - self.low), math.log(1.0 - self.high)
        # Twelve digits, for 1 - 0.0123 is 0.9876999999999999 and more.
        number = round(1.0 - _rounded(math.exp(far + place * (near - far))), 12)
        return _within(self.low, number, self.high)

    def place(self, value: Any) -> float | None:
        """Return the place of a number."""
        if not _is_between(value, self.low, self.high):
            return None
        return _share(math.log(1.0 - value), math.log(1.0 - self.low), math.log(1.0 - self.high))


@dataclass(frozen=True)
class Whole(Range):
    """Whole numbers between two ends, both included, each with an equal share or even in their logarithms.

    >>> [Whole(1, 3).at(place) for place in (0.0, 0.5, 1.0)], Whole(1, 100, logarithmic=True).at(0.5)
    ([1, 2, 3], 10)
    """

    low: int
    high: int
    logarithmic: bool = False

    def __post_init__(self) -> None:
        for end in (self.low, self.high):
            if isinstance(end, bool) or not isinstance(end, int):
                raise InputError(f"{type(self).__name__}: an end is {shown(end)}, expected a whole number")
        _check_ends(self, self.low, self.high)
        if self.logarithmic and self.low < 1:
            raise InputError(
                f"{type(self).__name__}: low is {shown(self.low)}, expected 1 or more on a logarithmic scale"
            )

    def __str__(self) -> str:
        return f"{self.low} to {self.high}{', logarithmic' if self.logarithmic else ''}"

    def at(self, place: float) -> int:
        """Return the number at a place."""
        low, end = self._scaled(self.low), self._scaled(self.high + 1)
        number = low + place * (end - low)
        return min(max(math.floor(math.exp(number) if self.logarithmic else number), self.low), self.high)

    def place(self, value: Any) -> float | None:
        """Return the middle of a number's share."""
        if not isinstance(value, int) or not _is_between(value, self.low, self.high):
            return None
        low, end = self._scaled(self.low), self._scaled(self.high + 1)
        return 0.5 * (_share(self._scaled(value), low, end) + _share(self._scaled(value + 1), low, end))

    def _scaled(self, number: int) -> float:
        return math.log(number) if self.logarithmic else float(number)


@dataclass(frozen=True)
class Choice(Range):
    """One of some values, each with an equal share.

    >>> Choice(("sss", "rank")).at(0.75), Choice((False, True)).place(True), None in Choice((1, None))
    ('rank', 0.75, True)
    """

    values: tuple[Any, ...]

    def __post_init__(self) -> None:
        if not isinstance(self.values, tuple) or not self.values:
            raise InputError(f"Choice: values is {shown(self.values)}, expected a tuple of one at least")

    def __str__(self) -> str:
        return " | ".join("none" if value is None else str(value).lower() for value in self.values)

    def at(self, place: float) -> Any:
        """Return the value at a place."""
        return self.values[min(int(place * len(self.values)), len(self.values) - 1)]

    def place(self, value: Any) -> float | None:
        """Return the middle of a value's share."""
        found = [place for place, one in enumerate(self.values) if type(one) is type(value) and one == value]
        return (found[0] + 0.5) / len(self.values) if found else None


SearchSpace = Mapping[str, Range]
"""The ranges of an optimizer's options that are worth tuning, by the options' names."""


def _check_ends(range_: Range, low: float, high: float) -> None:
    if not -math.inf < low < high < math.inf:
        raise InputError(
            f"{type(range_).__name__}: low is {shown(low)} and high {shown(high)}, expected low below high"
        )


def _is_between(value: Any, low: float, high: float) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool) and low <= value <= high


def _share(value: float, low: float, high: float) -> float:
    return (value - low) / (high - low)


def _rounded(number: float) -> float:
    return float(f"{number:.3g}")


def _within(low: float, number: float, high: float) -> float:
    return min(max(number, low), high)
