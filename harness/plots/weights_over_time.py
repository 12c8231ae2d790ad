"""How each weight of a network has changed while it was trained."""

from __future__ import annotations

import itertools
from collections.abc import Sequence
from typing import Any, Literal

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.collections import LineCollection

from harness.network.layout import layer_views
from harness.plots.families import COLOURS
from harness.plots.figure import Panels, described
from harness.plots.media import Medium, Width, medium_of
from harness.plots.style import Line, fold, logarithmic_ticks, panels, with_margins
from harness.plots.trained import MOST_PANELS, ChosenProblem, ChosenSeeds, Trained, choose
from harness.runs.replay import Replay
from harness.runs.tables import Tables
from optimizers.arguments import accepts
from optimizers.errors import InputError
from optimizers.objective import Array

AXES = {"iteration": "iterations", "cost": "cost (forward-pass equivalents)"}
LABELS = 5
"""The most powers of ten that an axis names."""
BIAS: Any = (0, (4, 1.5))
"""Dashes of a bias."""
PLAIN = "0.35"
"""Colour of weights where there are more units than colours."""


@accepts(results=Tables, problem=ChosenProblem, seeds=ChosenSeeds, x=Literal["iteration", "cost"])
def weights_over_time(
    results: Tables,
    problem: ChosenProblem = None,
    seeds: ChosenSeeds = None,
    x: Literal["iteration", "cost"] = "iteration",
    width: Width = "page",
    axes: Axes | Sequence[Axes] | None = None,
) -> Axes | Panels:
    """Draw each weight and bias of a network along its training, one panel a layer of a run.

    Each run is done again from its seed, which gives the same bits, and is held against its trace. What is
    drawn are the parameters that the search would have answered with at each look; of a population its best
    member.

    Arguments:
        results: runs of one network.
        problem: the problem to draw, its name or itself; it may be left out where there is one.
        seeds: the seed to draw, or several; the first where left out.
        x: what was spent: "iteration" or "cost" (forward-pass equivalents).
        width: where the figure is to stand: a journal's column, its page, or a slide.
        axes: draw into these, one a panel, instead of a figure of its own.

    Returns:
        The Axes, an array of them where there are several.

    Raises:
        InputError: if a run cannot be done again, or there are more than twelve panels.
    """
    choice = choose("weights-over-time", results, problem, seeds, width)
    sizes = choice.network_problem.network.sizes
    layers = len(sizes) - 1
    if layers * len(choice.runs) > MOST_PANELS:
        raise InputError(
            f"plot 'weights-over-time' would draw {layers} layers of {len(choice.runs)} runs, expected up to "
            f"{MOST_PANELS} panels: choose fewer runs with where(optimizer=...), at the terminal --optimizer"
        )
    replays = choice.replays(results)
    coloured = max(sizes[1:]) <= len(COLOURS)
    medium = medium_of(width)
    titles = {
        (place, layer): f"{run.title}, layer {layer + 1}"
        for layer in range(layers)
        for place, run in enumerate(choice.runs)
    }
    if medium.columns(len(titles)) != len(choice.runs):
        # No row holds a layer of all runs, so those of one run stand together.
        titles = dict(sorted(titles.items()))
    _, found = panels(
        list(titles.values()),
        _keys(max(sizes[1:]) if coloured else 0, medium.scale),
        title=results.question or results.name,
        subtitle=choice.reading("a line: one weight, or a bias where dashed"),
        xlabel=AXES[x],
        ylabel="weight or bias",
        width=width,
        axes=axes,
    )
    room = medium.width / medium.columns(len(titles)) - 0.5
    for (place, layer), title in titles.items():
        of = f"layer {layer + 1}: {sizes[layer]} to {sizes[layer + 1]}"
        words = f"{fold(choice.runs[place].title, room, medium.label)}\n{of}"
        found[title].set_title(words, fontsize=medium.label, fontweight="bold")
        _draw(found[title], replays[place], sizes, layer, coloured, x, medium)
    tables = [_numbers(run, replay, sizes) for run, replay in zip(choice.runs, replays, strict=True)]
    return described(
        found.values(),
        reading="A line is one weight, or one bias where it is dashed, of the parameters that the search "
        "would have answered with at each look; of a population those of its best member.",
        hides="What happens between two looks, which a straight line joins.",
        data=pd.concat(tables, ignore_index=True),
    )


def _numbers(run: Trained, replay: Replay, sizes: tuple[int, ...]) -> pd.DataFrame:
    """Return every parameter at every look; the input of a bias is 0."""
    names = np.concatenate(
        [
            np.concatenate(
                [
                    [(layer + 1, unit + 1, below + 1) for unit in range(outs) for below in range(ins)],
                    [(layer + 1, unit + 1, 0) for unit in range(outs)],
                ]
            )
            for layer, (ins, outs) in enumerate(itertools.pairwise(sizes))
        ]
    )
    looks, n = replay.points.shape
    columns = {
        "iteration": np.repeat(replay.iteration, n),
        "cost": np.repeat(replay.cost, n),
        **dict(zip(("layer", "unit", "input"), np.tile(names, (looks, 1)).T, strict=True)),
        "value": replay.points.ravel(),
    }
    return pd.DataFrame({**run.named, **columns})


def _keys(units: int, scale: float) -> dict[Line, dict[str, Any]]:
    """Return what the legend explains: the units by their colours, or kinds of lines alone."""
    line: dict[str, Any] = {"linewidth": 1.5 * scale}
    if not units:
        return {
            ("", "weight"): {**line, "label": "weight", "color": PLAIN},
            ("", "bias"): {**line, "label": "bias", "color": COLOURS[1], "linestyle": BIAS},
        }
    keys: dict[Line, dict[str, Any]] = {
        ("unit", str(unit)): {**line, "label": f"into unit {unit + 1}", "color": COLOURS[unit]}
        for unit in range(units)
    }
    keys["", "bias"] = {**line, "label": "its bias", "color": "0.3", "linestyle": BIAS}
    return keys


def _draw(
    panel: Axes,
    replay: Replay,
    sizes: tuple[int, ...],
    layer: int,
    coloured: bool,
    x: Literal["iteration", "cost"],
    medium: Medium,
) -> None:
    """Draw the lines of one layer."""
    spent = np.asarray(getattr(replay, x), dtype=np.float64)
    views = [layer_views(w, sizes)[layer] for w in replay.points]
    weights = np.array([view.weights for view in views])
    biases = np.array([view.biases for view in views])
    many = weights[0].size > 40
    for unit in range(biases.shape[1]):
        lines: dict[str, Any] = {
            "linewidths": medium.scale * (0.6 if many else 1.2),
            "alpha": 0.5 if many else 0.9,
        }
        lines["colors"] = COLOURS[unit] if coloured else PLAIN
        panel.add_collection(LineCollection(_segments(spent, weights[:, unit]), **lines))
        lines["colors"] = COLOURS[unit] if coloured else COLOURS[1]
        panel.add_collection(
            LineCollection(_segments(spent, biases[:, [unit]]), linestyles=[BIAS], **{**lines, "alpha": 0.9})
        )
    numbers = np.concatenate([weights.ravel(), biases.ravel(), [0.0]])
    margin = 0.06 * max(float(np.ptp(numbers)), 1e-12)
    panel.set_ylim(numbers.min() - margin, numbers.max() + margin)
    panel.axhline(0.0, color="0.6", linewidth=0.7, zorder=0.5)
    scale_spent(panel, spent)


def _segments(spent: Array, values: Array) -> list[Array]:
    return [np.column_stack([spent, values[:, place]]) for place in range(values.shape[1])]


def scale_spent(panel: Axes, spent: Array) -> None:
    """Choose the axis of what was spent: logarithmic, with a place for the start at 0 where it is drawn."""
    above = spent[spent > 0]
    edge = float(10.0 ** np.floor(np.log10(above.min()))) if above.size else 1.0
    last = max(float(spent.max()) * 1.15, edge * 3)
    if spent.min() > 0:
        ends = with_margins(float(spent.min()), last)
        panel.set_xscale("log")
        panel.set_xlim(*ends)
        logarithmic_ticks(panel.xaxis, *ends, LABELS)
        return
    panel.set_xscale("symlog", linthresh=edge, linscale=0.6)
    panel.set_xlim(-0.15 * edge, last)
    logarithmic_ticks(panel.xaxis, edge, last, LABELS, zero=True)
