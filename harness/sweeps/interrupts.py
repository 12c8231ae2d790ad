"""Ends a command or a sweep by SIGINT, SIGTERM or SIGHUP in good order: what is finished is kept first."""

from __future__ import annotations

import contextlib
import signal
import sys
import threading
import time
from collections.abc import Callable, Iterator
from typing import Any

SIGNALS = [getattr(signal, name) for name in ("SIGINT", "SIGTERM", "SIGHUP") if hasattr(signal, name)]
PATIENCE = 5.0
"""Seconds that putting in order may take, beside what is being written."""
IMPATIENT = 3
"""Signals after which the process ends at once, in good order or not."""


class Interrupted(KeyboardInterrupt):
    """Report the signal that has ended the work.

    Attributes:
        number: the signal.
        kept: what has been kept, as a part of a sentence; empty where nothing was being done.
    """

    def __init__(self, number: int, kept: str = "") -> None:
        super().__init__(f"interrupted by {signal.Signals(number).name}")
        self.number, self.kept = number, kept


class _State:
    """What has been done about the signals of this process."""

    number = 0
    count = 0
    raised = False
    deferring = 0
    at_last: Callable[[int], object] | None = None

    @classmethod
    def note(cls, number: int) -> None:
        """Remember the signal, for the looks of a search too where there can be one."""
        cls.number = number
        # Not imported here: that takes half a second, in which a signal may come.
        module = sys.modules.get("optimizers.interruption")
        if module is not None:
            module.INTERRUPTION.number = number


def came() -> int:
    """Return the number of the signal that has come, 0 while there is none."""
    return _State.number


@contextlib.contextmanager
def noticed(*, handed_on: bool, at_last: Callable[[int], object] | None = None) -> Iterator[None]:
    """Turn signals into ``Interrupted`` for as long as the block lasts.

    Only signals that nobody else handles or ignores, and only in the main thread, where Python delivers them.

    Arguments:
        handed_on: whether a signal that ends a process by default does so after the block.
        at_last: called with the signal, in another thread, where the block does not end for ``PATIENCE``
            seconds though nothing has to be kept any more: a pool that is interrupted while it starts its
            workers may wait for them for ever.
    """
    taken: dict[int, Any] = {}
    if threading.current_thread() is threading.main_thread():
        for number in SIGNALS:
            if signal.getsignal(number) in (signal.SIG_DFL, signal.default_int_handler):
                taken[number] = signal.signal(number, _handle)
    if taken:
        _State.at_last = at_last
    try:
        yield
    finally:
        for number, before in taken.items():
            signal.signal(number, before)
        if taken:
            ended_by = came()
            _State.note(0)
            _State.count, _State.raised, _State.at_last = 0, False, None
            if handed_on and taken.get(ended_by) == signal.SIG_DFL:
                signal.raise_signal(ended_by)


@contextlib.contextmanager
def deferred() -> Iterator[None]:
    """Let a block come to its end before a signal is acted upon."""
    _State.deferring += 1
    try:
        yield
    finally:
        _State.deferring -= 1
    if came() and not _State.raised and not _State.deferring:
        _State.raised = True
        raise Interrupted(came())


def _handle(number: int, frame: object) -> None:
    _State.count += 1
    if _State.count == 1:
        _State.note(number)
        if _State.at_last is not None:
            threading.Thread(target=_lose_patience, args=(number,), daemon=True).start()
    if _State.count >= IMPATIENT:
        signal.signal(number, signal.SIG_DFL)
        signal.raise_signal(number)
    # A second one finds things being put in order already.
    if _State.count == 1 and not _State.deferring:
        _State.raised = True
        raise Interrupted(number)


def _lose_patience(number: int) -> None:
    end = time.monotonic() + PATIENCE
    while time.monotonic() < end or _State.deferring:
        time.sleep(0.1)
    if _State.at_last is not None and came():
        _State.at_last(number)


@contextlib.contextmanager
def unheard_by_children() -> Iterator[None]:
    """Start processes that do not hear what the terminal sends to all: this one tells them to end."""
    if not hasattr(signal, "pthread_sigmask"):
        yield
        return
    # Imported here, for the command line listens to signals before it imports what takes time.
    from multiprocessing import resource_tracker

    # The first semaphore starts it, and it leaves these signals unblocked behind it, up to Python 3.13.
    resource_tracker.ensure_running()
    before = signal.pthread_sigmask(
        signal.SIG_BLOCK, [number for number in SIGNALS if number != signal.SIGTERM]
    )
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)
