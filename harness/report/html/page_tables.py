"""Tables of the page that stand in its HTML, so that they are read without a script."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

import pandas as pd

from harness.analysis.numbers import significant
from harness.runs.tables import Tables, gradient_column

NUMBERS = r"-?|inf|not reached|[-\d.e+]+\.\.[-\d.e+inf]+|-?\d+(\.\d+)?(e[-+]?\d+)?(/\d+)?"
"""What stands at the right of its column: numbers, "3/10" and quartiles."""
FAILED = ("failed", "diverged", "timeout")
MOST_FAILED = 100
"""Runs that are listed; the table of all runs has every one."""
MOST_TRACEBACKS = 10


def frame_table(
    frame: pd.DataFrame, caption: str, titles: Mapping[str, str] | None = None, head: int = 0
) -> dict[str, Any]:
    """Return a frame for the macro ``numbers``.

    Arguments:
        frame: text or numbers; numbers get three significant digits.
        caption: what it is.
        titles: of the columns, where they differ from their names.
        head: which column names a row.
    """
    columns, cells = [], []
    for name in frame:
        column = frame[name]
        whole = pd.api.types.is_integer_dtype(column)
        number = pd.api.types.is_numeric_dtype(column) and not pd.api.types.is_bool_dtype(column)
        written = column.map(str if whole or not number else significant)
        numeric = number or written.str.fullmatch(NUMBERS).all()
        columns.append(
            {"title": (titles or {}).get(str(name), str(name).replace("_", " ")), "number": numeric}
        )
        cells.append(["" if value in ("nan", "None") else value for value in written])
    return {"caption": caption, "columns": columns, "rows": list(zip(*cells, strict=True)), "head": head}


def failed_runs(tables: Tables) -> tuple[dict[str, Any], list[dict[str, str]]]:
    """Return the runs that failed, diverged or ran out of time, and where the errors of some arose."""
    failed = tables.runs[tables.runs["outcome"].isin(FAILED)]
    shown = failed[["problem", "optimizer", "gradient", "seed", "outcome", "sentence"]].head(MOST_FAILED)
    more = f"; the first {MOST_FAILED} of {len(failed)}" if len(failed) > MOST_FAILED else ""
    table = frame_table(shown, f"Runs that failed, diverged or ran out of time{more}", head=1)
    # One of each kind of error.
    told = failed[failed["traceback"].map(lambda text: isinstance(text, str) and bool(text))]
    return table, [
        {
            "title": f"{row.optimizer} on {row.problem}, seed {row.seed}: where the error arose",
            "text": str(row.traceback),
        }
        for row in told.drop_duplicates("traceback").head(MOST_TRACEBACKS).itertuples()
    ]


def options_table(tables: Tables) -> dict[str, Any]:
    """Return the options of every optimizer, a row each."""
    runs = tables.runs.assign(gradient=gradient_column(tables.runs))
    distinct = runs[["optimizer", "optimizer_name", "options"]].drop_duplicates()
    rows = [
        {"optimizer": row.optimizer, "name": row.optimizer_name, "options": _options(row.options)}
        for row in distinct.itertuples()
    ]
    return frame_table(
        pd.DataFrame(rows, columns=["optimizer", "name", "options"]), "Options of each optimizer"
    )


def codes_table(tables: Tables) -> dict[str, Any]:
    """Return which code and machine did how many runs."""
    names = ["version", "commit", "fingerprint", "host", "setting"]
    counts = tables.runs.groupby(names, sort=False, dropna=False).size().reset_index(name="runs")
    return frame_table(counts, "Code, machine and limit of the runs")


def _options(text: Any) -> str:
    try:
        options = json.loads(str(text))
    except ValueError:
        return str(text)
    if not isinstance(options, dict):
        return str(text)
    return ", ".join(
        f"{name}={value if isinstance(value, str) else json.dumps(value)}" for name, value in options.items()
    )
