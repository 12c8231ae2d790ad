"""How far a population is spread, by its losses and in parameter space, while it searches."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Literal

import numpy as np
import pandas as pd
from matplotlib.axes import Axes

from harness.plots.figure import Panels, described
from harness.plots.media import Medium, Width, medium_of
from harness.plots.style import DASHES, Line, logarithmic_ticks, name_vertical, panels, with_margins
from harness.plots.trained import ChosenProblem, ChosenSeeds, Trained, choose
from harness.plots.weights_over_time import AXES, scale_spent
from harness.runs.replay import Replay
from harness.runs.tables import Tables
from optimizers.arguments import accepts
from optimizers.errors import InputError
from optimizers.objective import Array

LABELS = 5
LINES: dict[str, Any] = {
    "worst": DASHES[3],
    "mean": DASHES[2],
    "median": DASHES[1],
    "best": "solid",
}
"""Dashes of what is drawn of a population's losses, in the colour of its run."""
BAND = 0.18
"""Opacity of the band of the middle half."""
APART = "distance of candidates"
"""Title of the panel of parameter space."""


@accepts(results=Tables, problem=ChosenProblem, seeds=ChosenSeeds, x=Literal["iteration", "cost"])
def population_spread(
    results: Tables,
    problem: ChosenProblem = None,
    seeds: ChosenSeeds = None,
    x: Literal["iteration", "cost"] = "iteration",
    width: Width = "page",
    axes: Axes | Sequence[Axes] | None = None,
) -> Axes | Panels:
    """Draw best, median, mean and worst loss of populations, one panel a run, and how far members are apart.

    Each run is done again from its seed, which gives the same bits, and is held against its trace. Losses are
    those of the population at each look. The last panel shows the root mean square of the distances of the
    candidates that were evaluated last from their mean: 0 where all are the same.

    Arguments:
        results: runs of methods with a population; others are left out.
        problem: the problem to draw, its name or itself; it may be left out where there is one.
        seeds: the seed to draw, or several; the first where left out.
        x: what was spent: "iteration" (generations) or "cost" (forward-pass equivalents).
        width: where the figure is to stand: a journal's column, its page, or a slide.
        axes: draw into these, one a panel, instead of a figure of its own.

    Returns:
        The Axes, an array of them where there are several.

    Raises:
        InputError: if no run has a population, or one cannot be done again.
    """
    choice = choose("population-spread", results, problem, seeds, width)
    pairs = [
        (run, replay)
        for run, replay in zip(choice.runs, choice.replays(results), strict=True)
        if any(len(losses) for losses in replay.population_losses)
    ]
    if not pairs:
        names = ", ".join(dict.fromkeys(str(run.row["optimizer"]) for run in choice.runs))
        raise InputError(
            f"plot 'population-spread' needs runs of a population, such as those of a genetic algorithm, and "
            f"none of {names} has one: take other optimizers"
        )
    medium = medium_of(width)
    line: dict[str, Any] = {"linewidth": 1.4 * medium.scale, "color": "0.3"}
    keys: dict[Line, dict[str, Any]] = {
        ("", name): {**line, "linestyle": dash, "label": f"{name} loss"} for name, dash in LINES.items()
    }
    keys["", "band"] = {**line, "alpha": BAND, "linewidth": 7 * medium.scale, "label": "middle half"}
    keys |= {run.line: run.look for run, _ in pairs}
    _, found = panels(
        [*(run.title for run, _ in pairs), APART],
        keys,
        title=results.question or results.name,
        subtitle=choice.reading(),
        xlabel=AXES[x].replace("iterations", "iterations (generations)"),
        ylabel="training loss",
        width=width,
        axes=axes,
    )
    for run, replay in pairs:
        _draw_losses(found[run.title], replay, x, run.look)
    _draw_distances(found[APART], pairs, x, medium)
    return described(
        found.values(),
        reading="Lines are the best, median, mean and worst loss of the population at each look, the band "
        "its middle half; a loss that is no number counts as infinite. The last panel shows the root mean "
        "square of the distances of the candidates evaluated last from their mean.",
        hides="Along which directions the candidates are spread, and generations between two looks.",
        data=pd.concat([_numbers(run, replay) for run, replay in pairs], ignore_index=True),
    )


def _numbers(run: Trained, replay: Replay) -> pd.DataFrame:
    """Return what is drawn of a population at each look that has one."""
    looks = [place for place, losses in enumerate(replay.population_losses) if len(losses)]
    apart = [
        distance(replay.populations[place]) if len(replay.populations[place]) > 1 else np.nan
        for place in looks
    ]
    spent = {"iteration": replay.iteration[looks], "cost": replay.cost[looks]}
    losses = losses_of([replay.population_losses[place] for place in looks])
    columns = {name.replace(" ", "_"): numbers for name, numbers in losses.items()}
    return pd.DataFrame({**run.named, **spent, **columns, "distance": apart})


def _draw_losses(panel: Axes, replay: Replay, x: str, look: dict[str, Any]) -> None:
    """Draw the losses of one population."""
    looks = [place for place, losses in enumerate(replay.population_losses) if len(losses)]
    spent = np.asarray(getattr(replay, x), dtype=np.float64)[looks]
    table = losses_of([replay.population_losses[place] for place in looks])
    line = {name: look[name] for name in ("color", "linewidth")}
    for name, dash in LINES.items():
        panel.plot(spent, _drawn(table[name]), linestyle=dash, **line)
    low, high = _drawn(table["lower quartile"]), _drawn(table["upper quartile"])
    panel.fill_between(spent, low, high, color=look["color"], alpha=BAND, linewidth=0)
    shown = np.concatenate([table[name] for name in LINES])
    _scale(panel, shown, spent)


def losses_of(populations: list[Array]) -> dict[str, Array]:
    """Return what is drawn of the losses of some populations; one that is no number counts as +inf.

    >>> {name: numbers.tolist() for name, numbers in losses_of([np.array([1.0, 5.0, 3.0])]).items()}
    ... # doctest: +NORMALIZE_WHITESPACE
    {'best': [1.0], 'lower quartile': [2.0], 'median': [3.0], 'mean': [3.0], 'upper quartile': [4.0],
     'worst': [5.0]}
    """
    known = [np.where(np.isnan(losses), np.inf, losses) for losses in populations]
    with np.errstate(invalid="ignore"):
        rows = [
            (
                losses.min(),
                np.quantile(losses, 0.25),
                np.median(losses),
                losses.mean(),
                np.quantile(losses, 0.75),
                losses.max(),
            )
            for losses in known
        ]
    names = ("best", "lower quartile", "median", "mean", "upper quartile", "worst")
    return dict(zip(names, np.array(rows).T, strict=True))


def _draw_distances(panel: Axes, pairs: list[tuple[Trained, Replay]], x: str, medium: Medium) -> None:
    """Draw how far the candidates of each run are apart."""
    for run, replay in pairs:
        looks = [place for place, population in enumerate(replay.populations) if len(population) > 1]
        spent = np.asarray(getattr(replay, x), dtype=np.float64)[looks]
        apart = np.array([distance(replay.populations[place]) for place in looks])
        panel.plot(
            spent,
            np.where(apart > 0, apart, np.nan),
            **{**run.look, "markersize": 0.7 * run.look["markersize"]},
        )
    name_vertical(panel, "RMS distance from their mean", medium, medium.height(len(pairs) + 1))
    drawn = [np.asarray(line.get_data(), dtype=np.float64) for line in panel.lines]
    shown = np.concatenate(drawn, axis=1) if drawn else np.empty((2, 0))
    _scale(panel, shown[1], shown[0])


def distance(population: Array) -> float:
    """Return the root mean square of the distances of a population's members, shape (P, n), from their mean.

    >>> distance(np.array([[0.0, 0.0], [6.0, 8.0]]))
    5.0
    """
    return float(np.sqrt(np.mean(np.sum((population - population.mean(axis=0)) ** 2, axis=1))))


def _drawn(numbers: Array) -> Array:
    return np.where(np.isfinite(numbers), numbers, np.nan)


def _scale(panel: Axes, numbers: Array, spent: Array) -> None:
    """Choose both axes by what is drawn."""
    numbers = numbers[np.isfinite(numbers)]
    if numbers.size and numbers.min() > 0:
        panel.set_yscale("log")
        ends = with_margins(float(numbers.min()), float(numbers.max()))
        panel.set_ylim(*ends)
        logarithmic_ticks(panel.yaxis, *ends, LABELS)
    if spent.size:
        scale_spent(panel, spent)
