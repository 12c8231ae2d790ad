"""Panels whose rows are optimizers: labels at the left, counts at the right, a place beyond all numbers."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from matplotlib.axes import Axes

from harness.plots.figure import NotebookFigure
from harness.plots.media import Medium, Width, medium_of
from harness.plots.style import Line, panels
from harness.plots.text import fold, inches, keyed
from optimizers.objective import Array

LINES = 2
"""Lines that the label of a row may take."""
SHARE = {"column": 0.33, "page": 0.26, "slide": 0.28}
"""Part of a figure's width that the labels of rows may take."""
LINE, SPACE = 1.15, 0.5
"""Height of a line of a label, and the free space of a row, in the size of the letters."""
UNSEEN = re.compile(r"\\mathdefault|[${}^]")
"""What a number with an exponent is written with, and nobody sees."""

ROOM_OF_COUNTS = 0.6
"""Inches that numbers at the right of panels take on a page."""
EDGE: dict[str, Any] = {"color": "0.6", "linewidth": 0.8, "linestyle": (0, (1, 2))}


def row_panels(
    problems: Sequence[str],
    lines: Sequence[Line],
    looks: Mapping[Line, Mapping[str, Any]],
    *,
    width: Width,
    axes: Axes | Sequence[Axes] | None,
    **words: str,
) -> dict[str, Axes]:
    """Lay out panels whose rows are the same optimizers, the first at the top.

    Arguments:
        problems: titles of the panels.
        lines: what the rows are, in their order.
        looks: of the lines, as ``line_looks`` returns them.
        width: where the figure is to stand.
        axes: draw into these, one a panel.
        words: title, subtitle and xlabel of the figure.

    Returns:
        The panels by problem; the row of ``lines[k]`` is at height k.
    """
    medium = medium_of(width)
    names = [str(looks[line]["label"]) for line in lines]
    share = SHARE[width] * medium.width
    rows = -(-len(problems) // medium.columns(len(problems)))
    # Of two lines each where there is room for that.
    for most in range(LINES, 0, -1):
        letters = max(int(share / inches(1, medium.small)), 12)
        short = keyed(names, most * letters - 4 * (most - 1))
        labels = [fold(label, share, medium.small) for label in short.values()]
        tall = max((label.count("\n") + 1 for label in labels), default=1)
        row = (LINE * tall + SPACE) * medium.small / 72
        height = max((len(lines) + 0.6) * row + 5.0 * medium.label / 72, 1.0)
        if rows * height < medium.tallest:
            break
    room = share + ROOM_OF_COUNTS * medium.scale
    figure, found = panels(problems, {}, ylabel="", width=width, axes=axes, height=height, room=room, **words)
    if isinstance(figure, NotebookFigure):
        rows_named = {text: label for label, text in short.items() if text != label}
        figure.key = {**figure.key, **rows_named}
    columns = medium.columns(len(problems)) if axes is None else len(problems)
    for place, panel in enumerate(found.values()):
        # What the numbers at the right are stands between title and panel.
        bold: dict[str, Any] = {"fontsize": medium.label, "fontweight": "bold", "parse_math": False}
        panel.set_title(panel.get_title(), pad=6.0 + 1.1 * medium.small, **bold)
        panel.set_ylim(len(lines) - 0.5, -0.5)
        panel.set_yticks(range(len(lines)), labels if place % columns == 0 else [""] * len(lines))
        for label in panel.get_yticklabels():
            label.set_parse_math(False)
        panel.tick_params(axis="y", length=0)
    return found


def count_rows(panel: Axes, texts: Sequence[str], heading: str, medium: Medium) -> None:
    """Write what each row counts at the right of a panel, below a heading; an empty text leaves it out."""
    # Free of a mark that stands at the end of the axis.
    place: dict[str, Any] = {"xycoords": panel.get_yaxis_transform(), "textcoords": "offset points"}
    place |= {"xytext": (4.0 * medium.scale, 0.0), "color": "0.35", "annotation_clip": False}
    small = medium.small * 0.9
    for row, text in enumerate(texts):
        panel.annotate(text, (1.0, row), fontsize=small, va="center", **place)
    panel.annotate(heading, (1.0, -0.55), fontsize=small, va="bottom", **place)


def place_beyond(panel: Axes, values: Array) -> float:
    """Make room at the right of an axis for what has no number, and return where it stands.

    Arguments:
        panel: Axes whose limits hold all finite numbers.
        values: all that is drawn; without any that is infinite there is no room.

    Returns:
        The place of infinity, where a tick is due (``name_beyond``); the end of the axis where none is.
    """
    low, high = panel.get_xlim()
    if not np.isinf(values).any():
        return high
    if panel.get_xscale() == "linear":
        place, end = high + 0.08 * (high - low), high + 0.16 * (high - low)
    else:
        # A share of the axis, however many powers of ten it has.
        reach = max((high / max(low, high * 1e-6)) ** 0.09, 1.05)
        place, end = high * reach, high * reach**2
    panel.set_xlim(low, end)
    panel.axvline(high, **EDGE)
    return float(place)


def name_beyond(panel: Axes, place: float) -> None:
    """Add a tick for what has no number to those that an axis has, where there is room for it."""
    if place >= panel.get_xlim()[1]:
        return
    ticks = list(panel.get_xticks())
    labels = [label.get_text() for label in panel.get_xticklabels()]
    to_axes = panel.transData + panel.transAxes.inverted()
    where = [float(to_axes.transform((tick, 0.0))[0]) for tick in (*ticks, place)]
    # A number that would touch it gives way.
    room = 0.06 + 0.025 * min(len(UNSEEN.sub("", labels[-1])), 6) if labels else 0.0
    if labels and where[-1] - where[-2] < room:
        labels[-1] = ""
    panel.set_xticks([*ticks, place], [*labels, "\N{INFINITY}"])
