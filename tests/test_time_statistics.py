"""Times of which some are censored, against lifelines, statsmodels, published examples and plain loops."""

from __future__ import annotations

import math
import statistics

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.optimize import brentq
from scipy.stats import norm, quantile_test
from scipy.stats import t as student
from synthetic import build, run_row, synthetic, trace_rows

from harness.analysis.expected_running_time import expected_running_time
from harness.analysis.grouping import groups
from harness.analysis.kaplan_meier import kaplan_meier
from harness.analysis.medians import median_interval, rank_below
from harness.analysis.proportions import share_interval, wilson_interval
from harness.analysis.restricted_mean_time import common_limit, restricted_mean
from harness.analysis.time_to_target import time_quantile
from harness.analysis.times import Times, times_to_target
from harness.results import Results
from optimizers.errors import InputError


def test_a_rank_whose_tail_is_just_the_level_is_taken() -> None:
    # P(Binomial(5, 1/2) = 0) = 1/32.
    assert (rank_below(5, 0.5, 1 / 32), rank_below(5, 0.5, 1 / 32 - 1e-9)) == (1, 0)


def test_a_run_that_is_solved_at_the_limit_is_solved() -> None:
    time, solved = np.array([3.0, 4.0, 5.0, 6.0, 6.0, 6.0]), np.full(6, True)
    at, behind = restricted_mean(time, solved, 6.0), restricted_mean(time, solved, 6.0 + 1e-9)
    assert at[0] == pytest.approx(5.0, rel=1e-12)
    assert at[1] == pytest.approx(behind[1], rel=1e-6)
    assert 3.0 < at[1][0] < 4.5


def test_the_expected_time_of_one_run_or_of_none_that_cost_anything_has_no_upper_end() -> None:
    assert expected_running_time(np.array([5.0]), np.array([True])) == (5.0, (0.0, math.inf))
    assert expected_running_time(np.zeros(3), np.full(3, True)) == (0.0, (0.0, math.inf))
    ert, (low, high) = expected_running_time(np.array([0.5, 1.5]), np.full(2, True))
    assert ert == 1.0
    assert 0.0 < low < 0.5
    assert 1.5 < high < math.inf


@pytest.mark.parametrize(("half", "finite"), [(699.5, True), (700.5, False)])
def test_an_upper_end_beyond_e_to_the_seven_hundred_is_none(half: float, finite: bool) -> None:
    # Of two runs of 1 and 3 half of the interval is half of Student's t of one degree, a tangent.
    level = 2.0 / math.pi * math.atan(2.0 * half)
    high = expected_running_time(np.array([1.0, 3.0]), np.full(2, True), level)[1][1]
    assert math.isfinite(high) is finite


def test_without_a_target_there_is_no_expected_time() -> None:
    rows = [run_row(str(seed), "xor", "adam", seed=seed, target=math.nan) for seed in range(3)]
    found = build(rows).statistic("expected-running-time")
    assert found[["ert", "ert_low", "ert_high"]].isna().to_numpy().all()


def test_ends_of_runs_that_are_all_alike_are_those_of_a_part_that_may_be_unlike_them() -> None:
    squared = norm.ppf(0.975) ** 2
    part = squared / (4 + squared)
    none = restricted_mean(np.full(4, 9.0), np.full(4, False), 6.0)
    assert none == (6.0, (pytest.approx(6 * (1 - part), rel=1e-12), 6.0))
    mean, (low, high) = restricted_mean(np.full(4, 3.0), np.full(4, True), 5.0)
    assert (mean, low, high) == (3.0, pytest.approx(3 * (1 - part)), pytest.approx(3 + 2 * part))
    ert, (low, high) = expected_running_time(np.full(4, 3.0), np.full(4, True))
    assert (ert, low, high) == (3.0, pytest.approx(3 * (1 - part)), math.inf)
    ert, (low, high) = expected_running_time(np.array([1.0, 2.0, 3.0, 6.0]), np.full(4, False))
    assert (ert, low, high) == (math.inf, pytest.approx(3 / part), math.inf)


def test_the_common_limit_is_that_of_the_first_curve_that_ends_or_all_that_was_spent() -> None:
    spent = np.array([1.0, 4.0, 9.0])
    whole = Times(np.full(3, True), spent, spent)
    cut = Times(np.array([True, False, True]), spent, spent)
    longer = Times(np.full(3, True), 2 * spent, 2 * spent)
    assert common_limit([whole, longer]) == 18.0
    assert common_limit([longer, cut]) == 4.0


# Remission times in weeks of Freireich and others (1963), as in Kalbfleisch and Prentice, table 1.2.
MERCAPTOPURINE = [6, 6, 6, 7, 10, 13, 16, 22, 23, 6, 9, 10, 11, 17, 19, 20, 25, 32, 32, 34, 35]
ENDED = [True] * 9 + [False] * 12
PLACEBO = [1, 1, 2, 2, 3, 4, 4, 5, 5, 8, 8, 8, 8, 11, 11, 12, 12, 15, 17, 22, 23]


@pytest.mark.parametrize(
    ("solved", "n", "level", "low", "high"),
    [
        (0, 10, 0.95, 0.0, 0.2775327998628892),
        (3, 10, 0.95, 0.10779126740630099, 0.6032218525388546),
        (10, 10, 0.95, 0.7224672001371107, 1.0),
        (37, 50, 0.95, 0.6044684273515117, 0.8412847250644762),
        (1, 3, 0.9, 0.07826572633372836, 0.746466131718776),
        # Newcombe (1998), Two-sided confidence intervals for the single proportion, table I, method 3.
        (81, 263, 0.95, 0.2553, 0.3662),
        (15, 148, 0.95, 0.0624, 0.1605),
        (1, 29, 0.95, 0.0061, 0.1718),
    ],
)
def test_wilson_interval_is_that_of_statsmodels_and_of_newcombe(
    solved: int, n: int, level: float, low: float, high: float
) -> None:
    digits = 5e-5 if round(high, 4) == high and n > 20 else 1e-12
    assert wilson_interval(solved, n, level) == pytest.approx((low, high), abs=digits)


@given(st.integers(1, 200), st.data())
@settings(database=None)
def test_wilson_interval_is_where_the_score_is_within_the_quantile(n: int, data: st.DataObject) -> None:
    solved = data.draw(st.integers(0, n))
    for end in wilson_interval(solved, n):
        if 0 < end < 1:
            score = abs(solved / n - end) / math.sqrt(end * (1 - end) / n)
            assert score == pytest.approx(1.959963984540054, rel=1e-9)


class TestKaplanMeier:
    curve = kaplan_meier(np.array(MERCAPTOPURINE, dtype=float), np.array(ENDED))

    def test_the_curve_is_that_of_lifelines(self) -> None:
        assert self.curve.time.tolist() == [6, 7, 10, 13, 16, 22, 23]
        assert self.curve.at_risk.tolist() == [21, 17, 15, 12, 11, 7, 6]
        expected = [
            0.857142857142857, 0.8067226890756299, 0.7529411764705878, 0.6901960784313722,
            0.6274509803921566, 0.5378151260504199, 0.44817927170868327,
        ]  # fmt: skip
        assert self.curve.unsolved == pytest.approx(expected, rel=1e-12)

    def test_its_intervals_are_those_of_lifelines(self) -> None:
        low = [0.619718, 0.563147, 0.503200, 0.431610, 0.367511, 0.267779, 0.188052]
        high = [0.951552, 0.922809, 0.889362, 0.849066, 0.804912, 0.746791, 0.680143]
        assert self.curve.low == pytest.approx(low, abs=5e-7)
        assert self.curve.high == pytest.approx(high, abs=5e-7)

    def test_where_all_have_solved_the_upper_end_is_that_of_the_event_before(self) -> None:
        curve = kaplan_meier(np.array(PLACEBO, dtype=float), np.full(21, True))
        assert (curve.unsolved[-1], curve.low[-1]) == (0.0, 0.0)
        assert curve.high[-1] == curve.high[-2] == pytest.approx(0.197045, abs=5e-7)
        alone = kaplan_meier(np.array([3.0]), np.array([True]))
        assert (alone.unsolved[0], alone.low[0], alone.high[0]) == (0.0, 0.0, 1.0)

    @given(st.lists(st.tuples(st.integers(1, 12), st.booleans()), min_size=1, max_size=30))
    @settings(database=None)
    def test_it_is_the_product_of_plain_loops(self, runs: list[tuple[int, bool]]) -> None:
        time, solved = np.array([t for t, _ in runs], dtype=float), np.array([s for _, s in runs])
        curve = kaplan_meier(time, solved)
        assert curve.time.tolist() == sorted({t for t, s in runs if s})
        left, greenwood = 1.0, 0.0
        for place, moment in enumerate(curve.time):
            at_risk = sum(t >= moment for t, _ in runs)
            events = sum(t == moment and s for t, s in runs)
            left *= 1 - events / at_risk
            assert curve.unsolved[place] == pytest.approx(left, abs=1e-12)
            if events == at_risk:
                break
            greenwood += events / (at_risk * (at_risk - events))
            centre, width = math.log(-math.log(left)), 1.959963984540054 * math.sqrt(greenwood)
            assert curve.low[place] == pytest.approx(math.exp(-math.exp(centre + width / -math.log(left))))
            assert curve.high[place] == pytest.approx(math.exp(-math.exp(centre - width / -math.log(left))))

    def test_without_censoring_it_counts(self) -> None:
        curve = kaplan_meier(
            np.array([4.0, 1.0, np.inf, 4.0, 9.0]), np.array([True, True, False, True, True])
        )
        assert curve.unsolved == pytest.approx([0.8, 0.4, 0.2])


class TestQuantiles:
    def test_they_are_those_of_lifelines(self) -> None:
        curve = TestKaplanMeier.curve
        assert time_quantile(curve, 0.5) == (23.0, (13.0, math.inf))
        assert time_quantile(curve, 0.25)[0] == 13.0
        assert time_quantile(curve, 0.1)[0] == 6.0
        placebo = kaplan_meier(np.array(PLACEBO, dtype=float), np.full(21, True))
        assert time_quantile(placebo, 0.5) == (8.0, (4.0, 11.0))

    def test_what_is_not_reached_is_infinite(self) -> None:
        assert time_quantile(TestKaplanMeier.curve, 0.6)[0] == math.inf
        nothing = kaplan_meier(np.array([5.0, 6.0]), np.array([False, False]))
        assert time_quantile(nothing, 0.5) == (math.inf, (0.0, math.inf))
        many = kaplan_meier(np.full(10, 5.0), np.full(10, False))
        # No more is known than that the median is above 5; of ten runs that stalled, that it is nowhere.
        assert time_quantile(many, 0.5) == (math.inf, (5.0, math.inf))
        never = kaplan_meier(np.full(10, np.inf), np.full(10, False))
        assert time_quantile(never, 0.5) == (math.inf, (math.inf, math.inf))

    @pytest.mark.parametrize(("n", "least"), [(1, 0.0), (5, 0.0), (6, 1.0), (9, 1.0)])
    def test_of_few_runs_the_lower_end_is_as_low_as_that_of_order_statistics(
        self, n: int, least: float
    ) -> None:
        time = np.arange(1.0, n + 1)
        _, (low, _) = time_quantile(kaplan_meier(time, np.full(n, True)), 0.5)
        _, (by_order, _) = median_interval(time)
        assert low >= least
        assert (low == 0) == math.isinf(by_order)

    @given(st.lists(st.one_of(st.floats(1, 100), st.just(math.inf)), min_size=1, max_size=20))
    @settings(database=None)
    def test_the_median_is_that_of_the_summary_where_nothing_is_censored(self, times: list[float]) -> None:
        time = np.array(times)
        found, _ = time_quantile(kaplan_meier(time, np.isfinite(time)), 0.5)
        ordered = sorted(times)
        expected = (ordered[(len(times) - 1) // 2] + ordered[len(times) // 2]) / 2
        assert found == pytest.approx(expected)


class TestExpectedRunningTime:
    def test_it_is_all_that_was_spent_over_what_solved(self) -> None:
        spent, solved = np.array([10.0, 30.0, 50.0, 50.0]), np.array([True, True, False, False])
        assert expected_running_time(spent, solved)[0] == 70.0

    def test_it_is_what_restarts_cost(self) -> None:
        # Runs are drawn again until one solves: the mean of what that costs.
        rng = np.random.default_rng(5)
        spent, solved = np.array([10.0, 30.0, 50.0, 70.0]), np.array([True, False, True, False])
        totals = []
        for _ in range(20_000):
            total, done = 0.0, False
            while not done:
                place = rng.integers(4)
                total, done = total + spent[place], bool(solved[place])
            totals.append(total)
        assert expected_running_time(spent, solved)[0] == pytest.approx(np.mean(totals), rel=0.02)

    def test_its_interval_is_that_of_the_delta_method_by_differences(self) -> None:
        rng = np.random.default_rng(6)
        spent, solved = rng.exponential(10.0, 12), rng.uniform(size=12) < 0.7
        ert, (low, high) = expected_running_time(spent, solved)

        def logarithm(weights: np.ndarray) -> float:
            return math.log((weights @ spent) / (weights @ solved))

        ones, step = np.ones(12), 1e-6
        slopes = [(logarithm(ones + step * e) - logarithm(ones - step * e)) / (2 * step) for e in np.eye(12)]
        error = math.sqrt(np.sum(np.square(slopes)) * 12 / 11)
        assert math.log(high / ert) == pytest.approx(2.200985160082949 * error, rel=1e-6)
        assert math.log(ert / low) == pytest.approx(2.200985160082949 * error, rel=1e-6)

    def test_where_none_solved_it_is_infinite_with_a_lower_end(self) -> None:
        ert, (low, high) = expected_running_time(np.full(10, 60.0), np.full(10, False))
        assert (ert, high) == (math.inf, math.inf)
        assert low == pytest.approx(60 / 0.2775327998628892)


def pair(*ends: tuple[str, float], **values: object) -> Results:
    rows = [
        run_row(
            str(seed),
            "xor",
            "adam",
            seed=seed,
            outcome=outcome,
            cost=spent,
            cost_to_target=spent if outcome == "solved" else math.nan,
            **values,
        )
        for seed, (outcome, spent) in enumerate(ends)
    ]
    return build(rows, [row for row in rows for row in trace_rows(row["run_id"], [0, 30, 90], [1, 0.4, 0.1])])


class TestTimes:
    def test_what_a_limit_ended_is_censored_and_what_ended_by_itself_never_solves(self) -> None:
        results = pair(
            ("solved", 20), ("budget", 90), ("timeout", 50), ("stalled", 7), ("diverged", 8), ("failed", 9)
        )
        times = times_to_target(results, groups(results)[0], "cost")
        assert times is not None
        assert times.solved.tolist() == [True] + [False] * 5
        assert times.time.tolist() == [20, 90, 50, math.inf, math.inf, math.inf]
        assert times.spent.tolist() == [20, 90, 50, 7, 8, 9]

    def test_runs_that_stall_before_others_solve_do_not_count_as_solved(self) -> None:
        results = pair(*[("stalled", 50)] * 7, *[("solved", 100)] * 3)
        assert results.statistic("kaplan-meier")["fraction"].tolist() == pytest.approx([0.3])
        assert results.statistic("time-to-target")["time"].tolist() == [math.inf]

    def test_a_curve_goes_on_to_the_end_of_the_longest_run(self) -> None:
        found = pair(("solved", 20), ("budget", 90), ("timeout", 50)).statistic("kaplan-meier")
        assert found[["spent", "at_risk"]].values.tolist() == [[20, 3], [90, 1]]
        assert found["fraction"].tolist() == pytest.approx([1 / 3, 1 / 3])
        none = pair(("budget", 90), ("stalled", 50)).statistic("kaplan-meier").iloc[0]
        assert (none["spent"], none["at_risk"], none["fraction"]) == (90, 2, 0)
        assert none["fraction_high"] == wilson_interval(0, 2)[1]

    def test_its_intervals_are_those_of_the_unsolved_turned_round(self) -> None:
        ends = [("solved", 6.0), ("solved", 6.0), ("budget", 9.0), ("solved", 13.0), ("budget", 20.0)]
        found = pair(*ends).statistic("kaplan-meier:level=0.9")
        curve = kaplan_meier(
            np.array([spent for _, spent in ends]), np.array([how == "solved" for how, _ in ends]), 0.9
        )
        assert found["spent"].tolist() == [6, 13, 20]
        assert found["fraction_low"].tolist() == pytest.approx([*(1 - curve.high), 1 - curve.high[-1]])
        assert found["fraction_high"].tolist() == pytest.approx([*(1 - curve.low), 1 - curve.low[-1]])

    def test_a_problem_without_a_target_has_no_curve(self) -> None:
        assert pair(("budget", 90), target=math.nan).statistic("kaplan-meier").empty

    def test_another_target_is_read_off_the_trace(self) -> None:
        results = pair(("solved", 90), ("budget", 90), ("stalled", 90))
        for axis, spent in (("cost", 30.0), ("iterations", 10.0), ("seconds", 30e-6)):
            times = times_to_target(results, groups(results)[0], axis, 0.4)
            assert times is not None
            assert times.solved.all()
            assert times.time == pytest.approx([spent] * 3)
        times = times_to_target(results, groups(results)[0], "cost", 0.05)
        assert times is not None
        assert times.time.tolist() == [90, 90, math.inf]

    def test_a_run_that_failed_has_reached_no_other_target_whatever_its_trace_says(self) -> None:
        results = pair(("solved", 90), ("diverged", 90), ("failed", 90))
        times = times_to_target(results, groups(results)[0], "cost", 0.4)
        assert times is not None
        assert times.solved.tolist() == [True, True, False]
        assert times.time.tolist() == [30, 30, math.inf]
        assert times.spent.tolist() == [30, 30, 90]

    def test_a_lower_target_than_that_at_which_runs_ended_is_refused(self) -> None:
        with pytest.raises(InputError, match=r"target is 0.001, expected at least 0.01.*lower one"):
            pair(("solved", 20)).statistic("time-to-target:target=0.001")
        same = pair(("solved", 20))
        assert times_to_target(same, groups(same)[0], "cost", 0.01) is not None, "the target itself"
        found = pair(("budget", 20), target=math.nan).statistic("time-to-target:target=0.001")
        assert found["time"].tolist() == [math.inf]

    def test_a_problem_without_a_target_has_no_times(self) -> None:
        found = pair(("budget", 20), target=math.nan).statistic("time-to-target")
        assert found["n"].tolist() == [1]
        assert found["time"].isna().all()

    def test_iterations_and_seconds_serve_as_well(self) -> None:
        results = synthetic(np.random.default_rng(2), problems=1, optimizers=1, seeds=9)
        by_cost = results.statistic("expected-running-time")
        by_seconds = results.statistic("expected-running-time:axis=seconds")
        assert by_seconds["ert"].tolist() == pytest.approx((by_cost["ert"] * 1e-6).tolist())


class TestRestrictedMean:
    def test_it_is_that_of_lifelines_and_of_survival_in_r(self) -> None:
        time, solved = np.array(MERCAPTOPURINE, dtype=float), np.array(ENDED)
        for limit, expected in ((10, 9.277310924369745), (20, 16.116526610644254), (35, 23.287394957983185)):
            assert restricted_mean(time, solved, limit)[0] == pytest.approx(expected, rel=1e-12)
        # R: print(survfit(...), rmean = 35) has a standard error of 2.827, without the factor 9 / 8.
        mean, (low, _) = restricted_mean(time, solved, 35)
        assert (mean - low) / 2.0859634472658364 / math.sqrt(9 / 8) == pytest.approx(2.827, abs=6e-4)

    def test_without_censoring_its_variance_is_that_of_a_mean(self) -> None:
        time = np.array(PLACEBO, dtype=float)
        mean, (low, high) = restricted_mean(time, np.full(21, True), 30.0)
        assert mean == pytest.approx(np.mean(time), rel=1e-12)
        error = np.std(time, ddof=1) / math.sqrt(21)
        assert (low, high) == pytest.approx(
            (mean - 2.0859634472658364 * error, mean + 2.0859634472658364 * error)
        )

    @given(
        st.lists(st.tuples(st.integers(1, 12), st.booleans()), min_size=1, max_size=30), st.integers(1, 12)
    )
    @settings(database=None)
    def test_it_is_the_sum_of_rectangles(self, runs: list[tuple[int, bool]], limit: int) -> None:
        time, solved = np.array([t for t, _ in runs], dtype=float), np.array([s for _, s in runs])
        area = 0.0
        for step in range(limit):
            left = 1.0
            for moment in sorted({t for t, s in runs if s and t <= step}):
                at_risk = sum(t >= moment for t, _ in runs)
                left *= 1 - sum(t == moment and s for t, s in runs) / at_risk
            area += left
        mean, (low, high) = restricted_mean(time, solved, float(limit))
        assert mean == pytest.approx(area, abs=1e-9)
        assert 0 <= low <= mean <= high <= limit + 1e-9

    def test_the_limit_is_what_all_curves_allow(self) -> None:
        ends = {"adam": [("solved", 20), ("budget", 90)], "lbfgs": [("solved", 30), ("stalled", 5)]}
        rows = [
            run_row(
                f"{name}{seed}", "xor", name, seed=seed, outcome=outcome, cost=spent,
                cost_to_target=spent if outcome == "solved" else math.nan,
            )
            for name, some in ends.items()
            for seed, (outcome, spent) in enumerate(some)
        ]  # fmt: skip
        found = build(rows).statistic("restricted-mean-time")
        assert found["limit"].tolist() == [90.0, 90.0]
        assert found["time"].tolist() == [55.0, 60.0]
        assert build(rows).statistic("restricted-mean-time:limit=40")["time"].tolist() == [30.0, 35.0]
        with pytest.raises(InputError, match="limit is 91, expected up to 90"):
            build(rows).statistic("restricted-mean-time:limit=91")


@pytest.mark.parametrize("n", [1, 5, 6, 9, 20, 51])
def test_the_median_s_interval_is_the_narrowest_of_order_statistics_that_covers(n: int) -> None:
    values = np.arange(1.0, n + 1)
    _, (low, high) = median_interval(values[::-1])
    if math.isinf(low):
        assert 1 - 2 * 0.5**n < 0.95
        return
    inside = sum(math.comb(n, ranks) for ranks in range(int(low), int(high))) / 2**n
    narrower = sum(math.comb(n, ranks) for ranks in range(int(low) + 1, int(high) - 1)) / 2**n
    assert narrower < 0.95 <= inside
    assert low + high == n + 1
    # Hahn, Meeker (1991), Statistical intervals, table A.15a: of 20 values the 6th and the 15th.
    assert n != 20 or (low, high) == (6.0, 15.0)


@pytest.mark.parametrize("n", [6, 9, 10, 20, 37])
@pytest.mark.parametrize("level", [0.8, 0.95, 0.99])
def test_the_median_s_interval_is_that_of_scipy_s_quantile_test(n: int, level: float) -> None:
    """Each end of SciPy's is of an order statistic with at most half of what the level leaves beyond it."""
    values = np.random.default_rng(n).normal(size=n)
    _, (low, high) = median_interval(values, level)
    theirs = quantile_test(values, q=0.0, p=0.5).confidence_interval(level)
    for own, other in ((low, theirs.low), (high, theirs.high)):
        # It says NaN where there is no such end.
        assert math.isinf(own) if math.isnan(other) else own == other


def test_a_share_of_one_part_has_wilson_s_interval_with_student_s_t() -> None:
    shares = np.array([1.0] * 14 + [0.0] * 6)
    mean, (low, high) = share_interval(shares, 1)
    # With unbiased variance n - 1 trials; t for 19 is 2.093.
    for end in (low, high):
        assert abs(mean - end) / math.sqrt(end * (1 - end) / 19) == pytest.approx(2.0930240544082634)
    assert share_interval(np.ones(20), 5)[1] == pytest.approx((20 / (20 + 2.0930240544082634**2), 1.0))


def test_of_runs_that_are_all_alike_no_interval_pretends_to_know_the_mean() -> None:
    """Ten of ten at one cost: by Wilson a part of 0.2775 of runs may be unlike them."""
    unlike = 1.959963984540054**2 / (10 + 1.959963984540054**2)
    spent, solved = np.full(10, 40.0), np.ones(10, dtype=np.bool_)
    ert, (low, high) = expected_running_time(spent, solved)
    assert (ert, high) == (40.0, math.inf)
    assert low == pytest.approx(40.0 * (1 - unlike))
    mean, (low, high) = restricted_mean(spent, solved, 100.0)
    assert mean == 40.0
    assert low == pytest.approx(40.0 * (1 - unlike))
    assert high == pytest.approx(40.0 * (1 - unlike) + 100.0 * unlike)
    # One that differs gives a spread to go by.
    ends = expected_running_time(np.append(spent[1:], 41.0), solved)[1]
    assert 39.0 < ends[0] < 40.1 < ends[1] < 41.0


def test_of_no_trials_the_interval_of_a_proportion_is_all_there_is() -> None:
    assert wilson_interval(0, 0) == (0.0, 1.0)


@pytest.mark.parametrize("level", [0.8, 0.95])
@pytest.mark.parametrize(
    ("shares", "parts"),
    [
        ([0.5], 4),
        ([0.25, 0.75], 4),
        ([0.0, 1.0], 1),
        ([0.5, 0.5, 0.5], 4),
        ([0.4, 0.5, 0.5, 0.6], 10),
        ([0.0, 1.0, 1.0, 0.5, 0.25], 4),
        ([1.0, 1.0, 1.0], 4),
        ([0.0, 0.0], 4),
    ],
)
def test_the_interval_of_a_mean_of_shares_is_that_of_as_many_trials_as_have_its_variance(
    shares: list[float], parts: int, level: float
) -> None:
    """Korn and Graubard's effective number of trials, and the roots of Wilson's equation found by search."""
    n, mean = len(shares), statistics.fmean(shares)
    trials, deviate = float(n), student.ppf(0.5 + level / 2, n - 1) if n > 1 else norm.ppf(0.5 + level / 2)
    if n > 1 and 0 < mean < 1:
        spread = statistics.variance(shares) / n
        trials = min(mean * (1 - mean) / spread, n * parts) if spread else n * parts

    def beyond(p: float) -> float:
        return float((mean - p) ** 2 - deviate**2 * p * (1 - p) / trials)

    low = brentq(beyond, 0.0, mean - 1e-9, xtol=1e-14) if mean > 0 else 0.0
    high = brentq(beyond, mean + 1e-9, 1.0, xtol=1e-14) if mean < 1 else 1.0
    found, interval = share_interval(np.array(shares), parts, level)
    assert found == mean
    assert interval == pytest.approx((low, high), abs=1e-10)
