"""Tables as a page carries them: a list a column, numbers as short as a reader needs them."""

from __future__ import annotations

import base64
import json
import math
from typing import Any

import numpy as np
import pandas as pd

from optimizers.objective import Array
from optimizers.printable import printable

DIGITS = 6
"""Significant digits of a number in the page; the folder has all of them."""

_MARKUP = {"<": "\\u003c", ">": "\\u003e", "&": "\\u0026"}


def as_script(content: Any) -> str:
    r"""Write something as JSON that can stand in a script: no text in it can end that or begin a comment.

    >>> as_script({"a": "</script><!--\u2028"})
    '{"a":"\\u003c/script\\u003e\\u003c!--\\u2028"}'
    """
    text = json.dumps(content, separators=(",", ":"), allow_nan=False, ensure_ascii=True)
    for letter, escape in _MARKUP.items():
        # They stand in texts alone, where JSON has this other way to write them.
        text = text.replace(letter, escape)
    return text


def packed(table: pd.DataFrame) -> dict[str, Any]:
    """Return the columns of a table for ``as_script``.

    A column of text is its distinct texts and a number for each row; of numbers NaN is null, and infinity is
    the text "inf", for JSON has neither.

    >>> packed(pd.DataFrame({"name": ["b", "a", "b"], "loss": [0.1234567, np.inf, np.nan]}))["columns"]
    {'name': {'texts': ['b', 'a'], 'codes': [0, 1, 0]}, 'loss': [0.123457, 'inf', None]}
    """
    columns: dict[str, Any] = {}
    for name in table:
        column = table[name]
        if pd.api.types.is_bool_dtype(column) or not pd.api.types.is_numeric_dtype(column):
            codes, texts = pd.factorize(column.astype(object).map(_text))
            columns[str(name)] = {"texts": [str(text) for text in texts], "codes": codes.tolist()}
        else:
            columns[str(name)] = [plain(value) for value in column.tolist()]
    return {"rows": len(table), "columns": columns}


def plain(value: float) -> float | int | str | None:
    """Return a number as JSON can hold it.

    >>> plain(3), plain(12345678.9), plain(2.0), plain(-math.inf), plain(math.nan)
    (3, 12345700.0, 2, '-inf', None)
    """
    if isinstance(value, int):
        # A browser's whole numbers end at 2^53.
        return value if abs(value) < 2**53 else str(value)
    if not math.isfinite(value):
        return None if math.isnan(value) else "inf" if value > 0 else "-inf"
    short = float(f"{value:.{DIGITS}g}")
    return int(short) if short == int(short) and abs(short) < 10**DIGITS else short


def single_precision(values: Array) -> str:
    """Return numbers as base64 of little-endian float32, 5 bytes and a third each.

    >>> single_precision(np.array([1.0]))
    'AACAPw=='
    """
    with np.errstate(over="ignore"):
        return base64.b64encode(np.asarray(values).astype("<f4").tobytes()).decode()


def _text(value: Any) -> str:
    return "" if value is None or (isinstance(value, float) and math.isnan(value)) else printable(str(value))
