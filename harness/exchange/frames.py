"""Tables of which only some columns are known: completed, with the types that they have to have."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import pandas as pd

from harness.runs.columns import EMPTY, RUNS, TRACE, Column
from harness.runs.identity import digest_of
from harness.runs.tables import SKIPPED_COLUMNS, Tables

IMPORTED = "imported"
"""Fingerprint of runs that are of no code of this project."""


def tables_of(
    name: str,
    question: str,
    runs: Mapping[str, Sequence[Any]],
    trace: Mapping[str, Sequence[Any]],
    skipped: Mapping[str, Sequence[Any]] | None = None,
    notes: Sequence[str] = (),
) -> Tables:
    """Return tables from the columns that are known.

    Arguments:
        name: of the results.
        question: that they answer; may be empty.
        runs: columns of the runs; ``run_id``, ``problem``, ``optimizer`` and ``seed`` at the least.
        trace: columns of the trace; ``run_id`` at the least, each run's rows together and in order.
        skipped: columns of the combinations that were refused.
        notes: what has to be said of them.

    >>> runs = {"run_id": ["a"], "problem": ["sphere"], "optimizer": ["cma"], "seed": [3]}
    >>> tables = tables_of("theirs", "", runs, {"run_id": ["a"], "loss": [0.5], "best_loss": [0.5]})
    >>> tables.runs[["optimizer_name", "gradient", "best_loss", "iterations"]].values.tolist()
    [['cma', 'none', 0.5, 0]]
    """
    count = len(runs["run_id"])
    rows = frame(trace, TRACE)
    known = {
        "optimizer_name": [str(label).partition("(")[0] for label in runs["optimizer"]],
        "options": ["{}"] * count,
        "gradient": ["none"] * count,
        "outcome": ["budget"] * count,
        "fingerprint": [IMPORTED] * count,
        **_from_trace(list(runs["run_id"]), rows),
        **runs,
    }
    left_out = frame(skipped or {}, {column: Column("text", "") for column in SKIPPED_COLUMNS})
    return Tables(name, question, frame(known, RUNS), rows, left_out, notes=tuple(notes))


def frame(found: Mapping[str, Sequence[Any]], columns: Mapping[str, Column]) -> pd.DataFrame:
    """Return a table with all of some columns, in their order and of their types; those not found are empty.

    >>> frame({"seed": [2]}, {"seed": RUNS["seed"], "cost": RUNS["cost"]}).to_dict("records")
    [{'seed': 2, 'cost': nan}]
    """
    length = max((len(cells) for cells in found.values()), default=0)
    table: dict[str, Any] = {}
    for name, (kind, _, _) in columns.items():
        cells: Any = found.get(name)
        if cells is None:
            cells = [0 if kind == "whole" else EMPTY[kind]] * length
        if kind == "text":
            table[name] = pd.Series([*map(_storable, cells)])
        elif kind == "parameters":
            table[name] = pd.Series([*cells], dtype=object)
        else:
            table[name] = pd.Series(np.asarray(cells, dtype=np.float64 if kind == "number" else np.int64))
    return pd.DataFrame(table)


def identities(format_name: str, parts: Sequence[Sequence[object]]) -> list[str]:
    """Return an id for each run that has none of its own, the same for the same runs of the same format.

    Arguments:
        format_name: of the format that they were read from.
        parts: what tells each of them apart.
    """
    return [digest_of(f"{format_name} {list(map(str, part))}") for part in parts]


def told_by_gradient(runs: pd.DataFrame) -> pd.Series[str]:
    """Return the optimizer of each run, with its gradient source where the optimizer is there with several.

    >>> runs = {"optimizer": ["adam", "adam", "cmaes"], "gradient": ["analytic", "symbolic", "none"]}
    >>> list(told_by_gradient(pd.DataFrame(runs)))
    ['adam by analytic', 'adam by symbolic', 'cmaes']
    """
    several = runs.groupby("optimizer")["gradient"].transform("nunique") > 1
    return runs["optimizer"].where(~several, runs["optimizer"] + " by " + runs["gradient"])


def _storable(text: object) -> str:
    """Return text without halves of surrogate pairs, which no file holds."""
    return str(text).encode("utf-8", "backslashreplace").decode("utf-8")


def _from_trace(ids: list[str], trace: pd.DataFrame) -> dict[str, list[Any]]:
    """Return what a trace says of its runs; their own tables may say more."""
    names = {"iteration": "iterations", "cost": "cost", "seconds": "seconds", "loss": "final_loss"}
    names |= {name: name for name in ("best_loss", "value_rows", "gradient_rows")}
    last = trace.drop_duplicates("run_id", keep="last").set_index("run_id")[list(names)].rename(columns=names)
    found = last.reindex(ids)
    first = trace.drop_duplicates("run_id").set_index("run_id")["loss"].reindex(ids)
    whole = ("iterations", "value_rows", "gradient_rows")
    return {
        "start_loss": first.tolist(),
        **{str(name): (found[name].fillna(0) if name in whole else found[name]).tolist() for name in found},
    }
