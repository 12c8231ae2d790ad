"""Figures against plain loops: the numbers behind every line, and that nothing covers anything."""

import io
import itertools
import math
import subprocess
import sys
import warnings
from pathlib import Path
from typing import Any

import matplotlib
import numpy as np
import pandas as pd
import pytest
from matplotlib.axes import Axes
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.collections import PolyCollection
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.text import Text
from PIL import Image
from synthetic import (
    LABELS,
    PROBLEMS,
    best_by_walking,
    build,
    quantile_by_counting,
    run_row,
    synthetic,
    trace_rows,
)

import harness
import harness.plots
import optimizers
from harness.plots.figure import DPI, figure_of
from harness.plots.gradient_cost import cost_table, fitted_slope
from harness.plots.gradient_error import error_table
from harness.plots.style import COLOURS, line_looks
from harness.plots.ticks import logarithmic_ticks
from harness.problems import FunctionProblem
from harness.results import Results
from optimizers.errors import InputError


def convergence(results: Results, **options: object) -> Figure:
    """The figure that the plot draws."""
    return harness.plots.convergence(results, **options).figure


def panel_of(figure: Figure, problem: str) -> Axes:
    return next(panel for panel in figure.axes if panel.get_title() == problem)


def line_of(figure: Figure, problem: str, label: str) -> Line2D:
    return next(line for line in panel_of(figure, problem).lines if line.get_label() == label)


def runs_of(results: Results, problem: str, label: str, column: str) -> list[list[tuple[float, float]]]:
    """What every run of an optimizer had spent and reached at its looks."""
    runs = results.runs[(results.runs["problem"] == problem) & (results.runs["optimizer"] == label)]
    traces = [results.trace[results.trace["run_id"] == run] for run in runs["run_id"]]
    return [list(zip(trace[column], trace["best_loss"], strict=True)) for trace in traces]


def assert_median(line: Line2D, runs: list[list[tuple[float, float]]]) -> None:
    """Every point of a line is the median of what walking through the runs gives there."""
    for spent, loss in zip(line.get_xdata(), line.get_ydata(), strict=True):
        expected = quantile_by_counting([best_by_walking(run, spent) for run in runs], 0.5)
        assert loss == expected or (math.isnan(loss) and expected == math.inf)
    assert line.get_xdata()[0] == 0
    assert line.get_xdata()[-1] == max(run[-1][0] for run in runs if run)
    assert line.get_drawstyle() == "steps-post"


def pair(*members: tuple[str, list[float], list[float]], **values: object) -> Results:
    """One problem; for every (optimizer, costs, best losses) a run."""
    rows = [run_row(str(i), "xor", name, **values) for i, (name, _, _) in enumerate(members)]
    traces = [row for i, (_, cost, best) in enumerate(members) for row in trace_rows(str(i), cost, best)]
    return build(rows, traces)


@pytest.mark.parametrize("x", ["cost", "iteration", "seconds"])
@pytest.mark.parametrize("seeds", [1, 2, 5, 8])
def test_lines_are_medians_of_step_functions(x: str, seeds: int) -> None:
    results = synthetic(np.random.default_rng(seeds), problems=2, optimizers=3, seeds=seeds)
    figure = convergence(results, x=x)
    for problem, label in itertools.product(PROBLEMS[:2], LABELS[:3]):
        assert_median(line_of(figure, problem, label), runs_of(results, problem, label, x))


@pytest.mark.parametrize("band", [0.5, 0.8, 1.0])
def test_bands_hold_the_middle_runs(band: float) -> None:
    results = synthetic(np.random.default_rng(4), problems=1, optimizers=1, seeds=7)
    panel = convergence(results, band=band).axes[0]
    (shape,) = [item for item in panel.collections if isinstance(item, PolyCollection)]
    corners = {tuple(corner) for path in shape.get_paths() for corner in path.vertices.tolist()}
    runs = runs_of(results, PROBLEMS[0], LABELS[0], "cost")
    for spent in panel.lines[0].get_xdata():
        losses = [best_by_walking(run, spent) for run in runs]
        for share in ((1 - band) / 2, (1 + band) / 2):
            assert (spent, quantile_by_counting(losses, share)) in corners


def test_no_band_where_none_is_asked_for_or_there_is_one_run() -> None:
    assert not convergence(synthetic(np.random.default_rng(0)), band=0).axes[0].collections
    single = convergence(synthetic(np.random.default_rng(0), seeds=1))
    assert not single.axes[0].collections
    assert "one run a line" in single.get_suptitle()


def test_a_run_that_ended_early_keeps_its_best_loss() -> None:
    early = ("adam", [0.0, 4.0, 8.0], [1.0, 0.5, 0.25])
    late = ("adam", [0.0, 4.0, 100.0], [1.0, 0.75, 0.125])
    line = line_of(convergence(pair(early, late, late)), "xor", "adam")
    assert line.get_xdata()[-1] == 100
    values = dict(zip(line.get_xdata(), line.get_ydata(), strict=True))
    assert values[100.0] == 0.125
    line = line_of(convergence(pair(early, early, late)), "xor", "adam")
    assert set(line.get_ydata()[line.get_xdata() >= 8]) == {0.25}


def test_lines_end_where_the_longest_of_their_runs_ended() -> None:
    figure = convergence(
        pair(("adam", [0.0, 5.0], [1.0, 0.5]), ("rprop", [0.0, 5.0, 4000.0], [1.0, 0.5, 0.1]))
    )
    assert line_of(figure, "xor", "adam").get_xdata()[-1] == 5
    assert line_of(figure, "xor", "rprop").get_xdata()[-1] == 4000


def test_failed_runs_count_as_infinite_and_are_named() -> None:
    fine = ("adam", [0.0, 5.0], [1.0, 0.5])
    results = pair(fine, fine, ("adam", [], []), ("lbfgs", [], []), ("lbfgs", [], []), ("lbfgs", *fine[1:]))
    figure = convergence(results)
    assert line_of(figure, "xor", "adam").get_ydata()[-1] == 0.5
    assert np.isnan(line_of(figure, "xor", "lbfgs").get_ydata()).all()
    assert figure.axes[0].get_xlabel() == "cost (forward-pass equivalents)\nno finite median: lbfgs"
    top = figure.axes[0].get_ylim()[1]
    assert max(path.vertices[:, 1].max() for path in figure.axes[0].collections[0].get_paths()) == top


def test_nothing_but_failed_runs() -> None:
    figure = convergence(pair(("adam", [], []), target=math.nan))
    assert np.isnan(figure.axes[0].lines[0].get_ydata()).all()
    assert figure._repr_png_()


def test_a_loss_that_is_no_number_does_not_undo_the_best_one() -> None:
    results = pair(("adam", [0.0, 5.0, 9.0], [1.0, 0.5, math.nan]), outcome="diverged")
    assert line_of(convergence(results), "xor", "adam").get_ydata()[-1] == 0.5


def test_one_run_with_one_look() -> None:
    figure = convergence(pair(("adam", [0.0], [0.75])))
    line = line_of(figure, "xor", "adam")
    assert (line.get_xdata().tolist(), line.get_ydata().tolist()) == ([0.0], [0.75])
    assert figure._repr_png_()


@pytest.mark.parametrize(
    ("losses", "scale"),
    [
        ([1.0, 0.1, 0.001], "log"),
        ([1.0, 0.1, 0.0], "symlog"),
        ([1.0, 0.1, -1.0], "linear"),
        ([0.0] * 3, "linear"),
    ],
)
def test_the_axis_of_losses_has_a_place_for_every_loss(losses: list[float], scale: str) -> None:
    panel = convergence(pair(("adam", [0.0, 5.0, 9.0], losses), target=math.nan)).axes[0]
    assert panel.get_yscale() == scale
    low, high = panel.get_ylim()
    assert low < min(losses)
    assert high > max(losses)
    shown = panel.transData.transform([(0, loss) for loss in losses])[:, 1]
    assert np.isfinite(shown).all()
    if scale == "symlog":
        assert "0" in [label.get_text() for label in panel.get_yticklabels()]
        assert shown[1] - shown[2] > 0.1 * (shown[0] - shown[2])


def test_the_start_at_cost_zero_is_inside_the_panel() -> None:
    panel = convergence(synthetic(np.random.default_rng(0))).axes[0]
    assert panel.get_xlim()[0] < 0
    assert panel.get_xticks()[0] == 0
    assert panel.get_xticklabels()[0].get_text() == "0"


def test_the_target_is_drawn_and_labelled_once() -> None:
    figure = convergence(synthetic(np.random.default_rng(0), problems=9))
    panel = panel_of(figure, "xor")
    dashed = [line for line in panel.lines if list(line.get_ydata()) == [0.01, 0.01]]
    assert len(dashed) == 1
    assert dashed[0].get_linestyle() == "--"
    assert [text.get_text() for text in panel.texts] == ["target\n0.01"]
    assert not panel_of(figure, "sine").texts


def test_looks_are_the_same_in_every_panel_and_all_different() -> None:
    results = synthetic(np.random.default_rng(2), problems=4, optimizers=8, seeds=2)
    figure = convergence(results, emphasis="all")
    seen = {}
    for panel, label in itertools.product(figure.axes, LABELS):
        line = line_of(figure, panel.get_title(), label)
        seen.setdefault(label, set()).add((line.get_color(), line.get_linestyle(), line.get_marker()))
    assert all(len(looks) == 1 for looks in seen.values())
    assert len({look for looks in seen.values() for look in looks}) == len(LABELS)
    in_grey = {(str(look["linestyle"]), look["marker"]) for look in line_looks(results.runs).values()}
    assert len(in_grey) == len(LABELS)
    alone = convergence(results, problems="iris", emphasis="all")
    assert line_of(alone, "iris", "rprop").get_color() == line_of(figure, "iris", "rprop").get_color()


def test_colours_are_told_apart_by_colour_blind_readers() -> None:
    # Machado, Oliveira and Fernandes (2009), severity 1, on linear RGB.
    deutan = [[0.367322, 0.860646, -0.227968], [0.280085, 0.672501, 0.047413], [-0.01182, 0.04294, 0.968881]]
    protan = [
        [0.152286, 1.052583, -0.204868],
        [0.114503, 0.786281, 0.099216],
        [-0.003882, -0.048116, 1.051998],
    ]
    rgb = np.array([[int(colour[i : i + 2], 16) / 255 for i in (1, 3, 5)] for colour in COLOURS]) ** 2.2
    for matrix in (np.eye(3), np.array(deutan), np.array(protan)):
        seen = np.clip(rgb @ matrix.T, 0, 1) ** (1 / 2.2)
        for one, other in itertools.combinations(seen, 2):
            assert np.abs(one - other).max() > 0.1


def test_gradient_sources_share_a_colour_and_differ_in_dashes() -> None:
    results = synthetic(np.random.default_rng(2), 1, 3, 2, gradients=("analytic", "central-difference"))
    figure = convergence(results)
    labels = [line.get_label() for line in figure.axes[0].lines][:-1]
    assert labels == [
        f"{LABELS[0]}, analytic",
        f"{LABELS[0]}, central-difference",
        f"{LABELS[1]}, analytic",
        f"{LABELS[1]}, central-difference",
        LABELS[2],
    ]
    one, two = (line_of(figure, "xor", label) for label in labels[:2])
    assert one.get_color() == two.get_color() == COLOURS[0]
    assert one.get_linestyle() != two.get_linestyle()
    selected = results.runs["gradient"] == "central-difference"
    some = Results("some", "", results.runs[selected], results.trace, results.skipped)
    assert_median(two, runs_of(some, "xor", LABELS[0], "cost"))


def assert_nothing_covers_anything(figure: Figure) -> None:
    """No panel, legend, heading or tick label touches another or leaves the figure."""
    canvas = FigureCanvasAgg(figure)
    canvas.draw()
    renderer = canvas.get_renderer()
    boxes = [panel.get_tightbbox(renderer) for panel in figure.axes]
    boxes += [legend.get_window_extent(renderer) for legend in figure.legends]
    heading = next(text for text in figure.findobj(Text) if text.get_text() == figure.get_suptitle())
    boxes.append(heading.get_window_extent(renderer))
    assert len(figure.legends) == 1
    for one, other in itertools.combinations(boxes, 2):
        assert not one.padded(-1).overlaps(other.padded(-1))
    for box in boxes:
        assert box.x0 >= -1
        assert box.y0 >= -1
        assert box.x1 <= figure.bbox.width + 1
        assert box.y1 <= figure.bbox.height + 1
    for panel in figure.axes:
        assert panel.bbox.width / figure.dpi > 1.3
        for axis in (panel.xaxis, panel.yaxis):
            named = [label for label in axis.get_ticklabels() if label.get_text()]
            shown = [label.get_window_extent(renderer) for label in named]
            assert 1 <= len(shown) <= 8
            assert {label.get_fontsize() for label in named} == {7.0}
            assert not any(one.overlaps(other) for one, other in itertools.combinations(shown, 2))
    assert min(text.get_fontsize() for text in figure.findobj(Text) if text.get_text()) >= 7


@pytest.mark.parametrize(("panels", "lines"), [(1, 8), (2, 3), (3, 4), (4, 8), (7, 5), (12, 8)])
def test_nothing_covers_anything(panels: int, lines: int) -> None:
    figure = convergence(synthetic(np.random.default_rng(1), panels, lines, seeds=2), emphasis="all")
    assert len(figure.axes) == panels
    assert_nothing_covers_anything(figure)


def test_nothing_covers_anything_whatever_the_losses() -> None:
    cost = np.concatenate([[0.0], np.geomspace(3.0, 3e6, 40)])
    fall = 1 / (1 + cost / 30)
    shapes = {
        "deep": np.maximum(fall * np.exp(-cost / 10), 1e-30),
        "to zero": np.where(cost > 500, 0.0, fall),
        "deep to zero": np.where(cost > 500, 0.0, fall * np.exp(-cost / 10)),
        "narrow": 0.15 + 0.1 * fall,
        "very narrow": 0.15 + 0.001 * fall,
        "flat": np.full(cost.size, 0.25),
        "negative": -1.03 + fall,
        "all zero": np.zeros(cost.size),
        "large": 1e12 * fall,
        "one look": np.array([0.5]),
        "short": np.array([0.5, 0.4]),
        "nothing": np.empty(0),
        "a problem with a name(that_is=long, and_has=options)": fall,
    }
    rows = [run_row(name, name, "adam", target=1e-8 if name == "deep" else math.nan) for name in shapes]
    traces = [row for name, best in shapes.items() for row in trace_rows(name, cost[: len(best)], best)]
    figure = convergence(build(rows, traces, question="Is $5 less than $6, or a_b^c?" * 5))
    assert_nothing_covers_anything(figure)
    assert panel_of(figure, "deep").texts[0].get_text() == "target\n1e-8"
    powers = [label.get_text() for label in panel_of(figure, "deep").get_yticklabels()]
    assert 3 <= len(powers) <= 5
    assert all(power.startswith("$10^{") for power in powers)


def test_a_line_looks_the_same_where_other_lines_are_missing() -> None:
    rows = [run_row("a", "xor", "adam"), run_row("b", "xor", "rprop"), run_row("c", "iris", "rprop")]
    figure = convergence(build(rows, trace_rows("c", [0.0, 5.0], [1.0, 0.5])), problems="iris")
    assert line_of(figure, "iris", "rprop").get_color() == COLOURS[1]
    assert [text.get_text() for text in figure.legends[0].get_texts()] == ["rprop"]


def test_axes_name_their_units() -> None:
    results = synthetic(np.random.default_rng(0), problems=1)
    for x, label in (
        ("cost", "cost (forward-pass equivalents)"),
        ("iteration", "iterations"),
        ("iterations", "iterations"),
        ("seconds", "seconds of search"),
    ):
        panel = convergence(results, x=x).axes[0]
        assert (panel.get_xlabel(), panel.get_ylabel()) == (label, "best training loss")


def test_the_heading_says_what_lines_and_bands_are() -> None:
    results = synthetic(np.random.default_rng(0), seeds=6)
    heading = " ".join(convergence(results, band=0.8).get_suptitle().split())
    assert heading == f"{results.question} line: median of 6 runs; band: the middle 80 %"


def test_only_the_problems_asked_for_in_that_order() -> None:
    results = synthetic(np.random.default_rng(0), problems=4)
    figure = convergence(results, problems=["two-spirals", "xor"])
    assert [panel.get_title() for panel in figure.axes] == ["two-spirals", "xor"]


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"x": "time"}, "unknown x axis 'time'.*cost, iteration, seconds"),
        ({"x": "costs"}, "did you mean 'cost'"),
        ({"problems": ["xro"]}, "unknown problem 'xro': did you mean 'xor'"),
        ({"problems": []}, "problems is empty: name some of xor, iris"),
        ({"band": 1.5}, "band is 1.5, expected less than or equal to 1"),
        ({"band": np.nan}, "band is nan, expected greater than or equal to 0"),
    ],
)
def test_what_cannot_be_drawn_is_refused(arguments: dict, message: str) -> None:
    with pytest.raises(InputError, match=message):
        convergence(synthetic(np.random.default_rng(0)), **arguments)


def test_results_without_runs_are_refused() -> None:
    with pytest.raises(InputError, match="synthetic has no runs, so there is nothing to draw"):
        convergence(build([]))


@pytest.mark.parametrize("name", sorted(harness.plots.known_plots()))
def test_every_plot_shows_every_problem_and_optimizer(name: str) -> None:
    results = synthetic(np.random.default_rng(6), problems=3, optimizers=4, seeds=3)
    before = dict(matplotlib.rcParams)
    try:
        figure = figure_of(harness.plots.known_plots()[name](results))
    except InputError as error:
        # A plot of something else than the training says what it needs, and has tests of its own.
        if " needs " not in str(error):
            raise
        return
    assert isinstance(figure, Figure)
    words = ["".join(text.get_text().split()) for text in figure.findobj(Text)]
    for shown in (*PROBLEMS[:3], *LABELS[:4]):
        # A long label has a number, and its whole is in the caption.
        short = {label: text for text, label in getattr(figure, "key", {}).items()}.get(shown, shown)
        assert any("".join(short.split()) in text for text in words)
    assert figure._repr_png_().startswith(b"\x89PNG\r\n")
    assert dict(matplotlib.rcParams) == before
    assert harness.plots.known_plots()[name].__doc__


def test_every_line_of_a_convergence_figure_is_there() -> None:
    results = synthetic(np.random.default_rng(6), problems=3, optimizers=5, seeds=3)
    figure = convergence(results)
    for panel in figure.axes:
        assert [line.get_label() for line in panel.lines][:5] == list(LABELS[:5])
    assert [text.get_text() for text in figure.legends[0].get_texts()] == list(LABELS[:5])


def test_a_notebook_shows_the_figure() -> None:
    formatters = pytest.importorskip("IPython.core.formatters")
    data, _ = formatters.DisplayFormatter().format(convergence(synthetic(np.random.default_rng(0), seeds=2)))
    assert data["image/png"].startswith(b"\x89PNG\r\n")


def test_the_picture_of_a_notebook_is_the_figure_in_half_the_bytes(tmp_path: Path) -> None:
    figure = convergence(synthetic(np.random.default_rng(0), seeds=2))
    shown = figure._repr_png_()
    figure.savefig(tmp_path / "whole.png", dpi=DPI)
    # What has been laid out once stays where it is.
    shown = figure._repr_png_()
    assert len(shown) < (tmp_path / "whole.png").stat().st_size / 2
    few, whole = (
        np.asarray(Image.open(file).convert("RGB"), dtype=int)
        for file in (io.BytesIO(shown), tmp_path / "whole.png")
    )
    assert np.abs(few - whole).max() <= 10


def test_a_picture_without_a_ground_stays_without_one() -> None:
    figure = convergence(synthetic(np.random.default_rng(0), seeds=2))
    figure.set_facecolor("none")
    assert Image.open(io.BytesIO(figure._repr_png_())).getpixel((0, 0))[3] == 0


def test_a_plot_is_its_function_however_its_file_was_imported() -> None:
    import harness.plots.convergence
    from harness.plots import convergence as by_name

    assert harness.plots.convergence is by_name
    assert harness.plots.known_plots()["convergence"] is by_name
    assert "style" not in harness.plots.known_plots()
    assert harness.plots.style.COLOURS is COLOURS
    assert "convergence" in dir(harness.plots)
    with pytest.raises(AttributeError, match="no attribute 'convergance'"):
        _ = harness.plots.convergance


def test_importing_the_package_imports_no_matplotlib_and_drawing_no_pyplot() -> None:
    program = (
        "import sys, harness.plots; assert 'matplotlib' not in sys.modules;"
        "harness.plots.convergence; assert 'matplotlib' in sys.modules;"
        "assert 'matplotlib.pyplot' not in sys.modules"
    )
    subprocess.run([sys.executable, "-c", program], check=True, cwd=harness.plots.__path__[0] + "/../..")


class TestGradientPlots:
    """Drawn from real runs, for they show what gradients cost and how wrong they are."""

    def test_a_cost_that_grows_with_the_parameters_has_slope_1_and_one_that_does_not_0(self) -> None:
        sizes = [[8], [32], [128]]
        problems = [harness.problems.load("two-moons", rows=20, hidden=hidden) for hidden in sizes]
        results = harness.run(
            problems,
            "gradient-descent",
            gradients=["analytic", "forward-difference", "reverse-autodiff"],
            seeds=1,
            budget=harness.Budget(iterations=2),
        )
        table = cost_table(results)
        for source, intercept, slope in (("analytic", 0, 0), ("forward-difference", 1, 1)):
            part = table[table["gradient"] == source]
            wanted = part["parameters"] * slope + intercept if slope else part["cost"].iloc[0]
            assert (part["cost"] == wanted).all() or part["cost"].to_numpy() == pytest.approx(wanted)
        words = [
            text.get_text() for text in harness.plots.gradient_cost(results).figure.legends[0].get_texts()
        ]
        assert any(text.startswith("forward-difference (slope 1.00") for text in words)
        assert any(text.startswith("reverse-autodiff (slope 0.00") for text in words)
        with pytest.raises(InputError, match="needs the gradient source 'analytic' on every network"):
            cost_table(results.where(gradient="reverse-autodiff"))

    def test_networks_that_are_all_small_have_no_slope(self) -> None:
        x, y = pd.Series([9.0, 17.0]), pd.Series([1.0, 2.0])
        assert math.isnan(fitted_slope(x, y))
        assert fitted_slope(1000 * x, 3 * x**2) == 2.0

    def test_the_errors_are_those_of_the_gradients_at_the_start(self) -> None:
        xor = harness.problems.load("xor")
        sources = ["central-difference:step=0.01", "central-difference:step=0.001", "reverse-autodiff"]
        results = harness.run(
            xor,
            "gradient-descent",
            gradients=sources,
            seeds=1,
            budget=harness.Budget(iterations=1),
            gradient_reference="analytic",
        )
        exact = xor.objective().value_and_gradient(xor.start())[1]
        table = error_table(results).set_index(["source", "step"])["error"]
        for step in (0.01, 0.001):
            found = xor.objective(f"central-difference:step={step}").value_and_gradient(xor.start())[1]
            wanted = np.linalg.norm(found - exact) / np.linalg.norm(exact)
            assert table["central-difference", step] == pytest.approx(wanted, rel=1e-12)
        (panel,) = harness.plots.gradient_error(results).figure.axes
        assert panel.get_xscale() == panel.get_yscale() == "log"
        assert panel.lines[0].get_xdata().tolist() == [0.001, 0.01]

    def test_a_source_that_a_problem_was_not_run_with_has_no_line_there(self) -> None:
        sources = ["central-difference:step=0.01", "reverse-autodiff"]
        limits: dict[str, Any] = {
            "seeds": 1,
            "budget": harness.Budget(iterations=1),
            "gradient_reference": "analytic",
        }
        both = harness.run(["xor", "parity"], "gradient-descent", gradients=sources, **limits)
        left = ~((both.runs["problem"] == "parity") & (both.runs["gradient"] == "reverse-autodiff"))
        figure = harness.plots.gradient_error(both.where(run_id=list(both.runs["run_id"][left]))).figure
        assert [len(panel_of(figure, name).lines) for name in ("xor", "parity")] == [2, 1]


def test_an_axis_on_which_nothing_is_a_number_keeps_its_ticks() -> None:
    panel = Figure().subplots()
    before = panel.get_xticks().tolist()
    logarithmic_ticks(panel.xaxis, math.nan, math.nan, 4)
    assert panel.get_xticks().tolist() == before


def test_a_plot_that_somebody_brought_is_an_attribute_by_its_name(monkeypatch: pytest.MonkeyPatch) -> None:
    def mean_of_all(results: Results) -> Axes:
        raise NotImplementedError

    monkeypatch.setitem(harness.plots.PLOTS._adopted, "mean-of-all", mean_of_all)
    monkeypatch.setattr(harness.plots.PLOTS, "_members", None)
    assert harness.plots.mean_of_all is mean_of_all
    with pytest.raises(AttributeError, match=r"has no attribute 'mean_of_none'; see harness.plots.known_pl"):
        harness.plots.mean_of_none  # noqa: B018


def test_one_optimizer_with_several_sources_has_a_colour_for_each() -> None:
    runs = pd.DataFrame({"optimizer": "adam", "gradient": ["analytic", "symbolic", "reverse-autodiff"]})
    assert len({look["color"] for look in line_looks(runs).values()}) == 3


@pytest.mark.parametrize(
    "losses",
    [
        (1e6, 1e-308),
        (1.7e308, 1e308),
        (1.7e308, 5e-324),
        (1.7e308, 0.0),
        (5e-324, 0.0),
        (1.7e308, -1.7e308),
        (-1e-320, -1.7e308),
        (0.0, 0.0),
        (1e300, -1.0),
    ],
    ids=str,
)
def test_losses_of_any_size_are_drawn(losses: tuple[float, float]) -> None:
    function = FunctionProblem(lambda w: losses[int(w[0] < 0.5)], 1, name="cliff", key=str(losses))
    results = harness.run(function, optimizers.RandomSearch(), budget=40, seeds=3)
    assert set(results.trace["best_loss"]) <= set(losses)
    figure = convergence(results)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        assert figure._repr_png_().startswith(b"\x89PNG")
    (panel,) = figure.axes
    low, high = panel.get_ylim()
    assert -np.inf < low < high < np.inf
