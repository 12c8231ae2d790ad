"""The loss over a plane of parameter space, with the ways that runs have gone on it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Annotated, Any

import numpy as np
import pandas as pd
from matplotlib import colormaps
from matplotlib.axes import Axes
from matplotlib.colors import ListedColormap, LogNorm, Normalize
from pydantic import Field

from harness.landscape.scene import Directions, Scene, scene_of
from harness.landscape.surface import Surface, losses_at
from harness.plots.animation import Animation, at_cost, clock_of, looks_by, moments
from harness.plots.figure import Panels, described, figure_of
from harness.plots.media import Medium, Width, medium_of
from harness.plots.style import Line, fold, logarithmic_ticks, name_vertical, panels
from harness.plots.trained import Choice, ChosenProblem, ChosenSeeds, Trained, choose
from harness.runs.tables import Tables
from optimizers.arguments import accepts
from optimizers.objective import Array
from optimizers.options import Count

LEVELS = 24
"""Steps of colour, evenly spaced by logarithms."""
LINES = 4
"""Every so many step has a line."""
DEEPEST = 1e-8
"""Smallest loss that has a colour of its own, as a part of the largest."""
DARKEST = 0.25
"""Where the colours begin: a path shows on the darkest of them as well."""
Resolution = Annotated[Count, Field(ge=5, le=501)]


@accepts(
    results=Tables, problem=ChosenProblem, seeds=ChosenSeeds, directions=Directions, resolution=Resolution
)
def loss_landscape(
    results: Tables,
    problem: ChosenProblem = None,
    seeds: ChosenSeeds = None,
    directions: Directions = "pca",
    resolution: Resolution = 81,
    width: Width = "page",
    axes: Axes | Sequence[Axes] | None = None,
) -> Axes | Panels:
    """Draw the training loss over a plane of parameter space, and the ways of runs on it, one panel a seed.

    Each run is done again from its seed, which gives the same bits, and is held against its trace. A line
    joins its looks, of a population the best members; dots are the candidates that a population evaluated
    last. What lies beside the plane is drawn where it is nearest, so a loss read off the colours is not the
    run's.

    Arguments:
        results: runs of one problem.
        problem: the problem to draw, its name or itself; it may be left out where there is one.
        seeds: the seed to draw, or several; the first where left out.
        directions: "pca", the principal components of all looks; "random", filter-normalised (Li et al.
            2018); "start-to-end" of the run that ended lowest, and where runs leave that line the most.
        resolution: points of the grid along each side.
        width: where the figure is to stand: a journal's column, its page, or a slide.
        axes: draw into these, one a panel, instead of a figure of its own.

    Returns:
        The Axes, an array of them where there are several.

    Raises:
        InputError: if a run cannot be done again, or the runs span no plane.
    """
    stage = Stage(results, problem, seeds, directions, resolution, width, axes)
    for ways in stage.ways:
        for way in ways:
            way.draw(way.looks)
    return described(
        stage.panels,
        reading="Colours are the training loss over the plane, on a logarithmic scale where all are above 0. "
        "A line joins the looks at one run from their common start to its end, the large mark; dots are the "
        "candidates that a population evaluated last.",
        hides="What lies beside the plane: a look stands where the plane is nearest to it, and its own loss "
        "may be another than the colours say there (columns loss, loss_on_plane and distance of the data).",
        data=looks_table(stage),
    )


def animation(
    results: Tables,
    problem: ChosenProblem = None,
    seeds: ChosenSeeds = None,
    directions: Directions = "pca",
    resolution: Resolution = 81,
    width: Width = "page",
) -> Animation:
    """Draw the ways as they are gone, all runs at the same cost; the arguments are those of the plot."""
    stage = Stage(results, problem, seeds, directions, resolution, width)
    replays = [replay for scene in stage.scenes for replay in scene.replays]
    costs = moments(replays)
    clock = clock_of(stage.panels[0], medium_of(width))

    def draw(frame: int) -> None:
        clock.set_text(at_cost(costs[frame]))
        for scene, ways in zip(stage.scenes, stage.ways, strict=True):
            for replay, way in zip(scene.replays, ways, strict=True):
                way.draw(looks_by(replay, costs[frame]))

    return Animation(figure_of(stage.panels[0]), costs.size, draw)


class Stage:
    """The ground of each seed, and the ways of its runs before any look is drawn.

    The arguments are those of the plot.
    """

    def __init__(
        self,
        results: Tables,
        problem: ChosenProblem,
        seeds: ChosenSeeds,
        directions: Directions,
        resolution: int,
        width: Width,
        axes: Axes | Sequence[Axes] | None = None,
    ) -> None:
        choice = choose("loss-landscape", results, problem, seeds, width)
        self.problem, self.runs = choice.problem, _by_seed(choice)
        self.scenes = scenes_of(results, choice, directions, resolution)
        self.panels = landscape_panels(results, choice, self.scenes, width, axes)
        scale = medium_of(width).scale
        self.ways = [
            [Way(panel, scene, place, run.look, scale) for place, run in enumerate(runs)]
            for runs, scene, panel in zip(self.runs, self.scenes, self.panels, strict=True)
        ]


def looks_table(stage: Stage) -> pd.DataFrame:
    """Return where each look is, with its loss, that of the plane there, and how far it is from the plane."""
    tables = []
    for runs, scene in zip(stage.runs, stage.scenes, strict=True):
        objective = stage.problem.objective(seed=int(runs[0].row["seed"]))
        for run, replay, path in zip(runs, scene.replays, scene.paths, strict=True):
            columns = {
                "iteration": replay.iteration,
                "cost": replay.cost,
                "first": path[:, 0],
                "second": path[:, 1],
                "loss": replay.loss,
                "loss_on_plane": losses_at(objective, scene.plane.points(path)),
                "distance": scene.plane.distances(replay.points),
            }
            tables.append(pd.DataFrame({**run.named, **columns}))
    return pd.concat(tables, ignore_index=True)


def scenes_of(results: Tables, choice: Choice, directions: Directions, resolution: int) -> list[Scene]:
    """Return the scene of each seed."""
    replays = dict(zip((run.title for run in choice.runs), choice.replays(results), strict=True))
    return [
        scene_of([replays[run.title] for run in runs], choice.problem, seed, directions, resolution)
        for seed, runs in zip(choice.seeds, _by_seed(choice), strict=True)
    ]


def _by_seed(choice: Choice) -> list[list[Trained]]:
    return [[run for run in choice.runs if run.row["seed"] == seed] for seed in choice.seeds]


def landscape_panels(
    results: Tables,
    choice: Choice,
    scenes: list[Scene],
    width: Width,
    axes: Axes | Sequence[Axes] | None,
) -> list[Axes]:
    """Lay out a panel for each scene with the colours of its loss, one key to them, and a legend."""
    seeds, medium = choice.seeds, medium_of(width)
    titles = [f"seed {seed}" for seed in seeds] if len(seeds) > 1 else [choice.name]
    keys: dict[Line, dict[str, Any]] = {run.line: {**run.look} for run in choice.runs}
    keys["", "start"] = {"label": "start", "linestyle": "", **scaled(START, medium.scale)}
    if any(len(cloud[-1]) for scene in scenes for cloud in scene.clouds):
        dot = {**scaled(CLOUD, medium.scale), "linestyle": "", "color": "0.3"}
        keys["", "cloud"] = {**dot, "label": "candidates evaluated last"}
    first, second = scenes[0].plane.names
    held = ", ".join(f"{100 * scene.held:.0f}" for scene in scenes)
    _, found = panels(
        titles,
        keys,
        title=results.question or results.name,
        subtitle=choice.reading(f"plane: {held} % of the variance of the looks", "a mark: one look"),
        xlabel=first,
        ylabel=second,
        width=width,
        axes=axes,
    )
    norm, levels = _norm([scene.surface for scene in scenes])
    colours = ground_colours()
    for scene, panel in zip(scenes, found.values(), strict=True):
        if scene.plane.explained is not None:
            # Of each seed its own.
            parts = zip(scene.plane.names, scene.plane.explained, strict=True)
            across, up = (f"{name} ({100 * part:.0f} % of variance)" for name, part in parts)
            room = medium.width / medium.columns(len(found)) - 0.9 * medium.scale
            panel.set_xlabel(fold(across, room, medium.small), fontsize=medium.small)
            name_vertical(panel, up, medium, medium.height(len(found)))
        ground = _draw_ground(panel, scene.surface, norm, levels, colours, medium)
    bar = figure_of(panel).colorbar(ground, ax=list(found.values()), pad=0.02, fraction=0.05)
    logarithmic = isinstance(norm, LogNorm)
    if logarithmic:
        logarithmic_ticks(bar.ax.yaxis, float(levels[0]), float(levels[-1]), 6)
    bar.set_label(f"training loss{' (log scale)' if logarithmic else ''}", fontsize=medium.small)
    bar.ax.tick_params(labelsize=medium.small)
    bar.outline.set_linewidth(0.5)
    return list(found.values())


def scaled(look: dict[str, Any], scale: float) -> dict[str, Any]:
    """Return looks of another width of figures."""
    return {
        name: value * scale if name in ("markersize", "markeredgewidth", "linewidth") else value
        for name, value in look.items()
    }


START: dict[str, Any] = {
    "marker": "o",
    "color": "black",
    "markersize": 6.5,
    "markerfacecolor": "white",
    "markeredgecolor": "black",
    "markeredgewidth": 1.3,
}
CLOUD: dict[str, Any] = {"marker": "o", "markersize": 2.2, "markeredgewidth": 0.0, "alpha": 0.75}


class Way:
    """One run on its plane, up to one of its looks.

    Arguments:
        panel: where it is drawn.
        scene: the runs.
        place: which of them.
        look: of its line.
        scale: of marks and lines.
    """

    def __init__(self, panel: Axes, scene: Scene, place: int, look: dict[str, Any], scale: float) -> None:
        self.looks = len(scene.paths[place])
        self._path, self._clouds = scene.paths[place], scene.clouds[place]
        # White beneath it, for the ground has every colour somewhere.
        (self._halo,) = panel.plot([], [], color="white", linewidth=3.0 * scale, zorder=3.5)
        small = {**look, "markersize": 2.4 * scale, "markeredgewidth": 0.0, "zorder": 4}
        (self._line,) = panel.plot([], [], **small)
        (self._cloud,) = panel.plot(
            [], [], **scaled(CLOUD, scale), linestyle="", color=look["color"], zorder=3
        )
        large = {"markersize": 7.5 * scale, "markeredgewidth": 0.9 * scale, "zorder": 6}
        (self._end,) = panel.plot([], [], **{**look, **large})
        panel.plot(*self._path[0], **scaled(START, scale), linestyle="", zorder=5)

    def draw(self, looks: int) -> None:
        """Draw the first looks of the run, at least one."""
        seen = self._path[:looks]
        for line in (self._halo, self._line):
            line.set_data(seen[:, 0], seen[:, 1])
        self._end.set_data(seen[-1:, 0], seen[-1:, 1])
        cloud = self._clouds[looks - 1]
        self._cloud.set_data(cloud[:, 0], cloud[:, 1])


def _norm(surfaces: list[Surface]) -> tuple[Normalize, Array]:
    """Return the scale of colours over all surfaces, and its steps."""
    losses = np.concatenate([surface.losses.ravel() for surface in surfaces])
    losses = losses[np.isfinite(losses)]
    low, high = float(losses.min()), float(losses.max())
    if low < 0.0 or high <= 0.0:
        high = high if high > low else low + 1.0
        return Normalize(low, high), np.linspace(low, high, LEVELS + 1)
    low = max(low, high * DEEPEST)
    high = high if high > low * (1 + 1e-9) else low * 2
    return LogNorm(low, high), np.geomspace(low, high, LEVELS + 1)


def _draw_ground(
    panel: Axes, surface: Surface, norm: Normalize, levels: Array, colours: ListedColormap, medium: Medium
) -> Any:
    """Draw the loss in colours and lines; grey where it is no number."""
    losses = np.ma.masked_invalid(np.where(surface.losses < levels[0], levels[0], surface.losses))
    panel.set_facecolor("0.8")
    panel.grid(visible=False)
    place = (surface.across, surface.up, losses)
    ground = panel.contourf(*place, levels=levels, norm=norm, cmap=colours, extend="neither")
    # Without them renderers of vector formats leave white seams between the steps.
    ground.set_edgecolor("face")
    panel.contour(*place, levels=levels[::LINES], colors="white", linewidths=0.5 * medium.scale, alpha=0.8)
    panel.set_xlim(surface.across[0], surface.across[-1])
    panel.set_ylim(surface.up[0], surface.up[-1])
    return ground


def ground_colours() -> ListedColormap:
    """Return the colours of the loss: one hue, which no line has, dark where it is low."""
    return ListedColormap(colormaps["Purples_r"](np.linspace(DARKEST, 1.0, 256)))
