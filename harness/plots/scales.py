"""Axes of losses and of what was spent: logarithmic, with a place for 0 and for what is no finite number."""

from __future__ import annotations

import math
from typing import Literal

import numpy as np
from matplotlib.axes import Axes
from matplotlib.axis import Axis

from harness.plots.ticks import SMALLEST, logarithmic_ticks, with_margins
from optimizers.objective import Array

Direction = Literal["x", "y"]

SPENT = {
    "cost": "cost (forward-pass equivalents)",
    "iterations": "iterations",
    "seconds": "seconds of search",
}
"""What an axis of it is called, with its unit."""

LABELS = 5
"""The most powers of ten that an axis names."""
DEEPEST = 1e-20
"""Where a loss is exactly 0, the smallest share of the largest loss that still has a place of its own."""
STEEPEST = 1e300
"""The largest loss on a linear axis."""


def scale_losses(panel: Axes, losses: Array, direction: Direction = "y", most: int = LABELS) -> None:
    """Choose the axis of losses: logarithmic, with a place for 0 where a loss reached it.

    Arguments:
        panel: the Axes.
        losses: all finite losses that are drawn; there may be none.
        direction: which axis it is.
        most: ticks that may be named.
    """
    positive = losses[losses > 0]
    if losses.size and losses.min() < 0 and np.abs(losses).max() > STEEPEST:
        # The length of a linear axis would be no number any more.
        panel.set(**{f"{direction}scale": "symlog"})
    if not positive.size or losses.min() < 0:
        return
    low, high = positive.min(), positive.max()
    if losses.min() > 0:
        bottom, top = with_margins(low, high)
        _logarithmic(panel, direction)
        _limits(panel, direction, bottom, top)
        logarithmic_ticks(_axis(panel, direction), bottom, top, most)
        return
    edge = max(decade(low), high * DEEPEST)
    top = with_margins(edge, high)[1]
    _logarithmic(panel, direction, edge)
    _limits(panel, direction, -0.3 * edge, top)
    logarithmic_ticks(_axis(panel, direction), edge, top, most, zero=True)


def scale_spent(panel: Axes, smallest: float | None, largest: float, most: int = LABELS) -> None:
    """Choose the horizontal axis of what was spent: logarithmic, with a place for the start at 0.

    Arguments:
        panel: the Axes.
        smallest: least number above 0 that is drawn; None where there is none.
        largest: greatest one.
        most: ticks that may be named.
    """
    edge = decade(smallest) if smallest is not None else 1.0
    last = max(largest * 1.3, edge * 10)
    panel.set_autoscalex_on(False)
    panel.set_xscale("symlog", linthresh=edge, linscale=0.8)
    panel.set_xlim(-0.2 * edge, last)
    logarithmic_ticks(panel.xaxis, edge, last, most, zero=True)


def decade(number: float) -> float:
    """Return the power of ten at or below a positive number.

    >>> decade(250.0), decade(1.0)
    (100.0, 1.0)
    """
    return float(10.0 ** math.floor(math.log10(max(number, SMALLEST))))


def _axis(panel: Axes, direction: Direction) -> Axis:
    return panel.xaxis if direction == "x" else panel.yaxis


def _logarithmic(panel: Axes, direction: Direction, edge: float | None = None) -> None:
    # The limits that Matplotlib would choose first may be no numbers.
    (panel.set_autoscalex_on if direction == "x" else panel.set_autoscaley_on)(False)
    choose = panel.set_xscale if direction == "x" else panel.set_yscale
    choose("log") if edge is None else choose("symlog", linthresh=edge, linscale=0.8)


def _limits(panel: Axes, direction: Direction, low: float, high: float) -> None:
    (panel.set_xlim if direction == "x" else panel.set_ylim)(low, high)
