"""A name with options in one string, ``"parity:bits=4"``: read, and written in the canonical way."""

from __future__ import annotations

import json
import tomllib
from collections.abc import Mapping, Sequence
from typing import Any

from optimizers.errors import InputError
from optimizers.printable import shown


def parse(specification: str, kind: str = "problem") -> dict[str, Any]:
    """Read a name and its options from one string.

    Arguments:
        specification: ``"name"`` or ``"name:option=value,option=value"``, values as in TOML; text needs no
            quotation marks, and ``none`` is None.
        kind: what the string should name, for the error.

    Raises:
        InputError: for a part that is no ``option=value``, or an option that is there twice.

    >>> parse("parity:bits=4,hidden=[4,4]")
    {'name': 'parity', 'bits': 4, 'hidden': [4, 4]}
    """
    name, _, listing = specification.partition(":")
    given: dict[str, Any] = {"name": name.strip()}
    for part in separated(listing):
        option, sign, text = part.partition("=")
        if not sign or not option.strip():
            raise InputError(f"{kind} {shown(specification)}: found {shown(part)}, expected option=value")
        if option.strip() in given:
            raise InputError(f"{kind} {shown(specification)}: option {shown(option.strip())} is there twice")
        try:
            given[option.strip()] = tomllib.loads(f"value = {' '.join(text.split())}")["value"]
        except RecursionError:
            raise InputError(
                f"{kind} {shown(specification)}: option {shown(option.strip())} is nested too deeply: "
                "write it flat"
            ) from None
        except ValueError as error:
            # A number of more digits than Python reads is no TOML error.
            if not isinstance(error, tomllib.TOMLDecodeError):
                raise InputError(
                    f"{kind} {shown(specification)}: option {shown(option.strip())} has thousands of digits: "
                    "give another number"
                ) from None
            given[option.strip()] = None if text.strip() == "none" else text.strip()
    return given


def separated(listing: str, brackets: Sequence[tuple[str, str]] = (("[", "]"), ("{", "}"))) -> list[str]:
    """Separate options at the commas that are in no brackets, which belong to a list or a table.

    Arguments:
        listing: options, one behind the other.
        brackets: pairs of them.

    >>> separated("bits=4,hidden=[4,4]")
    ['bits=4', 'hidden=[4,4]']
    """
    parts: list[str] = []
    for part in filter(None, listing.split(",")):
        if parts and any(parts[-1].count(one) > parts[-1].count(other) for one, other in brackets):
            parts[-1] += f",{part}"
        else:
            parts.append(part)
    return parts


def write(name: str, changed: Mapping[str, Any]) -> str:
    """Write a name and options as ``parse`` reads them.

    >>> write("parity", {"bits": 4, "hidden": [4, 4]}), write("central-difference", {"step": 1e-6})
    ('parity:bits=4,hidden=[4,4]', 'central-difference:step=1e-06')
    """
    listing = ",".join(f"{option}={_written(value)}" for option, value in changed.items())
    return f"{name}:{listing}" if listing else name


def _written(value: Any) -> str:
    if value is None:
        return "none"
    return value if isinstance(value, str) else json.dumps(value, separators=(",", ":"))
