"""The one other configuration of an optimizer among the runs, such as the tuned one beside the declared."""

from __future__ import annotations

import json
from collections.abc import Mapping

from harness.analysis.grouping import Group
from harness.analysis.verdict import Line
from optimizers.registry import OPTIMIZERS

SEVERAL = "there are several other configurations of one"
AGAINST = "the claim is about these options"


Kind = tuple[str, str, str]
"""An optimizer without the options that tuning tries: name, source, and its other options."""


def with_other_options(
    kinds: Mapping[Line, Kind | None], line: Line, other: Line
) -> tuple[Line, Line] | str | None:
    """Return two optimizers with their other options, None where neither has any, or why it is not clear.

    A configuration is of the same optimizer where it differs in nothing but options of the search space,
    which ``harness tune`` tries. One that has no other configuration stays as it is beside one that has.

    Arguments:
        kinds: of all on the problem, as ``kinds_of`` returns them.
        line: one of the two.
        other: the other one.
    """
    found = []
    for name in (line, other):
        alike = [one for one, kind in kinds.items() if one != name and kind == kinds[name] is not None]
        if len(alike) > 1:
            return SEVERAL
        if set(alike) & {line, other}:
            return AGAINST
        found.append(alike[0] if alike else name)
    return (found[0], found[1]) if found != [line, other] else None


def kinds_of(groups: Mapping[Line, Group]) -> dict[Line, Kind | None]:
    """Return what tuning leaves of each optimizer as it is; None of one that is not known here."""
    return {line: _kind(group) for line, group in groups.items()}


def _kind(group: Group) -> Kind | None:
    first = group.runs.iloc[0]
    name = str(first["optimizer_name"])
    try:
        options = json.loads(first["options"])
        space = OPTIMIZERS[name].search_space
    except (ValueError, KeyError):
        return None
    staying = {option: value for option, value in options.items() if option not in space}
    return name, group.gradient, json.dumps(staying, sort_keys=True)
