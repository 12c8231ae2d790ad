"""How far each optimizer came for what it spent."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Literal

import numpy as np
import pandas as pd
from matplotlib.axes import Axes

from harness.analysis.curves import Curves, RunCurve, run_curves
from harness.analysis.summary import quantile
from harness.analysis.times import Axis
from harness.plots.choice import chosen_problems, emphasised, greyed, of_problems
from harness.plots.families import SHADES, family_of
from harness.plots.figure import Panels, described
from harness.plots.media import Medium, Width, medium_of
from harness.plots.scales import SPENT, scale_losses, scale_spent
from harness.plots.steps import ALL_BANDS, BAND, MARKS
from harness.plots.style import TARGET, Line, fold, line_looks, panels
from harness.plots.text import keyed
from harness.runs.tables import Tables, gradient_column
from optimizers.arguments import Text, accepts
from optimizers.errors import unknown_name
from optimizers.objective import Array
from optimizers.options import Fraction

POINTS = 200
"""Points of the common grid, which is finer than a line is wide."""
NOTE, LONGEST_NAME = 2.0, 60
"""Width in inches of a note below a panel, and letters of a name in it."""
READING = (
    "A line is the best loss on the training rows that an optimizer had reached by what it had spent, the "
    "median over its runs. A run that ended early keeps its last best loss; a run that failed before its "
    "first look counts as infinite. A line ends where its longest run did. Dashed: the target, at which runs "
    "end."
)
HIDES = (
    "The loss on rows that were not trained on, single runs, and whether two lines are told apart: a band is "
    "the spread of runs, no interval of the median."
)
NO_LOOK = RunCurve(np.zeros(1), np.full(1, np.inf))
"""A run that failed before its first look."""
SOME = Text | list[Text] | tuple[Text, ...] | None


@accepts(results=Tables, x=Text, band=Fraction, problems=SOME, emphasis=SOME)
def convergence(
    results: Tables,
    x: Literal["cost", "iteration", "iterations", "seconds"] = "cost",
    band: float = 0.5,
    problems: str | Sequence[str] | None = None,
    emphasis: str | Sequence[str] | None = None,
    by: Literal["problem", "family"] = "problem",
    width: Width = "page",
    axes: Axes | Sequence[Axes] | None = None,
) -> Axes | Panels:
    """Draw the best training loss against what was spent, one panel a problem.

    A line is the median over all runs of one optimizer and gradient source, and a band holds the middle of
    them. A run that ended early keeps its last best loss; a run without any counts as +inf; a line ends
    where the longest of its runs ended. Where a band has no upper end, it reaches the top of the panel. Of
    more than six lines a few stand out, and the rest is grey.

    Arguments:
        results: the tables of a comparison.
        x: what was spent: ``"cost"`` (forward-pass equivalents), ``"iteration"`` or ``"seconds"``.
        band: share of the runs inside the band, 0 (no band) to 1 (all runs).
        problems: the problems to draw; all, in the order of the runs, where left out.
        emphasis: the optimizers that stand out, or "all"; where left out all up to six, of more those that
            the claims are about, or the best gradient method and the best population.
        by: "problem" draws a panel for each, "family" one for each family of optimizers on it, in which the
            others are grey.
        width: where the figure is to stand: a journal's column, its page, or a slide.
        axes: draw into these, one a panel, instead of a figure of its own.

    Returns:
        The Axes, an array of them where there are several; a notebook shows their figure, and
        ``.figure.savefig`` writes it.

    Raises:
        InputError: for an unknown axis or problem, a band that is no share, or results without runs.

    >>> from harness.runs.tables import RUN_COLUMNS, SKIPPED_COLUMNS, TRACE_COLUMNS
    >>> runs = pd.DataFrame([{"run_id": "a", "problem": "xor", "optimizer": "adam"}], columns=RUN_COLUMNS)
    >>> curve = {"run_id": "a", "cost": [0.0, 4.0], "best_loss": [0.7, 0.1]}
    >>> trace = pd.DataFrame(curve, columns=TRACE_COLUMNS)
    >>> panel = convergence(Tables("example", "", runs, trace, pd.DataFrame(columns=SKIPPED_COLUMNS)))
    >>> panel.get_title()
    'xor'
    """
    axes_of: dict[str, Axis] = {"iteration": "iterations", "iterations": "iterations"}
    axes_of |= {"cost": "cost", "seconds": "seconds"}
    if x not in axes_of:
        raise unknown_name("x axis", x, ["cost", "iteration", "seconds"])
    if by not in ("problem", "family"):
        raise unknown_name("way to lay out panels, by", by, ["problem", "family"])
    chosen, axis = chosen_problems(results, problems), axes_of[x]
    part = of_problems(results, chosen)
    runs = part.runs.assign(gradient=gradient_column(part.runs))
    identity = ["problem", "optimizer", "gradient"]
    groups: dict[tuple[str, Line], pd.DataFrame] = {
        (str(problem), (str(optimizer), str(gradient))): group
        for (problem, optimizer, gradient), group in runs.groupby(identity, sort=False)
    }
    there = {line for _, line in groups}
    looks = {line: look for line, look in line_looks(results, width).items() if line in there}
    front = list(looks) if by == "family" else emphasised(part, looks, emphasis)
    medium = medium_of(width)
    _, explained, grey, named = greyed(looks, front, medium)
    layout = {problem: (problem, front) for problem in chosen}
    if by == "family":
        layout, grey = _families(results, chosen, list(groups)), "; grey: all others"
    _, found = panels(
        list(layout),
        explained,
        title=results.question or results.name,
        subtitle=_reading(groups.values(), band) + grey,
        xlabel=SPENT[axis],
        ylabel="best training loss",
        width=width,
        axes=axes,
    )
    known, rows = run_curves(part, axis), dict[str, list[dict[str, Any]]]()
    for title, panel in found.items():
        problem, members = layout[title]
        curves = {
            line: [_curve(known, str(run)) for run in group["run_id"]]
            for (where, line), group in groups.items()
            if where == problem
        }
        targets = runs.loc[runs["problem"] == problem, "target"].dropna().unique()
        drawn = greyed(looks, members, medium)[0]
        # Panels of one problem have one axis of losses, so that families can be held against each other.
        in_sight = set(looks) if by == "family" else set(members)
        steps = _draw(panel, curves, drawn, set(members), in_sight, [*map(float, targets)], band, medium)
        rows[problem] = [{"problem": problem, **row} for row in steps]
    return described(
        found.values(),
        reading=f"{READING} {_reading(groups.values(), band).capitalize()}.{named}",
        hides=HIDES,
        data=pd.DataFrame([row for some in rows.values() for row in some]),
    )


def _families(
    results: Tables, problems: list[str], groups: list[tuple[str, Line]]
) -> dict[str, tuple[str, list[Line]]]:
    """Return the panels where each is of one family: by title its problem and the lines that stand out."""
    names = {entry.optimizer: entry.name for entry in results.lineup}
    found: dict[str, tuple[str, list[Line]]] = {}
    for problem in problems:
        for family in SHADES:
            lines = [
                line
                for where, line in groups
                if where == problem and family_of(names.get(line[0], line[0]), line[1]) == family
            ]
            if lines:
                found[family if len(problems) == 1 else f"{problem}: {family}"] = problem, lines
    return found


def _reading(groups: Any, band: float) -> str:
    """Say what lines and bands are."""
    sizes = sorted({len(group) for group in groups})
    if sizes == [1]:
        return "one run a line"
    count = f"{sizes[0]} to {sizes[-1]}" if len(sizes) > 1 else f"{sizes[0]}"
    share = f"; band: the middle {100 * band:g} %" if band else ""
    return f"line: median of {count} runs{share}"


def _curve(known: Curves, run: str) -> RunCurve:
    """Return the curve of a run, which begins at 0 and is infinite where there is no look."""
    found = known.get(run, NO_LOOK)
    return found if found.spent.size else NO_LOOK


def _grid(curves: list[RunCurve]) -> Array:
    """Return the points at which all runs of a panel are compared: 0, then evenly spaced logarithms."""
    spent = np.concatenate([curve.spent for curve in curves])
    spent = spent[spent > 0]
    steps = np.geomspace(spent.min(), spent.max(), POINTS) if spent.size else np.empty(0)
    return np.concatenate([[0.0], steps])


def _draw(
    panel: Axes,
    members: dict[Line, list[RunCurve]],
    looks: dict[Line, dict[str, Any]],
    front: set[Line],
    in_sight: set[Line],
    targets: list[float],
    band: float,
    medium: Medium,
) -> list[dict[str, Any]]:
    """Draw one problem: lines, bands and target, then the axes that fit them; return what was drawn.

    The bands of ``front`` are drawn, and those of ``in_sight`` have room.
    """
    grid = _grid([curve for curves in members.values() for curve in curves])
    shown, bands, silent = [np.array(targets)], [], []
    rows: list[dict[str, Any]] = []
    for rank, (line, curves) in enumerate(members.items()):
        end = max(float(curve.spent[-1]) for curve in curves)
        points = np.append(grid[grid < end], end)
        losses = np.array([curve.at(points) for curve in curves])
        middle, low, high = (quantile(losses, share) for share in (0.5, (1 - band) / 2, (1 + band) / 2))
        stride = max(POINTS // MARKS, 1)
        # Marks of different lines stand beside each other, so that lines on top of one another show.
        marks = [*range(rank * stride // len(members), len(points) - 1, stride), len(points) - 1]
        visible = np.where(np.isfinite(middle), middle, np.nan)
        panel.plot(points, visible, drawstyle="steps-post", markevery=marks, **looks[line])
        shown.append(middle)
        if band and len(curves) > 1:
            shown += [low, high] if line in in_sight else []
            bands += [(points, low, high, looks[line]["color"])] if line in front else []
        if not np.isfinite(middle).any():
            silent.append(str(looks[line]["label"]))
        run = {"optimizer": line[0], "gradient": line[1], "runs": len(curves)}
        # A step holds until the next row.
        new = np.append(True, np.any([part[1:] != part[:-1] for part in (middle, low, high)], axis=0))
        new[-1] = True
        for spent, *three in zip(points[new], middle[new], low[new], high[new], strict=True):
            rows.append({**run, "spent": spent, **dict(zip(("median", "low", "high"), three, strict=True))})
    every = np.concatenate(shown)
    scale_losses(panel, every[np.isfinite(every)])
    scale_spent(panel, grid[1] if grid.size > 1 else None, grid[-1], medium.ticks)
    top = panel.get_ylim()[1]
    alpha = min(BAND, ALL_BANDS / max(len(bands), 1))
    for points, low, high, colour in bands:
        high = np.where(np.isfinite(high), high, top)
        shape: dict[str, Any] = {"where": np.isfinite(low), "step": "post", "alpha": alpha, "linewidth": 0}
        panel.fill_between(points, low, high, color=colour, **shape)
    for target in targets:
        panel.axhline(target, **TARGET)
        label = f"target\n{target:.3g}".replace("e-0", "e-")
        place: dict[str, Any] = {"transform": panel.get_yaxis_transform(), "va": "center"}
        panel.text(1.03, target, label, fontsize=medium.small, **place)
    if silent:
        named = ", ".join(keyed(silent, LONGEST_NAME).values())
        note = fold(f"no finite median: {named}", NOTE * medium.scale, medium.small)
        panel.set_xlabel(f"{panel.get_xlabel()}\n{note}".strip(), fontsize=medium.small)
    return rows
