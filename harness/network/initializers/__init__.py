"""Initializers, one file each, found by themselves."""

from __future__ import annotations

from harness.network.initializer import Initializer, scaled
from optimizers.errors import InputError, unknown_name
from optimizers.printable import shown
from optimizers.registry import RecordRegistry
from optimizers.specification import parse

LARGEST_SCALE = 1e6

INITIALIZERS: RecordRegistry[Initializer] = RecordRegistry(
    "initializer", "harness.initializers", __name__, Initializer
)
"""Every initializer by its name."""


def find_initializer(specification: str) -> Initializer:
    """Return an initializer by its name, times a number where one is given.

    Arguments:
        specification: ``"uniform"``, or ``"uniform:scale=2"`` for twice what it draws.

    Raises:
        InputError: for an unknown name or option, or a scale that is no number above 0.

    >>> find_initializer("uniform:scale=2").bound(8, 3)
    1.0
    """
    given = parse(specification, "initializer")
    found, scale = INITIALIZERS.find(given.pop("name")), given.pop("scale", 1.0)
    for name in given:
        raise unknown_name(f"option of initializer '{found.name}'", name, ["scale"])
    if isinstance(scale, bool) or not isinstance(scale, int | float) or not 0 < scale <= LARGEST_SCALE:
        raise InputError(
            f"initializer '{found.name}': option 'scale' is {shown(scale)}, expected a number above 0 and "
            f"up to {LARGEST_SCALE:g}"
        )
    return found if scale == 1 else scaled(found, float(scale))
