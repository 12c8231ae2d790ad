"""Problems by name: ``load("iris")``, ``load("parity", bits=4)`` or ``load("parity:bits=4")``."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from harness.problems.base import BaseProblem
from harness.problems.family import Family, ProblemFamily
from harness.problems.function_problem import FunctionProblem
from harness.problems.problem import Problem
from optimizers.errors import InputError
from optimizers.printable import shown
from optimizers.registry import ClassRegistry
from optimizers.specification import parse

__all__ = [
    "PROBLEMS",
    "Family",
    "FunctionProblem",
    "Problem",
    "ProblemFamily",
    "known_problems",
    "load",
    "parse",
]


PROBLEMS: ClassRegistry[Family] = ClassRegistry(
    "problem",
    __name__,
    __name__,
    Family,  # type: ignore[type-abstract]
    "iris",
)
"""Every problem family by its name in kebab-case."""


def known_problems() -> Mapping[str, type[Family]]:
    """Return every problem family by its name in kebab-case."""
    return PROBLEMS


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
    return PROBLEMS.build(name, **options).built()
