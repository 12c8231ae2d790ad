"""Lists as axes: a table of options becomes one for each combination of their values."""

from __future__ import annotations

import itertools
import math
from collections.abc import Mapping, Sequence
from typing import Any

from optimizers.errors import InputError, unknown_name
from optimizers.options import option_ranges
from optimizers.printable import shown

ZIP = "zip"
"""Word for options that go together, value by value."""

MOST_COMBINATIONS = 100_000
"""Combinations of one table's options at the most."""


def named(entry: Any) -> list[Any]:
    """Return an entry for each name where its name is a list, so that several share their options.

    >>> named({"name": ["xor", "iris"], "hidden": [[2], [4]]})
    [{'name': 'xor', 'hidden': [[2], [4]]}, {'name': 'iris', 'hidden': [[2], [4]]}]
    """
    names = entry.get("name") if isinstance(entry, Mapping) else None
    if not isinstance(names, list):
        return [entry]
    if not names or not all(isinstance(name, str) for name in names):
        raise InputError(f"name is {shown(names)}, expected a name, or a list of at least one")
    return [{**entry, "name": name} for name in names]


def expanded(given: Mapping[str, Any], owner: type) -> list[dict[str, Any]]:
    """Expand each list into its elements; where an option is a list itself, a list of lists is an axis.

    Options that ``zip`` names go together, the first value of one with the first of the other.

    Arguments:
        given: options by name.
        owner: class whose options they are.

    Raises:
        InputError: for an empty list, a contradictory ``zip``, or too many combinations.

    >>> from optimizers import Adam
    >>> expanded({"learning_rate": [0.1, 0.2], "batch": [1, 2], "zip": ["learning_rate", "batch"]}, Adam)
    [{'learning_rate': 0.1, 'batch': 1}, {'learning_rate': 0.2, 'batch': 2}]
    """
    ranges = option_ranges(owner)
    axes: dict[str, list[Any]] = {}
    lengths: dict[str, int] = {}
    for name, value in given.items():
        if name == ZIP:
            continue
        words = ranges.get(name, "")
        is_list = words.startswith("list of")
        axis = isinstance(value, list) and (not is_list or any(isinstance(entry, list) for entry in value))
        if axis and not value:
            raise InputError(f"option '{name}' is an empty list, expected at least one value")
        if axis:
            lengths[name] = len(value)
        # TOML has no null.
        may_be_none = words.endswith("none")
        axes[name] = [
            None if may_be_none and entry == "none" else entry for entry in (value if axis else [value])
        ]
    together = {name: group for group in zipped(given.get(ZIP, []), lengths) for name in group}
    steps = []
    for name in axes:
        group = together.get(name, (name,))
        if name == group[0]:
            rows = zip(*(axes[of] for of in group), strict=True)
            steps.append([dict(zip(group, row, strict=True)) for row in rows])
    count = math.prod(map(len, steps))
    if count > MOST_COMBINATIONS:
        raise InputError(f"the options have {count:.3g} combinations: give fewer values")
    choices = (
        {name: value for step in choice for name, value in step.items()}
        for choice in itertools.product(*steps)
    )
    return [{name: choice[name] for name in axes} for choice in choices]


def zipped(given: Any, lengths: Mapping[str, int]) -> list[tuple[str, ...]]:
    """Read which lists go together.

    Arguments:
        given: two names or more, or a list of such lists.
        lengths: how many values each list has that may be named.

    Raises:
        InputError: for a name that is no list or is there twice, or lists of different lengths.

    >>> zipped(["learning_rate", "batch"], {"learning_rate": 3, "batch": 3})
    [('learning_rate', 'batch')]
    >>> zipped(["learning_rate", "batch"], {"learning_rate": 3, "batch": 2})
    Traceback (most recent call last):
    optimizers.errors.InputError: zip: 'learning_rate' has 3 values, 'batch' has 2: give as many of each
    """
    flat = isinstance(given, list) and bool(given) and all(isinstance(name, str) for name in given)
    groups = [given] if flat else given
    if not isinstance(groups, Sequence) or isinstance(groups, str) or not all(map(_is_group, groups)):
        raise InputError(
            f"zip is {shown(given)}, expected the names of two lists or more that go together, or a list of "
            "such lists"
        )
    seen: set[str] = set()
    for group in groups:
        for name in group:
            if name in seen:
                raise InputError(f"zip names {shown(name)} twice: a list goes with the others of one group")
            if name not in lengths:
                raise unknown_name("list in zip", name, lengths)
            seen.add(name)
        first = group[0]
        for name in group[1:]:
            if lengths[name] != lengths[first]:
                raise InputError(
                    f"zip: '{first}' has {lengths[first]} values, '{name}' has {lengths[name]}: "
                    "give as many of each"
                )
    return [tuple(group) for group in groups]


def _is_group(group: Any) -> bool:
    whole = isinstance(group, list | tuple) and len(group) > 1
    return whole and all(isinstance(name, str) for name in group)
