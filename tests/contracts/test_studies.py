"""What every study has to be; a new folder is found by itself."""

from __future__ import annotations

import csv
import functools
import itertools
import math
import tomllib
from dataclasses import replace
from pathlib import Path

import pytest

from harness.csv_tables import read_csv
from harness.report.robust_comparison import OVER
from harness.studies import STUDIES
from harness.studies.findings import Findings, perform, stored
from harness.studies.page import page
from harness.studies.reference import CRITERIA, NUMBERS, PAGE, write_findings, write_study_reference
from harness.studies.study import Study
from harness.sweeps.experiment import Experiment
from harness.sweeps.experiment_file import read_experiment
from harness.tuning.tuned_file import SHIPPED, tuned_experiments
from optimizers.budget import Budget

RESULTS = Path(__file__).parent.parent.parent / "results"
FEWEST, MOST_PROBLEMS = 3, 4

every_study = pytest.mark.parametrize("name", STUDIES)


@functools.cache
def found_in_copy(name: str) -> Findings:
    """What the reference copy of a study is computed to say, which nobody changes."""
    return stored(STUDIES[name](), RESULTS / name)


def cut_short(study: type[Study]) -> type[Study]:
    """The study with a few seeds and short runs: what is computed of them has to be computed all the same."""

    class Short(study):  # type: ignore[misc, valid-type]
        quick = FEWEST
        # Where a first look is a part of every budget, a tenth of it does here.
        quick_part = study.quick_part / 10 if study.quick_part < 1 else 1.0

        @classmethod
        def folder(cls) -> Path:
            return study.folder()

        @classmethod
        def experiments(cls, quick: bool = False) -> dict[str, Experiment]:
            # A limit in seconds is all that such runs take, and large networks are most of what is compiled.
            return {
                name: replace(
                    experiment, budget=Budget(seconds=0.02), problems=experiment.problems[:MOST_PROBLEMS]
                )
                if any(budget.seconds for budget in experiment.budgets)
                else experiment
                for name, experiment in super().experiments(quick).items()
            }

    return Short


@every_study
def test_it_says_what_was_asked_claimed_and_chosen(name: str) -> None:
    study = STUDIES[name]
    assert study.name() == name
    assert study.question.endswith("?")
    assert study.claimed.endswith(".")
    assert study.citation
    assert study.choices
    assert all(choice.about and choice.chosen for choice in study.choices)


@every_study
def test_its_experiments_and_printed_numbers_can_be_read(name: str) -> None:
    study = STUDIES[name]
    whole, quick = study.experiments(), study.experiments(quick=True)
    assert list(whole) == list(quick)
    assert all(len(quick[each].seeds) <= len(whole[each].seeds) for each in whole)
    printed = study.printed()
    assert printed["printed"].notna().all()
    assert set(printed["status"]) <= {"found", "recalled"}


@every_study
def test_it_runs_from_nothing_and_writes_its_page(name: str, tmp_path: Path) -> None:
    study = cut_short(STUDIES[name])()
    findings = perform(study, tmp_path / name, quick=True, workers=1)
    assert len(findings.numbers) == len(study.printed())
    assert findings.criteria
    assert all(criterion.n > 0 for criterion in findings.criteria)
    written = write_findings(findings, tmp_path / name)
    text = written[-1].read_text()
    assert all(sentence in text for sentence in findings.conclusion + findings.survival)
    # What is kept says the same.
    again = Findings(study, stored(study, tmp_path / name).evidence, quick=True)
    assert again.criteria_table().equals(findings.criteria_table())
    assert page(again) == page(findings)


@every_study
def test_every_published_claim_is_answered_by_one_that_is_declared(name: str) -> None:
    study = STUDIES[name]
    for published in study.published_claims:
        claims = study.experiments()[published.experiment].claims
        assert [
            claim
            for claim in claims
            if (claim.better, claim.than) == (published.better, published.than)
            and published.by in (None, claim.by)
        ], published.said


@every_study
def test_tuned_options_are_those_that_tuning_has_found(name: str) -> None:
    """Experiments with tuned options, NAME or NAME-..., are the textbook's with what was found for it."""
    study = STUDIES[name]
    experiments = study.experiments()
    for file in sorted((study.folder() / SHIPPED).glob("*.toml")):
        table = tomllib.loads(file.read_text(encoding="utf-8"))
        if "command" not in table:
            continue  # what it was found from
        textbook = RESULTS.parent / table["experiment"]
        assert table["command"].startswith(f"harness tune {table['experiment']} --trials")
        assert textbook.is_relative_to(study.folder())
        (tuned,) = tuned_experiments(read_experiment(str(textbook)), file)
        wholes = [one for one in experiments.values() if f"{one.name}-".startswith(f"{file.stem}-")]
        labels = [optimizer.label for whole in wholes for optimizer in whole.optimizers]
        assert list(dict.fromkeys(labels)) == [one.label for one in tuned.optimizers]
        for whole in wholes:
            assert [problem.name for problem in tuned.problems] == [
                problem.name for problem in whole.problems
            ]
            assert [budget.cost for budget in whole.budgets] == [table["cost"]]
            assert not set(table["seeds"]) & set(whole.seeds)


@every_study
def test_the_reference_copy_says_what_its_runs_say(name: str) -> None:
    folder, findings = RESULTS / name, found_in_copy(name)
    for file, table in ((CRITERIA, findings.criteria_table()), (NUMBERS, findings.numbers)):
        kept = read_csv(folder / file)
        assert list(kept.columns) == list(table.columns)
        for column in kept:
            assert [same(a, b) for a, b in zip(kept[column], table[column], strict=True)].count(False) == 0
    text = (folder / PAGE).read_text()
    assert all(sentence in text for sentence in findings.conclusion + findings.survival)
    # Other choices are read off whole traces, and kept; what is decided is in the copy itself.
    assert findings.robustness.keys() == findings.evidence.robust.keys()
    for experiment, robust in findings.robustness.items():
        single = robust[robust["problem"] != OVER]
        decided = findings.comparisons[experiment].verdicts
        assert single[["optimizer", "other", "by", "verdict"]].values.tolist() == (
            decided[["optimizer", "other", "by", "verdict"]].values.tolist()
        )
    assert {*findings.evidence.runs, *(["measured"] if findings.evidence.measured else [])} == {
        path.name for path in folder.iterdir() if path.is_dir()
    }


def same(kept: object, found: object) -> bool:
    if isinstance(found, float):
        number = float(str(kept))
        # Other versions of NumPy, SciPy and scikit-learn come to other last digits, and differences to more.
        return math.isclose(number, found, rel_tol=1e-8) or (math.isnan(number) and math.isnan(found))
    return str(kept) == str(found)


def test_a_reference_copy_is_that_of_a_study_or_of_an_experiment() -> None:
    known = {*STUDIES, "benchmarks", "ga-vs-backprop"}
    assert {path.name for path in RESULTS.iterdir() if path.is_dir()} <= known


@every_study
def test_a_copy_of_a_copy_is_the_copy(name: str, tmp_path: Path) -> None:
    write_study_reference(found_in_copy(name), RESULTS / name, tmp_path / name)
    for file in (CRITERIA, NUMBERS):
        found, kept = (cells(folder / name / file) for folder in (tmp_path, RESULTS))
        assert [len(row) for row in found] == [len(row) for row in kept]
        pairs = zip(itertools.chain(*kept), itertools.chain(*found), strict=True)
        assert [(a, b) for a, b in pairs if not same(a, b)] == []
    assert (tmp_path / name / PAGE).read_text() == (RESULTS / name / PAGE).read_text()


def cells(file: Path) -> list[list[str | float]]:
    """Return a table's cells, numbers as numbers."""
    with file.open(newline="", encoding="utf-8") as lines:
        return [[plain(cell) for cell in row] for row in csv.reader(lines)]


def plain(cell: str) -> str | float:
    try:
        return float(cell)
    except ValueError:
        return cell
