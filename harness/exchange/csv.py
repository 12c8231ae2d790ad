"""Plain CSV: one file a table, every number to the last bit, and a data dictionary for programs."""

from __future__ import annotations

import csv
import io
import json
import math
import re
import sys
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any, ClassVar

import numpy as np

from harness.exchange.exchange_format import ExchangeFormat
from harness.exchange.frames import tables_of
from harness.runs.columns import COLUMNS, RUNS, TRACE, Column, Kind
from harness.runs.csv_cells import guarded, unguarded
from harness.runs.parts import is_there, read_bytes, write_whole
from harness.runs.tables import SKIPPED_COLUMNS, Tables
from optimizers.errors import InputError
from optimizers.options import options
from optimizers.printable import listed, shown

SKIPPED = {name: Column("text", "of a combination that was refused") for name in SKIPPED_COLUMNS}
FILES: dict[str, Mapping[str, Column]] = {"runs": RUNS, "trace": TRACE, "skipped": SKIPPED}
NEEDED = ("run_id", "problem", "optimizer", "seed")
"""Columns without which a row of runs.csv is no run."""
TYPES: dict[Kind, str] = {"text": "string", "whole": "integer", "number": "number", "parameters": "array"}
"""Kinds of columns as a data package calls them."""
DESCRIPTION = "datapackage.json"

# Parameters of a large network stand in one cell.
csv.field_size_limit(min(sys.maxsize, 2**31 - 1))


@options
class CSV(ExchangeFormat):
    """Comma-separated values: runs.csv, trace.csv and skipped.csv, with their columns in datapackage.json.

    Lines end and cells are quoted as RFC 4180 says, letters are UTF-8. A number has the fewest digits that
    give the same float64; NaN, inf and -inf stand for themselves; parameters are a list in JSON.
    """

    source: ClassVar[str] = "RFC 4180; Data Package, https://specs.frictionlessdata.io/tabular-data-package/"
    holds: ClassVar[frozenset[str]] = frozenset(COLUMNS)
    every_row: ClassVar[bool] = True

    def write(self, tables: Tables, folder: Path) -> list[Path]:
        """Write the three tables and their description."""
        files = []
        for name, columns in FILES.items():
            files.append(folder / f"{name}.csv")
            write_whole(
                files[-1], text_of(getattr(tables, name), columns).encode("utf-8", "backslashreplace")
            )
        files.append(folder / DESCRIPTION)
        write_whole(files[-1], (json.dumps(_description(tables), indent=1) + "\n").encode())
        return files

    def read(self, folder: Path) -> Tables:
        """Read the tables; columns that are not there are filled, others than the known ones left out."""
        notes: list[str] = []
        found = {name: read_table(folder / f"{name}.csv", columns, notes) for name, columns in FILES.items()}
        runs, trace = found["runs"], found["trace"]
        for column in NEEDED:
            if column not in runs:
                raise InputError(
                    f"{folder / 'runs.csv'} has no column {column}, expected one row a run with "
                    f"{', '.join(NEEDED)}: add it"
                )
        if "run_id" not in trace:
            raise InputError(f"{folder / 'trace.csv'} has no column run_id: add it, a row a look at a run")
        name, question = _named(folder)
        return tables_of(name, question, runs, trace, found["skipped"], notes)


def text_of(table: Any, columns: Mapping[str, Column]) -> str:
    r"""Return a table as CSV.

    >>> import pandas as pd
    >>> text_of(pd.DataFrame({"problem": ['a "b", c'], "cost": [0.1 + 0.2]}),
    ...       {"problem": RUNS["problem"], "cost": RUNS["cost"]})
    'problem,cost\r\n"a ""b"", c",0.30000000000000004\r\n'
    """
    buffer = io.StringIO(newline="")
    writer = csv.writer(buffer)
    writer.writerow(columns)
    writer.writerows(zip(*(_cells(table[name], kind) for name, (kind, _, _) in columns.items()), strict=True))
    return buffer.getvalue()


def _cells(column: Any, kind: Kind) -> Iterable[str]:
    if kind == "whole":
        return map(str, column.astype(np.int64).tolist())
    if kind == "number":
        return (repr(number) if number == number else "NaN" for number in column.astype(np.float64).tolist())
    if kind == "parameters":
        return (json.dumps(np.asarray(w, dtype=np.float64).tolist()) for w in column)
    return (guarded(str(text)) for text in column)


def _description(tables: Tables) -> dict[str, Any]:
    """Return the data dictionary, as a tabular data package has it."""
    resources = [
        {
            "name": name,
            "path": f"{name}.csv",
            "profile": "tabular-data-resource",
            "encoding": "utf-8",
            "schema": {
                "fields": [
                    {"name": column, "type": TYPES[kind], "description": holds}
                    for column, (kind, holds, _) in columns.items()
                ],
                "missingValues": [],
            },
        }
        for name, columns in FILES.items()
    ]
    return {
        "profile": "tabular-data-package",
        "name": re.sub(r"[^a-z0-9._-]+", "-", tables.name.lower()) or "results",
        "title": tables.name,
        "description": tables.question,
        "resources": resources,
    }


def _named(folder: Path) -> tuple[str, str]:
    """Return name and question of the results in a folder."""
    file = folder / DESCRIPTION
    if not is_there(file):
        return folder.resolve().name, ""
    try:
        found = json.loads(read_bytes(file))
        return str(found["title"]), str(found.get("description", ""))
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError):
        raise InputError(f"{file} is no data package with a title: mend it or take it away") from None


def read_table(file: Path, columns: Mapping[str, Column], notes: list[str]) -> dict[str, Sequence[Any]]:
    """Return the known columns of a file; none where there is no file of skipped combinations."""
    if not is_there(file):
        if file.name == "skipped.csv":
            return {}
        raise InputError(f"{file} is not there: give a folder with runs.csv and trace.csv")
    return table_from(file, read_bytes(file), columns, notes)


def table_from(
    file: Path, content: bytes, columns: Mapping[str, Column], notes: list[str]
) -> dict[str, Sequence[Any]]:
    """Return the known columns of a table.

    Arguments:
        file: where it is from, for a sentence.
        content: the table as CSV.
        columns: the known ones.
        notes: takes a sentence on those that are not known.

    Raises:
        InputError: if it is no such table.
    """
    try:
        text = content.decode("utf-8-sig")
        lines = list(csv.reader(io.StringIO(text, newline=""), strict=True))
    except (UnicodeDecodeError, csv.Error) as error:
        raise InputError(f"{file} is no CSV in UTF-8 ({error}): save it as such") from None
    if not lines:
        raise InputError(f"{file} is empty, expected a first line with names of columns: write it again")
    header, *rows = lines
    rows = [row for row in rows if row]
    for number, row in enumerate(rows, start=2):
        if len(row) != len(header):
            raise InputError(
                f"{file}: row {number} has {len(row)} cells, expected {len(header)} as the first has: mend it"
            )
    if len(set(header)) < len(header):
        raise InputError(f"{file} has two columns of one name: leave out one")
    unknown = [name for name in header if name not in columns]
    if unknown:
        notes.append(f"{file.name}: columns that are not known were left out: {listed(unknown)}")
    cells = dict(zip(header, zip(*rows, strict=True) if rows else [()] * len(header), strict=True))
    return {name: _values(file, name, columns[name], cells[name]) for name in header if name in columns}


def _values(file: Path, name: str, column: Column, cells: Sequence[str]) -> Sequence[Any]:
    read = _READERS[column.kind]
    values = []
    for number, cell in enumerate(cells, start=2):
        try:
            values.append(read(cell))
        except (ValueError, RecursionError):
            raise InputError(
                f"{file}: row {number} has {shown(cell)} in the column {name}, expected {column.kind} "
                f"({column.holds}): mend it"
            ) from None
    return values


def _whole(cell: str) -> int:
    number = int(cell)
    if not 0 <= number < 2**63:
        raise ValueError
    return number


def _number(cell: str) -> float:
    return float(cell) if cell else math.nan


def _parameters(cell: str) -> np.ndarray:
    numbers = np.array(json.loads(cell or "[]"), dtype=np.float64)
    if numbers.ndim != 1:
        raise ValueError
    return numbers


_READERS: dict[Kind, Any] = {"text": unguarded, "whole": _whole, "number": _number, "parameters": _parameters}
