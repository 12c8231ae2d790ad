"""Puts what was found into a sentence: short, on one line, without a character that a terminal acts on."""

from __future__ import annotations

import bisect
import itertools
import re
import reprlib
import unicodedata
from collections.abc import Iterable
from typing import Any

LONGEST = 80
"""Characters of a value in a sentence."""

MOST_LISTED = 600
"""Characters of names that are listed in a sentence: all optimizers have four hundred."""

LONGEST_PATH = 300
"""Characters of a path in a sentence; of a longer one, beginning and end are shown."""

MOST_SAID = 300
"""Characters that are kept of what an error of others says."""

MOST_DIGITS = 40
"""Digits of a whole number that are written out; Python refuses to write more than 4300 at all."""


class _Short(reprlib.Repr):
    """``repr`` of values of any size, in a few dozen characters."""

    def __init__(self) -> None:
        super().__init__()
        self.maxstring = self.maxother = LONGEST - 20
        self.maxlevel = 3

    def repr_int(self, x: int, level: int) -> str:
        """Write a whole number, or say how long it is."""
        digits = int(x.bit_length() * 0.30103) + 1
        return repr(x) if digits <= MOST_DIGITS else f"a whole number of some {digits} digits"


_short = _Short()


def shown(value: Any) -> str:
    r"""Write a value for a sentence.

    >>> shown("adam"), shown([1, 2.5]), shown(10**5000), shown("\x1b[31m")
    ("'adam'", '[1, 2.5]', 'a whole number of some 5001 digits', "'\\x1b[31m'")
    """
    text = re.sub(r"\s+", " ", printable(_short.repr(value)))
    return text if len(text) <= LONGEST else f"{text[: LONGEST - 20]}...{text[-17:]}"


def printable(text: str) -> str:
    r"""Escape what a terminal or a drawing would act on or choke on; lines and letters of any script stay.

    These are control characters, marks that turn the direction of writing, halves of surrogate pairs, and
    what is no character.

    >>> printable("loss of \x1b]0;adam\u202e\uffff")
    'loss of \\x1b]0;adam\\u202e\\uffff'
    """
    if text.isprintable():
        return text
    return "".join(
        character
        if character == "\n" or unicodedata.category(character) not in _ACTED_ON
        else _escaped(character)
        for character in text
    )


def shortened(text: str, longest: int = LONGEST) -> str:
    """Cut words of more letters than any word has, such as what a cat has typed.

    Arguments:
        text: words.
        longest: letters of a word that is left as it is.

    >>> shortened("no such option: --" + "y" * 100)
    'no such option: --yyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyy...yyyyyyyyyyyyyyyyy'
    """
    return re.sub(rf"\S{{{longest + 1},}}", lambda word: f"{word[0][: LONGEST - 20]}...{word[0][-17:]}", text)


def said_by(error: BaseException) -> str:
    r"""Return an error's kind and what it says, on one line of a sentence, however much that is.

    >>> said_by(ValueError("no\nnumber \x1b[31m"))
    'ValueError: no number \\x1b[31m'
    """
    said = re.sub(r"\s+", " ", shortened(printable(str(error)))).strip()
    cut = said if len(said) <= MOST_SAID else f"{said[:MOST_SAID]}..."
    name = type(error).__name__
    return f"{name}: {cut}" if cut else f"{name}, which says nothing more"


def listed(names: Iterable[object]) -> str:
    """List names for a sentence: all of them, or as many as one line of it has room for.

    >>> listed(["adam", "momentum"]), listed([])
    ('adam, momentum', 'none')
    >>> listed(f"adam(batch={number})" for number in range(1_000)).partition("37")[2]
    '), and 962 more'
    """
    every = [shortened(str(name)) for name in names]
    ends = list(itertools.accumulate(len(name) + 2 for name in every))
    room = len(every) if not ends or ends[-1] <= MOST_LISTED else bisect.bisect(ends, MOST_LISTED)
    more = f", and {len(every) - room} more" if room < len(every) else ""
    return ", ".join(every[:room]) + more if every else "none"


def how_many(number: int, noun: str) -> str:
    """Say how many there are of something whose plural ends in s.

    >>> how_many(1, "run"), how_many(0, "run")
    ('1 run', '0 runs')
    """
    return f"{number} {noun}" if number == 1 else f"{number} {noun}s"


_ACTED_ON = ("Cc", "Cf", "Cs", "Zl", "Zp", "Co", "Cn")
"""Categories of Unicode. The last two have no letter in them: what anybody gives a meaning of his own, and
what has none yet or never will, of which two make an SVG that no program reads."""


def _escaped(character: str) -> str:
    return character.encode("unicode_escape").decode("ascii")
