"""Figures that another process draws are those that the command would draw; what does not come it draws."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from synthetic import synthetic

from harness.report.drawn_beside import Drawer, drawn_beside
from harness.report.image_files import write_plot
from harness.results import Results
from optimizers.errors import InputError


@pytest.fixture(scope="module")
def results() -> Results:
    return synthetic(np.random.default_rng(0), seeds=2)


def files_of(folder: Path) -> dict[str, bytes]:
    return {file.name: file.read_bytes() for file in folder.iterdir()}


def test_another_process_draws_what_this_one_would(results: Results, tmp_path: Path) -> None:
    here, beside = tmp_path / "here", tmp_path / "beside"
    here.mkdir()
    beside.mkdir()
    write_plot("convergence", results, {"x": "cost"}, here / "figure.png")
    with drawn_beside(("convergence",)) as drawer:
        process = drawer._process
        assert process is not None
        drawer.write_plot("convergence", results, {"x": "cost"}, beside / "figure.png")
        answer = drawer._answer()
        assert answer == []
    assert files_of(here) == files_of(beside)
    assert process.poll() is not None


def test_what_does_not_come_is_drawn_here(results: Results, tmp_path: Path) -> None:
    with drawn_beside(("convergence",)) as drawer:
        assert drawer._process is not None
        drawer._process.kill()
        drawer.write_plot("convergence", results, {}, tmp_path / "figure.png")
        drawer.wait()
    assert (tmp_path / "figure.png").read_bytes().startswith(b"\x89PNG")


def test_what_is_wrong_is_said_as_ever(results: Results, tmp_path: Path) -> None:
    with drawn_beside(()) as alone:
        assert alone._process is None
    file = tmp_path / "figure.bmp"
    with pytest.raises(InputError, match=r"let it end in \.png") as expected:
        Drawer(None).write_plot("convergence", results, {}, file)
    with drawn_beside(("convergence",)) as drawer:
        drawer.write_plot("convergence", results, {}, file)
        with pytest.raises(InputError) as said:
            drawer.wait()
    assert str(said.value) == str(expected.value)
