"""The one error that a user's input can cause, and how a misspelt name is answered."""

from __future__ import annotations

import difflib
from collections.abc import Iterable, Sequence

from optimizers.printable import LONGEST, LONGEST_PATH, listed, printable, shortened, shown
from optimizers.synonyms import Meaning, meant

MOST = 3
"""Names that one word is taken for in a sentence."""


class InputError(ValueError):
    """Report input that cannot be used: one sentence with the field, what was found and the remedy."""

    def __init__(self, sentence: str) -> None:
        super().__init__(shortened(printable(sentence).replace("\n", "\\n"), LONGEST_PATH))


class MissingExtraError(ImportError):
    """Report an optional package that is not installed, naming the extra that brings it."""


def unknown_name(kind: str, name: object, known: Iterable[str]) -> InputError:
    """Build the error for a name that is not known: what it stands for elsewhere, or the nearest known one.

    Arguments:
        kind: what the name should be, for example ``"optimizer"``.
        name: what was found.
        known: every name that would have been right.

    Returns:
        The error, to be raised by the caller.

    >>> unknown_name("optimizer", "adma", ["adam", "momentum"])
    InputError("unknown optimizer 'adma': did you mean 'adam'? (known: adam, momentum)")
    >>> unknown_name("optimizer", "nag", ["adam", "nesterov"])
    InputError("unknown optimizer 'nag': did you mean 'nesterov'? (known: adam, nesterov)")
    >>> unknown_name("optimizer", "mse", ["adam", "momentum"])
    InputError("unknown optimizer 'mse': that is the loss 'squared' here; known are: adam, momentum")
    """
    typed = name if isinstance(name, str) else shown(name)
    return InputError(f"unknown {kind} {shown(name)}: {answer(typed, sorted(known))}")


def answer(typed: str, known: Sequence[str], called: str = "known") -> str:
    """Say what may have been meant by a name that is not known, and what is known.

    Arguments:
        typed: what was found.
        known: every name that would have been right.
        called: what these are called in the sentence, such as "options".

    >>> answer("lr", ["batch", "learning_rate"], "options")
    "did you mean 'learning_rate' (as in adam:learning_rate=0.1)? (options: batch, learning_rate)"
    """
    listing = listed(known)
    guess, is_known = meaning_of(typed, known)
    if is_known:
        return f"did you mean {guess}? ({called}: {listing})"
    return f"{f'that is {guess} here; ' if guess else ''}{called} are: {listing}"


def meaning_of(typed: str, known: Sequence[str]) -> tuple[str, bool]:
    """Return the names that may have been meant, in words, and whether they are known ones.

    >>> meaning_of("anlytic", ["analytic"]), meaning_of("xyz", ["analytic"])
    (("'analytic'", True), ('', False))
    """
    typed = typed[:LONGEST]
    found = meant(typed, known)
    if not any(one.name in known for one in found):
        spelt = {name.lower().replace("_", "-"): name for name in known}
        near = difflib.get_close_matches(typed.lower().replace("_", "-"), spelt, n=1, cutoff=0.5)
        if near:
            return f"'{spelt[near[0]]}'", True
        return " or ".join(f"the {one.family} {_with_remark(one)}" for one in found[:MOST]), False
    return " or ".join(map(_with_remark, found[:MOST])), True


def _with_remark(one: Meaning) -> str:
    return f"'{one.name}' ({one.remark})" if one.remark else f"'{one.name}'"
