"""How every figure looks: colours, dashes, panels, one legend, sizes, axes."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from harness.plots.families import COLOURS as COLOURS
from harness.plots.families import family_of, shades
from harness.plots.figure import DPI as DPI
from harness.plots.figure import NotebookFigure as NotebookFigure
from harness.plots.figure import Panel
from harness.plots.legend import Legend
from harness.plots.legend import Line as Line
from harness.plots.media import MEDIA, Medium, Width, medium_of
from harness.plots.text import BOLD, balanced
from harness.plots.text import fold as fold
from harness.plots.text import inches as inches
from harness.plots.ticks import LARGEST as LARGEST
from harness.plots.ticks import SMALLEST as SMALLEST
from harness.plots.ticks import logarithmic_ticks as logarithmic_ticks
from harness.plots.ticks import with_margins as with_margins
from harness.runs.problem_names import short_problems
from harness.runs.tables import Tables, entrants, gradient_sources
from optimizers.errors import InputError

DASHES: tuple[Any, ...] = (
    "solid",
    (0, (5, 1.5)),
    (0, (5, 1.5, 1, 1.5)),
    (0, (1.2, 1.2)),
    (0, (9, 2)),
    (0, (5, 1.5, 1, 1.5, 1, 1.5)),
    (0, (2.5, 1.2)),
)
MARKERS = ("o", "s", "^", "D", "v", "P", "X", "<", ">")
TARGET: dict[str, Any] = {"color": "0.35", "linewidth": 0.8, "linestyle": (0, (4, 3)), "zorder": 1.5}

LEAST = 0.6
"""Part of the usual height of panels that a long legend leaves them."""

LABEL, SMALL = MEDIA["page"].label, MEDIA["page"].small
"""Sizes of letters in points on a page; those of a column or a slide are in ``MEDIA``."""


def line_looks(results: Tables | pd.DataFrame, width: Width = "page") -> dict[Line, dict[str, Any]]:
    """Choose label, colour, dashes and marker for every optimizer and gradient source.

    The choice depends on the whole list of optimizers of the experiment, in its order, so that it is the same
    in every panel and every figure, and of chosen runs as well. Optimizers of one family share a hue, where
    there is more than one family. The first thirty-six differ even in grey. Where one optimizer meets several
    gradient sources, colour and marker are the sources'.

    Arguments:
        results: the results; or runs alone, which are then all that there are.
        width: where the figure is to stand, which decides how thick a line is.

    Returns:
        Properties of a line by (optimizer, gradient).

    >>> looks = line_looks(pd.DataFrame({"optimizer": ["adam", "rprop"], "gradient": "analytic"}))
    >>> [(look["label"], look["color"]) for look in looks.values()]
    [('adam', '#0072B2'), ('rprop', '#D55E00')]
    """
    present = set(entrants(results.runs if isinstance(results, Tables) else results))
    lineup = results.lineup if isinstance(results, Tables) else entrants(results)
    sources = gradient_sources(pd.DataFrame(lineup, columns=["optimizer", "name", "gradient"]))
    alone = len({entry.optimizer for entry in lineup}) == 1
    order: dict[str, int] = {}
    families: list[str] = []
    for entry in lineup:
        if order.setdefault(entry.gradient if alone else entry.optimizer, len(order)) == len(families):
            families.append(family_of(entry.name, entry.gradient))
    colours, scale = shades(families), medium_of(width).scale
    looks: dict[Line, dict[str, Any]] = {}
    for entry in lineup:
        optimizer, gradient = entry.optimizer, entry.gradient
        rank = order[gradient if alone else optimizer]
        several = len(sources) > 1 and bool(gradient)
        # Dashes tell the gradient sources apart where there are several, else they help the colours.
        dash = sources.index(gradient) if several else 0 if len(sources) > 1 else rank % 4
        if entry not in present:
            continue
        looks[optimizer, gradient] = {
            "label": f"{optimizer}, {gradient}" if several else optimizer,
            "color": colours[rank],
            "linestyle": DASHES[dash % len(DASHES)],
            "marker": MARKERS[rank % len(MARKERS)],
            "linewidth": 1.4 * scale,
            "markersize": 4.5 * scale,
            "markeredgecolor": "white",
            "markeredgewidth": 0.4 * scale,
        }
    return looks


def panels(
    problems: Sequence[str],
    looks: Mapping[Line, Mapping[str, Any]],
    *,
    title: str,
    subtitle: str,
    xlabel: str,
    ylabel: str,
    width: Width = "page",
    axes: Axes | Sequence[Axes] | None = None,
    height: float | None = None,
    room: float = 0.0,
) -> tuple[Figure, dict[str, Axes]]:
    """Lay out one panel a problem, with one legend below all of them.

    Arguments:
        problems: titles of the panels.
        looks: the lines that the legend explains, as ``line_looks`` returns them; without any there is none.
        title: what the figure is about, one sentence.
        subtitle: how the lines are to be read.
        xlabel: what the horizontal axes show, with its unit; written below the panels of the last row.
        ylabel: what the vertical axes show; written beside the first panel of a row.
        width: where the figure is to stand.
        axes: draw into these, one a panel, and make no figure; the legend is then in the first of them, and
            title and subtitle are left to whoever has made them.
        height: of a panel in inches, where it depends on what is drawn.
        room: inches that names at the left of the first panel of a row take.

    Returns:
        The figure, and its panels by problem.

    Raises:
        InputError: if there is no panel, or not one of the Axes for each.
    """
    medium, count = medium_of(width), len(problems)
    if not problems:
        raise InputError("there are no runs, so there is nothing to draw: take results that have some")
    if axes is not None:
        return _drawn_into(axes, problems, looks, (xlabel, ylabel), medium)
    columns = medium.columns(count)
    rows = math.ceil(count / columns)
    legend, short = Legend.of(looks, medium), short_problems(problems)
    # Names at the left of a row, and numbers at the right of a panel, leave titles less.
    wide = (medium.width - room) / columns if room else medium.width / columns - 0.5
    heading = "\n".join(balanced(text, medium.width - 0.3, medium.label) for text in (title, subtitle))
    lines = legend.lines + heading.count("\n") + 1
    beside = lines * 1.5 * medium.label / 72 + 0.4 * medium.scale
    tall = rows * (medium.height(count) if height is None else height)
    if height is not None:
        # Who gives one has counted a line for the title.
        more = max(_bold(name, wide, medium).count("\n") for name in short.values())
        tall += rows * more * 1.2 * medium.label / 72
    else:
        # What surrounds the panels is theirs to give room for, as long as they can be read.
        least = max(rows * medium.lowest, LEAST * tall)
        tall = max(min(tall, medium.highest - beside), min(tall, least))
    figure = NotebookFigure(figsize=(medium.width, tall + beside), dpi=DPI, layout="constrained")
    titled = {name: problem for problem, name in short.items() if name != problem}
    figure.key = {**legend.shortened, **titled}
    figure.suptitle(heading.strip(), fontsize=medium.label, parse_math=False)
    found = {}
    for place, problem in enumerate(problems):
        panel = figure.add_subplot(rows, columns, place + 1, axes_class=Panel)
        dressed(panel, short[problem], medium, wide)
        if place // columns == rows - 1:
            # Names of vertical axes move a panel out of the middle of its place.
            space = (medium.width - room) / columns - (0.0 if room else 0.5 * medium.scale)
            panel.set_xlabel(fold(xlabel, space, medium.small), fontsize=medium.small)
        if place % columns == 0:
            name_vertical(panel, ylabel, medium, tall / rows)
        found[problem] = panel
    legend.draw(figure, medium)
    return figure, found


def name_vertical(panel: Axes, name: str, medium: Medium, height: float) -> None:
    """Name a vertical axis, in as many lines as its length asks for.

    Arguments:
        panel: the Axes.
        name: what it shows, with its unit.
        medium: where the figure is to stand.
        height: of the panel in inches, with its title and the numbers below it.
    """
    axis = max(height - 2.5 * medium.label / 72, 0.5 * height)
    panel.set_ylabel(fold(name, axis, medium.small), fontsize=medium.small)


def dressed(panel: Axes, title: str, medium: Medium, room: float) -> None:
    """Give a panel its title, sizes and grid.

    Arguments:
        panel: the Axes.
        title: its name, folded where it is longer than there is room.
        medium: where the figure is to stand.
        room: width of the panel in inches, about.
    """
    panel.set_title(_bold(title, room, medium), fontsize=medium.label, fontweight="bold", parse_math=False)
    panel.tick_params(labelsize=medium.small)
    panel.spines[["top", "right"]].set_visible(False)
    panel.grid(visible=True, which="major", color="0.9", linewidth=0.6 * medium.scale)
    panel.set_axisbelow(True)


def _bold(title: str, room: float, medium: Medium) -> str:
    """Fold the title of a panel, which is bold."""
    return fold(title, room / BOLD, medium.label)


def _drawn_into(
    axes: Axes | Sequence[Axes],
    problems: Sequence[str],
    looks: Mapping[Line, Mapping[str, Any]],
    names: tuple[str, str],
    medium: Medium,
) -> tuple[Figure, dict[str, Axes]]:
    """Dress Axes that somebody else has made."""
    given = list(np.ravel(np.asarray(axes, dtype=object)))
    if not all(isinstance(panel, Axes) for panel in given):
        raise InputError(f"axes is of the class {type(axes).__name__}, expected Axes of Matplotlib")
    if len(given) != len(problems):
        raise InputError(
            f"there are {len(problems)} panels to draw ({', '.join(problems)}), and {len(given)} Axes: hand "
            "in as many, choose with results.where, or leave axes out"
        )
    short = short_problems(problems)
    for panel, problem in zip(given, problems, strict=True):
        dressed(panel, short[problem], medium, panel.get_window_extent().width / panel.figure.dpi)
        panel.set_xlabel(names[0], fontsize=medium.small)
        panel.set_ylabel(names[1], fontsize=medium.small)
    Legend.of(looks, medium).draw_into(given[0], medium)
    figure = given[0].get_figure(root=True)
    assert figure is not None
    return figure, dict(zip(problems, given, strict=True))
