"""Problems by name: ``load("iris")``, ``load("parity", bits=4)`` or ``load("parity:bits=4")``."""

from __future__ import annotations

import functools
import tomllib
from typing import Any

from harness.problems.family import ProblemFamily
from harness.problems.problem import Problem
from optimizers.errors import InputError, unknown_name
from optimizers.registry import find_classes

__all__ = ["Problem", "ProblemFamily", "known_problems", "load", "parse"]


@functools.cache
def known_problems() -> dict[str, type[ProblemFamily]]:
    """Return every problem family by its name in kebab-case."""
    import harness.problems

    return find_classes(harness.problems, ProblemFamily, "harness.problems")  # type: ignore[type-abstract]


def parse(specification: str) -> dict[str, Any]:
    """Read a problem's name and options from one string.

    >>> parse("parity:bits=4,hidden=[4,4]")
    {'name': 'parity', 'bits': 4, 'hidden': [4, 4]}
    """
    name, _, listing = specification.partition(":")
    parts: list[str] = []
    for part in filter(None, listing.split(",")):
        # A comma inside brackets belongs to the list.
        if parts and parts[-1].count("[") > parts[-1].count("]"):
            parts[-1] += f",{part}"
        else:
            parts.append(part)
    given: dict[str, Any] = {"name": name.strip()}
    for part in parts:
        option, sign, text = part.partition("=")
        if not sign or not option.strip():
            raise InputError(f"problem {specification!r}: found {part!r}, expected option=value")
        if option.strip() in given:
            raise InputError(f"problem {specification!r}: option '{option.strip()}' is there twice")
        try:
            given[option.strip()] = tomllib.loads(f"value = {' '.join(text.split())}")["value"]
        except tomllib.TOMLDecodeError:
            given[option.strip()] = None if text.strip() == "none" else text.strip()
    return given


def load(name: str, **options: Any) -> Problem:
    """Build a problem from its name and options.

    Arguments:
        name: ``"iris"``, or with options ``"parity:bits=4"``.
        options: the same options by name; they win.

    Raises:
        InputError: for an unknown name or option; it says which is nearest.

    >>> load("xor")
    <problem xor: network 2-2-1, binary-cross-entropy, 4 rows>
    >>> load("parity:bits=4").name
    'parity:bits=4'
    """
    if not isinstance(name, str):
        raise InputError(f"a problem's name is {name!r}, expected text such as 'iris'")
    given = parse(name) | options
    family = given.pop("name")
    families = known_problems()
    if family not in families:
        raise unknown_name("problem", family, families)
    return families[family](**given).build()
