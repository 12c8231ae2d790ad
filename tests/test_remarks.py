"""What has to be said of results beside their numbers is printed by every command that reads them."""

from __future__ import annotations

from pathlib import Path

import pytest
from terminal import called

import harness
from harness.runs.store import Store

GONE = "2 of 4 planned runs found: run the experiment again for the rest"
EXPERIMENT = 'problems = "xor"\noptimizers = ["adam", "rprop"]\nbudget = 20\nfigures = []\n'


@pytest.fixture
def torn(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A folder that has lost one of its two parts."""
    monkeypatch.chdir(tmp_path)
    for seeds in (1, 2):
        harness.run("xor", ["adam", "rprop"], seeds=seeds, budget=20, folder="torn", name="torn")
    min((tmp_path / "torn" / "runs").iterdir()).unlink()


@pytest.mark.usefixtures("torn")
@pytest.mark.parametrize(
    "arguments",
    [
        ("compare", "torn"),
        ("compare", "torn", "--robust"),
        ("export", "torn", "--output", "tables"),
        ("plot", "torn", "--x", "cost"),
        ("report", "torn"),
        ("show", "results", "torn"),
        ("show", "torn", "--statistic", "solved-fraction"),
    ],
    ids=" ".join,
)
def test_runs_that_are_gone_are_counted(
    arguments: tuple[str, ...], capsys: pytest.CaptureFixture[str]
) -> None:
    answer = called(capsys, *arguments)
    assert (answer.status, answer.err) == (0, "")
    assert answer.out.splitlines().count(GONE) == 1


@pytest.mark.usefixtures("torn")
def test_the_status_names_what_is_damaged(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (part,) = (tmp_path / "torn" / "runs").iterdir()
    part.write_bytes(part.read_bytes()[:-1])
    answer = called(capsys, "status", "torn")
    assert answer.out.splitlines()[-2:] == [
        "torn: 4 planned runs: 4 missing.",
        f"{Path('torn', 'runs', part.name)} is damaged: run the experiment again, which puts it aside",
    ]


@pytest.mark.usefixtures("torn")
def test_the_status_counts_runs_whose_plan_is_gone(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    max((tmp_path / "torn" / "plans").iterdir(), key=lambda path: path.stat().st_size).unlink()
    answer = called(capsys, "status", "torn")
    assert answer.out.endswith("finished runs in no plan: 2; a file of plans/ is gone\n")


def test_an_import_says_which_columns_it_has_left_out(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    Path("logs").mkdir()
    Path("logs/runs.csv").write_text("run_id,seed,optimizer,problem,colour\n1,4,theirs,xor,red\n")
    Path("logs/trace.csv").write_text("run_id,cost,loss,best_loss\n1,1,9,9\n")
    answer = called(capsys, "import", "logs", "--from", "csv", "--output", "kept")
    assert answer.out == (
        "1 problem x 1 optimizer, 1 run (1 budget): kept in kept\n"
        "runs.csv: columns that are not known were left out: colour\n"
    )


@pytest.mark.parametrize(
    ("arguments", "kept"),
    [
        (("run", "mine.toml", "--seeds", "2", "--output", "kept"), 4),
        (("tune", "mine.toml", "--trials", "1", "--output", "kept"), 6),
    ],
    ids=["run", "tune"],
)
def test_runs_of_other_code_are_said_to_be_kept_aside(
    arguments: tuple[str, ...],
    kept: int,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.chdir(tmp_path)
    Path("mine.toml").write_text(EXPERIMENT, encoding="utf-8")
    with monkeypatch.context() as patched:
        patched.setattr("harness.runs.provenance.package_fingerprint", lambda: "0" * 16)
        called(capsys, *arguments)
    answer = called(capsys, *arguments)
    said = f"{kept} runs of other code are kept aside and done again"
    assert answer.status == 0
    # Before anything runs, for whoever waits, and at the end, beside the numbers.
    assert answer.err.count(said) == 1
    assert answer.out.count(said) == 1
    assert len(Store(Path("kept")).finished()) == 2 * kept
