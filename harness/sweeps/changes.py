"""Changes to the fields of an experiment that a command asks for: fields and options set, seeds by range."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Mapping, Sequence
from typing import Any

from harness.sweeps.axes import named
from harness.sweeps.fields import FIELDS, MOST_SEEDS
from optimizers.budget import Budget
from optimizers.errors import InputError, unknown_name
from optimizers.printable import shown
from optimizers.specification import parse

NAMED = {"problems": "problem", "optimizers": "optimizer", "gradients": "gradient", "figures": "figure"}
"""Fields whose entries have names, and what one is called."""

USUAL = {"gradients": ["analytic"]}
"""What stands where a file says nothing."""


def with_settings(table: Mapping[str, Any], settings: Sequence[str]) -> dict[str, Any]:
    """Return the table of an experiment's file with fields and options set.

    Arguments:
        table: the fields.
        settings: each ``FIELD=VALUE``, ``budget.LIMIT=VALUE`` or ``FIELD.NAME.OPTION=VALUE``; values as in
            the file, text without quotation marks as well. A list is an axis.

    Raises:
        InputError: for a place that is not there; it says which is nearest.

    >>> with_settings({"optimizers": ["adam", "lbfgs"]}, ["optimizers.adam.learning_rate=[0.01,0.1]"])
    {'optimizers': [{'name': 'adam', 'learning_rate': [0.01, 0.1]}, 'lbfgs']}
    """
    changed = dict(table)
    for setting in settings:
        place, sign, text = setting.partition("=")
        field, *rest = (part.strip() for part in place.split("."))
        if not sign:
            raise InputError(f"--set {shown(setting)}: expected PLACE=VALUE, such as budget.cost=1000")
        if field not in FIELDS:
            raise unknown_name("field", field, FIELDS)
        value = value_of(setting, text.strip())
        if not rest:
            changed[field] = value
        elif field == "budget" and len(rest) == 1:
            changed[field] = _limited(changed.get(field), rest[0], value)
        elif field in NAMED and len(rest) == 2:
            changed[field] = _with_option(
                field, changed.get(field, USUAL.get(field, [])), rest[0], rest[1], value
            )
        else:
            raise InputError(
                f"--set {shown(setting)}: expected FIELD=VALUE, budget.LIMIT=VALUE or, with a field of "
                f"{', '.join(NAMED)}, FIELD.NAME.OPTION=VALUE"
            )
    return changed


def value_of(setting: str, text: str) -> Any:
    """Read a value as TOML, and as text what is none.

    Raises:
        InputError: for what is nested too deeply or too long; it names the setting.
    """
    try:
        return tomllib.loads(f"value = {' '.join(text.split())}")["value"]
    except RecursionError:
        raise InputError(f"--set {shown(setting)} is nested too deeply: write it flat") from None
    except tomllib.TOMLDecodeError:
        return text
    except ValueError:
        raise InputError(f"--set {shown(setting)} has thousands of digits: give another number") from None


def _limited(budget: Any, limit: str, value: Any) -> Any:
    """Return a budget, or each of several, with a limit set; "none" takes it away."""
    if limit not in Budget.__dataclass_fields__:
        raise unknown_name("limit", limit, Budget.__dataclass_fields__)
    if isinstance(budget, list):
        return [_limited(entry, limit, value) for entry in budget]
    limits = budget if isinstance(budget, Mapping) else {} if budget is None else {"cost": budget}
    set_ = {**limits, limit: value}
    return {name: entry for name, entry in set_.items() if entry != "none"}


def _with_option(field: str, given: Any, name: str, option: str, value: Any) -> Any:
    """Return entries of which those of a name have an option set; what is no list goes on to be refused."""
    listed = [given] if isinstance(given, str | Mapping) else given
    if not isinstance(listed, list):
        return given
    entries = [each for entry in listed for each in named(entry)]
    tables = [parse(entry, NAMED[field]) if isinstance(entry, str) else entry for entry in entries]
    names = [table.get("name") if isinstance(table, Mapping) else None for table in tables]
    if name not in names:
        known = {known for known in names if isinstance(known, str)}
        raise unknown_name(f"{NAMED[field]} of this experiment", name, known)
    return [
        {**table, option: value} if named_so == name else entry
        for entry, table, named_so in zip(entries, tables, names, strict=True)
    ]


def seeds_of(text: str, option: str = "--seeds") -> int | list[int]:
    """Read seeds as a command names them: how many, a range from the first to below the end, or a list.

    Arguments:
        text: such as "20", "100:200" or "3,5,7".
        option: what is read, for a sentence.

    Raises:
        InputError: for anything else.

    >>> seeds_of("20"), seeds_of("100:103"), seeds_of("3,10:12")
    (20, [100, 101, 102], [3, 10, 11])
    """
    parts = [part.strip() for part in text.split(",")]
    if len(parts) == 1 and re.fullmatch(r"[+-]?\d{1,19}", parts[0]):
        return int(parts[0])
    seeds: list[int] = []
    for part in parts:
        first, sign, end = part.partition(":")
        if not re.fullmatch(r"\d{1,19}", first) or (sign and not re.fullmatch(r"\d{1,19}", end)):
            raise InputError(
                f"{option} is {shown(text)}, expected an integer, a range as 100:200, or a list as 3,5"
            )
        if sign and not 0 < int(end) - int(first) <= MOST_SEEDS:
            raise InputError(
                f"{option} is {shown(text)}: the end of a range is above its first, by up to {MOST_SEEDS}"
            )
        seeds += range(int(first), int(end) if sign else int(first) + 1)
    return seeds
