"""What every plot has to do; a new file is found by itself."""

from __future__ import annotations

import functools
import inspect
import itertools
import math
import warnings
from collections.abc import Callable
from dataclasses import replace
from typing import Any, Literal, NamedTuple, get_origin, get_type_hints

import matplotlib
import numpy as np
import pytest
from drawn_alone import ALONE
from matplotlib.axes import Axes
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure
from matplotlib.text import Text
from thinning import left_to_slow

from contracts.test_statistics import CASES, tables
from harness.plots import known_plots
from harness.plots.figure import NotebookFigure, figure_of
from harness.plots.media import MEDIA, Medium
from harness.results import Results
from optimizers.errors import InputError

every_plot = pytest.mark.parametrize("name", known_plots())


def drawn(name: str, case: str, part: dict[str, Any] | None = None, **options: Any) -> Any | None:
    """What a plot returns for one of the cases; None where it has said in a sentence why there is nothing."""
    try:
        results = tables(case).where(**part) if part else tables(case)
        return known_plots()[name](results, **options)
    except InputError as refusal:
        sentence = str(refusal)
    assert 20 < len(sentence) < 400
    assert "\n" not in sentence
    assert any(word in sentence for word in ("expected", "needs", "take", ": ", "nothing to draw"))
    return None


class Whole(NamedTuple):
    """What a plot has drawn of a whole case, and what it has left of the tables."""

    found: Any | None
    same_tables: bool


@functools.cache
def whole(name: str, case: str) -> Whole:
    """Draw a whole case once, for every test that only looks at what has been drawn."""
    results = tables(case)
    runs, trace = results.runs.copy(), results.trace.copy()
    found = drawn(name, case)
    return Whole(found, results.runs.equals(runs) and results.trace.equals(trace))


def few(name: str, case: str, problems: int, **options: Any) -> Any | None:
    """What a plot returns of some problems, for the layout of many takes long; of all where it needs them."""
    chosen = list(tables(case).runs["problem"].unique())[:problems]
    found = drawn(name, case, {"problem": chosen} if chosen else None, **options)
    return drawn(name, case, **options) if found is None else found


def takes(name: str, option: str) -> bool:
    return option in inspect.signature(known_plots()[name]).parameters


def rendered(figure: Figure) -> Any:
    """Draw a figure, in which nothing may be strange enough for a warning."""
    canvas = FigureCanvasAgg(figure)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        canvas.draw()
    return canvas.get_renderer()


@every_plot
def test_it_says_what_it_draws(name: str) -> None:
    plot = known_plots()[name]
    first = (inspect.getdoc(plot) or "").partition("\n")[0]
    assert first.startswith("Draw ")
    assert first.endswith(".")
    assert len(first) <= 110
    assert next(iter(inspect.signature(plot).parameters)) == "results"
    for option in set(inspect.signature(plot).parameters) - {"results", "width", "axes"}:
        assert f"{option}: " in (inspect.getdoc(plot) or "")


WITHOUT_NUMBERS = ("NaN losses", "all diverged", "all failed", "no target")
"""Cases in which a line has places that no pixel can stand for."""


def plots_with_cases() -> list[Any]:
    """Every plot with every case; that of every choice, which takes a second or two, with some of them.

    What it draws is held against all cases in ``test_odd_comparisons.py``.
    """
    pairs = itertools.product(known_plots(), sorted(set(CASES) - {"synthetic", "one problem"}))
    slow = {"specification-curve": {"all failed", "a trace for some", "no target"}}
    return [pair if pair[1] in slow.get(pair[0], pair[1]) else left_to_slow(pair) for pair in pairs]


@pytest.mark.parametrize(("name", "case"), plots_with_cases())
def test_whatever_the_runs_it_draws_or_says_why_not(name: str, case: str) -> None:
    before = dict(matplotlib.rcParams)
    found = few(name, case, 1)
    assert dict(matplotlib.rcParams) == before
    if found is None:
        return
    figure = figure_of(found)
    for panel in figure.axes:
        for ends in (panel.get_xlim(), panel.get_ylim()):
            assert all(math.isfinite(end) for end in ends)
            assert ends[0] != ends[1]
    if isinstance(figure, NotebookFigure) and takes(name, "axes"):
        assert figure.data is not None or hasattr(inspect.getmodule(known_plots()[name]), "table")
    if case in WITHOUT_NUMBERS:
        rendered(figure)
    else:
        # Laid out, its texts measured, and no pixel drawn, which is a third of the time.
        with warnings.catch_warnings():
            warnings.simplefilter("error")
            figure.draw_without_rendering()


FAILED = {"outcome": "failed", "cost": 0.0, "iterations": 0}
UNKNOWN = dict.fromkeys(
    ("start_loss", "final_loss", "best_loss", "cost_to_target", "test_accuracy"), math.nan
)
ODD: dict[str, Callable[[Results], Results]] = {
    "a single run": lambda results: results.where(run_id=results.runs["run_id"].iloc[0]),
    "one seed": lambda results: results.where(seed=results.runs["seed"].iloc[0]),
    "all failed": lambda results: replace(
        results, runs=results.runs.assign(**FAILED, **UNKNOWN), held_trace=results.trace.head(0)
    ),
    "all diverged": lambda results: replace(
        results, runs=results.runs.assign(outcome="diverged", **UNKNOWN), held_trace=results.trace
    ),
    "NaN in every look": lambda results: replace(
        results,
        held_trace=results.trace.assign(loss=math.nan, best_loss=math.nan, gradient_error=math.nan),
    ),
}


@pytest.mark.parametrize("name", ALONE)
@pytest.mark.parametrize("odd", ODD)
def test_odd_runs_of_its_own_kind_are_drawn_or_refused(name: str, odd: str) -> None:
    build, options = ALONE[name]
    sentence = ""
    try:
        found = known_plots()[name](ODD[odd](build()), **options)
    except InputError as refusal:
        sentence = str(refusal)
    if sentence:
        assert 20 < len(sentence) < 400
        return
    for panel in figure_of(found).axes:
        assert all(math.isfinite(end) for end in (*panel.get_xlim(), *panel.get_ylim()))
    rendered(figure_of(found))


@every_plot
def test_no_runs_are_refused(name: str) -> None:
    assert drawn(name, "empty tables") is None


TRAINED = [name for name in known_plots() if takes(name, "seeds")]
"""Plots of trained networks, which have a contract of their own."""


@pytest.mark.parametrize("name", [name for name in known_plots() if name not in TRAINED])
@pytest.mark.parametrize("width", MEDIA)
def test_it_is_as_wide_as_its_place_and_nothing_leaves_it_or_lies_over_something(
    name: str, width: str
) -> None:
    if not takes(name, "width"):
        pytest.skip("a plot of somebody else may go without")
    if name in ALONE:
        build, options = ALONE[name]
        found = known_plots()[name](build(), width=width, **options)
    else:
        # A target is no matter of a page alone, but one of them has to be without.
        found = few(name, "no target" if width == "page" else "ordinary", 3, width=width)
        assert found is not None or width == "page", (
            f"no case here has anything for {name}: give it one in ALONE"
        )
    if found is not None:
        assert_nothing_leaves_it_or_lies_over_something(figure_of(found), MEDIA[width])


def assert_nothing_leaves_it_or_lies_over_something(figure: Figure, medium: Medium) -> None:
    assert figure.get_figwidth() == pytest.approx(medium.width)
    renderer = rendered(figure)
    written = [text for text in figure.findobj(Text) if text.get_text().strip() and text.get_visible()]
    assert min(text.get_fontsize() for text in written) >= 0.75 * medium.small
    whole = figure.bbox.padded(2)
    boxes = [panel.get_tightbbox(renderer) for panel in figure.axes]
    for place, one in enumerate(boxes):
        assert one is not None
        assert whole.x0 <= one.x0 < one.x1 <= whole.x1
        assert whole.y0 <= one.y0 < one.y1 <= whole.y1
        for other in boxes[:place]:
            assert other is not None
            assert not one.padded(-3).overlaps(other.padded(-3)), "panels overlap"
    extents = [(text.get_text(), text.get_window_extent(renderer)) for text in written]
    ticks = {id(label) for panel in figure.axes for label in unseen_ticks(panel)}
    extents = [found for text, found in zip(written, extents, strict=True) if id(text) not in ticks]
    for place, (words, box) in enumerate(extents):
        assert whole.x0 <= box.x0 < box.x1 <= whole.x1, f"{words!r} leaves the figure"
        assert whole.y0 <= box.y0 < box.y1 <= whole.y1, f"{words!r} leaves the figure"
        for others, other in extents[:place]:
            assert not box.padded(-1).overlaps(other.padded(-1)), f"{words!r} lies over {others!r}"


def unseen_ticks(panel: Axes) -> list[Text]:
    """Labels that Matplotlib keeps of ticks beyond an axis's ends, and of an axis that is off."""
    found: list[Text] = []
    for axis, (low, high) in (
        (panel.xaxis, sorted(panel.get_xlim())),
        (panel.yaxis, sorted(panel.get_ylim())),
    ):
        for tick in [*axis.get_major_ticks(), *axis.get_minor_ticks()]:
            if not panel.axison or not low <= tick.get_loc() <= high:
                found += [tick.label1, tick.label2]
    return found


@every_plot
def test_it_has_a_place_and_may_be_handed_axes(name: str) -> None:
    if not known_plots()[name].__module__.startswith("harness."):
        pytest.skip("a plot of somebody else may go without")
    assert takes(name, "width")
    assert takes(name, "axes")


@every_plot
def test_it_draws_into_axes_that_it_is_handed(name: str) -> None:
    found = whole(name, "ordinary").found if takes(name, "axes") else None
    if found is None:
        return
    count = len(figure_of(found).axes)
    figure = Figure(figsize=(12, 3))
    given = list(figure.subplots(1, count, squeeze=False).ravel())
    again = drawn(name, "ordinary", axes=given)
    assert list(np.ravel(np.array(again, dtype=object))) == given
    for panel, one in zip(given, figure_of(found).axes, strict=True):
        assert panel.get_title() == one.get_title()
        assert len(panel.lines) == len(one.lines)
        assert panel.get_xlim() == pytest.approx(one.get_xlim())


@every_plot
def test_it_returns_axes_with_a_reading(name: str) -> None:
    found = whole(name, "ordinary").found
    if found is None or not takes(name, "axes"):
        return
    assert isinstance(found, Axes | np.ndarray)
    figure = figure_of(found)
    assert isinstance(figure, NotebookFigure)
    assert figure.reading.endswith(".")
    assert figure.hides.endswith(".")
    assert len(figure.reading) > 60


@every_plot
@pytest.mark.parametrize("case", ["ordinary", "no target"])
def test_it_leaves_the_tables_as_they_are(name: str, case: str) -> None:
    assert whole(name, case).same_tables


@every_plot
def test_it_is_the_same_each_time(name: str) -> None:
    pictures = []
    for _ in range(2):
        found = drawn(name, "one problem")
        if found is None:
            return
        rendered(figure_of(found))
        canvas = figure_of(found).canvas
        assert isinstance(canvas, FigureCanvasAgg)
        pictures.append(bytes(canvas.buffer_rgba()))
    assert pictures[0] == pictures[1]


@every_plot
def test_a_word_that_is_none_of_an_option_s_is_refused_before_anything_is_drawn(name: str) -> None:
    plot = known_plots()[name]
    results = tables(next(iter(CASES)))
    for option, hint in get_type_hints(plot).items():
        if get_origin(hint) is Literal and option != "width":
            for word in ("no such word", True, 3):
                with pytest.raises(InputError, match=r"no such word|True|3"):
                    plot(results, **{option: word})
