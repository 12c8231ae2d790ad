"""One verdict under every defensible choice: estimates in rising order above, what was chosen below."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.lines import Line2D

from harness.analysis.defensible_choices import AXES, Choices
from harness.analysis.robustness import Robustness, Tried, robustness
from harness.analysis.verdict import Answer
from harness.plots.figure import DPI, NotebookFigure, Panel, Panels, described
from harness.plots.media import Medium, Width, medium_of
from harness.plots.style import COLOURS
from harness.plots.text import balanced
from harness.runs.claims import By
from harness.runs.tables import Tables
from optimizers.arguments import Text, accepts
from optimizers.errors import InputError, unknown_name

ABOVE, LEAST, ROW, GAP = 14.0, 9.0, 1.4, 0.5
"""Height of the panel of estimates, its least one, and that of a row of the matrix, in the size of the
numbers along the axes, and the part of a row between two blocks."""

LOOKS: dict[Answer, dict[str, Any]] = {
    "better": {"color": COLOURS[0], "marker": "^", "label": "ahead"},
    "worse": {"color": COLOURS[1], "marker": "v", "label": "behind"},
    "equivalent": {"color": COLOURS[2], "marker": "D", "label": "equivalent"},
    "undecided": {"color": "0.55", "marker": "o", "label": "undecided"},
}
"""Told apart by their shapes as well as by their colours."""

BLOCKS: dict[str, dict[Any, str]] = {
    "by": {
        "cost-to-target": "cost to target",
        "solved": "starts solved",
        "final-loss": "final loss",
        "accuracy": "test accuracy",
        "anytime-area": "anytime area",
    },
    "axis": {axis: f"in {axis}" for axis in AXES},
    "target": {1.0 / 3.0: "target / 3", 1.0: "target", 3.0: "3 x target"},
    "budget": {0.5: "budget / 2", 1.0: "budget", 2.0: "2 x budget"},
    "options": {"own": "these options", "other": "other options"},
}


@accepts(results=Tables, better=Text | None, than=Text | None, problem=Text | None, by=By | None)
def specification_curve(
    results: Tables,
    better: str | None = None,
    than: str | None = None,
    problem: str | None = None,
    by: By | None = None,
    width: Width = "column",
    axes: Sequence[Axes] | None = None,
) -> Panels:
    """Draw how one verdict comes out under every defensible choice (Simonsohn, Simmons, Nelson 2020).

    Above, the probability of being ahead from a start (over problems: the part of them on which it is), each
    with its interval, in rising order; below, a mark in each row that was chosen. Choices that the runs
    cannot tell of have a row in grey.

    Arguments:
        results: the runs with their traces.
        better: label or name of the optimizer that the claim says is better; none where there is one verdict.
        than: of the other.
        problem: its name; none is the verdict over all problems where there is one.
        by: what the claim goes by, where the two are compared by more than one measure.
        width: where the figure is to stand: a journal's column, its page, or a slide.
        axes: draw into these two, the estimates and the choices, instead of a figure of its own.

    Returns:
        The two Axes.

    Raises:
        InputError: if there is no such verdict, or more than one.
    """
    robust = _chosen(robustness(results)[1], better, than, problem, by)
    # Those of one estimate stand by their lower ends, then by how much was changed.
    tried = sorted(
        robust.tried, key=lambda one: (one.estimate, one.interval, one.choices.order(robust.usual))
    )
    medium, rows = medium_of(width), _rows(robust, tried)
    places = _places(rows)
    place = robust.problem or f"{tried[0].n} problems"
    title = f"{robust.line[0]} against {robust.other[0]} on {place}"
    held = f"{LOOKS[robust.answer]['label']} under {robust.held} of {len(tried)} choices"
    above, matrix = _panels(axes, title, held, places, medium)
    _draw_estimates(above, tried, medium, over=not robust.problem)
    _draw_choices(matrix, rows, places, tried, medium)
    usual = next(number for number, one in enumerate(tried) if one.choices == robust.usual)
    for panel in (above, matrix):
        panel.axvline(usual, color="0.3", linewidth=0.6 * medium.scale, linestyle=(0, (2, 1.5)), zorder=0.5)
    matrix.set_xlabel("choices, in rising order; dashed: as decided", fontsize=medium.small)
    shown = [answer for answer in LOOKS if robust.counts[answer]]
    handles = [Line2D([], [], linestyle="", markersize=4 * medium.scale, **LOOKS[answer]) for answer in shown]
    over: dict[str, Any] = {"loc": "lower center", "bbox_to_anchor": (0.5, 0.98), "frameon": False}
    over |= {"handletextpad": 0.1, "columnspacing": 1.0, "ncols": len(handles)}
    above.legend(handles=handles, fontsize=medium.small, **over)
    ahead = "the part of the problems on which" if not robust.problem else "the probability that"
    drawn = described(
        [above, matrix],
        reading=(
            "A point is one verdict under one choice of everything that could as well have been chosen "
            f"otherwise; its height is {ahead} the first is ahead of the second, with its interval, in "
            "rising order. Below it stands what was chosen, a row a choice; rows in grey cannot be told from "
            "these runs. Dashed: the choices as they were declared."
        ),
        hides="By how much one is ahead. The points are verdicts on the same runs, so they are no sample.",
        data=pd.DataFrame(
            [
                {
                    "estimate": one.estimate,
                    "low": one.interval[0],
                    "high": one.interval[1],
                    "verdict": one.answer,
                    **{field: _value(one.choices, field) for field in dict.fromkeys(row[0] for row in rows)},
                }
                for one in tried
            ]
        ),
    )
    assert isinstance(drawn, Panels)
    return drawn


def _panels(
    axes: Sequence[Axes] | None, title: str, held: str, places: Sequence[float], medium: Medium
) -> tuple[Axes, Axes]:
    """Return the panel of estimates and that of choices."""
    if axes is not None:
        given = list(np.ravel(np.asarray(axes, dtype=object)))
        if len(given) != 2 or not all(isinstance(panel, Axes) for panel in given):
            raise InputError(
                f"plot 'specification-curve' draws 2 panels, and axes has {len(given)}: hand in 2 Axes, or "
                "leave axes out"
            )
        return given[0], given[1]
    unit = medium.small / 72
    heading = balanced(title, medium.width - 0.1, medium.label)
    head = (heading.count("\n") + 3.4) * 1.5 * medium.label / 72
    below = (places[-1] + 1.0) * ROW * unit
    # As tall as its place allows, the choices first.
    above_all = max(min(ABOVE * unit, medium.highest - head - below - 0.3 * medium.scale), LEAST * unit)
    heights = [above_all, below]
    size = (medium.width, head + sum(heights) + 0.3 * medium.scale)
    figure = NotebookFigure(figsize=size, dpi=DPI, layout="constrained")
    figure.suptitle(f"{heading}\n{held}", fontsize=medium.label, parse_math=False)
    grid = figure.add_gridspec(2, 1, height_ratios=heights)
    above = figure.add_subplot(grid[0], axes_class=Panel)
    return above, figure.add_subplot(grid[1], axes_class=Panel, sharex=above)


def _chosen(
    found: Sequence[Robustness], better: str | None, than: str | None, problem: str | None, by: By | None
) -> Robustness:
    """Return the one verdict that is asked for."""
    names = [one.line[0] for one in found], [one.other[0] for one in found]
    for given, known in ((better, names[0]), (than, names[1])):
        if given is not None and not any(_is(name, given) for name in known):
            raise unknown_name("optimizer of these verdicts", given, set(known))
    if problem is not None and problem not in {one.problem for one in found}:
        raise unknown_name("problem of these verdicts", problem, {one.problem for one in found} - {""})
    chosen = [
        one
        for one in found
        if (better is None or _is(one.line[0], better))
        and (than is None or _is(one.other[0], than))
        and (problem is None or one.problem == problem)
        and by in (None, one.usual.by)
        and one.tried
    ]
    if problem is None and any(not one.problem for one in chosen):
        chosen = [one for one in chosen if not one.problem]
    if len(chosen) != 1:
        raise InputError(
            f"plot 'specification-curve' needs one verdict, found {len(chosen)}: name it, such as "
            "better=lbfgs,than=rprop,problem=iris,by=cost-to-target"
        )
    return chosen[0]


def _is(label: str, given: str) -> bool:
    return given in (label, label.partition("(")[0])


def _rows(robust: Robustness, tried: Sequence[Tried]) -> list[tuple[str, Any, str, bool]]:
    """Return the rows of the matrix: field, value, label, and whether any choice has it.

    A field of which there is one value, and no other that the runs cannot tell of, has no row.
    """
    blocks = dict(BLOCKS)
    left_out = dict.fromkeys(one.choices.left_out for one in tried)
    blocks["left_out"] = {name: f"without {name}" if name else "all problems" for name in left_out}
    rows = []
    for field, values in blocks.items():
        there = {getattr(one.choices, field) for one in tried} - ({""} if field == "axis" else set())
        missing = {getattr(choices, field) for choices, _ in robust.unavailable} - there
        listed = [value for value in values if value in there | missing]
        if len(listed) > 1:
            rows += [(field, value, values[value], value in there) for value in listed]
    return rows


def _places(rows: Sequence[tuple[str, Any, str, bool]]) -> list[float]:
    """Return where each row stands from above, blocks apart."""
    places, place, before = [0.0], 0.0, rows[0][0] if rows else ""
    for field, *_ in rows[1:]:
        place += 1.0 if field == before else 1.0 + GAP
        before = field
        places.append(place)
    return places


def _draw_estimates(panel: Axes, tried: Sequence[Tried], medium: Medium, *, over: bool) -> None:
    numbers = np.arange(len(tried))
    size = float(np.clip(60 * medium.width / len(tried), 1.6 * medium.scale, 4.0 * medium.scale))
    for answer, look in LOOKS.items():
        chosen = np.array([one.answer == answer for one in tried], dtype=np.bool_)
        if not chosen.any():
            continue
        estimates = np.array([one.estimate for one in tried])[chosen]
        low, high = np.array([one.interval for one in tried])[chosen].T
        line = {"color": look["color"], "linewidth": min(0.45 * size, 0.9 * medium.scale), "alpha": 0.45}
        panel.vlines(numbers[chosen], low, high, **line)
        panel.plot(numbers[chosen], estimates, linestyle="", markersize=size, markeredgewidth=0, **look)
    panel.axhline(0.5, color="0.35", linewidth=0.6 * medium.scale)
    panel.set_ylim(-0.03, 1.03)
    panel.set_yticks([0.0, 0.5, 1.0], labels=["0", "1/2", "1"])
    panel.set_ylabel("problems ahead" if over else "probability\nof being ahead", fontsize=medium.small)
    panel.tick_params(labelsize=medium.small)
    panel.tick_params(axis="x", length=0, labelbottom=False)
    panel.spines[["top", "right", "bottom"]].set_visible(False)


def _draw_choices(
    panel: Axes,
    rows: Sequence[tuple[str, Any, str, bool]],
    places: Sequence[float],
    tried: Sequence[Tried],
    medium: Medium,
) -> None:
    height = 0.36
    labels = []
    for number, ((field, value, label, there), place) in enumerate(zip(rows, places, strict=False)):
        if number % 2 == 0:
            panel.axhspan(place - 0.5, place + 0.5, color="0.95", linewidth=0, zorder=0)
        marked = [n for n, one in enumerate(tried) if _value(one.choices, field) == value]
        wide = min(45 * medium.width / len(tried), 1.6 * medium.scale)
        panel.vlines(marked, place - height, place + height, color="0.1", linewidth=wide)
        labels.append(label if there else f"{label} (n/a)")
    panel.set_ylim(places[-1] + 0.6, -0.6)
    panel.set_xlim(-1.0, len(tried))
    panel.set_yticks(places[: len(rows)], labels=labels, parse_math=False)
    panel.tick_params(labelsize=medium.small * 0.9, length=0)
    panel.set_xticks([])
    for text, (*_, there) in zip(panel.get_yticklabels(), rows, strict=True):
        text.set_color("0.1" if there else "0.55")
    panel.spines[:].set_visible(False)


def _value(choices: Choices, field: str) -> Any:
    return getattr(choices, field)
