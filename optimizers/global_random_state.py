"""Keep the caller's global random state while a library runs that may seed it."""

from __future__ import annotations

import random
from collections.abc import Iterator
from contextlib import contextmanager

import numpy as np


@contextmanager
def global_random_state_kept() -> Iterator[None]:
    """Put the states of ``numpy.random`` and ``random`` back at the end, also after an exception.

    PyGAD seeds both when it is given a seed; releases from 3.9 on hold generators of their own instead.
    """
    numpy_state, python_state = np.random.get_state(legacy=False), random.getstate()  # noqa: NPY002
    try:
        yield
    finally:
        np.random.set_state(numpy_state)  # noqa: NPY002
        random.setstate(python_state)
