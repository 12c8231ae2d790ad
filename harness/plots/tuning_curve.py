"""How good the best of the configurations tried is, against what it has cost to try them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal

import numpy as np
import pandas as pd
from matplotlib.axes import Axes

from harness.analysis.tuning_curve import trials_of
from harness.analysis.tuning_curve import tuning_curve as curve_of
from harness.analysis.tuning_score import PENALTY
from harness.plots.figure import Panels, described
from harness.plots.media import Width, medium_of
from harness.plots.style import line_looks, logarithmic_ticks, panels, with_margins
from harness.runs.tables import Tables
from optimizers.arguments import accepts
from optimizers.errors import InputError

MARKS = 12
"""Marks on a line at the most, about."""


@accepts(results=Tables, estimate=Literal["expected", "so-far"], per=Literal["experiment", "problem"])
def tuning_curve(
    results: Tables,
    estimate: Literal["expected", "so-far"] = "expected",
    per: Literal["experiment", "problem"] = "experiment",
    width: Width = "page",
    axes: Axes | Sequence[Axes] | None = None,
) -> Axes | Panels:
    """Draw the best of k configurations against the cost of trying k, for each optimizer that was tuned.

    A point is a number of configurations. Height is the geometric mean of the cost to the target, a run that
    does not come to it at ten times its budget; of problems without a target the final loss, as a multiple of
    the start's. An optimizer that is good without tuning begins low; one that needs it falls (Dodge et al.
    2019, Show your work, EMNLP).

    Arguments:
        results: runs that ``harness tune`` has left in its folder.
        estimate: "expected" draws the mean over every choice of k of the configurations; "so-far" takes them
            in the order in which they were tried, as is due where a search learns on its way.
        per: "experiment" draws one panel for all problems together, "problem" one for each.
        width: where the figure is to stand: a journal's column, its page, or a slide.
        axes: draw into these, one a panel, instead of a figure of its own.

    Returns:
        The Axes, an array of them where there are several.

    Raises:
        InputError: for runs that are none of a tuning, or have no budget in cost.
    """
    curve = curve_of(trials_of(results, per), estimate)
    aimed = results.runs["target"].notna().any()
    column = "cost_to_target" if aimed else "loss"
    curve = curve[(curve[column] > 0.0) & np.isfinite(curve[column]) & (curve["total_cost"] > 0.0)]
    if not len(curve):
        raise InputError("plot 'tuning-curve' needs configurations that were run: there are none")
    penalty = f"; a run without a solution at {PENALTY:g} budgets" if aimed else ""
    names = curve["optimizer"].unique()
    looks = line_looks(pd.DataFrame({"optimizer": names, "gradient": ""}), width)
    _, found = panels(
        list(curve["problems"].unique()),
        looks,
        title=results.question or results.name,
        subtitle=f"a point: one configuration more; {estimate.replace('-', ' ')} best{penalty}",
        xlabel="cost of tuning (forward-pass equivalents)",
        ylabel="cost to target of the best (forward-pass equivalents)"
        if aimed
        else "final loss of the best (times the start's)",
        width=width,
        axes=axes,
    )
    # What is best so far stays so until something better has been paid for.
    drawn, medium = ("steps-post" if estimate == "so-far" else "default"), medium_of(width)
    for problems, panel in found.items():
        shown = curve[curve["problems"] == problems]
        for (optimizer, _), look in looks.items():
            part = shown[shown["optimizer"] == optimizer]
            if len(part):
                marks = max(len(part) // MARKS, 1)
                panel.plot(part["total_cost"], part[column], drawstyle=drawn, markevery=marks, **look)
        panel.set_xscale("log")
        panel.set_yscale("log")
        for axis, numbers, most in (
            (panel.xaxis, shown["total_cost"], medium.ticks_across(len(found))),
            (panel.yaxis, shown[column], medium.ticks_up(len(found))),
        ):
            ends = with_margins(float(numbers.min()), float(numbers.max()))
            (panel.set_xlim if axis is panel.xaxis else panel.set_ylim)(ends)
            logarithmic_ticks(axis, *ends, most)
    return described(
        found.values(),
        reading=(
            "A point is a number of configurations that were tried, by what that has cost; its height is how "
            f"good the best of them is, {estimate.replace('-', ' ')}: "
            + (
                f"the geometric mean of the cost to the target{penalty}."
                if aimed
                else "the final loss as a multiple of the start's."
            )
        ),
        hides=(
            "Which options were found, how the best does with other seeds than those it was chosen by, and "
            "the spread of the curve over other orders of trying."
        ),
        data=curve,
    )
