"""Texts in the cells of a CSV file, none of which a spreadsheet takes for a formula.

A cell that begins with ``=``, ``+``, ``-`` or ``@`` is worked out by whoever opens the file in a spreadsheet,
and may start a program there. A name in somebody's data is nothing to be worked out.
"""

from __future__ import annotations

import re
from typing import Any

import pandas as pd

_FORMULA = re.compile(r"'*[=+\-@\t\r\uff1d\uff0b\uff0d\uff20]")
"""How a formula begins, and what a guarded text begins with: so each text has a guarded one of its own."""


def guarded(text: str) -> str:
    """Put an apostrophe before what would be a formula; a number stays one.

    >>> [guarded(text) for text in ("=1+1", "-0.5", "- minus", "adam", "'=")]
    ["'=1+1", '-0.5', "'- minus", 'adam', "''="]
    """
    return f"'{text}" if _FORMULA.match(text) and not _is_number(text) else text


def unguarded(text: str) -> str:
    """Take the apostrophe away again.

    >>> [unguarded(guarded(text)) for text in ("=1+1", "-0.5", "- minus", "adam", "'=", "it's")]
    ['=1+1', '-0.5', '- minus', 'adam', "'=", "it's"]
    """
    return text[1:] if text.startswith("'") and _FORMULA.match(text) else text


def csv_of(table: pd.DataFrame) -> bytes:
    """Return a table as a CSV file, every text in it guarded, titles included."""

    def cell(value: Any) -> Any:
        return guarded(value) if isinstance(value, str) else value

    texts = table.select_dtypes(exclude=["number", "bool"])
    safe = table.assign(**{str(name): texts[name].map(cell) for name in texts}).rename(columns=cell)
    return safe.to_csv(index=False).encode("utf-8", "backslashreplace")


def _is_number(text: str) -> bool:
    try:
        float(text)
    except ValueError:
        return False
    return True
