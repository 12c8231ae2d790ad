"""Finished runs as columns are what they are one by one, and a sweep lets go of those that it has kept."""

from __future__ import annotations

import gc
import json
import pickle
import weakref
from collections.abc import Generator, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

import harness
from harness.problems import load
from harness.runs.finished import Finished, FinishedRuns
from harness.runs.single_run import Run
from harness.sweeps import sweep as sweeping
from harness.sweeps.executors.executor import Executor
from harness.sweeps.executors.serial import Serial
from optimizers import Adam, Budget
from optimizers.options import options


def pair(number: int, looks: int) -> Finished:
    """A run of three columns, and of two of its trace."""
    row = {"run_id": f"run {number}", "parameters": number, "best_w": np.arange(number) / 3.0}
    trace = {
        "run_id": np.full(looks, row["run_id"], dtype=object),
        "iteration": np.arange(looks),
        "loss": np.arange(looks) + 100.0 * number,
    }
    return row, trace


def same(found: Sequence[Finished], expected: Sequence[Finished]) -> None:
    assert len(found) == len(expected)
    for (row, trace), (other, its) in zip(found, expected, strict=True):
        assert list(row) == list(other)
        assert list(trace) == list(its)
        for name, cell in row.items():
            np.testing.assert_array_equal(cell, other[name], strict=isinstance(cell, np.ndarray))
        for name, column in trace.items():
            np.testing.assert_array_equal(column, its[name], strict=True)


SIZES = st.lists(st.integers(0, 4), min_size=1, max_size=6)


@given(SIZES, st.data())
def test_columns_are_the_runs_one_by_one(sizes: list[int], data: Any) -> None:
    pairs = [pair(number, looks) for number, looks in enumerate(sizes)]
    runs = FinishedRuns.of(pairs)
    same(runs, pairs)
    assert FinishedRuns.of(runs) is runs
    same(pickle.loads(pickle.dumps(runs)), pairs)
    cut = data.draw(st.integers(0, len(sizes)))
    same(runs[cut:], pairs[cut:])
    parts = [FinishedRuns.of(part) for part in (pairs[:cut], pairs[cut:]) if part]
    same(FinishedRuns.joined(parts), pairs)
    places = data.draw(st.lists(st.integers(0, len(sizes) - 1), max_size=6))
    same(runs.taking(places), [pairs[place] for place in places])
    same(runs.saying({"host": "here"}), [({**row, "host": "here"}, trace) for row, trace in pairs])
    assert runs.numbers >= sum(sizes) * 2 + sum(range(len(sizes)))


def test_the_tables_are_those_of_dictionaries_and_arrays() -> None:
    first = Run(load("xor"), Adam(), "analytic", 0, Budget(iterations=30))
    pairs = [run.execute() for run in first.with_seeds(range(3))]
    rows, trace = FinishedRuns.of(pairs).frames()
    pd.testing.assert_frame_equal(rows, pd.DataFrame([row for row, _ in pairs]))
    whole = {name: np.concatenate([table[name] for _, table in pairs]) for name in pairs[0][1]}
    pd.testing.assert_frame_equal(trace, pd.DataFrame(whole))


def test_what_is_written_is_what_pandas_would_write() -> None:
    first = Run(load("xor"), Adam(), "analytic", 0, Budget(iterations=30))
    runs = FinishedRuns.of([run.execute() for run in first.with_seeds(range(3))]).saying(
        {"more": "said", "is": True, "of": 3}
    )
    for table, frame in zip(runs.tables(), runs.frames(), strict=True):
        expected = pa.Table.from_pandas(frame, preserve_index=False)
        pd.testing.assert_frame_equal(table.to_pandas(), frame, check_exact=True)
        said, its = (json.loads(one.schema.metadata[b"pandas"]) for one in (table, expected))
        if pd.Series(["text"]).dtype != object:
            # Before pandas 3 text was of no type of its own, and written shorter by half.
            assert table.schema == expected.schema
            assert said == its


def test_an_array_of_parameters_is_no_array_more_to_send() -> None:
    def size(count: int) -> int:
        runs = FinishedRuns.of([pair(3, 1) for _ in range(count)])
        return len(pickle.dumps(runs))

    # By itself an array of three numbers takes 150 bytes.
    assert (size(300) - size(100)) / 200 < 110


class Numbers(list[Any]):
    """A column that can be watched."""


@options
class Watched(Executor):
    """Do runs by themselves, and note how many of those handed out are still held by anybody."""

    def processes(self) -> int:
        """Return 1."""
        return 1

    def do(self, runs: Sequence[Run]) -> Generator[Sequence[Finished]]:
        """Do runs in their order, each a block."""
        held: list[weakref.ref[Numbers]] = []
        for run in runs:
            done = FinishedRuns.of([run.execute()])
            done.rows["cost"] = column = Numbers(done.rows["cost"])
            held.append(weakref.ref(column))
            del column
            yield done
            del done
            gc.collect()
            MOST.append(sum(ref() is not None for ref in held))


MOST: list[int] = []


def test_a_sweep_lets_go_of_what_the_store_has(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """However many runs come in, those wait that are to be written next, and no other is held."""
    MOST.clear()
    one = FinishedRuns.of([Run(load("xor"), Adam(), "analytic", 0, Budget(iterations=30)).execute()])
    monkeypatch.setattr(sweeping, "FLUSH_SECONDS", 1e9)
    monkeypatch.setattr(sweeping, "FLUSH_NUMBERS", 4.5 * one.numbers)
    results = harness.run(
        "xor", "adam", seeds=23, budget=Budget(iterations=30), folder=tmp_path / "kept", executor=Watched()
    )
    assert len(MOST) == len(results.runs) == 23
    assert max(MOST) <= 6
    parts = list((tmp_path / "kept" / "runs").iterdir())
    assert 4 <= len(parts) <= 7


def test_blocks_of_runs_are_few_objects() -> None:
    """What a garbage collector looks at grows with the parameters of runs alone, which are arrays."""
    first = Run(load("xor"), Adam(), "analytic", 0, Budget(iterations=30))

    def tracked(seeds: int) -> int:
        gc.collect()
        before = len(gc.get_objects())
        held = [list(Serial().do(first.with_seeds(range(seeds))))]
        gc.collect()
        return len(gc.get_objects()) - before + len(held) - 1

    tracked(10)
    assert (tracked(400) - tracked(100)) / 300 < 1.0
