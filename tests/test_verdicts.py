"""Verdicts against a known truth, their numbers against plain loops, and inputs that are no comparison."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Sequence
from itertools import product
from typing import Any

import numpy as np
import pandas as pd
import pytest
from scipy.stats import binomtest, norm
from synthetic import build, costs, run_row, synthetic

from harness.analysis.comparison import Decided, chosen_line, decide
from harness.analysis.probability_ahead import ProbabilityAhead
from harness.analysis.signed_ranks import hodges_lehmann
from harness.analysis.solved_difference import paired_difference_interval
from harness.analysis.verdict import Verdict
from harness.results import Results
from harness.runs.claims import Claim
from optimizers.errors import InputError

CLAIM = Claim("one", "other", margin=0.1)


def verdict(one: Sequence[float], other: Sequence[float], claim: Claim = CLAIM) -> Verdict:
    (found,) = decide(build(costs(one, "one") + costs(other, "other")), [claim]).verdicts
    return found


class TestKnownTruth:
    """Log-normal costs from common starts, of which the one is ahead with a known probability."""

    @staticmethod
    def answers(chance: float, n: int, repetitions: int, margin: float = 0.0) -> Counter[str]:
        rng, counts = np.random.default_rng(12), Counter[str]()
        # P(ahead) = Phi(-shift / (sqrt(2) sigma)) of a difference of two normal logarithms.
        shift = -norm.ppf(chance) * math.sqrt(2)
        results = build(costs(np.ones(n), "one") + costs(np.ones(n), "other"))
        claims = [Claim("one", "other", margin=margin)]
        for _ in range(repetitions):
            hardness = rng.normal(0.0, 1.0, n)
            drawn = [np.exp(hardness + move + rng.normal(0.0, 1.0, n)) for move in (shift, 0.0)]
            results.runs["cost_to_target"] = np.concatenate(drawn)
            (found,) = decide(results, claims).verdicts
            counts[found.answer] += 1
        return counts

    @pytest.mark.parametrize(("chance", "right"), [(0.5, "equivalent"), (0.55, "better"), (0.3, "worse")])
    def test_a_verdict_is_right_or_undecided(self, chance: float, right: str) -> None:
        counts = self.answers(chance, 20, 80)
        # Of 80 with a chance of 0.05 each more than 9 are one in 100.
        assert counts[right] + counts["undecided"] >= 71, counts

    @pytest.mark.slow
    @pytest.mark.parametrize("n", [5, 10, 30, 100])
    @pytest.mark.parametrize(
        ("chance", "right"), [(0.5, "equivalent"), (0.55, "better"), (0.7, "better"), (0.3, "worse")]
    )
    def test_it_is_in_a_thousand_repetitions(self, chance: float, right: str, n: int) -> None:
        counts = self.answers(chance, n, 1000)
        assert counts[right] + counts["undecided"] >= 950, counts

    @pytest.mark.slow
    @pytest.mark.parametrize("margin", [0.2, 1.0])
    @pytest.mark.parametrize("n", [10, 50, 200])
    def test_what_is_at_the_margin_is_seldom_called_equivalent(self, n: int, margin: float) -> None:
        # The true ratio is the margin itself: not within it.
        chance = float(norm.cdf(-math.log1p(margin) / math.sqrt(2)))
        assert self.answers(chance, n, 1000, margin)["equivalent"] <= 50

    @pytest.mark.slow
    def test_of_many_that_are_alike_hardly_any_set_has_a_wrong_verdict(self) -> None:
        rng, wrong = np.random.default_rng(3), 0
        kinds = product(["xor", "iris"], "abcd")
        results = build([row for problem, name in kinds for row in costs(np.ones(15), name, problem)])
        for _ in range(1000):
            results.runs["cost_to_target"] = np.exp(rng.normal(size=120))
            found = decide(results)
            wrong += any(one.answer in ("better", "worse") for one in found.verdicts)
        assert wrong <= 50

    def test_a_large_difference_is_found(self) -> None:
        assert self.answers(0.95, 30, 20)["better"] == 20

    def test_two_that_are_alike_to_the_margin_are_equivalent(self) -> None:
        spread = np.exp(np.random.default_rng(0).normal(0.0, 0.02, 60))
        assert verdict(100 * spread, 100 * spread[::-1]).answer == "equivalent"
        # 1 % cheaper on every start is ahead by every test, and does not matter.
        assert verdict(np.full(60, 99.0), np.full(60, 100.0)).answer == "equivalent"
        assert verdict(np.full(60, 99.0), np.full(60, 100.0), Claim("one", "other")).answer == "better"


class TestNumbers:
    def test_they_are_those_of_the_statistics(self) -> None:
        results = synthetic(np.random.default_rng(4), problems=3, optimizers=2, seeds=12)
        one, other = results.runs["optimizer"].unique()
        found = decide(results, [Claim(other, one)]).verdicts
        ahead = ProbabilityAhead(against=one).compute(results).set_index("problem")
        ratio = results.statistic("paired-ratio", against=one).set_index("problem")
        for each in found:
            row, ratios = ahead.loc[each.problem], ratio.loc[each.problem]
            assert (each.ahead, each.tied, each.n) == (row["ahead"], row["tied"], row["n"])
            assert each.probability_interval == (row["probability_low"], row["probability_high"])
            assert each.p == pytest.approx(binomtest(each.ahead, each.n - each.tied).pvalue)
            assert math.exp(each.effect) == pytest.approx(ratios["ratio"])
            assert np.exp(each.effect_interval) == pytest.approx(ratios[["ratio_low", "ratio_high"]].tolist())

    def test_claims_are_adjusted_by_holm_over_all_problems(self) -> None:
        runs = [
            row
            for number, problem in enumerate(["a", "b", "c"])
            for row in costs([1.0] * 10 + [3.0] * number, "one", problem)
            + costs([2.0] * 12, "other", problem)
        ]
        found = decide(build(runs), [Claim("one", "other")])
        p = sorted(one.p for one in found.verdicts)
        running = [max((3 - j) * p[j] for j in range(i + 1)) for i in range(3)]
        assert sorted(one.p_adjusted for one in found.verdicts) == pytest.approx(running)
        assert found.tests == 3

    @pytest.mark.parametrize("by", ["cost-to-target", "final-loss", "solved", "accuracy"])
    def test_turned_it_says_the_same(self, by: Any) -> None:
        results = synthetic(np.random.default_rng(9), problems=1, optimizers=2, seeds=15)
        one, other = results.runs["optimizer"].unique()
        (found,), (back,) = (
            decide(results, [Claim(a, b, by)]).verdicts for a, b in ((one, other), (other, one))
        )
        turned = found.turned
        for name in ("ahead", "tied", "solved", "other_solved", "only", "p", "answer"):
            assert getattr(turned, name) == getattr(back, name)
        for name in ("probability", "probability_interval", "effect", "effect_interval", "difference"):
            assert getattr(turned, name) == pytest.approx(getattr(back, name), nan_ok=True)


class TestMargins:
    """Equivalent is what lies within the margin with all that is not excluded, at a level claims share."""

    @pytest.mark.parametrize("claims", [1, 4])
    @pytest.mark.parametrize("shift", [-0.03, 0.0, 0.03])
    def test_a_ratio_is_within_where_both_ends_are(self, shift: float, claims: int) -> None:
        logs = np.random.default_rng(2).normal(shift, 0.1, 40)
        rows = build(costs(np.exp(logs), "one") + costs(np.ones(40), "other"))
        low, high = hodges_lehmann(logs, logs, 1 - 0.05 / claims)[1]
        # All starts were solved: the parts differ by less than any of these margins allows from 0.2 on.
        for margin in [*np.linspace(0.001, 0.3, 16), 0.5, 2.0]:
            found = decide(rows, [Claim("one", "other", margin=float(margin))] * claims).verdicts[0]
            parts = paired_difference_interval(0, 0, 40, 1 - 0.05 / claims)[1]
            expected = -math.log1p(margin) <= low and high <= math.log1p(margin)
            expected &= parts[1] <= margin / (1 + margin)
            assert found.within is bool(expected), margin

    def test_a_ratio_counts_by_its_logarithm_and_accuracies_by_their_difference(self) -> None:
        # log(1.5) is 0.405: a factor of 1.45 is within, a difference of accuracies of 0.45 as well, 1.55 not.
        for ratio, expected in ((1.45, True), (1 / 1.45, True), (1.55, False), (1 / 1.55, False)):
            found = verdict([ratio] * 60, [1.0] * 60, Claim("one", "other", margin=0.5))
            assert found.within is expected
        for one, other, expected in (
            (0.95, 0.5, True),
            (0.5, 0.95, True),
            (0.95, 0.4, False),
            (0.4, 0.95, False),
        ):
            assert accuracies(one, other, 0.5).within is expected

    @pytest.mark.parametrize(("one", "other"), [(0.75, 0.25), (0.25, 0.75)])
    def test_what_differs_by_the_margin_itself_is_within(self, one: float, other: float) -> None:
        assert accuracies(one, other, 0.5).within
        assert not accuracies(one, other, math.nextafter(0.5, 0)).within

    @pytest.mark.parametrize(("only", "only_other"), [(9, 2), (2, 9)])
    def test_parts_solved_are_within_where_both_ends_are(self, only: int, only_other: int) -> None:
        one = [1.0] * only + [math.inf] * only_other + [1.0] * 89
        other = [math.inf] * only + [1.0] * only_other + [1.0] * 89
        low, high = paired_difference_interval(only, only_other, 100, 0.95)[1]
        far = max(-low, high)
        assert verdict(one, other, Claim("one", "other", "solved", margin=far)).within
        assert not verdict(one, other, Claim("one", "other", "solved", margin=math.nextafter(far, 0))).within
        # At one cost where both solve, a claim about the cost allows m / (1 + m).
        for margin, expected in ((far / (1 - far) + 1e-9, True), (far / (1 - far) - 1e-9, False)):
            assert verdict(one, other, Claim("one", "other", margin=margin)).within is expected

    def test_parts_solved_have_no_share_in_a_claim_about_accuracies(self) -> None:
        rows = [
            *costs([1.0] * 60, "one", test_accuracy=0.9),
            *costs([math.inf] * 60, "other", test_accuracy=0.9),
        ]
        (found,) = decide(build(rows), [Claim("one", "other", "accuracy", margin=0.1)]).verdicts
        assert found.within

    def test_beyond_two_thousand_pairs_no_size_is_estimated(self) -> None:
        found = verdict([1.0] * 2000, [1.01] * 2000)
        assert found.effect == pytest.approx(-math.log(1.01))
        assert found.answer == "equivalent"
        found = verdict([1.0] * 2001, [1.01] * 2001)
        assert math.isnan(found.effect)
        assert found.answer == "better"


def accuracies(one: float, other: float, margin: float) -> Verdict:
    rows = [
        run_row(f"{name} {seed}", "xor", name, seed=seed, target=math.nan, test_accuracy=value)
        for name, value in (("one", one), ("other", other))
        for seed in range(12)
    ]
    (found,) = decide(build(rows), [Claim("one", "other", "accuracy", margin=margin)]).verdicts
    return found


class TestContradictions:
    def test_one_that_is_faster_where_it_solves_and_solves_less_is_not_better(self) -> None:
        one = [10.0] * 70 + [math.inf] * 30
        found = verdict(one, [11.0] * 100)
        assert found.p_adjusted < 0.001
        assert (found.answer, found.reason) == (
            "undecided", "the one that is ahead on more starts solves fewer of them",
        )  # fmt: skip

    def test_the_other_s_contradictions_are_no_better(self) -> None:
        often = [10.0] * 70 + [math.inf] * 30
        found = verdict([11.0] * 100, often)
        assert (found.answer, found.reason) == (
            "undecided", "the one that is ahead on more starts solves fewer of them",
        )  # fmt: skip
        rng = np.random.default_rng(1)
        dear = np.where(np.arange(400) < 260, 99.0, 100_000.0) * np.exp(rng.normal(0, 0.001, 400))
        found = verdict(np.full(400, 100.0), dear, Claim("one", "other"))
        assert (found.answer, found.reason) == (
            "undecided", "the one that is ahead on more starts is behind by its size",
        )  # fmt: skip

    def test_one_that_is_slightly_cheaper_often_and_far_dearer_otherwise_is_not_better(self) -> None:
        rng = np.random.default_rng(1)
        one = np.where(np.arange(400) < 260, 99.0, 100_000.0) * np.exp(rng.normal(0, 0.001, 400))
        found = verdict(one, np.full(400, 100.0), Claim("one", "other"))
        assert found.p_adjusted < 0.001
        assert found.answer == "undecided"

    def test_failed_and_diverged_runs_are_behind(self) -> None:
        lost = [
            *costs([math.inf] * 6, "other", outcome="failed", best_loss=math.nan, final_loss=math.nan),
            *costs([math.inf] * 6, "other", outcome="diverged", best_loss=0.5, final_loss=math.nan),
        ]
        for seed, row in enumerate(lost):
            row.update(seed=seed, run_id=f"lost {seed}")
        for by in ("cost-to-target", "final-loss", "solved"):
            (found,) = decide(build(costs([10.0] * 12, "one") + lost), [Claim("one", "other", by)]).verdicts
            assert (found.answer, found.n, found.ahead) == ("better", 12, 12), by


class TestOverProblems:
    @staticmethod
    def results(problems: int, seeds: int) -> Results:
        names = [f"p{number}" for number in range(problems)]
        return build(
            [row for p in names for row in costs([1.0] * seeds, "one", p) + costs([2.0] * seeds, "other", p)]
        )

    def test_on_these_problems_and_on_problems_like_these_are_two_claims(self) -> None:
        (found,) = decide(self.results(5, 50), [Claim("one", "other")]).transfers
        assert (found.problems, found.better, found.ahead) == (5, 5, 5)
        # 250 pairs, and five problems: 2 / 2^5 is above 0.05.
        assert (found.p, found.answer) == (0.0625, "undecided")

    def test_more_seeds_are_no_more_problems(self) -> None:
        few, many = (
            decide(self.results(6, seeds), [Claim("one", "other")]).transfers[0] for seeds in (2, 40)
        )
        assert few.p == many.p == 2 / 2**6
        assert few.answer == many.answer == "better"
        assert (few.better, many.better) == (0, 6)

    def test_one_problem_is_no_sample_of_problems(self) -> None:
        assert decide(self.results(1, 50), [Claim("one", "other")]).transfers == []


class TestRanks:
    def test_who_is_not_told_apart_shares_ranks(self) -> None:
        rng = np.random.default_rng(2)
        runs = [
            row
            for name, cost in (("a", 1.0), ("b", 100.0), ("c", 100.0), ("d", 10_000.0))
            for row in costs(cost * np.exp(rng.normal(0, 0.3, 20)), name)
        ]
        ranks = {rank.line[0]: rank.places for rank in decide(build(runs)).ranks}
        assert ranks == {"a": "1", "b": "2-3", "c": "2-3", "d": "4"}

    def test_the_best_is_held_against_all_and_all_against_the_first(self) -> None:
        runs = [row for name, cost in (("a", 9.0), ("b", 1.0), ("c", 5.0)) for row in costs([cost] * 9, name)]
        found = decide(build(runs))
        assert [(one.line[0], one.other[0]) for one in found.verdicts] == [("b", "a"), ("b", "c"), ("c", "a")]
        assert found.tests == 3

    @pytest.mark.parametrize("level", [0.9, 0.9375, 0.95, 0.99])
    @pytest.mark.parametrize("tests", [0, 1, 3, 10, 64])
    def test_as_many_pairs_are_needed_as_have_the_least_p_value_that_decides(
        self, tests: int, level: float
    ) -> None:
        n = 1
        while max(tests, 1) * 2.0 ** (1 - n) > 1 - level + 1e-12:
            n += 1
        assert Decided((), (), (), True, tests, level).fewest == n

    @pytest.mark.parametrize(
        ("given", "found"),
        [
            ("adam(batch=8) [halves]", ("adam(batch=8) [halves]", "analytic")),
            ("adam(batch=8)", ("adam(batch=8) [halves]", "analytic")),
            ("rprop(growth=1.5)", ("rprop", "analytic")),
            ("split by sign", ("split by sign", "analytic")),
            ("momentum by central-difference", ("momentum", "central-difference")),
            ("gradient-descent", ("named otherwise", "analytic")),
            ("momentum", "momentum stands for 2 of the optimizers and sources there"),
            ("momentum by complex-step", "there is no run of momentum by complex-step"),
            ("nesterov", "there is no run of nesterov"),
        ],
    )
    def test_a_claim_names_an_optimizer_by_label_name_or_source(self, given: str, found: Any) -> None:
        lines = {
            ("adam(batch=8) [halves]", "analytic"): "adaptive",
            ("rprop", "analytic"): "resilient",
            ("split by sign", "analytic"): "signed",
            ("momentum", "analytic"): "heavy-ball",
            ("momentum", "central-difference"): "heavy-ball",
            ("named otherwise", "analytic"): "gradient-descent",
        }
        assert chosen_line(lines, given) == found


class TestOddInputs:
    def test_without_runs_there_is_a_sentence(self) -> None:
        compared = build([]).compare()
        assert compared.sentences == ["There are no runs to compare."]
        assert compared.verdicts.empty
        assert compared.ranking.empty
        assert compared.over_problems.empty
        assert compared.short() == ["There are no runs to compare."]

    def test_one_optimizer_is_no_comparison(self) -> None:
        assert build(costs([1.0, 2.0], "one")).compare().sentences == [
            "There is nothing to compare: one alone was run on each problem."
        ]

    def test_one_seed_decides_nothing(self) -> None:
        found = verdict([1.0], [2.0])
        assert (found.answer, found.n, found.p) == ("undecided", 1, 1.0)

    def test_no_seed_in_common_is_said(self) -> None:
        runs = costs([1.0], "one") + costs([math.inf, 2.0], "other")[1:]
        compared = build(runs).compare([{"better": "one", "than": "other"}])
        (sentence,) = compared.sentences
        assert sentence == "one against other on xor is undecided (they have no seed in common), 0 pairs"

    def test_where_some_runs_have_no_target_nothing_is_said_of_a_ratio(self) -> None:
        one = costs([math.inf] * 6, "one", final_loss=0.05, best_loss=0.05)
        for row in one[:3]:
            row["target"] = math.nan
        rows = [*one, *costs([math.inf] * 6, "other")]
        (found,) = decide(build(rows), [Claim("one", "other", by="cost-to-target")]).verdicts
        assert (found.n, found.probability) == (6, 1.0)
        assert math.isnan(found.effect)

    def test_where_all_failed_all_are_tied(self) -> None:
        failed = {"outcome": "failed", "best_loss": math.nan, "final_loss": math.nan}
        rows = [*costs([math.inf] * 8, "one", **failed), *costs([math.inf] * 8, "other", **failed)]
        for by in ("cost-to-target", "final-loss", "solved"):
            (found,) = decide(build(rows), [Claim("one", "other", by)]).verdicts
            assert (found.answer, found.tied, found.p) == ("undecided", 8, 1.0), by

    @pytest.mark.parametrize("column", ["cost_to_target", "final_loss", "best_loss", "cost", "test_accuracy"])
    @pytest.mark.parametrize("by", ["cost-to-target", "final-loss", "solved", "accuracy"])
    def test_what_is_not_known_decides_nothing_false(self, column: str, by: Any) -> None:
        rows = costs([1.0] * 12, "one") + costs([2.0] * 12, "other")
        for row in rows:
            row[column] = math.nan
        compared = build(rows).compare([{"better": "one", "than": "other", "by": by}])
        (row,) = compared.verdicts.to_dict(orient="records")
        known = by == "cost-to-target" and column != "cost_to_target"
        assert row["verdict"] == ("better" if known else "undecided")
        assert "nan" not in row["sentence"]

    def test_a_measure_that_is_not_there_is_said(self) -> None:
        rows = costs([1.0] * 3, "one", target=math.nan) + costs([1.0] * 3, "other", target=math.nan)
        sentences = build(rows).compare([{"better": "one", "than": "other", "by": "solved"}]).sentences
        assert sentences == ["one against other on xor is undecided (there is no target), 3 pairs"]

    def test_a_claim_about_what_was_not_run_is_a_note(self) -> None:
        rows = costs([1.0] * 3, "one") + costs([1.0] * 3, "other")
        claims = [
            {"better": "three", "than": "other"},
            {"better": "one", "than": "other", "problems": "iris"},
        ]
        compared = build(rows).compare(claims)
        assert compared.notes == [
            "three against other on xor: there is no run of three",
            "one against other: there is no run on iris",
        ]
        assert compared.sentences == []

    def test_two_runs_of_a_seed_are_refused(self) -> None:
        rows = costs([1.0] * 3, "one") + costs([1.0] * 3, "one")
        with pytest.raises(InputError, match="two runs of seed 0"):
            build(rows).compare()

    def test_the_order_of_rows_decides_nothing_but_the_reference(self) -> None:
        results = synthetic(np.random.default_rng(5), problems=2, optimizers=3, seeds=9)
        one, other, _ = results.runs["optimizer"].unique()
        shuffled = build(results.runs.sample(frac=1.0, random_state=1).to_dict(orient="records"))
        first, second = (
            part.compare([{"better": one, "than": other}]).verdicts.sort_values("problem", ignore_index=True)
            for part in (results, shuffled)
        )
        pd.testing.assert_frame_equal(first, second)
