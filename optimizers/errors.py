"""The one error that a user's input can cause, and how a misspelt name is answered."""

from __future__ import annotations

import difflib
from collections.abc import Iterable

from optimizers.printable import LONGEST, printable, shown


class InputError(ValueError):
    """Report input that cannot be used: one sentence with the field, what was found and the remedy."""

    def __init__(self, sentence: str) -> None:
        super().__init__(printable(sentence).replace("\n", "\\n"))


class MissingExtraError(ImportError):
    """Report an optional package that is not installed, naming the extra that brings it."""


def unknown_name(kind: str, name: object, known: Iterable[str]) -> InputError:
    """Build the error for a name that is not known, with the nearest known ones.

    Arguments:
        kind: what the name should be, for example ``"optimizer"``.
        name: what was found.
        known: every name that would have been right.

    Returns:
        The error, to be raised by the caller.

    >>> unknown_name("optimizer", "adma", ["adam", "momentum"])
    InputError("unknown optimizer 'adma': did you mean 'adam'? (known: adam, momentum)")
    """
    names = sorted(known)
    listing = ", ".join(names) if names else "none"
    spelt = (name if isinstance(name, str) else shown(name))[:LONGEST].lower().replace("_", "-")
    near = difflib.get_close_matches(spelt, names, n=1, cutoff=0.5)
    hint = f"did you mean '{near[0]}'? (known: {listing})" if near else f"known are: {listing}"
    return InputError(f"unknown {kind} {shown(name)}: {hint}")
