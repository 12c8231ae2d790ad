"""The clock of Python's ``time.perf_counter``, for compiled loops that time several searches in one call.

>>> import numpy as np
>>> @compiled()
... def here(moment):
...     return now(moment)
>>> 0.0 <= here(np.empty(2, np.int64)) - time.perf_counter() + 60.0 < 120.0
True
"""

from __future__ import annotations

import time
from typing import Any

from numba import types

from optimizers.compilation import compiled

IS_THERE = hasattr(time, "clock_gettime")
"""Whether the system has a clock that compiled code can read: all have but Windows."""

_MONOTONIC = getattr(time, "CLOCK_MONOTONIC", 0)
_clock_gettime: Any = types.ExternalFunction(
    "clock_gettime", types.int32(types.int32, types.CPointer(types.int64))
)


def _now(moment: Any) -> float:
    return time.perf_counter()


if IS_THERE:

    @compiled(plain=_now)
    def now(moment: Any) -> float:
        """Return the present moment in seconds, to the nanosecond where differences are concerned.

        Arguments:
            moment: int64 array of shape (2,) that the call may write over.
        """
        _clock_gettime(_MONOTONIC, moment.ctypes)
        seconds: float = moment[0] + 1e-9 * moment[1]
        return seconds

else:

    @compiled()
    def now(moment: Any) -> float:
        """Return 0: there is no clock."""
        return 0.0
