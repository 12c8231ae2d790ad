"""The charts of the page: the numbers, and how they are to be read, are those of the plots."""

from __future__ import annotations

import base64
import io
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from harness.analysis.final_accuracy import FinalAccuracy
from harness.analysis.final_loss import FinalLoss
from harness.analysis.places import mean_places
from harness.analysis.times import Axis
from harness.plots import known_plots
from harness.plots.figure import figure_of
from harness.plots.scales import SPENT
from harness.report.captions import description
from harness.report.html.packing import packed
from harness.runs.tables import Tables
from optimizers.errors import InputError
from optimizers.printable import printable

AXES: tuple[Axis, ...] = ("cost", "iterations", "seconds")
BY_AXIS = {axis: {"axis": axis} for axis in AXES}
PICTURE_DOTS = 120
"""Dots per inch of a figure that is shown as a picture."""
ECDF_POINTS = 60
"""Numbers at which a line of the runtime distribution is known: a panel is some 350 pixels wide."""


@dataclass(frozen=True)
class Chart:
    """A chart of the page.

    Attributes:
        plot: the plot that has its numbers.
        title: heading of its section.
        forms: options of the plot by the name of the form that a reader can switch to.
        names: what each form is called there; its name where left out.
    """

    plot: str
    title: str
    forms: Mapping[Any, Mapping[str, Any]]
    names: Mapping[Any, str]


CHARTS = (
    Chart("convergence", "Convergence", {axis: {"x": axis} for axis in AXES}, SPENT),
    Chart(
        "runtime-ecdf",
        "Targets reached",
        {axis: {"axis": axis, "points": ECDF_POINTS} for axis in AXES},
        SPENT,
    ),
    Chart("cost-to-target", "Cost to target", BY_AXIS, SPENT),
    Chart(
        "finals",
        "Where runs ended",
        {"loss": {"of": "loss"}, "accuracy": {"of": "accuracy"}},
        {"loss": "training loss", "accuracy": "test accuracy"},
    ),
    Chart("crossover", "Who is ahead from which budget on", {"cost": {}}, {"cost": SPENT["cost"]}),
)

LISTED_BY_PLACE = ("cost-to-target", "finals", "crossover")
"""Charts with an optimizer a row, in the order of the mean place over the problems."""


def page_charts(tables: Tables) -> list[dict[str, Any]]:
    """Return every chart with its numbers, or the reason why these runs have none.

    Arguments:
        tables: the runs.
    """
    return [_chart(chart, tables) for chart in CHARTS]


def declared_figures(tables: Tables, figures: Sequence[Mapping[str, Any]]) -> list[dict[str, str]]:
    """Return the experiment's own figures as pictures, but for those that the page draws itself.

    One that cannot be drawn of these runs has the reason in its place.

    Arguments:
        tables: the runs.
        figures: each the name of a plot, and its options.
    """
    found = []
    for figure in figures:
        options = dict(figure)
        name = str(options.pop("name"))
        if name in {chart.plot for chart in CHARTS}:
            continue
        plot, picture = known_plots()[name], io.BytesIO()
        try:
            drawn: Any = figure_of(plot(tables, **options))
        except InputError as error:
            found.append({"name": name, "why": str(error)})
            continue
        drawn.savefig(picture, format="png", dpi=PICTURE_DOTS)
        reading = getattr(drawn, "reading", "") or description(plot)
        encoded = base64.b64encode(picture.getvalue()).decode()
        said = {"name": name, "why": "", "reading": reading, "hides": getattr(drawn, "hides", "")}
        found.append({**said, "source": f"data:image/png;base64,{encoded}"})
    return found


def _chart(chart: Chart, tables: Tables) -> dict[str, Any]:
    plot, why = known_plots()[chart.plot], ""
    forms: dict[str, dict[str, Any]] = {}
    reading = hides = ""
    for name, options in chart.forms.items():
        try:
            # Of the drawing itself nothing is used, and losses near the largest number overflow its axes.
            with np.errstate(over="ignore"):
                figure: Any = figure_of(plot(tables, **options))
        except InputError as error:
            why = why or str(error)
            continue
        # The dots of finals are the runs, which the page has once, and it may not have all of them.
        data: pd.DataFrame = _medians(tables, name) if chart.plot == "finals" else figure.data
        forms[name] = {"name": chart.names.get(name, name), "table": packed(data)}
        if chart.plot in LISTED_BY_PLACE:
            axis = options.get("axis", "cost")
            forms[name]["order"] = [list(map(printable, line)) for line in mean_places(tables, axis)]
        # Of its first form: the others differ in the word for what is spent.
        reading, hides = reading or figure.reading, hides or figure.hides
    return {
        "plot": chart.plot,
        "title": chart.title,
        "reading": reading,
        "hides": hides,
        "why": "" if forms else printable(why),
        "forms": forms,
    }


def _medians(tables: Tables, of: str) -> pd.DataFrame:
    """Return the medians of where runs ended with their intervals."""
    table = (FinalLoss() if of == "loss" else FinalAccuracy()).compute(tables)
    names = {of: "median", f"{of}_low": "low", f"{of}_high": "high"}
    return table.rename(columns=names)[["problem", "optimizer", "gradient", "n", *names.values()]]
