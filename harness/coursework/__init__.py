"""Derivations from coursework, printed and corrected, with a verdict that the gradient sources compute."""

from __future__ import annotations

from collections.abc import Mapping

from harness.coursework.example import Example, Formula
from optimizers.registry import ClassRegistry

__all__ = ["EXAMPLES", "Example", "Formula", "known_examples", "load"]

EXAMPLES: ClassRegistry[Example] = ClassRegistry(
    "example",
    __name__,
    __name__,
    Example,  # type: ignore[type-abstract]
    "steepest-descent",
)
"""Every worked example by its name in kebab-case."""


def known_examples() -> Mapping[str, type[Example]]:
    """Return every worked example by its name in kebab-case."""
    return EXAMPLES


def load(name: str) -> Example:
    """Build a worked example by its name.

    Raises:
        InputError: for an unknown name; it says which is nearest.

    >>> load("relu-layer").printed.lines
    ('a_j = max(z_j, 0),  z_j = sum_i W_ij x_i + b_j',)
    """
    return EXAMPLES.build(name)
