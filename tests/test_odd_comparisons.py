"""Comparisons of odd runs, and the same under every choice: what is said is true, or it is one sentence."""

from __future__ import annotations

import functools
import json
import math

import numpy as np
import pytest
from contracts.test_statistics import CASES, LABELS, tables

from harness.report.comparison import Comparison
from harness.report.comparison_formats import FORMATS
from harness.report.robust_comparison import RobustComparison
from harness.report.robust_formats import ROBUST_FORMATS
from harness.results import Results
from harness.runs.claims import Claim

every_case = pytest.mark.parametrize("case", CASES)
with_and_without_claims = pytest.mark.parametrize("claimed", [False, True])

CLAIMS = (
    Claim(LABELS[0], LABELS[1]),
    Claim(LABELS[1], LABELS[2], by="solved", margin=0.2),
    Claim(LABELS[2], LABELS[0], by="accuracy", margin=0.1),
    Claim(LABELS[0], LABELS[1], by="anytime-area", margin=0.1),
)

NOBODY_IS_AHEAD = ("all solved alike", "all failed", "NaN losses")
"""Cases in which each pair is tied, whatever is chosen."""


def some(case: str, claimed: bool) -> Results:
    """Two problems at the most, so that one may be left out; one for the claims: each has 200 choices."""
    problems = list(tables(case).runs["problem"].unique()[: 1 if claimed else 2])
    return tables(case).where(problem=problems) if problems else tables(case)


@functools.cache
def compared(case: str, claimed: bool) -> Comparison:
    return Comparison.of(some(case, claimed), CLAIMS if claimed else None)


@functools.cache
def robust(case: str, claimed: bool) -> RobustComparison:
    return RobustComparison.of(some(case, claimed), CLAIMS if claimed else None)


def assert_sentences(lines: list[str]) -> None:
    for line in lines:
        assert 10 < len(line) < 500
        assert "\n" not in line
        assert "nan" not in line.split()


@every_case
@with_and_without_claims
def test_a_comparison_says_something(case: str, claimed: bool) -> None:
    found = compared(case, claimed)
    assert found.sentences or found.notes
    assert_sentences([*found.sentences, *found.notes, *found.short(), *found.rank_lines()])
    for row in found.verdicts.to_dict(orient="records"):
        assert row["verdict"] in ("better", "worse", "equivalent", "undecided")
        assert 0 <= row["ahead"] + row["tied"] <= row["n"]
        assert math.isnan(row["probability"]) or row["probability_low"] <= row["probability"]
        # What is not known is no answer.
        assert not math.isnan(row["probability"]) or row["verdict"] == "undecided"
    for written in FORMATS.values():
        assert written(found)


@every_case
@with_and_without_claims
def test_every_choice_says_something_or_why_not(case: str, claimed: bool) -> None:
    found = robust(case, claimed)
    assert_sentences([*found.sentences, *found.notes])
    for one in found.found:
        assert one.tried or one.missing
        for tried in one.tried:
            assert 0 <= tried.interval[0] <= tried.estimate <= tried.interval[1] <= 1
            assert tried.n > 0
        for _, why in one.missing:
            assert 10 < len(why) < 150
            assert "\n" not in why
        chosen = [tried.choices for tried in one.tried] + [choices for choices, _ in one.missing]
        assert len(set(chosen)) == len(chosen), "each choice counts once"
    claims = found.claims
    assert (claims["choices"] == claims[["better", "worse", "equivalent", "undecided"]].sum(axis=1)).all()
    for written in ROBUST_FORMATS.values():
        assert written(found)
    json.loads(ROBUST_FORMATS["json"](found))


@every_case
@with_and_without_claims
def test_what_is_decided_is_among_the_choices(case: str, claimed: bool) -> None:
    found, decided = robust(case, claimed), compared(case, claimed).decided
    singles = [one for one in found.found if one.problem]
    assert [one.answer for one in singles] == [verdict.answer for verdict in decided.verdicts]
    for one, verdict in zip(singles, decided.verdicts, strict=True):
        usual = [tried for tried in one.tried if tried.choices == one.usual]
        assert len(usual) == (not math.isnan(verdict.probability))
        for tried in usual:
            assert (tried.answer, tried.estimate, tried.p) == (
                verdict.answer, verdict.probability, verdict.p_adjusted
            )  # fmt: skip


@pytest.mark.parametrize("case", NOBODY_IS_AHEAD)
def test_where_all_are_tied_nobody_is_ahead_with_or_without_a_problem(case: str) -> None:
    for one in robust(case, False).found:
        own = [tried for tried in one.tried if set(tried.choices.changes(one.usual)) <= {"left_out"}]
        assert own
        assert {(tried.estimate, tried.answer) for tried in own} == {(0.5, "undecided")}


def test_one_seed_decides_nothing_under_any_choice() -> None:
    for one in robust("one seed", False).found:
        assert {tried.answer for tried in one.tried} <= {"undecided"}
        assert all(np.isclose(tried.p, 1.0) for tried in one.tried)
