"""Figures of statistics: what is drawn is what the statistic says, row by row and line by line."""

from __future__ import annotations

import itertools
import math
from typing import Any

import numpy as np
import pytest
from contracts.test_statistics import comparison, ordinary, solved
from matplotlib.axes import Axes
from matplotlib.lines import Line2D
from synthetic import LABELS, build, costs, run_row, synthetic

from harness.analysis.places import mean_places
from harness.plots.choice import GREY, emphasised, greyed
from harness.plots.media import medium_of
from harness.plots.style import line_looks
from harness.results import Results
from harness.runs.claims import Claim
from optimizers.errors import InputError

KINDS = ("adam", "gradient-descent", "rprop", "momentum", "lbfgs", "bfgs", "genetic-algorithm", "cmaes")
"""More than can be followed by eye."""


def many(**options: Any) -> Results:
    """Eight optimizers on two problems, the later ones the cheaper ones."""
    rows = [
        row
        for problem, (place, name) in itertools.product(("xor", "iris"), enumerate(KINDS))
        for row in costs([100.0 - 10 * place + seed for seed in range(6)], name, problem)
    ]
    return build(rows, **options)


def marks(panel: Axes) -> dict[int, Line2D]:
    """The mark of each row: it is the only point of its line, and no arrow at the end."""
    end = panel.get_xlim()[1]
    single = [line for line in panel.lines if len(line.get_xdata()) == 1 and line.get_xdata()[0] < end]
    return {int(line.get_ydata()[0]): line for line in single}


def row_labels(panel: Axes) -> list[str]:
    return ["".join(label.get_text().split()) for label in panel.get_yticklabels()]


class TestPlaces:
    def test_they_are_the_means_of_the_ranks_over_all_runs(self) -> None:
        results = build(
            [*costs([10.0, 40.0], "adam"), *costs([20.0, 30.0], "rprop"), *costs([math.inf], "lbfgs")]
        )
        # 10 < 20 < 30 < 40 < unsolved: places 1 to 5 of five runs.
        assert mean_places(results) == {
            ("adam", "analytic"): pytest.approx((1 + 4) / 2 / 5),
            ("rprop", "analytic"): pytest.approx((2 + 3) / 2 / 5),
            ("lbfgs", "analytic"): pytest.approx(1.0),
        }

    def test_where_it_was_not_run_it_is_last(self) -> None:
        results = build([*costs([10.0], "adam"), *costs([20.0], "rprop"), *costs([5.0], "rprop", "iris")])
        assert mean_places(results)["adam", "analytic"] == pytest.approx((0.5 + 1.0) / 2)


class TestEmphasis:
    def test_up_to_six_lines_all_stand_out(self) -> None:
        results = synthetic(np.random.default_rng(0), optimizers=6)
        looks = line_looks(results)
        assert emphasised(results, looks, None) == list(looks)

    def test_of_more_the_best_gradient_method_and_the_best_population(self) -> None:
        results = many()
        assert [line[0] for line in emphasised(results, line_looks(results), None)] == ["bfgs", "cmaes"]

    def test_those_that_claims_are_about(self) -> None:
        results = many()
        object.__setattr__(results, "claims", [Claim("rprop", "genetic-algorithm")])
        found = emphasised(results, line_looks(results), None)
        assert [line[0] for line in found] == ["rprop", "genetic-algorithm"]

    def test_those_that_are_asked_for(self) -> None:
        results = many()
        looks = line_looks(results)
        assert [line[0] for line in emphasised(results, looks, ["cmaes", "adam"])] == ["adam", "cmaes"]
        assert emphasised(results, looks, "all") == list(looks)
        with pytest.raises(InputError, match="unknown optimizer to emphasise 'adma': did you mean 'adam'"):
            emphasised(results, looks, "adma")

    def test_one_in_the_background_keeps_its_own_name(self) -> None:
        looks = line_looks(many())
        drawn, explained, said, caption = greyed(looks, list(looks)[1:], medium_of("column"))
        behind, *others = looks
        assert drawn[behind]["color"] == GREY
        assert [drawn[line]["color"] for line in others] == [looks[line]["color"] for line in others]
        assert explained[behind]["label"] == looks[behind]["label"]
        assert (said, caption) == ("", "")

    def test_the_rest_is_grey_and_named(self) -> None:
        results = many()
        panel = results.plot.kaplan_meier(problems="xor")
        colours = {line.get_label(): line.get_color() for line in panel.lines}
        grey = {label for label, colour in colours.items() if colour == "0.75"}
        assert grey == set(KINDS) - {"bfgs", "cmaes"}
        heading = " ".join(panel.figure.get_suptitle().split())
        assert heading.endswith("grey: adam, gradient-descent, rprop, momentum, lbfgs, genetic-algorithm")
        assert [text.get_text() for text in panel.figure.legends[0].get_texts()] == [
            "bfgs",
            "cmaes",
            "6 others",
        ]

    def test_a_panel_a_family(self) -> None:
        results = synthetic(np.random.default_rng(0), problems=1, optimizers=6, seeds=2)
        panels = results.plot.convergence(by="family")
        assert [panel.get_title() for panel in panels] == ["first order", "second order", "populations"]
        for panel, expected in zip(panels, [3, 1, 2], strict=True):
            members = [line for line in panel.lines if line.get_label() in LABELS]
            assert len(members) == 6
            assert sum(line.get_color() != "0.75" for line in members) == expected


class TestCostToTarget:
    def test_marks_and_bars_are_the_statistic(self) -> None:
        results = comparison(ordinary, problems=2, seeds=9)
        table = results.statistic("time-to-target").set_index(["problem", "optimizer"])
        panels = results.plot.cost_to_target()
        labels = row_labels(panels[0])
        assert labels == [line[0] for line in mean_places(results)]
        for panel, (height, label) in itertools.product(panels, enumerate(labels)):
            row = table.loc[(panel.get_title(), label)]
            mark = marks(panel)[height]
            if math.isfinite(row["time"]):
                assert mark.get_xdata()[0] == row["time"]
            else:
                assert mark.get_markerfacecolor() == "white"
            bars = [
                line
                for line in panel.lines
                if len(line.get_xdata()) == 2 and list(line.get_ydata()) == [height, height]
            ]
            low, high = panel.get_xlim()
            ends = max(row["time_low"], low), min(row["time_high"], high)
            if row["time_low"] > 0 or math.isfinite(row["time_high"]):
                assert list(bars[0].get_xdata()) == pytest.approx(ends)
            else:
                assert not bars
            assert f"{row['solved']}/{row['n']}" in [text.get_text() for text in panel.texts]

    def test_what_was_never_reached_stands_at_infinity(self) -> None:
        results = build([*costs([50.0] * 6, "adam"), *costs([math.inf] * 6, "rprop")])
        panel = results.plot.cost_to_target()
        assert panel.get_xticklabels()[-1].get_text() == "\N{INFINITY}"
        assert marks(panel)[1].get_xdata()[0] == panel.get_xticks()[-1] > 50
        assert "not reached" in panel.figure.get_suptitle()

    def test_other_axes_and_parts(self) -> None:
        results = comparison(ordinary, problems=1, seeds=9)
        for axis in ("iterations", "seconds"):
            table = results.statistic("time-to-target", axis=axis, fraction=0.25).set_index("optimizer")
            panel = results.plot.cost_to_target(axis=axis, fraction=0.25)
            for height, label in enumerate(row_labels(panel)):
                if math.isfinite(table.loc[label, "time"]):
                    assert marks(panel)[height].get_xdata()[0] == table.loc[label, "time"]

    def test_without_a_target_it_is_refused(self) -> None:
        results = build([run_row("a", "xor", "adam", target=math.nan)])
        with pytest.raises(InputError, match="plot 'cost-to-target' needs a problem with a target"):
            results.plot.cost_to_target()


class TestFinals:
    def test_every_run_is_a_dot(self) -> None:
        results = comparison(ordinary, problems=2, seeds=9)
        for panel in results.plot.finals():
            runs = results.runs[results.runs["problem"] == panel.get_title()]
            for label in row_labels(results.plot.finals()[0]):
                own = runs[runs["optimizer"] == label].sort_values("seed")
                height = row_labels(results.plot.finals()[0]).index(label)
                (dots,) = [
                    line
                    for line in panel.lines
                    if len(line.get_xdata()) == 9 and abs(line.get_ydata() - height).max() < 0.5
                ]
                bad = own["outcome"].isin(["diverged", "failed"]).to_numpy()
                assert list(dots.get_xdata()[~bad]) == list(own["final_loss"][~bad])
                assert (dots.get_xdata()[bad] > own["final_loss"][~bad].max()).all()

    def test_accuracy_has_a_linear_axis(self) -> None:
        panel = synthetic(np.random.default_rng(0), problems=1).plot.finals(of="accuracy")
        assert panel.get_xscale() == "linear"
        assert panel.get_xlabel() == "accuracy on test rows at the end"
        with pytest.raises(InputError, match="plot 'finals' needs runs with a test accuracy"):
            build([run_row("a", "xor", "adam", test_accuracy=math.nan)]).plot.finals(of="accuracy")


class TestCurves:
    @pytest.mark.parametrize(
        ("plot", "statistic", "x", "y"),
        [
            ("kaplan_meier", "kaplan-meier", "spent", "fraction"),
            ("runtime_ecdf", "runtime-ecdf:points=100", "spent", "share"),
        ],
    )
    def test_lines_are_the_statistic(self, plot: str, statistic: str, x: str, y: str) -> None:
        results = comparison(ordinary, problems=2, seeds=9)
        table = results.statistic(statistic)
        for panel in getattr(results.plot, plot)():
            for line in panel.lines:
                rows = table[
                    (table["problem"] == panel.get_title()) & (table["optimizer"] == line.get_label())
                ]
                drawn = dict(zip(line.get_xdata(), line.get_ydata(), strict=True))
                assert all(drawn[spent] == share for spent, share in zip(rows[x], rows[y], strict=True))
                assert line.get_drawstyle() == "steps-post"

    def test_a_performance_profile_by_counting(self) -> None:
        spent = {"adam": [10.0, 80.0], "rprop": [20.0, 20.0], "lbfgs": [50.0, math.inf]}
        rows = [
            row
            for name, times in spent.items()
            for problem, time in zip(("xor", "iris"), times, strict=True)
            for row in costs([time] * 3, name, problem)
        ]
        panel = build(rows).plot.performance_profile()
        for line in panel.lines:
            for factor, share in zip(line.get_xdata(), line.get_ydata(), strict=True):
                own = spent[line.get_label()]
                best = [min(times[place] for times in spent.values()) for place in range(2)]
                ratios = [time / least for time, least in zip(own, best, strict=True)]
                assert share == sum(ratio <= factor * (1 + 1e-12) for ratio in ratios) / 2
        assert panel.get_xlim()[0] == 1.0
        assert panel.get_title() == "2 problems with a target"

    def test_a_data_profile_by_counting(self) -> None:
        rows = [*costs([50.0] * 3, "adam", "xor"), *costs([400.0] * 3, "adam", "iris")]
        (line,) = build(rows).plot.data_profile().lines
        for kappa, share in zip(line.get_xdata(), line.get_ydata(), strict=True):
            assert share == sum(time <= kappa * 10 for time in (50.0, 400.0)) / 2
        assert {0.0, 0.5, 1.0} == set(line.get_ydata())


class TestCriticalDifferences:
    def test_marks_are_mean_ranks_and_bars_those_that_share_a_letter(self) -> None:
        rows = [
            row
            for problem in range(9)
            for place, name in enumerate(("adam", "rprop", "lbfgs", "cmaes"))
            for row in costs([10.0 + 20 * place + 3 * ((problem * (place + 1)) % 7)] * 2, name, f"p{problem}")
        ]
        results = build(rows)
        table = results.statistic("mean-rank")
        panel = results.plot.critical_differences()
        at_axis = [line.get_xdata()[0] for line in panel.lines if list(line.get_ydata()) == [0]]
        assert sorted(at_axis) == pytest.approx(sorted(table["rank"]))
        thick = [line for line in panel.lines if line.get_linewidth() > 2]
        expected = []
        for letter in sorted({sign for mark in table["letters"] for sign in mark}):
            members = table.loc[table["letters"].str.contains(letter), "rank"]
            if len(members) > 1:
                expected.append((members.min() - 0.04, members.max() + 0.04))
        found = sorted(tuple(line.get_xdata()) for line in thick)
        assert np.array(found) == pytest.approx(np.array(sorted(expected)))
        assert f"CD = {table['critical_difference'][0]:.2f}" in [text.get_text() for text in panel.texts]

    def test_what_was_not_run_everywhere_is_named(self) -> None:
        rows = [
            row
            for problem, name in itertools.product(range(6), ("adam", "rprop", "lbfgs"))
            for row in costs([10.0 + len(name)] * 2, name, f"p{problem}")
            if (problem, name) != (3, "lbfgs")
        ]
        panel = build(rows).plot.critical_differences()
        heading = " ".join(panel.figure.get_suptitle().split())
        assert heading.endswith("not on all of them, and left out: lbfgs")
        assert not any("lbfgs" in text.get_text() for text in panel.texts)

    def test_a_difference_longer_than_the_axis_is_only_named(self) -> None:
        rows = [
            row
            for problem, name in itertools.product(range(5), ("adam", "rprop"))
            for row in costs([10.0 + len(name) * (-1) ** problem] * 2, name, f"p{problem}")
        ]
        panel = build(rows).plot.critical_differences(level=0.999)
        (text,) = [text for text in panel.texts if text.get_text().startswith("CD = ")]
        assert text.get_position() == (1.0, -1.55)
        assert not [line for line in panel.lines if list(line.get_ydata()) == [-1.55, -1.55]]

    def test_of_many_ranks_some_have_a_number(self) -> None:
        names = [f"method-{number}" for number in range(30)]
        rows = [
            row
            for problem, (place, name) in itertools.product(range(5), enumerate(names))
            for row in costs([10.0 + (place * (problem + 1)) % 31], name, f"p{problem}")
        ]
        panel = build(rows).plot.critical_differences()
        numbers = [int(text.get_text()) for text in panel.texts if text.get_text().isdigit()]
        assert numbers[0] == 1
        assert len(set(np.diff(numbers))) == 1
        assert numbers[1] > 2

    def test_four_problems_are_too_few(self) -> None:
        with pytest.raises(InputError, match="needs 5 problems or more, found 4"):
            comparison(ordinary, problems=4).plot.critical_differences()


class TestWhatIsMissing:
    @pytest.mark.parametrize("plot", ["kaplan_meier", "finals"])
    def test_an_optimizer_that_was_not_run_on_a_problem_has_nothing_there(self, plot: str) -> None:
        rows = [*costs([10.0] * 4, "adam"), *costs([20.0] * 4, "rprop"), *costs([5.0] * 4, "adam", "iris")]
        xor, iris = getattr(build(rows).plot, plot)()
        alone = getattr(build([row for row in rows if row["optimizer"] == "adam"]).plot, plot)()[1]
        assert len(iris.lines) == len(alone.lines) < len(xor.lines)

    def test_accuracies_that_one_optimizer_lacks_leave_its_row_empty(self) -> None:
        rows = costs([10.0] * 8, "adam") + costs([10.0] * 8, "rprop", test_accuracy=math.nan)
        panel = build(rows).plot.finals(of="accuracy")
        heights = {
            round(float(np.mean(line.get_ydata())), 1) for line in panel.lines if line.get_alpha() is None
        }
        assert heights == {float(row_labels(panel).index("adam"))}

    def test_losses_that_are_none_leave_an_axis_from_0_to_1(self) -> None:
        failed = {"outcome": "failed", "final_loss": math.nan, "best_loss": math.nan, "target": math.nan}
        panel = build(costs([math.inf] * 4, "adam", **failed)).plot.finals()
        # Beyond the end is the place of those that have none.
        assert panel.get_xlim()[0] == 0.0
        assert panel.get_xlim()[1] >= 1.0
        assert "\N{INFINITY}" in {label.get_text() for label in panel.get_xticklabels()} | {
            text.get_text() for text in panel.texts
        }

    def test_more_rows_than_a_page_holds_have_names_of_one_line(self) -> None:
        labels = [
            f"genetic-algorithm(population_size={n}, mutation_type=adaptive, crossover_type=two_points, "
            f"parent_selection_type=tournament, keep_elitism={n})"
            for n in range(1, 80)
        ]
        rows = [row for label in labels for row in costs([10.0] * 2, label)]
        few = [row for row in rows if row["optimizer"] in labels[:3]]
        many_lines, few_lines = (
            {text.get_text().count("\n") for text in build(part).plot.finals().get_yticklabels()}
            for part in (rows, few)
        )
        assert many_lines == {0}
        assert max(few_lines) > 0


class TestCrossover:
    def test_marks_are_the_statistic_and_filled_where_the_row_leads(self) -> None:
        results = comparison(ordinary, problems=2, seeds=9)
        table = results.statistic("crossover", against="adam").set_index(["problem", "optimizer"])
        panels = results.plot.crossover()
        labels = row_labels(panels[0])
        assert sorted(labels) == ["lbfgs", "rprop"]
        for panel, (height, label) in itertools.product(panels, enumerate(labels)):
            row = table.loc[(panel.get_title(), label)]
            mark = marks(panel).get(height)
            assert (mark is None) == math.isnan(row["spent"])
            if mark is not None:
                assert mark.get_xdata()[0] == row["spent"]
                assert (mark.get_markerfacecolor() != "white") == (row["leader"] == f"{label} analytic")

    def test_one_optimizer_alone_is_refused(self) -> None:
        with pytest.raises(InputError, match="plot 'crossover' needs runs of adam and of another"):
            comparison(ordinary).where(optimizer="adam").plot.crossover()

    def test_several_of_the_one_that_is_compared_with_are_refused(self) -> None:
        rows = [
            row | {"gradient": gradient, "run_id": f"{gradient} {row['run_id']}"}
            for gradient in ("analytic", "symbolic")
            for name in ("adam", "rprop")
            for row in costs([10.0 + len(name)] * 3, name)
        ]
        with pytest.raises(InputError, match="needs one adam, and there are several: give its label, or"):
            build(rows).plot.crossover(against="adam")


class TestSweepHeatmap:
    def results(self, **more: Any) -> Results:
        rows = []
        for rate, beta in itertools.product((0.1, 0.01, 1.0), (0.5, 0.9)):
            label = f"momentum(learning_rate={rate}, momentum={beta})"
            rows += costs([100 * rate + 10 * beta if rate < 1 else math.inf] * 6, label)
        return build(rows, **more)

    def test_cells_are_the_statistic_in_the_order_of_numbers(self) -> None:
        panel = self.results().plot.sweep_heatmap()
        assert [label.get_text() for label in panel.get_xticklabels()] == ["0.01", "0.1", "1.0"]
        assert [label.get_text() for label in panel.get_yticklabels()] == ["0.5", "0.9"]
        assert (panel.get_xlabel(), panel.get_ylabel()) == ("learning_rate", "momentum")
        cells = {text.get_position(): text.get_text() for text in panel.texts}
        assert cells == {
            (0, 0): "6.00", (1, 0): "15.0", (2, 0): "\N{INFINITY}",
            (0, 1): "10.0", (1, 1): "19.0", (2, 1): "\N{INFINITY}",
        }  # fmt: skip
        shades = panel.images[0].get_array()
        assert shades[0, 0] == shades.max()
        assert (shades[:, 2] == 0).all()

    def test_without_a_target_there_is_no_cost_to_draw(self) -> None:
        results = self.results()
        results.runs["target"] = math.nan
        with pytest.raises(InputError, match="needs a problem with a target: take of=loss instead"):
            results.plot.sweep_heatmap()
        assert results.plot.sweep_heatmap(of="loss").texts

    def test_values_that_are_too_long_to_stand_side_by_side_stand_upright(self) -> None:
        labels = [
            f"momentum(learning_rate={rate:.9f}, momentum={beta})"
            for rate, beta in itertools.product(np.arange(1, 7) * 0.123456789, (0.5, 0.9))
        ]
        long = build([row for label in labels for row in costs([9.0] * 3, label)])
        for results, rotation in ((long, 90.0), (self.results(), 0.0)):
            panel = results.plot.sweep_heatmap(width="column")
            assert {label.get_rotation() for label in panel.get_xticklabels()} == {rotation}

    def test_axes_can_be_exchanged_and_other_numbers_drawn(self) -> None:
        panel = self.results().plot.sweep_heatmap(x="momentum", of="solved")
        assert (panel.get_xlabel(), panel.get_ylabel()) == ("momentum", "learning_rate")
        assert sorted({text.get_text() for text in panel.texts}) == ["0", "1.00"]

    @pytest.mark.parametrize(
        ("options", "said"),
        [
            ({"x": "learning_rte"}, "did you mean 'learning_rate'"),
            ({"x": "momentum", "y": "momentum"}, "x and y are both momentum, expected two options"),
            ({"optimizer": "momentun"}, "did you mean 'momentum'"),
        ],
    )
    def test_what_cannot_be_drawn_is_refused(self, options: dict[str, str], said: str) -> None:
        with pytest.raises(InputError, match=said):
            self.results().plot.sweep_heatmap(**options)

    def test_one_option_is_too_few(self) -> None:
        with pytest.raises(InputError, match="needs an optimizer of which two options vary, found none"):
            comparison(lambda *_: solved(50.0)).plot.sweep_heatmap()

    def test_a_third_option_that_varies_is_refused(self) -> None:
        labels = [f"adam(a={a}, b={b}, c={c})" for a, b, c in itertools.product("12", "34", "56")]
        results = build([row for label in labels for row in costs([9.0] * 3, label)])
        with pytest.raises(InputError, match="and c varies as well: choose"):
            results.plot.sweep_heatmap()
