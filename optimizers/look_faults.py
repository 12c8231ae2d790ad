"""What is wrong with what a search tells of itself."""

from __future__ import annotations

import math
from typing import cast

import numpy as np

from optimizers.objective import Array
from optimizers.printable import shown

RELATIVE = 1e-9
"""How far a loss that is told may be from the one measured, as a part of it: kernels that add up in another
order, and residuals whose squares are summed elsewhere, agree to 1e-11."""

OF_FIRST = 1e-15
"""The same as a part of the first loss: what is left of it near a loss of 0 is rounding."""

WHOLE = (int, np.integer)
NUMBERS = (int, float, np.number)
"""Types of numbers; built once, for every look asks."""


def same_loss(told: float, measured: float, first: float) -> bool:
    """Say whether a loss that was told is the one measured, up to rounding.

    Two that are not finite are the same: a population has infinity where a function has NaN.

    >>> same_loss(0.5, 0.5 + 1e-15, 1.0), same_loss(0.0, 0.5, 1.0), same_loss(math.inf, math.nan, 1.0)
    (True, False, True)
    """
    if not (math.isfinite(told) and math.isfinite(measured)):
        return not (math.isfinite(told) or math.isfinite(measured))
    beside = abs(first) if math.isfinite(first) else 0.0
    return abs(told - measured) <= RELATIVE * abs(measured) + OF_FIRST * beside


def fault_of(
    size: int,
    allowed: int,
    start: Array | None,
    w: object,
    iterations: object,
    losses: object,
    best: object,
    loss: object,
) -> str:
    """Return what is wrong with the arguments of a look, in a sentence without its end, or nothing.

    Arguments:
        size: number of parameters n.
        allowed: iterations that the last look allowed.
        start: where the search has to be, at its first look.
        w: what the search told, as below.
        iterations: see ``Observe``.
        losses: see ``Observe``.
        best: see ``Observe``.
        loss: see ``Observe``.
    """
    if isinstance(iterations, bool) or not isinstance(iterations, WHOLE):
        return f"it told of {shown(iterations)} iterations, expected a whole number"
    if not 0 <= iterations <= allowed:
        return f"it told of {iterations} iterations, where {allowed} were allowed"
    if _numbers(w) != (size,):
        return f"it showed parameters that are no vector of shape ({size},) of real numbers"
    if best is not None and _numbers(best) != (size,):
        return f"it showed best parameters that are no vector of shape ({size},) of real numbers"
    if losses is not None and _numbers(losses) != (iterations,):
        return f"it told losses that are not {iterations} numbers, one for each iteration"
    if loss is not None and (isinstance(loss, bool) or not isinstance(loss, NUMBERS)):
        return f"it told of loss {shown(loss)}, expected a number"
    if start is not None and not _same(cast("Array", w), start):
        return "it did not begin at its start"
    return ""


def _same(w: Array, start: Array) -> bool:
    # Most often they are so bit for bit, which is found out in a tenth of the time.
    w = np.asarray(w)
    if w.dtype == start.dtype and w.tobytes() == start.tobytes():
        return True
    return np.array_equal(w, start, equal_nan=True)


def _numbers(given: object) -> tuple[int, ...] | None:
    """Return the shape of an array of real numbers, or None where it is something else."""
    if isinstance(given, np.ndarray):
        return given.shape if given.dtype.kind in "fiu" else None
    try:
        found = np.asarray(given)
    except ValueError:
        return None
    return found.shape if found.dtype.kind in "fiu" else None
