"""Gradient sources, one file each, found by themselves."""

from __future__ import annotations

import functools

from harness.network.source import GradientSource
from optimizers.errors import InputError, unknown_name
from optimizers.registry import find_classes
from optimizers.shown import shown
from optimizers.specification import parse


@functools.cache
def known_sources() -> dict[str, type[GradientSource]]:
    """Return every gradient source by its name in kebab-case."""
    return find_classes(__name__, GradientSource, __name__)  # type: ignore[type-abstract]


def build_source(specification: str) -> GradientSource:
    """Build a gradient source from its name and options.

    Arguments:
        specification: ``"analytic"``, or with options ``"central-difference:step=1e-6"``.

    Raises:
        InputError: for an unknown name or option; it says which is nearest.

    >>> build_source("analytic").name()
    'analytic'
    >>> build_source("central-difference:step=1e-6").label, build_source("central-difference:step=none").label
    ('central-difference:step=1e-06', 'central-difference')
    """
    if not isinstance(specification, str):
        raise InputError(f"a gradient source is {shown(specification)}, expected text such as 'analytic'")
    given = parse(specification, "gradient source")
    name = given.pop("name")
    sources = known_sources()
    if name not in sources:
        raise unknown_name("gradient source", name, sources)
    return sources[name](**given)
