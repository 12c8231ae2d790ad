"""The gallery shows every kind of figure, by commands that are some, and is what its maker writes."""

from __future__ import annotations

from pathlib import Path

import pytest
from documented import parsed
from PIL import Image

from docs.entries import ENTRIES, RUNS, Entry
from docs.gallery import DOCS, LARGEST, PAGE, files, page
from harness.plots import known_plots
from harness.report.animations import animated
from harness.report.artifacts import check_figures
from harness.sweeps.experiment_file import read_experiment
from optimizers.specification import parse

ROOT = DOCS.parent
MOST = 2_000_000
every_entry = pytest.mark.parametrize("entry", ENTRIES, ids=lambda entry: entry.name)


def test_every_kind_of_figure_is_there() -> None:
    own = {name for name, plot in known_plots().items() if plot.__module__.startswith("harness.")}
    assert {entry.plot for entry in ENTRIES} == own
    assert len({entry.picture for entry in ENTRIES}) == len(ENTRIES)
    assert {entry.run for entry in ENTRIES} == set(RUNS)


@pytest.mark.parametrize("run", RUNS)
def test_its_runs_are_commands(run: str) -> None:
    name, given = parsed(RUNS[run])
    assert name in ("run", "tune")
    assert str(given["output"]) == f"output/gallery/{run}"
    assert read_experiment(given["experiment"]).problems


@every_entry
def test_its_figures_are_commands(entry: Entry) -> None:
    name, given = parsed(entry.command)
    assert name == "plot"
    assert given["folder"] == Path("output/gallery", entry.run)
    assert given["animate" if entry.animated else "output"] == Path("docs", entry.picture)
    options = ",".join([*given["settings"], f"width={given['width']}"])
    check_figures([parse(f"{given['plot']}:{options}", "plot")])
    assert given["width"] == "column"
    assert entry.answers.endswith(("?", "."))
    if entry.animated:
        assert animated(entry.plot)


def test_no_picture_is_an_orphan_and_none_is_missing() -> None:
    assert {path.name for path in (DOCS / "gallery").iterdir()} == files()


@every_entry
def test_a_picture_is_small_and_a_column_wide(entry: Entry) -> None:
    picture = DOCS / entry.picture
    assert picture.stat().st_size <= LARGEST * (4 if entry.animated else 1)
    with Image.open(picture) as image:
        assert (300 if entry.animated else 500) <= image.width <= 502
        assert getattr(image, "n_frames", 1) > 1 or not entry.animated


def test_all_of_it_is_small() -> None:
    found = [path for path in DOCS.rglob("*") if path.is_file() and "_build" not in path.parts]
    assert sum(path.stat().st_size for path in found) < MOST


def test_the_page_is_what_its_maker_writes() -> None:
    assert PAGE.read_text(encoding="utf-8") == page()


def test_who_looks_for_figures_is_led_there() -> None:
    for name in ("README.md", "ARCHITECTURE.md"):
        assert "(docs/gallery.md)" in (ROOT / name).read_text(encoding="utf-8")
