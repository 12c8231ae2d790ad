"""Names in a figure: how wide they are, where they are broken, and what stands for one that is too long."""

from __future__ import annotations

import re
from collections.abc import Iterable

LETTER = 0.56
"""Width of an average letter of the default font, in its size."""

BOLD = 1.1
"""Width of a bold text, as a multiple of that."""


def inches(letters: int, size: float) -> float:
    """Estimate the width of a text in inches.

    Arguments:
        letters: length of the text.
        size: size of its letters in points.
    """
    return letters * LETTER * size / 72


def fold(text: str, width: float, size: float) -> str:
    """Break a text into lines: at spaces, and where a word is longer than a line behind its punctuation.

    What is longer even so is broken behind ``=`` and hyphens.

    Arguments:
        text: a title or label.
        width: the most that a line may take, in inches.
        size: size of the letters in points.

    >>> fold("genetic-algorithm(population_size=100, mutation_type=adaptive)", 3.0, 8.0).splitlines()
    ['genetic-algorithm(population_size=100,', 'mutation_type=adaptive)']
    >>> fold("two-moons:rows=20,hidden=[8,8]", 1.0, 8.0).splitlines()
    ['two-moons:', 'rows=20,', 'hidden=[8,8]']
    >>> fold("formula:function=cube-minus-square", 0.8, 8.0).splitlines()
    ['formula:', 'function=', 'cube-minus-', 'square']
    """
    letters = max(int(width / inches(1, size)), 12)
    lines = [""]
    for word in text.split():
        parts = [
            smaller
            for part in _broken(r"(?<=[,:;(/])", word, letters)
            for smaller in _broken(r"(?<=[=-])", part, letters)
        ]
        for part, before in zip(parts, [" " if lines != [""] else "", *[""] * (len(parts) - 1)], strict=True):
            longer = f"{lines[-1]}{before}{part}"
            lines = [*lines[:-1], longer] if len(longer) <= letters or not lines[-1] else [*lines, part]
    return "\n".join(lines)


def _broken(behind: str, word: str, letters: int) -> list[str]:
    """Break a word that is longer than a line behind certain signs."""
    return [part for part in re.split(behind, word) if part] if len(word) > letters else [word]


def balanced(text: str, width: float, size: float) -> str:
    """Break a text into as few lines as ``fold`` does, of about the same length.

    Arguments:
        text: a heading.
        width: the most that a line may take, in inches.
        size: size of the letters in points.

    >>> balanced("mark: cost until half of the runs reached the target", 3.0, 8.0).splitlines()
    ['mark: cost until half of', 'the runs reached the target']
    """
    whole = best = fold(text, width, size)
    narrower = width
    while best.count("\n") and narrower > 0.5 * width:
        narrower -= inches(1, size)
        found = fold(text, narrower, size)
        if found.count("\n") > whole.count("\n"):
            break
        best = found
    return best


def keyed(labels: Iterable[str], letters: int) -> dict[str, str]:
    """Return what stands for each label: itself, or its beginning with a number where it is too long.

    Arguments:
        labels: all that are to be told apart.
        letters: the most that one may have.

    >>> keyed(["adam", "adam(learning_rate=0.003, beta1=0.95)"], 22)
    {'adam': 'adam', 'adam(learning_rate=0.003, beta1=0.95)': 'adam(learning_ra… [1]'}
    """
    found: dict[str, str] = {}
    number = 0
    for label in labels:
        found[label] = label
        if len(label) > letters:
            number += 1
            mark = f"\N{HORIZONTAL ELLIPSIS} [{number}]"
            found[label] = label[: max(letters - len(mark) - 1, 1)].rstrip(" ,:(=") + mark
    return found
