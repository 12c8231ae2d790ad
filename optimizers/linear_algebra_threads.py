"""Keeps the linear algebra of a search on one thread."""

from __future__ import annotations

import functools
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any


@contextmanager
def one_thread() -> Iterator[None]:
    """Let BLAS and LAPACK use one thread for as long as this lasts, then as many as before.

    The matrices of a search are small. On two threads a product ends in other last bits than on one, so that
    a worker process, which has one, would come to other numbers; and the threads wait awake for more work, on
    cores that others want: a run of L-BFGS on a busy machine took 0.158 s in place of 0.0006. Entering takes
    30 us, so a sweep does it once.

    >>> with one_thread():
    ...     pass
    """
    with _linear_algebra().limit(limits=1):
        yield


@functools.cache
def _linear_algebra() -> Any:
    """Return the BLAS libraries of this process: NumPy's, and SciPy's own."""
    # Imported here, so that importing this package stays cheap; SciPy's has to be loaded to be found.
    import scipy.linalg  # noqa: F401
    import threadpoolctl

    return threadpoolctl.ThreadpoolController().select(user_api="blas")
