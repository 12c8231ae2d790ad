"""Keeps finished runs on disk: Parquet parts that appear whole or not at all.

A folder holds ``runs/`` and ``trace/`` (a pair of parts with the same stem for each flush), ``plans/``
(for each experiment that was run in it: its runs, what was skipped, how it was declared),
``declaration.json`` (of runs until something is decided: what, and when it ends),
``experiment.toml`` (the last one as run), ``commands/`` (each that did runs) and ``provenance/`` (the code
and the machine that rows name). Nothing but the last experiment is ever replaced by anything else, so two
commands at one time do not lose each other's.

A run counts as finished when its row and its trace are there; a part without its namesake in the other folder
is what a crash left behind, or a hand has deleted, and is not read. A run that was done again, by other code
or because it had failed, has a row for each time; the plan says which of them stands. What is damaged is
refused when it is read, and put aside into ``damaged/`` when the experiment is run again.
"""

from __future__ import annotations

import contextlib
import json
import os
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from harness.runs.columns import TRACE_LABELS
from harness.runs.declaration import read_declaration
from harness.runs.finished import Finished, FinishedRuns
from harness.runs.kept_traces import KeptTraces, check_pair
from harness.runs.parts import (
    PARTIAL,
    DamagedError,
    files_in,
    is_alive,
    is_there,
    own_process,
    read_bytes,
    stem_of,
    unwritable,
    write_part,
    write_whole,
)
from harness.runs.plans import Plan, plan_files, read_plan, read_plans
from harness.runs.provenance import command_text, digest_of_provenance
from harness.runs.reading import read_parts
from harness.runs.settings import told_apart, with_short_names
from harness.runs.tables import RUN_COLUMNS, Tables
from optimizers.errors import InputError

KINDS = ("runs", "trace")
"""Folders of parts."""

DAMAGED = "damaged"
"""Folder of what was put aside."""


class Store:
    """One experiment's folder.

    Arguments:
        folder: the folder; made at the first write.
    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._declared = False

    def finished(self) -> pd.DataFrame:
        """Return the rows of all finished runs, whichever experiment and code they are of, the oldest first.

        The column ``part`` says in which part they are.

        Raises:
            DamagedError: if a part is damaged.
            InputError: if the system does not hand one out.
        """
        rows, damaged = self.undamaged()
        if damaged:
            raise damaged[0]
        return rows

    def undamaged(self) -> tuple[pd.DataFrame, list[DamagedError]]:
        """Return the rows of finished runs as ``finished`` does, and what is damaged instead of an error.

        Raises:
            InputError: if the system does not hand a part out.
        """
        pairs = self.pairs()
        rows, lengths, damaged = read_parts([runs for runs, _ in pairs.values()])
        if rows is None:
            return pd.DataFrame(columns=[*RUN_COLUMNS, "part"], dtype=str), damaged
        return rows.assign(part=pd.array(list(pairs), dtype=str).repeat(lengths)), damaged

    def pairs(self) -> dict[str, tuple[Path, Path]]:
        """Return the parts that are there with their namesakes, by their stems, the oldest first."""
        runs, traces = (
            {stem_of(path): path for path in files_in(self.folder / kind, ".parquet")} for kind in KINDS
        )
        return {stem: (runs[stem], traces[stem]) for stem in sorted(runs.keys() & traces.keys(), key=_age)}

    def put_aside(self) -> list[str]:
        """Move damaged files away, and remove what processes that are no more have left half done.

        Returns:
            A sentence for each damaged file.

        Raises:
            InputError: if the folder cannot be made, read or written.
        """
        if not is_there(self.folder):
            return []
        if not self.folder.is_dir():
            raise unwritable(self.folder, "it is a file")
        said = []
        rows, damaged = self.undamaged()
        broken, held = {error.path: error for error in damaged}, _held(rows)
        for stem, pair in self.pairs().items():
            try:
                if pair[0] in broken:
                    raise broken[pair[0]]
                check_pair(*pair, rows.iloc[held.get(stem, slice(0))].reset_index(drop=True))
            except DamagedError as error:
                for path in pair:
                    self._move_away(path)
                said.append(f"{error.path} is damaged and was put aside in {self.folder / DAMAGED}")
        for path in plan_files(self.folder):
            try:
                read_plan(path)
            except DamagedError:
                self._move_away(path)
                said.append(f"{path} is damaged and was put aside in {self.folder / DAMAGED}")
        self._tidy()
        return said

    def _move_away(self, path: Path) -> None:
        away = self.folder / DAMAGED
        try:
            away.mkdir(exist_ok=True)
            path.replace(away / f"{time.time_ns()}-{path.parent.name}-{path.name}")
        except OSError as error:
            raise InputError(
                f"{path} is damaged and cannot be put aside: {error.strerror}; move it away"
            ) from None

    def _tidy(self) -> None:
        """Remove what a killed process left: files half written, and the trace whose runs it did not get to.

        That is the last thing that it wrote. Other traces without runs have lost them to a hand, which may
        bring them back.
        """
        for folder in (self.folder, *(path for path in self.folder.iterdir() if path.is_dir())):
            for path in files_in(folder, PARTIAL):
                self._remove_of_dead(path, _writer(path.name.lstrip(".").split(".")[0]))
        pairs = self.pairs()
        traces = [path for path in files_in(self.folder / "trace", ".parquet") if _writer(stem_of(path))]
        last = {_writer(stem_of(path)): path for path in traces}
        for writer, path in last.items():
            alone = [
                other for other in traces if _writer(stem_of(other)) == writer and stem_of(other) not in pairs
            ]
            if alone == [path]:
                self._remove_of_dead(path, writer)

    @staticmethod
    def _remove_of_dead(path: Path, process: str) -> None:
        if not is_alive(process):
            with contextlib.suppress(OSError):
                path.unlink()

    def append(self, finished: Sequence[Finished]) -> None:
        """Keep finished runs, each with its row and its trace."""
        if finished:
            self.append_tables(*FinishedRuns.of(finished).frames())

    def append_tables(self, runs: pd.DataFrame, trace: pd.DataFrame) -> None:
        """Keep one part of runs and of their traces; the traces first, for a run is there when its row is.

        The part is named by the time and by the process, which no other one writes at that time.

        Raises:
            InputError: if they cannot be written; it says how many runs are lost by that.
        """
        lost = f"{len(runs)} finished run{'s' if len(runs) > 1 else ''} could not be kept"
        if self._declared and not (self.folder / "plans").is_dir():
            raise InputError(
                f"{self.folder} was removed or renamed while runs were done: {lost}; run the experiment again"
            )
        stem = f"{time.time_ns():020d}-{own_process()}"
        try:
            # Of which problem a row is stands in the runs.
            write_part(self.folder / "trace", stem, trace.drop(columns=list(TRACE_LABELS), errors="ignore"))
            write_part(self.folder / "runs", stem, runs)
        except InputError as error:
            raise InputError(f"{error} ({lost})") from None

    def write_plan(self, plan: Plan) -> None:
        """Say which runs an experiment consists of, beside those that the folder has a plan of already."""
        write_whole(self.folder / "plans" / f"{plan.digest}.json", plan.text().encode())
        self._declared = True
        if plan.declaration:
            self.write_text("experiment.toml", plan.declaration)

    def write_provenance(self, entry: dict[str, Any], workers: int) -> None:
        """Say which code on which machine does runs now, and at which command."""
        file = self.folder / "provenance" / f"{digest_of_provenance(entry)}.json"
        content = (json.dumps(entry, indent=1) + "\n").encode()
        if not is_there(file) or read_bytes(file) != content:
            write_whole(file, content)
        self.write_text(f"commands/{time.time_ns():020d}-{os.getpid()}.json", command_text(entry, workers))

    def write_text(self, name: str, text: str) -> None:
        """Write one text file of the folder."""
        write_whole(self.folder / name, text.encode())

    def log(self, line: str) -> None:
        """Add a line to the folder's log, with the time; a log that cannot be written ends nothing."""
        now = time.strftime("%Y-%m-%dT%H:%M:%S%z")
        with contextlib.suppress(OSError), (self.folder / "sweep.log").open("a", encoding="utf-8") as file:
            file.write(f"{now} {os.getpid()} {line}\n")

    def load(self, only: Plan | None = None) -> Tables:
        """Return the finished runs of all plans of the folder, or of one, with their traces.

        Traces are seen to be what was written, and read when they are asked for.
        The plan that was written last comes first, and gives name and question. Where plans differ in what
        they ask of a problem or an optimizer, its name says which one is meant, so that no table takes runs
        for repetitions of each other that are none.

        Arguments:
            only: the plan whose runs are wanted.

        Raises:
            InputError: if the folder holds no experiment or none of its runs, or a file of it is damaged.
        """
        plans = read_plans(self.folder) if only is None else [only]
        pairs = self.pairs()
        if not plans:
            raise InputError(
                f"{self.folder} holds {len(pairs)} parts of runs and no plan of an experiment: run it again"
                if pairs
                else f"{self.folder} holds no results: give the folder that `harness run` printed at its end"
            )
        rows = self.finished()
        found = [plan.chosen(rows) for plan in plans]
        # Most often there is one plan, and a million rows need not be copied twice more.
        chosen = found[0] if len(found) == 1 else pd.concat(found).drop_duplicates("run_id")
        skipped = pd.concat([plan.skipped_table() for plan in plans], ignore_index=True).drop_duplicates(
            ignore_index=True
        )
        name, question = plans[0].name, plans[0].question
        listed = {plan.digest: list(plan.runs) for plan in plans}
        planned = pd.Index(dict.fromkeys(run for plan in plans for run in plan.runs), dtype=str)
        if len(planned) and not len(chosen):
            raise InputError(
                f"0 of {len(planned)} planned runs found in {self.folder}: run the experiment again"
            )
        chosen, skipped = with_short_names(chosen.reset_index(drop=True), skipped)
        runs = told_apart(chosen)
        part_of = runs.pop("part")
        held = _held(rows)
        parts = list(part_of.unique())
        for part in parts:
            check_pair(*pairs[part], rows.iloc[held[part]].reset_index(drop=True))
        trace = KeptTraces(
            tuple(pairs[part][1] for part in parts),
            tuple(held[part].stop - held[part].start for part in parts),
            runs["run_id"],
            pd.Index(parts, dtype=str).get_indexer(part_of),
        )
        claims = tuple(dict.fromkeys(claim for plan in plans for claim in plan.claims))
        unplanned = len(pd.Index(rows["run_id"]).unique().difference(planned, sort=False))
        notes = _absences(len(planned), len(runs), unplanned if only is None else 0)
        declaration = read_declaration(self.folder)
        return Tables(name, question, runs, trace, skipped, listed, notes, claims, declaration=declaration)


def _held(rows: pd.DataFrame) -> dict[str, slice]:
    """Return where the rows of each part are, which stand together.

    >>> _held(pd.DataFrame({"part": ["b", "b", "a"]}))
    {'b': slice(0, 2, None), 'a': slice(2, 3, None)}
    """
    codes, parts = pd.factorize(rows["part"])
    ends = np.cumsum(np.bincount(codes, minlength=len(parts))).tolist()
    return {part: slice(begin, end) for part, begin, end in zip(parts, [0, *ends], ends, strict=False)}


def _absences(planned: int, found: int, unplanned: int) -> tuple[str, ...]:
    """Say what is missing in a folder.

    >>> _absences(770, 12, 0)
    ('12 of 770 planned runs found: run the experiment again for the rest',)
    """
    said = []
    if found < planned:
        said.append(f"{found} of {planned} planned runs found: run the experiment again for the rest")
    if unplanned:
        are = "runs are" if unplanned > 1 else "run is"
        said.append(
            f"{unplanned} finished {are} in no plan of the folder and not shown: a file of plans/ is gone, "
            "which the experiment run again brings back"
        )
    return tuple(said)


def _writer(stem: str) -> str:
    """Return the process that a name names, its number and its machine; nothing in names of earlier versions.

    >>> _writer("01795636011171912066-5851-5bce98f7"), _writer("01795627158641856-cf8d1f30a70721cb")
    ('5851-5bce98f7', '')
    """
    parts = stem.split("-")
    return "-".join(parts[-2:]) if len(parts) == 3 or (parts[0].isdecimal() and len(parts[-1]) == 8) else ""


def _age(part: str) -> tuple[bool, str]:
    """Sort parts by their age: names of earlier versions say nothing of it, and come first."""
    return "-" in part, part
