"""Expands an experiment to its runs, does those that are not done yet, and keeps them."""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Collection, Generator
from contextlib import closing
from dataclasses import replace
from pathlib import Path

import numba
import numpy as np
import pandas as pd

from harness.runs.execution import BLOCK_SECONDS, executed
from harness.runs.identity import own_code, shown_optimizer, shown_problem
from harness.runs.plans import Plan, records
from harness.runs.provenance import columns_of, provenance
from harness.runs.settings import with_axes
from harness.runs.shared import Finished
from harness.runs.single_run import NO_GRADIENT, Run
from harness.runs.store import Store, tables_of
from harness.runs.tables import SKIPPED_COLUMNS, Tables
from harness.sweeps.experiment import Experiment
from harness.sweeps.interrupts import Interrupted, came, deferred, noticed, unheard_by_children
from harness.sweeps.plugins import loaded_plugins
from harness.sweeps.progress import Progress
from harness.sweeps.worker import begin
from optimizers.errors import InputError, unknown_name
from optimizers.linear_algebra_threads import one_thread
from optimizers.printable import shown

RUNS_A_WORKER = 50
"""Runs from which one more process pays: starting one takes two seconds."""

MOST_WORKERS = 1024
"""Processes at the most: each takes 100 megabytes."""

FLUSH_SECONDS = 5.0
"""Finished runs are on disk after so long at the most."""

PASSING = ("failed", "timeout")
"""Outcomes that may have a reason which passes: a full disk, a memory too small, a machine too busy."""

OTHER_CODE = "other-code"
"""Word for finished runs of another fingerprint."""


def plan(experiment: Experiment) -> tuple[list[Run], pd.DataFrame]:
    """Return the runs of an experiment, and the pairs that cannot work with their reasons."""
    runs: list[Run] = []
    skipped: dict[tuple[str, str, str], str] = {}
    for problem in experiment.problems:
        objectives = {name: problem.objective(name, experiment.seeds[0]) for name in experiment.gradients}
        for optimizer in experiment.optimizers:
            asks = "gradient" in optimizer.needs
            for gradient in experiment.gradients if asks else experiment.gradients[:1]:
                shown = gradient if asks else NO_GRADIENT
                reason = optimizer.refusal(objectives[gradient])
                if reason is not None:
                    skipped[shown_problem(problem), shown_optimizer(optimizer), shown] = reason
                    continue
                reference = experiment.gradient_reference
                code = own_code(problem, optimizer, [gradient, *([reference] if reference else [])])
                limits = (experiment.budget, experiment.timeout, reference)
                runs += Run(problem, optimizer, shown, 0, *limits, code).with_seeds(experiment.seeds)
    table = pd.DataFrame([(*key, reason) for key, reason in skipped.items()], columns=list(SKIPPED_COLUMNS))
    return runs, table


def sweep(
    experiment: Experiment,
    folder: Path | None = None,
    workers: int | None = None,
    progress: bool = False,
    *,
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
        workers: processes; None takes one a core where there are runs enough.
        progress: whether to show a progress bar.
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
    count = _workers(workers, len(pending))
    if store is not None:
        store.write_plan(asked)
        if pending:
            store.write_provenance(entry, count)
    if announce is not None:
        for note in notes:
            announce(note)
    finished = _do(pending, count, store, progress, columns_of(entry))
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


def _workers(asked: int | None, pending: int) -> int:
    asked = asked.item() if isinstance(asked, np.integer) else asked
    if asked is not None and (isinstance(asked, bool) or not isinstance(asked, int) or asked < 1):
        raise InputError(f"workers is {shown(asked)}, expected a whole number, 1 or more")
    if asked is not None and asked > MOST_WORKERS:
        raise InputError(f"workers is {shown(asked)}, expected up to {MOST_WORKERS}")
    cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    return asked if asked is not None else max(1, min(cores, pending // RUNS_A_WORKER))


def _do(
    pending: list[Run], workers: int, store: Store | None, show: bool, code: dict[str, str]
) -> list[Finished]:
    """Do runs; keep them in the store as they come, or return them in the order they were declared.

    Arguments:
        pending: the runs.
        workers: processes.
        store: where to keep them, or None.
        show: whether to show a progress bar.
        code: what every row says of where it comes from.
    """
    finished: list[Finished] = []
    flushed, done = time.monotonic(), 0
    with (
        noticed(handed_on=True),
        Progress(len(pending), show) as progress,
        closing(_outcomes(pending, workers)) as outcomes,
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


def _outcomes(pending: list[Run], workers: int) -> Generator[list[Finished]]:
    if workers == 1 or len(pending) < 2:
        with one_thread():
            # No block takes longer than finished runs may wait to be kept.
            yield from executed(pending, min(BLOCK_SECONDS, FLUSH_SECONDS))
        return
    # Imported here: joblib takes a sixth of a second, and one worker does without.
    from concurrent.futures.process import BrokenProcessPool

    from joblib import Parallel, delayed, parallel_config

    _compile_once(pending)
    # One thread a worker: two that share the cores would only wait for each other.
    watched = {"initializer": begin, "initargs": (os.getpid(), loaded_plugins())}
    with parallel_config(backend="loky", inner_max_num_threads=1, **watched):
        with unheard_by_children():
            outcomes = Parallel(n_jobs=workers, return_as="generator_unordered")(
                delayed(Run.execute)(run) for run in pending
            )
        try:
            for outcome in outcomes:
                yield [outcome]
        except BrokenProcessPool:
            raise InputError(
                "a worker process was killed, most likely by the system for want of memory: what is finished "
                "is kept, and the same command goes on from here; take fewer workers or less data"
            ) from None


def _compile_once(pending: list[Run]) -> None:
    """Compile every kind of run here, so that the workers find machine code in the cache."""
    threads = numba.get_num_threads()
    numba.set_num_threads(1)
    try:
        for run in pending:
            run.warm_up()
    finally:
        numba.set_num_threads(threads)
