"""Does the runs of an experiment that are not done yet, and keeps them."""

from __future__ import annotations

import contextlib
import sys
import time
from collections.abc import Callable, Collection, Mapping, Sequence
from contextlib import closing
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from harness.problems.problem import Problem
from harness.runs import provenance
from harness.runs.compiled_beside import compiled_beside
from harness.runs.declaration import Declaration, keep_declaration
from harness.runs.finished import FinishedRuns
from harness.runs.folder_lock import locked
from harness.runs.plans import Plan
from harness.runs.settings import with_axes, with_short_names
from harness.runs.single_run import Run
from harness.runs.store import Store
from harness.runs.tables import RUN_COLUMNS, TRACE_COLUMNS, Tables
from harness.sweeps.executors import chosen_executor
from harness.sweeps.executors.automatic import Automatic
from harness.sweeps.executors.executor import Executor
from harness.sweeps.experiment import Experiment
from harness.sweeps.garbage import rarely_searched_for
from harness.sweeps.interrupts import Interrupted, came, deferred, noticed
from harness.sweeps.pending import asked_of, kept_aside, outcomes_to_retry, pending_of
from harness.sweeps.planning import plan
from harness.sweeps.progress import Bar, Lines, NotebookBar, Output, Progress, State
from harness.sweeps.shards import Shard, shard_of
from harness.sweeps.time_left import TimeLeft, kinds_of
from optimizers.errors import InputError

FLUSH_SECONDS = 5.0
"""Finished runs are on disk after so long at the most."""

FLUSH_NUMBERS = 2_000_000
"""Numbers of finished runs that wait to be written, 16 megabytes: to write them takes as much again three
times, and where that lies between what is still held the system does not get it back."""


def sweep(
    experiment: Experiment,
    folder: Path | None = None,
    workers: int | None = None,
    progress: bool | None = False,
    *,
    executor: str | Mapping[str, Any] | Executor | None = None,
    retry: str | Collection[str] = (),
    reuse: str | None = None,
    shard: str | None = None,
    wait: bool = True,
    announce: Callable[[str], None] | None = None,
    chosen: Callable[[Sequence[Run]], list[Run]] | None = None,
    declaration: Declaration | None = None,
) -> tuple[Tables, int]:
    """Do the runs of an experiment that are not done yet.

    A run is done where the folder has it from the code that runs now. Runs of other code stay in the folder
    and are done again, unless they are asked for.

    Arguments:
        experiment: the runs.
        folder: where runs are kept and found again, or None to keep them in memory only.
        workers: processes of this machine; None takes one a core where there is work enough.
        executor: what does the runs, in place of ``workers``: by its name with options, such as
            "dask:address=tcp://10.0.0.5:8786".
        progress: whether to show how far it is, by a bar, or by lines where there is no terminal; None does
            so in a notebook.
        retry: outcomes of which runs are done again, such as ``"failed"`` or ``["failed", "timeout"]``.
        reuse: ``"other-code"`` takes finished runs of other code for those of this one, or None.
        shard: which part of the runs is done, as "3/10"; the plan is that of the whole.
        wait: whether to wait for another process that does runs in the folder; it is refused otherwise.
        announce: called with a sentence before anything runs where there are runs of other code, or where
            another process is waited for.
        chosen: returns those of the experiment's runs that are asked for; None asks for all.
        declaration: what the folder is to be declared to decide before its first run.

    Returns:
        The results of all runs of the experiment, and how many of them were done now.

    Raises:
        InputError: if nothing can be run, or the folder cannot be written or was declared otherwise.
    """
    again, part = outcomes_to_retry(retry), shard_of(shard)
    if folder is None and (again or reuse):
        raise InputError("retry and reuse go with runs that are kept: give the folder they are in")
    doing = chosen_executor(executor, workers)
    with rarely_searched_for(), _compiled_for(experiment, doing):
        finding = provenance.found_beside()
        runs, skipped = plan(experiment)
        if chosen is not None:
            runs = chosen(runs)
        asked = asked_of(experiment, runs, skipped, provenance.package_fingerprint(), reuse)
        entry = finding()
        if folder is not None:
            with locked(folder, wait, announce):
                store = Store(folder)
                return _in_folder(
                    asked, runs, store, doing, progress, again, part, announce, entry, declaration
                )
        pending = [run for run in runs if part is None or part.holds(run.run_id)]
        if not pending:
            return _nothing(asked), 0
        told = _progress(progress, None, len(runs), pending)
        rows, trace = _in_memory(pending, doing, told, provenance.columns_of(entry)).frames()
        listed = {asked.digest: list(asked.runs)}
        rows, skipped = with_short_names(rows, skipped)
        named = with_axes(rows)
        results = Tables(asked.name, asked.question, named, trace, skipped, listed, claims=experiment.claims)
        return results, len(pending)


def _compiled_for(experiment: Experiment, doing: Executor) -> contextlib.AbstractContextManager[None]:
    """Return a context in which another process compiles as well, where the runs may have one."""
    several = isinstance(doing, Automatic) and doing.processes() > 1
    networks = any(isinstance(problem, Problem) for problem in experiment.problems)
    return compiled_beside(experiment.optimizers if several and networks else ())


def _in_folder(
    asked: Plan,
    runs: list[Run],
    store: Store,
    chosen: Executor,
    progress: bool | None,
    again: set[str],
    part: Shard | None,
    announce: Callable[[str], None] | None,
    entry: dict[str, Any],
    declaration: Declaration | None,
) -> tuple[Tables, int]:
    """Do the runs that a folder lacks; the arguments are as ``sweep`` has read its own."""
    aside = store.put_aside()
    kept = store.finished(("run_id", "fingerprint", "outcome"))
    keep_declaration(store.folder, declaration, bool(len(kept)))
    done = asked.chosen(kept)
    pending = pending_of(runs, done, again, part)
    notes = (*aside, *kept_aside(asked, kept, done))
    store.write_plan(asked)
    if pending:
        store.write_provenance(entry, chosen.processes())
    if announce is not None:
        for note in notes:
            announce(note)
    told = _progress(progress, store, len(runs), pending)
    found = len(done)
    # They are read again at the end, and a million rows take a gigabyte.
    del kept, done
    _do(pending, chosen, store, told, provenance.columns_of(entry))
    results = store.load(asked) if pending or found else _nothing(asked)
    return replace(results, notes=(*notes, *results.notes)), len(pending)


def _nothing(asked: Plan) -> Tables:
    """Return the tables of a shard that no run has fallen into."""
    runs, trace = (pd.DataFrame(columns=list(names)) for names in (RUN_COLUMNS, TRACE_COLUMNS))
    listed = {asked.digest: list(asked.runs)}
    return Tables(asked.name, asked.question, runs, trace, asked.skipped_table(), listed)


def _progress(show: bool | None, store: Store | None, runs: int, pending: list[Run]) -> Progress:
    """Return what tells how far a sweep is; a folder's log is left alone where there is nothing to do."""
    outputs: list[Output] = []
    in_notebook = _in_notebook()
    if in_notebook if show is None else show:
        if in_notebook:
            outputs.append(NotebookBar())
        elif sys.stderr.isatty():
            outputs.append(Bar())
        else:
            outputs.append(Lines(_to_standard_error, failures=False, always=False))
    if store is not None and pending:
        outputs.append(Lines(store.log, failures=True, always=True))
    left = TimeLeft(kinds_of(pending) if outputs else {})
    return Progress(State(runs, runs - len(pending), left), outputs)


def _in_notebook() -> bool:
    """Say whether Jupyter's kernel runs this; that it was imported, by whatever else, does not say so."""
    kernel = sys.modules.get("ipykernel.kernelapp")
    return kernel is not None and bool(kernel.IPKernelApp.initialized())


def _to_standard_error(line: str) -> None:
    # Nobody may read it any more.
    with contextlib.suppress(OSError, ValueError):
        print(line, file=sys.stderr, flush=True)


def _do(
    pending: list[Run], executor: Executor, store: Store | None, progress: Progress, code: dict[str, str]
) -> list[FinishedRuns]:
    """Do runs; keep them in the store as they come, or else return them.

    Arguments:
        pending: the runs.
        executor: what does them.
        store: where to keep them, or None.
        progress: is told of each.
        code: what every row says of where it comes from.
    """
    finished: list[FinishedRuns] = []
    flushed, done, numbers = time.monotonic(), 0, 0
    with (
        noticed(handed_on=True),
        progress,
        closing(executor.do(pending)) as outcomes,
    ):
        try:
            try:
                for block in filter(len, outcomes):
                    finished.append(FinishedRuns.of(block).saying(code))
                    progress.advance_all(finished[-1].rows)
                    done += len(block)
                    numbers += finished[-1].numbers
                    if came():
                        raise Interrupted(came())
                    late = time.monotonic() - flushed > FLUSH_SECONDS
                    if store is not None and (late or numbers > FLUSH_NUMBERS):
                        with deferred():
                            store.append(FinishedRuns.joined(finished))
                            finished, flushed, numbers = [], time.monotonic(), 0
            finally:
                # Also on an interrupt: what is finished is never done again.
                if store is not None and finished:
                    with deferred():
                        store.append(FinishedRuns.joined(finished))
        except KeyboardInterrupt as error:
            # A look raises the plain one where something has swallowed this.
            interrupted = error if isinstance(error, Interrupted) or not came() else Interrupted(came())
            if store is not None and isinstance(interrupted, Interrupted):
                interrupted.kept = (
                    f"{done} run{'' if done == 1 else 's'} done now {'is' if done == 1 else 'are'} kept"
                )
            raise interrupted from None
    return finished if store is None else []


def _in_memory(
    pending: list[Run], executor: Executor, progress: Progress, code: dict[str, str]
) -> FinishedRuns:
    """Do runs, at least one, and return them in the order they were declared."""
    finished = FinishedRuns.joined(_do(pending, executor, None, progress, code))
    place = {run.run_id: number for number, run in enumerate(pending)}
    order = [place[run_id] for run_id in finished.rows["run_id"]]
    return finished if order == list(range(len(order))) else finished.taking(np.argsort(order))
