"""Mean ranks over problems, and which of them are told apart: Demsar's diagram."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Literal

import numpy as np
import pandas as pd
from matplotlib.axes import Axes

from harness.analysis.mean_rank import MeanRank
from harness.plots.choice import chosen_problems, of_problems
from harness.plots.figure import NotebookFigure, Panels, described
from harness.plots.media import Medium, Width, medium_of
from harness.plots.style import Line, line_looks, panels
from harness.plots.text import inches, keyed
from harness.runs.tables import Tables
from optimizers.arguments import Text, accepts
from optimizers.options import Level

SHARE = {"column": 0.37, "page": 0.33, "slide": 0.33}
"""Part of a figure's width that the names at each side take."""
ROOM_OF_RANK = 4
"""Letters of its room that a rank beside a name takes."""
BARS = 0.42
"""Space between the bars of those that are not told apart, in rows."""


@accepts(results=Tables, level=Level, problems=Text | list[Text] | tuple[Text, ...] | None)
def critical_differences(
    results: Tables,
    axis: Literal["cost", "iterations", "seconds"] = "cost",
    level: float = 0.95,
    problems: str | Sequence[str] | None = None,
    width: Width = "page",
    axes: Axes | Sequence[Axes] | None = None,
) -> Axes | Panels:
    """Draw the mean rank of each optimizer over the problems, and join those that are not told apart.

    The diagram of Demsar (2006) on the statistic ``mean-rank``: Friedman's test that all are alike, then
    Nemenyi's critical difference. An optimizer that was not run on every problem is left out, and named.

    Arguments:
        results: the tables of a comparison on five problems or more.
        axis: what counts until the target: "cost", "iterations" or "seconds".
        level: 1 minus it is the chance to tell any two apart that are alike.
        problems: the problems that count; all, where left out.
        width: where the figure is to stand: a journal's column, its page, or a slide.
        axes: draw into this one instead of a figure of its own.

    Returns:
        The Axes.

    Raises:
        InputError: for fewer than five problems, or fewer than two optimizers that ran on all of them.
    """
    chosen = chosen_problems(results, problems)
    part = of_problems(results, chosen)
    table = MeanRank(axis=axis, level=level, incomplete="leave-out").compute(part)
    ranked = table[table["n"] > 0].sort_values("rank", kind="stable")
    looks, medium = line_looks(results, width), medium_of(width)
    lines: list[Line] = [
        (str(a), str(b)) for a, b in zip(ranked["optimizer"], ranked["gradient"], strict=True)
    ]
    left_out = table.loc[table["n"] == 0, "optimizer"].unique()
    p, difference = float(ranked["p"].iloc[0]), float(ranked["critical_difference"].iloc[0])
    bars = _bars(ranked, lines)
    half = (len(lines) + 1) // 2
    rows = 2.2 + BARS * len(bars) + half
    height = rows * 1.7 * medium.small / 72 + 3.0 * medium.label / 72
    said = f"Friedman's p = {p:.2g}: " + (
        "joined are those that Nemenyi's test does not tell apart"
        if p <= 1 - level
        else "none are told apart"
    )
    missing = f"; not on all of them, and left out: {', '.join(left_out)}" if len(left_out) else ""
    title = f"mean rank over {len(chosen)} problems"
    figure, found = panels(
        [title],
        {},
        title=results.question or results.name,
        subtitle=f"{said}{missing}",
        xlabel="",
        ylabel="",
        width=width,
        axes=axes,
        height=height,
    )
    panel = found[title]
    letters = int(SHARE[width] * medium.width / inches(1, medium.small)) - ROOM_OF_RANK
    names = keyed([str(looks[line]["label"]) for line in lines], letters)
    if isinstance(figure, NotebookFigure):
        figure.key = {text: label for label, text in names.items() if text != label}
    _draw(
        panel,
        ranked,
        [(looks[line], names[str(looks[line]["label"])]) for line in lines],
        bars,
        SHARE[width],
        medium,
    )
    _draw_difference(panel, difference, len(lines), medium)
    return described(
        [panel],
        reading=(
            "An optimizer stands at its mean rank over the problems; 1 is ahead of all. On a problem the "
            f"ranks are those of {axis} to the target, runs that did not reach it by their lowest loss, the "
            "mean over seeds. Bars join optimizers whose ranks differ by less than the critical difference "
            f"CD = {difference:.2f} of Nemenyi's test at {100 * level:g} % (Demsar 2006)"
            + ("." if p <= 1 - level else f"; as Friedman's test has p = {p:.2g}, none are told apart.")
        ),
        hides=(
            "By how much an optimizer is ahead: a rank knows no sizes. The problems are taken for a sample "
            "of such problems; a rank depends on who else is compared."
        ),
        data=table,
    )


def _bars(ranked: pd.DataFrame, lines: list[Line]) -> list[tuple[float, float]]:
    """Return from where to where those reach that share a letter, where there are several."""
    ranks = ranked["rank"].to_numpy(dtype=np.float64)
    marks = [str(found) for found in ranked["letters"]]
    shared = list(dict.fromkeys(_split(mark) for mark in marks))
    kinds = list(dict.fromkeys(letter for letters in shared for letter in letters))
    spans = []
    for letter in kinds:
        members = [rank for rank, mark in zip(ranks, marks, strict=True) if letter in _split(mark)]
        if len(members) > 1:
            spans.append((min(members), max(members)))
    return spans


def _split(mark: str) -> tuple[str, ...]:
    """Return the letters of a mark, each with the number that may follow it.

    >>> _split("abc1")
    ('a', 'b', 'c1')
    """
    found: list[str] = []
    for sign in mark:
        if sign.isdigit() and found:
            found[-1] += sign
        else:
            found.append(sign)
    return tuple(found)


def _draw(
    panel: Axes,
    ranked: pd.DataFrame,
    named: list[tuple[dict[str, Any], str]],
    bars: list[tuple[float, float]],
    share: float,
    medium: Medium,
) -> None:
    """Draw the axis of ranks, the bars below it, and the names, the better half at the left."""
    ranks, k = ranked["rank"].to_numpy(dtype=np.float64), len(ranked)
    half, first = (k + 1) // 2, 0.9 + BARS * len(bars)
    room = (k - 1) * share / (1 - 2 * share)
    panel.set_xlim(1 - room, k + room)
    panel.set_ylim(first + half, -2.0)
    panel.grid(visible=False)
    panel.spines[:].set_visible(False)
    panel.set_yticks([])
    panel.set_xticks([])
    ink: dict[str, Any] = {"color": "0.1", "linewidth": 0.9 * medium.scale}
    panel.plot([1, k], [0, 0], **ink)
    every = max(1, round((k - 1) / (2 * medium.ticks)))
    for rank in range(1, k + 1):
        panel.plot([rank, rank], [0, -0.25 if (rank - 1) % every else -0.4], **ink)
        if (rank - 1) % every == 0:
            panel.text(rank, -0.5, f"{rank}", fontsize=medium.small, ha="center", va="bottom")
    for level, (low, high) in enumerate(bars):
        place = 0.45 + BARS * level
        bar: dict[str, Any] = {"color": "0.1", "linewidth": 2.6 * medium.scale, "solid_capstyle": "butt"}
        panel.plot([low - 0.04, high + 0.04], [place, place], **bar)
    for number, (rank, (look, name)) in enumerate(zip(ranks, named, strict=True)):
        left = number < half
        row = first + (number if left else k - 1 - number)
        end = 1 - 0.12 * room if left else k + 0.12 * room
        thin: dict[str, Any] = {"color": look["color"], "linewidth": 0.9 * medium.scale, "zorder": 1.6}
        panel.plot([rank, rank, end], [0, row, row], **thin)
        panel.plot([rank], [0], **{**look, "linestyle": "", "zorder": 3})
        text: dict[str, Any] = {"fontsize": medium.small, "va": "center", "parse_math": False}
        shown = f"{name}  {rank:.2f}" if left else f"{rank:.2f}  {name}"
        panel.text(end + (-0.02 if left else 0.02) * room, row, shown, ha="right" if left else "left", **text)


def _draw_difference(panel: Axes, difference: float, k: int, medium: Medium) -> None:
    """Draw how long the critical difference is, above the axis; one longer than the axis is only named."""
    ink: dict[str, Any] = {"color": "0.1", "linewidth": 1.2 * medium.scale}
    length = min(difference, k - 1.0)
    if difference <= k - 1:
        panel.plot([1, 1 + length], [-1.55, -1.55], **ink)
        for end in (1, 1 + length):
            panel.plot([end, end], [-1.7, -1.4], **ink)
    place = 1 + length + 0.02 * k if difference <= k - 1 else 1.0
    panel.text(place, -1.55, f"CD = {difference:.2f}", fontsize=medium.small, va="center")
