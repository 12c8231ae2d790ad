"""Keeps the linear algebra of small work on one thread."""

from __future__ import annotations

import contextlib
import functools
import threading
from collections.abc import Iterator
from typing import Any

_lock = threading.Lock()
_entered = 0
_restore: Any = None


@functools.cache
def _libraries() -> Any:
    # SciPy brings a library of its own, which is not found before it is loaded.
    import scipy.linalg  # noqa: F401
    from threadpoolctl import ThreadpoolController

    return ThreadpoolController().select(user_api="blas")


@contextlib.contextmanager
def one_thread() -> Iterator[None]:
    """Let BLAS and LAPACK of NumPy and SciPy use one thread, for the whole process, until the block ends.

    On two threads a product ends in other last bits than on one, so that a worker process, which has one,
    would come to other numbers. And for vectors of a small network a second thread only waits, awake, on a
    core that something else needs: beside two busy processes, L-BFGS took 3.6 ms for breast-cancer at the
    median and 13 at the most, and 10 and 137 with two threads. Entering takes 30 to 60 us, a tenth of a small
    run: once around many runs, not around each. Blocks may overlap: the last to end gives the threads back.
    Enter from the main thread: once that has set a number, OpenBLAS 0.3.31 does not heed one that another
    thread sets, and this has no effect there.

    >>> import numpy as np
    >>> with one_thread():
    ...     float(np.ones(3) @ np.ones(3))
    3.0
    """
    global _entered, _restore
    with _lock:
        if not _entered:
            _restore = _libraries().limit(limits=1)
        _entered += 1
    try:
        yield
    finally:
        with _lock:
            _entered -= 1
            if not _entered:
                _restore.restore_original_limits()
