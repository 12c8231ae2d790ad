"""The error of difference quotients against their step, beside sources that have no step."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd
from matplotlib.axes import Axes

from harness.plots.figure import Panels, described
from harness.plots.media import Width, medium_of
from harness.plots.style import line_looks, logarithmic_ticks, panels
from harness.runs.tables import Tables
from optimizers.arguments import accepts
from optimizers.errors import InputError

SMALLEST = 1e-17
"""An error of exactly 0 is drawn here: below half a unit in the last place."""


@accepts(results=Tables)
def gradient_error(
    results: Tables, width: Width = "page", axes: Axes | Sequence[Axes] | None = None
) -> Axes | Panels:
    """Draw the relative error of each gradient source at the start against its step, one panel a problem.

    Sources without a step are level lines. The error of a difference falls with the step by its order (1
    for forward, 2 for central) until round-off takes over and it rises as 1 / step.

    Arguments:
        results: runs with a ``gradient_reference``, of sources such as ``forward-difference:step=1e-6``.
        width: where the figure is to stand: a journal's column, its page, or a slide.
        axes: draw into these, one a panel, instead of a figure of its own.

    Returns:
        The Axes, an array of them where there are several.

    Raises:
        InputError: if no gradient was held against a reference.
    """
    table = error_table(results)
    named = results.runs.head(0)
    named = pd.DataFrame({"optimizer": "", "gradient": table["source"].unique()}, columns=named.columns)
    looks = line_looks(named, width)
    for (_, source), look in looks.items():
        look["label"] = source
        if table.loc[table["source"] == source, "step"].isna().all():
            # Drawn as a level line, without marks.
            look["marker"] = ""
    _, found = panels(
        list(table["problem"].unique()),
        looks,
        title=results.question or results.name,
        subtitle="median over seeds, at the start; level lines, which may coincide: sources without a step",
        xlabel="step h",
        ylabel="relative error of the gradient",
        width=width,
        axes=axes,
    )
    steps = table["step"].dropna()
    medium = medium_of(width)
    across, up = medium.ticks_across(len(found)), medium.ticks_up(len(found))
    for problem, panel in found.items():
        for (_, source), look in looks.items():
            part = table[(table["problem"] == problem) & (table["source"] == source)].sort_values("step")
            _draw(panel, part, steps, look)
        panel.set_xscale("log")
        panel.set_yscale("log")
        errors = table.loc[table["problem"] == problem, "error"].clip(lower=SMALLEST)
        logarithmic_ticks(panel.xaxis, float(steps.min()), float(steps.max()), across)
        logarithmic_ticks(panel.yaxis, float(errors.min()), float(errors.max()), up)
    return described(
        found.values(),
        reading=(
            "A point is the relative error of a gradient at the start of training against the reference "
            "source, the median over seeds, by the step of the difference; level lines are sources without a "
            "step. An error falls with the step by the order of the difference until round-off takes over."
        ),
        hides=(
            f"The error later in training, what a gradient costs, and errors below {SMALLEST:g}, which are "
            "drawn there."
        ),
        data=table,
    )


def _draw(panel: Axes, part: pd.DataFrame, steps: pd.Series[float], look: dict[str, object]) -> None:
    error = part["error"].clip(lower=SMALLEST)
    if part["step"].notna().any():
        panel.plot(part["step"], error, **look)  # type: ignore[arg-type]
    elif len(error):
        ends = [steps.min(), steps.max()]
        panel.plot(ends, [error.iloc[0]] * 2, **{**look, "marker": ""})  # type: ignore[arg-type]


def error_table(results: Tables) -> pd.DataFrame:
    """Return the error at the start, a row a problem, source and step (NaN where it has none).

    Raises:
        InputError: if no gradient was held against a reference, or no source has a step.
    """
    runs = errors_at_start(results)
    if not runs["step"].notna().any():
        raise InputError(
            "plot 'gradient-error' needs runs with a gradient_reference, and sources with a step such as "
            "'central-difference:step=1e-6'"
        )
    grouped = runs.groupby(["problem", "source", "step"], sort=False, dropna=False)["error"]
    return grouped.median().reset_index()


def errors_at_start(results: Tables) -> pd.DataFrame:
    """Return the runs whose gradient at the start was held against a reference, with its error and step."""
    starts = results.trace.drop_duplicates("run_id").set_index("run_id")["gradient_error"]
    runs = results.runs.assign(error=results.runs["run_id"].map(starts)).dropna(subset=["error"])
    parts = runs["gradient"].str.split(":step=", n=1)
    steps = [float(part[1]) if len(part) > 1 else np.nan for part in parts]
    return runs.assign(source=parts.str[0], step=steps)


table = error_table
"""The numbers behind the figure, which a report keeps and prints in place of a table of losses."""
