"""Keeps searches for garbage through all objects of a process out of the seconds of runs."""

from __future__ import annotations

import contextlib
import gc
from collections.abc import Iterator

RARELY = 1_000
"""Searches among younger objects, each of 7,000 of them, after which there is one through all objects."""


@contextlib.contextmanager
def rarely_searched_for() -> Iterator[None]:
    """Return a context in which Python rarely looks through all objects.

    Where that is due before long, it is done at the end. What numba leaves behind when it has compiled makes
    such a search take 90 ms: they came in the middle of some run, and were as much as thirty runs of a small
    network, or in the middle of the next sweep.
    """
    before = gc.get_threshold()
    gc.set_threshold(*before[:2], max(before[2], RARELY))
    try:
        yield
    finally:
        gc.set_threshold(*before)
        if gc.isenabled() and before[0] and 2 * gc.get_count()[2] > before[2]:
            gc.collect()
