"""Claims: what an experiment is to decide, said before anything runs."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, fields
from typing import Any, Literal, cast, get_args

import numpy as np

from optimizers.errors import InputError, unknown_name
from optimizers.printable import shown

By = Literal["cost-to-target", "final-loss", "solved", "accuracy", "anytime-area"]
"""What a claim goes by; ``harness.analysis.measures`` says how."""

EXAMPLE = '{ better = "lbfgs", than = "genetic-algorithm", by = "cost-to-target", margin = 0.1 }'


@dataclass(frozen=True)
class Claim:
    """One statement that an experiment is to decide: that an optimizer is better than another.

    Attributes:
        better: label or name of the one; ``"adam by symbolic"`` where there are several gradient sources.
        than: of the other.
        by: what is compared; None is the cost to the target where a problem has one, else the final loss.
        problems: names of the problems it is about; none are all.
        margin: smallest difference that matters: of costs and losses a part of the other's (0.1: up to a
            factor of 1.1), of solved runs and accuracy a difference of fractions. 0 names none: then nothing
            is equivalent, but for runs until decided, of which 10 points around an even chance are.
    """

    better: str
    than: str
    by: By | None = None
    problems: tuple[str, ...] = ()
    margin: float = 0.0

    def table(self) -> dict[str, Any]:
        """Return the claim as a file has it.

        >>> Claim("lbfgs", "rprop", margin=0.1).table()
        {'better': 'lbfgs', 'than': 'rprop', 'margin': 0.1}
        """
        table: dict[str, Any] = {"better": self.better, "than": self.than}
        if self.by is not None:
            table["by"] = self.by
        if self.problems:
            table["problems"] = list(self.problems)
        return table | ({"margin": self.margin} if self.margin else {})


def claims_of(entries: Any) -> tuple[Claim, ...]:
    """Read claims from tables, as a file has them.

    Raises:
        InputError: for what is no claim.

    >>> claims_of([{"better": "lbfgs", "than": "rprop", "by": "solved"}])[0].by
    'solved'
    """
    listed = [entries] if isinstance(entries, Mapping | Claim) else entries
    if not isinstance(listed, list | tuple):
        raise InputError(f"field 'claims' is {shown(entries)}, expected a list of tables such as {EXAMPLE}")
    found = [entry if isinstance(entry, Claim) else _claim(entry) for entry in listed]
    for place, claim in enumerate(found):
        if claim in found[:place]:
            raise InputError(f"claims: {claim.better} against {claim.than} is there twice: give it once")
    return tuple(found)


def _claim(entry: Any) -> Claim:
    if not isinstance(entry, Mapping):
        raise InputError(f"field 'claims' holds {shown(entry)}, expected a table such as {EXAMPLE}")
    known = [field.name for field in fields(Claim)]
    for name in entry:
        if name not in known:
            raise unknown_name("field of a claim", name, known)
    for name in ("better", "than"):
        if not isinstance(entry.get(name), str) or not entry[name]:
            said = f"is {shown(entry[name])}" if name in entry else "is missing"
            raise InputError(f"claims: '{name}' {said}, expected the name of an optimizer")
    if entry["better"] == entry["than"]:
        raise InputError(f"claims: {shown(entry['better'])} is held against itself: name two optimizers")
    by = entry.get("by")
    if by is not None and by not in get_args(By):
        raise unknown_name("measure of a claim", by, get_args(By))
    return Claim(
        entry["better"],
        entry["than"],
        cast("By | None", by),
        _problems(entry),
        _margin(entry.get("margin", 0)),
    )


def _problems(entry: Mapping[str, Any]) -> tuple[str, ...]:
    given = entry.get("problems", [])
    names = [given] if isinstance(given, str) else given
    if not isinstance(names, list | tuple) or not all(isinstance(name, str) for name in names):
        raise InputError(
            f"claims: 'problems' is {shown(given)}, expected names of problems of this experiment"
        )
    if "problems" in entry and not names:
        raise InputError("claims: 'problems' is an empty list: name one, or leave the field out for all")
    return tuple(dict.fromkeys(names))


def _margin(value: Any) -> float:
    value = value.item() if isinstance(value, np.number) else value
    number = isinstance(value, int | float) and not isinstance(value, bool)
    if not number or not 0 <= value < 1e6 or math.isnan(value):
        raise InputError(
            f"claims: 'margin' is {shown(value)}, expected the smallest difference that matters, 0 or more"
        )
    return float(value)
