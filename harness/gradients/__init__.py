"""Gradient sources, one file each, found by themselves."""

from __future__ import annotations

import functools

from harness.network.source import GradientSource
from optimizers.errors import unknown_name
from optimizers.registry import find_classes


@functools.cache
def known_sources() -> dict[str, type[GradientSource]]:
    """Return every gradient source by its name in kebab-case."""
    import harness.gradients

    return find_classes(harness.gradients, GradientSource, "harness.gradients")  # type: ignore[type-abstract]


def build_source(name: str) -> GradientSource:
    """Build a gradient source from its name.

    Raises:
        InputError: for an unknown name; it says which is nearest.

    >>> build_source("analytic").name()
    'analytic'
    """
    sources = known_sources()
    if name not in sources:
        raise unknown_name("gradient source", name, sources)
    return sources[name]()
