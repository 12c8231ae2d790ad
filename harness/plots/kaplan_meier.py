"""Which part of the runs has reached the target, against what was spent."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Literal

import numpy as np
import pandas as pd
from matplotlib.axes import Axes

from harness.analysis.kaplan_meier import KaplanMeier
from harness.plots.choice import chosen_problems, emphasised, greyed, of_problems
from harness.plots.figure import Panels, described
from harness.plots.media import Width, medium_of
from harness.plots.scales import SPENT, scale_spent
from harness.plots.steps import draw_steps, places
from harness.plots.style import Line, line_looks, panels
from harness.runs.tables import Tables
from optimizers.arguments import Text, accepts
from optimizers.errors import InputError
from optimizers.options import Level

SOME = Text | list[Text] | tuple[Text, ...] | None


@accepts(results=Tables, level=Level, problems=SOME, emphasis=SOME)
def kaplan_meier(
    results: Tables,
    axis: Literal["cost", "iterations", "seconds"] = "cost",
    level: float = 0.95,
    problems: str | Sequence[str] | None = None,
    emphasis: str | Sequence[str] | None = None,
    width: Width = "page",
    axes: Axes | Sequence[Axes] | None = None,
) -> Axes | Panels:
    """Draw the part of the runs that has reached the target against what was spent, one panel a problem.

    One minus Kaplan and Meier's estimate (the statistic ``kaplan-meier``): runs that their budget ended count
    for what is known of them, runs that ended by themselves as never. A band is the interval of each point
    by itself.

    Arguments:
        results: the tables of a comparison.
        axis: what was spent: "cost", "iterations" or "seconds".
        level: probability of the intervals.
        problems: the problems to draw; all that have a target, where left out.
        emphasis: the optimizers that stand out, or "all"; see ``convergence``.
        width: where the figure is to stand: a journal's column, its page, or a slide.
        axes: draw into these, one a panel, instead of a figure of its own.

    Returns:
        The Axes, an array of them where there are several.

    Raises:
        InputError: for an unknown problem or optimizer, or where no problem has a target.
    """
    chosen = chosen_problems(results, problems)
    part = of_problems(results, chosen)
    table = KaplanMeier(axis=axis, level=level).compute(part)
    chosen = [problem for problem in chosen if problem in set(table["problem"])]
    if not chosen:
        raise InputError("plot 'kaplan-meier' needs a problem with a target: take 'convergence' instead")
    all_looks = line_looks(results, width)
    there = set(zip(table["optimizer"], table["gradient"], strict=True))
    looks = {line: look for line, look in all_looks.items() if line in there}
    front = emphasised(part, looks, emphasis)
    looks, explained, grey, named = greyed(looks, front, medium_of(width))
    _, found = panels(
        chosen,
        explained,
        title=results.question or results.name,
        subtitle=(
            "line: runs that reached the target by then, up to its longest run; "
            f"band: {100 * level:g} % interval{grey}"
        ),
        xlabel=SPENT[axis],
        ylabel="part of the runs",
        width=width,
        axes=axes,
    )
    for problem, panel in found.items():
        _draw(panel, table[table["problem"] == problem], looks, front, medium_of(width).ticks)
    return described(
        found.values(),
        reading=(
            "A line is the part of an optimizer's runs that had reached the target by what was spent: one "
            f"minus Kaplan and Meier's estimate. A band is its interval at {100 * level:g} % (Greenwood, "
            "log-log), of each point by itself. A run that its budget ended is censored there; a run that "
            "ended by itself would never have reached the target. A line ends where its longest run did."
            + named
        ),
        hides="How low the loss was, before the target and after it, and pairs of runs from one start.",
        data=table,
    )


def _draw(
    panel: Axes, table: pd.DataFrame, looks: dict[Line, dict[str, Any]], front: list[Line], ticks: int
) -> None:
    """Draw one problem."""
    spent = table["spent"].to_numpy(dtype=np.float64)
    positive = spent[spent > 0]
    scale_spent(panel, float(positive.min()) if positive.size else None, float(spent.max()), ticks)
    panel.set_ylim(-0.03, 1.03)
    offsets = places(list(looks))
    for line, look in looks.items():
        rows = table[(table["optimizer"] == line[0]) & (table["gradient"] == line[1])]
        if not len(rows):
            continue
        x, y, low, high = (
            np.append(start, rows[name].to_numpy(dtype=np.float64))
            for start, name in (
                (0.0, "spent"),
                (0.0, "fraction"),
                (0.0, "fraction_low"),
                (0.0, "fraction_high"),
            )
        )
        high[0] = high[1] if y[1] == 0 else 0.0
        shown = (low, high) if line in front else None
        draw_steps(panel, x, y, look, place=offsets[line], band=shown, bands=len(front))
