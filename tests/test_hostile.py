"""Samples of the campaigns of ``python -m hostile``: a result or one sentence answers hostile input."""

from __future__ import annotations

import hashlib
from pathlib import Path

import hypothesis
import numpy as np
import pytest
from hostile import data, faults, files, folders, grammar, lines, options
from hostile.tally import Answer, Tally, Wrong, asked, typed, unfit
from mutated_files import mutated

import harness
from harness.sweeps.experiment_file import shipped_experiments
from optimizers.errors import InputError


@pytest.fixture(autouse=True)
def elsewhere(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)


def without_faults(tally: Tally, tried: int, results: int, refused: int) -> None:
    """Hold a tally: no fault, and as many of each answer at the least."""
    assert not tally.faults
    assert tally.counted.total() >= tried
    assert tally.counted["results"] >= results
    assert tally.counted["refused"] >= refused


def test_experiment_files_by_a_grammar(tmp_path: Path) -> None:
    tally = Tally("files")

    @hypothesis.seed(20261126)
    @hypothesis.settings(
        max_examples=80,
        database=None,
        deadline=None,
        phases=[hypothesis.Phase.generate],
        suppress_health_check=list(hypothesis.HealthCheck),
    )
    @hypothesis.given(grammar.experiment_files())
    def each(content: bytes) -> None:
        path = tmp_path / f"{hashlib.sha256(content).hexdigest()[:12]}.toml"
        path.write_bytes(content)
        tally.add(path.name, asked(lambda: files.check_file(path, content)))

    each()
    without_faults(tally, 50, 3, 25)


def test_experiment_files_with_damaged_bytes(tmp_path: Path) -> None:
    texts = [path.read_text(encoding="utf-8") for path in shipped_experiments().values()]
    rng, tally = np.random.default_rng(20261126), Tally("files")
    for number in range(150):
        content = files.bytes_mutated(mutated(texts[number % len(texts)], rng), rng)
        path = tmp_path / f"{number}.toml"
        path.write_bytes(content)
        tally.add(path.name, asked(lambda: files.check_file(path, content)))  # noqa: B023
    without_faults(tally, 150, 0, 100)


def test_command_lines(tmp_path: Path) -> None:
    lines.prepare(tmp_path)
    before = lines.rows_of(tmp_path / "kept")
    rng, tally = np.random.default_rng(20261126), Tally("lines")
    while tally.counted.total() < 100:
        words = lines.command_line(rng)
        if not {"check", "study", "tune", "report"} & {*words[:1]}:
            tally.add(" ".join(words)[:200], typed(words))
    without_faults(tally, 100, 5, 30)
    lines.hold_kept(tmp_path, {"kept": before})


def test_stored_folders(tmp_path: Path) -> None:
    tally = Tally("folders")
    folders.campaign(tally, 5, 20261126, tmp_path)
    without_faults(tally, 40, 10, 10)


def test_data_sets(tmp_path: Path) -> None:
    tally = Tally("data")
    data.campaign(tally, 40, 20261126, tmp_path)
    without_faults(tally, 30, 3, 15)


def test_options_at_their_edges(tmp_path: Path) -> None:
    tally = Tally("options")
    options.campaign(tally, 100, 20261126, tmp_path)
    without_faults(tally, 100, 3, 50)


@pytest.mark.parametrize("function", ["overflow", "infinite left", "never a number", "kink", "error right"])
def test_numerical_faults(function: str) -> None:
    tally = Tally("faults")
    some = ["adam", "lbfgs", "nelder-mead", "evolution-strategy", "levenberg-marquardt"]
    faults.try_case(function, faults.of_function(function, 2), 0, tally, some)
    without_faults(tally, 10, 5, 1)


def test_each_kind_of_fault_is_found() -> None:
    def refuses() -> None:
        raise InputError("x" * 1_000)

    def endless() -> None:
        while True:
            pass

    def wrong() -> None:
        raise Wrong("3 is not 4")

    found = [asked(call, seconds=0.5).how for call in (lambda: 1 / 0, refuses, endless, wrong, lambda: None)]
    assert found == ["tracebacks", "tracebacks", "hangs", "wrong", "results"]
    assert asked(lambda: harness.problems.load("xro")).how == "refused"
    assert [bool(unfit(said)) for said in ("a\nb", "short", "field 'a' is 3: take 4")] == [True, True, False]
    tally = Tally("all")
    tally.add("this", Answer("hangs", "for ever"))
    assert tally.line.endswith("tried 1, results 0, refused 0, tracebacks 0, hangs 1, wrong 0, damaged 0")
    assert tally.faults == ["hangs: this: for ever"]


def test_a_wrong_loss_is_found() -> None:
    results = harness.run("xor", "adam", budget=20, seeds=1)
    problem = harness.problems.load("xor")
    row = next(results.runs.itertuples())
    faults.hold_run(row, results.trace, problem)
    for changed in ({"best_loss": row.best_loss * (1 - 1e-6)}, {"outcome": "lost"}, {"iterations": 3}):
        with pytest.raises(Wrong):
            faults.hold_run(row._replace(**changed), results.trace, problem)


CAMPAIGNS = {
    "files": (files.campaign, 20_000),
    "lines": (lines.campaign, 5_000),
    "folders": (folders.campaign, 200),
    "data": (data.campaign, 3_000),
    "options": (options.campaign, 5_000),
    "faults": (faults.campaign, 10_000),
}


@pytest.mark.slow
@pytest.mark.parametrize("kind", CAMPAIGNS)
def test_campaigns(kind: str, tmp_path: Path) -> None:
    campaign, cases = CAMPAIGNS[kind]
    tally = Tally(kind)
    campaign(tally, cases, 1, tmp_path)
    print(tally.line)
    assert not tally.faults
