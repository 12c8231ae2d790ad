"""Keeps searches for garbage through all objects of a process out of the seconds of runs."""

from __future__ import annotations

import contextlib
import gc
import time
from collections.abc import Iterator

RARELY = 1_000
"""Searches among younger objects, each of 7,000 of them, after which there is one through all objects."""

SHORTEST = 1.0
"""Seconds behind which a search that is due before long is done at once: of less it is too large a part."""


@contextlib.contextmanager
def rarely_searched_for() -> Iterator[None]:
    """Return a context in which Python rarely looks through all objects.

    Where that is due before long, it is done at the end, unless there was hardly anything to do. What numba
    leaves behind when it has compiled makes such a search take 90 ms: they came in the middle of some run,
    and were as much as thirty runs of a small network, or in the middle of the next sweep.
    """
    before, began = gc.get_threshold(), time.monotonic()
    gc.set_threshold(*before[:2], max(before[2], RARELY))
    try:
        yield
    finally:
        gc.set_threshold(*before)
        due = gc.isenabled() and before[0] and 2 * gc.get_count()[2] > before[2]
        if due and time.monotonic() - began > SHORTEST:
            gc.collect()
