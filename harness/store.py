"""Keeps finished runs on disk: Parquet parts that appear whole or not at all.

A folder holds ``runs/`` and ``trace/`` (a pair of parts with the same name for each flush), ``plans/``
(for each experiment that was run in it: its runs, what was skipped, how it was declared),
``experiment.toml`` (the last one as run), ``commands/`` (each that did runs) and ``provenance/`` (the code
and the machine that rows name). Nothing but the last experiment is ever replaced by anything else, so two
commands at one time do not lose each other's.

A run counts as finished when its row and its trace are there; a part without its namesake in the other folder
is what a crash left behind, or a hand has deleted, and is not read. A run that was done again, by other code
or because it had failed, has a row for each time; the plan says which of them stands.
"""

from __future__ import annotations

import contextlib
import hashlib
import io
import json
import os
import platform
import tempfile
import time
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from harness.plans import Plan, read_plans
from harness.provenance import command_text, digest_of_provenance
from harness.recorder import Trace
from harness.results import ADDED_COLUMNS, NO_PARAMETERS, RUN_COLUMNS, TRACE_COLUMNS, Results
from harness.settings import told_apart
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
        """Return the rows of all finished runs, whichever experiment and code they are of, the oldest first.

        The column ``part`` says in which part they are.
        """
        runs, traces = ({path.stem for path in (self.folder / kind).glob("*.parquet")} for kind in KINDS)
        tables = [
            self._read_table(self.folder / "runs" / f"{part}.parquet").assign(part=part)
            for part in sorted(runs & traces, key=_age)
        ]
        if not tables:
            return pd.DataFrame(columns=[*RUN_COLUMNS, "part"], dtype=str)
        return pd.concat(tables, ignore_index=True)

    def append(self, finished: Iterable[tuple[dict[str, Any], Trace]]) -> None:
        """Keep finished runs, each with its row and its trace."""
        pairs = list(finished)
        if pairs:
            self.append_tables(*tables_of(pairs))

    def append_tables(self, runs: pd.DataFrame, trace: pd.DataFrame) -> None:
        """Keep one part of runs and of their traces; the traces first, for a run is there when its row is.

        The part is named by the time and by what no other process writes at that time.
        """
        own = f"{platform.node()} {os.getpid()} {''.join(runs['run_id'])}"
        name = f"{time.time_ns():020d}-{hashlib.sha256(own.encode()).hexdigest()[:16]}"
        self._write_table(self.folder / "trace" / f"{name}.parquet", trace)
        self._write_table(self.folder / "runs" / f"{name}.parquet", runs)

    def write_plan(self, plan: Plan) -> None:
        """Say which runs an experiment consists of, beside those that the folder has a plan of already."""
        write_whole(self.folder / "plans" / f"{plan.digest}.json", plan.text().encode())
        if plan.declaration:
            self.write_text("experiment.toml", plan.declaration)

    def write_provenance(self, entry: dict[str, Any], workers: int) -> None:
        """Say which code on which machine does runs now, and at which command."""
        file = self.folder / "provenance" / f"{digest_of_provenance(entry)}.json"
        if not file.is_file():
            write_whole(file, (json.dumps(entry, indent=1) + "\n").encode())
        self.write_text(f"commands/{time.time_ns():020d}-{os.getpid()}.json", command_text(entry, workers))

    def write_text(self, name: str, text: str) -> None:
        """Write one text file of the folder."""
        write_whole(self.folder / name, text.encode())

    def load(self, only: Plan | None = None) -> Results:
        """Return the finished runs of all plans of the folder, or of one, with their traces.

        The plan that was written last comes first, and gives name and question. Where plans differ in what
        they ask of a problem or an optimizer, its name says which one is meant, so that no table takes runs
        for repetitions of each other that are none.

        Arguments:
            only: the plan whose runs are wanted.

        Raises:
            InputError: if the folder holds no experiment, or a file of it is damaged.
        """
        plans = read_plans(self.folder) if only is None else [only]
        if not plans:
            raise InputError(
                f"{self.folder} holds no results: give the folder that `harness run` printed at its end"
            )
        rows = self.finished()
        chosen = pd.concat([plan.chosen(rows) for plan in plans]).drop_duplicates("run_id")
        skipped = pd.concat([plan.skipped_table() for plan in plans], ignore_index=True).drop_duplicates(
            ignore_index=True
        )
        name, question = plans[0].name, plans[0].question
        listed = {plan.digest: list(plan.runs) for plan in plans}
        if not len(chosen):
            no_runs, no_trace = (pd.DataFrame(columns=list(names)) for names in (RUN_COLUMNS, TRACE_COLUMNS))
            return Results(name, question, no_runs, no_trace, skipped, plans=listed)
        runs = told_apart(chosen.reset_index(drop=True))
        part_of = runs.pop("part")
        tables = []
        for part in dict.fromkeys(part_of):
            table = self._read_table(self.folder / "trace" / f"{part}.parquet")
            tables.append(table[table["run_id"].isin(runs["run_id"][part_of == part])])
        trace = pd.concat(tables, ignore_index=True)
        place = trace["run_id"].map({run: number for number, run in enumerate(runs["run_id"])})
        trace = trace.loc[place.sort_values(kind="stable").index].reset_index(drop=True)
        return Results(name, question, runs, trace, skipped, plans=listed)

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
            empty = ADDED_COLUMNS[column]
            cells = [empty] * len(table)
            table[column] = pd.Series(
                cells, index=table.index, dtype=object if empty is NO_PARAMETERS else None
            )
        return table


def _age(part: str) -> tuple[bool, str]:
    """Sort parts by their age: names of earlier versions say nothing of it, and come first."""
    return "-" in part, part
