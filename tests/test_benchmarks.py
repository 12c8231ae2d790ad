"""The command that measures: what it offers and refuses, and what it makes of rows. No time is asserted."""

from __future__ import annotations

import importlib
import subprocess
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from processes import ROOT, python

from benchmarks import measurement
from benchmarks.__main__ import NAMES
from benchmarks.figure import draw
from benchmarks.growth import slope
from benchmarks.measurement import Row, check_same, installed
from benchmarks.sizes import SIZES
from benchmarks.table import frame_of, markdown, write_table

ROWS = [
    Row("population", "2-2-1 x 4", "jax", 2.0, 8.0, "ms", 4.0),
    Row("population", "2-2-1 x 4", "dgemm", 2.0, 1.0, "ms", 0.5),
    Row("population", "4-8-3 x 150", "jax", 3.0, 6.0, "ms", 2.0),
    Row("growth", "runs", "slope 1", 1.0, 99.0, "s", 1.01),
]
MACHINE = {"cpu": "some", "threads": "2", "date": "2026-11-20"}


def called(*arguments: str) -> subprocess.CompletedProcess[str]:
    return python(ROOT, "-m", "benchmarks", *arguments)


def test_the_list_names_every_benchmark_and_measures_none() -> None:
    done = called("--list")
    assert done.returncode == 0
    assert [line.split()[0] for line in done.stdout.splitlines()] == list(NAMES)


@pytest.mark.parametrize("arguments", [("generatoin",), ("growth", "--repeats", "0")])
def test_a_misspelt_call_is_answered_in_one_sentence(arguments: tuple[str, ...]) -> None:
    done = called(*arguments)
    assert done.returncode == 2
    assert arguments[-1] in done.stderr
    assert "Traceback" not in done.stderr


@pytest.mark.parametrize("name", NAMES)
def test_every_benchmark_says_what_it_does(name: str) -> None:
    # A peer is imported where it is measured, never before.
    module: Any = importlib.import_module(f"benchmarks.{name.replace('-', '_')}")
    assert callable(module.measure)
    assert len(module.__doc__) > 60


def test_parties_that_came_to_other_numbers_are_not_compared() -> None:
    check_same("work", {"ours": np.array([1.0, 2.0]), "theirs": np.array([1.0, 2.0 + 1e-12])})
    with pytest.raises(SystemExit, match="work: theirs came to"):
        check_same("work", {"ours": np.array([1.0, 2.0]), "theirs": np.array([1.0, 2.001])})
    with pytest.raises(SystemExit, match="theirs"):
        check_same("work", {"ours": np.ones(2), "theirs": np.ones(3)})


def test_a_peer_that_is_missing_is_named(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setitem(measurement.PEERS, "jax", "no_such_package")
    assert installed("numpy", "jax") == ["numpy"]
    assert "jax is left out: the package no_such_package is not installed" in capsys.readouterr().err


def test_multiply_adds_are_those_of_the_layers() -> None:
    size = SIZES[0]
    assert size.sizes == (2, 2, 1)
    assert size.value_products == 4 * (2 * 2 + 2 * 1)
    assert size.gradient_products == 4 * (2 * 6 + 2)
    assert size.start().size == size.network().size == 9


@pytest.mark.parametrize("power", [0.0, 1.0, 2.0])
def test_the_slope_is_the_power(power: float) -> None:
    amounts = [1, 3, 10, 30, 100]
    assert slope(amounts, [0.5 * amount**power for amount in amounts]) == pytest.approx(power, abs=1e-12)


def test_tables_keep_every_row(tmp_path: Path) -> None:
    write_table(ROWS, tmp_path)
    read = pd.read_csv(tmp_path / "table.csv")
    assert list(read["ratio"]) == [row.ratio for row in ROWS]
    text = markdown(frame_of(ROWS))
    assert "| 2-2-1 x 4 | 2 ms | 4 | 0.5 |" in text
    assert "| 4-8-3 x 150 | 3 ms | 2 |  |" in text


def test_the_readme_shows_the_tables_of_the_reference_run() -> None:
    root = Path(__file__).parent.parent
    shown = (root / "README.md").read_text(encoding="utf-8")
    kept = (root / "results" / "benchmarks" / "table.md").read_text(encoding="utf-8")
    assert kept.strip() in shown
    assert kept == markdown(pd.read_csv(root / "results" / "benchmarks" / "table.csv"))


def test_the_figure_shows_peers_and_no_limits(tmp_path: Path) -> None:
    path = draw(frame_of(ROWS), tmp_path, MACHINE)
    assert path is not None
    assert path.read_bytes()[:4] == b"\x89PNG"
    assert draw(frame_of(ROWS[3:]), tmp_path, MACHINE) is None
