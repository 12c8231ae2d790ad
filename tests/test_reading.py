"""Many parts read as one table: what comes of reading each by itself."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import Any

import pandas as pd
import pytest

import harness
from harness.runs.reading import read_part, read_parts
from harness.runs.store import Store
from optimizers import InputError


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


def test_what_is_no_part_is_named_where_no_digest_says_so(parts: list[Path]) -> None:
    nameless = parts[0].with_name("0000.parquet")
    nameless.write_bytes(b"PAR1 and no more")
    with pytest.raises(InputError, match=r"0000\.parquet is damaged \(Arrow\w+\)"):
        read_part(nameless)


@pytest.mark.parametrize(
    ("kind", "change", "said"),
    [
        ("runs", {"outcome": ["budget", None]}, "has empty cells in the column outcome, expected text"),
        ("runs", {"seed": [0, None]}, "has the column seed of type double, expected whole numbers"),
        ("trace", "loss", "has no column loss"),
        ("runs", "cost", "has no column cost"),
    ],
    ids=str,
)
def test_a_part_of_other_columns_is_named_though_it_is_what_was_written(
    kind: str, change: Any, said: str, tmp_path: Path
) -> None:
    results = harness.run("xor", ["adam", "lbfgs"], budget=30, seeds=1, folder=tmp_path / "whole")
    tables = {"runs": results.runs, "trace": results.trace}
    one = tables[kind]
    tables[kind] = one.drop(columns=change) if isinstance(change, str) else one.assign(**change)
    shutil.copytree(tmp_path / "whole" / "plans", tmp_path / "changed" / "plans")
    Store(tmp_path / "changed").append_tables(**tables)
    with pytest.raises(InputError, match=f"{kind}.*{said}"):
        harness.load(tmp_path / "changed")


def test_none_are_no_table() -> None:
    assert read_parts([]) == (None, [], [])
