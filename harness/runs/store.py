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
import functools
import itertools
import json
import os
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa

from harness.runs.columns import TRACE_LABELS
from harness.runs.declaration import read_declaration
from harness.runs.finished import Finished, FinishedRuns
from harness.runs.kept_traces import KeptTraces, check_pair
from harness.runs.parts import (
    NO_LINK,
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
from harness.runs.reading import stored_rows
from harness.runs.settings import told_apart, with_short_names
from harness.runs.stored_rows import StoredRows
from harness.runs.tables import Tables
from optimizers.errors import InputError

KINDS = ("runs", "trace")
"""Folders of parts."""

Pairs = dict[str, tuple[Path, Path]]
"""Parts of runs and of their traces, by their stems."""

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
        self._last_part: int | None = None
        self._last_plan = ""

    def finished(self, texts: Sequence[str] = ()) -> pd.DataFrame:
        """Return the rows of all finished runs, whichever experiment and code they are of, the oldest first.

        The column ``part`` says in which part they are.

        Arguments:
            texts: columns of texts that are wanted and no other; empty for all columns.

        Raises:
            DamagedError: if a part is damaged.
            InputError: if the system does not hand one out.
        """
        if texts:
            stored, _, damaged = self._stored(self.pairs())
            rows = pd.DataFrame({name: stored.column(name) for name in texts})
        else:
            rows, damaged = self.undamaged()
        if damaged:
            raise damaged[0]
        return rows

    def undamaged(self) -> tuple[pd.DataFrame, list[DamagedError]]:
        """Return the rows of finished runs as ``finished`` does, and what is damaged instead of an error.

        Raises:
            InputError: if the system does not hand a part out.
        """
        stored, held, damaged = self._stored(self.pairs())
        rows = stored.frame()
        lengths = [part.stop - part.start for part in held.values()]
        rows["part"] = pd.array(list(held), dtype=str).repeat(lengths)
        return rows, damaged

    def _stored(self, pairs: Pairs) -> tuple[StoredRows, dict[str, slice], list[DamagedError]]:
        """Return the rows of finished runs, which of them each part has, and what is damaged."""
        stored, lengths, damaged = stored_rows([runs for runs, _ in pairs.values()], "runs")
        ends = list(itertools.accumulate(lengths))
        slices = map(slice, [0, *ends], ends)
        return stored, dict(zip(pairs, slices, strict=True)), damaged

    def pairs(self) -> Pairs:
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
        pairs = self.pairs()
        stored, held, damaged = self._stored(pairs)
        broken, ids = {error.path: error for error in damaged}, stored.column("run_id")
        for stem, pair in pairs.items():
            try:
                if pair[0] in broken:
                    raise broken[pair[0]]
                _check(pair, held[stem], ids, stored)
            except DamagedError as error:
                for path in pair:
                    self._move_away(path)
                said.append(f"{error.path} is damaged and was put aside in {self.folder / DAMAGED}")
        for path in plan_files(self.folder):
            try:
                self._last_plan = max(self._last_plan, read_plan(path)[0])
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
            self._append(*FinishedRuns.of(finished).tables())

    def append_tables(self, runs: pd.DataFrame, trace: pd.DataFrame) -> None:
        """Keep runs and their traces; see ``append``."""
        # Of which problem a row is stands in the runs.
        looks = trace.drop(columns=list(TRACE_LABELS), errors="ignore")
        self._append(*(pa.Table.from_pandas(table, preserve_index=False) for table in (runs, looks)))

    def _append(self, runs: pa.Table, trace: pa.Table) -> None:
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
        stem = f"{self._number():020d}-{own_process()}"
        try:
            write_part(self.folder / "trace", stem, trace)
            write_part(self.folder / "runs", stem, runs)
        except InputError as error:
            raise InputError(f"{error} ({lost})") from None

    def _number(self) -> int:
        """Return the number of the next part: the time, and more than any part has, whatever the clock says.

        Of a run that was done again the last one stands, also where the clock was set back in between.
        """
        if self._last_part is None:
            there = (stem_of(path) for kind in KINDS for path in files_in(self.folder / kind, ".parquet"))
            # Names of earlier versions may begin with no number.
            begins = (stem.partition("-")[0] for stem in there)
            self._last_part = max((int(begin) for begin in begins if begin.isdecimal()), default=0)
        self._last_part = max(time.time_ns(), self._last_part + 1)
        return self._last_part

    def write_plan(self, plan: Plan) -> None:
        """Say which runs an experiment consists of, beside those that the folder has a plan of already."""
        text = plan.text(after=self._last_plan)
        write_whole(self.folder / "plans" / f"{plan.digest}.json", text.encode())
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
        with (
            contextlib.suppress(OSError),
            open(self.folder / "sweep.log", "a", encoding="utf-8", opener=_in_place) as file,
        ):
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
        stored, held, damaged = self._stored(pairs)
        if damaged:
            raise damaged[0]
        # What comes of reading 100,000 runs is held once; the columns that choose them come first.
        ids = stored.column("run_id")
        told = pd.DataFrame({"run_id": ids, "fingerprint": stored.column("fingerprint")})
        places = np.concatenate([plan.places(told) for plan in plans])
        if len(plans) > 1:
            places = places[~ids.take(places).duplicated().to_numpy()]
        skipped = pd.concat([plan.skipped_table() for plan in plans], ignore_index=True).drop_duplicates(
            ignore_index=True
        )
        name, question = plans[0].name, plans[0].question
        listed = {plan.digest: list(plan.runs) for plan in plans}
        planned = {run for plan in plans for run in plan.runs}
        asked = len(planned)
        if asked and not len(places):
            raise InputError(f"0 of {asked} planned runs found in {self.folder}: run the experiment again")
        ends = [part.stop for part in held.values()]
        part_of, numbers = pd.factorize(np.searchsorted(ends, places, side="right"))
        parts = [list(held)[number] for number in numbers.tolist()]
        for part in parts:
            _check(pairs[part], held[part], ids, stored)
        unplanned = len(set(ids.to_numpy(object)) - planned)
        del ids, told, planned
        chosen, skipped = with_short_names(stored.taken(places), skipped)
        runs = told_apart(chosen)
        trace = KeptTraces(
            tuple(pairs[part][1] for part in parts),
            tuple(held[part].stop - held[part].start for part in parts),
            runs["run_id"],
            part_of,
        )
        claims = tuple(dict.fromkeys(claim for plan in plans for claim in plan.claims))
        notes = _absences(asked, len(runs), unplanned if only is None else 0)
        declaration = read_declaration(self.folder)
        return Tables(name, question, runs, trace, skipped, listed, notes, claims, declaration=declaration)


def _check(pair: tuple[Path, Path], held: slice, ids: pd.Series[str], stored: StoredRows) -> None:
    """See that a part of runs, which are among those that are stored, and its traces belong together."""
    own = ids.iloc[held].reset_index(drop=True)
    check_pair(*pair, own, functools.partial(stored.part, held.start, held.stop))


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


def _in_place(path: str, flags: int) -> int:
    return os.open(path, flags | NO_LINK, 0o666)


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
