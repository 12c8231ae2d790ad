"""What a comparison says: known sentences, forms for papers, and the command."""

from __future__ import annotations

import csv
import io
import json
import math
import re
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from synthetic import build, costs, run_row, synthetic
from terminal import called

import harness
from harness.report.comparison_formats import as_csv, as_latex, as_markdown
from harness.report.comparison_text import answers
from harness.report.two_folders import beside
from harness.results import Results
from harness.runs.claims import Claim
from optimizers.errors import InputError

ONE_CLAIM = [{"better": "lbfgs", "than": "genetic-algorithm"}]


def race(one: Sequence[float], other: Sequence[float], problem: str = "iris") -> Results:
    return build(costs(one, "lbfgs", problem) + costs(other, "genetic-algorithm", problem))


def sentence(results: Results, **claim: Any) -> str:
    (found,) = results.compare([{**ONE_CLAIM[0], **claim}]).sentences
    return found


SPREAD = np.exp(np.linspace(-0.5, 0.5, 50))


class TestSentences:
    def test_one_that_is_ahead(self) -> None:
        said = sentence(race(10 * SPREAD, 1790 * SPREAD))
        assert said == (
            "lbfgs is ahead of genetic-algorithm on iris: on 50 of 50 starts (95 % interval 93 to 100 %), "
            "at 1/179 of its cost (1/179 to 1/179), all 100 runs solved"
        )

    def test_one_that_is_behind_and_solves_less(self) -> None:
        one = [math.inf] * 5 + [30.0] * 15
        said = sentence(race(one, [20.0] * 20))
        assert said == (
            "lbfgs is behind genetic-algorithm on iris: ahead on 0 of 20 starts (95 % interval 0 to 16 %), "
            "at 1.5 times its cost (above 1.5), solved 15 and 20 of 20"
        )

    def test_of_more_pairs_than_are_ranked_no_ratio_is_said(self, monkeypatch: pytest.MonkeyPatch) -> None:
        results = race(10 * SPREAD, 1790 * SPREAD)
        monkeypatch.setattr("harness.analysis.verdict.MOST_RANKED", 49)
        assert sentence(results) == (
            "lbfgs is ahead of genetic-algorithm on iris: on 50 of 50 starts (95 % interval 93 to 100 %), "
            "all 100 runs solved"
        )

    def test_one_that_is_undecided(self) -> None:
        said = sentence(race([1.0] * 5 + [4.0] * 5, [2.0] * 10))
        assert said == (
            "lbfgs against genetic-algorithm on iris is undecided: ahead on 5 of 10 starts "
            "(95 % interval 24 to 76 %), at 1 times its cost (1/2 to 2), all 20 runs solved"
        )

    def test_two_that_are_equivalent(self) -> None:
        said = sentence(race([1.0] * 60, [1.02] * 30 + [1.01] * 30), margin=0.1)
        assert said == (
            "lbfgs and genetic-algorithm are equivalent on iris (within a factor of 1.1): "
            "the first is ahead on 60 of 60 starts (95 % interval 94 to 100 %), "
            "at 0.985 times its cost (0.985 to 0.985), all 120 runs solved"
        )

    def test_a_difference_that_may_be_too_small_to_matter(self) -> None:
        said = sentence(race([1.0] * 20, [1.02] * 10 + [1.9] * 10), margin=0.1)
        beyond = "whether it is by more than the margin (within a factor of 1.1) is not decided"
        assert said.endswith(f"; {beyond}")

    def test_solved_starts(self) -> None:
        said = sentence(race([1.0] * 19 + [math.inf], [1.0] * 5 + [math.inf] * 15), by="solved")
        assert said == (
            "lbfgs is ahead of genetic-algorithm on iris, by starts solved: solves 19 against 5 of 20 "
            "starts, a difference of 70 % (95 % interval 40 to 87 %)"
        )

    def test_final_losses_where_there_is_no_target(self) -> None:
        rows = [
            run_row(f"{name} {seed}", "sine", name, seed=seed, target=math.nan, final_loss=loss)
            for name, loss in (("lbfgs", 0.1), ("genetic-algorithm", 0.4))
            for seed in range(12)
        ]
        assert sentence(build(rows)) == (
            "lbfgs is ahead of genetic-algorithm on sine, by final loss: on 12 of 12 starts "
            "(95 % interval 76 to 100 %), at 1/4 of its final loss (1/4 to 1/4)"
        )

    def test_accuracies(self) -> None:
        rows = costs([1.0] * 12, "lbfgs", test_accuracy=0.9)
        rows += costs([1.0] * 12, "genetic-algorithm", test_accuracy=0.8)
        assert sentence(build(rows), by="accuracy") == (
            "lbfgs is ahead of genetic-algorithm on xor, by test accuracy: on 12 of 12 starts "
            "(95 % interval 76 to 100 %), test accuracy higher by 0.100 (+0.100 to +0.100), "
            "all 24 runs solved"
        )

    def test_runs_without_a_partner_are_counted(self) -> None:
        assert sentence(race([1.0] * 9, [2.0] * 6)).endswith(", 3 runs without a partner left out")

    def test_several_problems(self) -> None:
        rows = [
            row
            for place, problem in enumerate("abc")
            for row in costs([1.0] * 9, "lbfgs", problem)
            + costs([2.0 if place else 0.5] * 9, "genetic-algorithm", problem)
        ]
        assert build(rows).compare(ONE_CLAIM).sentences[-1] == (
            "lbfgs against genetic-algorithm on these 3 problems: better on 2, worse on 1; "
            "on problems like these undecided: ahead on 2 of 3 (95 % interval 21 to 94 %)"
        )

    def test_too_few_seeds_for_so_many_claims_are_told_and_how_many_would_do(self) -> None:
        (note, _) = race([1.0] * 5, [2.0] * 5).compare(ONE_CLAIM).notes
        assert note == (
            "With 5 pairs and 1 comparison no difference can be decided, however large: take 6 seeds or more."
        )
        (found,) = race([1.0] * 6, [2.0] * 6).compare(ONE_CLAIM).verdicts["verdict"]
        assert found == "better"

    def test_every_sentence_has_its_interval_and_its_number(self) -> None:
        results = synthetic(np.random.default_rng(7), problems=6, optimizers=4, seeds=9)
        compared = results.compare()
        assert len(compared.sentences) == 29
        for said in compared.sentences:
            assert re.search(r"interval -?\d+ to -?\d+ %", said), said
            assert re.search(r" of \d+", said), said
            assert "nan" not in said

    def test_the_short_form_has_fifteen_lines(self) -> None:
        results = synthetic(np.random.default_rng(7), problems=12, optimizers=8, seeds=9)
        names = results.runs["optimizer"].unique()
        compared = results.compare()
        assert len(compared.short()) <= 15
        # Where a sentence takes three lines there are as few, but one at the least.
        assert len(compared.short(lambda line: 3)) == 5
        assert len(compared.short(lambda line: 30)) == 4
        claims = [{"better": names[0], "than": other} for other in names[1:]]
        short = results.compare(claims).short()
        assert len(short) == 15
        assert re.fullmatch(r"and \d+ more: `harness compare` has them all", short[-3])


class TestForms:
    def test_csv_and_json_hold_the_frame(self) -> None:
        compared = race([1.0] * 9, [2.0] * 9).compare()
        (row,) = csv.DictReader(io.StringIO(as_csv(compared)))
        assert (row["verdict"], row["n"], row["effect"]) == ("better", "9", "0.5")
        assert json.loads(compared.as_json())["verdicts"][0]["p"] == 2 / 2**9

    @pytest.mark.parametrize(("seeds", "bold"), [(9, True), (4, False)])
    def test_the_best_is_in_bold_only_where_it_is_decided(self, seeds: int, bold: bool) -> None:
        compared = race([1.0] * seeds, [2.0] * seeds, "a_b").compare()
        assert ("\\textbf{lbfgs}" in as_latex(compared)) is bold
        assert ("**lbfgs**" in as_markdown(compared)) is bold
        assert "textbf{genetic" not in as_latex(compared)

    def test_latex_is_escaped_and_whole(self) -> None:
        text = as_latex(race([1.0] * 9, [2.0] * 9, "a_b").compare())
        assert "a\\_b" in text
        assert "a_b" not in text.replace("a\\_b", "")
        assert re.search(r"(?<!\\)%", re.sub(r"(?m)^% .*$", "", text)) is None
        assert text.count("\\begin{") == text.count("\\end{") == 2
        for rule in ("toprule", "midrule", "bottomrule"):
            assert f"\\{rule}" in text

    def test_a_median_stands_beside_the_part_that_solved(self) -> None:
        text = as_markdown(race([1.0] * 5 + [math.inf] * 4, [2.0] * 9).compare())
        assert "| 5/9 | 1.00 |" in text

    def test_a_notebook_shows_sentences_and_ranks(self) -> None:
        compared = race([1.0] * 9, [2.0] * 9).compare()
        shown = compared._repr_html_()
        assert repr(compared).splitlines() == compared.sentences
        assert "lbfgs is ahead of genetic-algorithm" in shown
        assert "1 lbfgs" in shown


class TestTwoFolders:
    def test_each_optimizer_is_held_against_itself(self) -> None:
        before, after = race([2.0] * 9, [3.0] * 9), race([1.0] * 9, [3.0] * 9)
        tables, claims = beside(before, after, Path("out/before"), Path("out/after"))
        assert claims[0] == Claim("lbfgs in after by analytic", "lbfgs in before by analytic")
        compared = Results.of(tables).compare([claim.table() for claim in claims])
        assert compared.verdicts["verdict"].tolist() == ["better", "undecided"]

    def test_folders_may_have_any_bytes_for_a_name(self) -> None:
        both = race([2.0] * 3, [3.0] * 3), race([1.0] * 3, [3.0] * 3)
        tables, claims = beside(*both, Path("out/\udcff"), Path("out/after"))
        assert claims[0] == Claim("lbfgs in after by analytic", r"lbfgs in \udcff by analytic")
        assert {name.rpartition(" in ")[2] for name in tables.runs["run_id"]} == {r"\udcff", "after"}

    def test_what_has_nothing_in_common_is_refused(self) -> None:
        one = race([2.0] * 3, [3.0] * 3)
        with pytest.raises(InputError, match="no problem in common"):
            beside(one, race([1.0], [1.0], "xor"), Path("a"), Path("b"))
        with pytest.raises(InputError, match="given twice"):
            beside(one, one, Path("a"), Path("a"))
        other = race([2.0] * 3, [3.0] * 3)
        other.runs["problem_key"] = "changed"
        with pytest.raises(InputError, match="iris is another problem in the second folder"):
            beside(one, other, Path("a"), Path("b"))


class TestCommand:
    FILE = (
        'question = "Which?"\nproblems = ["iris"]\noptimizers = ["rprop", "lbfgs"]\nseeds = 7\nbudget = 300\n'
        'claims = [{ better = "lbfgs", than = "rprop" }]\n'
    )

    def test_verdicts_come_first_then_the_ranking_then_the_table(
        self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
    ) -> None:
        monkeypatch.chdir(tmp_path)
        Path("mine.toml").write_text(self.FILE, encoding="utf-8")
        ran = called(capsys, "run", "mine.toml").out
        assert ran.startswith("Which?\n\nlbfgs is ahead of rprop on iris: on 7 of 7 starts")
        out = called(capsys, "compare", "output/mine").out
        places = [out.index(part) for part in ("Which?", "lbfgs is ahead", "ranking", "1 lbfgs", "cost to")]
        assert places == sorted(places)
        assert json.loads(called(capsys, "compare", "output/mine", "--json").out)["declared"] is True
        assert called(capsys, "compare", "output/mine", "--latex").out.startswith("\\begin{tabular}")
        answer = called(capsys, "compare", "output/mine", "--latex", "--csv")
        assert answer.status == 2
        assert "two forms" in answer.err

    def test_a_reference_copy_keeps_the_claims(
        self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
    ) -> None:
        monkeypatch.chdir(tmp_path)
        Path("mine.toml").write_text(self.FILE, encoding="utf-8")
        called(capsys, "run", "mine.toml", "--reference")
        assert harness.load("results/mine").claims == (Claim("lbfgs", "rprop"),)

    def test_two_folders_of_one_experiment_are_alike(
        self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
    ) -> None:
        monkeypatch.chdir(tmp_path)
        Path("mine.toml").write_text(self.FILE, encoding="utf-8")
        called(capsys, "run", "mine.toml", "--output", "a")
        called(capsys, "run", "mine.toml", "--output", "b")
        out = " ".join(called(capsys, "compare", "a", "b").out.split())
        assert "rprop in b against rprop in a on iris is undecided" in out
        assert "tied on 7" in out

    def test_a_question_that_is_no_race_is_answered_by_its_numbers(
        self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
    ) -> None:
        monkeypatch.chdir(tmp_path)
        called(
            capsys, "run", "gradient-error", "--seeds", "1", "--only", "problem=logistic-map", "--output", "a"
        )
        out = called(capsys, "compare", "a").out
        assert "logistic-map: central-difference" in out
        assert "cost to" not in out
        assert "undecided" not in out

    def test_what_was_skipped_is_said_below_the_numbers_and_the_page_has_both(
        self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
    ) -> None:
        monkeypatch.chdir(tmp_path)
        Path("mine.toml").write_text(
            'problems = "logistic-map"\noptimizers = ["gradient-descent", "perceptron-rule"]\n'
            'budget = { iterations = 1 }\nseeds = 1\nfigures = ["gradient-error"]\n'
            'gradients = "central-difference:step=1e-4"\ngradient_reference = "analytic"\n',
            encoding="utf-8",
        )
        skipped = "skipped perceptron-rule on logistic-map: the perceptron rule does not train hidden layers"
        for command in (("run", "mine.toml", "--output", "a"), ("compare", "a")):
            out = " ".join(called(capsys, *command).out.split())
            assert out.index("logistic-map: central-difference") < out.index(skipped)
        pytest.importorskip("jinja2")
        pytest.importorskip("plotly")
        called(capsys, "report", "a")
        page = Path("a/report.html").read_text(encoding="utf-8")
        assert "gradient-error: the numbers that answer it" in page


def test_figures_without_numbers_are_a_race() -> None:
    results = harness.run("xor", "adam", budget=20, seeds=1)
    assert answers(results, [{"name": "convergence"}]) == {}


def test_mean_ranks_need_five_problems() -> None:
    rng = np.random.default_rng(7)
    (line,) = synthetic(rng, problems=6, optimizers=3, seeds=9).compare().mean_ranks()
    assert line.startswith("mean ranks over 6 problems, each once")
    assert synthetic(rng, problems=4, optimizers=3, seeds=9).compare().mean_ranks() == []


def test_frames_have_their_columns_without_rows() -> None:
    compared = build([]).compare()
    assert isinstance(compared.verdicts, pd.DataFrame)
    assert {"verdict", "n", "p_holm", "sentence"} <= set(compared.verdicts)
    assert as_latex(compared).count("\\item") == 1
