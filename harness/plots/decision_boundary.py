"""Which class each trained network names where, over the plane of its two inputs."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Literal

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.colors import to_rgb
from numpy.typing import NDArray

from harness.models import Model, model_of
from harness.plots.animation import Animation, at_cost, clock_of, looks_by, moments
from harness.plots.families import COLOURS
from harness.plots.figure import Panels, described, figure_of
from harness.plots.media import Medium, Width, medium_of
from harness.plots.style import MARKERS, Line, panels
from harness.plots.trained import Choice, ChosenProblem, ChosenSeeds, Trained, choose
from harness.problems.encoding import named_classes
from harness.problems.problem import Problem
from harness.runs.tables import Tables
from optimizers.arguments import accepts
from optimizers.errors import InputError
from optimizers.objective import Array, Rows

RESOLUTION = 201
"""Points of the grid along each input: at 3 inches one a 70th of an inch; the boundary is interpolated."""
MARGIN = 0.15
"""Part of the rows' range that is drawn beyond them, on each side."""
PALE = 0.62
"""Part of white in a region's colour, so that its rows stand out."""


@accepts(results=Tables, problem=ChosenProblem, seeds=ChosenSeeds, parameters=Literal["best", "last"])
def decision_boundary(
    results: Tables,
    problem: ChosenProblem = None,
    seeds: ChosenSeeds = None,
    parameters: Literal["best", "last"] = "best",
    width: Width = "page",
    axes: Axes | Sequence[Axes] | None = None,
) -> Axes | Panels:
    """Draw the classes that trained networks of two inputs name, one panel a run.

    A region has the colour of its class, mixed by the predicted probabilities where outputs are some; the
    line is where the named class changes. Filled marks are training rows, hollow ones test rows; inputs are
    as they were before scaling.

    Arguments:
        results: runs of a classification of two inputs.
        problem: the problem to draw, its name or itself; it may be left out where there is one.
        seeds: the seed to draw, or several; the first where left out.
        parameters: those of the lowest loss of each run, or those of its last look.
        width: where the figure is to stand: a journal's column, its page, or a slide.
        axes: draw into these, one a panel, instead of a figure of its own.

    Returns:
        The Axes, an array of them where there are several.

    Raises:
        InputError: for another number of inputs, a problem without classes, or runs that found no parameters.
    """
    choice = choose("decision-boundary", results, problem, seeds, width)
    solved = two_inputs(choice)
    models = [model_of(run.row, solved, parameters) for run in choice.runs]
    found = boundary_panels(results, choice, f"{parameters} parameters", width, axes)
    tables = []
    for run, model in zip(choice.runs, models, strict=True):
        ground = Ground(found[run.title], model, solved, int(run.row["seed"]), medium_of(width), len(found))
        ground.draw(model.w)
        tables.append(ground.rows(run, model))
    return described(
        found.values(),
        reading="A region has the colour of the class that the network names there"
        f"{', mixed by the predicted probabilities' if probabilities(solved) else ''}; the line is where the "
        "named class changes. Filled marks are training rows, hollow ones test rows.",
        hides="How the regions go on beyond the rows, and what other seeds have learned.",
        data=pd.concat(tables, ignore_index=True),
    )


def animation(
    results: Tables,
    problem: ChosenProblem = None,
    seeds: ChosenSeeds = None,
    parameters: Literal["best", "last"] = "best",
    width: Width = "page",
) -> Animation:
    """Draw the regions as they are learned, all runs at the same cost; the arguments are those of the plot.

    Each frame has the parameters of the last look by then, or, of "best", those of the lowest loss so far.
    """
    choice = choose("decision-boundary", results, problem, seeds, width)
    solved, medium = two_inputs(choice), medium_of(width)
    replays = choice.replays(results)
    costs = moments(replays)
    found = boundary_panels(results, choice, f"{parameters} parameters so far", width)
    clock = clock_of(next(iter(found.values())), medium)
    grounds = [
        Ground(
            found[run.title],
            model_of(run.row, solved, parameters),
            solved,
            int(run.row["seed"]),
            medium,
            len(found),
        )
        for run in choice.runs
    ]
    drawn: dict[int, int] = {}

    def draw(frame: int) -> None:
        clock.set_text(at_cost(costs[frame]))
        for place, replay in enumerate(replays):
            look = looks_by(replay, costs[frame]) - 1
            if parameters == "best":
                losses = replay.loss[: look + 1]
                look = int(np.where(np.isfinite(losses), losses, np.inf).argmin())
            if drawn.get(place) != look:
                drawn[place] = look
                grounds[place].draw(replay.points[look])

    return Animation(figure_of(next(iter(found.values()))), costs.size, draw)


def two_inputs(choice: Choice) -> Problem:
    """Return the problem, which has two inputs and classes.

    Raises:
        InputError: if it has not.
    """
    problem = choice.network_problem
    inputs = problem.network.sizes[0]
    if inputs != 2:
        raise InputError(
            f"plot 'decision-boundary' needs two inputs, and problem '{choice.name}' has {inputs}: take one "
            "with two, such as two-moons"
        )
    if problem.classes is None:
        raise InputError(
            f"plot 'decision-boundary' needs classes, and problem '{choice.name}' has none: take "
            "another problem"
        )
    return problem


def boundary_panels(
    results: Tables,
    choice: Choice,
    said: str,
    width: Width,
    axes: Axes | Sequence[Axes] | None = None,
) -> dict[str, Axes]:
    """Lay out a panel for each run, with a legend of classes and kinds of rows."""
    problem, scale = choice.network_problem, medium_of(width).scale
    assert problem.classes is not None
    names = list(problem.class_names) or problem.classes.tolist()
    keys: dict[Line, dict[str, Any]] = {}
    for place, name in enumerate(names):
        keys["class", str(name)] = {**_mark(place, True, scale), "label": f"class {name}", "linestyle": ""}
    tested = len(problem.data(choice.seeds[0])[2]) > 0
    grey: dict[str, Any] = {"linestyle": "", "marker": "o", "color": "0.3", "markersize": 4.5 * scale}
    if tested:
        keys["rows", "train"] = {**grey, "label": "training row"}
        keys["rows", "test"] = {**grey, "label": "test row", "markerfacecolor": "white"}
    shade = "; shade: predicted probability" if probabilities(problem) else ""
    _, found = panels(
        [run.title for run in choice.runs],
        keys,
        title=results.question or results.name,
        subtitle=choice.reading(f"{said}{shade}; line: decision boundary"),
        xlabel="input 1",
        ylabel="input 2",
        width=width,
        axes=axes,
    )
    return found


class Ground:
    """What one panel shows: regions and boundary, which change with the parameters, and rows, which do not.

    Arguments:
        panel: where it is drawn.
        model: the network with its scaling.
        problem: whose rows are drawn.
        seed: decides which of them are training rows.
        medium: where the figure is to stand.
        panels: how many it has.
    """

    def __init__(
        self, panel: Axes, model: Model, problem: Problem, seed: int, medium: Medium, panels: int
    ) -> None:
        self._panel, self._model, self._problem, self._seed = panel, model, problem, seed
        self._title, self._medium, self._panels = panel.get_title(), medium, panels
        X, Y, X_test, Y_test = problem.data(seed)
        if model.inputs is not None:
            X, X_test = model.inputs.unscaled(X), model.inputs.unscaled(X_test)
        whole = np.concatenate([X, X_test])
        low, high = whole.min(axis=0), whole.max(axis=0)
        margin = MARGIN * np.where(high > low, high - low, 1.0)
        self._low, self._high = low - margin, high + margin
        self._axes = [np.linspace(a, b, RESOLUTION) for a, b in zip(self._low, self._high, strict=True)]
        across, up = np.meshgrid(*self._axes)
        self._grid = np.column_stack([across.ravel(), up.ravel()])
        self._image: Any = None
        self._line: Any = None
        panel.grid(visible=False)
        panel.set_xlim(self._low[0], self._high[0])
        panel.set_ylim(self._low[1], self._high[1])
        entry = problem.network.loss_entry
        self._rows: list[tuple[str, Array, Rows]] = []
        for kind, rows, targets in (("training", X, Y), ("test", X_test, Y_test)):
            _, codes = named_classes(targets, targets, entry)
            self._rows.append((kind, rows, codes))
        for kind, rows, codes in self._rows:
            self._draw_rows(rows, codes, kind == "training")

    def _draw_rows(self, rows: Array, codes: Rows, filled: bool) -> None:
        # As small as many rows need.
        room = self._medium.width / self._medium.columns(self._panels)
        count, scale = sum(len(found) for _, found, _ in self._rows), self._medium.scale
        size = float(np.clip(16 * room / np.sqrt(count), 2.0 * scale, 5.5 * scale))
        for code in np.unique(codes):
            chosen = rows[codes == code]
            look = {
                **_mark(int(code), filled, self._medium.scale),
                "linestyle": "",
                "markersize": size,
                "zorder": 3,
            }
            self._panel.plot(chosen[:, 0], chosen[:, 1], **look)

    def rows(self, run: Trained, model: Model) -> pd.DataFrame:
        """Return the rows that are drawn, each with its class and the one that the network names."""
        names = np.asarray(list(self._problem.class_names) or self._problem.classes)
        tables = []
        for kind, rows, codes in self._rows:
            named = codes
            if len(rows):
                outputs = model.outputs(rows)
                named, _ = named_classes(outputs, outputs, self._problem.network.loss_entry)
            inputs = {"input_1": rows[:, 0], "input_2": rows[:, 1]}
            columns = {**inputs, "class": names[codes], "named": names[named]}
            tables.append(pd.DataFrame({**run.named, "rows": kind, **columns}))
        return pd.concat(tables, ignore_index=True)

    def draw(self, w: Array) -> None:
        """Draw regions and boundary of some parameters, in place of those before."""
        outputs = Model(self._model.network, w, self._model.inputs, self._model.targets).outputs(self._grid)
        shape = (RESOLUTION, RESOLUTION)
        picture = _colours(outputs, self._problem).reshape(*shape, 3)
        ends = (self._low[0], self._high[0], self._low[1], self._high[1])
        if self._image is None:
            self._image = self._panel.imshow(picture, extent=ends, origin="lower", aspect="auto", zorder=0)
        else:
            self._image.set_data(picture)
            self._line.remove()
        levels = _margins(outputs, self._problem).reshape(-1, *shape)
        # Of each class that is named somewhere but not everywhere.
        both = [level for level in levels if level.min() < 0.0 <= level.max()]
        drawn: dict[str, Any] = {"colors": "0.15", "linewidths": self._medium.scale}
        self._line = _Lines(
            [self._panel.contour(*self._axes, level, levels=[0.0], zorder=2, **drawn) for level in both]
        )

        self._panel.set_title(self._with_accuracy(w), fontsize=self._medium.label, fontweight="bold")

    def _with_accuracy(self, w: Array) -> str:
        """Return the title, and the accuracy below it."""
        found = self._problem.confusion(w, self._seed)
        if found is None:
            return self._title
        counts = np.array(found.counts)
        rows = {"test": "test", "train": "training"}[found.rows]
        return f"{self._title}\n{rows} accuracy {counts.trace() / counts.sum():.3f}"


class _Lines(list[Any]):
    """Contours that are removed together."""

    def remove(self) -> None:  # type: ignore[override]
        for contour in self:
            contour.remove()


def probabilities(problem: Problem) -> bool:
    """Say whether the outputs are predicted probabilities."""
    return problem.network.loss_entry.targets in ("probabilities", "distribution")


def _mark(place: int, filled: bool, scale: float) -> dict[str, Any]:
    """Return the looks of a row of a class."""
    colour = COLOURS[place % len(COLOURS)]
    edge = "white" if filled else colour
    return {
        "marker": MARKERS[place % len(MARKERS)],
        "color": colour,
        "markerfacecolor": colour if filled else "white",
        "markeredgecolor": edge,
        "markeredgewidth": scale * (0.4 if filled else 0.9),
        "markersize": 4.5 * scale,
    }


def _colours(outputs: Array, problem: Problem) -> NDArray[np.float64]:
    """Return a colour for each point, shape (points, 3)."""
    assert problem.classes is not None
    own = np.array([to_rgb(COLOURS[k % len(COLOURS)]) for k in range(len(problem.classes))])
    if probabilities(problem):
        shares = outputs if outputs.shape[1] > 1 else np.column_stack([1 - outputs[:, 0], outputs[:, 0]])
    else:
        named, _ = named_classes(outputs, outputs, problem.network.loss_entry)
        shares = np.eye(len(own))[named]
    mixed: NDArray[np.float64] = PALE + (1 - PALE) * (shares @ own)
    return mixed


def _margins(outputs: Array, problem: Problem) -> Array:
    """Return how far each class is ahead of the others at each point: above 0 where it is named.

    Of one output there is one margin, the second class's; the shape is (classes or 1, points).
    """
    if outputs.shape[1] == 1:
        middle = 0.0 if problem.network.loss_entry.targets == "signs" else 0.5
        return outputs.T - middle
    others = np.array([np.delete(outputs, k, axis=1).max(axis=1) for k in range(outputs.shape[1])])
    ahead: Array = outputs.T - others
    return ahead
