"""What CONTRIBUTING.md shows works as it stands there: loaded as a file of one's own, and run."""

from __future__ import annotations

from pathlib import Path

import pytest
from contributing import examples, study_files

import harness
from harness.analysis import STATISTICS
from harness.exchange import FORMATS
from harness.problems import PROBLEMS
from harness.results import Results
from harness.sweeps.fields import build_experiment
from harness.sweeps.plugins import load_plugins
from harness.sweeps.sweep import sweep
from optimizers.registry import OPTIMIZERS

pytestmark = pytest.mark.usefixtures("families_as_before")


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    place = tmp_path_factory.mktemp("contributed")
    for name, text in examples().items():
        (place / f"{name.lower()}.py").write_text(text, encoding="utf-8")
    return place


def test_there_is_one_for_each_kind_of_addition() -> None:
    assert {
        "GaussianSearch",
        "SignDescent",
        "Stripes",
        "final_losses",
        "SOFTSIGN",
        "Backwards",
        "StalledFraction",
        "BestLosses",
    } <= set(examples())


def test_all_of_them_work_together(folder: Path) -> None:
    table = {
        "plugins": sorted(path.name for path in folder.glob("*.py")),
        "problems": [{"name": "stripes", "stripes": 3, "activation": "softsign"}, "xor"],
        "optimizers": ["gaussian-search:spread=[0.5,2.0]", "sign-descent:schedule=cosine,period=50", "rprop"],
        "seeds": 2,
        "budget": 200,
        "figures": ["final-losses"],
    }
    results, done = sweep(build_experiment("contributed", table, folder), executor="backwards")
    assert done == 16
    assert results.runs["outcome"].isin(["solved", "budget"]).all()
    assert "final-losses" in harness.plots.known_plots()
    figure = harness.plots.known_plots()["final-losses"](results)
    assert figure._repr_png_().startswith(b"\x89PNG")
    stalled = STATISTICS.build("stalled-fraction:level=0.5").compute(results)
    assert stalled["n"].tolist() == [2] * 8
    assert (stalled["fraction"] == 0).all()
    assert "best-losses" in FORMATS
    files = Results.of(results).export("best-losses:digits=3", folder / "out")
    assert [file.name for file in files] == ["0.txt", "1.txt", "README.md"]
    assert {"gaussian-search", "sign-descent"} <= set(OPTIMIZERS)
    assert "stripes" in PROBLEMS


def test_the_study_is_run_judged_and_written(tmp_path: Path) -> None:
    place = tmp_path / "rumelhart-1986"
    place.mkdir()
    for name, text in study_files().items():
        (place / name).write_text(text, encoding="utf-8")
    found = harness.study(str(place), quick=True, folder=tmp_path / "out", workers=1)
    assert found.numbers[["case", "quantity", "our_n"]].values.tolist() == [
        ["gradient descent", "caught", 20]
    ]
    assert [criterion.n for criterion in found.criteria] == [20]
    assert found.verdicts["optimizer"].tolist() == ["multi-start"]
    text = (tmp_path / "out" / "README.md").read_text(encoding="utf-8")
    assert found.conclusion[0] in text
    assert "| multi-start is ahead of gradient-descent(learning_rate=1.0) |" in text


@pytest.mark.parametrize("name", sorted(examples()))
def test_each_can_be_loaded_by_itself(name: str, folder: Path) -> None:
    file = folder / f"{name.lower()}.py"
    assert load_plugins(file) == str(file.resolve())
