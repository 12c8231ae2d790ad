"""One style: colours that stay, widths, letters in files, and what lies beside a saved figure."""

from __future__ import annotations

import io
import itertools
import math
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.text import Text
from synthetic import LABELS, build, run_row, synthetic

import harness
from harness.gradients import SOURCES
from harness.plots.families import SHADES, family_of, shades
from harness.plots.figure import NotebookFigure, Panels, figure_of
from harness.plots.legend import Legend
from harness.plots.media import MEDIA
from harness.plots.style import line_looks, panels
from harness.plots.text import fold, inches, keyed
from harness.report.image_files import FIGURE_DOTS_PER_INCH, write_figure, write_plot
from harness.results import Results
from optimizers.errors import InputError
from optimizers.registry import OPTIMIZERS

# Machado, Oliveira and Fernandes (2009), severity 1, on linear RGB.
DEUTAN = [[0.367322, 0.860646, -0.227968], [0.280085, 0.672501, 0.047413], [-0.01182, 0.04294, 0.968881]]
PROTAN = [[0.152286, 1.052583, -0.204868], [0.114503, 0.786281, 0.099216], [-0.003882, -0.048116, 1.051998]]


def seen(colours: list[str], matrix: np.ndarray) -> np.ndarray:
    """Colours as a reader sees them, in CIELAB, shape (colours, 3)."""
    rgb = np.array([[int(colour[place : place + 2], 16) / 255 for place in (1, 3, 5)] for colour in colours])
    linear = np.where(rgb <= 0.04045, rgb / 12.92, ((rgb + 0.055) / 1.055) ** 2.4)
    linear = np.clip(linear @ matrix.T, 0, 1)
    to_xyz = [
        [0.4124564, 0.3575761, 0.1804375],
        [0.2126729, 0.7151522, 0.072175],
        [0.0193339, 0.119192, 0.9503041],
    ]
    xyz = linear @ np.array(to_xyz).T / np.array([0.95047, 1.0, 1.08883])
    f = np.where(xyz > (6 / 29) ** 3, np.cbrt(xyz), xyz / (3 * (6 / 29) ** 2) + 4 / 29)
    return np.stack([116 * f[:, 1] - 16, 500 * (f[:, 0] - f[:, 1]), 200 * (f[:, 1] - f[:, 2])], axis=1)


@pytest.mark.parametrize(
    "matrix", [np.eye(3), np.array(DEUTAN), np.array(PROTAN)], ids=["all", "deutan", "protan"]
)
class TestColourBlindness:
    @pytest.mark.parametrize("family", SHADES)
    def test_shades_of_a_family_are_told_apart(self, family: str, matrix: np.ndarray) -> None:
        for one, other in itertools.combinations(seen(list(SHADES[family]), matrix), 2):
            assert np.linalg.norm(one - other) > 12

    def test_families_are_told_apart_by_their_first_shades(self, matrix: np.ndarray) -> None:
        for one, other in itertools.combinations(seen([found[0] for found in SHADES.values()], matrix), 2):
            assert np.linalg.norm(one - other) > 12

    def test_every_two_lines_differ_by_colour_or_by_dash_and_mark(self, matrix: np.ndarray) -> None:
        rows = [run_row(name, "xor", name) for name in OPTIMIZERS]
        looks = list(line_looks(build(rows)).values())
        assert len(looks) == len(OPTIMIZERS)
        colours = seen([look["color"] for look in looks], matrix)
        for one, other in itertools.combinations(range(len(looks)), 2):
            marked = [(str(looks[place]["linestyle"]), looks[place]["marker"]) for place in (one, other)]
            assert np.linalg.norm(colours[one] - colours[other]) > 12 or marked[0] != marked[1]

    def test_every_colour_can_be_seen_on_white(self, matrix: np.ndarray) -> None:
        colours = [colour for found in SHADES.values() for colour in found]
        assert seen(colours, matrix)[:, 0].max() < 82


def test_every_optimizer_is_of_a_family() -> None:
    families = {name: family_of(name) for name in OPTIMIZERS}
    assert families["adam"] == families["rprop"] == "first order"
    assert families["lbfgs"] == families["levenberg-marquardt"] == "second order"
    assert families["genetic-algorithm"] == families["cmaes"] == "populations"
    assert families["nelder-mead"] == families["simulated-annealing"] == "single points"
    assert families["pocket-perceptron"] == families["fisher-discriminant"] == "perceptrons"
    assert "others" not in [
        families[name] for name in OPTIMIZERS if OPTIMIZERS[name].__module__.startswith("opt")
    ]


def test_a_family_has_a_hue_only_beside_others() -> None:
    assert shades(["first order", "populations", "first order"]) == [
        SHADES["first order"][0], SHADES["populations"][0], SHADES["first order"][1],
    ]  # fmt: skip
    assert len(set(shades(["populations"] * 5))) == 5
    assert shades([]) == []


def test_chosen_runs_keep_the_looks_of_the_whole_experiment() -> None:
    results = synthetic(np.random.default_rng(0), problems=2, optimizers=6, seeds=2)
    whole = line_looks(results)
    for label in LABELS[:6]:
        part = results.where(optimizer=label)
        assert line_looks(part) == {line: look for line, look in whole.items() if line[0] == label}
        assert line_looks(part.where(problem="xor")) == line_looks(part)
        (line, *_) = part.plot.convergence(problems="xor").lines
        assert line.get_color() == next(look for key, look in whole.items() if key[0] == label)["color"]
    assert line_looks(results.where(seed=1)) == whole


def test_chosen_gradient_sources_keep_their_dashes() -> None:
    results = synthetic(np.random.default_rng(0), 1, 3, 2, gradients=("analytic", "central-difference"))
    whole = line_looks(results)
    for source in ("analytic", "central-difference"):
        assert line_looks(results.where(gradient=source)) == {
            line: look for line, look in whole.items() if line[1] == source
        }


class TestWidths:
    @pytest.mark.parametrize(
        ("width", "centimetres", "least"), [("column", 8.5, 6.5), ("page", 17.5, 7.0), ("slide", 25.4, 12.0)]
    )
    def test_a_figure_is_as_wide_as_its_place(self, width: str, centimetres: float, least: float) -> None:
        results = synthetic(np.random.default_rng(0), problems=3, optimizers=4, seeds=2)
        figure = results.plot.convergence(width=width).figure
        assert figure.get_figwidth() * 2.54 == pytest.approx(centimetres)
        figure.canvas.draw()
        assert min(text.get_fontsize() for text in figure.findobj(Text) if text.get_text()) >= least

    @pytest.mark.parametrize("panels", range(1, 25))
    @pytest.mark.parametrize("width", MEDIA)
    def test_every_panel_has_room(self, width: str, panels: int) -> None:
        medium = MEDIA[width]
        columns = medium.columns(panels)
        assert 1 <= columns <= min(panels, medium.most_columns)
        assert medium.width / columns > 1.6
        assert medium.height(panels) >= min(medium.lowest, *medium.heights)

    def test_seven_problems_fit_a_slide(self) -> None:
        results = synthetic(np.random.default_rng(0), problems=7, optimizers=6, seeds=2)
        results = results.where(optimizer=["rprop", "lbfgs"])
        for drawn in (results.plot.convergence(width="slide"), results.plot.kaplan_meier(width="slide")):
            assert drawn.figure.get_figheight() * 2.54 < 14.5

    def test_the_last_row_names_its_axes_and_nothing_else_does(self) -> None:
        results = synthetic(np.random.default_rng(0), problems=3, optimizers=2, seeds=2)
        names = [panel.get_xlabel() for panel in results.plot.convergence(width="column")]
        assert names[:2] == ["", ""]
        assert names[2].startswith("cost")

    def test_a_heading_names_grey_lines_where_one_line_holds_them_and_the_caption_always(self) -> None:
        results = synthetic(np.random.default_rng(0), problems=1, optimizers=8, seeds=2)
        figure = results.plot.convergence(emphasis=["rprop", "lbfgs", "adam"], width="column").figure
        assert "grey" not in figure.get_suptitle()
        assert "Grey: gradient-descent(learning_rate=0.5), " in figure.reading
        assert "5 others" in [text.get_text() for text in figure.legends[0].get_texts()]

    def test_another_width_is_answered_with_those_that_there_are(self) -> None:
        with pytest.raises(InputError, match="unknown width of a figure 'colum': did you mean 'column'"):
            synthetic(np.random.default_rng(0)).plot.convergence(width="colum")


class TestAxes:
    def test_one_panel_is_its_axes_and_several_are_an_array(self) -> None:
        results = synthetic(np.random.default_rng(0), problems=2)
        alone, both = results.plot.convergence(problems="xor"), results.plot.convergence()
        assert isinstance(alone, Axes)
        assert isinstance(both, Panels)
        assert [panel.get_title() for panel in both] == ["xor", "iris"]
        for drawn in (alone, both):
            assert isinstance(figure_of(drawn), NotebookFigure)
            assert drawn._repr_png_().startswith(b"\x89PNG")

    def test_it_draws_into_axes_of_somebody_else(self) -> None:
        results = synthetic(np.random.default_rng(0), problems=2)
        figure = Figure()
        given = figure.subplots(1, 2)
        drawn = results.plot.convergence(axes=given)
        assert list(drawn) == list(given)
        assert [panel.get_title() for panel in given] == ["xor", "iris"]
        assert all(len(panel.lines) >= 3 for panel in given)
        assert [text.get_text() for text in given[0].get_legend().get_texts()]
        assert results.plot.convergence(problems="iris", axes=given[1]) is given[1]

    def test_too_few_axes_are_refused(self) -> None:
        results = synthetic(np.random.default_rng(0), problems=2)
        with pytest.raises(InputError, match=r"there are 2 panels to draw \(xor, iris\), and 1 Axes"):
            results.plot.convergence(axes=Figure().subplots())
        with pytest.raises(InputError, match="axes is of the class Figure, expected Axes of Matplotlib"):
            results.plot.convergence(problems="xor", axes=Figure())

    def test_what_is_no_figure_is_refused(self) -> None:
        with pytest.raises(InputError, match="a plot returned an object of the class int, expected its Axes"):
            figure_of(3)


class TestLegends:
    def test_what_all_configurations_share_stands_above_them_once(self) -> None:
        many = "init_range_low=-15.0, init_range_high=15.0, parent_selection_type=rank, population_size=100"
        labels = [f"genetic-algorithm({many}, bits={bits})" for bits in (4, 6, 8)]
        medium = MEDIA["column"]
        legend = Legend.of({(label, ""): {"label": label, "linestyle": "-"} for label in labels}, medium)
        assert legend.labels == ["bits=4", "bits=6", "bits=8"]
        assert legend.title.replace("\n", " ") == f"genetic-algorithm({many})"
        assert legend.lines == legend.title.count("\n") + 1 + math.ceil(3 / legend.columns)
        assert all(inches(len(line), medium.label) <= medium.width for line in legend.title.split("\n"))

    def test_one_without_an_option_of_its_own_keeps_its_whole_label(self) -> None:
        labels = ["adam(batch=4)", "adam(batch=4, learning_rate=0.1)"]
        looks = {(label, ""): {"label": label, "linestyle": "-"} for label in labels}
        assert Legend.of(looks, MEDIA["page"]).labels == labels

    def test_sources_of_one_optimizer_stand_below_its_name_and_none_is_grey(self) -> None:
        sources = tuple(SOURCES)
        results = synthetic(np.random.default_rng(0), 1, 1, 2, gradients=sources)
        (legend,) = results.plot.convergence().figure.legends
        assert legend.get_title().get_text() == LABELS[0]
        assert [text.get_text() for text in legend.get_texts()] == list(sources)

    def test_marks_take_no_piece_of_line(self) -> None:
        look = {"label": "separable:margin=0.3", "marker": "o"}
        medium = MEDIA["column"]
        marks = Legend.of({("a", ""): {**look, "linestyle": ""}}, medium)
        assert marks.piece < Legend.of({("a", ""): {**look, "linestyle": "-"}}, medium).piece


class TestFiles:
    def test_letters_are_embedded_as_truetype(self, tmp_path: Path) -> None:
        write_figure(synthetic(np.random.default_rng(0), seeds=1).plot.convergence(), tmp_path / "figure.pdf")
        written = (tmp_path / "figure.pdf").read_bytes()
        assert b"/CIDFontType2" in written or b"/TrueType" in written
        assert b"/Type3" not in written

    @pytest.mark.parametrize("ending", ["png", "pdf", "svg"])
    def test_the_same_figure_is_the_same_bytes(self, ending: str, tmp_path: Path) -> None:
        results = synthetic(np.random.default_rng(0), problems=1, seeds=1)
        for name in ("one", "two"):
            write_figure(results.plot.convergence(), tmp_path / f"{name}.{ending}")
        assert (tmp_path / f"one.{ending}").read_bytes() == (tmp_path / f"two.{ending}").read_bytes()

    def test_an_image_is_what_matplotlib_saves_and_is_drawn_once(
        self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        results = synthetic(np.random.default_rng(0), problems=2, seeds=2)
        saved = io.BytesIO()
        figure_of(results.plot.convergence()).savefig(saved, format="png", dpi=FIGURE_DOTS_PER_INCH)
        drawn: list[object] = []
        draw = NotebookFigure.draw
        monkeypatch.setattr(NotebookFigure, "draw", lambda *given: drawn.append(given) or draw(*given))
        write_figure(results.plot.convergence(), tmp_path / "figure.png")
        assert (tmp_path / "figure.png").read_bytes() == saved.getvalue()
        assert len(drawn) == 1

    def test_a_caption_lies_beside_it(self, tmp_path: Path) -> None:
        results = synthetic(np.random.default_rng(0), problems=1, seeds=2)
        write_plot("convergence", results, {"x": "iteration"}, tmp_path / "figure.svg")
        caption = " ".join((tmp_path / "figure.caption.md").read_text(encoding="utf-8").split())
        assert caption.startswith(f"**{results.question}** ")
        assert "`convergence` with x='iteration'" in caption
        assert results.contents() in caption

    def test_a_plot_that_returns_a_figure_is_written_as_well(self, tmp_path: Path) -> None:
        results = synthetic(np.random.default_rng(0), problems=1, seeds=1)
        figure, found = panels(["xor"], {}, title="a", subtitle="b", xlabel="x", ylabel="y")
        assert list(found) == ["xor"]
        assert figure_of(figure) is figure
        write_figure(figure, tmp_path / "figure.png")
        assert (tmp_path / "figure.png").stat().st_size > 1000
        assert not figure.legends
        assert len(results.runs)


class TestLongLabels:
    LONG = "genetic-algorithm(" + ", ".join(f"option_number_{place}=0.123456" for place in range(24)) + ")"

    def results(self) -> Results:
        return build([run_row("a", "xor", self.LONG), run_row("b", "xor", "adam")])

    @pytest.mark.parametrize("width", MEDIA)
    def test_a_long_label_is_shortened_with_a_number_and_its_whole_in_the_caption(
        self, width: str, tmp_path: Path
    ) -> None:
        figure = self.results().plot.convergence(width=width).figure
        (shown, other) = [text.get_text() for text in figure.legends[0].get_texts()]
        assert other == "adam"
        assert shown.count("\n") <= 4
        assert "".join(shown.split()).endswith("…[1]")
        write_plot("convergence", self.results(), {"width": width}, tmp_path / "figure.png")
        caption = (tmp_path / "figure.caption.md").read_text(encoding="utf-8")
        assert self.LONG in " ".join(caption.split())

    def test_two_labels_are_never_the_same(self) -> None:
        labels = [self.LONG, self.LONG + "x", "short"]
        assert len(set(keyed(labels, 30).values())) == 3
        assert all(len(label) <= 30 for label in keyed(labels, 30).values())

    def test_a_fold_loses_nothing(self) -> None:
        for text in (self.LONG, "two-moons:rows=20,hidden=[32,32],noise=0.25", "one two", "", "a" * 90):
            assert "".join(fold(text, 1.0, 8.0).split()) == "".join(text.split())
            lines = fold(text, 1.5, 8.0).splitlines()
            assert all(len(line) <= 24 or "," not in line.rstrip(",") for line in lines)


def test_a_colour_does_not_depend_on_names_that_are_not_known_here() -> None:
    runs = pd.DataFrame({"optimizer": ["of-another-program", "adam"], "gradient": ["none", "analytic"]})
    looks = line_looks(runs)
    assert looks["of-another-program", ""]["color"] == SHADES["others"][0]
    assert looks["adam", "analytic"]["color"] == SHADES["first order"][0]
    assert harness.plots.style.line_looks is line_looks


def test_a_long_name_of_a_problem_stays_within_the_figure() -> None:
    name = (
        'xor:activation=["sigmoid"],loss=half-squared,output=sigmoid,initializer=uniform:scale=2,target=0.001'
    )
    for title in (name, name[:-5], f"{name},x=1"):
        figure, found = panels([title], {}, title="a", subtitle="b", xlabel="x", ylabel="y", width="page")
        figure.draw_without_rendering()
        box = found[title].title.get_window_extent()
        assert 0 <= box.x0 < box.x1 <= figure.bbox.width
