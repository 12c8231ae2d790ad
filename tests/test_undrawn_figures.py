"""A figure that cannot be drawn of the runs there are takes nothing else with it."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from terminal import called

EXPERIMENT = """
problems = ["xor"]
optimizers = ["adam"]
seeds = 2
budget = {cost = 60}
figures = ["gradient-error", "convergence", "crossover"]
"""
WHY = (
    "plot 'gradient-error' needs runs with a gradient_reference, and sources with a step such as "
    "'central-difference:step=1e-6'",
    "plot 'crossover' needs runs of adam and of another optimizer with the same seeds on a problem",
)


@pytest.fixture
def experiment(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    file = tmp_path / "small.toml"
    file.write_text(EXPERIMENT)
    return file


def test_a_run_says_what_came_out_then_why_a_figure_is_missing(
    experiment: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    # Of an earlier form of the experiment.
    Path("kept").mkdir()
    for old in (
        "gradient-error.png",
        "gradient-error.caption.md",
        "gradient-error.data.csv",
        "gradient-error.csv",
    ):
        Path("kept", old).write_text("old")
    answer = called(capsys, "run", str(experiment), "--output", "kept")
    assert answer.status == 2
    assert "2 runs done now" in answer.out
    assert answer.err.splitlines()[-1] == f"harness: {'; '.join(WHY)}"
    written = json.loads(called(capsys, "run", str(experiment), "--output", "kept", "--json").out)["files"]
    assert [Path(file).name for file in written] == ["summary.csv", "convergence.png"]
    assert Path("kept/convergence.png").is_file()
    assert not list(Path("kept").glob("gradient-error*"))


def test_its_folder_is_compared_and_its_page_has_the_reason_in_the_place_of_the_figure(
    experiment: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    called(capsys, "run", str(experiment), "--output", "kept")
    compared = called(capsys, "compare", "kept")
    assert compared.status == 0
    assert "There is nothing to compare: adam alone" in compared.out
    assert called(capsys, "report", "kept").status == 0
    page = Path("kept/report.html").read_text(encoding="utf-8").replace("&#39;", "'")
    # Crossover is among those that the page has in any case.
    assert page.count(f"gradient-error is not drawn: {WHY[0]}") == 1
