"""Comparisons of runs of the same problem and seed: the rule, and the numbers against independent ones."""

from __future__ import annotations

import itertools
import math
from typing import Any

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.stats import rankdata, wilcoxon
from synthetic import build, run_row, synthetic

from harness.analysis import signed_ranks, tested_pairs
from harness.analysis.ahead import leads, standing
from harness.analysis.grouping import pairs
from harness.analysis.multiplicity import holm
from harness.analysis.paired_ratio import _exp, log_ratio_bounds
from harness.analysis.signed_ranks import hodges_lehmann, signed_rank_distribution, signed_rank_test
from harness.analysis.solved_difference import mcnemar_test, paired_difference_interval
from harness.analysis.times import Times
from harness.results import Results
from optimizers.errors import InputError

ENDS: dict[str, dict[str, Any]] = {
    "solved at 10": {"outcome": "solved", "cost_to_target": 10.0, "best_loss": 0.009},
    "solved at 20": {"outcome": "solved", "cost_to_target": 20.0, "best_loss": 0.001},
    "reached 0.1": {"outcome": "budget", "best_loss": 0.1, "final_loss": 0.4},
    "reached 0.2 and diverged": {"outcome": "diverged", "best_loss": 0.2, "final_loss": math.nan},
    "reached 0.3 and stalled": {"outcome": "stalled", "best_loss": 0.3, "final_loss": 0.3},
    "failed": {"outcome": "failed", "best_loss": 1e-9, "final_loss": 1e-9},
}
"""From the one that is ahead of all others to the one that is behind them."""


def rows(*ends: dict[str, Any], **values: Any) -> pd.DataFrame:
    return pd.DataFrame(
        [run_row(str(place), "xor", "adam", **{**end, **values}) for place, end in enumerate(ends)]
    )


def test_every_run_is_ahead_of_those_behind_it() -> None:
    for (i, one), (j, other) in itertools.product(enumerate(ENDS.values()), repeat=2):
        expected = 0.5 if i == j else float(i < j)
        assert leads(rows(one), rows(other)).tolist() == [expected]


def test_without_a_target_the_final_loss_decides_and_a_diverged_run_has_none() -> None:
    losses = [
        {"final_loss": 0.1, "best_loss": 0.05},
        {"final_loss": 0.2, "best_loss": 0.01},
        {"final_loss": 0.001, "outcome": "diverged"},
    ]
    for (i, one), (j, other) in itertools.product(enumerate(losses), repeat=2):
        found = leads(rows(one, target=math.nan), rows(other, target=math.nan))
        assert found.tolist() == [0.5 if i == j else float(i < j)]


def test_runs_without_any_loss_are_tied() -> None:
    one = {"outcome": "diverged", "best_loss": math.nan}
    assert leads(rows(one), rows(ENDS["failed"])).tolist() == [0.5]


def test_iterations_or_seconds_may_decide_between_solved_runs() -> None:
    one = {**ENDS["solved at 10"], "seconds": 3.0, "iterations": 5}
    other = {**ENDS["solved at 20"], "seconds": 2.0, "iterations": 5}
    assert [leads(rows(one), rows(other), axis)[0] for axis in ("cost", "seconds", "iterations")] == [
        1,
        0,
        0.5,
    ]


@given(st.lists(st.sampled_from(list(ENDS)), min_size=3, max_size=3))
@settings(database=None)
def test_the_rule_goes_in_no_circles(names: list[str]) -> None:
    found = standing(rows(*(ENDS[name] for name in names)))
    ordered = [*zip(found.behind, found.measure, strict=True)]
    assert [names[place] for place in sorted(range(3), key=ordered.__getitem__)] == sorted(
        names, key=list(ENDS).index
    )


def compared(first: list[str], second: list[str], shift: int = 0) -> Results:
    """Two optimizers, whose runs end as told; the other's seeds may begin later."""
    ends = [("adam", seed, end) for seed, end in enumerate(first)]
    ends += [("lbfgs", seed + shift, end) for seed, end in enumerate(second)]
    return build([run_row(f"{name}{seed}", "xor", name, seed=seed, **ENDS[end]) for name, seed, end in ends])


def test_pairs_are_of_one_seed_and_what_has_no_partner_is_counted() -> None:
    (pair,) = pairs(compared(["failed"] * 5, ["failed"] * 4, shift=2))
    assert pair.group.runs["seed"].tolist() == pair.other.runs["seed"].tolist() == [2, 3, 4]
    assert pair.counts == {"n": 3, "unpaired": 3}


def test_gradient_sources_of_one_optimizer_are_compared_as_well() -> None:
    ends = itertools.product(["analytic", "symbolic"], range(3))
    results = build([run_row(f"{g}{seed}", "xor", "adam", gradient=g, seed=seed) for g, seed in ends])
    found = results.statistic("probability-ahead")
    assert found[["gradient", "other_gradient", "n", "tied"]].values.tolist() == [
        ["analytic", "symbolic", 3, 3]
    ]


@pytest.mark.parametrize("name", ["probability-ahead", "paired-ratio", "solved-difference", "crossover"])
def test_all_may_be_compared_with_one(name: str) -> None:
    results = synthetic(np.random.default_rng(1), problems=2, optimizers=4, seeds=6)
    found = results.statistic(name, against="adam")
    assert set(found["other"]) == {"adam(learning_rate=0.05)"}
    assert len(found) == 6
    assert "adam(learning_rate=0.05)" not in set(found["optimizer"])
    assert found.equals(results.statistic(name, against="adam(learning_rate=0.05)"))
    with pytest.raises(InputError, match="unknown optimizer of these runs 'adm': did you mean 'adam'"):
        results.statistic(name, against="adm")


def test_probability_ahead_counts_pairs_and_halves_ties() -> None:
    first = ["solved at 10", "solved at 20", "reached 0.1", "failed", "failed"]
    second = ["solved at 20", "solved at 10", "failed", "failed", "reached 0.1"]
    found = compared(first, second).statistic("probability-ahead").iloc[0]
    assert (found["n"], found["ahead"], found["tied"], found["probability"]) == (5, 2, 1, 0.5)
    found = compared(["solved at 10"] * 3, ["solved at 10", "failed", "failed"]).statistic(
        "probability-ahead"
    )
    assert found[["ahead", "tied", "probability"]].values.tolist() == [[2, 1, 2.5 / 3]]


def test_no_seed_in_common_is_no_comparison() -> None:
    found = compared(["failed"] * 2, ["failed"] * 2, shift=2).statistic("probability-ahead").iloc[0]
    assert (found["n"], found["unpaired"]) == (0, 4)
    assert math.isnan(found["probability"])
    assert np.isnan(found["probability_low"])


def test_two_times_of_nought_are_even_and_a_ratio_that_a_number_holds_is_one() -> None:
    nought = Times(np.array([True]), np.zeros(1), np.zeros(1))
    assert [bounds.tolist() for bounds in log_ratio_bounds(nought, nought)] == [[0.0], [0.0]]
    found = build(
        [
            run_row(f"{name}{seed}", "xor", name, seed=seed, outcome="solved", cost_to_target=0.0)
            for name in ("adam", "lbfgs")
            for seed in range(7)
        ]
    ).statistic("paired-ratio")
    assert found[["ratio", "p"]].values.tolist() == [[1.0, 1.0]]
    assert _exp(708.5) == math.exp(708.5)
    assert _exp(709.0) == math.inf


@pytest.mark.parametrize("loss", [0.0, -1.0])
def test_losses_of_nought_or_below_have_no_ratio(loss: float) -> None:
    ends = [(name, seed) for name in ("adam", "lbfgs") for seed in range(4)]
    runs = [run_row(f"{n}{s}", "xor", n, seed=s, final_loss=loss if s else 0.5) for n, s in ends]
    found = build(runs).statistic("paired-ratio:measure=loss")
    assert found["ratio"].isna().all()


def test_a_difference_of_parts_solved_has_its_sign_and_stays_within_one() -> None:
    solved, failed = "solved at 10", "failed"
    found = compared([solved] * 3 + [failed], [solved, failed, failed, solved]).statistic("solved-difference")
    assert found[["only", "only_other", "difference"]].values.tolist() == [[2, 1, 0.25]]
    assert found["difference_low"].iat[0] < -0.25
    assert found["difference_high"].iat[0] > 0.5
    assert paired_difference_interval(2, 0, 2)[1][1] == 1.0
    assert paired_difference_interval(0, 2, 2)[1][0] == -1.0
    runs = [
        run_row(f"{n}{s}", "xor", n, seed=s, target=math.nan) for n in ("adam", "lbfgs") for s in range(3)
    ]
    untold = build(runs).statistic("solved-difference")
    assert untold[["difference", "difference_low", "difference_high", "p"]].isna().to_numpy().all()


def test_columns_of_a_test_are_numbers_with_a_sentence() -> None:
    columns = tested_pairs.tested("this test")
    assert [column.kind for column in columns.values()] == ["number", "number"]
    assert columns["p"].holds == "two-sided p-value of this test"


def test_no_adjusted_p_value_is_more_than_one() -> None:
    assert holm(np.array([0.9, 0.8, math.nan])).tolist()[:2] == [1.0, 1.0]


# Hamilton's depression scale, Hollander, Wolfe (1973), table 3.1; the example of R's wilcox.test.
FIRST = np.array([1.83, 0.50, 1.62, 2.48, 1.68, 1.88, 1.55, 3.06, 1.30])
SECOND = np.array([0.878, 0.647, 0.598, 2.05, 1.06, 1.29, 1.06, 3.14, 1.29])


class TestSignedRanks:
    def test_centre_and_interval_are_those_of_hollander_and_wolfe(self) -> None:
        differences = SECOND - FIRST
        centre, interval = hodges_lehmann(differences, differences)
        assert centre == pytest.approx((-0.46, -0.46))
        assert interval == pytest.approx((-0.786, -0.010))
        assert signed_rank_test(differences) == pytest.approx(0.0390625)

    @given(st.lists(st.integers(-6, 6), min_size=1, max_size=9))
    @settings(database=None, max_examples=50)
    def test_the_test_is_that_of_all_signs(self, values: list[int]) -> None:
        differences = np.array(values, dtype=float)
        ranks = rankdata(np.abs(differences))
        found = sum(rank for rank, value in zip(ranks, values, strict=True) if value > 0)
        kept = [rank for rank, value in zip(ranks, values, strict=True) if value]
        sums = [
            sum(rank for rank, sign in zip(kept, signs, strict=True) if sign)
            for signs in itertools.product([0, 1], repeat=len(kept))
        ]
        tail = min(sum(s <= found + 1e-9 for s in sums), sum(s >= found - 1e-9 for s in sums)) / len(sums)
        assert signed_rank_test(differences) == pytest.approx(min(1.0, 2 * tail))

    @pytest.mark.parametrize("n", [6, 10, 25, 60])
    def test_it_is_that_of_scipy_where_nothing_is_tied(self, n: int) -> None:
        differences = np.random.default_rng(n).normal(0.3, 1.0, n)
        expected = wilcoxon(differences, method="exact").pvalue
        assert signed_rank_test(differences) == pytest.approx(expected, rel=1e-9)

    @pytest.mark.parametrize("shift", [0.0, 0.1, 0.2])
    def test_beyond_two_hundred_the_normal_distribution_serves_as_well(
        self, shift: float, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        numbers = np.random.default_rng(8).normal(shift, 1.0, 201)
        monkeypatch.setattr(signed_ranks, "_rank_of_end", signed_ranks._rank_of_end.__wrapped__)
        found = signed_rank_test(numbers), hodges_lehmann(numbers, numbers)
        monkeypatch.setattr(signed_ranks, "MOST_EXACT", 201)
        exact = signed_rank_test(numbers), hodges_lehmann(numbers, numbers)
        assert found[0] == pytest.approx(exact[0], abs=1e-3)
        assert found[1][1] == pytest.approx(exact[1][1], abs=2e-3)

    @pytest.mark.parametrize("n", [150, 200, 201, 250])
    def test_the_rank_of_an_end_is_the_exact_one_give_or_take_one(
        self, n: int, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(signed_ranks, "MOST_EXACT", 10)
        chances = np.cumsum(signed_rank_distribution(np.arange(1, n + 1)))
        for tail in (0.1, 0.05, 0.025):
            found = signed_ranks._rank_of_end.__wrapped__(n, tail)
            assert abs(found - int((chances <= tail).sum())) <= 1

    def test_two_hundred_pairs_are_the_most_of_which_the_distribution_is_worked_out(self) -> None:
        numbers = np.random.default_rng(1).normal(0.05, 1.0, 201)
        exact, nearly = wilcoxon(numbers[:200], method="exact"), wilcoxon(numbers, method="exact")
        assert signed_rank_test(numbers[:200]) == pytest.approx(exact.pvalue, rel=1e-9)
        assert signed_rank_test(numbers) != pytest.approx(nearly.pvalue, rel=1e-6)
        assert signed_rank_test(numbers) == pytest.approx(nearly.pvalue, abs=1e-3)

    @pytest.mark.parametrize(("n", "level"), [(4, 0.5), (7, 0.8), (12, 0.95), (20, 0.99)])
    def test_the_interval_is_of_the_shifts_that_the_test_does_not_reject(self, n: int, level: float) -> None:
        numbers = np.random.default_rng(n).normal(size=n)
        (centre, _), (low, high) = hodges_lehmann(numbers, numbers, level)
        assert low < centre < high
        for end, outwards in ((low, -1e-9), (high, 1e-9)):
            assert (
                signed_rank_test(numbers - (end + outwards))
                <= 1 - level
                < signed_rank_test(numbers - (end - outwards))
            )

    def test_the_centre_is_the_median_of_the_means_of_every_two(self) -> None:
        numbers = np.random.default_rng(3).normal(size=12)
        means = [(a + b) / 2 for a, b in itertools.combinations_with_replacement(numbers, 2)]
        assert hodges_lehmann(numbers, numbers)[0][0] == pytest.approx(np.median(means))

    def test_bounds_of_the_numbers_give_bounds_of_the_centre(self) -> None:
        rng = np.random.default_rng(4)
        least, most = np.sort(rng.normal(size=(2, 11)), axis=0)
        least[:2], most[1:4] = -np.inf, np.inf
        (low, high), interval = hodges_lehmann(least, most, 0.8)
        for _ in range(200):
            drawn = rng.uniform(np.maximum(least, -50), np.minimum(most, 50))
            (centre, _), (lower, upper) = hodges_lehmann(drawn, drawn, 0.8)
            assert low <= centre <= high
            assert interval[0] <= lower
            assert upper <= interval[1]


def costs(*pairs_of_ends: tuple[float | str, float | str], **values: Any) -> Results:
    """Two optimizers; a number is the cost to the target, a word how the run ended at cost 100."""
    found = []
    for seed, ends in enumerate(pairs_of_ends):
        for name, end in zip(("adam", "lbfgs"), ends, strict=True):
            is_solved = not isinstance(end, str)
            row = {
                "outcome": "solved" if is_solved else end,
                "cost": end if is_solved else 100.0,
                "cost_to_target": end if is_solved else math.nan,
            }
            found.append(run_row(f"{name}{seed}", "xor", name, seed=seed, **{**row, **values}))
    return build(found)


class TestPairedRatio:
    def test_where_all_solved_it_is_the_centre_of_the_ratios(self) -> None:
        ends = [(10.0, 30.0), (20.0, 30.0), (5.0, 9.0), (40.0, 50.0), (8.0, 7.0), (9.0, 10.0)]
        found = costs(*ends).statistic("paired-ratio").iloc[0]
        logs = [math.log(a / b) for a, b in ends]
        means = [(a + b) / 2 for a, b in itertools.combinations_with_replacement(logs, 2)]
        assert found["ratio"] == pytest.approx(math.exp(np.median(means)))
        assert found["ratio"] == pytest.approx(found["ratio_least"]) == pytest.approx(found["ratio_most"])
        assert (found["ratio_low"], found["ratio_high"]) == pytest.approx(
            (math.exp(min(means)), math.exp(max(means)))
        )
        assert found["p"] == pytest.approx(wilcoxon(logs, method="exact").pvalue)

    def test_it_is_the_other_way_round_for_the_other(self) -> None:
        ends = [
            (10.0, 30.0),
            (20.0, "budget"),
            ("stalled", 9.0),
            (40.0, 50.0),
            (8.0, 7.0),
            ("budget", "failed"),
        ]
        one = costs(*ends).statistic("paired-ratio").iloc[0]
        other = costs(*[(b, a) for a, b in ends]).statistic("paired-ratio").iloc[0]
        assert one["ratio"] == pytest.approx(1 / other["ratio"])
        assert one["ratio_least"] == pytest.approx(1 / other["ratio_most"])
        assert one["p"] == pytest.approx(other["p"])

    def test_what_is_censored_stays_with_what_is_known_of_it(self) -> None:
        known = [(10.0, 20.0)] * 5
        for end, least in (("budget", 0.1), ("stalled", 0.0)):
            found = costs(*known, *[(10.0, end)] * 6).statistic("paired-ratio").iloc[0]
            # Six in eleven are at most 10 / 100, or nothing at all.
            assert (found["n"], found["solved"]) == (11, 5)
            assert found["ratio_most"] <= math.sqrt(0.1 * 0.5) + 1e-12
            assert found["ratio_least"] == 0.0
            assert found["ratio"] == found["ratio_most"]
            assert found["ratio"] >= least - 1e-12
            assert found["p"] == pytest.approx(2 / 2**11)

    def test_where_no_pair_is_known_nothing_is_claimed(self) -> None:
        found = costs(*[("budget", "budget")] * 8).statistic("paired-ratio").iloc[0]
        assert (found["ratio"], found["ratio_low"], found["ratio_high"], found["p"]) == (
            1.0,
            0.0,
            math.inf,
            1.0,
        )

    def test_final_losses_may_be_compared_where_there_is_no_target(self) -> None:
        ends = [("budget", "budget")] * 6
        found = costs(*ends, target=math.nan).statistic("paired-ratio:measure=loss").iloc[0]
        assert (found["ratio"], found["p"]) == (1.0, 1.0)
        found = costs(*ends, final_loss=-1.0).statistic("paired-ratio:measure=loss").iloc[0]
        assert found["n"] == 6
        assert math.isnan(found["ratio"])


@pytest.mark.parametrize(
    ("only", "only_other", "p"),
    [(5, 1, 0.21875), (1, 7, 0.0703125), (0, 6, 0.03125), (3, 3, 1.0), (0, 0, 1.0), (10, 2, 0.03857421875)],
)
def test_mcnemar_is_that_of_statsmodels(only: int, only_other: int, p: float) -> None:
    assert mcnemar_test(only, only_other) == pytest.approx(p, rel=1e-12)


def test_the_paired_difference_is_that_of_fagerland_lydersen_and_laake() -> None:
    # Airway hyper-responsiveness, Bentur and others (2009): Recommended tests and confidence intervals for
    # paired binomial proportions, Statistics in Medicine 33 (2014), table VII.
    difference, (low, high) = paired_difference_interval(1, 7, 21)
    assert (difference, low, high) == pytest.approx((-0.286, -0.508, -0.013), abs=6e-4)


def test_holm_is_that_of_statsmodels() -> None:
    p_values = np.array([0.01, 0.04, 0.03, np.nan, 0.005, 0.5, 0.03])
    expected = [0.05, 0.12, 0.12, np.nan, 0.03, 0.5, 0.12]
    assert holm(p_values) == pytest.approx(expected, nan_ok=True)


@pytest.mark.parametrize("name", ["paired-ratio", "solved-difference"])
def test_p_values_are_adjusted_for_all_rows(name: str) -> None:
    results = synthetic(np.random.default_rng(1), problems=3, optimizers=4, seeds=8)
    found = results.statistic(name)
    assert len(found) == 18
    assert found["p_holm"].tolist() == pytest.approx(holm(found["p"].to_numpy()).tolist())
    alone = results.where(problem="xor").statistic(name)["p_holm"].to_numpy()
    assert (found["p_holm"][found["problem"] == "xor"].to_numpy() >= alone).all()
