"""The summary against plain loops: nothing dropped, infinities kept, a table that fits its terminal."""

import io
import math
import statistics

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from rich.console import Console
from synthetic import LABELS, PROBLEMS, build, quantile_by_counting, run_row, synthetic

from harness.analysis.numbers import significant
from harness.analysis.summary import _quantiles, quantile, summarize
from harness.report.table import as_text, render, skipped_lines
from harness.results import Results
from harness.runs.tables import RUN_COLUMNS, TRACE_COLUMNS, gradient_sources
from optimizers.errors import InputError

REASON = "the perceptron rule does not train hidden layers: take a problem with one layer, such as setosa"


def printed(results: Results, width: int) -> str:
    stream = io.StringIO()
    render(summarize(results), results.skipped, Console(file=stream, width=width))
    return stream.getvalue()


def five(outcomes: list[tuple[str, float, float]], **values: object) -> Results:
    """One optimizer on one problem, a run for every (outcome, final loss, cost to the target)."""
    rows = [
        run_row(
            str(seed),
            "xor",
            "adam",
            seed=seed,
            outcome=outcome,
            final_loss=loss,
            cost_to_target=cost,
            **values,
        )
        for seed, (outcome, loss, cost) in enumerate(outcomes)
    ]
    return build(rows)


@given(
    st.lists(st.floats(), min_size=1, max_size=12),
    st.sampled_from([0.0, 0.1, 0.25, 0.5, 0.75, 0.9, 1.0, (1 - 0.8) / 2, (1 + 0.8) / 2]),
)
@settings(database=None)
def test_quantile_is_what_counting_says(values: list[float], fraction: float) -> None:
    assert quantile(values, fraction) == quantile_by_counting(values, fraction)


@given(st.lists(st.floats(-1e9, 1e9), min_size=1, max_size=12))
@settings(database=None)
def test_the_median_is_the_ordinary_one(values: list[float]) -> None:
    assert quantile(values, 0.5) == pytest.approx(statistics.median(values), rel=1e-15, abs=1e-300)


def test_quantile_works_along_the_first_axis() -> None:
    table = np.array([[1.0, np.nan, 5.0], [2.0, np.inf, 1.0], [9.0, -3.0, 2.0]])
    assert quantile(table, 0.5).tolist() == [2.0, math.inf, 2.0]


@given(
    st.lists(st.tuples(st.integers(0, 3), st.floats(allow_nan=True)), min_size=1, max_size=60),
    st.sampled_from([0.0, 0.1, 0.25, 0.5, 0.75, 1.0]),
)
@settings(database=None)
def test_quantiles_of_all_groups_are_those_of_each(pairs: list[tuple[int, float]], fraction: float) -> None:
    names, values = np.array([name for name, _ in pairs]), np.array([value for _, value in pairs])
    found, group = np.unique(names, return_inverse=True)
    apart = [quantile(values[names == name], fraction) for name in found]
    assert np.array_equal(_quantiles(values, group, np.bincount(group), fraction), apart)


@pytest.mark.parametrize("gradients", [("analytic",), ("analytic", "central-difference")])
def test_summary_equals_plain_loops(gradients: tuple[str, ...]) -> None:
    results = synthetic(np.random.default_rng(3), problems=3, optimizers=4, seeds=7, gradients=gradients)
    summary = summarize(results)
    groups: dict[tuple[str, str, str], list[dict]] = {}
    for row in results.runs.to_dict("records"):
        gradient = "" if row["gradient"] == "none" else row["gradient"]
        groups.setdefault((row["problem"], row["optimizer"], gradient), []).append(row)
    assert [tuple(row) for row in summary[["problem", "optimizer", "gradient"]].values] == list(groups)
    for (_, found), rows in zip(summary.iterrows(), groups.values(), strict=True):
        losses = [math.inf if row["outcome"] in ("diverged", "failed") else row["final_loss"] for row in rows]
        assert found["runs"] == len(rows)
        assert found["solved"] == sum(row["outcome"] == "solved" for row in rows)
        for column, fraction in (("loss_q1", 0.25), ("loss_median", 0.5), ("loss_q3", 0.75)):
            assert found[column] == quantile_by_counting(losses, fraction)
        to_target = statistics.median(
            math.inf if math.isnan(r["cost_to_target"]) else r["cost_to_target"] for r in rows
        )
        assert found["cost_to_target_median"] == to_target
        assert found["cost_median"] == statistics.median(row["cost"] for row in rows)
        assert found["seconds_median"] == pytest.approx(
            statistics.median(row["seconds"] for row in rows), rel=1e-15
        )
        accuracy = statistics.median(row["test_accuracy"] for row in rows)
        assert found["test_accuracy_median"] == pytest.approx(accuracy, rel=1e-15)


def test_the_summary_has_the_promised_columns_in_order() -> None:
    assert list(summarize(five([("solved", 0.0, 1.0)]))) == [
        "problem",
        "optimizer",
        "gradient",
        "runs",
        "solved",
        "loss_median",
        "loss_q1",
        "loss_q3",
        "cost_to_target_median",
        "test_accuracy_median",
        "cost_median",
        "seconds_median",
    ]


@pytest.mark.parametrize(
    ("solved", "expected"),
    [(5, 30.0), (4, 30.0), (3, 30.0), (2, math.inf), (0, math.inf)],
)
def test_cost_to_target_counts_the_unsolved_as_infinite(solved: int, expected: float) -> None:
    ends = [("solved", 0.01, 10.0 * (seed + 1)) for seed in range(solved)]
    ends += [("budget", 0.2, math.nan)] * (5 - solved)
    assert summarize(five(ends)).loc[0, "cost_to_target_median"] == expected


def test_half_solved_has_no_median_cost() -> None:
    ends = [
        ("solved", 0.01, 10.0),
        ("solved", 0.01, 20.0),
        ("stalled", 0.3, math.nan),
        ("failed", math.nan, math.nan),
    ]
    row = summarize(five(ends)).loc[0]
    assert (row["solved"], row["cost_to_target_median"]) == (2, math.inf)


def test_a_problem_without_a_target_has_no_cost_to_it() -> None:
    results = five([("budget", 0.2, math.nan)], target=math.nan)
    assert math.isnan(summarize(results).loc[0, "cost_to_target_median"])
    assert "target" not in printed(results, 100)


@pytest.mark.parametrize(
    "bad", [("diverged", math.nan), ("diverged", math.inf), ("failed", 0.001), ("failed", math.nan)]
)
def test_runs_without_a_result_count_as_infinite_losses(bad: tuple[str, float]) -> None:
    outcome, loss = bad
    row = summarize(
        five([("budget", 0.1, math.nan), ("budget", 0.2, math.nan), (outcome, loss, math.nan)])
    ).loc[0]
    assert (row["loss_q1"], row["loss_median"], row["loss_q3"]) == (0.1, 0.2, math.inf)
    row = summarize(
        five([("budget", 0.1, math.nan), (outcome, loss, math.nan), (outcome, loss, math.nan)])
    ).loc[0]
    assert (row["loss_q1"], row["loss_median"]) == (0.1, math.inf)


def test_missing_accuracies_rank_below_all_others() -> None:
    def median(*accuracies: float) -> float:
        rows = [
            run_row(str(seed), "xor", "adam", test_accuracy=value) for seed, value in enumerate(accuracies)
        ]
        return summarize(build(rows)).loc[0, "test_accuracy_median"]

    assert median(0.9, math.nan, 0.7) == 0.7
    assert math.isnan(median(0.9, math.nan, math.nan))
    assert math.isnan(median(math.nan))


def test_a_missing_gradient_source_is_a_group_of_its_own() -> None:
    rows = [run_row("a", "xor", "random-search", gradient=None), run_row("b", "xor", "adam")]
    summary = summarize(build(rows))
    assert list(summary["gradient"]) == ["", "analytic"]
    assert "gradient" not in as_text(summary)


@pytest.mark.parametrize(
    ("number", "text"),
    [
        (0.0, "0"),
        (1.0, "1.00"),
        (0.09996, "0.100"),
        (999.6, "1000"),
        (123456.0, "123000"),
        (999999.0, "1.00e6"),
        (0.001, "0.00100"),
        (0.00012345, "1.23e-4"),
        (0.000012345, "1.23e-5"),
        (-1.0316, "-1.03"),
        (1e-300, "1.00e-300"),
        (math.inf, "inf"),
        (math.nan, "-"),
    ],
)
def test_three_significant_digits(number: float, text: str) -> None:
    assert significant(number) == text


@pytest.mark.parametrize("width", [60, 80, 100, 140])
@pytest.mark.parametrize("gradients", [("analytic",), ("analytic", "central-difference")])
def test_the_table_fits_and_breaks_no_word(width: int, gradients: tuple[str, ...]) -> None:
    results = synthetic(np.random.default_rng(5), problems=3, optimizers=8, seeds=5, gradients=gradients)
    text = printed(results, width)
    assert max(len(line) for line in text.splitlines()) <= width
    words = text.split()
    for problem in PROBLEMS[:3]:
        assert words.count(problem) == 1
    for label in LABELS:
        # Whole, or taken apart at its parenthesis and commas.
        folded = label.replace("(", "( ").split()
        assert all(part in words for part in label.split()) or all(part in words for part in folded)
    summary = summarize(results)
    for row in as_text(summary).itertuples():
        assert row.solved in words
        assert row.loss in words
    assert ("central-difference" in words) == (len(gradients) > 1)


def test_wide_enough_a_table_shows_every_column_in_one_line_a_row() -> None:
    results = five([("solved", 0.01, 40.0), ("solved", 0.03, 60.0), ("diverged", math.nan, math.nan)])
    lines = [line.rstrip() for line in printed(results, 100).splitlines()]
    assert lines[2] == "xor"
    assert lines[3].split() == ["adam", "2/3", "0.0300", "0.0100..inf", "60.0", "0.800", "300", "0.0100"]
    assert "inf: a run that diverged or failed counts as an infinite loss." in lines
    assert not any("not reached" in line or "Left out" in line for line in lines)


def test_what_is_not_reached_is_said_and_explained() -> None:
    text = printed(five([("budget", 0.2, math.nan)]), 100)
    assert "not reached" in text.splitlines()[3]
    assert "not reached: no more than half of the runs got to the target." in text
    assert "inf" not in text


def test_a_narrow_table_says_what_it_left_out() -> None:
    results = synthetic(np.random.default_rng(5), problems=1, optimizers=8, seeds=5)
    assert "Left out" not in printed(results, 100)
    text = " ".join(printed(results, 80).split())
    assert "Left out, for they do not fit into 80 columns: seconds, quartiles of the loss." in text


def test_labels_with_brackets_are_no_markup() -> None:
    label = "adam(hidden=[bold], rate=[/])"
    assert label in printed(build([run_row("a", "parity[red]", label)]), 100)
    assert "parity[red]" in printed(build([run_row("a", "parity[red]", label)]), 100)


def refused(problem: str, optimizer: str, gradient: str = "analytic", reason: str = REASON) -> dict[str, str]:
    return {"problem": problem, "optimizer": optimizer, "gradient": gradient, "reason": reason}


def test_what_was_skipped_is_told_once_a_reason() -> None:
    skipped = [refused(problem, "perceptron-rule") for problem in PROBLEMS[:5]]
    skipped += [
        refused("digits", "newton", reason="too large"),
        refused("digits", "levenberg", reason="too large"),
    ]
    results = build([run_row("a", "xor", "adam")], skipped=skipped)
    assert skipped_lines(summarize(results), results.skipped) == [
        f"perceptron-rule on {', '.join(PROBLEMS[:5])}: {REASON}",
        "newton, levenberg on digits: too large",
    ]
    text = printed(results, 80)
    assert " ".join(text.split()).count(REASON) == 1
    assert max(len(line) for line in text.splitlines()) <= 80


def test_gradient_sources_of_skipped_pairs_are_named_where_there_are_several() -> None:
    rows = [run_row("a", "xor", "adam"), run_row("b", "xor", "adam", gradient="symbolic")]
    skipped = [
        refused("digits", "adam", "symbolic", "too large"),
        refused("wine", "adam", "symbolic", "too large"),
        refused("wine", "lbfgs", "analytic", "too large"),
        refused("wine", "lbfgs", "symbolic", "too large"),
    ]
    results = build(rows, skipped=skipped)
    line = "adam on digits, wine with symbolic; lbfgs on wine with analytic, symbolic: too large"
    assert skipped_lines(summarize(results), results.skipped) == [line]


def test_nothing_but_skipped_pairs() -> None:
    results = build([], skipped=[refused("xor", "perceptron-rule")])
    assert summarize(results).empty
    assert " ".join(printed(results, 80).split()) == f"skipped perceptron-rule on xor: {REASON}"
    assert repr(results) == "Results('synthetic': no runs, 1 skipped)"
    assert "perceptron-rule on xor" in results._repr_html_()


def test_results_say_what_they_hold() -> None:
    rows = [
        run_row("a", "xor", "adam"),
        run_row("b", "xor", "lbfgs", outcome="failed"),
        run_row("c", "xor", "adam"),
    ]
    assert repr(build(rows)) == "Results('synthetic': 1 problem x 2 optimizers, 3 runs (2 budget, 1 failed))"
    rows.append(run_row("d", "iris", "adam", gradient="symbolic"))
    assert "2 problems x 2 optimizers x 2 gradient sources, 4 runs" in repr(build(rows))
    assert gradient_sources(build(rows).runs) == ["analytic", "symbolic"]


def test_a_notebook_sees_the_summary_with_nothing_unescaped() -> None:
    page = build([run_row("a", "<b>xor", "adam")], name="<i>n", question="a < b?")._repr_html_()
    for text in ("&lt;b&gt;xor", "&lt;i&gt;n", "a &lt; b?", "0.100..0.100", "not reached: no more than half"):
        assert text in page
    assert "<b>" not in page
    assert "<i>" not in page


def test_a_table_without_its_columns_is_refused_with_the_remedy() -> None:
    runs, trace = pd.DataFrame(columns=RUN_COLUMNS), pd.DataFrame(columns=TRACE_COLUMNS)
    with pytest.raises(
        InputError, match=r"'skipped' has no column problem.*harness\.runs\.tables\.SKIPPED_COLUMNS"
    ):
        Results("n", "", runs, trace, pd.DataFrame())
    with pytest.raises(InputError, match=r"'runs' has no column cost: build it with .*RUN_COLUMNS"):
        Results("n", "", runs.drop(columns="cost"), trace, pd.DataFrame())


def test_summaries_leave_the_runs_as_they_were() -> None:
    results = synthetic(np.random.default_rng(8))
    before = results.runs.copy()
    summarize(results)
    printed(results, 80)
    pd.testing.assert_frame_equal(results.runs, before)
