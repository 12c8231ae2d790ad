"""The results of benchopt: one Parquet file, a row for each solver, repetition and stopping value."""

from __future__ import annotations

import io
from collections.abc import Hashable
from pathlib import Path
from typing import Any, ClassVar

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq

from harness.csv_tables import read_csv
from harness.exchange.csv import table_from, text_of
from harness.exchange.exchange_format import ExchangeFormat
from harness.exchange.frames import identities, tables_of, told_by_gradient
from harness.runs.columns import COLUMNS, RUNS, TRACE, Kind
from harness.runs.parts import read_bytes, write_whole
from harness.runs.tables import Tables
from optimizers.errors import InputError, unknown_name
from optimizers.options import options
from optimizers.printable import shown

FILE = "results.parquet"
NAME = b"neural-harness name"
KEY = b"neural-harness runs"
"""Where in the metadata of the file the table of the runs stands, as CSV."""

NAMES = {"run_id": "run_id", "iteration": "stop_val", "seconds": "time", "loss": "objective_value"} | {
    name: f"objective_{name}" for name in TRACE if name not in ("run_id", "iteration", "seconds", "loss")
}
"""What benchopt calls the columns of a trace."""

ALWAYS = ("seconds", "loss", "cost", "best_loss")
"""Columns of a trace that are written even where nothing is known of them."""

TYPES: dict[Kind, type] = {"whole": np.int64, "number": np.float64}

NEEDED = ("solver_name", "dataset_name", "idx_rep", "stop_val", "time")


@options
class Benchopt(ExchangeFormat):
    """Benchopt: a file of results as ``benchopt run`` leaves it, for ``benchopt plot`` and its pages.

    An optimizer is a solver, a problem a dataset, a seed a repetition, an iteration a stopping value; the
    loss is ``objective_value``, and every other column of the trace an objective too. The table of the runs
    stands in the file's metadata, so that all of it comes back.

    Of results of other benchmarks, a stopping value counts as a cost where it is a number of iterations; for
    tolerances the number of the row does.

    Attributes:
        metric: of results of other benchmarks: which objective is the loss, without ``objective_``.
    """

    metric: str = "value"

    source: ClassVar[str] = (
        "https://benchopt.github.io; Moreau et al. (2022), Benchopt: reproducible, efficient and "
        "collaborative optimization benchmarks, NeurIPS 35"
    )
    holds: ClassVar[frozenset[str]] = frozenset(COLUMNS)
    every_row: ClassVar[bool] = True

    def write(self, tables: Tables, folder: Path) -> list[Path]:
        """Write the file."""
        runs, trace = tables.runs, tables.trace
        ids = trace["run_id"].to_numpy(dtype=object)
        of_run = pd.DataFrame(
            {"solver": told_by_gradient(runs).to_numpy(), "problem": runs["problem"].to_numpy()},
            index=runs["run_id"],
            dtype=object,
        )
        of_run["number"] = of_run.groupby(["solver", "problem"], sort=False).cumcount().astype(np.int64)
        of_row = of_run.loc[ids]
        columns: dict[str, Any] = {
            "objective_name": ["loss"] * len(trace),
            "obj_description": [tables.question] * len(trace),
            "solver_name": list(of_row["solver"]),
            "solver_description": [""] * len(trace),
            "dataset_name": list(of_row["problem"]),
            "idx_rep": of_row["number"].to_numpy(),
            "sampling_strategy": ["Iteration"] * len(trace),
        }
        for name, (kind, _, _) in TRACE.items():
            if kind != "number" or name in ALWAYS or trace[name].notna().any():
                columns[NAMES[name]] = (
                    list(trace[name]) if kind == "text" else trace[name].to_numpy(TYPES[kind])
                )
        table = pa.table(
            {
                name: pa.array(map(_plain, cells), pa.string()) if isinstance(cells, list) else cells
                for name, cells in columns.items()
            }
        )
        described = text_of(runs, RUNS).encode("utf-8", "backslashreplace")
        table = table.replace_schema_metadata({KEY: described, NAME: _plain(tables.name).encode()})
        buffer = io.BytesIO()
        pq.write_table(table, buffer)
        write_whole(folder / FILE, buffer.getvalue())
        return [folder / FILE]

    def read(self, folder: Path) -> Tables:
        """Read the files of a folder."""
        files = sorted(path for path in folder.rglob("*") if path.suffix in (".parquet", ".csv"))
        if not files:
            raise InputError(f"{folder} holds no .parquet or .csv file: give a benchmark's folder outputs")
        found = [_table(file) for file in files]
        if len(found) == 1 and KEY in found[0][1]:
            return _own(files[0], *found[0])
        parts = [self._foreign(file, table) for file, (table, _) in zip(files, found, strict=True)]
        rows = pd.concat(parts, ignore_index=True)
        runs: dict[str, list[Any]] = {name: [] for name in _RUN}
        trace: dict[str, list[Any]] = {name: [] for name in _ROW}
        for who, listed in rows.groupby(["problem", "optimizer", "idx_rep", "file"], sort=False):
            run_id = identities("benchopt", [list(map(str, _tuple(who)))])[0]
            for name, value in zip(runs, (run_id, *_tuple(who)[:3], "benchopt"), strict=True):
                runs[name].append(int(str(value)) if name == "seed" else str(value))
            steps = _steps(listed["stop_val"])
            losses = listed["loss"].to_numpy(dtype=np.float64)
            best = np.fmin.accumulate(np.where(np.isfinite(losses), losses, np.inf))
            ids, costs = [run_id] * len(steps), list(map(float, steps))
            columns = (ids, steps, costs, listed["time"], losses.tolist(), best.tolist())
            for name, values in zip(trace, columns, strict=True):
                trace[name].extend(values)
        return tables_of(folder.resolve().name, "", runs, trace)

    def _foreign(self, file: Path, table: pd.DataFrame) -> pd.DataFrame:
        """Return problem, optimizer, repetition, stopping value, time and loss of each row."""
        table = table.rename(columns={"data_name": "dataset_name"})
        missing = [name for name in NEEDED if name not in table]
        if missing:
            raise InputError(f"{file} has no column {', '.join(missing)}, as results of benchopt have")
        name = f"objective_{self.metric}"
        if name not in table:
            known = [
                str(one).removeprefix("objective_") for one in table if str(one).startswith("objective_")
            ]
            raise unknown_name(f"metric of {file.name}", self.metric, [one for one in known if one != "name"])
        several = "objective_name" in table and table["objective_name"].nunique() > 1
        problem = table["dataset_name"].astype(str)
        try:
            return pd.DataFrame(
                {
                    "problem": problem + " by " + table["objective_name"].astype(str) if several else problem,
                    "optimizer": table["solver_name"].astype(str),
                    "idx_rep": table["idx_rep"].astype(np.int64),
                    "stop_val": table["stop_val"],
                    "time": table["time"].astype(np.float64),
                    "loss": table[name].astype(np.float64),
                    "file": str(file),
                }
            )
        except (ValueError, TypeError) as error:
            said = shown(str(error))
            raise InputError(f"{file} has no numbers where they belong ({said}): mend it") from None


_RUN = ("run_id", "problem", "optimizer", "seed", "version")
_ROW = ("run_id", "iteration", "cost", "seconds", "loss", "best_loss")


def _tuple(key: Hashable) -> tuple[Any, ...]:
    return key if isinstance(key, tuple) else (key,)


def _steps(values: pd.Series[Any]) -> list[int]:
    """Return iterations, or the numbers of the rows where stopping values are something else.

    >>> _steps(pd.Series([0, 1, 4])), _steps(pd.Series([1e-1, 1e-2]))
    ([0, 1, 4], [0, 1])
    """
    numbers = pd.to_numeric(values, errors="coerce").to_numpy(dtype=np.float64)
    whole = np.isfinite(numbers).all() and (numbers == np.floor(numbers)).all()
    if whole and (numbers >= 0).all() and (np.diff(numbers) > 0).all() and numbers.max(initial=0) < 2**53:
        return [int(number) for number in numbers]
    return list(range(len(numbers)))


def _plain(text: object) -> str:
    return str(text).encode("utf-8", "backslashreplace").decode("utf-8")


def _table(file: Path) -> tuple[pd.DataFrame, dict[bytes, bytes]]:
    content = io.BytesIO(read_bytes(file))
    try:
        if file.suffix == ".csv":
            return read_csv(content), {}
        table = pq.read_table(content)
        return table.to_pandas(), dict(table.schema.metadata or {})
    except (OSError, ValueError, KeyError, pa.ArrowException) as error:
        raise InputError(f"{file} is no table ({type(error).__name__}): run the benchmark again") from None


def _own(file: Path, table: pd.DataFrame, metadata: dict[bytes, bytes]) -> Tables:
    """Return what was exported here."""
    notes: list[str] = []
    runs = table_from(file, metadata[KEY], RUNS, notes)
    missing = [name for name in ("run_id", "stop_val", "time", "objective_value") if name not in table]
    if missing:
        raise InputError(f"{file} has no column {', '.join(missing)}: export again")
    trace = {name: table[theirs].tolist() for name, theirs in NAMES.items() if theirs in table}
    return tables_of(metadata.get(NAME, b"").decode(), "", runs, trace, notes=notes)
