"""How far each optimizer came for what it spent."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Literal

import numpy as np
import numpy.typing as npt
import pandas as pd
from matplotlib.axes import Axes

from harness.analysis.summary import quantile
from harness.plots.choice import chosen_problems, emphasised, greyed, of_problems
from harness.plots.figure import Panels, described
from harness.plots.media import Medium, Width, medium_of
from harness.plots.scales import scale_losses, scale_spent
from harness.plots.style import TARGET, Line, fold, line_looks, panels
from harness.plots.text import keyed
from harness.runs.tables import Tables, gradient_column
from optimizers.arguments import Text, accepts
from optimizers.errors import InputError, unknown_name
from optimizers.options import Fraction
from optimizers.printable import shown

Array = npt.NDArray[np.float64]
Curve = tuple[Array, Array]

AXES = {
    "cost": "cost (forward-pass equivalents)",
    "iteration": "iterations",
    "seconds": "seconds of search",
}
POINTS = 200
"""Points of the common grid, which is finer than a line is wide."""
MARKS = 5
"""Marks on a line, to tell it from others without colour."""
BAND, ALL_BANDS = 0.13, 0.6
"""Opacity of a band, and the most that those of a panel add up to: a dozen that begin at the same losses
would hide the lines there."""
NOTE, LONGEST_NAME = 2.0, 60
"""Width in inches of a note below a panel, and letters of a name in it."""
READING = (
    "A line is the best loss on the training rows that an optimizer had reached by what it had spent, the "
    "median over its runs. A run that ended early keeps its last best loss; a run that failed before its "
    "first look counts as infinite. Dashed: the target, at which runs end."
)
HIDES = (
    "The loss on rows that were not trained on, single runs, and whether two lines are told apart: a band is "
    "the spread of runs, no interval of the median."
)
NO_CURVE: Curve = (np.zeros(1), np.full(1, np.inf))
"""A run that failed before its first look."""


SOME = Text | list[Text] | tuple[Text, ...] | None


@accepts(results=Tables, x=Text, band=Fraction, problems=SOME, emphasis=SOME)
def convergence(
    results: Tables,
    x: Literal["cost", "iteration", "iterations", "seconds"] = "cost",
    band: float = 0.5,
    problems: str | Sequence[str] | None = None,
    emphasis: str | Sequence[str] | None = None,
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
    axis = "iteration" if x == "iterations" else x
    if axis not in AXES:
        raise unknown_name("x axis", x, AXES)
    if not 0 <= band <= 1:
        raise InputError(
            f"band is {shown(band)}, expected the share of runs inside it, from 0 to 1, such as 0.5"
        )
    chosen = chosen_problems(results, problems)
    looks = line_looks(results, width)
    runs = results.runs.assign(gradient=gradient_column(results.runs))
    runs = runs[runs["problem"].isin(chosen)]
    identity = ["problem", "optimizer", "gradient"]
    groups = {
        (str(problem), (str(optimizer), str(gradient))): group
        for (problem, optimizer, gradient), group in runs.groupby(identity, sort=False)
    }
    drawn = {line: looks[line] for line in looks if any(line == other for _, other in groups)}
    front = emphasised(of_problems(results, chosen), drawn, emphasis)
    looks, explained, grey = greyed(drawn, front)
    _, found = panels(
        chosen,
        explained,
        title=results.question or results.name,
        subtitle=_reading(groups.values(), band) + grey,
        xlabel=AXES[axis],
        ylabel="best training loss",
        width=width,
        axes=axes,
    )
    curves = {str(run): _curve(rows, axis) for run, rows in results.trace.groupby("run_id", sort=False)}
    rows: list[dict[str, Any]] = []
    for problem, panel in found.items():
        members = {
            line: [curves.get(str(run), NO_CURVE) for run in group["run_id"]]
            for (where, line), group in groups.items()
            if where == problem
        }
        targets = runs.loc[runs["problem"] == problem, "target"].dropna().unique()
        rows += [
            {"problem": problem, **row}
            for row in _draw(
                panel, members, looks, set(front), [*map(float, targets)], band, medium_of(width)
            )
        ]
    return described(
        found.values(),
        reading=f"{READING} {_reading(groups.values(), band).capitalize()}.",
        hides=HIDES,
        data=pd.DataFrame(rows),
    )


def _reading(groups: Any, band: float) -> str:
    """Say what lines and bands are."""
    sizes = sorted({len(group) for group in groups})
    if sizes == [1]:
        return "one run a line"
    count = f"{sizes[0]} to {sizes[-1]}" if len(sizes) > 1 else f"{sizes[0]}"
    share = f"; band: the middle {100 * band:g} %" if band else ""
    return f"line: median of {count} runs{share}"


def _curve(rows: pd.DataFrame, axis: str) -> Curve:
    """Return what one run had spent at each look, and the best loss it had by then."""
    spent = rows[axis].to_numpy(dtype=np.float64)
    best = rows["best_loss"].to_numpy(dtype=np.float64)
    order = np.argsort(spent[np.isfinite(spent)], kind="stable")
    # A loss that is no number, as the last of a run that diverged, does not undo the best one before it.
    best = np.fmin.accumulate(best[np.isfinite(spent)][order])
    return (spent[np.isfinite(spent)][order], best) if order.size else NO_CURVE


def _best_at(curve: Curve, points: Array) -> Array:
    """Evaluate a run's best loss, which holds from one look to the next; +inf before the first."""
    spent, best = curve
    place = np.searchsorted(spent, points, side="right") - 1
    return np.where(place >= 0, best[np.maximum(place, 0)], np.inf)


def _grid(curves: list[Curve]) -> Array:
    """Return the points at which all runs of a panel are compared: 0, then evenly spaced logarithms."""
    spent = np.concatenate([curve[0] for curve in curves])
    spent = spent[spent > 0]
    steps = np.geomspace(spent.min(), spent.max(), POINTS) if spent.size else np.empty(0)
    return np.concatenate([[0.0], steps])


def _draw(
    panel: Axes,
    members: dict[Line, list[Curve]],
    looks: dict[Line, dict[str, Any]],
    front: set[Line],
    targets: list[float],
    band: float,
    medium: Medium,
) -> list[dict[str, Any]]:
    """Draw one problem: lines, bands and target, then the axes that fit them; return what was drawn."""
    grid = _grid([curve for curves in members.values() for curve in curves])
    shown, bands, silent = [np.array(targets)], [], []
    rows: list[dict[str, Any]] = []
    for rank, (line, curves) in enumerate(members.items()):
        end = max(spent[-1] for spent, _ in curves)
        points = np.append(grid[grid < end], end)
        losses = np.array([_best_at(curve, points) for curve in curves])
        middle, low, high = (quantile(losses, share) for share in (0.5, (1 - band) / 2, (1 + band) / 2))
        stride = max(POINTS // MARKS, 1)
        # Marks of different lines stand beside each other, so that lines on top of one another show.
        marks = [*range(rank * stride // len(members), len(points) - 1, stride), len(points) - 1]
        visible = np.where(np.isfinite(middle), middle, np.nan)
        panel.plot(points, visible, drawstyle="steps-post", markevery=marks, **looks[line])
        shown.append(middle)
        if band and len(curves) > 1 and line in front:
            bands.append((points, low, high, looks[line]["color"]))
            shown += [low, high]
        if not np.isfinite(middle).any():
            silent.append(str(looks[line]["label"]))
        run = {"optimizer": line[0], "gradient": line[1], "runs": len(curves)}
        # A step holds until the next row.
        new = np.append(True, (np.diff(middle) != 0) | (np.diff(low) != 0) | (np.diff(high) != 0))
        new[-1] = True
        for spent, *three in zip(points[new], middle[new], low[new], high[new], strict=True):
            rows.append({**run, "spent": spent, **dict(zip(("median", "low", "high"), three, strict=True))})
    every = np.concatenate(shown)
    scale_losses(panel, every[np.isfinite(every)])
    scale_spent(panel, grid[1] if grid.size > 1 else None, grid[-1])
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
