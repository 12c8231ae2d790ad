"""Values of every kind that a caller may hand in by mistake, or with NumPy's and pandas' types."""

from __future__ import annotations

import datetime
import decimal
import fractions
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

import optimizers


def odd_values() -> dict[str, Any]:
    """Return them by their names, new ones each time."""
    return {
        "None": None,
        "True": True,
        "bool_": np.bool_(True),
        "-1": -1,
        "0": 0,
        "half": 0.5,
        "nan": float("nan"),
        "inf": float("inf"),
        "10**400": 10**400,
        "2**63": 2**63,
        "text": "x",
        "number as text": "3",
        "empty text": "",
        "bytes": b"a",
        "empty list": [],
        "list of None": [None],
        "nested": [[1, [2]]],
        "tuple": (1, 2),
        "dict": {"a": 1},
        "set": {1, 2},
        "generator": (place for place in range(2)),
        "0-d": np.array(3),
        "1-d": np.array([3]),
        "2-d": np.ones((2, 2)),
        "int64": np.int64(2),
        "uint64": np.uint64(2**63 + 5),
        "float32": np.float32(0.5),
        "float16": np.float16(0.5),
        "longdouble": np.longdouble(0.5),
        "masked": np.ma.masked,
        "masked array": np.ma.array([1.0, 2.0, 3.0, 4.0], mask=[0, 1, 0, 0]),
        "complex": 1j,
        "complex array": np.ones(4) * 1j,
        "datetime64": np.datetime64("2020"),
        "timedelta64": np.timedelta64(1, "D"),
        "records": np.zeros(4, dtype=[("a", float)]),
        "objects": np.array([1, "a", None, 2], dtype=object),
        "array of text": np.array(["1", "2", "3", "4"]),
        "Decimal": decimal.Decimal("0.5"),
        "Fraction": fractions.Fraction(1, 2),
        "NaT": pd.NaT,
        "NA": pd.NA,
        "Series": pd.Series([1, 2]),
        "Index": pd.Index([1, 2]),
        "categories": pd.Series(list("aabb"), dtype="category"),
        "nullable": pd.Series([1, 2, None, 3], dtype="Int64"),
        "DataFrame": pd.DataFrame({"a": [1]}),
        "class": optimizers.Adam,
        "optimizer": optimizers.Adam(),
        "builtin": len,
        "module": np,
        "date": datetime.date(2020, 1, 1),
        "long text": "y" * 5000,
        "escape": "a\x1b[2J",
        "NUL": "a\0b",
        "two lines": "a\nb",
        "range": range(3),
        "ragged": [[1, 2], [3]],
        "path": Path("x"),
        "object": object(),
    }
