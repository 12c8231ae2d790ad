"""Verdicts under other choices: read off the traces, counted, and what turns them."""

from __future__ import annotations

import json
import math
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from synthetic import build, run_row, synthetic, trace_rows
from terminal import called

import harness
from harness.analysis.comparison import decide
from harness.analysis.defensible_choices import Choices, every_change, usual_choices
from harness.analysis.other_limits import OtherLimits
from harness.analysis.redecided import Asked, Redecided
from harness.analysis.robustness import Robustness, robustness
from harness.report.robust_comparison import RobustComparison
from harness.report.robust_formats import ROBUST_FORMATS
from harness.results import Results
from harness.runs.claims import claims_of

CLAIM = claims_of({"better": "adam", "than": "rprop"})
SEEDS = 10


def race(
    adam: list[tuple[float, float]],
    rprop: list[tuple[float, float]],
    problems: tuple[str, ...] = ("xor",),
    **same: Any,
) -> Results:
    """Ten runs of each, all with the same looks (cost, best loss); the last one below 0.01 solves."""
    runs, trace = [], []
    for problem in problems:
        for label, looks in {"adam": adam, "rprop": rprop}.items():
            for seed in range(SEEDS):
                run_id, (cost, loss) = f"{problem} {label} {seed}", zip(*looks, strict=True)
                ends: dict[str, Any] = {"cost": cost[-1], "final_loss": loss[-1], "best_loss": loss[-1]}
                ends |= {"iterations": int(cost[-1] / 3), "seconds": cost[-1] * 1e-6}
                if loss[-1] <= 0.01:
                    ends |= {"outcome": "solved", "cost_to_target": cost[-1]}
                runs.append(run_row(run_id, problem, label, seed=seed, **ends | same))
                trace += trace_rows(run_id, cost, loss, test_accuracy=0.8)
    return build(runs, trace)


def only(found: list[Robustness], problem: str = "xor") -> Robustness:
    (one,) = [one for one in found if one.problem == problem]
    return one


def answer(robust: Robustness, **choices: Any) -> str | None:
    wanted = replace(robust.usual, **choices)
    return next((one.answer for one in robust.tried if one.choices == wanted), None)


def reason(robust: Robustness, **choices: Any) -> str:
    wanted = replace(robust.usual, **choices)
    return next(why for one, why in robust.missing if one == wanted)


LEADS_LATE = [(0.0, 1.0), (100.0, 0.5), (140.0, 0.009)]
LEADS_EARLY = [(0.0, 1.0), (60.0, 0.02), (200.0, 0.009)]


def test_a_higher_target_turns_who_was_behind_on_the_way() -> None:
    """By the target 140 against 200; to three times that 140 against 60."""
    robust = only(robustness(race(LEADS_LATE, LEADS_EARLY), CLAIM)[1])
    assert robust.answer == answer(robust) == "better"
    assert answer(robust, target=3.0) == "worse"
    assert answer(robust, axis="iterations") == answer(robust, axis="seconds") == "better"
    # Half the budget of 300 ends rprop at its look at 60, short of the target.
    assert answer(robust, budget=0.5) == "better"
    assert answer(robust, budget=0.5, target=3.0) == "worse"
    # All solve, so that neither is ahead by these.
    assert [answer(robust, by=by, axis="") for by in ("solved", "accuracy")] == ["undecided"] * 2
    assert "both runs of a start end at the target" in reason(robust, by="final-loss", axis="")
    # The curves: adam 1 until 100 and 0.5 until 140, rprop 1 until 60, 0.02 until 200: 4/7 and more of a
    # decade against.
    assert answer(robust, by="anytime-area") == "worse"
    turned = robust.smallest()
    assert turned is not None
    assert (turned.choices.words(robust.usual), turned.answer) == ("a target 3 times as high", "worse")
    assert robust.smallest("worse") == turned
    assert robust.held == robust.counts["better"]
    assert sum(robust.counts.values()) == len(robust.tried)


def test_what_the_traces_cannot_tell_is_named() -> None:
    robust = only(robustness(race(LEADS_LATE, LEADS_EARLY), CLAIM)[1])
    assert "ended at the target" in reason(robust, target=1 / 3)
    assert reason(robust, budget=2.0) == "there are no runs with twice the budget"
    without = only(robustness(replace(race(LEADS_LATE, LEADS_EARLY), held_trace=build([]).trace), CLAIM)[1])
    assert answer(without) == "better"
    assert reason(without, target=3.0) == reason(without, budget=0.5) == "there is no trace of some runs"
    assert reason(without, by="anytime-area") == "there is no curve of losses above 0"
    low = race([(0.0, 0.025), (9.0, 0.009)], [(0.0, 0.025), (5.0, 0.009)])
    assert reason(
        only(robustness(replace(low, runs=low.runs.assign(start_loss=0.025)), CLAIM)[1]), target=3.0
    ) == ("some runs start below it")
    timeless = race(LEADS_LATE, LEADS_EARLY, seconds=math.nan)
    assert (
        reason(only(robustness(timeless, CLAIM)[1]), axis="seconds")
        == "the seconds of some runs are not known"
    )


def test_a_lower_target_is_known_where_no_run_ended_at_it() -> None:
    ahead, behind = [(0.0, 1.0), (300.0, 0.1)], [(0.0, 1.0), (300.0, 0.2)]
    robust = only(robustness(race(ahead, behind), CLAIM)[1])
    assert answer(robust, target=1 / 3) == "better"
    # Fifty times the tenth that it had reached: it is the same run.
    assert answer(robust, target=3.0) == "better"


def test_a_problem_without_a_target_has_no_other_one() -> None:
    robust = only(robustness(race(LEADS_LATE, LEADS_EARLY, target=math.nan, outcome="budget"), CLAIM)[1])
    assert robust.usual == usual_choices("final-loss")
    assert {one.choices.target for one in robust.tried} == {1.0}
    assert {choices.target for choices, _ in robust.missing} == {1.0}
    assert reason(robust, by="solved") == "there is no target"


def test_twice_the_budget_is_taken_from_the_runs_that_had_it() -> None:
    def named(results: Results, name: str, setting: str) -> pd.DataFrame:
        runs = results.runs.assign(problem=name, setting=setting, problem_key="the same")
        return runs.assign(run_id=runs["run_id"] + setting)

    behind, ahead = [(0.0, 1.0), (100.0, 0.5)], [(0.0, 1.0), (100.0, 0.4)]
    few, many = race(behind, ahead), race(LEADS_LATE, LEADS_EARLY)
    runs = pd.concat([named(few, "xor [cost=100]", "cost=100"), named(many, "xor [cost=200]", "cost=200")])
    traces = [
        t.trace.assign(run_id=t.trace["run_id"] + s) for t, s in ((few, "cost=100"), (many, "cost=200"))
    ]
    labels = ["problem", "optimizer", "gradient", "seed"]
    trace = pd.concat(traces, ignore_index=True).drop(columns=labels)
    results = replace(few, runs=runs.reset_index(drop=True), held_trace=trace)
    found = robustness(results, CLAIM)[1]
    robust = only(found, "xor [cost=100]")
    assert (answer(robust), answer(robust, budget=2.0)) == ("worse", "better")
    assert answer(robust, budget=2.0, target=3.0) == "worse"
    # Both budgets are two problems, of which one left out leaves none to speak of.
    assert reason(only(found, "xor [cost=200]"), budget=2.0) == "there are no runs with twice the budget"


def test_the_other_options_of_an_optimizer_are_a_choice() -> None:
    def label(results: Results, rate: float) -> pd.DataFrame:
        runs = results.runs[results.runs["optimizer"] == "adam"]
        options = json.dumps({"learning_rate": rate, "batch": None})
        return runs.assign(
            optimizer=f"adam(learning_rate={rate})", options=options, run_id=runs["run_id"] + str(rate)
        )

    slow, fast = race(LEADS_EARLY, LEADS_LATE), race(LEADS_LATE, LEADS_LATE)
    rest = slow.runs[slow.runs["optimizer"] == "rprop"]
    tables = [label(slow, 0.1), label(fast, 0.2), rest.assign(options='{"shrink": 0.5}')]

    def compared(tables: list[pd.DataFrame]) -> Robustness:
        results = replace(slow, runs=pd.concat(tables, ignore_index=True), held_trace=build([]).trace)
        claim = claims_of({"better": "adam(learning_rate=0.1)", "than": "rprop"})
        return only(robustness(results, claim)[1])

    robust = compared(tables)
    assert (answer(robust), answer(robust, options="other")) == ("worse", "undecided")
    assert {one.choices.options for one in compared([tables[0], tables[2]]).tried} == {"own"}
    third = label(fast, 0.3)
    assert (
        reason(compared([*tables, third]), options="other") == "there are several other configurations of one"
    )


def test_each_problem_is_left_out_once() -> None:
    names = tuple(f"p{number}" for number in range(6))
    results = race(LEADS_LATE, LEADS_EARLY, problems=names)
    robust = only(robustness(results, CLAIM)[1], "")
    assert robust.answer == "better"
    left_out = {
        one.choices.left_out: one for one in robust.tried if len(one.choices.changes(robust.usual)) == 1
    }
    assert set(names) <= set(left_out)
    # The sign test of five problems has no p-value below 1/16.
    assert {left_out[name].answer for name in names} == {"undecided"}
    assert {left_out[name].n for name in names} == {5}
    two = only(robustness(race(LEADS_LATE, LEADS_EARLY, problems=names[:2]), CLAIM)[1], "")
    assert {one.choices.left_out for one in two.tried} == {""}


@pytest.mark.parametrize("claims", [None, CLAIM])
def test_without_a_change_the_verdicts_are_the_same_to_the_bit(claims: Any) -> None:
    results = synthetic(np.random.default_rng(8), problems=3, optimizers=4, seeds=7)
    optimizers = list(results.runs["optimizer"].unique())
    if claims is not None:
        claims = claims_of([
            {"better": optimizers[0], "than": optimizers[1]},
            {"better": optimizers[1], "than": optimizers[2], "by": "final-loss", "margin": 0.5},
            {"better": optimizers[0], "than": optimizers[3], "by": "solved"},
        ])  # fmt: skip
    decided = decide(results, claims)
    asked = [Asked.of(one) for one in decided.verdicts]
    again = Redecided(results, decided, asked).answers(next(iter(every_change())))
    for one, verdict in zip(asked, decided.verdicts, strict=True):
        found = again[one]
        assert not isinstance(found, str)
        for name in ("answer", "p", "p_adjusted", "probability", "n", "ahead", "tied"):
            assert getattr(found, name) == getattr(verdict, name)


@pytest.mark.parametrize("target", [1 / 3, 1.0, 3.0])
@pytest.mark.parametrize("budget", [0.5, 1.0])
def test_runs_end_where_a_walk_along_their_traces_ends(target: float, budget: float) -> None:
    """Against a plain walk: the first look that is at the target, or the last that the budget holds."""
    results = synthetic(np.random.default_rng(3), problems=2, optimizers=3, seeds=6)
    results = replace(results, runs=results.runs.assign(setting="cost=20000"))
    rng = np.random.default_rng(1)
    shuffled = replace(results, held_trace=results.trace.iloc[rng.permutation(len(results.trace))])
    found = OtherLimits(shuffled).ended(target, budget)
    traces = dict(list(results.trace.groupby("run_id")))
    assert len(found.tables.runs) == len(results.runs)
    changed = 0
    for before, after in zip(
        results.runs.to_dict(orient="records"), found.tables.runs.to_dict(orient="records"), strict=True
    ):
        looks = traces[before["run_id"]]
        goal, end, solved = before["target"] * target, None, before["outcome"] == "solved"
        spent = before["cost_to_target"] if solved else before["cost"]
        cut = budget < 1 and spent > 10_000
        for cost, best in zip(looks["cost"], looks["best_loss"], strict=True):
            if cut and cost > 10_000:
                break
            if target != 1 and best <= goal and before["outcome"] != "failed":
                end = ("solved", cost, best)
                break
            if cut:
                end = ("budget", cost, best)
        if before["run_id"] in found.unknown:
            assert (
                (solved and target < 1 and not cut)
                or math.isnan(before["target"])
                or before["start_loss"] <= goal
            )
            continue
        expected = end or (before["outcome"], before["cost"], before["best_loss"])
        changed += end is not None
        assert (after["outcome"], after["cost"], after["best_loss"]) == expected
        if after["outcome"] == "solved":
            assert after["cost_to_target"] == expected[1]
        rows = found.tables.trace[found.tables.trace["run_id"] == before["run_id"]]
        assert rows["cost"].max() == (expected[1] if end else looks["cost"].max())
    assert changed or (target, budget) in ((1.0, 1.0), (1 / 3, 1.0))


def test_the_order_of_changes_is_by_their_number_then_by_kind() -> None:
    usual = Choices()
    ordered = [
        replace(usual, target=1 / 3), replace(usual, target=3.0), replace(usual, budget=0.5),
        replace(usual, axis="seconds"), replace(usual, options="other"), replace(usual, left_out="iris"),
        replace(usual, axis="", by="solved"), replace(usual, target=3.0, budget=0.5),
    ]  # fmt: skip
    shuffled = [ordered[place] for place in (3, 7, 0, 5, 2, 6, 1, 4)]
    assert sorted(shuffled, key=lambda choices: choices.order(usual)) == ordered


def test_sentences_tables_and_formats_say_the_same() -> None:
    results = race(LEADS_LATE, LEADS_EARLY, problems=("a_b", "c"))
    found = RobustComparison.of(results, CLAIM)
    claims, choices = found.claims, found.choices
    assert claims["problem"].tolist() == ["all problems", "a_b", "c"]
    for row in claims.to_dict(orient="records"):
        tried = choices[(choices["problem"] == row["problem"]) & (choices["verdict"] != "")]
        assert row["choices"] == len(tried)
        assert row["held"] == (tried["verdict"] == row["verdict"]).sum()
        assert row["share"] == row["held"] / row["choices"]
        own = tried[tried["by"] == "cost-to-target"]
        held = (own["verdict"] == row["verdict"]).sum()
        assert (row["own_choices"], row["own_held"]) == (len(own), held)
        assert 0 < len(own) < len(tried)
    assert found.sentences[0].endswith("answer: 1 of 3; that turn to their opposite under some: 2.")
    first = next(sentence for sentence in found.sentences if "on a_b" in sentence)
    a, own = claims.iloc[1], "by cost to the target and "
    said = f"{a['own_held']} of {a['own_choices']} (behind under {a['own_choices'] - a['own_held']}) {own}"
    assert first.startswith(f"adam is ahead of rprop on a_b under {said}")
    others = a["choices"] - a["own_choices"]
    assert f"{own}{a['held'] - a['own_held']} of {others} (" in first
    assert first.endswith("; the smallest change makes it behind by a target 3 times as high")
    assert any(
        note.startswith("Not available: a target 3 times as low on a_b, c, for runs") for note in found.notes
    )
    assert ROBUST_FORMATS["csv"](found).count("\n") == 4
    assert "| a\\_b | adam against rprop | better |" in ROBUST_FORMATS["markdown"](found)
    assert "a\\_b & adam against rprop & better" in ROBUST_FORMATS["latex"](found)
    assert len(json.loads(ROBUST_FORMATS["json"](found))["choices"]) == len(choices)


def test_the_smallest_change_that_turns_a_verdict_is_said_beside_the_smallest_that_reverses_it() -> None:
    results = race(
        [(0.0, 1.0), (20.0, 0.5), (30.0, 0.025), (70.0, 0.001)], [(0.0, 1.0), (40.0, 0.004), (90.0, 0.001)]
    )
    (found,) = RobustComparison.of(results, CLAIM).sentences[1:]
    assert found.endswith(
        "; the smallest change makes it undecided by the measure starts solved, and behind by a target 3 "
        "times as low and the measure area under the anytime curve"
    )


def test_runs_that_answer_no_choice_say_why() -> None:
    seeds = {"adam": (0, 1), "rprop": (2, 3)}
    rows = [run_row(f"{name} {seed}", "xor", name, seed=seed) for name, own in seeds.items() for seed in own]
    assert RobustComparison.of(build(rows), CLAIM).sentences[1:] == [
        "adam against rprop on xor is undecided, and these runs can answer no other choice: they have no "
        "seed in common"
    ]


def test_the_command_on_runs_of_one_optimizer_prints_no_empty_table(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    harness.run("xor", "rprop", seeds=2, budget=60, folder=tmp_path / "a")
    answer = called(capsys, "compare", str(tmp_path / "a"), "--robust")
    assert answer.out.startswith(
        "There is no verdict to hold against other choices: give runs of two optimizers."
    )
    assert " ".join(answer.out.split()).endswith("of what a run would have spent.")


def test_nothing_to_compare_is_said() -> None:
    assert RobustComparison.of(build([])).sentences == [
        "There is no verdict to hold against other choices: give runs of two optimizers."
    ]


def test_the_command_prints_sentences_and_then_the_table(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    harness.run("xor", ["rprop", "lbfgs"], seeds=2, budget=60, folder=tmp_path / "a")
    for option, begins in {
        "": "Verdicts that are the same",
        "--csv": "problem,optimizer",
        "--json": "{",
    }.items():
        answer = called(capsys, "compare", str(tmp_path / "a"), "--robust", *([option] if option else []))
        assert (answer.status, answer.err) == (0, "")
        assert answer.out.startswith(begins)


def test_two_folders_are_held_against_each_other_with_their_traces(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    for name in ("before", "after"):
        harness.run("xor", ["rprop", "lbfgs"], seeds=2, budget=60, folder=tmp_path / name)
    folders = [str(tmp_path / name) for name in ("before", "after")]
    answer = called(capsys, "compare", *folders, "--robust", "--json")
    found = json.loads(answer.out)
    assert [row["optimizer"] for row in found["claims"]] == ["rprop in after", "lbfgs in after"]
    halved = [row for row in found["choices"] if row["budget"] == 0.5 and row["options"] == "own"]
    assert any(row["verdict"] for row in halved)
    assert not any("no trace" in row["not_available"] for row in found["choices"])
