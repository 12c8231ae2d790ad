"""Some of the looks at each run, where all of them are more than is kept or shown."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd


def spread_evenly(trace: pd.DataFrame, each: int) -> Any:
    """Say which looks stay: each run's first and last, and between them those evenly spaced in their order.

    Looks are spaced by a part of what was spent, so that this is even on a logarithmic axis.

    Arguments:
        trace: the looks, those of one run together.
        each: how many stay of a run at the most, at least 2.

    >>> trace = pd.DataFrame({"run_id": ["a"] * 7 + ["b"] * 2, "iteration": [*range(7), 0, 1]})
    >>> trace[spread_evenly(trace, 3)]["iteration"].tolist()
    [0, 3, 6, 0, 1]
    """
    rows = trace.groupby("run_id", sort=False, observed=True)["iteration"]
    place, size = rows.cumcount().to_numpy(), rows.transform("size").to_numpy()
    spaced = np.floor(place * (each - 1) / np.maximum(size - 1, 1))
    before = np.where(place == 0, -1.0, np.roll(spaced, 1))
    return (spaced > before) | (place == size - 1)
