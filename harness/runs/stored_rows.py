"""Rows of many parts as Arrow holds them, and the frames that are made of them."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import groupby
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa

from harness.runs.columns import EMPTY, TABLES
from optimizers.objective import Rows

REPEATED = 2048
"""Rows at the most that share a text, each of them where it stands as many times in a row. The names, options
and provenance of 100,000 runs of three optimizers took 74 of the 119 megabytes of their frame."""

FEW, FEWER = 128, 4
"""How many rows come on a stretch of them that have one text, and on one that is kept, where it is worth it:
to compare texts stretch by stretch takes a microsecond each."""

MANY = 50_000
"""Rows of which a column is worth giving back."""

OWN_TEXTS = ("run_id", "sentence")
"""Columns of texts that hardly come twice."""


def give_back() -> None:
    """Give the system what Arrow has let go of: it keeps what it has read parts into, 60 of 100 megabytes."""
    pa.default_memory_pool().release_unused()


def often(kind: str) -> list[str]:
    """Return the columns of a kind of table whose texts come again and again."""
    return [name for name, column in TABLES[kind].items() if column.kind == "text" and name not in OWN_TEXTS]


class StoredRows:
    """The rows of some parts, one part's after the other's.

    Texts that come again and again are numbers here, so that all columns of 100,000 runs take 40 megabytes.

    Arguments:
        kind: of the table: "runs" or "trace".
        parts: what each part holds; of other columns where another version has written it. None of none.
    """

    def __init__(self, kind: str, parts: Sequence[pa.Table]) -> None:
        self._kind = kind
        self._alike = [pa.concat_tables(alike) for _, alike in groupby(parts, key=lambda part: part.schema)]

    def frame(self) -> pd.DataFrame:
        """Return all rows."""
        return self._whole([self._frame([table], None) for table in self._alike])

    def column(self, name: str) -> pd.Series[str]:
        """Return one column of texts."""
        text = pa.large_string()
        chunks: list[Any] = []
        for table in self._alike:
            there = name in table.schema.names
            chunks += table[name].cast(text).chunks if there else [pa.array([""] * len(table), text)]
        return pd.Series(pd.array(pa.chunked_array(chunks, text), dtype=str), name=name)

    def part(self, begin: int, end: int) -> pd.DataFrame:
        """Return the rows of one part, or of some that lie together."""
        frames = []
        for table in self._alike:
            if begin < len(table) and end > 0:
                first = max(begin, 0)
                frames.append(self._frame([table.slice(first, end - first)], None))
            begin, end = begin - len(table), end - len(table)
        return self._whole(frames or [self._frame([table.slice(0, 0)], None) for table in self._alike[:1]])

    def taken(self, places: Rows) -> pd.DataFrame:
        """Return the rows at some places; all are let go of meanwhile, and can be asked for no more."""
        tables, self._alike = self._alike, []
        if len(tables) == 1:
            found = self._frame(tables, places)
        else:
            whole = self._whole([self._frame([tables.pop(0)], None) for _ in range(len(tables))])
            found = whole.take(places).reset_index(drop=True)
        give_back()
        return found

    def _whole(self, frames: list[pd.DataFrame]) -> pd.DataFrame:
        if not frames:
            return pd.DataFrame(columns=list(TABLES[self._kind]), dtype=str)
        return frames[0] if len(frames) == 1 else pd.concat(frames, ignore_index=True)

    def _frame(self, held: list[pa.Table], places: Rows | None) -> pd.DataFrame:
        """Return rows with all columns of their kind; see ``_columns``."""
        frame: pd.DataFrame = _columns(held, places).to_pandas()
        for name, column in TABLES[self._kind].items():
            if name not in frame:
                cells = [EMPTY[column.kind]] * len(frame)
                dtype = object if column.kind == "parameters" else None
                frame[name] = pd.Series(cells, index=frame.index, dtype=dtype)
        return frame


def _columns(held: list[pa.Table], places: Rows | None) -> pa.Table:
    """Return rows of a table with texts that are themselves.

    Arguments:
        held: the table, which is taken out: where nobody else has it, each column goes as the one made of it
            comes.
        places: which rows; None takes all.
    """
    table = held.pop()
    names, metadata = table.schema.names, table.schema.metadata
    wanted = None if places is None else pa.array(places)
    made: list[Any] = []
    for name in names:
        column = table[name]
        table = table.drop_columns([name])
        # A column of a thousand chunks is slow to take from later on.
        column = pa.chunked_array([column.combine_chunks()]) if wanted is None else column.take(wanted)
        made.append(_texts(column) if pa.types.is_dictionary(column.type) else column)
        if len(column) > MANY:
            give_back()
    return pa.table(made, names=names, metadata=metadata)


def _texts(numbered: pa.ChunkedArray) -> pa.ChunkedArray:
    """Return numbered texts as themselves; one that stands many times in a row is kept once.

    >>> found = _texts(pa.chunked_array([pa.array(["a"] * 20_000 + ["b"]).dictionary_encode()]))
    >>> found.value_counts().to_pylist(), found.num_chunks
    ([{'values': 'a', 'counts': 20000}, {'values': 'b', 'counts': 1}], 11)
    """
    if not len(numbered):
        return numbered.cast(pa.large_string())
    texts = numbered.combine_chunks()
    numbers, known = texts.indices.to_numpy(), texts.dictionary.cast(pa.large_string())
    begins = np.flatnonzero(np.append(True, numbers[1:] != numbers[:-1]))
    lengths, which = np.diff(begins, append=len(numbers)), numbers[begins]
    longest = np.zeros(len(known), dtype=np.int64)
    np.maximum.at(longest, which, np.minimum(lengths, REPEATED))
    if len(begins) * FEW > len(numbers) or longest.sum() * FEWER > len(numbers):
        return pa.chunked_array([known.take(texts.indices)])
    blocks = [known.take(pa.array(np.full(count, text))) for text, count in enumerate(longest)]
    chunks = []
    for text, length in zip(which.tolist(), lengths.tolist(), strict=True):
        whole, rest = divmod(length, REPEATED)
        chunks += [blocks[text]] * whole + ([blocks[text].slice(0, rest)] if rest else [])
    return pa.chunked_array(chunks)
