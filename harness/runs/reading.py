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

from harness.runs.parts import DamagedError, digest, is_sealed, read_bytes
from harness.runs.schema import misfit
from harness.runs.stored_rows import StoredRows, give_back, often
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
        return StoredRows(path.parent.name, [_stored(path)]).frame()


def read_parts(paths: Sequence[Path]) -> tuple[pd.DataFrame | None, list[int], list[DamagedError]]:
    """Read parts of one folder as one table, which takes a third of the time of reading each.

    Returns:
        The table, None where no part could be read; how many rows of it each part has; what is damaged, whose
        parts have none.

    Raises:
        InputError: if the system does not hand one out.
    """
    stored, lengths, damaged = stored_rows(paths, paths[0].parent.name if paths else "")
    return stored.frame() if any(lengths) else None, lengths, damaged


def stored_rows(paths: Sequence[Path], kind: str) -> tuple[StoredRows, list[int], list[DamagedError]]:
    """Read parts of one kind of table, as ``read_parts`` does; frames are made as they are wanted."""
    pieces: list[Any] = []
    lengths, damaged = [], []
    for path in paths:
        try:
            with _damage_named(path):
                stored = _stored(path, often(kind))
                if not is_sealed(path):
                    # No digest vouches for its cells.
                    stored.to_pandas()
        except DamagedError as error:
            damaged.append(error)
            lengths.append(0)
            continue
        lengths.append(len(stored))
        pieces.append(stored)
    stored = StoredRows(kind, pieces)
    give_back()
    return stored, lengths, damaged


def _stored(path: Path, numbered: Sequence[str] = ()) -> Any:
    """Return what a part holds, as Arrow has it.

    Arguments:
        path: the part.
        numbered: columns of texts that are to be numbers of texts.
    """
    content = _undamaged(path)
    # A few threads take more than they give where a part is small, as most are.
    stored = pq.read_table(
        io.BytesIO(content),
        page_checksum_verification=True,
        use_threads=len(content) > SMALL,
        read_dictionary=list(numbered),
    )
    wrong = misfit(path.parent.name, stored.schema, len(stored), lambda column: stored[column].null_count)
    if wrong:
        raise DamagedError(path, wrong)
    return stored


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
