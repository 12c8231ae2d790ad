"""One verdict under every defensible choice: estimates in rising order above, what was chosen below."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D

from harness.analysis.defensible_choices import AXES, Choices
from harness.analysis.robustness import Robustness, Tried, robustness
from harness.analysis.verdict import Answer
from harness.plots.style import COLOURS, LABEL, SMALL, NotebookFigure, fold
from harness.runs.tables import Tables
from optimizers.arguments import accepts
from optimizers.errors import InputError, unknown_name

WIDTH = 8.5 / 2.54
"""Inches: a column of a journal with two of them."""
ABOVE, ROW, GAP = 1.25, 0.125, 0.5
"""Inches of the panel of estimates and of a row of the matrix, and the part of a row between two blocks."""
DPI = 300

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


@accepts(results=Tables)
def specification_curve(
    results: Tables, better: str | None = None, than: str | None = None, problem: str | None = None
) -> Figure:
    """Draw how one verdict comes out under every defensible choice (Simonsohn, Simmons, Nelson 2020).

    Above, the probability of being ahead from a start (over problems: the part of them on which it is), each
    with its interval, in rising order; below, a mark in each row that was chosen. Choices that the runs
    cannot tell of have a row in grey.

    Arguments:
        results: the runs with their traces.
        better: label or name of the optimizer that the claim says is better; none where there is one verdict.
        than: of the other.
        problem: its name; none is the verdict over all problems where there is one.

    Returns:
        The figure, as wide as a column of a journal.

    Raises:
        InputError: if there is no such verdict, or more than one.
    """
    robust = _chosen(robustness(results)[1], better, than, problem)
    # Those of one estimate stand by their lower ends, then by how much was changed.
    tried = sorted(
        robust.tried, key=lambda one: (one.estimate, one.interval, one.choices.order(robust.usual))
    )
    rows = _rows(robust, tried)
    places = _places(rows)
    below = (places[-1] + 1.0) * ROW
    place = robust.problem or f"{tried[0].n} problems"
    title = fold(f"{robust.line[0]} against {robust.other[0]} on {place}", WIDTH - 0.1, LABEL)
    held = f"{LOOKS[robust.answer]['label']} under {robust.held} of {len(tried)} choices"
    head = 0.19 * (title.count("\n") + 2) + 0.22
    figure = NotebookFigure(figsize=(WIDTH, head + ABOVE + below + 0.3), dpi=DPI, layout="constrained")
    figure.suptitle(f"{title}\n{held}", fontsize=LABEL, parse_math=False)
    above, matrix = figure.subplots(2, 1, sharex=True, height_ratios=[ABOVE, below])
    _draw_estimates(above, tried, over=not robust.problem)
    _draw_choices(matrix, rows, places, tried)
    usual = next(number for number, one in enumerate(tried) if one.choices == robust.usual)
    for panel in (above, matrix):
        panel.axvline(usual, color="0.3", linewidth=0.6, linestyle=(0, (2, 1.5)), zorder=0.5)
    matrix.set_xlabel("choices, in rising order; dashed: as decided", fontsize=SMALL)
    shown = [answer for answer in LOOKS if robust.counts[answer]]
    handles = [Line2D([], [], linestyle="", markersize=4, **LOOKS[answer]) for answer in shown]
    over: dict[str, Any] = {"loc": "lower center", "bbox_to_anchor": (0.5, 0.98), "frameon": False}
    above.legend(
        handles=handles, fontsize=SMALL, handletextpad=0.1, columnspacing=1.0, ncols=len(handles), **over
    )
    return figure


def _chosen(
    found: Sequence[Robustness], better: str | None, than: str | None, problem: str | None
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
        and one.tried
    ]
    if problem is None and any(not one.problem for one in chosen):
        chosen = [one for one in chosen if not one.problem]
    if len(chosen) != 1:
        raise InputError(
            f"plot 'specification-curve' needs one verdict, found {len(chosen)}: name it, such as "
            "better=lbfgs,than=rprop,problem=iris"
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


def _draw_estimates(panel: Axes, tried: Sequence[Tried], *, over: bool) -> None:
    numbers = np.arange(len(tried))
    size = float(np.clip(200 / len(tried), 1.6, 3.5))
    for answer, look in LOOKS.items():
        chosen = np.array([one.answer == answer for one in tried], dtype=np.bool_)
        if not chosen.any():
            continue
        estimates = np.array([one.estimate for one in tried])[chosen]
        low, high = np.array([one.interval for one in tried])[chosen].T
        line = {"color": look["color"], "linewidth": min(0.45 * size, 0.9), "alpha": 0.45}
        panel.vlines(numbers[chosen], low, high, **line)
        panel.plot(numbers[chosen], estimates, linestyle="", markersize=size, markeredgewidth=0, **look)
    panel.axhline(0.5, color="0.35", linewidth=0.6)
    panel.set_ylim(-0.03, 1.03)
    panel.set_yticks([0.0, 0.5, 1.0], labels=["0", "1/2", "1"])
    panel.set_ylabel("problems ahead" if over else "probability\nof being ahead", fontsize=SMALL)
    panel.tick_params(labelsize=SMALL)
    panel.tick_params(axis="x", length=0, labelbottom=False)
    panel.spines[["top", "right", "bottom"]].set_visible(False)


def _draw_choices(
    panel: Axes, rows: Sequence[tuple[str, Any, str, bool]], places: Sequence[float], tried: Sequence[Tried]
) -> None:
    height = 0.36
    labels = []
    for number, ((field, value, label, there), place) in enumerate(zip(rows, places, strict=False)):
        if number % 2 == 0:
            panel.axhspan(place - 0.5, place + 0.5, color="0.95", linewidth=0, zorder=0)
        marked = [n for n, one in enumerate(tried) if _value(one.choices, field) == value]
        panel.vlines(
            marked, place - height, place + height, color="0.1", linewidth=min(150 / len(tried), 1.6)
        )
        labels.append(label if there else f"{label} (n/a)")
    panel.set_ylim(places[-1] + 0.6, -0.6)
    panel.set_xlim(-1.0, len(tried))
    panel.set_yticks(places[: len(rows)], labels=labels, parse_math=False)
    panel.tick_params(labelsize=SMALL - 1.0, length=0)
    panel.set_xticks([])
    for text, (*_, there) in zip(panel.get_yticklabels(), rows, strict=True):
        text.set_color("0.1" if there else "0.55")
    panel.spines[:].set_visible(False)


def _value(choices: Choices, field: str) -> Any:
    return getattr(choices, field)
