"""Finds every optimizer: the ones in this package by themselves, others through entry points."""

from __future__ import annotations

import functools
import importlib
import inspect
import pkgutil
from typing import Any, TypeVar

from optimizers.errors import InputError, unknown_name
from optimizers.named import Named
from optimizers.optimizer import Optimizer
from optimizers.plugins import add_plugins
from optimizers.shown import shown

T = TypeVar("T", bound=Named)
R = TypeVar("R")


def find_classes(package: str, base: type[T], group: str) -> dict[str, type[T]]:
    """Find the concrete subclasses of a base class in every module of a package and among entry points.

    Arguments:
        package: name of the package whose modules are imported and searched, sub-packages included.
        base: abstract class of the family.
        group: entry-point group through which other packages add members.

    Returns:
        Classes by their name in kebab-case, sorted.
    """
    found: dict[str, type[T]] = {}
    path = importlib.import_module(package).__path__
    candidates: list[Any] = []
    for module in pkgutil.walk_packages(path, f"{package}."):
        candidates += vars(importlib.import_module(module.name)).values()

    def fits(candidate: Any) -> bool:
        return (
            inspect.isclass(candidate) and issubclass(candidate, base) and not inspect.isabstract(candidate)
        )

    found |= {candidate.name(): candidate for candidate in candidates if fits(candidate)}
    add_plugins(found, group, fits, f"a class of {base.__name__}", lambda _, member: str(member.name()))
    return dict(sorted(found.items()))


def find_records(package: str, kind: type[R], group: str) -> dict[str, R]:
    """Find the records of one kind in every module of a package and among entry points.

    Arguments:
        package: name of the package whose modules are imported and searched.
        kind: class of the records, each with its own ``name``.
        group: entry-point group through which other packages add records.

    Returns:
        Records by their name, sorted.
    """
    found: dict[str, R] = {}
    for module in pkgutil.iter_modules(importlib.import_module(package).__path__, f"{package}."):
        members = vars(importlib.import_module(module.name)).values()
        found |= {_name(member): member for member in members if isinstance(member, kind)}
    expected = f"a record of {kind.__name__}"
    add_plugins(
        found, group, lambda member: isinstance(member, kind), expected, lambda _, member: _name(member)
    )
    return dict(sorted(found.items()))


def _name(record: Any) -> str:
    return str(record.name)


@functools.cache
def known_optimizers() -> dict[str, type[Optimizer]]:
    """Return every optimizer class by its name in kebab-case."""
    return find_classes("optimizers", Optimizer, "harness.optimizers")  # type: ignore[type-abstract]


def build_optimizer(specification: str | dict[str, Any]) -> Optimizer:
    """Build an optimizer from its name, or from a table with a name and options.

    Arguments:
        specification: ``"adam"`` or ``{"name": "adam", "learning_rate": 0.01}``.

    Raises:
        InputError: for an unknown name or option; it says which is nearest.

    >>> build_optimizer({"name": "adam", "learning_rate": 0.5}).learning_rate
    0.5
    """
    given = {"name": specification} if isinstance(specification, str) else dict(specification)
    name = given.pop("name", None)
    if not isinstance(name, str):
        raise InputError(f'an optimizer has no name: found {shown(specification)}, expected name = "adam"')
    classes = known_optimizers()
    if name not in classes:
        raise unknown_name("optimizer", name, classes)
    return classes[name](**given)
