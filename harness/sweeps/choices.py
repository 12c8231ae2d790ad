"""Members of an experiment's axes that a command chooses, or takes away."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

from harness.sweeps.changes import seeds_of, value_of
from harness.sweeps.claims import claims_left
from harness.sweeps.experiment import Experiment
from harness.sweeps.selection import AXES, Members, found
from optimizers.errors import InputError, unknown_name
from optimizers.printable import shown


def restricted(experiment: Experiment, only: Sequence[str] = (), without: Sequence[str] = ()) -> Experiment:
    """Return an experiment with some members of its axes.

    Arguments:
        experiment: as it is declared.
        only: each ``AXIS=VALUE,VALUE``, such as ``optimizer=adam,lbfgs``: no others of that axis are left.
        without: those that are taken away.

    Raises:
        InputError: for an unknown axis or value, or where nothing is left.
    """
    if not only and not without:
        return experiment
    members = experiment.members
    kept = {axis: list(range(len(entries))) for axis, entries in members.items()}
    for option, listed, wanted in (("--only", only, True), ("--without", without, False)):
        for axis, values in _choices(option, listed).items():
            meant = {number for value in values for number in found(members, axis, value)}
            kept[axis] = [number for number in kept[axis] if (number in meant) is wanted]
    axes = list(AXES)
    for group in experiment.combinations.together:
        common = set.intersection(*(set(kept[axes[number]]) for number in group))
        for number in group:
            kept[axes[number]] = sorted(common)
    for axis, numbers in kept.items():
        if not numbers:
            raise InputError(f"no {axis} of experiment '{experiment.name}' is left: choose fewer or others")
    left = {axis: [members[axis][number] for number in kept[axis]] for axis in members}
    exclude = [_still_there(entry, left) for entry in experiment.exclude]
    fields: dict[str, Any] = {AXES[axis]: entries for axis, entries in left.items()}
    fields["exclude"] = [entry for entry in exclude if entry is not None]
    return replace(experiment, claims=claims_left(experiment.claims, left), **fields)


def _still_there(entry: Mapping[str, list[Any]], left: Members) -> dict[str, list[Any]] | None:
    """Return an exclusion with what there still is; None where one of its axes has nothing of it."""
    table = {}
    for axis, values in entry.items():
        table[axis] = [value for value in values if _is_there(left, axis, value)]
        if not table[axis]:
            return None
    return table


def _is_there(members: Members, axis: str, value: Any) -> bool:
    try:
        return bool(found(members, axis, value))
    except InputError:
        return False


def _choices(option: str, listed: Sequence[str]) -> dict[str, list[Any]]:
    """Read choices, those of one axis together.

    >>> _choices("--only", ["optimizer=adam:batch=3,decay_1=0.5,lbfgs", "problem=xor", "problem=iris"])
    {'optimizer': ['adam:batch=3,decay_1=0.5', 'lbfgs'], 'problem': ['xor', 'iris']}
    """
    chosen: dict[str, list[Any]] = {}
    for text in listed:
        axis, sign, values = (part.strip() for part in text.partition("="))
        if not sign or not values:
            raise InputError(f"{option} {shown(text)}: expected AXIS=VALUE, such as optimizer=adam,lbfgs")
        if axis not in AXES:
            raise unknown_name("axis", axis, AXES)
        for value in _separated(values):
            chosen.setdefault(axis, []).extend(_member(axis, value))
    return chosen


def _separated(text: str) -> list[str]:
    """Split at the commas between values, not at those between the options of one."""
    parts: list[str] = []
    for part in text.split(","):
        last = parts[-1] if parts else ""
        is_open = any(last.count(one) > last.count(other) for one, other in ("[]", "{}", "()"))
        goes_on = ":" in last and "=" in part and ":" not in part.partition("=")[0]
        if is_open or goes_on:
            parts[-1] += f",{part}"
        else:
            parts.append(part.strip())
    return parts


def _member(axis: str, text: str) -> list[Any]:
    """Read a value as the axis has it."""
    if axis == "seed":
        seeds = seeds_of(text, "--only seed")
        return [seeds] if isinstance(seeds, int) else seeds
    if axis == "budget":
        limit, sign, number = text.rpartition("=")
        value = value_of(text, number)
        return [{limit: value} if sign else value]
    return [text]
