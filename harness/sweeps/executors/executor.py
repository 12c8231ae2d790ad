"""What the harness may ask of an executor: do these runs, wherever that is, and hand them back."""

from __future__ import annotations

import os
from abc import ABC, abstractmethod
from collections.abc import Generator, Sequence

from harness.runs.finished import Finished
from harness.runs.single_run import Run
from optimizers.named import Named
from optimizers.options import options


@options
class Executor(Named, ABC):
    """Do runs: in this process, in worker processes, on a cluster.

    A run comes to the same numbers wherever it is done, apart from the clock. So an executor compiles with
    one thread, computes with one thread, and changes nothing of a run. What it cannot do is no end of the
    sweep: a run whose process was killed is handed back as failed, in the others' midst.
    """

    @abstractmethod
    def processes(self) -> int:
        """Return how many processes do runs."""

    @abstractmethod
    def do(self, runs: Sequence[Run]) -> Generator[Sequence[Finished]]:
        """Do runs, and yield rows and traces in blocks as they are finished, in any order.

        Closing the generator ends all that it has started.

        Arguments:
            runs: each is done once.

        Raises:
            InputError: if runs cannot be done there at all.
        """


def cores() -> int:
    """Return how many cores this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
