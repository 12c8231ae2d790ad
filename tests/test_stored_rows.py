"""Rows of many parts are read once, and hold what is asked for once."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

import harness
from harness.results import Results
from harness.runs import stored_rows
from harness.runs.columns import RUNS
from harness.runs.stored_rows import StoredRows, often

ROWS = 20_000
TEXT = str(pd.Series(["text"]).dtype)


@pytest.fixture(scope="module")
def results() -> Results:
    return harness.run("xor", ["adam", "rprop"], budget=40, seeds=3)


def table_of(rows: pd.DataFrame, numbered: bool = True) -> pa.Table:
    """A table as a part is read."""
    table = pa.Table.from_pandas(rows, preserve_index=False)
    for name in often("runs") if numbered else ():
        place = table.schema.get_field_index(name)
        table = table.set_column(place, name, table[name].dictionary_encode())
    return table


@pytest.mark.parametrize("rows", [1, 3, ROWS])
@pytest.mark.parametrize("parts", [1, 7])
def test_they_are_the_rows_that_were_written(results: Results, rows: int, parts: int) -> None:
    whole = results.runs.take(np.sort(np.arange(rows) % len(results.runs))).reset_index(drop=True)
    pieces = [
        table_of(whole.iloc[part : part + -(-rows // parts)]) for part in range(0, rows, -(-rows // parts))
    ]
    pd.testing.assert_frame_equal(StoredRows("runs", pieces).frame(), whole, check_exact=True)
    order = np.random.default_rng(0).permutation(rows)[: rows // 2 + 1]
    for places in (order, np.arange(rows)):
        taken = StoredRows("runs", pieces).taken(places)
        pd.testing.assert_frame_equal(taken, whole.take(places).reset_index(drop=True), check_exact=True)
        assert {name: str(taken[name].dtype) for name in often("runs")} == dict.fromkeys(often("runs"), TEXT)
    stored = StoredRows("runs", pieces)
    for name in ("run_id", "outcome"):
        pd.testing.assert_series_equal(stored.column(name), whole[name])
    for begin, end in ((rows // 3, rows // 2), (0, rows), (rows, rows)):
        part = whole.iloc[begin:end].reset_index(drop=True)
        pd.testing.assert_frame_equal(stored.part(begin, end), part, check_exact=True)


def test_parts_of_other_versions_have_what_they_lack_as_nothing(results: Results) -> None:
    runs = results.runs.reset_index(drop=True)
    older = runs.drop(columns=["host", "best_w", "fingerprint"])
    stored = StoredRows("runs", [table_of(runs), table_of(older, numbered=False), table_of(runs)])
    assert stored.column("host").tolist() == [*runs["host"], *[""] * len(runs), *runs["host"]]
    assert (stored.column("fingerprint")[len(runs) : 2 * len(runs)] == "").all()
    middle = stored.part(len(runs), 2 * len(runs))
    assert [w.size for w in middle["best_w"]] == [0] * len(runs)
    places = np.array([2 * len(runs), 1, len(runs)])
    taken = stored.taken(places)
    assert list(taken.columns) == list(runs.columns)
    assert taken["run_id"].tolist() == [runs["run_id"][0], runs["run_id"][1], runs["run_id"][0]]


def test_no_part_has_no_row() -> None:
    for frame in (StoredRows("runs", []).frame(), StoredRows("runs", []).taken(np.empty(0, dtype=np.int64))):
        assert (list(frame.columns), len(frame)) == (list(RUNS), 0)
    assert StoredRows("runs", []).column("run_id").tolist() == []


@given(st.lists(st.sampled_from(["", "a", "long " * 9]), max_size=40), st.integers(1, 6), st.integers(0, 1))
def test_texts_that_are_kept_once_are_the_texts(texts: list[str], repeated: int, fewer: int) -> None:
    numbered = pa.chunked_array([pa.array(texts, pa.string()).dictionary_encode()])
    with pytest.MonkeyPatch.context() as patch:
        for name, value in {"REPEATED": repeated, "FEW": 1, "FEWER": fewer}.items():
            patch.setattr(stored_rows, name, value)
        found = stored_rows._texts(numbered)
    assert found.to_pylist() == texts
    assert found.type == pa.large_string()


def test_a_run_of_many_holds_little(results: Results) -> None:
    """Its numbers, id, sentence and parameters: the words that all of its kind say are not held once more."""
    rows = results.runs.take(np.sort(np.arange(ROWS) % len(results.runs))).reset_index(drop=True)
    plain = table_of(rows, numbered=False).nbytes
    before = pa.total_allocated_bytes()
    stored = StoredRows("runs", [table_of(rows.iloc[: ROWS // 2]), table_of(rows.iloc[ROWS // 2 :])])
    read = pa.total_allocated_bytes() - before
    frame = stored.taken(np.arange(ROWS))
    made = pa.total_allocated_bytes() - before
    assert read < 0.6 * plain
    assert made < 0.6 * plain
    del frame
    # What is left is nobody's but the first table's.
    assert pa.total_allocated_bytes() - before < 10 * ROWS
