"""How far each optimizer came for what it spent."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any, Literal

import numpy as np
import numpy.typing as npt
import pandas as pd
from matplotlib.axes import Axes

from harness.analysis.summary import quantile
from harness.plots.figure import Panels, described
from harness.plots.media import Medium, Width, medium_of
from harness.plots.style import (
    SMALLEST,
    TARGET,
    Line,
    fold,
    line_looks,
    logarithmic_ticks,
    panels,
    with_margins,
)
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
LABELS = 5
"""The most powers of ten that an axis names."""
BAND, ALL_BANDS = 0.13, 0.6
"""Opacity of a band, and the most that those of a panel add up to: a dozen that begin at the same losses
would hide the lines there."""
NOTE, LONGEST_NAME = 2.0, 60
"""Width in inches of a note below a panel, and letters of a name in it."""
DEEPEST = 1e-20
"""Where a loss is exactly 0, the smallest share of the largest loss that still has a place of its own."""
STEEPEST = 1e300
"""The largest loss on a linear axis."""
NO_CURVE: Curve = (np.zeros(1), np.full(1, np.inf))
"""A run that failed before its first look."""


@accepts(results=Tables, x=Text, band=Fraction, problems=Text | list[Text] | tuple[Text, ...] | None)
def convergence(
    results: Tables,
    x: Literal["cost", "iteration", "iterations", "seconds"] = "cost",
    band: float = 0.5,
    problems: str | Sequence[str] | None = None,
    width: Width = "page",
    axes: Axes | Sequence[Axes] | None = None,
) -> Axes | Panels:
    """Draw the best training loss against what was spent, one panel a problem.

    A line is the median over all runs of one optimizer and gradient source, and a band holds the middle of
    them. A run that ended early keeps its last best loss; a run without any counts as +inf; a line ends
    where the longest of its runs ended. Where a band has no upper end, it reaches the top of the panel.

    Arguments:
        results: the tables of a comparison.
        x: what was spent: ``"cost"`` (forward-pass equivalents), ``"iteration"`` or ``"seconds"``.
        band: share of the runs inside the band, 0 (no band) to 1 (all runs).
        problems: the problems to draw; all, in the order of the runs, where left out.
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
    chosen = _chosen(results, problems)
    looks = line_looks(results, width)
    runs = results.runs.assign(gradient=gradient_column(results.runs))
    runs = runs[runs["problem"].isin(chosen)]
    identity = ["problem", "optimizer", "gradient"]
    groups = {
        (str(problem), (str(optimizer), str(gradient))): group
        for (problem, optimizer, gradient), group in runs.groupby(identity, sort=False)
    }
    drawn = {line: looks[line] for line in looks if any(line == other for _, other in groups)}
    _, found = panels(
        chosen,
        drawn,
        title=results.question or results.name,
        subtitle=_reading(groups.values(), band),
        xlabel=AXES[axis],
        ylabel="best training loss",
        width=width,
        axes=axes,
    )
    curves = {str(run): _curve(rows, axis) for run, rows in results.trace.groupby("run_id", sort=False)}
    for problem, panel in found.items():
        members = {
            line: [curves.get(str(run), NO_CURVE) for run in group["run_id"]]
            for (where, line), group in groups.items()
            if where == problem
        }
        targets = runs.loc[runs["problem"] == problem, "target"].dropna().unique()
        _draw(panel, members, looks, [float(target) for target in targets], band, medium_of(width))
    return described(found.values())


def _chosen(results: Tables, problems: str | Sequence[str] | None) -> list[str]:
    """Return the problems to draw, in the order they were asked for."""
    known = [str(problem) for problem in results.runs["problem"].unique()]
    if not known:
        raise InputError(f"{results.name} has no runs, so there is nothing to draw")
    asked = known if problems is None else [problems] if isinstance(problems, str) else list(problems)
    for problem in asked:
        if problem not in known:
            raise unknown_name("problem", problem, known)
    if not asked:
        raise InputError(f"problems is empty: name some of {', '.join(known)}, or leave it out for all")
    return list(dict.fromkeys(asked))


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
    targets: list[float],
    band: float,
    medium: Medium,
) -> None:
    """Draw one problem: lines, bands and target, then the axes that fit them."""
    grid = _grid([curve for curves in members.values() for curve in curves])
    shown, bands, silent = [np.array(targets)], [], []
    for rank, (line, curves) in enumerate(members.items()):
        end = max(spent[-1] for spent, _ in curves)
        points = np.append(grid[grid < end], end)
        losses = np.array([_best_at(curve, points) for curve in curves])
        middle = quantile(losses, 0.5)
        stride = max(POINTS // MARKS, 1)
        # Marks of different lines stand beside each other, so that lines on top of one another show.
        marks = [*range(rank * stride // len(members), len(points) - 1, stride), len(points) - 1]
        visible = np.where(np.isfinite(middle), middle, np.nan)
        panel.plot(points, visible, drawstyle="steps-post", markevery=marks, **looks[line])
        shown.append(middle)
        if band and len(curves) > 1:
            low, high = (quantile(losses, share) for share in ((1 - band) / 2, (1 + band) / 2))
            bands.append((points, low, high, looks[line]["color"]))
            shown += [low, high]
        if not np.isfinite(middle).any():
            silent.append(str(looks[line]["label"]))
    numbers = np.concatenate(shown)
    _scale_losses(panel, numbers[np.isfinite(numbers)])
    _scale_spent(panel, grid)
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


def _scale_losses(panel: Axes, losses: Array) -> None:
    """Choose the axis of the losses: logarithmic, with a place for 0 where a loss reached it."""
    positive = losses[losses > 0]
    if losses.size and losses.min() < 0 and np.abs(losses).max() > STEEPEST:
        # The length of a linear axis would be no number any more.
        panel.set_yscale("symlog", linthresh=1.0)
    if not positive.size or losses.min() < 0:
        return
    low, high = positive.min(), positive.max()
    # The limits that Matplotlib would choose first may be no numbers.
    panel.set_autoscaley_on(False)
    if losses.min() > 0:
        panel.set_yscale("log")
        bottom, top = with_margins(low, high)
        panel.set_ylim(bottom, top)
        logarithmic_ticks(panel.yaxis, bottom, top, LABELS)
        return
    edge = max(_decade(low), high * DEEPEST)
    top = with_margins(edge, high)[1]
    panel.set_yscale("symlog", linthresh=edge, linscale=0.8)
    panel.set_ylim(-0.3 * edge, top)
    logarithmic_ticks(panel.yaxis, edge, top, LABELS, zero=True)


def _scale_spent(panel: Axes, grid: Array) -> None:
    """Choose the axis of what was spent: logarithmic, with a place for the start at 0."""
    edge = _decade(grid[1]) if grid.size > 1 else 1.0
    last = max(grid[-1] * 1.3, edge * 10)
    panel.set_xscale("symlog", linthresh=edge, linscale=0.8)
    panel.set_xlim(-0.2 * edge, last)
    logarithmic_ticks(panel.xaxis, edge, last, LABELS, zero=True)


def _decade(number: float) -> float:
    """Return the power of ten at or below a positive number."""
    return float(10.0 ** math.floor(math.log10(max(number, SMALLEST))))
