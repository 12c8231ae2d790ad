"""What formats that count whole evaluations make of a trace: one row for each count, the first at 1."""

from __future__ import annotations

from typing import Literal

import numpy as np
import pandas as pd

Axis = Literal["cost", "iteration"]


BETWEEN = (
    "between two looks the trace has the best iterate and the first that reached the problem's target: any "
    "other target that was met in between stands at the next row, but for runs of an experiment with "
    'trace = "improvements"'
)
"""Said of every format in which targets are looked up."""

AXES: dict[Axis, tuple[str, str]] = {
    "cost": (
        "an evaluation is a forward pass of all training rows, or a call of a plain function, rounded up",
        BETWEEN,
    ),
    "iteration": ("an evaluation is an iteration, whatever it costs", BETWEEN),
}


def counted(trace: pd.DataFrame, axis: Axis) -> pd.DataFrame:
    """Return a trace with a column ``evaluations``: whole, from 1, rising within each run.

    Of several rows that come to one count the one with the lowest loss is kept, the first of them.

    Arguments:
        trace: each run's rows together and in order.
        axis: the column that is counted; its start at 0 becomes the first evaluation.

    >>> trace = pd.DataFrame({"run_id": "a", "cost": [0.0, 0.5, 2.5, 2.9], "loss": [0.9, 0.5, 0.2, 0.3]})
    >>> counted(trace, "cost")[["evaluations", "loss"]].values.tolist()
    [[1.0, 0.5], [3.0, 0.2]]
    """
    # What has been done in two parts may come to 2.9999999999999996.
    spent = trace[axis].to_numpy(dtype=np.float64)
    counts = np.maximum(np.ceil(spent * (1.0 - 1e-12)), 1.0).astype(np.int64)
    numbered = trace.assign(evaluations=counts)
    losses = numbered["loss"].astype(np.float64).fillna(np.inf)
    order = losses.sort_values(kind="stable").index
    kept = numbered.loc[order].drop_duplicates(["run_id", "evaluations"]).index
    return numbered.loc[np.sort(kept.to_numpy())].reset_index(drop=True)
