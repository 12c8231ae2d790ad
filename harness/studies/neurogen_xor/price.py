"""What a solution costs where runs are stopped and begun again, with untuned and with tuned options."""

from __future__ import annotations

import numpy as np
import pandas as pd

from harness.analysis.expected_running_time import expected_running_time
from harness.studies.estimates import Interval
from harness.studies.study import Evidence


def price(evidence: Evidence) -> str:
    """Say what a solved start costs with runs that are stopped and begun again, untuned and tuned."""
    parts = []
    for optimizer, called in (
        ("momentum", "momentum"),
        ("genetic-algorithm", "the genetic algorithm"),
        ("multi-start", "L-BFGS from new starts"),
    ):
        two = [_of_optimizer(evidence, name, optimizer) for name in ("textbook", "today")]
        costs = " and ".join(_priced(_with_restarts(chosen)) for chosen in two)
        counts = " and ".join(str((chosen["outcome"] == "solved").sum()) for chosen in two)
        parts.append(f"{called} {costs} (solved {counts} of {len(two[0])})")
    wasted = [_wasted(_of_optimizer(evidence, name, "momentum")) for name in ("textbook", "today")]
    return (
        "What the tables leave out is the price: a generation is a hundred passes. With runs stopped at "
        "20,000 forward passes and begun again until one solves it, a solution costs, with the options of "
        f"the tables and with tuned ones: {'; '.join(parts)}. Failed runs that go on to the limit are "
        f"{' and '.join(f'{100 * part:.3g} %' for part in wasted)} of momentum's price."
    )


def _of_optimizer(evidence: Evidence, experiment: str, optimizer: str) -> pd.DataFrame:
    table = evidence.runs[experiment].runs
    return table[table["optimizer_name"] == optimizer]


def _with_restarts(chosen: pd.DataFrame) -> tuple[float, Interval]:
    """Return the cost of solving it if runs are begun again until one does."""
    solved = (chosen["outcome"] == "solved").to_numpy(dtype=bool)
    return expected_running_time(chosen["cost"].to_numpy(dtype=np.float64), solved)


def _wasted(chosen: pd.DataFrame) -> float:
    """Return which part of the cost of runs is that of the failed ones."""
    return float(chosen.loc[chosen["outcome"] != "solved", "cost"].sum() / chosen["cost"].sum())


def _priced(cost: tuple[float, Interval]) -> str:
    found, (low, high) = cost
    return f"{found:,.0f} ({low:,.0f} to {high:,.0f})"
