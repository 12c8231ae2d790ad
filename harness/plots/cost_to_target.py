"""What each optimizer spends until its target, with intervals, an optimizer a row."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Literal

import numpy as np
import pandas as pd
from matplotlib.axes import Axes

from harness.analysis.places import mean_places
from harness.analysis.time_to_target import TimeToTarget
from harness.plots.choice import chosen_problems, of_problems
from harness.plots.figure import Panels, described
from harness.plots.media import Medium, Width, medium_of
from harness.plots.rows import count_rows, name_beyond, place_beyond, row_panels
from harness.plots.scales import SPENT
from harness.plots.style import Line, line_looks, logarithmic_ticks, with_margins
from harness.runs.tables import Tables
from optimizers.arguments import Text, accepts
from optimizers.errors import InputError
from optimizers.options import Level, ProperFraction


@accepts(
    results=Tables,
    fraction=ProperFraction,
    level=Level,
    problems=Text | list[Text] | tuple[Text, ...] | None,
)
def cost_to_target(
    results: Tables,
    axis: Literal["cost", "iterations", "seconds"] = "cost",
    fraction: float = 0.5,
    level: float = 0.95,
    problems: str | Sequence[str] | None = None,
    width: Width = "page",
    axes: Axes | Sequence[Axes] | None = None,
) -> Axes | Panels:
    """Draw what was spent until a part of the runs reached the target, an optimizer a row, a panel a problem.

    It is the figure for many optimizers. A mark is the quantile of Kaplan and Meier's curve (the statistic
    ``time-to-target``), a bar its interval; an open mark at the right stands for an optimizer of which so
    many runs did not get there within what they were given. Rows are in the order of the mean place over the
    problems drawn.

    Arguments:
        results: the tables of a comparison.
        axis: what was spent: "cost", "iterations" or "seconds".
        fraction: of the runs; 0.5 is the median.
        level: probability of the intervals.
        problems: the problems to draw; all that have a target, where left out.
        width: where the figure is to stand: a journal's column, its page, or a slide.
        axes: draw into these, one a panel, instead of a figure of its own.

    Returns:
        The Axes, an array of them where there are several.

    Raises:
        InputError: for an unknown problem or axis, or where no problem has a target.
    """
    chosen = chosen_problems(results, problems)
    medium, part = medium_of(width), of_problems(results, chosen)
    table = TimeToTarget(fraction=fraction, axis=axis, level=level).compute(part)
    table = table[table["time"].notna()]
    chosen = [problem for problem in chosen if problem in set(table["problem"])]
    if not chosen:
        raise InputError("plot 'cost-to-target' needs a problem with a target: take 'finals' for the losses")
    looks = line_looks(results, width)
    there = set(zip(table["optimizer"], table["gradient"], strict=True))
    lines = [line for line in mean_places(of_problems(results, chosen), axis) if line in there]
    share = f"{100 * fraction:g} %" if fraction != 0.5 else "half"
    found = row_panels(
        chosen,
        lines,
        looks,
        title=results.question or results.name,
        subtitle=_subtitle(table, axis, share, level),
        xlabel=SPENT[axis],
        width=width,
        axes=axes,
    )
    for problem, panel in found.items():
        _draw(panel, table[table["problem"] == problem], lines, looks, medium)
    return described(
        found.values(),
        reading=(
            "An optimizer is a row, the order of rows being that of its mean place over the problems drawn. "
            f"A mark is the {axis} by which {share} of its runs had reached the target, as Kaplan and Meier "
            f"estimate it; a bar is its interval at {100 * level:g} % (Brookmeyer and Crowley), with an "
            "arrow where it has no upper end, and no bar where it has no end at all. An open mark at "
            "infinity, beyond the dotted line where numbers end: not so many runs came to the target with "
            "what they were given. At the right the runs that did, of all."
        ),
        hides=(
            "How the loss fell on the way, how low runs came that did not reach the target, and whether two "
            "optimizers are told apart: intervals may overlap where pairs of the same start decide."
        ),
        data=table,
    )


def _records(table: pd.DataFrame) -> list[dict[str, Any]]:
    return [{str(name): value for name, value in row.items()} for row in table.to_dict("records")]


def _subtitle(table: pd.DataFrame, axis: str, share: str, level: float) -> str:
    """Say what marks and bars are, and why there may be none."""
    known = (table["time_low"] > 0) | np.isfinite(table["time_high"])
    bars = f"bar: interval at {100 * level:g} %" if known.any() else "too few runs for intervals"
    never = "; \N{INFINITY}: not reached by so many" if np.isinf(table["time"]).any() else ""
    return f"mark: {axis} until {share} of the runs reached the target; {bars}{never}"


def _draw(
    panel: Axes,
    table: pd.DataFrame,
    lines: list[Line],
    looks: dict[Line, dict[str, Any]],
    medium: Medium,
) -> None:
    """Draw one problem."""
    rows = {(row["optimizer"], row["gradient"]): row for row in _records(table)}
    numbers = table[["time", "time_low", "time_high"]].to_numpy(dtype=np.float64)
    shown = numbers[np.isfinite(numbers) & (numbers > 0)]
    low, high = with_margins(float(shown.min()), float(shown.max())) if shown.size else (1.0, 10.0)
    panel.set_autoscalex_on(False)
    panel.set_xscale("log")
    panel.set_xlim(low, high)
    never = place_beyond(panel, numbers[:, 0])
    end = panel.get_xlim()[1]
    for height, line in enumerate(lines):
        if line in rows:
            _draw_row(panel, rows[line], height, looks[line], (low, never, end))
    logarithmic_ticks(panel.xaxis, low, high, medium.ticks)
    name_beyond(panel, never)
    counts = [f"{rows[line]['solved']}/{rows[line]['n']}" if line in rows else "not run" for line in lines]
    count_rows(panel, counts, "solved", medium)


def _draw_row(
    panel: Axes, row: dict[str, Any], height: int, look: dict[str, Any], places: tuple[float, float, float]
) -> None:
    """Draw a mark and its bar; ``places`` are the least number, where infinity stands, and the axis's end."""
    low, never, end = places
    colour = look["color"]
    if row["time_low"] > 0 or row["time_high"] < np.inf:
        ends = max(row["time_low"], low), min(row["time_high"], end)
        panel.plot(ends, [height, height], color=colour, linewidth=look["linewidth"], zorder=2)
        if row["time_high"] > end:
            arrow: dict[str, Any] = {"marker": ">", "markersize": 0.7 * look["markersize"], "clip_on": False}
            panel.plot([end], [height], color=colour, **arrow)
    mark = {**look, "linestyle": "", "zorder": 3}
    if np.isinf(row["time"]):
        mark |= {"markerfacecolor": "white", "markeredgecolor": colour, "markeredgewidth": 1.0}
    panel.plot([min(max(row["time"], low), never)], [height], **mark)
