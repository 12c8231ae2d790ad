"""From which budget on an optimizer is ahead of another, one against all."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Literal

import numpy as np
import pandas as pd
from matplotlib.axes import Axes

from harness.analysis.crossover import Crossover
from harness.analysis.places import mean_places
from harness.plots.choice import chosen_problems, of_problems
from harness.plots.figure import Panels, described
from harness.plots.media import Medium, Width, medium_of
from harness.plots.rows import count_rows, row_panels
from harness.plots.scales import SPENT, scale_spent
from harness.plots.style import Line, line_looks
from harness.runs.tables import Tables
from optimizers.arguments import Text, accepts
from optimizers.errors import InputError
from optimizers.options import Level


@accepts(
    results=Tables,
    against=Text | None,
    level=Level,
    problems=Text | list[Text] | tuple[Text, ...] | None,
)
def crossover(
    results: Tables,
    against: str | None = None,
    axis: Literal["cost", "iterations", "seconds"] = "cost",
    level: float = 0.95,
    problems: str | Sequence[str] | None = None,
    width: Width = "page",
    axes: Axes | Sequence[Axes] | None = None,
) -> Axes | Panels:
    """Draw from which budget on one of two optimizers is ahead to the end, one against all others.

    The statistic ``crossover``: a row is another optimizer. A filled mark says that it leads at the end, and
    from which budget on; an open one that the one of the heading does. A mark at 0: the leader was ahead from
    the start.

    Arguments:
        results: the tables of a comparison.
        against: label or name of the one; the first optimizer of the experiment where left out.
        axis: what was spent: "cost", "iterations" or "seconds".
        level: probability of the intervals.
        problems: the problems to draw; all that both were run on, where left out.
        width: where the figure is to stand: a journal's column, its page, or a slide.
        axes: draw into these, one a panel, instead of a figure of its own.

    Returns:
        The Axes, an array of them where there are several.

    Raises:
        InputError: for an unknown optimizer or problem, or where there is nobody to compare with.
    """
    chosen = chosen_problems(results, problems)
    part = of_problems(results, chosen)
    one = against if against is not None else str(part.runs["optimizer"].iloc[0])
    table = Crossover(axis=axis, level=level, against=one).compute(part)
    table = table[table["n"] > 0]
    chosen = [problem for problem in chosen if problem in set(table["problem"])]
    if not chosen:
        raise InputError(
            f"plot 'crossover' needs runs of {one} and of another optimizer with the same seeds on a problem"
        )
    looks = line_looks(results, width)
    there = set(zip(table["optimizer"], table["gradient"], strict=True))
    others = [line for line in mean_places(of_problems(results, chosen), axis) if line in there]
    if table.duplicated(["problem", "optimizer", "gradient"]).any():
        raise InputError(
            f"plot 'crossover' needs one {one}, and there are several: give its label, or choose a gradient "
            "source with results.where"
        )
    found = row_panels(
        chosen,
        others,
        looks,
        title=results.question or results.name,
        subtitle=(
            f"against {one}; filled: the row's optimizer is ahead from there to the end, open: behind; "
            f"bar: {100 * level:g} % interval"
        ),
        xlabel=f"budget: {SPENT[axis]}",
        width=width,
        axes=axes,
    )
    for problem, panel in found.items():
        _draw(panel, table[table["problem"] == problem], others, looks, medium_of(width))
    return described(
        found.values(),
        reading=(
            f"A row is an optimizer that is held against {one}. The mark stands at the budget from which on "
            "the one that leads at the end is not behind any more, by the mean over pairs of runs from one "
            f"start: filled where the row's optimizer leads, open where {one} does. At 0 it never was "
            f"behind. A bar is the interval of a paired bootstrap at {100 * level:g} %, with an arrow where "
            "it has no upper end, and none where it has no end at all. No mark: the two are level at the "
            "end. At the right the number of pairs."
        ),
        hides=(
            "By how much one is ahead, and whether the lead at the end is more than chance: see the verdicts."
        ),
        data=table,
    )


def _draw(
    panel: Axes,
    table: pd.DataFrame,
    others: list[Line],
    looks: dict[Line, dict[str, Any]],
    medium: Medium,
) -> None:
    """Draw one problem."""
    rows = {
        (row["optimizer"], row["gradient"]): {str(name): value for name, value in row.items()}
        for row in table.to_dict("records")
    }
    numbers = table[["spent", "spent_low", "spent_high"]].to_numpy(dtype=np.float64)
    positive = numbers[np.isfinite(numbers) & (numbers > 0)]
    smallest, largest = (float(positive.min()), float(positive.max())) if positive.size else (None, 1.0)
    scale_spent(panel, smallest, largest, medium.ticks)
    end = panel.get_xlim()[1]
    for height, line in enumerate(others):
        if line not in rows or np.isnan(rows[line]["spent"]):
            continue
        row, look = rows[line], looks[line]
        own = str(row["leader"]) == f"{line[0]} {line[1]}".strip()
        low, high = row["spent_low"], row["spent_high"]
        if low > 0 or np.isfinite(high):
            panel.plot([low, min(high, end)], [height] * 2, color=look["color"], linewidth=look["linewidth"])
            if high > end:
                arrow: dict[str, Any] = {"marker": ">", "markersize": 0.7 * look["markersize"]}
                panel.plot([end], [height], color=look["color"], clip_on=False, **arrow)
        mark = {**look, "linestyle": "", "zorder": 3}
        if not own:
            mark |= {"markerfacecolor": "white", "markeredgecolor": look["color"], "markeredgewidth": 1.0}
        panel.plot([row["spent"]], [height], **mark)
    counts = []
    for line in others:
        level = line in rows and np.isnan(rows[line]["spent"])
        counts.append("not run" if line not in rows else f"{rows[line]['n']}{', level' if level else ''}")
    count_rows(panel, counts, "pairs", medium)
