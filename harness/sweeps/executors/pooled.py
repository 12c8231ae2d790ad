"""The loop of all executors that have workers: groups out, results in, and what follows a death."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Generator, Sequence
from concurrent.futures import FIRST_COMPLETED, Future, wait
from typing import Protocol

from harness.runs.finished import Finished
from harness.runs.single_run import Run
from harness.sweeps.executors.executor import Executor
from harness.sweeps.executors.run_groups import Groups, RunGroup
from harness.sweeps.worker import Done
from optimizers.errors import InputError
from optimizers.options import options

AHEAD = 2
"""Groups that each worker has: one at work, and one that it finds at once when that is done."""

FRUITLESS = 3
"""Times that new workers may die before they have done anything."""


class WorkersDiedError(Exception):
    """Report that workers died; what they were doing is to be done by others."""


class Pool(Protocol):
    """Workers that have been started."""

    def submit(self, group: RunGroup) -> Future[Done]:
        """Give a group to a worker."""

    def result(self, future: Future[Done]) -> Done:
        """Return what came back.

        Raises:
            WorkersDiedError: if the worker that had it died.
            InputError: if a worker cannot do runs at all.
        """

    def renew(self) -> None:
        """Start workers for those that died, and wait until one answers.

        Raises:
            WorkersDiedError: if none does.
        """

    def end(self, at_once: bool) -> None:
        """End the workers, or leave them to the next sweep.

        Arguments:
            at_once: whether they may be at work, and nobody waits for what they do.
        """


@options
class PooledExecutor(Executor):
    """Do runs in other processes."""

    @abstractmethod
    def start(self, digest: str, problems: bytes) -> Pool:
        """Start workers.

        Arguments:
            digest: of the problems.
            problems: the problems of all runs, pickled.
        """

    def do(self, runs: Sequence[Run]) -> Generator[Sequence[Finished]]:
        """Do runs, in groups of about a second."""
        if not runs:
            return
        groups = Groups(runs)
        pool = self.start(*groups.luggage())
        waiting: dict[Future[Done], RunGroup] = {}
        died = False
        try:
            while waiting or groups.left():
                # Those that were there when a worker died go alone, so that the next death has one cause.
                alone = groups.suspected() or any(group.suspected for group in waiting.values())
                room = 1 if alone else AHEAD * self.processes()
                while len(waiting) < room and groups.left():
                    group = groups.take(self.processes())
                    waiting[pool.submit(group)] = group
                for future in wait(waiting, return_when=FIRST_COMPLETED).done:
                    group = waiting.pop(future)
                    try:
                        done = pool.result(future)
                    except WorkersDiedError:
                        died = True
                        if group.suspected and len(group.seeds) == 1:
                            groups.came_back(group, 1.0)
                            yield [group.runs(groups.problems)[0].lost(KILLED)]
                        else:
                            groups.suspect(group)
                    else:
                        groups.came_back(group, done.seconds)
                        yield done.runs
                if died and not waiting:
                    _renewed(pool)
                    died = False
        except BaseException:
            pool.end(at_once=True)
            raise
        pool.end(at_once=False)


KILLED = (
    "the worker process that did it was killed, twice, most likely by the system for want of memory: take "
    "fewer workers or less data, and --retry failed"
)


def _renewed(pool: Pool) -> None:
    for _ in range(FRUITLESS):
        try:
            return pool.renew()
        except WorkersDiedError:
            continue
    raise InputError(
        f"worker processes die before they have begun, {FRUITLESS} times in a row: what is finished is kept, "
        "and the same command goes on from here; take fewer workers, or --workers 1"
    )
