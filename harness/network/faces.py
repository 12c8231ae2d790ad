"""Checks that the records of activations and losses share."""

from __future__ import annotations

import re
from typing import Any

from optimizers.errors import InputError
from optimizers.printable import shown


def check_faces(kind: str, name: object, compiled: dict[str, Any], optional: dict[str, Any]) -> None:
    """Check the name of a record, and that its compiled faces are compiled.

    Arguments:
        kind: what the record is, for the error.
        name: its name.
        compiled: faces that it must have.
        optional: faces that may be None.

    Raises:
        InputError: for a name that is not in kebab-case, or a face that numba does not compile.
    """
    if not isinstance(name, str) or not re.fullmatch(r"[a-z0-9]+(-[a-z0-9]+)*", name):
        raise InputError(f"{kind}: name is {shown(name)}, expected kebab-case such as 'half-squared'")
    present = compiled | {face: found for face, found in optional.items() if found is not None}
    for face, found in present.items():
        if not hasattr(found, "py_func"):
            raise InputError(
                f"{kind} '{name}': {face} is {shown(found)}, expected a compiled function: put "
                "@optimizers.compilation.compiled() above it"
            )


def package_of(function: Any) -> str:
    """Return the top-level package of a compiled function.

    >>> from harness.network.activations import find_activation
    >>> package_of(find_activation("tanh").forward)
    'harness'
    """
    return str(function.__module__).partition(".")[0]
