"""The specification curve: which marks stand below which estimate."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from matplotlib.axes import Axes
from matplotlib.collections import LineCollection
from matplotlib.colors import to_hex
from matplotlib.figure import Figure
from synthetic import build, synthetic
from test_robustness import CLAIM, LEADS_EARLY, LEADS_LATE, race

from harness.analysis.robustness import robustness
from harness.plots.specification_curve import LOOKS, specification_curve
from harness.runs.claims import claims_of
from optimizers.errors import InputError


def marks(matrix: Axes) -> dict[str, set[float]]:
    """Return the places of the marks in each row, by its label."""
    places = [
        {float(path.vertices[0, 0]) for path in found.get_paths()}
        for found in matrix.collections
        if isinstance(found, LineCollection)
    ]
    return dict(zip([text.get_text() for text in matrix.get_yticklabels()], places, strict=True))


def test_each_choice_has_its_estimate_and_a_mark_in_every_block() -> None:
    results = race(LEADS_LATE, LEADS_EARLY)
    figure = specification_curve(results, better="adam", than="rprop").figure
    (robust,) = robustness(results, CLAIM)[1]
    above, matrix = figure.axes
    points = sorted(
        (x, y)
        for line in above.lines
        for x, y in zip(*line.get_data(), strict=True)
        if len(line.get_xdata()) and line.get_linestyle() == "None"
    )
    assert [x for x, _ in points] == list(range(len(robust.tried)))
    assert [y for _, y in points] == sorted(one.estimate for one in robust.tried)
    rows = marks(matrix)
    everything = set(map(float, range(len(robust.tried))))
    assert rows["target"] | rows["3 x target"] == rows["budget"] | rows["budget / 2"] == everything
    assert not rows["target"] & rows["3 x target"]
    assert rows["target / 3 (n/a)"] == rows["2 x budget (n/a)"] == set()
    measures = ("cost to target", "starts solved", "final loss", "test accuracy", "anytime area")
    assert sum(len(rows[name]) for name in measures) == len(robust.tried)
    assert (
        rows["in cost"] | rows["in iterations"] | rows["in seconds"]
        == rows["cost to target"] | rows["anytime area"]
    )


def test_it_is_as_wide_as_a_column_and_answers_differ_in_shape() -> None:
    figure = specification_curve(race(LEADS_LATE, LEADS_EARLY, problems=("a", "b", "c")), problem="b").figure
    assert figure.get_size_inches()[0] == pytest.approx(8.5 / 2.54)
    assert (
        len({look["marker"] for look in LOOKS.values()})
        == len({to_hex(look["color"]) for look in LOOKS.values()})
        == 4
    )
    assert "adam against rprop on b" in figure.get_suptitle()


def test_it_is_drawn_into_two_axes_that_are_handed_in() -> None:
    results, figure = race(LEADS_LATE, LEADS_EARLY), Figure()
    given = figure.subplots(2)
    drawn = specification_curve(results, axes=given)
    assert list(drawn) == list(given)
    own = specification_curve(results)
    for panel, other in zip(drawn, own, strict=True):
        assert [len(line.get_xdata()) for line in panel.lines] == [
            len(line.get_xdata()) for line in other.lines
        ]


@pytest.mark.parametrize(
    ("axes", "count"), [(1, 1), (3, 3), ("no axes", 1)], ids=["one", "three", "no axes at all"]
)
def test_another_number_of_axes_is_refused(axes: Any, count: int) -> None:
    given = Figure().subplots(axes) if isinstance(axes, int) else axes
    with pytest.raises(InputError, match=f"draws 2 panels, and axes has {count}: hand in 2 Axes, or leave"):
        specification_curve(race(LEADS_LATE, LEADS_EARLY), axes=given)


def test_over_problems_each_has_a_row_without_it() -> None:
    figure = specification_curve(race(LEADS_LATE, LEADS_EARLY, problems=("a", "b", "c"))).figure
    labels = [text.get_text() for text in figure.axes[1].get_yticklabels()]
    assert labels[-4:] == ["all problems", "without a", "without b", "without c"]


def test_of_two_claims_by_different_measures_one_is_named() -> None:
    claims = [{"better": "adam", "than": "rprop", "by": measure} for measure in ("cost-to-target", "solved")]
    results = race(LEADS_LATE, LEADS_EARLY)
    results = replace(results, claims=claims_of(claims))
    with pytest.raises(InputError, match="needs one verdict, found 2"):
        specification_curve(results)
    for measure, words in (("cost-to-target", "cost to target"), ("solved", "starts solved")):
        _, matrix = specification_curve(results, by=measure).figure.axes
        (decided,) = {float(line.get_xdata()[0]) for line in matrix.lines if line.get_linestyle() == "--"}
        assert decided in marks(matrix)[words]


@pytest.mark.parametrize(
    ("options", "said"),
    [
        ({}, "needs one verdict, found 3: name it, such as"),
        ({"better": "adm"}, "unknown optimizer of these verdicts 'adm'"),
        ({"problem": "iris"}, "unknown problem of these verdicts 'iris'"),
    ],
)
def test_what_is_no_verdict_is_refused(options: dict[str, str], said: str) -> None:
    results = synthetic(np.random.default_rng(1), problems=1, optimizers=3, seeds=3)
    with pytest.raises(InputError, match=said):
        specification_curve(results, **options)
    with pytest.raises(InputError, match="needs one verdict, found 0"):
        specification_curve(build([]))
