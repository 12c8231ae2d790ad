"""Gradient sources, one file each, found by themselves."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from harness.network.source import GradientSource
from optimizers.registry import ClassRegistry

SOURCES: ClassRegistry[GradientSource] = ClassRegistry(
    "gradient source",
    __name__,
    __name__,
    GradientSource,  # type: ignore[type-abstract]
    "analytic",
)
"""Every gradient source by its name in kebab-case."""


def known_sources() -> Mapping[str, type[GradientSource]]:
    """Return every gradient source by its name in kebab-case."""
    return SOURCES


def build_source(specification: str | Mapping[str, Any]) -> GradientSource:
    """Build a gradient source from its name and options.

    Arguments:
        specification: ``"analytic"``, with options ``"central-difference:step=1e-6"``, or a table of both.

    Raises:
        InputError: for an unknown name or option; it says which is nearest.

    >>> build_source("analytic").name()
    'analytic'
    >>> build_source("central-difference:step=1e-6").label, build_source("central-difference:step=none").label
    ('central-difference:step=1e-06', 'central-difference')
    """
    return SOURCES.build(specification)
