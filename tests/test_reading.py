"""Many parts read as one table: what comes of reading each by itself."""

from __future__ import annotations

from pathlib import Path

import pandas as pd
import pytest

import harness
from harness.runs.reading import read_part, read_parts
from harness.runs.store import Store


@pytest.fixture
def parts(tmp_path: Path) -> list[Path]:
    """Ten parts, of which four in the middle are of an earlier version, without one column."""
    store = Store(tmp_path)
    results = harness.run("xor", ["adam", "lbfgs"], budget=30, seeds=10)
    for seed in range(10):
        runs = results.runs[results.runs["seed"] == seed].drop(columns=["host"] if 3 <= seed < 7 else [])
        store.append_tables(runs, results.trace[results.trace["run_id"].isin(runs["run_id"])])
    return [runs for runs, _ in store.pairs().values()]


def test_they_are_what_each_is_by_itself(parts: list[Path]) -> None:
    each = [read_part(path) for path in parts]
    whole, lengths, damaged = read_parts(parts)
    assert (lengths, damaged) == ([2] * 10, [])
    assert whole is not None
    pd.testing.assert_frame_equal(whole, pd.concat(each, ignore_index=True), check_exact=True)


def test_a_damaged_one_is_named_and_the_others_are_read(parts: list[Path]) -> None:
    content = bytearray(parts[4].read_bytes())
    content[len(content) // 2] ^= 1
    parts[4].write_bytes(content)
    whole, lengths, damaged = read_parts(parts)
    assert [error.path for error in damaged] == [parts[4]]
    assert lengths == [2, 2, 2, 2, 0, 2, 2, 2, 2, 2]
    assert whole is not None
    assert sorted(set(whole["seed"])) == [0, 1, 2, 3, 5, 6, 7, 8, 9]


def test_none_are_no_table() -> None:
    assert read_parts([]) == (None, [], [])
