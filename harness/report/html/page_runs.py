"""The runs as a page carries them: a row each, and on demand as many of their looks as a screen can show."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd

from harness.report.html.packing import packed, single_precision
from harness.report.thinning import spread_evenly
from harness.runs.tables import Tables, gradient_column
from optimizers.objective import Rows

COLUMNS = (
    "problem", "optimizer", "gradient", "seed", "outcome", "final_loss", "best_loss", "target",
    "cost_to_target", "cost", "iterations", "seconds", "test_accuracy", "sentence",
)  # fmt: skip
"""Columns of the table of all runs."""
MOST_RUNS = 20_000
"""Runs in a page, some 80 bytes each."""
MOST_LOOKS = 30_000
"""Looks in a page: 21 bytes each, and some twenty of a run draw its course on a few hundred pixels."""
MOST_SINGLE = 20
"""Runs of one optimizer on one problem that can still be told apart by eye."""
FEWEST_LOOKS = 12
"""Looks of a run that show its course; with less room there are fewer runs."""
LOOKS = {"cost": "cost", "iterations": "iteration", "seconds": "seconds", "best": "best_loss"}


def page_runs(tables: Tables) -> dict[str, Any]:
    """Return the runs, and the looks at some of them.

    Where there are more runs than a page has room for, it has those of each group that come first by seed.

    Returns:
        ``runs``, a packed table; ``runs_said``, what is not in it; ``single``: the number of each run
        that has looks (``run``), how many (``looks``), these one run after the other, a column each
        (``columns``), and what was left out (``said``).
    """
    runs = tables.runs.assign(gradient=gradient_column(tables.runs))
    if not len(runs):
        return {"runs": packed(runs[list(COLUMNS)]), "runs_said": "", "single": None}
    groups = runs.groupby(["problem", "optimizer", "gradient"], sort=False)
    place: Rows = groups["seed"].rank(method="first").to_numpy().astype(np.int64) - 1
    most = max(MOST_RUNS // groups.ngroups, 1) if len(runs) > MOST_RUNS else int(place.max()) + 1
    listed, place = runs[place < most].reset_index(drop=True), place[place < most]
    said = ""
    if len(listed) < len(runs):
        said = (
            f"{len(listed):,} of {len(runs):,} runs are in this page, the first {most} by seed of each group."
        )
    single = min(MOST_SINGLE, most, max(MOST_LOOKS // (FEWEST_LOOKS * groups.ngroups), 1))
    return {
        "runs": packed(listed[list(COLUMNS)]),
        "runs_said": said,
        "single": _looks(
            tables.trace, listed["run_id"][place < single], single, len(runs) > groups.ngroups * single
        ),
    }


def _looks(trace: pd.DataFrame, chosen: pd.Series, most: int, some: bool) -> dict[str, Any]:
    """Return looks at chosen runs, whose index is their number in the page."""
    numbers = dict(zip(chosen, chosen.index, strict=True))
    trace = trace[trace["run_id"].isin(list(numbers))]
    kept = trace[spread_evenly(trace, max(MOST_LOOKS // max(len(numbers), 1), 2))]
    counts = kept.groupby("run_id", sort=False, observed=True).size()
    said = (
        [f"Single runs: the first {most} by seed of each optimizer on each problem are in this page."]
        if some
        else []
    )
    if len(kept) < len(trace):
        said.append(
            f"Of {len(trace):,} looks at them it has {len(kept):,}, spread evenly: a screen shows no more."
        )
    columns = {
        name: single_precision(kept[column].to_numpy(dtype=np.float64)) for name, column in LOOKS.items()
    }
    return {
        "run": [int(numbers[run_id]) for run_id in counts.index],
        "looks": counts.tolist(),
        "columns": columns,
        "said": " ".join(said),
    }
