"""Lines that hold from one number to the next, with the bands of those that stand out."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from matplotlib.axes import Axes

from optimizers.objective import Array

BAND, ALL_BANDS = 0.13, 0.6
"""Opacity of a band, and the most that those of a panel add up to: a dozen that begin at the same numbers
would hide the lines there."""
MARKS = 5
"""Marks on a line, to tell it from others without colour."""


def draw_steps(
    panel: Axes,
    x: Array,
    y: Array,
    look: Mapping[str, Any],
    *,
    place: float = 0.0,
    band: tuple[Array, Array] | None = None,
    bands: int = 1,
) -> None:
    """Draw a line that holds from each number to the next.

    Arguments:
        panel: the Axes, whose horizontal axis is scaled already.
        x: rising, shape (points,), at least one.
        y: what holds from there on.
        look: of the line.
        place: from 0 to 1: where among the marks of the others its marks are, so that lines on top of one
            another show.
        band: lower and upper ends of the interval at each point.
        bands: how many the panel has.
    """
    panel.plot(x, y, drawstyle="steps-post", markevery=spread(panel, x, place), **look)
    if band is not None:
        alpha = min(BAND, ALL_BANDS / max(bands, 1))
        shape: dict[str, Any] = {"step": "post", "alpha": alpha, "linewidth": 0}
        panel.fill_between(x, *band, color=look["color"], **shape)


def spread(panel: Axes, x: Array, place: float) -> list[int]:
    """Return the points that are marked: evenly spaced as the axis is scaled, and the last one."""
    at = panel.transData.transform(np.column_stack([x, np.zeros(len(x))]))[:, 0]
    low, high = panel.transData.transform([(end, 0.0) for end in panel.get_xlim()])[:, 0]
    wanted = low + (high - low) * (np.arange(MARKS) + place) / MARKS
    chosen = {int(np.searchsorted(at, one)) for one in wanted if at[0] <= one <= at[-1]}
    return sorted({*chosen, len(x) - 1} - {len(x)})


def places(lines: Sequence[Any]) -> dict[Any, float]:
    """Return where among the marks of the others those of each line are."""
    return {line: number / len(lines) for number, line in enumerate(lines)}
