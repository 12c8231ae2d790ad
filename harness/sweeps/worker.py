"""What a worker process does: it loads what it needs, does groups of runs, and ends with its parent."""

from __future__ import annotations

import gc
import os
import pickle
import threading
import time
from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

from harness.numerics.shared_work import use_threads
from harness.problems.base import BaseProblem
from harness.runs.execution import executed
from harness.runs.finished import FinishedRuns
from harness.sweeps.executors.run_groups import RunGroup
from harness.sweeps.plugins import load_plugins
from optimizers.linear_algebra_threads import one_thread

WATCHED_SECONDS = 1.0
"""How often a worker looks for its parent."""

_unpacked: dict[str, Sequence[BaseProblem]] = {}
"""The problems of the sweeps that this worker serves, by their digests."""


class Done(NamedTuple):
    """What a worker hands back of a group."""

    runs: FinishedRuns
    seconds: float
    """What it took, without compilation."""


def begin(parent: int, plugins: Sequence[str], memory: float | None) -> None:
    """Begin as a worker.

    Arguments:
        parent: number of the process that asked for it.
        plugins: files that it has loaded, without which runs cannot be taken out of their envelopes.
        memory: see ``limit_memory``.
    """
    end_with(parent)
    limit_memory(memory)
    load(plugins)
    # What has been imported stays: to look through it for garbage took a thirtieth of the time of all runs.
    gc.freeze()


def limit_memory(gigabytes: float | None) -> None:
    """Have the system refuse memory beyond a limit, so that a run that asks for it fails by itself.

    What counts is memory of the process's own that it may write. (All addresses are no measure: a thread
    reserves some, and a compiler more, which nobody ever uses.)

    Arguments:
        gigabytes: the limit, or None.
    """
    if gigabytes is not None:
        import resource

        allowed = int(gigabytes * 1e9)
        resource.setrlimit(resource.RLIMIT_DATA, (allowed, allowed))


def load(plugins: Sequence[str]) -> None:
    """Load plug-in files."""
    for file in plugins:
        load_plugins(Path(file))


def unpack(digest: str, content: bytes) -> None:
    """Take the problems of a sweep out of their envelope."""
    _unpacked[digest] = pickle.loads(content)


def forget(digest: str) -> None:
    """Let the problems of a sweep go that is at its end."""
    _unpacked.pop(digest, None)


def do_group(digest: str, file: str | None, group: RunGroup) -> Done:
    """Do the runs of a group, on one thread.

    Arguments:
        digest: of the problems.
        file: where they are, or None where they were unpacked when the worker began.
        group: the runs.
    """
    if file is not None and digest not in _unpacked:
        # Those of the sweep before.
        _unpacked.clear()
        unpack(digest, Path(file).read_bytes())
    use_threads(1)
    began = time.perf_counter()
    with one_thread():
        finished = FinishedRuns.joined(list(executed(group.runs(_unpacked[digest]))))
    compiled = sum(finished.rows["compile_seconds"])
    return Done(finished, time.perf_counter() - began - compiled)


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
