"""What does runs: one file an executor, found by itself."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from harness.sweeps.executors.automatic import Automatic
from harness.sweeps.executors.executor import Executor
from harness.sweeps.executors.serial import Serial
from optimizers.errors import InputError
from optimizers.printable import shown
from optimizers.registry import ClassRegistry

EXECUTORS: ClassRegistry[Executor] = ClassRegistry(
    "executor",
    "harness.executors",
    __name__,
    Executor,  # type: ignore[type-abstract]
    "processes",
)
"""Every executor by its name in kebab-case."""


def chosen_executor(executor: str | Mapping[str, Any] | Executor | None, workers: int | None) -> Executor:
    """Return the executor that a user has named, or the one that a number of workers asks for.

    Arguments:
        executor: one, or its name with options, or None.
        workers: processes of this machine, or None.

    Raises:
        InputError: for both at once, an unknown name or a number that is none.

    >>> chosen_executor(None, 1), chosen_executor("processes:workers=2", None)
    (Serial(), Processes(workers=2))
    """
    workers = workers.item() if isinstance(workers, np.integer) else workers
    if workers is not None and (isinstance(workers, bool) or not isinstance(workers, int) or workers < 1):
        raise InputError(f"workers is {shown(workers)}, expected a whole number, 1 or more")
    if executor is not None:
        if workers is not None:
            raise InputError(
                f"workers is {workers} beside an executor, which has its own: write "
                f"'processes:workers={workers}', or leave one of them out"
            )
        return executor if isinstance(executor, Executor) else EXECUTORS.build(executor)
    if workers is None:
        return Automatic()
    return Serial() if workers == 1 else EXECUTORS.build("processes", workers=workers)
