"""Runs one after the other in this process."""

from __future__ import annotations

from collections.abc import Generator, Sequence

from harness.runs.execution import BLOCK_SECONDS, executed
from harness.runs.finished import Finished
from harness.runs.single_run import Run
from harness.sweeps.executors.executor import Executor
from optimizers.linear_algebra_threads import one_thread
from optimizers.options import options


@options
class Serial(Executor):
    """Do runs one after the other in this process, in the order they are declared.

    >>> import harness
    >>> harness.run("xor", "adam", seeds=2, budget=50, executor="serial").runs["seed"].tolist()
    [0, 1]
    """

    def processes(self) -> int:
        """Return 1."""
        return 1

    def do(self, runs: Sequence[Run]) -> Generator[Sequence[Finished]]:
        """Do runs in their order."""
        with one_thread():
            yield from executed(runs, BLOCK_SECONDS)
