"""Runs in worker processes of this machine, by loky."""

from __future__ import annotations

import os
import shutil
import sys
import tempfile
from concurrent.futures import Future
from concurrent.futures.process import BrokenProcessPool
from pathlib import Path
from typing import Annotated, Any

from pydantic import Field

from harness.sweeps.executors.executor import cores
from harness.sweeps.executors.pooled import PooledExecutor, WorkersDiedError
from harness.sweeps.executors.run_groups import RunGroup, unsendable
from harness.sweeps.interrupts import unheard_by_children
from harness.sweeps.plugins import loaded_plugins
from harness.sweeps.worker import Done, begin, do_group
from optimizers.errors import InputError
from optimizers.options import Count, Positive, options

MOST_WORKERS = 1024
"""Processes at the most: each takes 100 megabytes."""

IDLE_SECONDS = 300.0
"""How long workers wait for the next sweep: starting them takes two seconds."""

ONE_THREAD = {
    f"{library}_NUM_THREADS": "1" for library in ("NUMBA", "OMP", "OPENBLAS", "MKL", "VECLIB", "BLIS")
}
"""What a worker's libraries are told: two threads that share a core would only wait for each other."""


@options
class Processes(PooledExecutor):
    """Do runs in worker processes of this machine, each with one thread.

    Attributes:
        workers: processes; None takes one a core.
        memory: gigabytes of its own that each worker may have (a worker that has just begun has a third of
            one); a run that asks for more fails, with a sentence. On Linux; None is no limit.

    >>> import harness
    >>> results = harness.run("xor", "adam", seeds=4, budget=50, executor="processes:workers=2")
    >>> results.runs["seed"].tolist()
    [0, 1, 2, 3]
    """

    workers: Annotated[Count, Field(le=MOST_WORKERS)] | None = None
    memory: Positive | None = None

    def __post_init__(self) -> None:
        if self.memory is not None and not sys.platform.startswith("linux"):
            raise InputError(f"Processes: option 'memory' is {self.memory}, which needs Linux: leave it out")

    def processes(self) -> int:
        """Return the number of workers."""
        return self.workers or cores()

    def start(self, digest: str, problems: bytes) -> Workers:
        """Start workers, or take those of the last sweep where they are as many."""
        return Workers(self.processes(), self.memory, digest, problems)


class Workers:
    """Worker processes of loky.

    Arguments:
        count: how many.
        memory: gigabytes that each may have, or None.
        digest: of the problems.
        problems: the problems of all runs, pickled: they lie in a file, from which each worker reads once.
    """

    def __init__(self, count: int, memory: float | None, digest: str, problems: bytes) -> None:
        self._count, self._memory, self._digest = count, memory, digest
        self._folder = Path(tempfile.mkdtemp(prefix="harness-"))
        self._file = self._folder / "problems"
        self._file.write_bytes(problems)
        self._executor = self._started()

    def _started(self) -> Any:
        # Imported here: it takes a tenth of a second, and one worker does without.
        from loky import get_reusable_executor

        return get_reusable_executor(
            max_workers=self._count,
            timeout=IDLE_SECONDS,
            initializer=begin,
            initargs=(os.getpid(), tuple(loaded_plugins()), self._memory),
            env=ONE_THREAD,
        )

    def submit(self, group: RunGroup) -> Future[Done]:
        """Give a group to a worker."""
        try:
            # Workers are started when there is something to do, and again after they were idle.
            with unheard_by_children():
                future: Future[Done] = self._executor.submit(do_group, self._digest, str(self._file), group)
        except BrokenProcessPool as error:
            future = Future()
            future.set_exception(error)
        return future

    def result(self, future: Future[Done]) -> Done:
        """Return what came back."""
        try:
            return future.result()
        except BrokenProcessPool as error:
            if "serialize" in str(error):
                raise unsendable(error) from None
            raise WorkersDiedError from None
        except Exception as error:
            # A run that breaks is a row; what comes as an exception never was one.
            raise unsendable(error) from None

    def renew(self) -> None:
        """Start workers for those that died, and wait until one answers."""
        self._executor = self._started()
        try:
            with unheard_by_children():
                answer = self._executor.submit(os.getpid)
            answer.result()
        except BrokenProcessPool:
            raise WorkersDiedError from None

    def end(self, at_once: bool) -> None:
        """Leave the workers to the next sweep, or end them at once."""
        shutil.rmtree(self._folder, ignore_errors=True)
        if at_once:
            self._executor.shutdown(wait=True, kill_workers=True)
