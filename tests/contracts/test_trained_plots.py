"""What every plot of trained networks has to do; a new file is found by itself, by its option ``seeds``."""

from __future__ import annotations

import inspect
import io
import itertools
import math
from collections.abc import Callable
from typing import Any

import matplotlib
import numpy as np
import pandas as pd
import pytest
from matplotlib.axes import Axes
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure
from synthetic import build, run_row, trace_rows

import harness
from harness.plots import known_plots
from harness.plots.figure import NotebookFigure, Panels, figure_of
from harness.problems import FunctionProblem, Problem
from harness.results import Results
from optimizers import InputError, RandomSearch

TRAINED = [name for name, plot in known_plots().items() if "seeds" in inspect.signature(plot).parameters]
QUICK = {"loss-landscape": {"resolution": 9}}
METHODS = ["gradient-descent:learning_rate=0.5", "lbfgs", "genetic-algorithm:population_size=20"]

every_plot = pytest.mark.parametrize("name", TRAINED)


def draw(name: str, results: Results, **options: Any) -> Axes | Panels:
    drawn: Axes | Panels = known_plots()[name](results, **{**QUICK.get(name, {}), **options})
    return drawn


@pytest.fixture(scope="module")
def results() -> Results:
    return harness.run("xor", METHODS, seeds=2, budget=300, question="Where do they go?")


def test_the_plots_of_trained_networks_are_there() -> None:
    assert {"decision-boundary", "loss-landscape", "network-diagram", "weights-over-time"} <= set(TRAINED)


@every_plot
def test_it_returns_axes_of_a_figure_that_says_how_it_is_read(name: str, results: Results) -> None:
    before = dict(matplotlib.rcParams)
    drawn = draw(name, results)
    assert isinstance(drawn, Axes | Panels)
    figure = figure_of(drawn)
    assert isinstance(figure, NotebookFigure)
    assert figure.reading.endswith(".")
    assert figure.hides.endswith(".")
    assert isinstance(figure.data, pd.DataFrame)
    assert set(figure.data.columns[:4]) == {"problem", "optimizer", "gradient", "seed"}
    assert len(figure.data) > 0
    assert set(figure.data["seed"]) == {0}
    assert figure.get_suptitle().startswith("Where do they go?\nxor, seed 0")
    assert dict(matplotlib.rcParams) == before


@every_plot
def test_the_same_runs_give_the_same_bytes(name: str, results: Results) -> None:
    pictures = []
    for _ in range(2):
        buffer = io.BytesIO()
        figure_of(draw(name, results.where(optimizer="genetic-algorithm"))).savefig(buffer, dpi=50)
        pictures.append(buffer.getvalue())
    assert pictures[0] == pictures[1]


@every_plot
@pytest.mark.parametrize(("width", "centimetres"), [("column", 8.5), ("page", 17.5), ("slide", 25.4)])
def test_nothing_covers_anything(name: str, width: str, centimetres: float, results: Results) -> None:
    figure = figure_of(draw(name, results, width=width))
    assert figure.get_figwidth() == pytest.approx(centimetres / 2.54)
    canvas = FigureCanvasAgg(figure)
    canvas.draw()
    renderer = canvas.get_renderer()
    boxes = [panel.get_tightbbox(renderer) for panel in figure.axes]
    boxes += [legend.get_window_extent(renderer) for legend in figure.legends]
    for one, other in itertools.combinations(boxes, 2):
        assert not one.padded(-2).overlaps(other.padded(-2))
    for box in boxes:
        assert box.x0 >= -1
        assert box.x1 <= figure.bbox.width + 1
        assert box.y0 >= -1
        assert box.y1 <= figure.bbox.height + 1
    for panel in figure.axes:
        for axis in (panel.xaxis, panel.yaxis):
            named = [label for label in axis.get_ticklabels() if label.get_text() and label.get_visible()]
            shown = [label.get_window_extent(renderer) for label in named] if panel.axison else []
            assert not any(one.overlaps(other) for one, other in itertools.pairwise(shown))


@every_plot
def test_it_draws_into_axes_that_it_is_handed(name: str, results: Results) -> None:
    own = draw(name, results)
    count = own.size if isinstance(own, Panels) else 1
    figure = Figure(figsize=(9, 3))
    axes = [figure.add_subplot(1, count, place + 1) for place in range(count)]
    drawn = draw(name, results, axes=axes)
    assert figure_of(drawn) is figure
    assert all(panel.has_data() for panel in axes)
    with pytest.raises(InputError, match="panels to draw"):
        draw(name, results, axes=[*axes, figure.add_subplot()])


@every_plot
def test_seeds_are_chosen(name: str, results: Results) -> None:
    part = results.where(optimizer="genetic-algorithm")
    for seeds, expected in ((None, {0}), (1, {1}), ([1, 0], {0, 1})):
        data = figure_of(draw(name, part, seeds=seeds)).data
        assert data is not None
        assert set(data["seed"]) == expected
    single = draw(name, part.where(seed=1))
    assert figure_of(single).data is not None
    for seeds, said in (
        ([7], "unknown seed of these runs '7'"),
        ([], "seeds is empty"),
        ("0", "seeds is '0'"),
    ):
        with pytest.raises(InputError, match=said):
            draw(name, part, seeds=seeds)


@every_plot
def test_own_data_are_handed_in(name: str) -> None:
    X = np.random.default_rng(0).normal(size=(12, 2))
    problem = Problem.from_arrays(X, X[:, 0] > X[:, 1], hidden=(2,), test_fraction=0.25, name="own")
    results = harness.run(problem, "genetic-algorithm:population_size=10", seeds=1, budget=60)
    assert len(figure_of(draw(name, results, problem=problem)).data)
    with pytest.raises(InputError, match="hand in the problem itself"):
        draw(name, results)
    changed = Problem.from_arrays(X + 1, X[:, 0] > X[:, 1], hidden=(2,), test_fraction=0.25, name="own2")
    with pytest.raises(InputError, match="unknown problem 'own2'"):
        draw(name, results, problem=changed)


def ended(outcome: str, w: float = math.nan, **values: Any) -> Callable[[], Results]:
    """Runs on xor that have all ended in one way."""

    def made() -> Results:
        found = {"best_w": np.full(9, w), "last_w": np.full(9, w), "outcome": outcome, **values}
        rows = [run_row(str(seed), "xor", "adam", seed=seed, **found) for seed in range(3)]
        return build(
            rows, [row for seed in range(3) for row in trace_rows(str(seed), [0.0, 3.0], [1.0, 0.5])]
        )

    return made


def three_inputs() -> Results:
    return harness.run("parity:bits=3", "genetic-algorithm:population_size=10", seeds=1, budget=30)


def a_function() -> Results:
    bowl = FunctionProblem(lambda w: float(w @ w), 1, name="bowl", key="bowl")
    return harness.run(bowl, RandomSearch(), seeds=1, budget=10)


REFUSED: dict[str, Callable[[], Results]] = {
    "empty": lambda: build([]),
    "all failed": ended("failed", best_w=np.empty(0), last_w=np.empty(0)),
    "all diverged": ended("diverged"),
    "parameters that are no numbers": ended("budget"),
    "another network": ended("budget", 1.0),
    "a function": a_function,
    "several problems": lambda: harness.run(["xor", "iris"], "lbfgs", seeds=1, budget=20),
}


@every_plot
@pytest.mark.parametrize("case", REFUSED)
def test_what_cannot_be_drawn_is_refused_in_one_sentence(name: str, case: str) -> None:
    with pytest.raises(InputError) as caught:
        draw(name, REFUSED[case]())
    said = str(caught.value)
    assert "\n" not in said
    assert not said.endswith(".")
    # Found, expected and the remedy.
    assert ": " in said


@every_plot
def test_too_many_runs_are_refused(name: str) -> None:
    rows = [run_row(f"{number}", "xor", f"adam(learning_rate={number})") for number in range(13)]
    with pytest.raises(InputError, match=f"plot '{name}' would draw 13 runs, expected up to 12"):
        draw(name, build(rows))


@every_plot
def test_runs_that_diverged_are_left_out_and_named(name: str, results: Results) -> None:
    diverged = {"run_id": "d", "optimizer": "adam", "outcome": "diverged", "best_w": np.full(9, 1e9)}
    row = pd.DataFrame([{**results.runs.iloc[0], **diverged}])
    more = Results(
        results.name, "", pd.concat([results.runs, row], ignore_index=True), results.trace, results.skipped
    )
    figure = figure_of(draw(name, more))
    assert "left out: adam (diverged)" in " ".join(figure.get_suptitle().split())
    assert "adam" not in set(figure.data["optimizer"])


def test_three_inputs_have_no_plane() -> None:
    with pytest.raises(InputError, match="needs two inputs, and problem 'parity' has 3"):
        draw("decision-boundary", three_inputs())
