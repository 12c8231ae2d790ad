"""Traces of a folder are seen to be whole when it is loaded, and read when they are asked for."""

from __future__ import annotations

import pickle
import shutil
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pandas as pd
import pytest

import harness
from harness.results import Results
from harness.runs import kept_traces
from harness.runs.reading import read_part
from harness.sweeps.joining import joined
from optimizers.errors import InputError

SEEDS = 3


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder of two sweeps, so of two parts: one optimizer with 3 seeds, then two with 6."""
    folder = tmp_path_factory.mktemp("made") / "kept"
    for optimizers, seeds in (("rprop", SEEDS), (["rprop", "adam"], 2 * SEEDS)):
        harness.run("xor", optimizers, budget=40, seeds=seeds, folder=folder, workers=1)
    return folder


@pytest.fixture
def read(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The traces that are read, as they are read."""
    files: list[str] = []

    def counted(path: Path) -> pd.DataFrame:
        files.append(path.name)
        return read_part(path)

    monkeypatch.setattr(kept_traces, "read_part", counted)
    return files


def by_hand(folder: Path, results: Results) -> pd.DataFrame:
    """Return the trace that runs should have: their rows of all parts, run by run."""
    tables = [pd.read_parquet(path) for path in sorted((folder / "trace").iterdir())]
    rows = pd.concat(tables)
    one_by_one = []
    for run in results.runs.itertuples():
        own = rows[rows["run_id"] == run.run_id]
        one_by_one.append(
            own.assign(**{name: getattr(run, name) for name in ("problem", "optimizer", "seed")})
        )
    return pd.concat(one_by_one, ignore_index=True)


def assert_trace(results: Results, folder: Path) -> None:
    expected = by_hand(folder, results)
    found = results.trace.astype({"problem": str, "optimizer": str})
    columns = list(expected.columns)
    pd.testing.assert_frame_equal(found[columns], expected, check_dtype=False, check_column_type=False)


@pytest.mark.parametrize(
    "use",
    [
        lambda results: results.runs,
        lambda results: results.summary(),
        lambda results: repr(results),
        lambda results: results._repr_html_(),
        lambda results: results.statistic("solved-fraction"),
        lambda results: results.where(seed=0).runs,
        lambda results: results.model("xor", "adam", 0),
        lambda results: replace(results, notes=("said",)).notes,
        lambda results: joined([results, results]).runs,
    ],
)
def test_what_needs_no_trace_reads_none(
    use: Callable[[Results], object], made: Path, read: list[str]
) -> None:
    use(harness.load(made))
    assert read == []


def test_the_trace_is_read_once_and_is_that_of_all_runs_in_their_order(made: Path, read: list[str]) -> None:
    results = harness.load(made)
    assert_trace(results, made)
    assert results.trace is results.trace
    assert sorted(read) == sorted(path.name for path in (made / "trace").iterdir())


@pytest.mark.parametrize("first", [True, False])
@pytest.mark.parametrize("chosen", [{"seed": [1, 2]}, {"seed": 5}, {"optimizer": "adam", "seed": [0, 4]}])
def test_a_choice_has_the_rows_of_its_runs_whenever_they_are_read(
    first: bool, chosen: dict[str, object], made: Path
) -> None:
    results = harness.load(made)
    if first:
        assert len(results.trace)
    assert_trace(results.where(**chosen), made)


def test_a_choice_reads_only_the_parts_that_its_runs_are_in(made: Path, read: list[str]) -> None:
    found = harness.load(made).where(optimizer="rprop", seed=range(SEEDS))
    assert len(found.trace["run_id"].unique()) == SEEDS
    assert len(read) == 1


def test_a_sweep_reads_no_trace_at_its_end(tmp_path: Path, read: list[str]) -> None:
    results = harness.run("xor", "rprop", budget=40, seeds=2, folder=tmp_path / "kept")
    again = harness.run("xor", "rprop", budget=40, seeds=2, folder=tmp_path / "kept")
    assert (len(results.runs), len(again.runs), read) == (2, 2, [])
    pd.testing.assert_frame_equal(results.trace, again.trace)


def test_joined_results_have_the_trace_of_each_run_once(made: Path) -> None:
    results = harness.load(made)
    both = Results.of(joined([results.where(optimizer="rprop"), results]))
    assert_trace(both, made)


def test_results_can_be_sent_elsewhere_before_and_after(made: Path) -> None:
    results = harness.load(made)
    sent = pickle.loads(pickle.dumps(results))
    pd.testing.assert_frame_equal(sent.trace, results.trace)
    pd.testing.assert_frame_equal(pickle.loads(pickle.dumps(results)).trace, results.trace)


@pytest.mark.parametrize("late", [True, False])
def test_a_part_that_is_changed_is_refused_at_once_or_when_it_is_read(
    late: bool, made: Path, tmp_path: Path
) -> None:
    folder = tmp_path / "copy"
    shutil.copytree(made, folder)
    part = sorted((folder / "trace").iterdir())[0]
    content = bytearray(part.read_bytes())
    content[len(content) // 2] ^= 1
    results = harness.load(folder)
    part.write_bytes(content)
    with pytest.raises(InputError, match=f"{part.name} is damaged: it is not what its name says was written"):
        assert results.trace is None if late else harness.load(folder)


def test_a_trace_under_the_name_of_another_is_refused(made: Path, tmp_path: Path) -> None:
    folder = tmp_path / "copy"
    shutil.copytree(made, folder)
    one, other = sorted((folder / "trace").iterdir())
    stems = [path.name.partition(".")[0] for path in (one, other)]
    digests = [path.name.partition(".")[2] for path in (one, other)]
    one.rename(folder / "trace" / f"{stems[1]}.{digests[0]}")
    other.rename(folder / "trace" / f"{stems[0]}.{digests[1]}")
    with pytest.raises(InputError, match="which is none of its runs"):
        harness.load(folder)


def test_a_folder_that_is_gone_is_named_when_its_trace_is_asked_for(made: Path, tmp_path: Path) -> None:
    folder = tmp_path / "copy"
    shutil.copytree(made, folder)
    results = harness.load(folder)
    shutil.rmtree(folder)
    with pytest.raises(InputError, match="is gone, and traces with it: ask for"):
        assert results.trace is None
