"""Derivations from coursework, printed and corrected, with a verdict that the gradient sources compute."""

from __future__ import annotations

import functools
from collections.abc import Callable

from harness.coursework.example import Example
from optimizers.errors import unknown_name
from optimizers.registry import find_classes


@functools.cache
def known_examples() -> dict[str, type[Example]]:
    """Return every worked example by its name in kebab-case."""
    return find_classes(__name__, Example, __name__)  # type: ignore[type-abstract]


def load(name: str) -> Example:
    """Build a worked example by its name.

    Raises:
        InputError: for an unknown name; it says which is nearest.

    >>> load("relu-layer").printed.lines
    ('a_j = max(z_j, 0),  z_j = sum_i W_ij x_i + b_j',)
    """
    examples = known_examples()
    if name not in examples:
        raise unknown_name("example", name, examples)
    example: Callable[[], Example] = examples[name]  # every member has defaults
    return example()
