"""Which members of an experiment's axes are meant, and which of their combinations it has."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields
from typing import Any

from harness.gradients import SOURCES, build_source
from harness.problems import PROBLEMS
from harness.problems.base import BaseProblem
from harness.runs.identity import shown_problem
from harness.sweeps.axes import zipped
from optimizers.budget import Budget
from optimizers.errors import InputError, unknown_name
from optimizers.optimizer import Optimizer
from optimizers.options import option_values
from optimizers.printable import shown
from optimizers.registry import OPTIMIZERS, ClassRegistry

AXES = {
    "problem": "problems",
    "optimizer": "optimizers",
    "gradient": "gradients",
    "budget": "budget",
    "seed": "seeds",
}
"""The axes of an experiment: what a member of each is called, and its field."""

Members = Mapping[str, Sequence[Any]]
"""The members of every axis."""


@dataclass(frozen=True)
class Combinations:
    """The combinations of an experiment: all, but for what ``zip`` and ``exclude`` take away.

    Attributes:
        together: numbers of axes whose members go together.
        excluded: for each exclusion the members that it names, by the number of their axis.
    """

    together: Sequence[Sequence[int]]
    excluded: Sequence[Mapping[int, frozenset[int]]]

    def has(self, place: Sequence[int]) -> bool:
        """Say whether the combination of the members of these numbers, one an axis, is there."""
        if any(len({place[axis] for axis in group}) > 1 for group in self.together):
            return False
        return not any(
            all(place[axis] in numbers for axis, numbers in names.items()) for names in self.excluded
        )


def combinations(members: Members, zips: Any, exclude: Sequence[Mapping[str, Sequence[Any]]]) -> Combinations:
    """Find out which combinations there are.

    Arguments:
        members: of every axis.
        zips: names of fields that go together, or a list of such lists.
        exclude: as ``exclusions`` returns them.

    Raises:
        InputError: for a contradictory ``zip``, or an exclusion of what is not there.
    """
    place, name = {axis: number for number, axis in enumerate(AXES)}, {AXES[axis]: axis for axis in AXES}
    groups = zipped(zips, {AXES[axis]: len(entries) for axis, entries in members.items()})
    return Combinations(
        [[place[name[field]] for field in group] for group in groups],
        [
            {
                place[axis]: frozenset(number for value in values for number in found(members, axis, value))
                for axis, values in entry.items()
            }
            for entry in exclude
        ],
    )


def exclusions(entries: Any) -> list[dict[str, list[Any]]]:
    """Return exclusions in one form, each value in a list.

    Raises:
        InputError: for what is no table of axes and values.

    >>> exclusions([{"problem": "iris", "seed": [0, 1]}])
    [{'problem': ['iris'], 'seed': [0, 1]}]
    """
    listed = []
    for entry in entries:
        if not isinstance(entry, Mapping) or not entry:
            raise InputError(
                f"exclude holds {shown(entry)}, expected a table such as "
                '{ problem = "iris", optimizer = "genetic-algorithm" }'
            )
        table = {}
        for axis, given in entry.items():
            if axis not in AXES:
                raise unknown_name("axis in exclude", axis, AXES)
            values = list(given) if isinstance(given, list | tuple) else [given]
            if not values:
                raise InputError(f"exclude: '{axis}' is an empty list, expected at least one")
            table[str(axis)] = [_written(value) for value in values]
        listed.append(table)
    return listed


def _written(value: Any) -> Any:
    """Return a member as a file names it."""
    if isinstance(value, Optimizer):
        return value.label
    if isinstance(value, BaseProblem):
        return value.name
    if isinstance(value, Budget):
        return {name: limit for name, limit in option_values(value).items() if limit is not None}
    return value


def found(members: Members, axis: str, value: Any) -> list[int]:
    """Return the numbers of the members that a value names.

    Arguments:
        members: of every axis.
        axis: which one, such as "optimizer".
        value: a name, which stands for all that have it; a name with options, ``adam:learning_rate=0.1`` or
            as tables have it, for those that have these; a cost or a table of limits; a seed.

    Raises:
        InputError: if there is none; it says which is nearest.
    """
    numbers = [number for number, member in enumerate(members[axis]) if _names(axis, value, member)]
    if not numbers:
        known = dict.fromkeys(name for member in members[axis] for name in _known(axis, member))
        raise unknown_name(f"{axis} of this experiment", value, list(known)[:100])
    return numbers


def _known(axis: str, member: Any) -> list[str]:
    """Return what a member may be called: its label, and the name that stands for all like it."""
    family = {"problem": getattr(member, "family", None), "optimizer": member}.get(axis)
    return [_label(axis, member), *([family.name()] if family is not None else [])]


def _label(axis: str, member: Any) -> str:
    if axis == "problem":
        return shown_problem(member)
    if axis == "budget":
        return ", ".join(f"{name}={limit:.12g}" for name, limit in _written(member).items())
    return str(member.label) if axis == "optimizer" else str(member)


def _names(axis: str, value: Any, member: Any) -> bool:
    if axis == "seed":
        return not isinstance(value, bool) and bool(value == member)
    if axis == "budget":
        limits = value if isinstance(value, Mapping) else {"cost": value}
        for name in limits:
            if name not in Budget.__dataclass_fields__:
                raise unknown_name("limit", name, Budget.__dataclass_fields__)
        return bool(limits) and all(getattr(member, name) == limit for name, limit in limits.items())
    if value in (_label(axis, member), getattr(member, "name", None)):
        return True
    if axis == "problem":
        return _describes(PROBLEMS, value, member.family)
    return (
        _describes(OPTIMIZERS, value, member)
        if axis == "optimizer"
        else _describes(SOURCES, value, build_source(member))
    )


def _describes(registry: ClassRegistry[Any], value: Any, member: Any) -> bool:
    """Say whether a name with options is that of a member, which may have more options than these."""
    if isinstance(value, str):
        # As a label of an optimizer has it.
        value = re.sub(r"^([^:(]+)\((.*)\)$", r"\1:\2", value)
    given = registry.read(value)
    name = given.pop("name")
    if member is None or name != member.name():
        return False
    known = [option.name for option in fields(member)]
    for option in given:
        if option not in known:
            raise unknown_name(f"option of {registry.kind} '{name}'", option, known)
    try:
        wanted = type(member)(**given)
    except InputError:
        # Options that go with others only, which are not named here.
        return all(getattr(member, option) == entry for option, entry in given.items())
    return all(getattr(member, option) == getattr(wanted, option) for option in given)
