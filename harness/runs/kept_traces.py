"""Traces that lie in a folder: seen to be what was written at once, read when they are asked for."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd

from harness.runs.columns import RUNS, TRACE
from harness.runs.parts import DamagedError, is_sealed, is_there
from harness.runs.reading import read_part, run_in
from harness.runs.tables import TRACE_COLUMNS, runs_of
from optimizers.errors import InputError
from optimizers.objective import Rows


@dataclass(frozen=True)
class KeptTraces:
    """The traces of runs that a folder holds.

    Attributes:
        files: parts of traces.
        held: of how many runs each has rows.
        run_ids: the runs that are known.
        part_of: number of its file for each of them.
    """

    files: tuple[Path, ...]
    held: tuple[int, ...]
    run_ids: pd.Series
    part_of: Rows

    def __call__(self, runs: pd.DataFrame) -> pd.DataFrame:
        """Read the traces of some of the runs, in their order; other parts are left alone.

        Raises:
            DamagedError: if a part is not what was written any more.
            InputError: if one was removed, or the system does not hand it out.
        """
        place = pd.Index(self.run_ids).get_indexer(runs["run_id"])
        part_of = np.where(place < 0, -1, self.part_of[place]) if len(self.part_of) else place
        tables = []
        for part in dict.fromkeys(part_of[part_of >= 0].tolist()):
            if not is_there(self.files[part]):
                raise InputError(
                    f"{self.files[part]} is gone, and traces with it: ask for results.trace while the folder "
                    "is there, or run the experiment again"
                )
            table, wanted = read_part(self.files[part]), runs["run_id"][part_of == part]
            # Most often all of a part are wanted, and nothing has to be looked for.
            all_of_it = len(wanted) == self.held[part]
            tables.append(table if all_of_it else table[table["run_id"].isin(wanted)])
        trace = pd.concat(tables, ignore_index=True) if tables else pd.DataFrame(columns=TRACE_COLUMNS)
        # The rows of 100,000 runs take half a gigabyte, and are copied once more below.
        del tables
        order = runs_of(trace, runs)
        if (np.diff(order) < 0).any():
            trace = trace.take(np.argsort(order, kind="stable")).reset_index(drop=True)
        return trace


def check_pair(runs_file: Path, trace_file: Path, ids: pd.Series, read: Callable[[], pd.DataFrame]) -> None:
    """See that runs and their traces belong together.

    Arguments:
        runs_file: the part of the runs.
        trace_file: that of their traces, which is read as far as its digest does not vouch for it.
        ids: the runs that the part of the runs has.
        read: returns its rows, where its digest does not vouch for them.

    Raises:
        DamagedError: if they do not.
    """
    if is_sealed(runs_file) and is_sealed(trace_file) and (ids == run_in(trace_file)).any():
        # Both are what was written, and were written together: reading the rows takes most of a load.
        return
    runs, trace = read(), read_part(trace_file)
    for path, table, columns in ((runs_file, runs, RUNS), (trace_file, trace, TRACE)):
        whole = [name for name, column in columns.items() if column.kind == "whole"]
        least = table[whole].to_numpy().min(axis=0, initial=0)
        if least.min() < 0:
            name = whole[int(least.argmin())]
            raise DamagedError(path, f"has a number below 0 in the column {name} ({columns[name].holds})")
    if ids.duplicated().any():
        raise DamagedError(runs_file, f"has two rows of run {ids[ids.duplicated()].iloc[0]}")
    codes = pd.Index(ids).get_indexer(trace["run_id"])
    if (codes < 0).any():
        stranger = trace["run_id"][codes < 0].iloc[0]
        raise DamagedError(trace_file, f"has rows of run {stranger}, which is none of its runs")
    # A run that failed before its first look has no trace, and no loss of its start.
    untraced = ~np.isin(np.arange(len(ids)), codes) & runs["start_loss"].notna()
    if untraced.any():
        raise DamagedError(trace_file, f"has no row of run {ids[untraced].iloc[0]}")
    back = (np.diff(codes) == 0) & (np.diff(trace["iteration"]) < 0)
    if back.any():
        raise DamagedError(trace_file, f"has rows of run {ids[codes[1:][back][0]]} that are not in order")
