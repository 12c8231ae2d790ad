"""Export and import as commands, and what they leave alone."""

from __future__ import annotations

from pathlib import Path

import pytest
from odd_results import CASES

import harness
from harness.cli.catalogue import listing
from harness.cli.entry import main
from harness.exchange import known_formats
from optimizers import Adam
from optimizers.errors import InputError


@pytest.fixture
def kept(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    harness.run(["xor", "iris"], [Adam(), "rprop"], budget=30, seeds=2, folder="kept")
    return tmp_path / "kept"


def call(capsys: pytest.CaptureFixture[str], *words: str) -> tuple[int, str]:
    with pytest.raises(SystemExit) as left:
        main(list(words))
    out, err = capsys.readouterr()
    return int(left.value.code or 0), out + err


def test_there_and_back_again(kept: Path, capsys: pytest.CaptureFixture[str]) -> None:
    status, said = call(capsys, "export", "kept", "--to", "csv", "--output", "out")
    assert status == 0, said
    assert "file: out/runs.csv" in said
    status, said = call(capsys, "import", "out", "--from", "csv", "--output", "again")
    assert status == 0, said
    assert "8 runs" in said
    before, after = harness.load("kept"), harness.load("again")
    assert after.runs.drop(columns=["best_w", "last_w"]).equals(
        before.runs.drop(columns=["best_w", "last_w"])
    )
    assert after.trace.equals(before.trace)
    assert [w.tobytes() for w in after.runs["best_w"]] == [w.tobytes() for w in before.runs["best_w"]]
    for words in (("show", "results", "again"), ("plot", "again", "--output", "figure.png")):
        status, said = call(capsys, *words)
        assert status == 0, said


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("export", "kept"), "--output"),
        (("export", "kept", "--to", "cvs", "--output", "out"), "did you mean 'csv'"),
        (("export", "kept", "--to", "csv:x=1", "--output", "out"), "no option 'x'"),
        (("export", "none", "--output", "out"), "no folder"),
        (("export", "kept", "--output", "kept"), "not empty"),
        (("export", "kept", "--output", "kept", "--replace"), "something else"),
        (("export", "kept", "--output", "file"), "is a file"),
        (("export", "kept", "--output", "file/below"), "cannot be written"),
        (("import", "kept", "--from", "csv", "--output", "out"), "runs.csv is not there"),
        (("import", "file", "--from", "csv", "--output", "out"), "is no folder"),
        (("import", "logs", "--from", "csv", "--output", "kept"), "not empty"),
        (("import", "logs", "--from", "csv", "--output", "logs", "--add"), "something else than results"),
    ],
)
def test_what_is_wrong_is_said_in_a_sentence(
    words: tuple[str, ...], said: str, kept: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    Path("file").write_text("mine", encoding="utf-8")
    CASES["one run"]().export("csv", "logs")
    before = sorted(path for path in kept.parent.rglob("*"))
    status, answer = call(capsys, *words)
    assert status == 2
    assert answer.startswith("harness: ")
    assert answer.count("\n") == 1
    assert said in answer
    assert sorted(path for path in kept.parent.rglob("*")) == before
    assert Path("file").read_text(encoding="utf-8") == "mine"


def test_imported_runs_go_beside_others(kept: Path) -> None:
    CASES["many"]().export("csv", "logs")
    both = harness.import_results("logs", "csv", "kept", add=True)
    assert len(both.runs) == 8 + len(CASES["many"]().runs)
    again = harness.import_results("logs", "csv", "kept", add=True)
    assert len(again.runs) == len(both.runs)
    assert len(again.trace) == len(both.trace)


def test_what_fails_midway_leaves_the_earlier_export(kept: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    results = harness.load(kept)
    results.export("csv", "out")
    before = {path: path.read_bytes() for path in Path("out").iterdir()}

    def breaks(*_: object) -> None:
        Path("out/half").write_text("half", encoding="utf-8")
        raise InputError("the disk is full: make room")

    monkeypatch.setattr("harness.exchange.csv.CSV.write", breaks)
    with pytest.raises(InputError, match="disk is full"):
        results.export("csv", "out", replace=True)
    assert {path: path.read_bytes() for path in Path("out").iterdir()} == before
    with pytest.raises(InputError, match="disk is full"):
        results.export("csv", "other")
    assert not Path("other").exists()


def test_a_folder_that_was_there_stays_when_nothing_could_be_written(kept: Path) -> None:
    Path("empty").mkdir()
    harness.load(kept).export("csv", "empty")
    assert (Path("empty") / "README.md").is_file()


def test_the_list_of_formats_is_that_of_the_family(capsys: pytest.CaptureFixture[str]) -> None:
    assert listing("formats") == {name: form.summary() for name, form in known_formats().items()}
    status, said = call(capsys, "show", "format", "ioh")
    assert status == 0
    assert "https://iohprofiler.github.io" in said
    assert "axis" in said
