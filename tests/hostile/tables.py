"""Tables and labels of every kind that Python's libraries have."""

from __future__ import annotations

from collections.abc import Callable
from importlib.util import find_spec
from typing import Any

import numpy as np
import pandas as pd
import scipy.sparse

Rng = np.random.Generator

LIBRARIES = ("torch", "jax")
"""Libraries that the project does without: kinds that begin with their name are left out without them."""


def there(kinds: dict[str, Callable[..., Any]]) -> dict[str, Callable[..., Any]]:
    """Return the kinds whose library is there."""
    missing = {name for name in LIBRARIES if find_spec(name) is None}
    return {kind: make for kind, make in kinds.items() if kind.partition(" ")[0] not in missing}


def cells_of(rng: Rng) -> tuple[str, Any]:
    """Return a table of numbers and what is odd about it."""
    rows, columns = int(rng.integers(1, 13)), int(rng.integers(1, 5))
    table = rng.normal(size=(rows, columns))
    kinds = (
        "plain",
        "plain",
        "plain",
        "whole",
        "scales",
        "tiny",
        "huge",
        "subnormal",
        "mixed",
        "constant",
        "nearly constant",
        "all constant",
        "nan",
        "inf",
        "one row",
        "no rows",
        "no columns",
        "wide",
        "deep",
        "flat",
        "zeros",
        "twice",
    )
    kind = kinds[int(rng.integers(len(kinds)))]
    place = int(rng.integers(rows)), int(rng.integers(columns))
    if kind == "whole":
        table = rng.integers(-5, 6, size=table.shape).astype(float)
    elif kind == "scales":
        table *= 10.0 ** rng.uniform(-300, 300, size=columns)
    elif kind == "mixed":
        table *= 10.0 ** rng.uniform(-300, 300, size=table.shape)
    elif kind in ("tiny", "huge", "subnormal"):
        table *= {"tiny": 1e-300, "huge": 1e300, "subnormal": 1e-320}[kind]
    elif kind == "constant":
        table[:, place[1]] = rng.choice([0.1, 14.62, 1e300, 1e-300, 0.0, -3.0])
    elif kind == "nearly constant":
        table[:, place[1]] = 1.0 + 1e-16 * rng.integers(0, 9, size=rows)
    elif kind == "all constant":
        table[:] = 0.3
    elif kind == "zeros":
        table[:] = -0.0
    elif kind == "nan":
        table[place] = np.nan
    elif kind == "inf":
        table[place] = rng.choice([np.inf, -np.inf])
    elif kind in ("one row", "no rows"):
        table = table[: int(kind == "one row")]
    elif kind == "no columns":
        table = table[:, :0]
    elif kind == "wide":
        table = rng.normal(size=(rows, 10_000 if rng.random() < 0.1 else 300))
    elif kind == "deep":
        table = rng.normal(size=(rows, columns, 2))
    elif kind == "flat":
        table = table[:, 0]
    elif kind == "twice":
        table = np.repeat(table[:1], rows, axis=0)
    return kind, table


def _masked(table: Any, masked: bool) -> Any:
    mask = np.zeros(table.shape, dtype=bool)
    if masked and mask.size:
        mask.flat[0] = True
    return np.ma.array(table, mask=mask)


def _strided(table: Any) -> Any:
    return np.repeat(table, 2, axis=0)[::2] if table.ndim else table


def _with_first(table: Any, first: Any) -> Any:
    objects = np.where(table > 0, table.astype(object), first)
    objects.flat[:1] = first
    return objects


def _read_only(table: Any) -> Any:
    copy = table.copy()
    copy.flags.writeable = False
    return copy


def _frame(dtype: Any) -> Callable[[Any], Any]:
    return lambda table: pd.DataFrame(table).astype(dtype)


def _holed(dtype: str) -> Callable[[Any], Any]:
    def made(table: Any) -> Any:
        frame = pd.DataFrame(np.round(table)).astype("Int64" if "Int" in dtype else "Float64")
        frame.iloc[0, 0] = pd.NA
        return frame.astype(dtype)

    return made


def _torch(table: Any) -> Any:
    import torch

    return torch.tensor(table)


def _torch_grad(table: Any) -> Any:
    import torch

    return torch.tensor(table, requires_grad=True)


def _jax(table: Any) -> Any:
    import jax.numpy

    return jax.numpy.asarray(table)


class _Interface:
    """Offers itself as an array, as other libraries' arrays do."""

    def __init__(self, table: Any) -> None:
        self.table = table

    def __array__(self, dtype: Any = None, copy: Any = None) -> Any:
        return np.array(self.table, dtype=dtype)


class _Broken:
    """Offers itself as an array, and fails."""

    def __array__(self, dtype: Any = None, copy: Any = None) -> Any:
        raise RuntimeError("no array today")


EXACT: dict[str, Callable[[Any], Any]] = there(
    {
        "array": lambda table: table,
        "big-endian": lambda table: table.astype(">f8"),
        "Fortran": np.asfortranarray,
        "strided": _strided,
        "backwards": lambda table: table[::-1].copy()[::-1],
        "read-only": _read_only,
        "lists": lambda table: table.tolist(),
        "tuples": lambda table: (
            tuple(map(tuple, table.tolist())) if table.ndim == 2 else tuple(table.tolist())
        ),
        "objects": lambda table: table.astype(object),
        "longdouble": lambda table: table.astype(np.longdouble),
        "subclass": lambda table: table.view(np.recarray) if table.dtype.names else table.view(np.ndarray),
        "frame": pd.DataFrame,
        "nullable frame": _frame("Float64"),
        "arrow frame": _frame("float64[pyarrow]"),
        "object frame": _frame(object),
        "named frame": lambda table: pd.DataFrame(table, columns=[f"[/x]{n}" for n in range(table.shape[1])]),
        "doubled index": lambda table: pd.DataFrame(table, index=[0] * len(table)),
        "unmasked": lambda table: _masked(table, False),
        "interface": _Interface,
        "torch": _torch,
    }
)
"""Wrappings that keep every number: what is taken has to be those."""

ODD: dict[str, Callable[[Any], Any]] = there(
    {
        "float16": lambda table: table.astype(np.float16),
        "float32": lambda table: table.astype(np.float32),
        "int8": lambda table: np.nan_to_num(table).astype(np.int8),
        "uint64": lambda table: np.full(table.shape, 2**64 - 1, dtype=np.uint64),
        "bool": lambda table: table > 0,
        "masked": lambda table: _masked(table, True),
        "rows masked": lambda table: [_masked(row, True) for row in table],
        "complex": lambda table: table + 1j,
        "complex without": lambda table: table.astype(complex),
        "text": lambda table: table.astype(str),
        "bytes": lambda table: table.astype("S"),
        "dates": lambda table: np.zeros(table.shape, dtype="datetime64[ns]"),
        "times": lambda table: np.zeros(table.shape, dtype="timedelta64[s]"),
        "records": lambda table: np.zeros(table.shape, dtype=[("a", float)]),
        "void": lambda table: np.zeros(table.shape, dtype="V8"),
        "mixed objects": lambda table: _with_first(table, "a"),
        "nones": lambda table: _with_first(table, None),
        "huge ints": lambda table: np.full(table.shape, 10**400, dtype=object),
        "ragged": lambda table: [*table.tolist(), [1.0]],
        "sparse": lambda table: scipy.sparse.csr_array(table),
        "sparse coo": lambda table: scipy.sparse.coo_matrix(table),
        "holed frame": _holed("Float64"),
        "holed Int64": _holed("Int64"),
        "category": _frame("category"),
        "string frame": _frame("string"),
        "arrow text": _frame("string[pyarrow]"),
        "date frame": lambda table: pd.DataFrame(np.zeros(table.shape, dtype="datetime64[ns]")),
        "zoned frame": lambda table: pd.DataFrame(np.zeros(table.shape, dtype="datetime64[ns]")).apply(
            lambda column: column.dt.tz_localize("UTC")
        ),
        "complex frame": _frame(complex),
        "bool frame": lambda table: pd.DataFrame(table > 0),
        "boolean frame": lambda table: pd.DataFrame(table > 0).astype("boolean"),
        "sparse frame": _frame(pd.SparseDtype("float64")),
        "mixed frame": lambda table: pd.DataFrame(table).assign(z="a"),
        "two-level frame": lambda table: pd.DataFrame(
            table, columns=pd.MultiIndex.from_tuples([("a", n) for n in range(table.shape[1])])
        ),
        "series": lambda table: pd.Series(table[:, 0]),
        "periods": lambda table: pd.DataFrame({"a": pd.period_range("2020", periods=len(table))}),
        "intervals": lambda table: pd.DataFrame({"a": pd.interval_range(0, periods=len(table))}),
        "torch half": lambda table: _torch(table).half(),
        "torch gradient": _torch_grad,
        "jax": _jax,
        "broken": lambda table: _Broken(),
        "scalar": lambda table: 3.0,
        "None": lambda table: None,
        "dict": lambda table: {"a": [1, 2]},
        "generator": lambda table: (row for row in table),
        "text itself": lambda table: "X",
        "memory": lambda table: memoryview(np.ascontiguousarray(table)),
    }
)


def labels_of(rows: int, rng: Rng) -> tuple[str, Any]:
    """Return labels and what they are."""
    codes = rng.integers(0, 2, size=rows) if rng.random() < 0.6 else rng.integers(0, 3, size=rows)
    text = np.array(["no", "yes", "[/b]"])[codes]
    choices: dict[str, Callable[[], Any]] = there(
        {
            "codes": lambda: codes,
            "list": codes.tolist,
            "text": lambda: text,
            "objects": lambda: text.astype(object),
            "bytes": lambda: text.astype("S"),
            "floats": lambda: codes.astype(float),
            "column": lambda: codes[:, None],
            "bools": lambda: codes > 0,
            "series": lambda: pd.Series(codes, index=range(5, 5 + rows)),
            "category": lambda: pd.Series(text, dtype="category"),
            "nullable": lambda: pd.Series(codes, dtype="Int64"),
            "arrow": lambda: pd.Series(text, dtype="string[pyarrow]"),
            "one class": lambda: np.zeros(rows, dtype=int),
            "one each": lambda: np.arange(rows),
            "numbers": lambda: rng.normal(size=rows),
            "two numbers": lambda: rng.normal(size=(rows, 2)),
            "huge numbers": lambda: rng.normal(size=rows) * 1e300,
            "tiny numbers": lambda: rng.normal(size=rows) * 1e-300,
            "constant": lambda: np.full(rows, 0.1),
            "one-hot": lambda: np.eye(3)[codes],
            "shares": lambda: rng.dirichlet([1.0, 1.0, 1.0], size=rows),
            "nan": lambda: np.where(np.arange(rows) == 0, np.nan, codes),
            "inf": lambda: np.where(np.arange(rows) == 0, np.inf, codes),
            "holed": lambda: pd.Series([pd.NA, *codes[1:]], dtype="Int64"),
            "none": lambda: [None, *codes[1:].tolist()],
            "mixed": lambda: [*text[:1].tolist(), *codes[1:].tolist()],
            "masked": lambda: np.ma.array(codes, mask=np.arange(rows) == 0),
            "complex": lambda: codes + 0j,
            "dates": lambda: np.array(["2020", "2021", "2022"], dtype="datetime64[Y]")[codes],
            "date frame": lambda: pd.Series(pd.to_datetime(["2020", "2021", "2022"])).take(codes),
            "too few": lambda: codes[1:],
            "too many": lambda: [*codes.tolist(), 1, 0],
            "ragged": lambda: [[1], *[[1, 2]] * max(rows - 1, 1)],
            "deep": lambda: np.zeros((rows, 1, 1)),
            "none at all": lambda: None,
            "scalar": lambda: 1,
            "big-endian": lambda: codes.astype(">i4"),
            "torch": lambda: _torch(codes),
            "huge ints": lambda: [10**400] * rows,
            "lists": lambda: [[c] for c in codes.tolist()],
            "sets": lambda: [{1}] * rows,
            "surrogates": lambda: ["\udcff" if c else "a" for c in codes],
            "escapes": lambda: ["\x1b[31m" if c else "a\0b" for c in codes],
            "near": lambda: np.where(codes > 0, 1.0, np.nextafter(1.0, 2.0)),
        }
    )
    kind = list(choices)[int(rng.integers(len(choices)))]
    return kind, choices[kind]()


NO_NUMBERS = {
    "masked",
    "rows masked",
    "complex",
    "text",
    "bytes",
    "dates",
    "times",
    "records",
    "void",
    "mixed objects",
    "nones",
    "huge ints",
    "ragged",
    "holed frame",
    "holed Int64",
    "string frame",
    "arrow text",
    "date frame",
    "zoned frame",
    "complex frame",
    "mixed frame",
    "periods",
    "intervals",
    "broken",
    "None",
    "dict",
    "text itself",
}
"""Wrappings that hold no real number in some cell, or none at all: whatever is made of them is made up."""
NO_LABELS = {
    "nan",
    "inf",
    "holed",
    "none",
    "masked",
    "complex",
    "dates",
    "date frame",
    "too few",
    "too many",
    "ragged",
    "deep",
    "none at all",
    "scalar",
}
"""Labels of which some are missing, or no labels."""
