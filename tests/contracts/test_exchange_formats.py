"""What every exchange format has to do; a new file is found by itself."""

from __future__ import annotations

import functools
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from odd_results import CASES

import harness
from harness.exchange import build_format, known_formats
from harness.exchange.folders import MARK, README
from harness.results import Results
from harness.runs.columns import COLUMNS
from harness.runs.tables import Tables
from optimizers.errors import InputError

every_format = pytest.mark.parametrize("name", known_formats())
every_case = pytest.mark.parametrize("case", CASES)
Written = Callable[[str, str], tuple[Tables, Path]]


def columns_held(name: str, table: str) -> list[str]:
    return [column.split(".")[1] for column in known_formats()[name].holds if column.split(".")[0] == table]


def bits(frame: pd.DataFrame) -> list[list[object]]:
    """The cells of a table as values that are equal where they are the same, NaN and -0.0 among them."""

    def cell(value: object) -> object:
        if isinstance(value, float | np.floating):
            return "nan" if np.isnan(value) else (float(value), np.signbit(value))
        return [cell(one) for one in value.tolist()] if isinstance(value, np.ndarray) else value

    return [[cell(value) for value in row] for row in frame.to_numpy(dtype=object).tolist()]


def refusal(call: Callable[[], object]) -> str:
    """Return the sentence with which a call is refused, or nothing."""
    try:
        call()
    except InputError as error:
        return str(error)
    return ""


def round_trip(name: str, tables: Tables, folder: Path) -> Tables | None:
    """Write and read again; None where the format has no place for such results, or cannot be read."""
    form = build_format(name)
    if said := refusal(lambda: Results.of(tables).export(form, folder)):
        assert said.isprintable()
        assert not folder.exists(), "what was begun is taken away"
        return None
    if form.reading_refusal() is not None:
        return None
    return harness.import_results(folder, form)


@pytest.fixture(scope="module")
def written(tmp_path_factory: pytest.TempPathFactory) -> Written:
    """Results of a case that went through a format once, and the folder that they lie in."""

    @functools.cache
    def once(name: str, case: str) -> tuple[Tables, Path]:
        folder = tmp_path_factory.mktemp("written") / "a"
        again = round_trip(name, CASES[case](), folder)
        if again is None:
            pytest.skip("nothing comes back")
        return again, folder

    return once


@every_format
def test_a_format_says_what_it_is(name: str) -> None:
    cls = known_formats()[name]
    assert cls.source
    assert cls.summary().endswith(".")
    assert cls.holds
    assert cls.holds <= set(COLUMNS)
    assert build_format(build_format(name).label) == build_format(name)


@every_format
@every_case
def test_what_is_written_lies_in_the_folder(name: str, case: str, tmp_path: Path) -> None:
    tables, folder = CASES[case](), tmp_path / "new" / "export"
    try:
        files = tables.export(name, folder)
    except InputError:
        pytest.skip("the format has no place for such results")
    assert files[-1] == folder / README
    assert MARK in files[-1].read_text(encoding="utf-8")
    assert all(file.is_file() and file.resolve().is_relative_to(folder.resolve()) for file in files)
    assert [path.name for path in tmp_path.rglob("*") if not path.is_relative_to(folder)] == ["new"]
    assert not [path for path in folder.rglob("*") if path.suffix == ".partial"]


@every_format
def test_there_is_a_place_for_usual_results(name: str, tmp_path: Path) -> None:
    for case in ("one run", "many"):
        assert len(CASES[case]().export(name, tmp_path / case)) > 1


@every_format
@every_case
def test_what_the_format_holds_comes_back(name: str, case: str, written: Written) -> None:
    tables, (again, _) = CASES[case](), written(name, case)
    held = columns_held(name, "runs")
    if "run_id" not in held:
        assert sorted(map(repr, bits(again.runs[held]))) == sorted(map(repr, bits(tables.runs[held])))
        return
    before, after = (
        one.runs.sort_values("run_id", kind="stable").reset_index(drop=True) for one in (tables, again)
    )
    assert bits(after[held]) == bits(before[held])
    held = columns_held(name, "trace")
    places = {run: number for number, run in enumerate(before["run_id"])}
    for run_id, number in places.items():
        old = tables.trace[tables.trace["run_id"] == run_id]
        new = again.trace[again.trace["run_id"] == after["run_id"][number]]
        if "run_id" in held:
            assert after["run_id"][number] == run_id
        plain = [column for column in held if column != "run_id"]
        rows, found = bits(old[plain]), bits(new[plain])
        if build_format(name).every_row:
            assert found == rows
            continue
        assert all(row in rows for row in found)
        if "loss" in held and len(old):
            assert bits(new[["loss"]].min().to_frame()) == bits(old[["loss"]].min().to_frame())


@every_format
@every_case
def test_a_second_round_trip_changes_nothing(name: str, case: str, written: Written, tmp_path: Path) -> None:
    once, _ = written(name, case)
    twice = round_trip(name, once, tmp_path / "b")
    assert twice is not None
    for table in ("runs", "trace", "skipped"):
        key = ["reason"] if table == "skipped" else ["run_id"]
        first, second = (getattr(one, table).sort_values(key, kind="stable") for one in (once, twice))
        assert list(first.columns) == list(second.columns)
        assert bits(second) == bits(first)


@every_format
@every_case
def test_what_comes_back_is_kept_like_any_other_results(
    name: str, case: str, written: Written, tmp_path: Path
) -> None:
    again, folder = written(name, case)
    kept = harness.import_results(folder, name, tmp_path / "kept")
    assert len(kept.runs) == len(again.runs)
    assert len(kept.trace) == len(again.trace)
    assert len(kept.summary()) == len(kept.runs.drop_duplicates(["problem", "optimizer", "gradient"]))
    loaded = harness.load(tmp_path / "kept")
    assert bits(loaded.trace[["run_id", "cost", "loss"]]) == bits(again.trace[["run_id", "cost", "loss"]])


@every_format
def test_what_cannot_be_read_is_refused_in_a_sentence(name: str, tmp_path: Path) -> None:
    (tmp_path / "empty").mkdir()
    (tmp_path / "noise").mkdir()
    (tmp_path / "file").write_text("x", encoding="utf-8")
    rng = np.random.default_rng(1)
    files = CASES["one run"]().export(name, tmp_path / "real")
    for file in files[:-1]:
        place = tmp_path / "noise" / file.relative_to(tmp_path / "real")
        place.parent.mkdir(parents=True, exist_ok=True)
        place.write_bytes(rng.bytes(200))
    for folder in ("empty", "noise", "file", "absent"):
        with pytest.raises(InputError) as refused:
            harness.import_results(tmp_path / folder, name, tmp_path / "kept")
        said = str(refused.value)
        assert said.isprintable()
        assert len(said) < 500
        assert not (tmp_path / "kept").exists()


@every_format
def test_files_cut_short_are_refused_or_read(name: str, tmp_path: Path) -> None:
    files = CASES["many"]().export(name, tmp_path / "real")
    if build_format(name).reading_refusal() is not None:
        pytest.skip("nothing comes back")
    for file in files[:3]:
        content = file.read_bytes()
        for part in (0.0, 0.3, 0.7, 0.99):
            file.write_bytes(content[: int(part * len(content))])
            assert refusal(lambda: harness.import_results(tmp_path / "real", name)).isprintable()
        file.write_bytes(content)
    harness.import_results(tmp_path / "real", name)


@every_format
def test_nothing_is_overwritten_unasked(name: str, tmp_path: Path) -> None:
    results, folder = CASES["one run"](), tmp_path / "export"
    results.export(name, folder)
    before = {path: path.read_bytes() for path in folder.rglob("*") if path.is_file()}
    with pytest.raises(InputError, match="not empty"):
        CASES["many"]().export(name, folder)
    assert {path: path.read_bytes() for path in folder.rglob("*") if path.is_file()} == before
    files = CASES["many"]().export(name, folder, replace=True)
    assert set(files) <= {path for path in folder.rglob("*") if path.is_file()}
    assert list(tmp_path.iterdir()) == [folder]
    (tmp_path / "mine").mkdir()
    (tmp_path / "mine" / "thesis.txt").write_text("years of work", encoding="utf-8")
    with pytest.raises(InputError, match="something else"):
        results.export(name, tmp_path / "mine", replace=True)
    assert (tmp_path / "mine" / "thesis.txt").read_text(encoding="utf-8") == "years of work"
