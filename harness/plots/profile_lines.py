"""What the two profiles over problems have in common: one panel, a line an optimizer."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd
from matplotlib.axes import Axes

from harness.plots.choice import emphasised, greyed
from harness.plots.figure import Panels, described
from harness.plots.media import Width, medium_of
from harness.plots.steps import draw_steps, places
from harness.plots.style import line_looks, logarithmic_ticks, panels
from harness.runs.tables import Tables
from optimizers.errors import InputError

MOST_NAMED = 8
"""Problems that a heading names."""


def draw_profiles(
    results: Tables,
    table: pd.DataFrame,
    column: str,
    emphasis: str | Sequence[str] | None,
    width: Width,
    axes: Axes | Sequence[Axes] | None,
    *,
    name: str,
    xlabel: str,
    ylabel: str,
    reading: str,
    hides: str,
) -> Axes | Panels:
    """Draw a profile: the part of the problems by a number that rises.

    Arguments:
        results: the runs that are drawn.
        table: of the statistic.
        column: of the number that rises.
        emphasis: the optimizers that stand out.
        width: where the figure is to stand.
        axes: draw into this one.
        name: of the plot.
        xlabel: what the number is.
        ylabel: what the part is of.
        reading: how the figure is to be read.
        hides: what it does not show.

    Raises:
        InputError: where no problem has a target.
    """
    if not len(table):
        raise InputError(f"plot '{name}' needs a problem with a target: take 'runtime-ecdf' instead")
    looks = line_looks(results, width)
    front = emphasised(results, looks, emphasis)
    looks, explained, grey, named = greyed(looks, front, medium_of(width))
    n = int(table["n"].max())
    problems = list(map(str, results.runs.loc[results.runs["target"].notna(), "problem"].unique()))
    over = ", ".join(problems) if len(problems) <= MOST_NAMED else f"{n} problems"
    (title,) = [f"{n} problem{'s' if n > 1 else ''} with a target"]
    _, found = panels(
        [title],
        explained,
        title=results.question or results.name,
        subtitle=f"{over}; each counts once{grey}",
        xlabel=xlabel,
        ylabel=ylabel,
        width=width,
        axes=axes,
    )
    panel = found[title]
    table = _trimmed(table, column)
    ends = float(table[column].min()), float(table[column].max())
    panel.set(xscale="log", xlim=(ends[0], ends[1] * 1.05), ylim=(-0.03, 1.03))
    logarithmic_ticks(panel.xaxis, *ends, medium_of(width).ticks + 1)
    offsets = places(list(looks))
    for line, look in looks.items():
        rows = table[(table["optimizer"] == line[0]) & (table["gradient"] == line[1])]
        if len(rows):
            x, y = (rows[part].to_numpy(dtype=np.float64) for part in (column, "fraction"))
            draw_steps(panel, x, y, look, place=offsets[line])
    return described([panel], reading=reading + named, hides=hides, data=table)


def _trimmed(table: pd.DataFrame, column: str) -> pd.DataFrame:
    """Leave out the numbers at both ends where no line moves, but for a decade."""
    lines = table.pivot_table(index=column, columns=["optimizer", "gradient"], values="fraction")
    moves = lines.diff()
    moving = moves.index[(moves != 0).any(axis=1) & moves.notna().any(axis=1)]
    least = float(table[column].min())
    if not len(moving):
        return table[table[column] <= least * 10]
    # Where a line begins above 0, its beginning says something.
    begins = bool((lines.iloc[0] > 0).any())
    low, high = least if begins else float(moving.min()) / 2, float(moving.max()) * 2
    return table[table[column].between(low, max(high, low * 10))]
