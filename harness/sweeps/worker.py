"""What a worker process does first: it loads what it needs, and sees to it that it ends with its parent."""

from __future__ import annotations

import os
import threading
import time
from collections.abc import Sequence
from pathlib import Path

from harness.sweeps.plugins import load_plugins

WATCHED_SECONDS = 1.0
"""How often a worker looks for its parent."""


def begin(parent: int, plugins: Sequence[str]) -> None:
    """Begin as a worker.

    Arguments:
        parent: number of the process that asked for it.
        plugins: files that it has loaded, without which runs cannot be taken out of their envelopes.
    """
    end_with(parent)
    for file in plugins:
        load_plugins(Path(file))


def end_with(parent: int) -> None:
    """Watch the parent from a thread, and end the process when it has ended.

    A parent that is killed has no time to end its workers, and a pool's queue stays open as long as one of
    them lives: they went on for as long as there were runs, and waited for more for minutes. It is named by
    its number, for one that ended before the worker had begun can be asked for no more.

    Arguments:
        parent: its process number.
    """
    threading.Thread(target=_watch, args=(parent,), daemon=True, name="watches-parent").start()


def _watch(parent: int) -> None:
    # A process whose parent has ended is given another one.
    while os.getppid() == parent:
        time.sleep(WATCHED_SECONDS)
    os._exit(1)
