"""Expands an experiment to its runs, does those that are not done yet, and keeps them."""

from __future__ import annotations

import os
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numba
import pandas as pd

from harness.experiment import Experiment
from harness.problems.base import BaseProblem
from harness.progress import Progress
from harness.provenance import provenance_text
from harness.recorder import Trace
from harness.results import SKIPPED_COLUMNS, Results
from harness.single_run import NO_GRADIENT, Run
from harness.store import Store, tables_of
from optimizers.errors import InputError, MissingExtraError
from optimizers.objective import Objective

RUNS_A_WORKER = 50
"""Runs from which one more process pays: starting one takes two seconds."""

FLUSH_SECONDS = 5.0
"""Finished runs are on disk after so long at the most."""

Finished = tuple[dict[str, Any], Trace]
"""A run's row and its trace."""


def plan(experiment: Experiment) -> tuple[list[Run], pd.DataFrame]:
    """Return the runs of an experiment, and the pairs that cannot work with their reasons."""
    runs: list[Run] = []
    skipped: dict[tuple[str, str, str], str] = {}
    for problem in experiment.problems:
        objectives = {name: _objective(problem, name, experiment.seeds[0]) for name in experiment.gradients}
        for optimizer in experiment.optimizers:
            asks = "gradient" in optimizer.needs
            for gradient in experiment.gradients if asks else experiment.gradients[:1]:
                shown = gradient if asks else NO_GRADIENT
                objective = objectives[gradient]
                reason = objective if isinstance(objective, str) else optimizer.refusal(objective)
                if reason is not None:
                    skipped[problem.name, optimizer.label, shown] = reason
                    continue
                runs += [
                    Run(
                        problem,
                        optimizer,
                        shown,
                        seed,
                        experiment.budget,
                        experiment.timeout,
                        experiment.gradient_reference,
                    )
                    for seed in experiment.seeds
                ]
    table = pd.DataFrame([(*key, reason) for key, reason in skipped.items()], columns=list(SKIPPED_COLUMNS))
    return runs, table


def _objective(problem: BaseProblem, gradient: str, seed: int) -> Objective | str:
    """Return the objective, or the reason why this installation cannot build it."""
    try:
        return problem.objective(gradient, seed)
    except MissingExtraError as error:
        return str(error)


def sweep(
    experiment: Experiment,
    folder: Path | None = None,
    workers: int | None = None,
    progress: bool = False,
) -> tuple[Results, int]:
    """Do the runs of an experiment that are not done yet.

    Arguments:
        experiment: the runs.
        folder: where runs are kept and found again, or None to keep them in memory only.
        workers: processes; None takes one a core where there are runs enough.
        progress: whether to show a progress bar.

    Returns:
        The results of all runs, and how many of them were done now.

    Raises:
        InputError: if nothing can be run, or the folder cannot be written.
    """
    runs, skipped = plan(experiment)
    if not runs:
        reasons = "; ".join(sorted(set(skipped["reason"])))
        raise InputError(f"experiment '{experiment.name}' has no run that can work: {reasons}")
    store = Store(folder) if folder is not None else None
    pending = runs
    if store is not None:
        done = set(store.finished()["run_id"])
        pending = [run for run in runs if run.run_id not in done]
    count = _workers(workers, len(pending))
    if store is not None:
        store.write_plan([run.run_id for run in runs], skipped, experiment.name, experiment.question)
        store.write_text("experiment.toml", experiment.declaration())
        if pending:
            store.write_text("provenance.json", provenance_text(count))
    finished = _do(pending, count, store, progress)
    if store is not None:
        return store.load(), len(pending)
    rows, trace = tables_of(finished)
    return Results(experiment.name, experiment.question, rows, trace, skipped), len(pending)


def _workers(asked: int | None, pending: int) -> int:
    if asked is not None and (isinstance(asked, bool) or not isinstance(asked, int) or asked < 1):
        raise InputError(f"workers is {asked!r}, expected a whole number, 1 or more")
    cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    return asked if asked is not None else max(1, min(cores, pending // RUNS_A_WORKER))


def _do(pending: list[Run], workers: int, store: Store | None, show: bool) -> list[Finished]:
    """Do runs; keep them in the store as they come, or return them in the order they were declared."""
    finished: list[Finished] = []
    flushed = time.monotonic()
    with Progress(len(pending), show) as progress:
        try:
            for row, trace in _outcomes(pending, workers):
                finished.append((row, trace))
                progress.advance(row)
                if store is not None and time.monotonic() - flushed > FLUSH_SECONDS:
                    store.append(finished)
                    finished, flushed = [], time.monotonic()
        finally:
            # Also on an interrupt: what is finished is never done again.
            if store is not None:
                store.append(finished)
    place = {run.run_id: number for number, run in enumerate(pending)}
    return sorted(finished, key=lambda pair: place[pair[0]["run_id"]])


def _outcomes(pending: list[Run], workers: int) -> Iterator[Finished]:
    if workers == 1 or len(pending) < 2:
        for run in pending:
            yield run.execute()
        return
    # Imported here: joblib takes a sixth of a second, and one worker does without.
    from joblib import Parallel, delayed, parallel_config

    _compile_once(pending)
    # One thread a worker: two that share the cores would only wait for each other.
    with parallel_config(backend="loky", inner_max_num_threads=1):
        yield from Parallel(n_jobs=workers, return_as="generator_unordered")(
            delayed(run.execute)() for run in pending
        )


def _compile_once(pending: list[Run]) -> None:
    """Compile every kind of run here, so that the workers find machine code in the cache."""
    threads = numba.get_num_threads()
    numba.set_num_threads(1)
    try:
        for run in pending:
            run.warm_up()
    finally:
        numba.set_num_threads(threads)
