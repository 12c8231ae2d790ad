"""Holds stored tables against the columns that they should have."""

from __future__ import annotations

from collections.abc import Callable

import pyarrow as pa

from harness.runs.columns import TABLES, Kind


def misfit(name: str, schema: pa.Schema, rows: int, empty: Callable[[str], int]) -> str:
    """Say what is wrong with the columns of a stored table, in a sentence without its end, or nothing.

    Arguments:
        name: "runs" or "trace".
        schema: of the table as it was stored.
        rows: how many it has.
        empty: returns how many empty cells a column has.

    >>> misfit("trace", pa.schema({"run_id": pa.string()}), 1, lambda column: 0)
    'has no column iteration, cost, value_rows, gradient_rows, seconds, loss, best_loss, test_loss, ...'
    """
    columns = TABLES[name]
    types = dict(zip(schema.names, schema.types, strict=True))
    missing = [column for column in columns if column not in types and not columns[column].added]
    if missing:
        return f"has no column {', '.join(missing[:8])}{', ...' if len(missing) > 8 else ''}"
    for column, (kind, holds, _) in columns.items():
        if column not in types:
            continue
        found = types[column]
        # A table without rows may not know the types of its columns.
        if not _is(kind, found) and rows:
            return f"has the column {column} of type {found}, expected {_WORDS[kind]} ({holds})"
        if kind != "number" and empty(column):
            return f"has empty cells in the column {column}, expected {_WORDS[kind]} ({holds})"
    return ""


_WORDS: dict[Kind, str] = {
    "text": "text",
    "whole": "whole numbers",
    "number": "numbers",
    "parameters": "lists of numbers",
}


def _is(kind: Kind, found: pa.DataType) -> bool:
    if kind == "text":
        # Texts that come again and again are read as numbers of texts.
        text = found.value_type if pa.types.is_dictionary(found) else found
        return bool(pa.types.is_large_string(text) or pa.types.is_string(text))
    if kind == "whole":
        return bool(pa.types.is_integer(found))
    if kind == "number":
        return bool(pa.types.is_float64(found))
    if not pa.types.is_list(found) and not pa.types.is_large_list(found):
        return False
    # Lists none of which has an entry have no type.
    return bool(pa.types.is_float64(found.value_type) or pa.types.is_null(found.value_type))
