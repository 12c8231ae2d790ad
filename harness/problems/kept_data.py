"""Keeps what was made for a problem and a seed for whoever asks again, up to so many bytes."""

from __future__ import annotations

import threading
from collections.abc import Callable, Hashable

from optimizers.objective import Array

MOST_BYTES = 64_000_000
"""Bytes of tables that are kept: those of 200 seeds of 600 rows of 30 numbers take half."""

FEWEST = 2
"""Entries that are kept however large they are: a run asks three times for its own."""

BESIDE = 10_000
"""Bytes that an entry counts for beside its tables: a problem is as long in memory as its data."""


class KeptData:
    """Tables by their keys, of which those go first that nobody has asked for the longest.

    Arguments:
        most: bytes beyond which they go.

    >>> import numpy as np
    >>> kept = KeptData()
    >>> kept.get("a", lambda: (np.zeros(3),)) is kept.get("a", lambda: (np.ones(3),))
    True
    """

    def __init__(self, most: int = MOST_BYTES) -> None:
        self._most = most
        self._tables: dict[Hashable, tuple[Array, ...]] = {}
        self._bytes = 0
        self._lock = threading.Lock()

    def get(self, key: Hashable, make: Callable[[], tuple[Array, ...]]) -> tuple[Array, ...]:
        """Return the tables of a key, made where they are not there."""
        with self._lock:
            tables = self._tables.pop(key, None)
            if tables is not None:
                # Behind all others.
                self._tables[key] = tables
                return tables
        tables = make()
        with self._lock:
            # Another thread may have made them meanwhile.
            self._bytes += 0 if key in self._tables else _size(tables)
            self._tables[key] = tables
            while self._bytes > self._most and len(self._tables) > FEWEST:
                self._bytes -= _size(self._tables.pop(next(iter(self._tables))))
        return tables

    def __len__(self) -> int:
        return len(self._tables)

    def clear(self) -> None:
        """Let all go."""
        with self._lock:
            self._tables, self._bytes = {}, 0


def _size(tables: tuple[Array, ...]) -> int:
    return BESIDE + sum(table.nbytes for table in tables)
