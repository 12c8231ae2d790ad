"""What one gradient costs as the number of parameters grows, counted and timed."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd
from matplotlib.axes import Axes

from harness.plots.figure import Panels, described
from harness.plots.media import Width, medium_of
from harness.plots.style import line_looks, logarithmic_ticks, name_vertical, panels
from harness.runs.tables import Tables, gradient_column
from optimizers.arguments import accepts
from optimizers.errors import InputError

COUNTED, TIMED = "counted", "timed"
FITTED_FROM = 100
"""Parameters from which a slope is fitted: below, what a step costs beside its gradient shows."""


@accepts(results=Tables)
def gradient_cost(
    results: Tables, width: Width = "page", axes: Axes | Sequence[Axes] | None = None
) -> Axes | Panels:
    """Draw the cost of one gradient against the number of parameters, counted and timed.

    A point is one problem: the cost and the time of its runs over their iterations, so the optimizer should
    do one gradient an iteration. The cost is that of a look before the last, which pays for a loss as well.
    Time is shown as a multiple of what ``analytic`` takes on the same network. The slopes in the legend are
    fitted on log-log axes from 100 parameters on; 0 means that a gradient costs a fixed number of forward
    passes however many parameters there are, 1 that it costs another for each.

    Arguments:
        results: runs of one optimizer with several gradient sources on networks of several sizes.
        width: where the figure is to stand: a journal's column, its page, or a slide.
        axes: draw into these, one a panel, instead of a figure of its own.

    Returns:
        Two Axes, one for the counted cost and one for the time.

    Raises:
        InputError: if there are not two sizes to draw a line between, or no ``analytic`` to compare with.
    """
    table = cost_table(results)
    looks = line_looks(results, width)
    # A gradient is the same whoever asks for it, so each source has one line.
    by_source = {line[1]: line for line in reversed(looks) if line[1] in set(table["gradient"])}
    looks = {line: look for line, look in looks.items() if by_source.get(line[1]) == line}
    for (_, gradient), look in looks.items():
        part = table[table["gradient"] == gradient]
        counted, timed = (fitted_slope(part["parameters"], part[column]) for column in ("cost", "time"))
        look["label"] = (
            f"{gradient} (slope {counted:.2f}, timed {timed:.2f})" if np.isfinite(counted) else gradient
        )
    _, found = panels(
        [COUNTED, TIMED],
        looks,
        title=results.question or results.name,
        subtitle="a point: one network; slopes on log-log axes, counted and timed",
        xlabel="parameters of the network",
        ylabel="one gradient (forward-pass equivalents)",
        width=width,
        axes=axes,
    )
    medium = medium_of(width)
    name_vertical(found[TIMED], "time of one gradient / of analytic", medium, medium.height(2))
    for name, column in ((COUNTED, "cost"), (TIMED, "time")):
        panel = found[name]
        for (_, gradient), look in looks.items():
            part = table[table["gradient"] == gradient].sort_values("parameters")
            panel.plot(part["parameters"], part[column], **{**look, "label": gradient})
        panel.set_xscale("log")
        panel.set_yscale("log")
        for axis, values, most in (
            (panel.xaxis, table["parameters"], medium.ticks_across(2)),
            (panel.yaxis, table[column], medium.ticks_up(2)),
        ):
            logarithmic_ticks(axis, float(values.min()), float(values.max()), most)
    return described(
        found.values(),
        reading=(
            "A point is one network and one gradient source: left the cost of one gradient as it is counted, "
            "in forward passes of all training rows, right its time as a multiple of backpropagation's on "
            "the same network. The slopes in the legend are fitted on log-log axes from 100 parameters on: 0 "
            "means a fixed number of passes, 1 another pass for each parameter."
        ),
        hides="How exact the gradients are, their memory, and how the times differ from run to run.",
        data=table,
    )


def cost_table(results: Tables) -> pd.DataFrame:
    """Return parameters, cost, seconds and time (in analytic gradients), a row a problem and gradient source.

    Raises:
        InputError: if there are not two sizes, or one without ``analytic``.
    """
    runs = results.runs.assign(gradient=gradient_column(results.runs))
    runs = runs[(runs["gradient"] != "") & (runs["iterations"] > 0)]
    if runs["parameters"].nunique() < 2:
        raise InputError("plot 'gradient-cost' needs networks of at least two sizes with a gradient source")
    looks = results.trace[results.trace["iteration"] > 0]
    paid = (looks["cost"] / looks["iteration"]).groupby(looks["run_id"]).min()
    each = runs.assign(cost=runs["run_id"].map(paid), seconds=runs["seconds"] / runs["iterations"])
    grouped = each.groupby(["parameters", "problem", "gradient"], sort=False)[["cost", "seconds"]]
    table = grouped.median().reset_index()
    analytic = table[table["gradient"] == "analytic"].set_index("problem")["seconds"]
    if set(table["problem"]) - set(analytic.index):
        raise InputError("plot 'gradient-cost' needs the gradient source 'analytic' on every network")
    return table.assign(time=table["seconds"] / table["problem"].map(analytic))


table = cost_table
"""The numbers behind the figure, which a report keeps and prints in place of a table of losses."""


def fitted_slope(x: pd.Series[float], y: pd.Series[float]) -> float:
    """Return the slope of y against x on log-log axes, NaN where two points are not left."""
    large = (x >= FITTED_FROM) & (y > 0)
    if large.sum() < 2:
        return float("nan")
    slope = np.polyfit(np.log(x[large].astype(float)), np.log(y[large].astype(float)), 1)[0]
    # Two digits are shown, and none of them is a minus before a zero.
    return round(float(slope), 2) + 0.0
