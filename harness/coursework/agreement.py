"""How far two answers agree, and which answers stand together."""

from __future__ import annotations

import itertools
import math
from collections.abc import Mapping, Sequence
from typing import NamedTuple

import numpy as np

from optimizers.objective import Array

TOLERANCE = 1e-6
"""Relative error up to which two answers agree: a forward difference has half the digits of a float."""

FLOAT_DIGITS = 16


class Agreement(NamedTuple):
    """One answer beside the correct formula.

    ``error`` is the largest relative error of all points, ``digits`` how many digits agree, ``group`` the
    number of the group whose members agree with one another; the correct formula is in group 0.
    """

    source: str
    error: float
    digits: int
    group: int


def relative_error(found: Array, expected: Array, places: Array | None = None) -> float:
    """Return the norm of the difference over the norm of what is expected.

    Arguments:
        found: any shape.
        expected: the same shape.
        places: mask of the entries to compare; all where left out.

    Returns:
        0 where both are zero, infinity where the expected one alone is zero or an entry is NaN.

    >>> relative_error(np.array([3.0, 4.5]), np.array([3.0, 4.0])), relative_error(np.ones(2), np.zeros(2))
    (0.1, inf)
    """
    if places is not None:
        found, expected = found[places], expected[places]
    difference, norm = float(np.linalg.norm(found - expected)), float(np.linalg.norm(expected))
    if difference == 0.0:
        return 0.0
    return difference / norm if norm and math.isfinite(difference) else math.inf


def digits(error: float) -> int:
    """Return how many digits agree at a relative error, 0 to 16.

    >>> digits(7.7e-4), digits(0.0), digits(2.0)
    (3, 16, 0)
    """
    if error == 0.0:
        return FLOAT_DIGITS
    return 0 if not error < 1.0 else min(FLOAT_DIGITS, math.floor(-math.log10(error)))


def agreements(
    answers: Mapping[str, Sequence[Array]], correct: str, partial: str | None = None
) -> list[Agreement]:
    """Compare all answers pairwise over all points and put those together that agree.

    Arguments:
        answers: for each name an array a point.
        correct: name of the answer that errors are stated against.
        partial: name of the answer that may leave entries out, as NaN; it is compared in the others alone,
            and brings nobody together who disagrees elsewhere.

    Returns:
        One row a name, those of the correct formula's group first.
    """
    everywhere = [None] * len(answers[correct])
    stated = [~np.isnan(answer) for answer in answers[partial]] if partial is not None else everywhere

    def apart(first: str, second: str) -> float:
        places = stated if partial in (first, second) else everywhere
        return max(
            relative_error(a, b, where)
            for a, b, where in zip(answers[first], answers[second], places, strict=True)
        )

    def agree(first: str, second: str) -> bool:
        return max(apart(first, second), apart(second, first)) <= TOLERANCE

    group = {name: place for place, name in enumerate(answers)}
    whole = [correct, *(name for name in answers if name not in (correct, partial))]
    for first, second in itertools.combinations(whole, 2):
        if agree(first, second):
            joined, left = group[first], group[second]
            group = {name: joined if old == left else old for name, old in group.items()}
    if partial is not None:
        group[partial] = next((group[name] for name in whole if agree(partial, name)), group[partial])
    order = list(dict.fromkeys([group[correct], *group.values()]))
    rows = [Agreement(name, apart(name, correct), 0, order.index(group[name])) for name in answers]
    return sorted((row._replace(digits=digits(row.error)) for row in rows), key=lambda row: row.group)
