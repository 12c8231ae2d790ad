"""What the runs from many starts come to, in words."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd

from harness.analysis.expected_running_time import expected_running_time
from harness.analysis.proportions import wilson_interval
from harness.studies.study import Evidence


def named(name: str) -> str:
    """Return what a reader calls an optimizer."""
    return {"gradient-descent": "a constant rate", "nesterov": "Nesterov's", "adam": "Adam"}.get(
        name, name.replace("-", " ")
    )


def final_losses(evidence: Evidence, experiment: str) -> dict[str, pd.Series[float]]:
    """Return the final losses of each optimizer by seed."""
    runs = evidence.runs[experiment].runs
    return {
        str(name): part.set_index("seed")["final_loss"].sort_index()
        for name, part in runs.groupby("optimizer_name")
    }


def share(losses: pd.Series[float], others: pd.Series[float]) -> str:
    """Return from how many starts one comes lower than the other, with Wilson's interval."""
    lower, n = int((losses < others).sum()), len(losses)
    low, high = wilson_interval(lower, n)
    return f"on {lower} of {n} ({100 * low:.3g} to {100 * high:.3g} %)"


def ranged(numbers: Sequence[float]) -> str:
    """Say numbers by their range.

    >>> ranged([1.184, 1.179]), ranged([1.184, 1.183])
    ('1.18', '1.18')
    """
    low, high = (f"{end:.3g}" for end in (min(numbers), max(numbers)))
    return low if low == high else f"{low} to {high}"


def not_helped(evidence: Evidence) -> str:
    """Name the optimizers that solve fewer starts with tuned options, if there are any."""
    before, after = (
        runs["outcome"].eq("solved").groupby(runs["optimizer_name"], sort=False).sum()
        for runs in (evidence.runs[name].runs for name in ("textbook", "today"))
    )
    seeds = evidence.runs["today"].runs["seed"].nunique()
    said = [
        f"the {named(str(name))} ({after[name]} of {seeds} solved, against {before[name]})"
        for name in after.index
        if after[name] < before[name]
    ]
    return f" Tuning on five seeds did not help {' and '.join(said)}." if said else ""


def price(evidence: Evidence, experiment: str, name: str) -> str:
    """Return the cost of a start that is solved, failed ones included, with its interval."""
    runs = evidence.runs[experiment].runs
    chosen = runs[runs["optimizer_name"] == name]
    solved = (chosen["outcome"] == "solved").to_numpy(dtype=bool)
    cost, (low, high) = expected_running_time(chosen["cost"].to_numpy(dtype=np.float64), solved)
    return f"{cost:,.0f} ({low:,.0f} to {high:,.0f})"
