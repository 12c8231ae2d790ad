"""Reads parts: one by itself, or many as one table."""

from __future__ import annotations

import contextlib
import io
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq

from harness.runs.columns import EMPTY, TABLES
from harness.runs.parts import DamagedError, digest, is_sealed, read_bytes
from harness.runs.schema import misfit
from optimizers.errors import InputError

SMALL = 1_000_000
"""Bytes of a part that one thread reads as fast as several."""


def read_part(path: Path) -> pd.DataFrame:
    """Read a part; the name of its folder says which columns it has.

    Raises:
        DamagedError: if it is not what was written.
        InputError: if the system does not hand it out.
    """
    with _damage_named(path):
        return _frame(_stored(path), path.parent.name)


def read_parts(paths: Sequence[Path]) -> tuple[pd.DataFrame | None, list[int], list[DamagedError]]:
    """Read parts of one folder as one table, which takes a third of the time of reading each.

    Returns:
        The table, None where no part could be read; how many rows of it each part has; what is damaged, whose
        parts have none.

    Raises:
        InputError: if the system does not hand one out.
    """
    pieces: list[list[Any]] = []
    lengths, damaged = [], []
    for path in paths:
        try:
            with _damage_named(path):
                stored = _stored(path)
                if not is_sealed(path):
                    # No digest vouches for its cells.
                    stored.to_pandas()
        except DamagedError as error:
            damaged.append(error)
            lengths.append(0)
            continue
        lengths.append(len(stored))
        if pieces and pieces[-1][0].schema.equals(stored.schema):
            pieces[-1].append(stored)
        else:
            pieces.append([stored])
    # A column of a thousand chunks is slow to take from.
    frames = [
        _frame(pa.concat_tables(alike).combine_chunks(), paths[0].parent.name)
        if len(alike) > 1
        else _frame(alike[0], paths[0].parent.name)
        for alike in pieces
    ]
    whole = frames[0] if len(frames) == 1 else pd.concat(frames, ignore_index=True) if frames else None
    return whole, lengths, damaged


def _stored(path: Path) -> Any:
    """Return what a part holds, as Arrow has it."""
    content = _undamaged(path)
    # A few threads take more than they give where a part is small, as most are.
    stored = pq.read_table(
        io.BytesIO(content), page_checksum_verification=True, use_threads=len(content) > SMALL
    )
    wrong = misfit(path.parent.name, stored.schema, len(stored), lambda column: stored[column].null_count)
    if wrong:
        raise DamagedError(path, wrong)
    return stored


def _frame(stored: Any, kind: str) -> pd.DataFrame:
    """Return a table with all columns of its kind."""
    table: pd.DataFrame = stored.to_pandas()
    for name, column in TABLES[kind].items():
        if name not in table:
            cells = [EMPTY[column.kind]] * len(table)
            table[name] = pd.Series(
                cells, index=table.index, dtype=object if column.kind == "parameters" else None
            )
    return table


def run_in(path: Path) -> str:
    """Return a run that a part has rows of, as its file says at its end; its rows are not read.

    Returns:
        The run's id; an empty text where the file does not say, as one without rows.

    Raises:
        DamagedError: if the file is not what was written, or has not the columns that it should have.
        InputError: if the system does not hand it out.
    """
    content = _undamaged(path)
    with _damage_named(path):
        said = pq.ParquetFile(io.BytesIO(content))
        schema, groups = said.schema_arrow, [said.metadata.row_group(n) for n in range(said.num_row_groups)]
        columns = {said.metadata.schema.column(n).path: n for n in range(said.metadata.num_columns)}

        def empty(column: str) -> int:
            told = [group.column(columns[column]).statistics for group in groups if column in columns]
            return sum(one.null_count for one in told if one is not None and one.has_null_count)

        wrong = misfit(path.parent.name, schema, said.metadata.num_rows, empty)
        if wrong:
            raise DamagedError(path, wrong)
        told = groups[0].column(columns["run_id"]).statistics if groups else None
        return str(told.min) if told is not None and told.has_min_max else ""


def _undamaged(path: Path) -> bytes:
    """Return the bytes of a part, which its name has the digest of."""
    content = read_bytes(path)
    named = path.stem.partition(".")[2]
    if named and named != digest(content):
        raise DamagedError(path, "is damaged: it is not what its name says was written")
    return content


@contextlib.contextmanager
def _damage_named(path: Path) -> Iterator[None]:
    """Turn what comes of reading a damaged file into an error that names it."""
    try:
        yield
    except (OSError, ValueError, pa.ArrowException) as error:
        if isinstance(error, InputError):
            raise
        raise DamagedError(path, f"is damaged ({type(error).__name__})") from None
