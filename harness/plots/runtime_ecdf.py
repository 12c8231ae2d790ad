"""Which part of many targets has been reached, against what was spent."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Literal

import numpy as np
import pandas as pd
from matplotlib.axes import Axes

from harness.analysis.curves import Points
from harness.analysis.runtime_ecdf import RuntimeECDF
from harness.plots.choice import chosen_problems, emphasised, greyed, of_problems
from harness.plots.figure import Panels, described
from harness.plots.media import Width, medium_of
from harness.plots.scales import SPENT
from harness.plots.steps import draw_steps, places
from harness.plots.style import Line, line_looks, logarithmic_ticks, panels, with_margins
from harness.runs.tables import Tables
from optimizers.arguments import Text, accepts
from optimizers.errors import InputError
from optimizers.options import Level

SOME = Text | list[Text] | tuple[Text, ...] | None


@accepts(results=Tables, targets=Points, points=Points, level=Level, problems=SOME, emphasis=SOME)
def runtime_ecdf(
    results: Tables,
    axis: Literal["cost", "iterations", "seconds"] = "cost",
    targets: int = 51,
    points: int = 100,
    level: float = 0.95,
    problems: str | Sequence[str] | None = None,
    emphasis: str | Sequence[str] | None = None,
    width: Width = "page",
    axes: Axes | Sequence[Axes] | None = None,
) -> Axes | Panels:
    """Draw the mean part of many targets that runs have reached against what was spent, one panel a problem.

    The runtime distribution of COCO (the statistic ``runtime-ecdf``), which needs no single target: how fast
    an optimizer comes how far, on one scale from 0 to 1.

    Arguments:
        results: the tables of a comparison.
        axis: what was spent: "cost", "iterations" or "seconds".
        targets: how many, evenly spaced in the logarithm of the loss.
        points: at how many numbers of what was spent the line is known.
        level: probability of the intervals.
        problems: the problems to draw; all, where left out.
        emphasis: the optimizers that stand out, or "all"; see ``convergence``.
        width: where the figure is to stand: a journal's column, its page, or a slide.
        axes: draw into these, one a panel, instead of a figure of its own.

    Returns:
        The Axes, an array of them where there are several.

    Raises:
        InputError: for an unknown problem or optimizer, or where no run has spent anything.
    """
    chosen = chosen_problems(results, problems)
    part = of_problems(results, chosen)
    table = RuntimeECDF(axis=axis, targets=targets, points=points, level=level).compute(part)
    chosen = [problem for problem in chosen if problem in set(table["problem"])]
    if not chosen:
        raise InputError("plot 'runtime-ecdf' needs runs with a trace, of which one has spent something")
    looks = line_looks(results, width)
    front = emphasised(part, looks, emphasis)
    looks, explained, grey, named = greyed(looks, front, medium_of(width))
    _, found = panels(
        chosen,
        explained,
        title=results.question or results.name,
        subtitle=f"line: mean part of {targets} targets reached; band: {100 * level:g} % interval{grey}",
        xlabel=SPENT[axis],
        ylabel="part of the targets",
        width=width,
        axes=axes,
    )
    for problem, panel in found.items():
        _draw(panel, table[table["problem"] == problem], looks, front, medium_of(width).ticks)
    return described(
        found.values(),
        reading=(
            f"A line is the part of {targets} targets that an optimizer's runs had reached by what was "
            "spent, the mean over runs. The targets are evenly spaced in the logarithm of the loss, from the "
            "highest loss of a start to the problem's target, or to the lowest loss of any run where it "
            f"has none. A band is the interval at {100 * level:g} % of each point by itself (Korn and "
            f"Graubard).{named}"
        ),
        hides=(
            "What a loss is: the targets of two problems are not the same. Whether few runs reached all "
            "targets, or all runs some of them."
        ),
        data=table,
    )


def _draw(
    panel: Axes, table: pd.DataFrame, looks: dict[Line, dict[str, Any]], front: list[Line], ticks: int
) -> None:
    """Draw one problem."""
    ends = with_margins(float(table["spent"].min()), float(table["spent"].max()))
    panel.set(xscale="log", xlim=ends, ylim=(-0.03, 1.03))
    logarithmic_ticks(panel.xaxis, *ends, ticks)
    offsets = places(list(looks))
    for line, look in looks.items():
        rows = table[(table["optimizer"] == line[0]) & (table["gradient"] == line[1])]
        if not len(rows):
            continue
        x, y, low, high = (
            rows[name].to_numpy(dtype=np.float64) for name in ("spent", "share", "share_low", "share_high")
        )
        shown = (low, high) if line in front else None
        draw_steps(panel, x, y, look, place=offsets[line], band=shown, bands=len(front))
