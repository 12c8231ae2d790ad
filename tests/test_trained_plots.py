"""What plots of trained networks draw, against the networks themselves."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pandas as pd
import pytest
from matplotlib.colors import to_hex
from matplotlib.figure import Figure

import harness
from harness.network.layout import layer_views
from harness.plots.decision_boundary import _colours, _margins
from harness.plots.families import COLOURS
from harness.plots.figure import figure_of
from harness.plots.network_diagram import NEGATIVE, POSITIVE, WIDEST
from harness.plots.population_spread import distance, losses_of
from harness.problems import FunctionProblem, Problem, load
from harness.runs.replay import replay
from optimizers import InputError


@pytest.fixture(scope="module")
def xor() -> harness.Results:
    return harness.run("xor", ["adam:learning_rate=0.1", "genetic-algorithm"], seeds=1, budget=600)


@pytest.fixture(scope="module")
def moons() -> harness.Results:
    return harness.run("two-moons", ["lbfgs", "rprop"], seeds=1, budget=150)


class TestDecisionBoundary:
    @pytest.mark.parametrize("parameters", ["best", "last"])
    def test_rows_are_named_as_the_model_names_them(self, moons: harness.Results, parameters: str) -> None:
        panels = moons.plot.decision_boundary(parameters=parameters)
        data = figure_of(panels).data
        assert len(data) == 400
        for panel, name in zip(panels, ["lbfgs", "rprop"], strict=True):
            part = data[data["optimizer"] == name]
            model = moons.model("two-moons", name, 0, parameters=parameters)
            assert model.predict(part[["input_1", "input_2"]].to_numpy()).tolist() == part["named"].tolist()
            test = part[part["rows"] == "test"]
            assert len(test) == 60
            share = (test["named"] == test["class"]).mean()
            assert panel.get_title() == f"{name}\ntest accuracy {share:.3f}"
            if parameters == "last":
                row = moons.where(optimizer=name).runs.iloc[0]
                assert share == pytest.approx(row["test_accuracy"])

    def test_rows_stand_where_they_are_before_scaling(self, moons: harness.Results) -> None:
        X = load("two-moons").family.data()[0]
        data = figure_of(moons.plot.decision_boundary()).data
        drawn = data.loc[data["optimizer"] == "lbfgs", ["input_1", "input_2"]].to_numpy()
        assert np.sort(drawn, axis=0) == pytest.approx(np.sort(X, axis=0), abs=1e-12)

    def test_regions_and_lines_are_the_models(self, moons: harness.Results) -> None:
        panel = moons.where(optimizer="lbfgs").plot.decision_boundary()
        (image,) = panel.images
        picture, (left, right, low, high) = np.asarray(image.get_array()), image.get_extent()
        model = moons.model("two-moons", "lbfgs", 0)
        blue, orange = (np.array([int(c[i : i + 2], 16) / 255 for i in (1, 3, 5)]) for c in COLOURS[:2])
        size = len(picture)
        for up, across in np.random.default_rng(0).integers(0, size, (40, 2)).tolist():
            point = [left + (right - left) * across / (size - 1), low + (high - low) * up / (size - 1)]
            share = float(model.outputs([point])[0, 0])
            mixed = 0.62 + 0.38 * ((1 - share) * blue + share * orange)
            assert picture[up, across] == pytest.approx(mixed, abs=1e-9)
        (contour,) = [item for item in panel.collections if hasattr(item, "levels")]
        points = np.concatenate([path.vertices for path in contour.get_paths()])
        # Interpolated between the points of a grid.
        assert np.abs(model.outputs(points)[:, 0] - 0.5).max() < 0.1

    @pytest.mark.parametrize("loss", ["categorical-cross-entropy", "perceptron-soft", "half-squared"])
    def test_margins_are_above_0_where_a_class_is_named(self, loss: str) -> None:
        rng = np.random.default_rng(1)
        X = rng.normal(size=(20, 2))
        y = (X[:, 0] > 0).astype(int) + ((X[:, 1] > 0) if loss.startswith("categorical") else 0)
        problem = Problem.from_arrays(X, y, hidden=(), loss=loss, test_fraction=0.0, name="own")
        results = harness.run(problem, "lbfgs" if "perceptron" not in loss else "adam", seeds=1, budget=50)
        model = results.model(problem, results.runs["optimizer"][0], 0)
        outputs, named = model.outputs(X), model.predict(X)
        margins = _margins(outputs, problem)
        places = margins.argmax(axis=0) if len(margins) > 1 else (margins[0] >= 0).astype(int)
        assert np.asarray(problem.classes)[places].tolist() == named.tolist()
        colours = _colours(outputs, problem)
        assert colours.shape == (20, 3)
        assert ((colours >= 0.62) & (colours <= 1)).all()
        figure_of(results.plot.decision_boundary(problem=problem)).draw_without_rendering()

    def test_classes_are_needed(self) -> None:
        X = np.random.default_rng(0).normal(size=(9, 2))
        problem = Problem.from_arrays(X, X.sum(axis=1), hidden=(), loss="half-squared", name="own")
        results = harness.run(problem, "lbfgs", seeds=1, budget=20)
        with pytest.raises(InputError, match="needs classes, and problem 'own' has none"):
            results.plot.decision_boundary(problem=problem)


class TestLossLandscape:
    def test_paths_are_drawn_where_their_looks_are(self, xor: harness.Results) -> None:
        panel = xor.plot.loss_landscape(resolution=9)
        data = figure_of(panel).data
        objective = load("xor").objective()
        for _, row in xor.runs.iterrows():
            part = data[data["optimizer"] == row["optimizer"]]
            again = replay(row, xor.trace, load("xor"))
            assert part["loss"].tolist() == again.loss.tolist()
            drawn = part[["first", "second"]].to_numpy()
            lines = [line.get_xydata() for line in panel.lines]
            assert sum(line.shape == drawn.shape and (line == drawn).all() for line in lines) == 2
            # Where nothing lies beside the plane, its loss is the run's.
            near = part[part["distance"] < 1e-9]
            assert near["loss_on_plane"].tolist() == pytest.approx(near["loss"].tolist())
            assert objective.value(again.points[0]) == pytest.approx(part["loss"].iloc[0])
        assert data["distance"].min() < 1e-9

    def test_the_candidates_of_the_last_generation_are_dots(self, xor: harness.Results) -> None:
        part = xor.where(optimizer="genetic-algorithm")
        panel = part.plot.loss_landscape(resolution=9)
        again = replay(part.runs.iloc[0], xor.trace, load("xor"))
        dots = [line for line in panel.lines if len(line.get_xdata()) == len(again.populations[-1])]
        assert dots[0].get_linestyle() == "None"

    def test_axes_say_what_they_hold_and_the_key_that_it_is_logarithmic(self, xor: harness.Results) -> None:
        panel = xor.plot.loss_landscape(resolution=9)
        assert panel.get_xlabel().startswith("principal component 1 (")
        assert panel.get_xlabel().endswith(" % of variance)")
        _, key = figure_of(panel).axes
        assert key.get_ylabel() == "training loss (log scale)"
        assert "% of the variance of the looks" in figure_of(panel).get_suptitle()
        panel = xor.plot.loss_landscape(resolution=9, directions="random")
        assert panel.get_xlabel() == "random direction 1, filter-normalised"
        panel = xor.plot.loss_landscape(resolution=9, directions="start-to-end")
        assert panel.get_xlabel().startswith("start to end (")

    def test_losses_below_0_and_no_numbers_have_a_place(self) -> None:
        def cliff(w: np.ndarray) -> float:
            return float("nan") if w[0] > 0.9 else float(np.sum((w - 0.5) ** 2)) - 5

        from harness.problems import FunctionProblem

        problem = FunctionProblem(cliff, 2, name="cliff", key="cliff")
        results = harness.run(problem, "nelder-mead", seeds=1, budget=60)
        panel = results.plot.loss_landscape(problem=problem, resolution=15)
        assert figure_of(panel).axes[1].get_ylabel() == "training loss"
        assert figure_of(panel)._repr_png_().startswith(b"\x89PNG")

    def test_one_parameter_has_no_plane(self) -> None:
        from harness.problems import FunctionProblem

        problem = FunctionProblem(lambda w: float(w @ w), 1, name="line", key="line")
        results = harness.run(problem, "random-search", seeds=1, budget=20)
        with pytest.raises(InputError, match="has one parameter"):
            results.plot.loss_landscape(problem=problem)

    @pytest.mark.parametrize("resolution", [4, 502, 9.5])
    def test_the_grid_has_a_range(self, xor: harness.Results, resolution: float) -> None:
        with pytest.raises(InputError, match="resolution is"):
            xor.plot.loss_landscape(resolution=resolution)


def test_weights_are_those_of_the_looks(xor: harness.Results) -> None:
    part = xor.where(optimizer="adam")
    panels = part.plot.weights_over_time(x="cost")
    again = replay(part.runs.iloc[0], xor.trace, load("xor"))
    for layer, panel in enumerate(panels):
        views = [layer_views(w, (2, 2, 1))[layer] for w in again.points]
        expected = np.array([[*view.weights.ravel(), *view.biases] for view in views]).T
        drawn = np.array([line for item in panel.collections for line in item.get_segments()])
        assert drawn[0, :, 0].tolist() == again.cost.tolist()
        assert sorted(map(tuple, drawn[:, :, 1].tolist())) == sorted(map(tuple, expected.tolist()))
    data = figure_of(panels).data
    last = data[data["iteration"] == again.iteration[-1]]
    assert last["value"].tolist() == again.points[-1].tolist()
    assert last.loc[last["input"] == 0, ["layer", "unit"]].values.tolist() == [[1, 1], [1, 2], [2, 1]]
    first_layer = layer_views(again.points[-1], (2, 2, 1))[0]
    of = last[(last["layer"] == 1) & (last["unit"] == 2) & (last["input"] == 1)]
    assert of["value"].tolist() == [first_layer.weights[1, 0]]


def test_widths_and_signs_of_a_diagram_are_the_weights(xor: harness.Results) -> None:
    part = xor.where(optimizer="adam")
    panel = part.plot.network_diagram()
    w = part.runs.iloc[0]["best_w"]
    largest = np.abs(w).max()
    layers = layer_views(w, (2, 2, 1))
    for layer, edges in zip(layers, panel.collections, strict=True):
        weights = sorted(layer.weights.ravel(), key=abs)
        assert edges.get_linewidth() == pytest.approx([WIDEST * abs(weight) / largest for weight in weights])
        signs = [POSITIVE if weight >= 0 else NEGATIVE for weight in weights]
        assert [to_hex(colour).upper() for colour in edges.get_color()] == signs
    texts = [text.get_text() for text in panel.texts]
    numbers = {float(text.replace("\u2212", "-")) for text in texts if text[0] in "+\u2212"}
    assert numbers == {float(f"{number:.3g}") for number in w}
    assert {"x1", "x2", "h1", "h2", "y1", "inputs", "tanh", "sigmoid"} <= set(texts)
    data = figure_of(panel).data
    assert sorted(data["value"]) == sorted(w)
    assert data.loc[(data["layer"] == 2) & (data["input"] == 2), "value"].tolist() == [
        layers[1].weights[0, 1]
    ]


def test_a_confusion_is_drawn_into_axes_that_were_put_anywhere(moons: harness.Results) -> None:
    part = moons.where(optimizer="lbfgs")
    given = Figure(figsize=(4.0, 3.0)).add_axes((0.1, 0.2, 0.7, 0.6))
    assert part.plot.confusion(axes=given) is given
    drawn, own = (
        {text.get_position(): text.get_text() for text in panel.texts}
        for panel in (given, part.plot.confusion())
    )
    assert drawn == own
    assert sum(int(number) for number in drawn.values()) == 60


@pytest.mark.parametrize(
    ("options", "said"),
    [
        ({"problem": "xro"}, "unknown problem 'xro': did you mean 'xor'"),
        ({"problem": load("iris")}, "unknown problem 'iris'"),
    ],
    ids=["a name", "a problem"],
)
def test_a_problem_that_was_not_run_is_refused(
    xor: harness.Results, options: dict[str, Any], said: str
) -> None:
    with pytest.raises(InputError, match=said):
        xor.plot.network_diagram(**options)


def test_runs_of_one_problem_under_two_names_say_which(xor: harness.Results) -> None:
    part = xor.where(optimizer="adam")
    rows = [part.runs.assign(problem=f"xor [cost={cost}]", run_id=str(cost)) for cost in (100, 600)]
    results = replace(part, runs=pd.concat(rows, ignore_index=True))
    titles = [panel.get_title().partition("\n")[0] for panel in results.plot.network_diagram()]
    assert titles == ["adam(learning_rate=0.1) [cost=100]", "adam(learning_rate=0.1) [cost=600]"]


def test_a_function_has_no_network() -> None:
    results = harness.run("rosenbrock", "lbfgs", seeds=1, budget=20)
    for plot in (results.plot.network_diagram, results.plot.weights_over_time):
        with pytest.raises(InputError, match="problem 'rosenbrock' is a function and has no network: take"):
            plot()


def test_more_layers_than_panels_are_refused() -> None:
    problem = load("xor", hidden=[2] * 6)
    results = harness.run(problem, ["adam", "rprop"], seeds=1, budget=10)
    said = "would draw 7 layers of 2 runs, expected up to 12 panels: choose fewer runs"
    with pytest.raises(InputError, match=said):
        results.plot.weights_over_time(problem=problem)


def test_units_that_are_too_many_for_colours_are_told_by_kind() -> None:
    problem = load("xor", hidden=[len(COLOURS) + 1])
    results = harness.run(problem, "adam", seeds=1, budget=10)
    panels = results.plot.weights_over_time(problem=problem)
    (legend,) = figure_of(panels).legends
    assert [text.get_text() for text in legend.get_texts()] == ["weight", "bias"]


def test_large_networks_have_no_numbers() -> None:
    results = harness.run("iris", "lbfgs", seeds=1, budget=20)
    assert not [text for text in results.plot.network_diagram().texts if text.get_text()[0] in "+\u2212"]
    tall = harness.run("iris:hidden=[60]", "adam", seeds=1, budget=4).plot.network_diagram()
    assert not {"h1", "h60"} & {text.get_text() for text in tall.texts}
    wide = harness.run("iris:hidden=[150,150]", "adam", seeds=1, budget=4)
    with pytest.raises(InputError, match="draws up to 20000 weights, and this network has 23550"):
        wide.plot.network_diagram()


def test_losses_of_populations_against_numpy() -> None:
    rng = np.random.default_rng(0)
    populations = [rng.lognormal(size=size) for size in (1, 2, 9, 50)]
    table = losses_of(populations)
    for place, losses in enumerate(populations):
        ordered = sorted(losses)
        assert table["best"][place] == ordered[0]
        assert table["worst"][place] == ordered[-1]
        assert table["mean"][place] == pytest.approx(sum(ordered) / len(ordered))
        for name, part in (("lower quartile", 0.25), ("median", 0.5), ("upper quartile", 0.75)):
            assert table[name][place] == pytest.approx(np.quantile(losses, part))
    assert losses_of([np.array([1.0, np.nan])])["worst"].tolist() == [np.inf]


def test_losses_of_nought_have_a_linear_axis() -> None:
    problem = FunctionProblem(lambda w: 0.0 * w[0], 2, key="nought")
    results = harness.run(problem, "differential-evolution", seeds=1, budget=60)
    losses, apart = results.plot.population_spread(problem=problem)
    assert (losses.get_yscale(), apart.get_yscale()) == ("linear", "log")
    assert {number for line in losses.lines for number in line.get_ydata()} == {0.0}


def test_distances_of_populations_against_numpy() -> None:
    assert distance(np.ones((4, 3))) == 0.0


def test_a_population_is_needed(moons: harness.Results, xor: harness.Results) -> None:
    with pytest.raises(InputError, match=r"needs runs of a population, .* none of lbfgs, rprop has one"):
        moons.plot.population_spread()
    panels = xor.plot.population_spread()
    assert [panel.get_title() for panel in panels] == ["genetic-algorithm", "distance of candidates"]
    data = figure_of(panels).data
    assert (data["best"] <= data["median"]).all()
    assert (data["mean"] <= data["worst"]).all()
    trace = xor.trace[(xor.trace["optimizer"] == "genetic-algorithm")].set_index("iteration")
    medians = trace["population_median"].dropna()
    assert data.set_index("iteration")["best"].loc[medians.index].le(medians).all()
