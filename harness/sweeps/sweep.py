"""Does the runs of an experiment that are not done yet, and keeps them."""

from __future__ import annotations

import contextlib
import sys
import time
from collections.abc import Callable, Collection, Mapping
from contextlib import closing
from dataclasses import replace
from pathlib import Path
from typing import Any

import pandas as pd

from harness.runs.plans import Plan, records
from harness.runs.provenance import columns_of, provenance
from harness.runs.settings import with_axes
from harness.runs.shared import Finished
from harness.runs.single_run import Run
from harness.runs.store import Store, tables_of
from harness.runs.tables import Tables
from harness.sweeps.executors import chosen_executor
from harness.sweeps.executors.executor import Executor
from harness.sweeps.experiment import Experiment
from harness.sweeps.interrupts import Interrupted, came, deferred, noticed
from harness.sweeps.planning import plan
from harness.sweeps.progress import Bar, Lines, Output, Progress, State
from optimizers.errors import InputError, unknown_name
from optimizers.printable import shown

FLUSH_SECONDS = 5.0
"""Finished runs are on disk after so long at the most."""

PASSING = ("failed", "timeout")
"""Outcomes that may have a reason which passes: a full disk, a memory too small, a machine too busy."""

OTHER_CODE = "other-code"
"""Word for finished runs of another fingerprint."""


def sweep(
    experiment: Experiment,
    folder: Path | None = None,
    workers: int | None = None,
    progress: bool | None = False,
    *,
    executor: str | Mapping[str, Any] | Executor | None = None,
    retry: str | Collection[str] = (),
    reuse: str | None = None,
    announce: Callable[[str], None] | None = None,
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
        announce: called with a sentence before anything runs where there are runs of other code.

    Returns:
        The results of all runs of the experiment, and how many of them were done now.

    Raises:
        InputError: if nothing can be run, or the folder cannot be written.
    """
    again = _outcomes_to_retry(retry)
    if reuse not in (None, OTHER_CODE):
        raise unknown_name("kind of runs to reuse", reuse, [OTHER_CODE])
    if folder is None and (again or reuse):
        raise InputError("retry and reuse go with runs that are kept: give the folder they are in")
    runs, skipped = plan(experiment)
    if not runs:
        reasons = "; ".join(sorted(set(skipped["reason"])))
        raise InputError(f"experiment '{experiment.name}' has no run that can work: {reasons}")
    entry = provenance()
    asked = Plan(
        experiment.name,
        experiment.question,
        tuple(run.run_id for run in runs),
        records(skipped),
        entry["fingerprint"],
        reuse == OTHER_CODE,
        experiment.declaration(),
    )
    store = Store(folder) if folder is not None else None
    pending = runs
    notes: tuple[str, ...] = ()
    if store is not None:
        aside = store.put_aside()
        kept = store.finished()
        done = asked.chosen(kept)
        there = set(done["run_id"][~done["outcome"].isin(again)])
        pending = [run for run in runs if run.run_id not in there]
        notes = (*aside, *_kept_aside(asked, kept, done))
    chosen = chosen_executor(executor, workers)
    if store is not None:
        store.write_plan(asked)
        if pending:
            store.write_provenance(entry, chosen.processes())
    if announce is not None:
        for note in notes:
            announce(note)
    outputs = _outputs(progress, store, bool(pending))
    state = State(len(runs), len(runs) - len(pending))
    finished = _do(pending, chosen, store, Progress(state, outputs), columns_of(entry))
    if store is not None:
        results = store.load(asked)
        return replace(results, notes=(*notes, *results.notes)), len(pending)
    rows, trace = tables_of(finished)
    listed = {asked.digest: list(asked.runs)}
    return Tables(experiment.name, experiment.question, with_axes(rows), trace, skipped, listed), len(pending)


def _outcomes_to_retry(retry: str | Collection[str]) -> set[str]:
    if not isinstance(retry, str | list | tuple | set | frozenset) or not all(
        isinstance(name, str) for name in retry
    ):
        raise InputError(f"retry is {shown(retry)}, expected outcomes such as 'failed'")
    listed = [
        name.strip() for entry in ([retry] if isinstance(retry, str) else retry) for name in entry.split(",")
    ]
    for name in listed:
        if name not in PASSING:
            raise unknown_name("outcome to retry", name, PASSING)
    return set(listed)


def _kept_aside(asked: Plan, kept: pd.DataFrame, done: pd.DataFrame) -> tuple[str, ...]:
    """Say how many of the runs that are asked for are there from other code only, and how to take them."""
    aside = set(kept["run_id"]) & set(asked.runs) - set(done["run_id"])
    if not aside:
        return ()
    counted = "1 run of other code is" if len(aside) == 1 else f"{len(aside)} runs of other code are"
    return (
        f"{counted} kept aside and done again; to take what is there: "
        '--reuse other-code (in Python reuse="other-code")',
    )


def _outputs(progress: bool | None, store: Store | None, pending: bool) -> list[Output]:
    """Return where progress is told; the folder's log is left alone where there is nothing to do."""
    outputs: list[Output] = []
    in_notebook = "ipykernel" in sys.modules
    if in_notebook if progress is None else progress:
        if in_notebook or sys.stderr.isatty():
            outputs.append(Bar())
        else:
            outputs.append(Lines(_to_standard_error, failures=False, always=False))
    if store is not None and pending:
        outputs.append(Lines(store.log, failures=True, always=True))
    return outputs


def _to_standard_error(line: str) -> None:
    # Nobody may read it any more.
    with contextlib.suppress(OSError, ValueError):
        print(line, file=sys.stderr, flush=True)


def _do(
    pending: list[Run], executor: Executor, store: Store | None, progress: Progress, code: dict[str, str]
) -> list[Finished]:
    """Do runs; keep them in the store as they come, or return them in the order they were declared.

    Arguments:
        pending: the runs.
        executor: what does them.
        store: where to keep them, or None.
        progress: is told of each.
        code: what every row says of where it comes from.
    """
    finished: list[Finished] = []
    flushed, done = time.monotonic(), 0
    with (
        noticed(handed_on=True),
        progress,
        closing(executor.do(pending)) as outcomes,
    ):
        try:
            try:
                for block in outcomes:
                    for row, _ in block:
                        row.update(code)
                        progress.advance(row)
                    finished += block
                    done += len(block)
                    if came():
                        raise Interrupted(came())
                    if store is not None and time.monotonic() - flushed > FLUSH_SECONDS:
                        with deferred():
                            store.append(finished)
                            finished, flushed = [], time.monotonic()
            finally:
                # Also on an interrupt: what is finished is never done again.
                if store is not None:
                    with deferred():
                        store.append(finished)
        except KeyboardInterrupt as error:
            # A look raises the plain one where something has swallowed this.
            interrupted = error if isinstance(error, Interrupted) or not came() else Interrupted(came())
            if store is not None and isinstance(interrupted, Interrupted):
                interrupted.kept = (
                    f"{done} run{'' if done == 1 else 's'} done now {'is' if done == 1 else 'are'} kept"
                )
            raise interrupted from None
    place = {run.run_id: number for number, run in enumerate(pending)}
    return sorted(finished, key=lambda pair: place[pair[0]["run_id"]])
