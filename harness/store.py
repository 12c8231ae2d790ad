"""Keeps finished runs on disk: Parquet parts that appear whole or not at all.

A folder holds ``runs/`` and ``trace/`` (a pair of parts with the same name for each flush),
``experiment.toml`` (as run), ``plan.json`` (which runs the experiment consists of, and which were skipped)
and ``provenance.json``. A run counts as finished when its row and its trace are there; a part without its
namesake in the other folder is what a crash left behind, or a hand has deleted, and is not read.
"""

from __future__ import annotations

import contextlib
import hashlib
import io
import json
import os
import tempfile
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from harness.recorder import Trace
from harness.results import ADDED_COLUMNS, RUN_COLUMNS, SKIPPED_COLUMNS, TRACE_COLUMNS, Results
from optimizers.errors import InputError

KINDS = ("runs", "trace")
"""Folders of parts."""


def write_whole(path: Path, content: bytes) -> None:
    """Write a file aside and rename it, so that a reader never sees half of it.

    Raises:
        InputError: if the folder cannot be written.
    """
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        handle, aside = tempfile.mkstemp(dir=path.parent, prefix=".", suffix=".partial")
        try:
            with os.fdopen(handle, "wb") as file:
                file.write(content)
            # mkstemp lets nobody else read; a result is no secret.
            Path(aside).chmod(0o644)
            Path(aside).replace(path)
        except BaseException:
            with contextlib.suppress(OSError):
                Path(aside).unlink()
            raise
    except OSError as error:
        raise InputError(
            f"{path} cannot be written: {error.strerror}; choose another folder with --output"
        ) from None


def tables_of(finished: Sequence[tuple[dict[str, Any], Trace]]) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Return the table of the runs and the table of their traces."""
    traces = [trace for _, trace in finished]
    trace = {name: np.concatenate([table[name] for table in traces]) for name in traces[0]}
    return pd.DataFrame([row for row, _ in finished]), pd.DataFrame(trace)


class Store:
    """One experiment's folder.

    Arguments:
        folder: the folder; made at the first write.
    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def finished(self) -> pd.DataFrame:
        """Return the rows of all finished runs, of this experiment or an earlier one in the folder.

        The column ``part`` says in which part they are.
        """
        runs, traces = ({path.stem for path in (self.folder / kind).glob("*.parquet")} for kind in KINDS)
        tables = [
            self._read_table(self.folder / "runs" / f"{part}.parquet").assign(part=part)
            for part in sorted(runs & traces)
        ]
        if not tables:
            return pd.DataFrame({"run_id": pd.Series(dtype=str), "part": pd.Series(dtype=str)})
        return pd.concat(tables, ignore_index=True).drop_duplicates("run_id")

    def append(self, finished: Iterable[tuple[dict[str, Any], Trace]]) -> None:
        """Keep finished runs, each with its row and its trace."""
        pairs = list(finished)
        if pairs:
            self.append_tables(*tables_of(pairs))

    def append_tables(self, runs: pd.DataFrame, trace: pd.DataFrame) -> None:
        """Keep one part of runs and of their traces; the traces first, for a run is there when its row is."""
        name = hashlib.sha256("".join(runs["run_id"]).encode()).hexdigest()[:16]
        self._write_table(self.folder / "trace" / f"{name}.parquet", trace)
        self._write_table(self.folder / "runs" / f"{name}.parquet", runs)

    def write_plan(self, run_ids: list[str], skipped: pd.DataFrame, name: str, question: str) -> None:
        """Say which runs the experiment consists of, in the order they were declared."""
        plan = {
            "name": name,
            "question": question,
            "runs": run_ids,
            "skipped": skipped.to_dict(orient="records"),
        }
        write_whole(self.folder / "plan.json", json.dumps(plan, indent=1).encode())

    def write_text(self, name: str, text: str) -> None:
        """Write one text file of the folder."""
        write_whole(self.folder / name, text.encode())

    def load(self) -> Results:
        """Return the runs of the plan that are finished, in the order of the plan, with their traces.

        Raises:
            InputError: if the folder holds no experiment, or a file of it is damaged.
        """
        plan_file = self.folder / "plan.json"
        if not plan_file.is_file():
            raise InputError(
                f"{self.folder} holds no results: give the folder that `harness run` printed at its end"
            )
        try:
            plan = json.loads(plan_file.read_text(encoding="utf-8"))
            order = pd.Index(plan["runs"])
            skipped = pd.DataFrame(plan["skipped"], columns=list(SKIPPED_COLUMNS))
            name, question = str(plan["name"]), str(plan["question"])
        except (OSError, ValueError, KeyError, TypeError):
            raise InputError(f"{plan_file} is damaged: run the experiment again; no run is lost") from None
        runs = self.finished()
        runs = runs[runs["run_id"].isin(order)].set_index("run_id")
        if not len(runs):
            no_runs, no_trace = (pd.DataFrame(columns=list(names)) for names in (RUN_COLUMNS, TRACE_COLUMNS))
            return Results(name, question, no_runs, no_trace, skipped)
        runs = runs.reindex([run for run in order if run in runs.index])
        part_of = runs.pop("part")
        tables = []
        for part in dict.fromkeys(part_of):
            table = self._read_table(self.folder / "trace" / f"{part}.parquet")
            tables.append(table[table["run_id"].isin(part_of.index[part_of == part])])
        trace = pd.concat(tables, ignore_index=True)
        place = trace["run_id"].map({run: number for number, run in enumerate(runs.index)})
        trace = trace.loc[place.sort_values(kind="stable").index].reset_index(drop=True)
        return Results(name, question, runs.reset_index(), trace, skipped)

    @staticmethod
    def _write_table(path: Path, table: pd.DataFrame) -> None:
        buffer = io.BytesIO()
        table.to_parquet(buffer, index=False, compression="zstd")
        write_whole(path, buffer.getvalue())

    @staticmethod
    def _read_table(path: Path) -> pd.DataFrame:
        remedy = "delete it, and run the experiment again to redo its runs"
        try:
            table = pd.read_parquet(path)
        except (OSError, ValueError) as error:
            raise InputError(f"{path} is damaged ({type(error).__name__}): {remedy}") from None
        columns = RUN_COLUMNS if path.parent.name == "runs" else TRACE_COLUMNS
        missing = [column for column in columns if column not in table]
        if not set(missing) <= set(ADDED_COLUMNS):
            raise InputError(f"{path} has no column {', '.join(missing)}: {remedy}")
        for column in missing:
            table[column] = ADDED_COLUMNS[column]
        return table
