"""Seeds in blocks until all is decided: the same runs whoever does them, and what is refused."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any

import pandas as pd
import pytest
from terminal import called

import harness
from harness.deciding.blocks import first_block, next_block
from harness.deciding.declaring import declare
from harness.deciding.until_decided import run_until_decided
from harness.plots.figure import figure_of
from harness.report.reference_copy import write_reference
from harness.runs.declaration import FILE, read_declaration
from harness.runs.merging import OTHERWISE, merge
from harness.runs.plans import read_plans
from harness.sweeps import sweep as sweeping
from harness.sweeps.experiment_file import read_experiment
from harness.sweeps.fields import build_experiment
from optimizers import InputError, RandomSearch

CLAIMS = [{"better": "lbfgs", "than": "adam"}, {"better": "rprop", "than": "adam", "by": "solved"}]
TABLE: dict[str, Any] = {
    "problems": ["xor", "iris"],
    "optimizers": ["adam", "lbfgs", "rprop", "random-search"],
    "budget": 300,
    "claims": CLAIMS,
}


class Moody(RandomSearch):
    """Random search that fails in a bad mood."""

    def run(self, *arguments: Any) -> Any:
        if os.environ.get("MOOD") == "bad":
            raise RuntimeError("not today")
        return super().run(*arguments)


def run(folder: Path | None = None, limit: int = 40, **changes: Any) -> harness.Results:
    return harness.run(**{**TABLE, **changes}, until_decided=True, max_seeds=limit, folder=folder)


def rows(results: harness.Results) -> pd.DataFrame:
    order = ["problem", "optimizer", "seed"]
    return results.runs.drop(columns=list(OTHERWISE)).sort_values(order, ignore_index=True)


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    place = tmp_path_factory.mktemp("declared") / "runs"
    run(place)
    return place


class TestRuns:
    def test_both_sides_of_a_comparison_have_the_same_seeds_from_0_on(self, folder: Path) -> None:
        runs = harness.load(folder).runs
        for _, group in runs.groupby(["problem", "optimizer"]):
            assert sorted(group["seed"]) == list(range(len(group)))
        sizes = runs.groupby(["problem", "optimizer"]).size()
        for verdict in harness.load(folder).compare().verdicts.itertuples():
            assert verdict.n == min(
                sizes[verdict.problem, name] for name in (verdict.optimizer, verdict.other)
            )

    def test_only_what_is_undecided_gets_more(self, folder: Path) -> None:
        results = harness.load(folder)
        sizes = results.runs.groupby(["problem", "optimizer"]).size()
        open_ = results.compare().verdicts.query("verdict == 'undecided'")
        for row in open_.itertuples():
            assert sizes[row.problem, row.optimizer] == sizes[row.problem, row.other] == 40
        # lbfgs solves iris before adam from every start, so that it is decided with the first block.
        assert sizes["iris", "lbfgs"] < 40

    def test_what_is_in_no_claim_is_not_run(self, folder: Path) -> None:
        assert "random-search" not in set(harness.load(folder).runs["optimizer"])

    def test_in_memory_it_is_the_same(self, folder: Path) -> None:
        results = run()
        pd.testing.assert_frame_equal(rows(results), rows(harness.load(folder)))
        assert results.compare().sentences == harness.load(folder).compare().sentences
        assert set(results.trace["run_id"]) == set(results.runs["run_id"])

    def test_two_workers_come_to_the_same(self, folder: Path, tmp_path: Path) -> None:
        run(tmp_path / "two", executor="processes:workers=2")
        one, two = harness.load(folder), harness.load(tmp_path / "two")
        pd.testing.assert_frame_equal(rows(two), rows(one))
        assert two.compare().sentences == one.compare().sentences
        assert sorted(plan.digest for plan in read_plans(tmp_path / "two")) == sorted(
            plan.digest for plan in read_plans(folder)
        )

    @pytest.mark.parametrize("after", [3, 25, 60])
    def test_interrupted_and_resumed_it_is_the_same(
        self, after: int, folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        told = sweeping.Progress.advance
        counts = {"done": 0}

        def interrupting(self: Any, row: Any, alike: Any = None) -> None:
            told(self, row, alike)
            before, counts["done"] = counts["done"], counts["done"] + len([row] if alike is None else alike)
            if before < after <= counts["done"]:
                raise KeyboardInterrupt

        monkeypatch.setattr(sweeping.Progress, "advance", interrupting)
        with pytest.raises(KeyboardInterrupt):
            run(tmp_path / "again")
        assert read_declaration(tmp_path / "again") == read_declaration(folder)
        run(tmp_path / "again")
        again, whole = harness.load(tmp_path / "again"), harness.load(folder)
        pd.testing.assert_frame_equal(rows(again), rows(whole))
        assert again.compare().sentences == whole.compare().sentences
        assert sorted(plan.digest for plan in read_plans(tmp_path / "again")) == sorted(
            plan.digest for plan in read_plans(folder)
        )

    def test_done_again_nothing_is_run(self, folder: Path) -> None:
        experiment = build_experiment("notebook", {**TABLE})
        assert run_until_decided(experiment, 40, folder)[1] == 0

    def test_what_failed_is_done_again_where_that_is_asked_for(
        self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        def moody(**options: Any) -> pd.Series:
            fields = {"budget": 30, "until_decided": True, "max_seeds": 20, "executor": "serial"}
            results = harness.run("xor", ["adam", Moody()], folder=tmp_path / "moody", **fields, **options)
            return results.runs.query("optimizer_name == 'moody'")["outcome"]

        monkeypatch.setenv("MOOD", "bad")
        assert set(moody()) == {"failed"}
        monkeypatch.setenv("MOOD", "good")
        assert set(moody()) == {"failed"}
        assert "failed" not in set(moody(retry="failed"))

    def test_without_claims_each_is_held_against_the_first(self) -> None:
        experiment = build_experiment("mine", {**TABLE, "claims": [], "problems": "xor"})
        claims = declare(experiment, 2000).claims
        assert [(claim.line[0], claim.other[0], claim.by) for claim in claims] == [
            (name, "adam", "cost-to-target") for name in ("lbfgs", "rprop", "random-search")
        ]

    def test_names_are_those_of_the_tables_where_axes_make_them_longer(self) -> None:
        fields = {
            "problems": [{"name": "parity", "bits": [2, 3]}],
            "optimizers": [{"name": "adam", "learning_rate": [0.01, 0.1]}],
            "budget": [30, 60],
        }
        results = harness.run(**fields, until_decided=True, max_seeds=10)
        assert not [note for note in results.compare().notes if "no such runs" in note]
        assert len(results.compare().verdicts) == 4
        assert len(results.runs) == 80

    def test_a_claim_about_what_is_not_there_takes_no_more_seeds(self) -> None:
        claim = {"better": "lbfgs", "than": "adam", "by": "accuracy"}
        results = harness.run(
            "xor", ["adam", "lbfgs"], budget=30, claims=claim, until_decided=True, max_seeds=100
        )
        assert len(results.runs) == 20
        assert "there is no test accuracy" in results.compare().sentences[0]

    def test_blocks_grow_by_a_quarter_to_twice_and_end_at_the_limit(self) -> None:
        experiment = build_experiment("mine", {**TABLE, "problems": "xor"})
        declaration = declare(experiment, 45)
        seeds = first_block(declaration)
        assert set(seeds.values()) == {10}
        results = run(limit=45, problems="xor")
        verdicts = results.compare().decided.verdicts
        assert next_block(dict.fromkeys(seeds, 45), verdicts, declaration) == dict.fromkeys(seeds, 45)


class TestDeclaration:
    def test_it_is_written_before_the_first_run_and_read_back(self, tmp_path: Path) -> None:
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(sweeping, "_do", lambda *_: pytest.fail("stop"))
            with pytest.raises(pytest.fail.Exception):
                run(tmp_path / "new")
        found = read_declaration(tmp_path / "new")
        assert found == declare(build_experiment("notebook", {**TABLE}), 40)
        assert json.loads((tmp_path / "new" / FILE).read_text())["digest"] == found.digest

    @pytest.mark.parametrize(
        ("changes", "said"),
        [
            ({"limit": 50}, "up to 40 seeds, now 50"),
            ({"claims": CLAIMS[:1]}, "without the claim rprop against adam on xor"),
            (
                {"claims": [CLAIMS[0] | {"margin": 0.2}, CLAIMS[1]]},
                "without the claim lbfgs against adam on xor",
            ),
            ({"budget": 301}, "its budget, its options or its data differ"),
        ],
    )
    def test_another_one_is_refused(self, changes: dict[str, Any], said: str, folder: Path) -> None:
        with pytest.raises(InputError, match=said):
            run(folder, **changes)

    def test_other_runs_may_not_join(self, folder: Path) -> None:
        with pytest.raises(InputError, match="go on with --until-decided --max-seeds 40"):
            harness.run(**TABLE, seeds=3, folder=folder)

    def test_runs_from_before_are_refused(self, tmp_path: Path) -> None:
        harness.run("xor", ["adam", "lbfgs"], budget=30, seeds=2, folder=tmp_path / "old")
        with pytest.raises(InputError, match="holds runs from before the claims were declared"):
            harness.run(
                "xor", ["adam", "lbfgs"], budget=30, until_decided=True, max_seeds=20, folder=tmp_path / "old"
            )

    def test_a_changed_file_is_refused(self, tmp_path: Path) -> None:
        harness.run(
            "xor", ["adam", "lbfgs"], budget=30, until_decided=True, max_seeds=20, folder=tmp_path / "a"
        )
        file = tmp_path / "a" / FILE
        file.write_text(file.read_text().replace('"limit": 20', '"limit": 2000'))
        with pytest.raises(InputError, match="is not what was written before the first run"):
            harness.load(tmp_path / "a")

    def test_merging_keeps_it_and_refuses_other_runs(self, folder: Path, tmp_path: Path) -> None:
        merge([folder], tmp_path / "copy")
        assert harness.load(tmp_path / "copy").compare().sentences == harness.load(folder).compare().sentences
        harness.run("xor", ["adam", "lbfgs"], budget=30, seeds=2, folder=tmp_path / "other")
        with pytest.raises(InputError, match="were not declared to decide the same"):
            merge([folder, tmp_path / "other"], tmp_path / "both")
        with pytest.raises(InputError, match="were not declared to decide the same"):
            merge([folder], tmp_path / "other")

    def test_a_reference_copy_keeps_it(self, folder: Path, tmp_path: Path) -> None:
        results = harness.load(folder)
        write_reference(results, [], folder, tmp_path / "reference")
        assert harness.load(tmp_path / "reference").compare().sentences == results.compare().sentences


class TestPlot:
    def test_each_comparison_is_a_line_with_its_interval_and_its_mark(self, folder: Path) -> None:
        results = harness.load(folder)
        figure = figure_of(results.plot.deciding())
        assert [panel.get_title() for panel in figure.axes] == ["xor", "iris"]
        verdicts = results.compare().verdicts
        for panel in figure.axes:
            about = verdicts[verdicts["problem"] == panel.get_title()]
            lines = [line for line in panel.get_lines() if len(line.get_xdata()) > 2]
            assert len(lines) == len(about) == 2
            for line, row in zip(lines, about.itertuples(), strict=True):
                assert line.get_ydata()[-1] == pytest.approx(row.probability)
                decided = [] if pd.isna(row.decided_at) else [row.decided_at]
                assert [line.get_xdata()[mark] for mark in line.get_markevery()] == decided

    def test_chosen_problems_and_what_cannot_be_drawn(self, folder: Path) -> None:
        results = harness.load(folder)
        assert results.plot.deciding(problems="iris").get_title() == "iris"
        with pytest.raises(InputError, match="wine"):
            results.plot.deciding(problems="wine")
        with pytest.raises(InputError, match="until-decided"):
            harness.run("xor", "adam", budget=9, seeds=1).plot.deciding()


class TestCommand:
    @pytest.mark.parametrize(
        ("options", "said"),
        [
            (("--max-seeds", "20"), "--max-seeds goes with --until-decided"),
            (("--until-decided",), "--until-decided needs --max-seeds"),
            (("--until-decided", "--max-seeds", "20", "--seeds", "5"), "leave out --seeds"),
            (("--until-decided", "--max-seeds", "20", "--set", "seeds=5"), "leave out --seeds"),
            (("--until-decided", "--max-seeds", "20", "--only", "seed=1"), "leave out --seeds"),
            (("--until-decided", "--max-seeds", "20", "--shard", "1/2"), "leave out --shard"),
            (("--until-decided", "--max-seeds", "3"), "max-seeds is 3, expected from 10"),
            (("--until-decided", "--max-seeds", "20", "--only", "optimizer=adam"), "has nothing to decide"),
        ],
    )
    def test_what_does_not_go_together_is_answered_in_one_sentence(
        self, options: tuple[str, ...], said: str, tmp_path: Path, monkeypatch: Any, capsys: Any
    ) -> None:
        monkeypatch.chdir(tmp_path)
        status, out, err = called(capsys, "run", "quickstart", *options)
        assert (status, out) == (2, "")
        assert said in " ".join(err.split())
        assert not list(tmp_path.iterdir())

    def test_the_same_from_python(self) -> None:
        with pytest.raises(InputError, match="max_seeds goes with until_decided"):
            harness.run("xor", "adam", budget=9, max_seeds=20)
        with pytest.raises(InputError, match="leave out shard"):
            harness.run("xor", "adam", budget=9, until_decided=True, max_seeds=20, shard="1/2")
        with pytest.raises(InputError, match="leave out seeds"):
            harness.run("xor", "adam", budget=9, until_decided=True, max_seeds=20, seeds=3)
        with pytest.raises(InputError, match="exclude names seeds"):
            harness.run(
                "xor", ["adam", "lbfgs"], budget=9, until_decided=True, max_seeds=20, exclude={"seed": 3}
            )

    def test_it_ends_with_verdicts_and_is_shown_compared_and_refused_later(
        self, tmp_path: Path, monkeypatch: Any, capsys: Any
    ) -> None:
        monkeypatch.chdir(tmp_path)
        monkeypatch.setenv("COLUMNS", "200")
        quick = ("run", "quickstart", "--cost", "200", "--until-decided", "--max-seeds", "20")
        status, out, err = called(capsys, *quick, "--dry-run")
        assert status == 0, err
        assert "30 runs first, 60 at the most. Nothing was run" in out
        assert not list(tmp_path.iterdir())
        status, out, err = called(capsys, *quick)
        assert status == 0, err
        assert out.count("time-uniform 95 % interval") == 2
        assert "Declared before the first run (digest" in out
        assert "claims decided with up to" in err
        place = "output/quickstart"
        digest = json.loads((tmp_path / place / FILE).read_text())["digest"]
        for command in (("show", "results", place), ("compare", place)):
            status, out, _ = called(capsys, *command)
            assert status == 0
            assert digest in out
            assert "equivalent is ahead on 40 to 60 % of the starts" in out
        status, out, _ = called(capsys, "run", place, "--until-decided", "--max-seeds", "20")
        assert status == 0
        assert "Nothing to run" in out
        status, out, err = called(capsys, "run", place, "--seeds", "3")
        assert status == 2
        assert "go on with --until-decided --max-seeds 20" in " ".join(err.split())

    def test_a_shipped_experiment_declares_its_claims(self) -> None:
        experiment = read_experiment("quickstart")
        declaration = declare(experiment, 100)
        assert len(declaration.claims) == 2
        assert declaration.each == pytest.approx(0.975)


def declared(*claims: Any, **changes: Any) -> list[tuple[str, str, str]]:
    """Problem, optimizer and the other of what would be declared."""
    experiment = build_experiment("test", {**TABLE, **changes, "claims": list(claims)})
    return [(claim.problem, claim.line[0], claim.other[0]) for claim in declare(experiment, 20).claims]


def test_an_area_that_has_no_bounds_at_every_number_of_seeds_is_refused() -> None:
    claim = {"better": "lbfgs", "than": "adam", "by": "anytime-area"}
    with pytest.raises(InputError, match=r"'lbfgs' is to be better by anytime-area.*: take cost-to-target"):
        declared(claim)


def test_a_claim_is_declared_where_it_is_about_and_both_run() -> None:
    pair = {"better": "lbfgs", "than": "adam"}
    assert declared(pair | {"problems": ["iris"]}) == [("iris", "lbfgs", "adam")]
    single = {"problems": ["xor", "setosa"], "optimizers": ["adam", "perceptron-rule"]}
    assert declared({"better": "perceptron-rule", "than": "adam"}, **single) == [
        ("setosa", "perceptron-rule", "adam")
    ]
