"""Problems by name: ``load("iris")``, ``load("parity", bits=4)`` or ``load("parity:bits=4")``."""

from __future__ import annotations

import functools
from typing import Any

from harness.problems.base import BaseProblem
from harness.problems.family import Family, ProblemFamily
from harness.problems.function_problem import FunctionProblem
from harness.problems.problem import Problem
from optimizers.errors import InputError, unknown_name
from optimizers.registry import find_classes
from optimizers.shown import shown
from optimizers.specification import parse

__all__ = ["Family", "FunctionProblem", "Problem", "ProblemFamily", "known_problems", "load", "parse"]


@functools.cache
def known_problems() -> dict[str, type[Family]]:
    """Return every problem family by its name in kebab-case."""
    return find_classes(__name__, Family, __name__)  # type: ignore[type-abstract]


def load(name: str, **options: Any) -> BaseProblem:
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
        raise InputError(f"a problem's name is {shown(name)}, expected text such as 'iris'")
    given = parse(name) | options
    family = given.pop("name")
    families = known_problems()
    if family not in families:
        raise unknown_name("problem", family, families)
    return families[family](**given).build()
