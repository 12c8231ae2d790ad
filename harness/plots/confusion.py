"""Which classes each optimizer's networks take for which."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any, NamedTuple

import matplotlib
import numpy as np
import pandas as pd
from matplotlib.axes import Axes

from harness.plots.figure import Panels, described
from harness.plots.media import Medium, Width, medium_of
from harness.plots.style import fold, inches, line_looks, panels
from harness.runs.tables import Tables, gradient_column
from optimizers.arguments import Text, accepts
from optimizers.errors import InputError, unknown_name
from optimizers.objective import Rows
from optimizers.printable import listed

SHADES = "Blues"
"""One hue from light to dark, which needs no colour vision."""
DARK = 0.55
"""Share of a row from which a cell is so dark that its number has to be white."""
MARGIN = 0.25
"""Width in inches of a panel's column that is not the panel's."""
CELL = 0.42
"""Largest part of a cell's width that a letter's height may take."""


class Summed(NamedTuple):
    """The confusion of several runs together."""

    rows: str
    classes: list[str]
    counts: Rows
    """A row a true class, a column a predicted one."""
    runs: int

    @property
    def accuracy(self) -> float:
        """Part of the rows whose class was named."""
        return float(self.counts.trace() / self.counts.sum())


@accepts(results=Tables, problem=Text | None)
def confusion(
    results: Tables,
    problem: str | None = None,
    width: Width = "page",
    axes: Axes | Sequence[Axes] | None = None,
) -> Axes | Panels:
    """Draw which classes were taken for which, one panel an optimizer and gradient source, on one problem.

    Counts are those of the last look of each run, on its test rows (on the training rows of a problem without
    any), and summed over all runs; so is the accuracy in a panel's title. The shade of a cell is its share of
    the rows of its true class.

    Arguments:
        results: runs of classifications.
        problem: the problem to draw; it may be left out where there is one.
        width: where the figure is to stand: a journal's column, its page, or a slide.
        axes: draw into these, one a panel, instead of a figure of its own.

    Returns:
        The Axes, an array of them where there are several.

    Raises:
        InputError: for an unknown problem, several without a choice, or one that has no classes.
    """
    chosen = _chosen(results, problem)
    runs = results.runs[results.runs["problem"] == chosen]
    looks = line_looks(results, width)
    lines = zip(runs["optimizer"], gradient_column(runs), strict=True)
    titles = pd.Series([str(looks[line]["label"]) for line in lines], index=runs.index)
    summed = {title: summed_confusion(part) for title, part in runs.groupby(titles, sort=False)["confusion"]}
    kind = {"test": "test rows", "train": "training rows"}[next(iter(summed.values())).rows]
    counts = sorted({one.runs for one in summed.values()})
    of = f"{counts[0]} to {counts[-1]}" if len(counts) > 1 else f"{counts[0]}"
    reading = f"{chosen}: {kind}, summed over {of} runs each; shade: share of the true class"
    _, found = panels(
        list(summed),
        {},
        title=results.question or results.name,
        subtitle=reading,
        xlabel="predicted class",
        ylabel="true class",
        width=width,
        axes=axes,
    )
    for title, panel in found.items():
        _draw(panel, title, summed[title], medium_of(width))
    return described(
        found.values(),
        reading=(
            f"A row is a true class of {chosen}, a column the class that was predicted; a number counts "
            f"{kind} over {of} runs each. The shade is the share of the true class, the diagonal what was "
            "right."
        ),
        hides="How sure the networks were, the rows that were taken wrongly, and the spread from run to run.",
        data=_cells(summed),
    )


def summed_confusion(cells: pd.Series[str]) -> Summed:
    """Add up the column ``confusion`` of some runs; those that failed before their first look have none.

    Raises:
        InputError: if none of them has any.
    """
    tables = [json.loads(cell) for cell in cells if cell]
    if not tables:
        raise InputError(
            "plot 'confusion' needs runs that ended on a problem with classes: take another problem"
        )
    counts = np.sum([table["counts"] for table in tables], axis=0)
    return Summed(tables[0]["rows"], [str(name) for name in tables[0]["classes"]], counts, len(tables))


def _chosen(results: Tables, problem: str | None) -> str:
    known = list(dict.fromkeys(results.runs["problem"].astype(str)))
    if problem is None and len(known) == 1:
        return known[0]
    if problem is None:
        raise InputError(
            "plot 'confusion' needs one problem: name it with the option problem (there are: "
            f"{listed(known)})"
        )
    if problem not in known:
        raise unknown_name("problem", problem, known)
    return problem


def _cells(summed: dict[str, Summed]) -> pd.DataFrame:
    """Return the counts as a table, a row a cell."""
    return pd.DataFrame(
        [
            {"optimizer": title, "true": true, "predicted": predicted, "rows": int(found.counts[row, column])}
            for title, found in summed.items()
            for row, true in enumerate(found.classes)
            for column, predicted in enumerate(found.classes)
        ]
    )


def _draw(panel: Axes, title: str, found: Summed, medium: Medium) -> None:
    """Draw one matrix: shades, numbers, accuracy, and the classes along the outer panels."""
    shares = found.counts / np.maximum(found.counts.sum(axis=1, keepdims=True), 1)
    panel.imshow(shares, cmap=matplotlib.colormaps[SHADES], vmin=0.0, vmax=1.0, aspect="auto")
    panel.grid(visible=False)
    places = range(len(found.classes))
    width = _width(panel)
    # Bold letters are wider.
    words = f"{fold(title, width / 1.15, medium.label)}\naccuracy {found.accuracy:.3f}"
    panel.set_title(words, fontsize=medium.label, fontweight="bold", parse_math=False)
    width /= len(found.classes)
    size = min(medium.label, 72 * CELL * width)
    for true in places:
        for predicted in places:
            ink = "white" if shares[true, predicted] > DARK else "0.15"
            looks: dict[str, Any] = {"color": ink, "fontsize": size, "ha": "center", "va": "center"}
            panel.text(predicted, true, f"{found.counts[true, predicted]}", **looks)
    upright = inches(max(map(len, found.classes)), medium.small) > width
    # Panels share their classes, so only the outer ones name them; `panels` has labelled those.
    below = found.classes if panel.get_xlabel() else []
    beside = found.classes if panel.get_ylabel() else []
    panel.set_xticks(places if below else [], below, rotation=90 if upright else 0, parse_math=False)
    panel.set_yticks(places if beside else [], beside, parse_math=False)
    panel.tick_params(length=0)


def _width(panel: Axes) -> float:
    """Return the width of a panel in inches, before its layout is known."""
    figure, spec = panel.get_figure(root=True), panel.get_subplotspec()
    assert figure is not None
    if spec is None:
        return panel.get_window_extent().width / figure.dpi
    return figure.get_figwidth() / spec.get_gridspec().ncols - MARGIN
