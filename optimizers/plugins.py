"""What other packages add to a family, by entry points: a broken one is left out, nothing is replaced."""

from __future__ import annotations

import functools
import warnings
from collections.abc import Callable
from importlib.metadata import EntryPoint, EntryPoints, entry_points
from typing import Any

from optimizers.printable import printable, said_by, shown


@functools.cache
def _all_installed() -> Any:
    # Once for all groups: each time the files of every package that is installed are read.
    return entry_points()


@functools.cache
def installed(group: str) -> EntryPoints:
    """Return the entry points of a group, with nothing of them imported."""
    found: EntryPoints = _all_installed().select(group=group)
    return found


@functools.cache
def plugins(group: str) -> tuple[tuple[str, Any], ...]:
    """Return what the entry points of a group load, by their names.

    One that cannot be imported is left out, with a warning that names it; nothing else suffers by it.
    """
    found = []
    for entry in installed(group):
        try:
            found.append((entry.name, entry.load()))
        except (Exception, SystemExit) as error:
            _leave_out(entry, said_by(error))
    return tuple(found)


def add_plugins(
    found: dict[str, Any],
    group: str,
    fits: Callable[[Any], bool],
    expected: str,
    name_of: Callable[[str, Any], str],
) -> None:
    """Add what a group brings to a family's members; what does not fit or takes a name is left out.

    Arguments:
        found: members by their names.
        group: group of entry points.
        fits: says whether something may be a member.
        expected: what a member is, for the warning.
        name_of: returns the name of a member, of the entry point's name and of what it loads.
    """
    entries = {entry.name: entry for entry in installed(group)}
    for name, member in plugins(group):
        if not fits(member):
            _leave_out(entries[name], f"found {shown(member)}, expected {expected}")
            continue
        taken = name_of(name, member)
        if taken in found:
            _leave_out(entries[name], f"the name '{taken}' is taken: it needs another one")
            continue
        found[taken] = member


def _leave_out(entry: EntryPoint, reason: str) -> None:
    package = entry.dist.name if entry.dist is not None else entry.value
    warnings.warn(
        printable(f"plug-in '{entry.name}' of package '{package}' ({entry.group}) is left out: {reason}"),
        RuntimeWarning,
        stacklevel=2,
    )
