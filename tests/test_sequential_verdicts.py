"""Verdicts by confidence sequences: comparisons of a known truth, and each measure with its margin."""

from __future__ import annotations

import math
import re
from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from simulated_comparisons import best_fixed_size, decide_draws
from synthetic import build, costs, run_row

from harness.analysis.comparison import decide, declared_verdicts
from harness.analysis.measures import Measured
from harness.analysis.median_sequence import median_sequence
from harness.analysis.probability_sequence import counted, log_capital
from harness.analysis.sequential_path import Path, path_of
from harness.analysis.sequential_verdict import needed
from harness.analysis.verdict import Verdict
from harness.results import Results
from harness.runs.claims import By
from harness.runs.declaration import Declaration, DeclaredClaim

EQUAL, SLIGHT, CLEAR = (0.5, 0.0, 0.5), (0.55, 0.0, 0.45), (0.7, 0.0, 0.3)
RIGHT = {EQUAL: {"equivalent"}, SLIGHT: {"better", "equivalent"}, CLEAR: {"better"}}
"""Answers that are true: 55:45 is ahead, and within 10 points of even."""


def declared(
    rows: Sequence[dict[str, Any]], by: By = "cost-to-target", margin: float = 0.0, claims: int = 1
) -> Results:
    results = build(list(rows))
    return replace(results, declaration=Declaration([claimed(by, margin)] * claims, 2000, 0.95, ""))


def verdict(rows: Sequence[dict[str, Any]], by: By = "cost-to-target", margin: float = 0.0) -> Verdict:
    found = decide(declared(rows, by, margin)).verdicts
    assert len(found) == 1
    return found[0]


def two(one: Sequence[float], other: Sequence[float], **same: Any) -> list[dict[str, Any]]:
    return costs(one, "one", **same) + costs(other, "other", **same)


def losses(one: Sequence[float], other: Sequence[float], column: str = "final_loss") -> list[dict[str, Any]]:
    return [
        run_row(f"{name} {seed}", "xor", name, seed=seed, target=np.nan, **{column: value})
        for name, values in (("one", one), ("other", other))
        for seed, value in enumerate(values)
    ]


def claimed(by: By, margin: float = 0.0) -> DeclaredClaim:
    return DeclaredClaim(0, "xor", ("one", "analytic"), ("other", "analytic"), by, margin)


def path(measured: Measured, solved: np.ndarray | None, claim: DeclaredClaim, level: float = 0.975) -> Path:
    return path_of(measured, solved, claim, level)


def ended(one: Sequence[bool], other: Sequence[bool]) -> list[dict[str, Any]]:
    costs_of = [np.where(solved, 100.0, np.inf) for solved in (one, other)]
    return two(*costs_of)


class TestKnownTruth:
    @pytest.mark.parametrize("chances", RIGHT)
    def test_a_verdict_is_right_or_undecided(self, chances: tuple[float, float, float]) -> None:
        found = decide_draws(np.random.default_rng(31), 60, chances)
        # Of 60 with a chance of 0.05 each more than 8 are one in 200.
        assert np.isin(found.answers, ["undecided", *RIGHT[chances]]).sum() >= 52

    @pytest.mark.slow
    @pytest.mark.parametrize("claims", [1, 10])
    @pytest.mark.parametrize("chances", RIGHT)
    def test_at_least_95_of_100_verdicts_are_right_or_undecided(
        self, chances: tuple[float, float, float], claims: int
    ) -> None:
        found = decide_draws(np.random.default_rng(32), 1000, chances, claims)
        assert np.isin(found.answers, ["undecided", *RIGHT[chances]]).mean() >= 0.95

    @pytest.mark.slow
    @pytest.mark.parametrize("chances", [EQUAL, (0.25, 0.5, 0.25)])
    def test_equal_ones_are_found_equivalent_before_the_limit(
        self, chances: tuple[float, float, float]
    ) -> None:
        found = decide_draws(np.random.default_rng(33), 1000 if not chances[1] else 200, chances)
        assert ((found.answers == "equivalent") & (found.seeds < 2000)).mean() >= 0.9

    @pytest.mark.slow
    def test_a_clear_difference_takes_at_most_half_as_many_seeds_again_as_the_best_fixed_number(self) -> None:
        found = decide_draws(np.random.default_rng(34), 1000, CLEAR)
        assert (found.answers == "better").mean() >= 0.95
        # Of the exact two-sided sign test at 5 %, which would have to know how large the difference is.
        sizes = {power: best_fixed_size(0.7, power) for power in (0.8, 0.9, 0.95)}
        assert sizes == {0.8: 49, 0.9: 65, 0.95: 79}
        assert found.seeds.mean() <= 1.5 * sizes[0.8]

    def test_whatever_the_blocks_the_same_pairs_decide(self) -> None:
        rng = np.random.default_rng(35)
        ratio = rng.normal(-0.4, 1.0, 300)
        whole = verdict(two(100 * np.exp(ratio), np.full(300, 100.0)))
        assert whole.stopped is not None
        assert whole.stopped.at is not None
        for n in (whole.stopped.at, whole.stopped.at + 7, 300):
            part = verdict(two(100 * np.exp(ratio[:n]), np.full(n, 100.0)))
            # As texts: Python 3.13 holds no NaN in a dataclass for itself.
            assert (part.answer, repr(part.stopped)) == (whole.answer, repr(whole.stopped))
        before = verdict(
            two(100 * np.exp(ratio[: whole.stopped.at - 1]), np.full(whole.stopped.at - 1, 100.0))
        )
        assert before.answer == "undecided"

    def test_what_comes_after_a_decision_does_not_undo_it(self) -> None:
        later = verdict(two([50.0] * 9 + [200.0] * 60, [100.0] * 69))
        assert later.answer == "better"
        assert later.stopped is not None
        assert later.stopped.at == 9

    def test_more_claims_take_more_pairs(self) -> None:
        rows = two([50.0] * 20, [100.0] * 20)
        at = []
        for claims in (1, 10):
            (first, *_), _ = declared_verdicts(
                declared(rows, claims=claims), declared(rows, claims=claims).declaration
            )
            assert first.stopped is not None
            at.append(first.stopped.at)
        assert at == [9, 13]


class TestMeasures:
    def test_one_solved_and_one_not_is_decided_for_the_first(self) -> None:
        found = verdict(ended([True] * 10, [False] * 10))
        assert (found.answer, found.ahead, found.tied) == ("better", 10, 0)
        assert (found.solved, found.other_solved) == (10, 0)

    def test_two_that_did_not_solve_are_tied_whatever_their_losses(self) -> None:
        rows = ended([False] * 30, [False] * 30)
        for row in rows:
            row["best_loss"] = 0.2 if row["optimizer"] == "one" else 0.3
        found = verdict(rows)
        assert (found.ahead, found.tied) == (0, 30)

    @pytest.mark.parametrize(("n", "answer"), [(10, "undecided"), (40, "equivalent")])
    def test_ties_alone_are_equivalent_in_the_end(self, n: int, answer: str) -> None:
        found = verdict(ended([False] * n, [False] * n))
        assert found.answer == answer
        assert found.reason == (
            "" if answer == "undecided" else "neither has reached the target from any start"
        )

    def test_a_lower_final_loss_is_ahead(self) -> None:
        assert verdict(losses([0.1] * 10, [0.2] * 10), "final-loss").answer == "better"

    def test_a_higher_accuracy_is_ahead(self) -> None:
        found = verdict(losses([0.95] * 12, [0.9] * 12, "test_accuracy"), "accuracy")
        assert found.answer == "better"
        assert found.effect == pytest.approx(0.05)

    def test_more_solved_is_ahead_by_solved(self) -> None:
        found = verdict(ended([True] * 12, [False] * 12), "solved")
        assert (found.answer, found.difference) == ("better", 1.0)

    def test_ahead_on_more_starts_but_solving_fewer_is_undecided(self) -> None:
        # Cheaper on two starts of three, unsolved on the third.
        n = 300
        one = [50.0, 50.0, math.inf] * (n // 3)
        found = verdict(two(one, [100.0] * n))
        assert found.answer == "undecided"
        assert found.reason == "the one that is ahead on more starts solves fewer of them"
        assert found.stopped is not None
        assert found.stopped.needed == math.inf
        one = [math.inf] * 20 + [50.0] * 60
        found = verdict(two(one, [100.0] * 80))
        assert found.answer == "worse"

    def test_a_factor_within_the_margin_is_equivalent_and_beyond_it_is_not(self) -> None:
        rng = np.random.default_rng(41)
        n = 200
        noise = np.exp(rng.normal(0.0, 0.05, n))
        assert verdict(two(100 * noise, np.full(n, 100.0)), margin=0.1).answer == "equivalent"
        assert verdict(two(150 * noise, np.full(n, 100.0)), margin=0.1).answer == "worse"

    def test_a_factor_is_not_equivalent_where_one_solves_fewer(self) -> None:
        n = 100
        one = np.where(np.arange(n) % 3 == 0, np.inf, 100.0)
        found = verdict(two(one, np.full(n, 100.0)), margin=0.1)
        assert found.answer == "worse"

    def test_accuracies_within_the_margin_are_equivalent(self) -> None:
        rng = np.random.default_rng(42)
        n = 300
        one, other = (0.9 + 0.01 * rng.standard_normal(n) for _ in range(2))
        found = verdict(losses(one, other, "test_accuracy"), "accuracy", margin=0.05)
        assert found.answer == "equivalent"
        low, high = found.effect_interval
        assert -0.05 <= low < 0 < high <= 0.05

    def test_solved_runs_within_the_margin_are_equivalent(self) -> None:
        n = 400
        solved = np.arange(n) % 2 == 0
        found = verdict(ended(solved, solved), "solved", margin=0.1)
        assert found.answer == "equivalent"
        assert found.difference_interval[1] <= 0.1

    @pytest.mark.parametrize(("by", "missing"), [("solved", "target"), ("accuracy", "test accuracy")])
    def test_what_the_runs_do_not_have_is_said(self, by: By, missing: str) -> None:
        rows = [row | {"test_accuracy": np.nan} for row in losses([0.1] * 4, [0.2] * 4)]
        found = verdict(rows, by)
        assert (found.answer, found.reason) == ("undecided", f"there is no {missing}")

    def test_no_seed_in_common_is_said(self) -> None:
        rows = costs([1.0, 2.0], "one") + costs([1.0] * 4, "other")[2:]
        found = verdict(rows)
        assert (found.answer, found.n, found.reason) == ("undecided", 0, "they have no seed in common")

    def test_losses_of_nought_have_no_ratio_that_could_be_within_a_margin(self) -> None:
        found = verdict(losses([0.0] * 400, [0.0] * 400), "final-loss", margin=0.5)
        assert (found.answer, found.probability) == ("undecided", 0.5)
        assert math.isnan(found.effect)
        ahead = verdict(losses([-1.0] * 40, [0.0] * 40), "final-loss", margin=0.5)
        assert (ahead.answer, ahead.probability) == ("better", 1.0)

    @given(st.lists(st.sampled_from(["one", "other", "both", "none"]), min_size=1, max_size=60))
    @settings(max_examples=12)
    def test_a_turned_comparison_has_the_turned_answer(self, outcomes: list[str]) -> None:
        one = [outcome in ("one", "both") for outcome in outcomes]
        other = [outcome in ("other", "both") for outcome in outcomes]
        found, turned = verdict(ended(one, other)), verdict(ended(other, one))
        assert found.turned.answer == turned.answer
        assert found.turned.probability_interval == pytest.approx(turned.probability_interval, abs=1e-6)
        assert found.stopped == turned.stopped or found.stopped.needed == pytest.approx(
            turned.stopped.needed, rel=1e-3
        )

    def test_ahead_on_more_starts_but_behind_by_the_size_of_accuracies_is_undecided(self) -> None:
        one = np.where(np.arange(400) % 5 < 3, 0.91, 0.3)
        found = verdict(losses(one, np.full(400, 0.9), "test_accuracy"), "accuracy")
        assert (found.answer, found.ahead) == ("undecided", 240)
        assert found.reason == "the one that is ahead on more starts is behind by its size"
        turned = verdict(losses(np.full(400, 0.9), one, "test_accuracy"), "accuracy")
        assert turned.answer == "undecided"

    @pytest.mark.parametrize("size", [0.1, -0.1])
    def test_accuracies_beyond_the_margin_are_at_no_time_equivalent(self, size: float) -> None:
        values = size + 0.01 * np.random.default_rng(44).standard_normal(400)
        measured = Measured(0.5 + 0.5 * np.sign(values), (values, values))
        assert not path(measured, None, claimed("accuracy", 0.05)).equivalent.any()
        assert path(measured, None, claimed("accuracy", 0.15)).equivalent[-1]

    def test_a_margin_of_all_that_accuracies_can_differ_by_is_kept_at_once(self) -> None:
        found = verdict(losses([0.9] * 3, [0.1] * 3, "test_accuracy"), "accuracy", margin=1.0)
        assert (found.answer, found.stopped.at) == ("equivalent", 1)

    def test_who_solves_more_has_no_part_in_a_claim_about_accuracies(self) -> None:
        values = 0.01 * np.random.default_rng(45).standard_normal(400)
        measured = Measured(0.5 + 0.5 * np.sign(values), (values, values))
        with_target = path(measured, np.zeros(400), claimed("accuracy", 0.05))
        without = path(measured, None, claimed("accuracy", 0.05))
        assert without.equivalent[-1]
        assert (with_target.equivalent == without.equivalent).all()
        assert (with_target.better == without.better).all()

    @pytest.mark.parametrize("margin", [0.1, 0.5])
    def test_costs_are_equivalent_once_the_parts_solved_are_as_alike_as_a_solved_start_may_cost(
        self, margin: float
    ) -> None:
        n = 150
        tied = Measured(np.full(n, 0.5), (np.zeros(n), np.zeros(n)))
        found = path(tied, np.full(n, 0.5), claimed("cost-to-target", margin))
        alike = found.solved_high <= margin / (1 + margin)
        assert 10 < found.pairs[np.argmax(alike)] < n
        assert (found.equivalent == alike).all()

    def test_what_is_known_at_the_same_look_is_equivalence(self) -> None:
        some, never = np.array([False, True, True]), np.zeros(3, dtype=np.bool_)
        ends = np.zeros(3)
        known = Path(np.array([1, 2, 5]), ends, ends, some, never, some, ends, ends)
        assert known.first() == (2, "equivalent")
        assert known._replace(equivalent=np.array([False, False, True])).first() == (2, "better")
        assert known._replace(better=never, worse=some, equivalent=never).first() == (2, "worse")
        assert known._replace(better=never, equivalent=never).first() == (None, "undecided")


class TestNumbers:
    def test_a_claim_without_its_measure_was_not_stopped(self) -> None:
        found = verdict(losses([0.1] * 4, [0.2] * 4), "solved")
        assert (found.stopped.at, found.stopped.needed) == (None, math.inf)
        assert found.stopped.margin == claimed("solved").margin_in_words()

    def test_p_values_are_of_the_highest_capital_times_the_claims(self) -> None:
        rng = np.random.default_rng(46)
        ahead = rng.random(40) < 0.7
        rows = two(np.where(ahead, 50.0, 200.0), [100.0] * 40)
        highest = log_capital(0.5, *counted(ahead.astype(float))).max()
        for claims in (1, 3):
            found = decide(declared(rows, claims=claims)).verdicts[0]
            assert found.p == pytest.approx(math.exp(-highest))
            assert found.p_adjusted == pytest.approx(min(claims * math.exp(-highest), 1.0))
        # Where the margin is of another number, half of a claim's share is spent on each.
        found = verdict(rows, margin=0.1)
        assert found.p_adjusted == pytest.approx(min(2 * math.exp(-highest), 1.0))

    def test_a_factor_has_the_median_of_what_is_known_of_each_pair(self) -> None:
        ratios = [0.5, 0.8, 1.25, 2.0] * 6
        found = verdict(two(ratios, [1.0] * 24))
        logs = np.log(ratios)
        # The median of an even number lies between the two in the middle.
        assert found.effect == pytest.approx(0.0, abs=1e-12)
        assert found.effect_interval == median_sequence(logs, logs, 0.95)
        assert found.effect_exact
        odd = verdict(two(ratios[:3], [1.0] * 3))
        assert odd.effect == pytest.approx(math.log(0.8))
        # A run that did not solve took longer than the budget at the least: only a bound is known.
        censored = verdict(two([math.inf] * 15 + [0.5] * 9, [1.0] * 24))
        assert not censored.effect_exact
        low, high = censored.effect_interval
        assert low < high == math.inf

    def test_a_median_between_never_and_at_once_is_not_known(self) -> None:
        rows = two([10.0, 10.0, math.inf, math.inf], [math.inf, math.inf, 10.0, 10.0])
        stalled = [row | ({} if row["outcome"] == "solved" else {"outcome": "stalled"}) for row in rows]
        found = verdict(stalled)
        assert found.probability == 0.5
        assert found.effect_interval == (-math.inf, math.inf)
        assert not found.effect_exact

    def test_starts_that_one_alone_solved_are_counted(self) -> None:
        found = verdict(ended([True, True, True, False, False], [True, False, False, True, False]))
        assert (found.only, found.only_other, found.solved, found.other_solved) == (2, 1, 3, 2)
        assert found.difference == pytest.approx(0.2)

    def test_the_pairs_that_are_needed_grow_with_the_square_of_what_is_lacking(self) -> None:
        n = 50
        values = Measured(np.array([1.0] * 30 + [0.0] * 20), None)
        ends = np.array([0.4]), np.array([0.75])
        never = np.zeros(1, dtype=np.bool_)
        known = Path(np.array([n]), *ends, never, never, never, np.array([-1.0]), np.array([1.0]))
        # The lower end is 0.2 below 0.6, and has to come within 0.1: half as wide is four times as many.
        assert needed(known, values, claimed("cost-to-target"), 0.95) == pytest.approx(4 * n)
        # By a margin of 0.6 either side of even it has to come within 0.2 above: 0.15 is enough already.
        assert needed(known, values, claimed("solved", 0.6), 0.95) == n + 1
        effect = np.log(np.linspace(0.9, 1.1, n))
        factor = values._replace(effect=(effect, effect), leads=np.full(n, 0.5))
        even = known._replace(low=np.array([0.3]), high=np.array([0.7]))
        low, high = median_sequence(effect, effect, 0.95)
        centre = float(np.median(effect))
        allowed = math.log1p(0.04)
        shrink = min((allowed + centre) / (centre - low), (allowed - centre) / (high - centre))
        assert 0 < shrink < 1
        found = needed(even, factor, claimed("cost-to-target", 0.04), 0.95)
        assert found == pytest.approx(n / shrink**2)
        assert (
            needed(even, values._replace(leads=np.full(n, 0.5)), claimed("final-loss", 0.04), 0.95)
            == math.inf
        )


class TestSentences:
    def test_a_decided_one_says_estimate_interval_and_after_how_many_seeds(self) -> None:
        (sentence,) = declared(two([50.0] * 10, [100.0] * 10)).compare().sentences
        assert sentence.startswith(
            "one is ahead of other on xor: on 10 of 10 starts (time-uniform 95 % interval "
        )
        assert sentence.endswith("all 20 runs solved, decided after 9 seeds")

    def test_an_undecided_one_says_how_many_seeds_it_would_take(self) -> None:
        rng = np.random.default_rng(43)
        ahead = rng.random(100) < 0.58
        results = declared(two(np.where(ahead, 50.0, 200.0), [100.0] * 100))
        (sentence,) = results.compare().sentences
        assert "is undecided" in sentence
        assert "seeds would decide it" in sentence
        (needed,) = results.compare().verdicts["needed"]
        assert 100 < needed < 2000

    def test_the_margin_is_named(self) -> None:
        (sentence,) = declared(ended([True] * 400, [True] * 400)).compare().sentences
        assert "are equivalent on xor (ahead on 40 to 60 % of the starts)" in sentence

    def test_claims_made_up_later_are_told_from_declared_ones(self) -> None:
        results = declared(two([50.0] * 10, [100.0] * 10))
        made_up = results.compare({"better": "one", "than": "other"})
        assert any("claims made up later" in note for note in made_up.notes)
        assert not any("time-uniform" in sentence for sentence in made_up.sentences)

    def test_the_frame_says_when(self) -> None:
        table = declared(two([50.0] * 10, [100.0] * 10)).compare().verdicts
        assert table["decided_at"].tolist() == [9]
        assert pd.isna(table["needed"]).all()


def test_where_no_number_of_seeds_would_decide_it_none_is_named() -> None:
    """Half of the starts are for one and half for the other, and they are far apart."""
    rows = two([10.0, 10_000.0] * 20, [100.0] * 40)
    (sentence,) = declared(rows, margin=0.1).compare().sentences
    assert sentence.startswith("one against other on xor is undecided: ahead on 20 of 40 starts")
    assert sentence.endswith("no number of seeds is in sight that would decide it")
    near = two([10.0, 11.0] * 20, [11.0, 10.0] * 20)
    (sentence,) = declared(near).compare().sentences
    assert re.search(r"is undecided: ahead on 20 of 40 starts .* about \d+ seeds would decide it$", sentence)
