"""Criteria, printed numbers, means and the beginning of a study of one's own."""

from __future__ import annotations

import math
import shutil
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from scipy import stats
from terminal import called

import harness
from harness.report.reference_copy import ReferenceSize
from harness.report.robust_comparison import OVER
from harness.runs.single_run import Run
from harness.runs.tables import Tables
from harness.studies.criterion import Criterion
from harness.studies.estimates import mean_of, ratio_of_means
from harness.studies.findings import perform, stored
from harness.studies.named import studies_named
from harness.studies.page import page
from harness.studies.printed import Ours, beside, read_printed
from harness.studies.reference import write_study_reference
from harness.studies.study import Evidence, Study
from harness.studies.survival import PublishedClaim, robust_rows, survival
from harness.studies.template import begin
from optimizers.errors import InputError


class TestCriterion:
    @pytest.mark.parametrize(
        ("found", "low", "high", "answer"),
        [
            (0.97, 0.96, 0.98, "met"),
            (0.97, 0.90, 0.99, "met, the interval crosses a bound"),
            (0.90, 0.80, 0.96, "not met, the interval crosses a bound"),
            (0.80, 0.70, 0.90, "not met"),
            (math.nan, math.nan, math.nan, "not met"),
        ],
    )
    def test_the_answer_follows_from_figure_and_interval(
        self, found: float, low: float, high: float, answer: str
    ) -> None:
        assert Criterion("x", found, at_least=0.95, low=low, high=high).answer == answer

    def test_one_that_refuses_nothing_is_refused(self) -> None:
        with pytest.raises(InputError, match="refuses nothing"):
            Criterion("x", 1.0)


class TestEstimates:
    def test_a_mean_has_students_interval(self) -> None:
        sample = np.array([3.0, 1.0, 4.0, 1.0, 5.0])
        expected = stats.t.interval(0.95, 4, np.mean(sample), stats.sem(sample))
        mean, interval = mean_of(sample)
        assert mean == pytest.approx(2.8)
        assert interval == pytest.approx(expected)

    def test_the_interval_of_what_has_an_end_ends_there(self) -> None:
        sample = np.array([0.0, 0.1, 9.0])
        mean, (low, high) = mean_of(sample, least=0.0)
        assert (mean, high) == (mean_of(sample)[0], mean_of(sample)[1][1])
        assert mean_of(sample)[1][0] < low == 0.0
        assert mean_of(sample[:1], least=0.0)[1] == (0.0, math.inf)

    def test_one_number_says_nothing_of_its_mean(self) -> None:
        assert mean_of(np.array([2.0])) == (2.0, (-math.inf, math.inf))
        assert math.isnan(mean_of(np.array([]))[0])

    def test_the_ends_of_a_ratio_are_where_the_difference_is_told_from_nothing(self) -> None:
        """Fieller's ends are the r at which Welch's t of ``one - r other`` is the quantile."""
        rng = np.random.default_rng(5)
        one, other = rng.gamma(3.0, 2.0, 40), rng.gamma(4.0, 1.0, 30)
        ratio, ends = ratio_of_means(one, other)
        assert ratio == pytest.approx(one.mean() / other.mean())
        va, vb = one.var(ddof=1) / 40, other.var(ddof=1) / 30
        spread = va + ratio**2 * vb
        freedom = spread**2 / (va**2 / 39 + (ratio**2 * vb) ** 2 / 29)
        t = stats.t.ppf(0.975, freedom)
        for r in ends:
            assert abs(one.mean() - r * other.mean()) / math.sqrt(va + r * r * vb) == pytest.approx(t)
        assert ends[0] < ratio < ends[1]

    @pytest.mark.parametrize("sizes", [(0, 0), (1, 5), (5, 1), (0, 5)], ids=str)
    def test_a_ratio_needs_two_numbers_on_both_sides(self, sizes: tuple[int, int]) -> None:
        ratio, interval = ratio_of_means(*(np.ones(size) for size in sizes))
        assert math.isnan(ratio)
        assert interval == (-math.inf, math.inf)

    def test_a_ratio_to_what_may_be_nothing_is_anything(self) -> None:
        one, other = np.array([1.0, 2.0, 3.0]), np.array([-5.0, 5.0, 0.1])
        assert ratio_of_means(one, other)[1] == (-math.inf, math.inf)

    def test_the_interval_of_a_ratio_covers_it(self) -> None:
        rng = np.random.default_rng(8)
        inside = 0
        for _ in range(1000):
            low, high = ratio_of_means(rng.gamma(2.0, 3.0, 30), rng.gamma(5.0, 1.0, 30))[1]
            inside += low <= 6.0 / 5.0 <= high
        assert 0.925 <= inside / 1000 <= 0.975


class TestPrinted:
    HEAD = "case,quantity,printed,spread,n,place,status\n"

    @pytest.mark.parametrize(
        ("text", "said"),
        [
            ("case,printed\na,1\n", "has the columns"),
            (HEAD + "a,x,1,,3,p,found\na,x,2,,3,p,found\n", "is there twice"),
            (HEAD + "a,x,1,,3,p,seen\n", "status is 'seen'"),
        ],
    )
    def test_what_cannot_be_told_is_refused(self, tmp_path: Path, text: str, said: str) -> None:
        (tmp_path / "printed.csv").write_text(text)
        with pytest.raises(InputError, match=said):
            read_printed(tmp_path / "printed.csv")

    def test_orphans_and_gaps_are_refused(self, tmp_path: Path) -> None:
        (tmp_path / "printed.csv").write_text(self.HEAD + "a,x,2,,3,p,found\n")
        printed = read_printed(tmp_path / "printed.csv")
        ours = Ours("a", "x", 3.0, 5, 2.0, 4.0)
        assert beside(printed, [ours])["ratio"].tolist() == [1.5]
        with pytest.raises(InputError, match="not computed"):
            beside(printed, [])
        with pytest.raises(InputError, match="not printed"):
            beside(printed, [ours, Ours("b", "x", 3.0, 5, 2.0, 4.0)])
        with pytest.raises(InputError, match="twice"):
            beside(printed, [ours, ours])


def verdict(**changes: object) -> pd.DataFrame:
    """One row of what `results.robustness().claims` has."""
    row = {
        "problem": "xor", "optimizer": "rprop", "other": "adam(batch=2)", "by": "cost-to-target",
        "verdict": "better", "choices": 20, "held": 20, "better": 20, "worse": 0, "equivalent": 0,
        "undecided": 0, "under": "all 20 choices by cost to the target",
        "turned_by": "", "turned_to": "", "reversed_by": "",
    }  # fmt: skip
    return pd.DataFrame([row | changes])


class TestSurvival:
    CLAIM = PublishedClaim("Rprop is faster", "rprop", "adam")

    @pytest.mark.parametrize(
        ("changes", "said"),
        [
            ({}, "**yes**, under all 20 choices by cost to the target."),
            ({"verdict": "worse"}, "**no, the other way round**, under all 20 choices by"),
            (
                {"choices": 0, "held": 0, "better": 0, "verdict": "undecided"},
                "**it cannot be told** from these runs.",
            ),
            (
                {"held": 15, "under": "15 of 20 (undecided under 5) by cost", "turned_by": "half the budget"},
                "**yes**, under 15 of 20 (undecided under 5) by cost; the smallest change that turns it is "
                "half the budget, and none reverses it.",
            ),
            (
                {
                    "held": 19, "under": "19 of 20 (behind under 1) by cost",
                    "turned_by": "seconds in place of cost", "turned_to": "worse",
                    "reversed_by": "seconds in place of cost",
                },
                "**yes**, under 19 of 20 (behind under 1) by cost; the smallest change that turns it is "
                "seconds in place of cost, and it is reversed by seconds in place of cost.",
            ),
            (
                {"verdict": "equivalent", "held": 9, "under": "9 of 20 (ahead under 11)", "turned_by": "a"},
                "**no, the two come to the same**, under 9 of 20 (ahead under 11); the smallest change that "
                "turns it is a.",
            ),
        ],
    )  # fmt: skip
    def test_what_becomes_of_a_conclusion_is_said_in_a_sentence(
        self, changes: dict[str, object], said: str
    ) -> None:
        (sentence,) = survival([self.CLAIM], {"today": verdict(**changes)})
        assert sentence.startswith(f"Rprop is faster: {said}")

    def test_only_what_answers_it_counts(self) -> None:
        others = [verdict(optimizer="lbfgs"), verdict(other="ada"), verdict(by="solved")]
        robust = pd.concat([*others, verdict(problem="iris"), verdict()])
        claim = replace(self.CLAIM, by="cost-to-target")
        assert [line.partition(":")[0] for line in claim.answers(robust)] == [
            "Rprop is faster (iris)",
            "Rprop is faster (xor)",
        ]
        over = pd.concat([robust, verdict(problem=OVER, held=1, choices=1)])
        assert list(claim.answers(over)) == [
            "Rprop is faster: **yes**, under all 20 choices by cost to the target."
        ]

    def test_each_verdict_has_its_row(self) -> None:
        long = "iris:hidden=[3],initializer=uniform,target=0.1,activation=sigmoid"
        robust = verdict(
            problem=long, held=15, under="15 of 20", turned_by="iris left out", turned_to="equivalent"
        )
        assert robust_rows(pd.concat([robust, verdict()])) == [
            [
                "rprop is ahead of adam(batch=2) on iris", "cost-to-target", "ahead", "15 of 20",
                "iris left out (then equivalent)",
            ],
            [
                "rprop is ahead of adam(batch=2) on xor", "cost-to-target", "ahead",
                "all 20 choices by cost to the target", "nothing that was tried",
            ],
        ]  # fmt: skip


class TestNotebook:
    def test_a_study_is_run_judged_and_written_by_one_call(self, tmp_path: Path) -> None:
        begin("own-paper-2001", tmp_path)
        found = harness.study(
            str(tmp_path / "own-paper-2001"), quick=True, folder=tmp_path / "out", workers=1
        )
        assert found.folder == tmp_path / "out"
        assert found.numbers["case"].tolist() == ["gradient-descent", "momentum"]
        assert found.criteria_table()["answer"].tolist() == ["met"]
        assert found.verdicts["verdict"].tolist() == ["better"]
        assert found.robust_verdicts["verdict"].tolist() == ["better"]
        assert found.survival[0].startswith("Momentum is faster: **yes**")
        assert len(found.results("protocol").summary()) == 2
        with pytest.raises(InputError, match="unknown experiment of own-paper-2001 'protocl'"):
            found.results("protocl")
        text = (tmp_path / "out" / "README.md").read_text()
        assert all(line in text for line in (*found.conclusion, *found.survival))
        shown = found._repr_html_()
        assert repr(found).startswith(f"<a first look at {found.study.name()}: {found.met} of ")
        assert found.conclusion[0] in shown
        assert "**" not in shown

    def test_several_are_refused(self) -> None:
        with pytest.raises(InputError, match=r"'all' is .* studies: name one, such as"):
            harness.study("all")


class TestOfOnesOwn:
    def test_the_beginning_runs_as_it_is(self, tmp_path: Path) -> None:
        begin("own-paper-1999", tmp_path)
        (study,) = studies_named(str(tmp_path / "own-paper-1999"))
        assert study.name() == "own-paper-1999"
        findings = perform(study, tmp_path / "runs", quick=True, workers=1)
        assert [criterion.met for criterion in findings.criteria] == [True]
        assert len(findings.numbers) == 2
        assert list(findings.comparisons) == ["protocol"]

    @pytest.mark.parametrize("name", ["Own Paper", "../up", "neurogen-xor", ""])
    def test_a_name_that_is_none_is_refused(self, tmp_path: Path, name: str) -> None:
        with pytest.raises(InputError, match="study"):
            begin(name, tmp_path)

    def test_a_first_look_has_a_part_of_every_budget_and_its_exclusions_follow(self, tmp_path: Path) -> None:
        study = _second_look(tmp_path)
        whole, quick = (study.experiments(quick)["protocol"] for quick in (False, True))
        assert [budget.cost for budget in whole.budgets] == [20_000.0, 400.0]
        assert [budget.cost for budget in quick.budgets] == [2_000.0, 40.0]
        assert quick.exclude == [{"optimizer": ["momentum"], "budget": [{"cost": 40.0}]}]
        (limited,) = study.experiments(quick=True)["second"].budgets
        assert (limited.iterations, limited.seconds, limited.cost) == (1, 10.0, None)

    def test_runs_are_chosen_by_those_before_and_tables_stand_on_the_page(self, tmp_path: Path) -> None:
        study = _second_look(tmp_path)()
        findings = perform(study, tmp_path / "runs", quick=True, workers=1)
        before, after = (findings.evidence.runs[name].runs for name in ("protocol", "second"))
        assert (len(before), len(after)) == (3 * 3, 1)
        assert after["seed"].tolist() == [before["seed"].max()]
        lines = page(findings).splitlines()
        place = lines.index("## What the seeds were")
        assert lines[place + 2 : place + 5] == ["| a \\| b | n |", "|---|---|", "| 0.500 | 3 |"]

    def test_a_study_of_which_nothing_was_printed_has_no_table_of_it(self, tmp_path: Path) -> None:
        printed = _second_look(tmp_path)
        heading = "## Printed and ours"
        findings = perform(printed(), tmp_path / "runs", quick=True, workers=1)
        assert heading in page(findings)
        (tmp_path / "printed.csv").write_text(TestPrinted.HEAD)

        class Unprinted(printed):  # type: ignore[misc, valid-type]
            def ours(self, evidence: Evidence) -> Iterator[Ours]:
                return iter(())

        bare = perform(Unprinted(), tmp_path / "runs", quick=True, workers=1)
        assert len(bare.numbers) == 0
        assert heading not in page(bare)

    def test_a_study_says_how_much_goes_into_its_copy(self, tmp_path: Path) -> None:
        study = _second_look(tmp_path)()
        findings = perform(study, tmp_path / "runs", quick=True, workers=1)
        for name, size in (("usual", None), ("small", ReferenceSize(rows=30, parameter_bytes=1_000))):
            type(study).copied = size
            write_study_reference(findings, tmp_path / "runs", tmp_path / name)
        usual, small = (harness.load(tmp_path / name / "protocol") for name in ("usual", "small"))
        assert len(small.trace) < len(usual.trace) == len(findings.evidence.runs["protocol"].trace)
        assert {w.size for w in usual.runs["best_w"]} == {9}
        assert {w.size for w in small.runs["best_w"]} == {0}


def _second_look(folder: Path) -> type[Study]:
    """A study that goes on with the last seed of its first experiment, two experiments in all."""
    (folder / "protocol.toml").write_text(
        "problems = ['xor']\nseeds = 5\noptimizers = ['rprop', 'momentum']\nfigures = []\n"
        "budget = [{ cost = 20_000 }, { cost = 400 }]\n"
        "exclude = [{ optimizer = 'momentum', budget = 400 }]\n"
    )
    (folder / "second.toml").write_text(
        "problems = ['xor']\nseeds = 5\noptimizers = ['rprop']\nfigures = []\n"
        "budget = { iterations = 5, seconds = 100 }\n"
    )
    (folder / "printed.csv").write_text(TestPrinted.HEAD + "rprop,iterations,9,,3,p,recalled\n")

    class SecondLook(Study):
        title, citation, question, claimed, choices = "t", "c", "Why?", "nothing.", ()
        quick = 3
        quick_part = 0.1

        @classmethod
        def folder(cls) -> Path:
            return folder

        def chosen(self, name: str, planned: Sequence[Run], before: Mapping[str, Tables]) -> list[Run]:
            if name == "protocol":
                assert not before
                return super().chosen(name, planned, before)
            last = before["protocol"].runs["seed"].max()
            return [run for run in planned if run.seed == last]

        def tables(self, evidence: Evidence) -> Mapping[str, pd.DataFrame]:
            return {"What the seeds were": pd.DataFrame([{"a | b": 0.5, "n": 3}])}

        def ours(self, evidence: Evidence) -> Iterator[Ours]:
            yield Ours("rprop", "iterations", 9.0, 3, 8.0, 10.0)

        def criteria(self, evidence: Evidence) -> Iterator[Criterion]:
            yield Criterion("it runs", 1.0, at_least=1.0, n=3)

        def conclusion(self, evidence: Evidence) -> Sequence[str]:
            return ["It runs."]

    return SecondLook


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        ([], "no study is named"),
        (["neurogen-xr"], "did you mean 'neurogen-xor'"),
        (["neurogen-xor", "--new", "mine"], "--new begins a study"),
        (["neurogen-xor", "--quick", "--reference"], "reference copy is of the whole study"),
        (["all", "--output", "runs"], "--output is the folder of one study, and there are several: name one"),
        (["--new", "Mine"], "study 'Mine': expected a name in small letters"),
    ],
)
def test_a_command_that_makes_no_sense_says_why(
    capsys: pytest.CaptureFixture[str], arguments: list[str], said: str
) -> None:
    answer = called(capsys, "study", *arguments)
    assert answer.status == 2
    assert said in answer.err


class TestCommand:
    def test_it_begins_a_study_in_a_new_folder(
        self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
    ) -> None:
        monkeypatch.chdir(tmp_path)
        answer = called(capsys, "study", "--new", "own-paper-1987")
        assert answer.out.splitlines() == [
            "written: own-paper-1987/protocol.toml",
            "written: own-paper-1987/printed.csv",
            "written: own-paper-1987/study.py",
            "",
            "Fill them in, then: harness study own-paper-1987",
        ]
        assert all(Path("own-paper-1987", name).is_file() for name in ("protocol.toml", "study.py"))

    @pytest.mark.usefixtures("families_as_before")
    def test_what_to_believe_comes_first_then_criteria_and_files(
        self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
    ) -> None:
        monkeypatch.chdir(tmp_path)
        begin("own-paper-1988", tmp_path)
        answer = called(capsys, "study", "own-paper-1988", "--quick", "--workers", "1")
        assert answer.status == 0
        blocks = [block.splitlines() for block in answer.out.rstrip("\n").split("\n\n")]
        assert blocks[0] == [
            "Is momentum worth it on XOR?",
            "What the publication asked, for a reader who does not know it.",
        ]
        assert blocks[1][0].startswith("Momentum needs fewer iterations by a factor of ")
        # Stars are for the page.
        assert blocks[1][1].startswith("Momentum is faster: yes, under ")
        assert blocks[2][0] == "1 of 1 criteria are met."
        assert blocks[2][1].startswith("  met: momentum is faster by this factor (")
        files = dict(line.split(": ")[::-1] for line in blocks[3])
        folder = Path("output/own-paper-1988-quick")
        assert files[str(folder / "README.md")] == "page"
        assert files[str(folder / "criteria.csv")] == "table"
        assert all(Path(file).is_file() for file in files)

    def test_several_come_one_after_the_other_and_a_reference_copy_is_what_is_named(
        self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
    ) -> None:
        monkeypatch.chdir(tmp_path)
        one = _second_look(tmp_path)

        class ThirdLook(one):  # type: ignore[misc, valid-type]
            title = "u"

        monkeypatch.setattr("harness.studies.named.STUDIES", {"one": one, "other": ThirdLook})
        answer = called(capsys, "study", "all", "--reference", "--workers", "1")
        assert answer.status == 0
        assert answer.out.count("1 of 1 criteria are met.") == 2
        begun, _, went_on = answer.out.partition("\nu\n")
        name = one.name()
        for said, own in ((begun, name), (went_on, ThirdLook.name())):
            assert f"page: {Path('results', own, 'README.md')}" in said
            assert "output/" not in said
        assert harness.load(Path("results", name, "second")).runs["seed"].tolist() == [4]


def test_a_first_look_in_a_notebook_without_a_folder_names_no_page(tmp_path: Path) -> None:
    study = _second_look(tmp_path)()
    kept = perform(study, tmp_path / "runs", quick=True, workers=1)
    assert f"page: {tmp_path / 'runs' / 'README.md'}" in kept._repr_html_()
    assert "page:" not in replace(kept, folder=None)._repr_html_()


def test_runs_of_a_study_that_are_not_there_are_named_with_the_command(tmp_path: Path) -> None:
    study = _second_look(tmp_path)()
    perform(study, tmp_path / "runs", workers=1)
    shutil.rmtree(tmp_path / "runs" / "second")
    with pytest.raises(InputError, match=f"has no runs of second: run `harness study {study.name()}`"):
        stored(study, tmp_path / "runs")
