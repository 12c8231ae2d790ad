"""How every figure looks: colours, lines, sizes, the grid of panels and its one legend.

Nothing here goes through pyplot or changes its settings, so that figures are made alike at a terminal, in
a notebook and on a machine without a display.
"""

from __future__ import annotations

import io
import math
import re
import textwrap
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.axis import Axis
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.text import Text
from matplotlib.ticker import MaxNLocator, NullFormatter

from harness.runs.tables import gradient_column, gradient_sources
from optimizers.printable import printable

COLOURS = ("#0072B2", "#D55E00", "#009E73", "#CC79A7", "#E69F00", "#56B4E9", "#000000")
"""Okabe and Ito (2008), told apart by colour-blind readers; their yellow is too faint for a line on white."""
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

LABEL, SMALL = 8.0, 7.0
"""Sizes of letters in points, for a figure printed as wide as it was made."""
LETTER = 0.56
"""Width of an average letter of the default font, in its size."""
DPI = 150
ALONE, PAIR, PAGE, WIDE = (5.2, 3.4), (7.2, 2.6), (7.2, 2.1), (9.6, 2.1)
"""Width of a figure and height of its panels in inches: one panel, then two, three and four in a row."""
KEY = 0.7
"""Room in inches for the piece of line before a label of the legend."""

SMALLEST, LARGEST = 1e-320, 1.7e308
"""Ends of the longest axis that Matplotlib draws."""

Line = tuple[str, str]
"""What one line of a figure is: an optimizer and its gradient source."""


FORMULA = re.compile(r"\$(10\^\{-?\d+\}|\\mathdefault\{[^$]*\})\$")
"""What an axis writes as a formula; a name with dollar signs is none."""


class NotebookFigure(Figure):
    """A figure that a notebook shows without pyplot having been imported.

    Names are drawn as they are: nothing in them is a formula, or a character that an image cannot hold.
    """

    def draw(self, renderer: Any) -> None:
        """Draw the figure."""
        for panel in self.axes:
            # Labels of ticks are written when they are asked for.
            panel.xaxis.get_ticklabels(which="both")
            panel.yaxis.get_ticklabels(which="both")
        for text in self.findobj(Text):
            assert isinstance(text, Text)
            written = printable(text.get_text())
            if written != text.get_text():
                text.set_text(written)
            text.set_parse_math("$" not in written or FORMULA.fullmatch(written) is not None)
            # Somebody's matplotlibrc may ask for LaTeX, to which a name with an underscore is an error.
            text.set_usetex(False)
        super().draw(renderer)

    def _repr_png_(self) -> bytes:
        """Draw the figure for a notebook."""
        picture = io.BytesIO()
        self.savefig(picture, format="png", dpi=DPI)
        return picture.getvalue()


def line_looks(runs: pd.DataFrame) -> dict[Line, dict[str, Any]]:
    """Choose label, colour, dashes and marker for every optimizer and gradient source.

    The choice depends on the order of first appearance among all runs, so that it is the same in every
    panel and every figure of one comparison. The first thirty-six optimizers differ even in grey. Where one
    optimizer meets several gradient sources, colour and marker are the sources'.

    Arguments:
        runs: one row a run.

    Returns:
        Properties of a line by (optimizer, gradient).

    >>> looks = line_looks(pd.DataFrame({"optimizer": ["adam", "rprop"], "gradient": "analytic"}))
    >>> [(look["label"], look["color"]) for look in looks.values()]
    [('adam', '#0072B2'), ('rprop', '#D55E00')]
    """
    sources = gradient_sources(runs)
    alone = runs["optimizer"].nunique() == 1
    order: dict[str, int] = {}
    looks: dict[Line, dict[str, Any]] = {}
    for line in zip(runs["optimizer"], gradient_column(runs), strict=True):
        optimizer, gradient = line
        rank = order.setdefault(gradient if alone else optimizer, len(order))
        several = len(sources) > 1 and bool(gradient)
        # Dashes tell the gradient sources apart where there are several, else they help the colours.
        dash = sources.index(gradient) if several else 0 if len(sources) > 1 else rank % 4
        looks[line] = {
            "label": f"{optimizer}, {gradient}" if several else optimizer,
            "color": COLOURS[rank % len(COLOURS)],
            "linestyle": DASHES[dash % len(DASHES)],
            "marker": MARKERS[rank % len(MARKERS)],
            "linewidth": 1.4,
            "markersize": 4.5,
            "markeredgecolor": "white",
            "markeredgewidth": 0.4,
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
) -> tuple[NotebookFigure, dict[str, Axes]]:
    """Lay out one panel a problem, with one legend below all of them.

    Arguments:
        problems: titles of the panels.
        looks: the lines that the legend explains, as ``line_looks`` returns them.
        title: what the figure is about, one sentence.
        subtitle: how the lines are to be read.
        xlabel: what the horizontal axes show, with its unit; written below the lowest panel of a column.
        ylabel: what the vertical axes show; written beside the first panel of a row.

    Returns:
        The figure, and its panels by problem.
    """
    count = len(problems)
    columns = count if count < 4 else 2 if count == 4 else 3 if count < 13 else 4
    rows = math.ceil(count / columns)
    width, height = ALONE if count == 1 else PAIR if columns == 2 else PAGE if columns == 3 else WIDE
    labels = [fold(str(look["label"]), width - KEY, LABEL) for look in looks.values()]
    across = _columns_of_legend(labels, width)
    heading = f"{fold(title, width - 0.3, LABEL)}\n{subtitle}"
    lines = math.ceil(sum(label.count("\n") + 1 for label in labels) / across) + heading.count("\n") + 1
    size = (width, rows * height + lines * 1.5 * LABEL / 72 + 0.4)
    figure = NotebookFigure(figsize=size, dpi=DPI, layout="constrained")
    figure.suptitle(heading, fontsize=LABEL, parse_math=False)
    axes = {}
    for place, problem in enumerate(problems):
        panel = figure.add_subplot(rows, columns, place + 1)
        name = fold(problem, width / columns - 0.5, LABEL)
        panel.set_title(name, fontsize=LABEL, fontweight="bold", parse_math=False)
        panel.tick_params(labelsize=SMALL)
        panel.spines[["top", "right"]].set_visible(False)
        panel.grid(visible=True, which="major", color="0.9", linewidth=0.6)
        panel.set_axisbelow(True)
        if place + columns >= count:
            panel.set_xlabel(xlabel, fontsize=SMALL)
        if place % columns == 0:
            panel.set_ylabel(ylabel, fontsize=SMALL)
        axes[problem] = panel
    handles = [Line2D([], [], **look) for look in looks.values()]
    below: dict[str, Any] = {"loc": "outside lower center", "ncols": across, "frameon": False}
    legend = figure.legend(handles, labels, fontsize=LABEL, handlelength=4, **below)
    for text in legend.get_texts():
        text.set_parse_math(False)
    return figure, axes


def _columns_of_legend(labels: Sequence[str], width: float) -> int:
    """Return how many columns of labels fit beside each other into a width in inches."""
    sizes = [inches(max(len(line) for line in label.split("\n")), LABEL) + KEY for label in labels]
    for columns in range(len(sizes), 1, -1):
        # Matplotlib fills a legend column by column, in this way.
        if sum(max(part) for part in np.array_split(sizes, columns)) <= width:
            return columns
    return 1


def with_margins(low: float, high: float) -> tuple[float, float]:
    """Return the ends of a logarithmic axis: a margin of 6 % beyond both, of a fifth of a number at least.

    Arguments:
        low: smallest number to be shown, above 0.
        high: largest one.

    >>> with_margins(1.0, 1.0), with_margins(1e-323, 1e308)
    ((0.8333333333333334, 1.2), (1e-320, 1.7e+308))
    """
    # By logarithms: the ratio of two numbers is not always one.
    exponent = max(0.06 * (math.log10(high) - math.log10(low)), math.log10(1.2))
    ends = math.log10(low) - exponent, math.log10(high) + exponent
    return max(low / 10**exponent, SMALLEST), high * 10**exponent if ends[1] < 308 else LARGEST


def logarithmic_ticks(axis: Axis, low: float, high: float, most: int, *, zero: bool = False) -> None:
    """Name a few powers of ten on an axis; numbers between them where there are fewer than two.

    Arguments:
        axis: the horizontal or vertical axis of a panel.
        low: smallest number, above 0, that may have a tick.
        high: largest number that may have a tick.
        most: how many ticks may be named.
        zero: whether 0 has a place at the axis's end, and a tick.
    """
    low, high = max(low, SMALLEST), min(high, LARGEST)
    if not low <= high:
        # Nothing on it is a number.
        return
    # A hair of rounding, for a limit that is itself a power of ten.
    first, last = math.ceil(math.log10(low) - 1e-9), math.floor(math.log10(high) + 1e-9)
    powers = range(first, last + 1)
    within = 10.0 ** np.arange(first - 1, last + 1)
    with np.errstate(over="ignore"):
        multiples = np.outer(within, np.arange(1, 10))
    between = multiples[:, 1:].ravel() if len(powers) <= most else within
    if len(powers) > 1:
        named = [power for power in powers if power % math.ceil(len(powers) / most) == 0]
        if zero and len(powers) > most:
            # The first power of ten stands close to 0.
            named = [power for power in named if power != first]
        ticks, labels = [10.0**power for power in named], [f"$10^{{{power}}}$" for power in named]
    else:
        ticks = [tick for tick in multiples[:, [0, 1, 4]].ravel() if low <= tick <= high]
        if len(ticks) < 3:
            # By their digits: near the largest number there is a sum of two is none.
            power = 10.0 ** math.floor(math.log10(high))
            found = MaxNLocator(most).tick_values(low / power, high / power)
            ticks = [tick * power for tick in found if low / power <= tick <= high / power]
        labels = [f"{tick:g}" for tick in ticks]
    if zero:
        ticks, labels = [0.0, *ticks], ["0", *labels]
    axis.set_ticks(ticks, labels=labels)
    axis.set_ticks(between[(between >= low) & (between <= high)], minor=True)
    axis.set_minor_formatter(NullFormatter())


def inches(letters: int, size: float) -> float:
    """Estimate the width of a text in inches.

    Arguments:
        letters: length of the text.
        size: size of its letters in points.
    """
    return letters * LETTER * size / 72


def fold(text: str, width: float, size: float) -> str:
    """Break a text into lines, at spaces only.

    Arguments:
        text: a title or label.
        width: the most that a line may take, in inches.
        size: size of the letters in points.

    >>> fold("genetic-algorithm(population_size=100, mutation_type=adaptive)", 3.0, 8.0).splitlines()
    ['genetic-algorithm(population_size=100,', 'mutation_type=adaptive)']
    """
    letters = max(int(width / inches(1, size)), 12)
    return textwrap.fill(text, letters, break_long_words=False, break_on_hyphens=False)
