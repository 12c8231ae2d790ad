"""Runs seeds in blocks until every claim is decided, or there are as many as were allowed."""

from __future__ import annotations

import contextlib
import tempfile
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from harness.analysis.comparison import declared_verdicts
from harness.analysis.verdict import Verdict
from harness.deciding.blocks import first_block, next_block
from harness.deciding.declaring import Kind, declare, named_runs, with_seeds
from harness.runs.declaration import Declaration
from harness.runs.single_run import Run
from harness.runs.store import Store
from harness.runs.tables import Tables
from harness.sweeps.executors.executor import Executor
from harness.sweeps.experiment import Experiment
from harness.sweeps.sweep import sweep


def run_until_decided(
    experiment: Experiment,
    limit: int,
    folder: Path | None = None,
    workers: int | None = None,
    progress: bool | None = False,
    *,
    executor: str | Mapping[str, Any] | Executor | None = None,
    retry: str | Collection[str] = (),
    reuse: str | None = None,
    wait: bool = True,
    announce: Callable[[str], None] | None = None,
) -> tuple[Tables, int]:
    """Do runs of an experiment until its claims are decided; those that are there already are not done again.

    What is to be decided is written into the folder before the first run. Seeds are added in blocks from 0
    on, the same for both sides of a comparison, and to undecided comparisons only. Each block follows from
    the runs before it, so that a command that was interrupted goes on where it was, and any number of workers
    comes to the same runs.

    Arguments:
        experiment: its seeds have no part in it.
        limit: seeds that a comparison may take.
        folder: where runs are kept and found again, or None to keep them in memory only.
        workers: as of ``sweep``.
        progress: as of ``sweep``.
        executor: as of ``sweep``.
        retry: as of ``sweep``.
        reuse: as of ``sweep``.
        wait: as of ``sweep``.
        announce: called with a sentence after each block as well.

    Returns:
        The results, and how many runs were done now.

    Raises:
        InputError: if there is nothing to decide, or the folder was declared otherwise or has runs from
            before.
    """
    declaration = declare(experiment, limit)
    seeds, done = first_block(declaration), 0
    options: dict[str, Any] = {"executor": executor, "reuse": reuse, "wait": wait}
    options |= {"announce": announce, "declaration": declaration}
    with _place(folder) as place:
        there = set(Store(place).undamaged()[0]["run_id"]) if retry else set()
        if there:
            # Once, and not with each block.
            everything = with_seeds(experiment, limit)
            again = sweep(everything, place, workers, progress, chosen=_Among(there), retry=retry, **options)
            done += again[1]
        while True:
            tables, now = sweep(
                with_seeds(experiment, max(seeds.values())),
                place,
                workers,
                progress,
                chosen=_Chosen(seeds),
                **options,
            )
            done += now
            verdicts, _ = declared_verdicts(tables, declaration)
            grown = next_block(seeds, verdicts, declaration)
            if announce is not None and now:
                announce(_so_far(verdicts, declaration, grown != seeds))
            if grown == seeds:
                break
            seeds = grown
        tables = replace(tables, declaration=declaration)
        if folder is None:
            # Read before the folder is gone.
            tables = replace(tables, held_trace=tables.trace)
    return tables, done


class _Chosen:
    """Chooses the runs of a block: of each optimizer on each problem those of its seeds."""

    def __init__(self, seeds: Mapping[Kind, int]) -> None:
        self.seeds = seeds

    def __call__(self, runs: Sequence[Run]) -> list[Run]:
        return [run for kind, run in named_runs(runs) if run.seed < self.seeds.get(kind, 0)]


class _Among:
    """Chooses the runs of these ids."""

    def __init__(self, ids: Collection[str]) -> None:
        self.ids = ids

    def __call__(self, runs: Sequence[Run]) -> list[Run]:
        return [run for run in runs if run.run_id in self.ids]


@contextlib.contextmanager
def _place(folder: Path | None) -> Iterator[Path]:
    """Return the folder, or one that is there as long as it is needed."""
    if folder is not None:
        yield folder
        return
    with tempfile.TemporaryDirectory(prefix="harness-") as made:
        yield Path(made) / "runs"


def _so_far(verdicts: Sequence[Verdict], declaration: Declaration, more: bool) -> str:
    decided = sum(found.stopped is not None and found.stopped.at is not None for found in verdicts)
    most = max((found.n for found in verdicts), default=0)
    count = len(declaration.claims)
    said = f"{decided} of {count} claim{'' if count == 1 else 's'} decided with up to {most} seeds"
    return f"{said}; the others get more" if more else said
