"""The logs of IOHprofiler: a JSON file for each algorithm and function, a table for each dimension."""

from __future__ import annotations

import json
import math
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any, ClassVar, Literal

import numpy as np
import pandas as pd

from harness.exchange.exchange_format import ExchangeFormat
from harness.exchange.frames import told_by_gradient
from harness.exchange.ioh_logs import OF_RUN, SUITE, read_logs, value_of
from harness.exchange.whole_counts import AXES, counted
from harness.runs.columns import RUNS, TRACE
from harness.runs.parts import write_whole
from harness.runs.tables import Tables
from optimizers.errors import InputError
from optimizers.options import options

OF_ROW = tuple(name for name in TRACE if name not in ("run_id", "loss"))
"""Columns that become attributes of a row, beside the evaluations and the raw value."""


@options
class IOH(ExchangeFormat):
    """IOHprofiler: logs as IOHexperimenter writes them, for IOHanalyzer and iohinspector.

    An optimizer is an algorithm, a problem a function, a row of the trace a line: the loss is ``raw_y``,
    what was spent to get there, rounded up, ``evaluations``. Of several rows that come to one count the
    lowest is kept, for a reader takes the count 1 for the start of a run. All columns go with it as
    attributes, to the last bit.

    Of logs that others have written, an evaluation counts as a cost of 1, a run ends with its best value, and
    that has the digits of the JSON file, where the table has ten decimals. Values that were maximised come as
    losses with a minus.

    Attributes:
        axis: what counts as evaluations: the cost or the iterations.
        instances: of logs by others: instances are repetitions of one problem, or problems of their own.
    """

    axis: Literal["cost", "iteration"] = "cost"
    instances: Literal["repetitions", "problems"] = "repetitions"

    source: ClassVar[str] = (
        "https://iohprofiler.github.io/IOHanalyzer/data/; de Nobel, Ye, Vermetten, Wang, Doerr, Back (2024), "
        "IOHexperimenter, Evolutionary Computation 32"
    )
    holds: ClassVar[frozenset[str]] = frozenset(
        {f"runs.{name}" for name in (*OF_RUN, "problem", "parameters", "best_w")}
        | {f"trace.{name}" for name in TRACE}
    )

    def remarks(self, tables: Tables) -> list[str]:
        """Say where targets stand that were reached between two rows."""
        return [*AXES[self.axis]]

    def write(self, tables: Tables, folder: Path) -> list[Path]:
        """Write a folder for each algorithm."""
        if not len(tables.runs):
            raise InputError("there are no runs, and a log of IOHprofiler has one at the least: export csv")
        trace = counted(tables.trace, self.axis)
        rows_of = dict(iter(trace.groupby("run_id", sort=False)))
        known = [name for name in OF_ROW if trace[name].notna().any()]
        functions = {
            problem: number for number, problem in enumerate(tables.runs["problem"].unique(), start=1)
        }
        names = told_by_gradient(tables.runs)
        instances = {
            seed: number for number, seed in enumerate(sorted(tables.runs["seed"].unique()), start=1)
        }
        files, data = [], []
        for number, (name, of_one) in enumerate(tables.runs.groupby(names, sort=False), start=1):
            place = folder / f"{number}-{_slug(name)}"
            for problem, runs in of_one.groupby("problem", sort=False):
                function = f"f{functions[problem]}_{_slug(problem)}"
                scenarios = []
                for dimension, listed in runs.groupby("parameters", sort=False):
                    path = f"data_{function}/IOHprofiler_f{functions[problem]}_DIM{dimension}.dat"
                    tables_of_runs = [rows_of.get(run_id, trace.iloc[:0]) for run_id in listed["run_id"]]
                    data.append(place / path)
                    write_whole(data[-1], "".join(_lines(rows, known) for rows in tables_of_runs).encode())
                    entries = [
                        _run_entry(row, rows, instances[row["seed"]])
                        for row, rows in zip(listed.to_dict("records"), tables_of_runs, strict=True)
                    ]
                    scenarios.append({"dimension": int(str(dimension)), "path": path, "runs": entries})
                described = {
                    "version": "0.4.2",
                    "suite": SUITE,
                    "function_id": functions[problem],
                    "function_name": problem,
                    "maximization": False,
                    "algorithm": {"name": name, "info": str(runs["options"].iloc[0])},
                    "run_attributes": list(OF_RUN),
                    "attributes": ["evaluations", "raw_y", *known],
                    "scenarios": scenarios,
                }
                files.append(place / f"IOHprofiler_{function}.json")
                write_whole(files[-1], (json.dumps(described, indent=1, allow_nan=False) + "\n").encode())
        return [*files, *data]

    def read(self, folder: Path) -> Tables:
        """Read all logs below a folder."""
        return read_logs(folder, self.instances == "problems")


def _run_entry(row: Mapping[Any, Any], rows: pd.DataFrame, instance: int) -> dict[str, Any]:
    """Return what the JSON file says of one run."""
    finite = rows[np.isfinite(rows["loss"].astype(float))]
    best = finite.sort_values("loss", kind="stable").iloc[0] if len(finite) else None
    return {
        "instance": instance,
        "evals": int(rows["evaluations"].iloc[-1]) if len(rows) else 0,
        "best": {
            "evals": int(best["evaluations"]) if best is not None else 0,
            "y": float(best["loss"]) if best is not None else None,
            "x": [_json(float(one)) for one in row["best_w"]],
        },
        **{name: _json(value_of(RUNS[name].kind, row[name])) for name in OF_RUN},
    }


def _lines(rows: pd.DataFrame, known: list[str]) -> str:
    """Return the lines of one run; a run without a trace has one line, for lines of count 1 part the runs.

    >>> rows = pd.DataFrame({"evaluations": [1, 4], "loss": [0.5, 0.1 + 0.2], "cost": [0.0, 3.5]})
    >>> print(_lines(rows, ["cost"]), end="")
    evaluations raw_y cost
    1 0.5 0.0
    4 0.30000000000000004 3.5
    """
    columns = [
        rows[name].astype(np.int64 if name in _WHOLE else np.float64).tolist() for name in ("loss", *known)
    ]
    counts = rows["evaluations"].astype(np.int64).tolist()
    lines = [" ".join(map(repr, cells)) for cells in zip(counts, *columns, strict=True)]
    return "\n".join(
        [" ".join(["evaluations", "raw_y", *known]), *(lines or ["1" + " nan" * (1 + len(known))]), ""]
    )


_WHOLE = tuple(name for name, column in TRACE.items() if column.kind == "whole")


def _slug(name: object) -> str:
    """Return a part of a file name.

    >>> _slug("adam(learning_rate=0.1)"), _slug("../x.dat"), _slug("学")
    ('adam-learning_rate-0-1', 'x-dat', 'x')
    """
    return re.sub(r"[^A-Za-z0-9_]+", "-", str(name)).strip("-")[:50] or "x"


def _json(value: Any) -> Any:
    """Return a value as JSON has it, which knows no NaN and no infinity."""
    if not isinstance(value, float) or math.isfinite(value):
        return value
    return None if math.isnan(value) else str(value)
