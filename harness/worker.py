"""What a worker process does: one run after another, for as long as the process that asked for them lives."""

from __future__ import annotations

import functools
import os
import threading
import time
from typing import Any

from harness.recorder import Trace
from harness.single_run import Run

WATCHED_SECONDS = 1.0
"""How often a worker looks for its parent."""


def execute(run: Run) -> tuple[dict[str, Any], Trace]:
    """Do a run in a worker, which ends by itself when its parent has ended."""
    _end_with_parent()
    return run.execute()


@functools.cache
def _end_with_parent() -> None:
    """Watch the parent from a thread, once a process.

    A parent that is killed has no time to end its workers, and a pool's queue stays open as long as one of
    them lives: they went on for as long as there were runs, and waited for more for minutes.
    """
    threading.Thread(target=_watch, args=(os.getppid(),), daemon=True, name="watches-parent").start()


def _watch(parent: int) -> None:
    # A process whose parent has ended is given another one.
    while os.getppid() == parent:
        time.sleep(WATCHED_SECONDS)
    os._exit(1)
