"""What an optimizer reaches with every two values of two of its options."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any, Literal

import matplotlib
import numpy as np
import pandas as pd
from matplotlib.axes import Axes

from harness.analysis.final_loss import FinalLoss
from harness.analysis.numbers import significant
from harness.analysis.solved_fraction import SolvedFraction
from harness.analysis.statistic import Statistic
from harness.analysis.time_to_target import TimeToTarget
from harness.plots.choice import chosen_problems, of_problems
from harness.plots.figure import Panels, described
from harness.plots.media import Medium, Width, medium_of
from harness.plots.style import panels
from harness.plots.text import inches
from harness.runs.tables import Tables
from optimizers.arguments import Text, accepts
from optimizers.errors import InputError, unknown_name
from optimizers.objective import Array

SHADES = "Blues"
"""One hue from light to dark, which needs no colour vision."""
DARK = 0.6
"""Share of the darkest shade from which a cell's number has to be white."""
CELL = 0.86
"""Largest part of a cell's width that its number may take."""

Measure = Literal["cost", "solved", "loss"]
STATISTICS: dict[Measure, tuple[type[Statistic], str, str]] = {
    "cost": (TimeToTarget, "time", "median cost to the target (forward-pass equivalents)"),
    "solved": (SolvedFraction, "fraction", "part of the runs that reached the target"),
    "loss": (FinalLoss, "loss", "median training loss at the end"),
}
"""Of each measure the statistic, its column, and what it is."""


@accepts(
    results=Tables,
    optimizer=Text | None,
    x=Text | None,
    y=Text | None,
    of=Measure,
    problems=Text | list[Text] | tuple[Text, ...] | None,
)
def sweep_heatmap(
    results: Tables,
    optimizer: str | None = None,
    x: str | None = None,
    y: str | None = None,
    of: Literal["cost", "solved", "loss"] = "cost",
    problems: str | Sequence[str] | None = None,
    width: Width = "page",
    axes: Axes | Sequence[Axes] | None = None,
) -> Axes | Panels:
    """Draw what an optimizer reaches with every two values of two of its options, one panel a problem.

    A cell is one configuration, its number the statistic ``time-to-target``, ``solved-fraction`` or
    ``final-loss`` over its runs; darker is better.

    Arguments:
        results: runs of one optimizer with several values of two options.
        optimizer: its plain name; it may be left out where there is one of which two options vary.
        x: the option along the horizontal axis; the first that varies where left out.
        y: the option along the vertical axis; the second that varies where left out.
        of: the number in a cell: "cost" to the target, the part "solved", or the final "loss".
        problems: the problems to draw; all that it was run on, where left out.
        width: where the figure is to stand: a journal's column, its page, or a slide.
        axes: draw into these, one a panel, instead of a figure of its own.

    Returns:
        The Axes, an array of them where there are several.

    Raises:
        InputError: for an unknown optimizer or option, where more than two options vary, or where nothing is
            to be measured.
    """
    chosen = chosen_problems(results, problems)
    part = of_problems(results, chosen)
    runs = part.runs
    name, options = _swept(runs, optimizer)
    first, second = _axes(options, name, x, y)
    kind, column, said = STATISTICS[of]
    table = kind().compute(part)
    own = set(runs.loc[runs["optimizer_name"] == name, "optimizer"])
    table = table[table["optimizer"].isin(own) & table[column].notna()]
    chosen = [problem for problem in chosen if problem in set(table["problem"])]
    if not chosen:
        raise InputError("plot 'sweep-heatmap' needs a problem with a target: take of=loss instead")
    table = table.assign(**{option: table["optimizer"].map(options[option]) for option in (first, second)})
    if table.duplicated(["problem", first, second]).any():
        others = [option for option in options if option not in (first, second)] or ["the gradient source"]
        raise InputError(
            f"plot 'sweep-heatmap' needs one configuration for every two values, and {', '.join(others)} "
            "varies as well: choose with results.where"
        )
    medium = medium_of(width)
    ticks = {option: _ordered(table[option]) for option in (first, second)}
    rows = len(ticks[second])
    height = max(rows * 2.2 * medium.small / 72 + 4.0 * medium.label / 72, 1.2 * medium.scale)
    _, found = panels(
        chosen,
        {},
        title=results.question or results.name,
        subtitle=f"{name}: {said}; darker: better{_beyond(table[column])}",
        xlabel=first,
        ylabel=second,
        width=width,
        axes=axes,
        height=height,
    )
    columns = medium.columns(len(chosen)) if axes is None else 1
    for place, (problem, panel) in enumerate(found.items()):
        shown = table[table["problem"] == problem]
        grid = np.full((rows, len(ticks[first])), np.nan)
        for row in shown.to_dict("records"):
            grid[ticks[second].index(row[second]), ticks[first].index(row[first])] = row[column]
        _draw(panel, grid, of, medium)
        panel.set_xticks(range(len(ticks[first])), ticks[first], parse_math=False)
        panel.set_yticks(range(rows), ticks[second] if place % columns == 0 else [], parse_math=False)
        if place % columns:
            panel.set_yticks([])
        wide = inches(max(map(len, ticks[first])), medium.small) * len(ticks[first])
        panel.tick_params(length=0, labelrotation=0)
        if wide > 0.8 * medium.width / columns:
            panel.tick_params(axis="x", labelrotation=90)
    return described(
        found.values(),
        reading=(
            f"A cell is {name} with one value of {first} and one of {second}, all else alike. Its number is "
            f"the {said} over its runs; darker is better, the shades being of each panel for itself"
            f"{'' if of == 'solved' else ' and by logarithms'}. Infinity: not half of the runs came to it. "
            "An empty cell was not run."
        ),
        hides=(
            "How sure the numbers are: the intervals are in the data. What lies between the values, and the "
            "best cell of many looks better than it is: run it again with other seeds."
        ),
        data=table,
    )


def _beyond(numbers: pd.Series[float]) -> str:
    """Say what infinity is, where there is any."""
    return "; \N{INFINITY}: not reached" if np.isinf(numbers).any() else ""


def _swept(runs: pd.DataFrame, optimizer: str | None) -> tuple[str, dict[str, dict[str, str]]]:
    """Return the optimizer and of each option that varies its value by the label of a configuration."""
    names = [str(name) for name in runs["optimizer_name"].unique()]
    if optimizer is not None and optimizer not in names:
        raise unknown_name("optimizer of these runs", optimizer, names)
    varied = {name: _varied(runs[runs["optimizer_name"] == name]) for name in names}
    fit = [name for name in names if len(varied[name]) > 1 and optimizer in (None, name)]
    if len(fit) == 1:
        return fit[0], varied[fit[0]]
    found = f"found {' and '.join(fit)}: name one by optimizer" if fit else "found none"
    raise InputError(f"plot 'sweep-heatmap' needs an optimizer of which two options vary, {found}")


def _varied(runs: pd.DataFrame) -> dict[str, dict[str, str]]:
    """Return of each option that varies its value by label, as a file would have it."""
    tables = {
        str(label): json.loads(text)
        for label, text in runs.drop_duplicates("optimizer")[["optimizer", "options"]].itertuples(index=False)
    }
    known = dict.fromkeys(option for table in tables.values() for option in table)
    values = {
        option: {label: _written(table.get(option)) for label, table in tables.items()} for option in known
    }
    return {option: found for option, found in values.items() if len(set(found.values())) > 1}


def _written(value: Any) -> str:
    return value if isinstance(value, str) else json.dumps(value)


def _axes(options: dict[str, dict[str, str]], name: str, x: str | None, y: str | None) -> tuple[str, str]:
    """Return the options along the two axes."""
    for option in (x, y):
        if option is not None and option not in options:
            raise unknown_name(f"option of {name} that varies", option, options)
    if x is not None and x == y:
        raise InputError(f"x and y are both {x}, expected two options of {', '.join(options)}")
    first = x if x is not None else next(option for option in options if option != y)
    return first, y if y is not None else next(option for option in options if option != first)


def _ordered(values: pd.Series[str]) -> list[str]:
    """Return the values of an option in their order: numbers by size, then words."""

    def key(value: str) -> tuple[bool, float, str]:
        try:
            return False, float(value), value
        except ValueError:
            return True, 0.0, value

    return sorted(set(map(str, values)), key=key)


def _draw(panel: Axes, grid: Array, of: Measure, medium: Medium) -> None:
    """Draw the cells of one problem with their numbers."""
    finite = grid[np.isfinite(grid)]
    by_logarithm = of != "solved" and bool((finite > 0).all())
    with np.errstate(divide="ignore", invalid="ignore"):
        heights = np.log10(grid) if by_logarithm else grid.copy()
    known = heights[np.isfinite(heights)]
    low, high = (float(known.min()), float(known.max())) if known.size else (0.0, 1.0)
    if of == "solved":
        low, high = 0.0, 1.0
    shares = np.where(np.isfinite(heights), (heights - low) / ((high - low) or 1.0), np.nan)
    # From a light shade to a dark one; what is infinite is white.
    shades = 0.1 + 0.85 * (shares if of == "solved" else 1.0 - shares)
    panel.imshow(
        np.where(np.isnan(shades), 0.0, shades),
        cmap=matplotlib.colormaps[SHADES],
        vmin=0.0,
        vmax=1.0,
        aspect="auto",
        origin="lower",
    )
    panel.grid(visible=False)
    panel.spines[:].set_visible(False)
    width = panel.get_position().width * panel.get_figure(root=True).get_figwidth() / grid.shape[1]  # type: ignore[union-attr]
    texts = {
        (row, column): "\N{INFINITY}" if np.isinf(value) else str(significant(float(value)))
        for (row, column), value in np.ndenumerate(grid)
        if not np.isnan(value)
    }
    longest = max((len(text) for text in texts.values()), default=1)
    size = min(medium.small, medium.small * CELL * width / inches(longest, medium.small))
    for (row, column), text in texts.items():
        ink = "white" if shades[row, column] > DARK else "0.15"
        panel.text(column, row, text, color=ink, fontsize=size, ha="center", va="center")
