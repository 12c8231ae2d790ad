"""The mistakes of the perceptron rule against the most that Novikoff's theorem allows."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

import numpy as np
import pandas as pd
from matplotlib.axes import Axes

from harness.analysis.perceptron_bound import bound_table, mistakes_of_runs
from harness.plots.figure import Panels, described
from harness.plots.media import Medium, Width, medium_of
from harness.plots.style import line_looks, logarithmic_ticks, panels
from harness.runs.tables import Tables
from optimizers.arguments import accepts
from optimizers.objective import Array

CLOUD = 0.03
"""Half the width of a cloud of runs, in decades."""
GAP = 10**0.5
"""Free space around the clouds that have no bound, as a factor."""
GAMMA, SQUARED = "\N{GREEK SMALL LETTER GAMMA}", "\N{SUPERSCRIPT TWO}"
ZERO = "initializer=zeros"
"""The option that every problem has here, and no label needs."""

table = bound_table
"""The numbers behind the figure, which a report keeps and prints in place of a table of losses."""


@accepts(results=Tables)
def perceptron_bound(
    results: Tables, width: Width = "page", axes: Axes | Sequence[Axes] | None = None
) -> Axes | Panels:
    """Draw the mistakes of every run of the perceptron rule against the bound (R / gamma)^2 of its problem.

    A cloud is one problem, a point one run, a large mark the mean. Nothing may lie above the line where
    mistakes and bound are equal. Problems that no cut separates have no bound, and stand apart on the right:
    there the budget ended the runs, and the mistakes would go on.

    Arguments:
        results: runs of the perceptron rule from zero; see ``harness.analysis.perceptron_bound``.
        width: where the figure is to stand: a journal's column, its page, or a slide.
        axes: draw into these, one a panel, instead of a figure of its own.

    Returns:
        The Axes, an array of them where there are several.

    Raises:
        InputError: if there are no such runs.
    """
    numbers, runs = bound_table(results), mistakes_of_runs(results)
    bounded = numbers[np.isfinite(numbers["bound"])]
    named = pd.DataFrame({"optimizer": numbers["problem"], "gradient": ""})
    looks = line_looks(named, width)
    for (problem, _), look in looks.items():
        look |= {"label": _label(numbers[numbers["problem"] == problem].iloc[0]), "linestyle": ""}
    _, found = panels(
        ["mistakes from a start at zero until an epoch has none"],
        looks,
        title=results.question or results.name,
        subtitle=f"a point: one order of the rows; large: their mean; above the bound: "
        f"{bounded['violations'].sum()} of {bounded['runs'].sum()} runs",
        xlabel=f"bound on the mistakes, (R / {GAMMA}){SQUARED}",
        ylabel="mistakes",
        width=width,
        axes=axes,
    )
    (panel,), medium = found.values(), medium_of(width)
    low, high = float(bounded["bound"].min()) / 3, float(bounded["bound"].max()) * 3
    if not len(bounded):
        low, high = 1.0, 10.0
    top = 2 * max(high, float(runs["mistakes"].max()))
    places = _places(numbers, high)
    for (problem, _), look in looks.items():
        made = runs.loc[runs["problem"] == problem, "mistakes"].to_numpy(dtype=np.float64)
        _draw_cloud(panel, places[problem], made, look)
    panel.set(xscale="log", yscale="log", xlim=(low, max([high, *places.values()]) * GAP), ylim=(0.7, top))
    panel.plot([low, high], [low, high], color="0.2", linewidth=1.0)
    panel.fill_between([low, high], [low, high], [top, top], color="0.93", linewidth=0, zorder=0)
    panel.text(low * 1.2, top / 1.5, "above the bound", fontsize=medium.small, color="0.35", va="top")
    logarithmic_ticks(panel.xaxis, low, high, medium.ticks_across(1))
    logarithmic_ticks(panel.yaxis, 1.0, top, medium.ticks_up(1))
    if len(bounded) < len(numbers):
        _draw_boundless(panel, high, numbers[np.isinf(numbers["bound"])], places, medium)
    return described(
        found.values(),
        reading=(
            "A cloud is one problem, a point the mistakes of one run with its order of rows, a large mark "
            "their mean, against the most that Novikoff's theorem allows. Nothing may lie above the line. "
            "Problems that no cut separates have no bound, and stand at the right: their runs were ended by "
            "the budget."
        ),
        hides="The mistakes on rows that were not trained on, and how the margin came about.",
        data=numbers,
    )


def _label(row: pd.Series[Any]) -> str:
    """Describe a problem in the legend."""
    name, _, options = row["problem"].partition(":")
    changed = ",".join(option for option in options.split(",") if option != ZERO)
    short = f"{name}:{changed}" if changed else name
    return f"{short} (no bound)" if math.isinf(row["bound"]) else short


def _places(numbers: pd.DataFrame, right: float) -> dict[str, float]:
    """Return where each problem's cloud stands; what has no bound stands right of everything else."""
    places, beyond = {}, right * GAP
    for problem, bound in zip(numbers["problem"], numbers["bound"], strict=True):
        places[str(problem)] = float(bound)
        if math.isinf(bound):
            places[str(problem)] = beyond
            beyond *= GAP
    return places


def _draw_cloud(panel: Axes, place: float, mistakes: Array, look: dict[str, Any]) -> None:
    """Draw runs side by side around their problem's place, the mean on top of them."""
    # Spread in an order that has nothing to do with the numbers, and is the same each time.
    spread = np.random.default_rng(0).uniform(-CLOUD, CLOUD, mistakes.size)
    shown: dict[str, Any] = {"color": look["color"], "marker": look["marker"], "linestyle": ""}
    size = look["markersize"]
    panel.plot(place * 10**spread, mistakes, markersize=0.4 * size, alpha=0.35, markeredgewidth=0, **shown)
    mean = {**look, "linestyle": "", "markersize": 1.35 * size, "zorder": 4}
    panel.plot([place], [mistakes.mean()], **mean)


def _draw_boundless(
    panel: Axes, edge: float, numbers: pd.DataFrame, places: dict[str, float], medium: Medium
) -> None:
    """Set what has no bound apart, with arrows that say that it would go on."""
    panel.axvline(edge, color="0.6", linewidth=0.8)
    for problem, mean in zip(numbers["problem"], numbers["mistakes_mean"], strict=True):
        tip, tail = (places[problem], mean * 6), (places[problem], mean * 1.3)
        panel.annotate("", tip, tail, arrowprops={"arrowstyle": "->", "color": "0.35", "linewidth": 0.9})
    middle = math.sqrt(edge * panel.get_xlim()[1])
    words = "no cut\nseparates:\nended by\nthe budget"
    panel.text(middle, 1.0, words, fontsize=medium.small, color="0.35", ha="center", va="bottom")
