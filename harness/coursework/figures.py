"""Printed figures beside the exact ones, and whether rounding on the way explains what is between them."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from decimal import ROUND_DOWN, ROUND_HALF_EVEN, Decimal
from typing import Any, NamedTuple

import numpy as np

from harness.coursework.agreement import digits

Keep = Callable[[Any], Any]
"""What is done to a value on the way before it is used again: nothing, or rounding it."""

MOST_DECIMALS = 8


class Figure(NamedTuple):
    """One printed figure: as printed, exact, how many digits agree, whether it is the exact one in short."""

    name: str
    printed: str
    exact: float
    digits: int
    holds: bool


def exactly(value: Any) -> Any:
    """Keep a value as it is."""
    return value


def rounding(decimals: int) -> Keep:
    """Return what rounds a value, or an array of them, to some decimals."""
    return lambda value: np.round(value, decimals)


def shortens(exact: float, printed: str) -> bool:
    """Tell whether a printed figure is the exact one, rounded or cut off at the last digit printed.

    >>> shortens(0.2019629680, ".202"), shortens(0.044346897, "0.04434689"), shortens(-0.2486, "-0.2484")
    (True, True, False)
    """
    figure, value = Decimal(printed), Decimal(exact)
    return any(value.quantize(figure, rounding=way) == figure for way in (ROUND_HALF_EVEN, ROUND_DOWN))


def figures(printed: Mapping[str, str], exact: Mapping[str, float]) -> tuple[Figure, ...]:
    """Hold every printed figure against the exact one."""
    rows = []
    for name, text in printed.items():
        value = float(exact[name])
        away = abs(float(text) - value)
        error = away / abs(value) if value else away
        rows.append(Figure(name, text, value, digits(error), shortens(value, text)))
    return tuple(rows)


def rounded_on_the_way(
    printed: Mapping[str, str], values: Callable[[Keep], Mapping[str, float]]
) -> int | None:
    """Return the decimals to which values were rounded before they were used again, or None.

    Found by trying: with these decimals the same formulas give every printed figure to its last digit.

    Arguments:
        printed: the figures as printed.
        values: computes them, keeping the values on the way as it is told.
    """
    for decimals in range(1, MOST_DECIMALS + 1):
        found = values(rounding(decimals))
        # The products of short decimals are short decimals, up to the last bits of a float.
        if all(shortens(round(float(found[name]), 14), text) for name, text in printed.items()):
            return decimals
    return None
