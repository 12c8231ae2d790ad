"""What README says came out is what the reference result decides."""

from __future__ import annotations

from pathlib import Path

import pytest

import harness

ROOT = Path(__file__).parent.parent


@pytest.mark.parametrize("page", ["README.md", "results/README.md"])
def test_every_verdict_of_the_readme_is_one_of_the_reference_result(page: str) -> None:
    text = (ROOT / page).read_text(encoding="utf-8")
    block = text.split("<!-- verdicts -->")[1].split("<!-- end of verdicts -->")[0]
    told = [line.removeprefix("- ") for line in block.strip().splitlines()]
    sentences = harness.load(ROOT / "results" / "ga-vs-backprop").compare().sentences
    assert len(told) >= 5
    assert [line for line in told if line not in sentences] == []


def test_what_the_readme_concludes_follows_from_them() -> None:
    verdicts = harness.load(ROOT / "results" / "ga-vs-backprop").compare().verdicts
    assert (verdicts["other"] == "genetic-algorithm").all()
    answers = {name: group["verdict"].tolist() for name, group in verdicts.groupby("optimizer")}
    # Never more cheaply, and the same method begun again is ahead everywhere.
    assert all("worse" not in found for found in answers.values())
    assert set(answers["multi-start"]) == {"better"}
    assert set(answers["momentum"]) == {"better"}
    assert answers["evolution-strategy"].count("better") == 6
    solved = verdicts[verdicts["problem"].isin(["xor", "parity:bits=4"])]
    caught = solved[solved["optimizer"].isin(["lbfgs", "rprop"])]
    assert (caught["verdict"] == "undecided").all()


def test_what_the_readme_says_of_the_clock() -> None:
    results = harness.load(ROOT / "results" / "ga-vs-backprop")
    table = results.statistic("paired-ratio:measure=seconds,against=genetic-algorithm")
    rows = table.set_index(["optimizer", "problem"])[["ratio", "ratio_low", "ratio_high"]]
    ahead = {name: set(part.index[part["ratio_high"] < 1.0]) for name, part in rows.groupby(level=0)}
    problems = set(table["problem"])
    assert {problem for _, problem in ahead["momentum"]} == problems - {"xor"}
    assert {problem for _, problem in ahead["lbfgs"]} == problems - {"xor", "setosa"}
    said = "takes {:.2f} times as long as the compiled genetic algorithm on setosa ({:.2f} to {:.2f})"
    text = " ".join((ROOT / "README.md").read_text(encoding="utf-8").split())
    assert said.format(*rows.loc[("lbfgs", "setosa")]) in text
    xor = rows.loc[[("lbfgs", "xor"), ("momentum", "xor"), ("multi-start", "xor")]]
    assert (xor["ratio_low"] < 1.0).all()
    assert (xor["ratio_high"] > 1.0).all()
