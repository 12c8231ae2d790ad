"""Writes the reference copy of an experiment: small enough to be kept under version control."""

from __future__ import annotations

import contextlib
import shutil
from collections.abc import Sequence
from pathlib import Path
from typing import Any, NamedTuple

import pandas as pd

from harness.report.artifacts import write_artifacts
from harness.report.thinning import spread_evenly
from harness.runs.columns import NO_PARAMETERS
from harness.runs.declaration import FILE
from harness.runs.parts import write_whole
from harness.runs.plans import Plan, records
from harness.runs.store import Store
from harness.runs.tables import Tables
from optimizers.errors import InputError

FEWEST_REFERENCE_ROWS = 3
"""Rows that a run keeps at the least, and one more where the best is none of them."""

MOST_REFERENCE_ROWS = 20_000
"""Rows of a reference copy's trace: under a megabyte. Of a longer one each run keeps as many."""

MOST_REFERENCE_BYTES = 1_000_000
"""Parameters that a reference copy holds at the most; it is kept under version control."""


class ReferenceSize(NamedTuple):
    """How much a reference copy holds of one experiment, where it is not to be as much as usual."""

    rows: int
    """Of its trace, in place of ``MOST_REFERENCE_ROWS``."""
    parameter_bytes: int
    """Of the parameters of all runs, in place of ``MOST_REFERENCE_BYTES``; where they take more there are
    none."""


def write_reference(
    results: Tables,
    figures: Sequence[dict[str, Any]],
    source: Path,
    folder: Path,
    size: ReferenceSize | None = None,
) -> list[Path]:
    """Replace a folder by a compact copy of an experiment: one part of runs, one of traces, all artifacts.

    Parameters are left out where those of all runs would take more than a megabyte, and of long traces some
    rows of each run are kept, its first, its best and its last among them; the folder itself has all.

    Arguments:
        results: the runs.
        figures: the experiment's plots.
        source: folder of the experiment.
        folder: the reference folder, for example ``results/ga-vs-backprop``.
        size: how much of traces and parameters goes into it; None for as much as usual.

    Returns:
        The artifacts.
    """
    if folder.resolve() == source.resolve():
        raise InputError(
            f"{folder} is the folder of the reference copy itself: leave out --reference, or choose another "
            "folder with --output"
        )
    if folder.is_dir() and any(folder.iterdir()) and not (folder / "experiment.toml").is_file():
        raise InputError(
            f"{folder} holds something else than a reference copy: move it away, for it would be replaced"
        )
    names = [
        "experiment.toml",
        *(f"provenance/{name}.json" for name in dict.fromkeys(results.runs["provenance"]) if name),
        *(f"commands/{path.name}" for path in sorted((source / "commands").glob("*.json"))),
    ]
    if results.declaration is not None:
        names.append(FILE)
    declared = {}
    for name in names:
        try:
            declared[name] = (source / name).read_bytes()
        except OSError as error:
            raise InputError(
                f"{source / name} cannot be read: {error.strerror}; run the experiment in another folder"
            ) from None
    # Read before anything is removed: they may lie in that folder.
    trace = results.trace
    for part in ("runs", "trace", "plans", "provenance", "commands"):
        shutil.rmtree(folder / part, ignore_errors=True)
    for old in ("plan.json", "provenance.json", FILE):
        # Of an earlier version, or declaration. Where it cannot be removed the next write fails, and says so.
        with contextlib.suppress(OSError):
            (folder / old).unlink()
    store, size = Store(folder), size or ReferenceSize(MOST_REFERENCE_ROWS, MOST_REFERENCE_BYTES)
    store.append_tables(_compact(results.runs, size.parameter_bytes), _thinned(trace, size.rows))
    # With its claims and figures, which say what the runs are to answer.
    declaration = declared["experiment.toml"].decode()
    runs, skipped = tuple(results.runs["run_id"]), records(results.skipped)
    store.write_plan(Plan(results.name, results.question, runs, skipped, declaration=declaration))
    for name, content in declared.items():
        write_whole(folder / name, content)
    return write_artifacts(results, figures, folder)


def _thinned(trace: pd.DataFrame, most: int) -> pd.DataFrame:
    """Return a trace with as many rows of each run, evenly spaced, as there is room for."""
    if len(trace) <= most:
        return trace
    each = max(most // trace["run_id"].nunique(), FEWEST_REFERENCE_ROWS)
    best = trace["best_loss"].to_numpy() == trace.groupby("run_id")["best_loss"].transform("min").to_numpy()
    first_best = best & ~trace[best].duplicated("run_id").reindex(trace.index, fill_value=True).to_numpy()
    kept: pd.DataFrame = trace[spread_evenly(trace, each - 1) | first_best]
    return kept.reset_index(drop=True)


def _compact(runs: pd.DataFrame, most: int) -> pd.DataFrame:
    """Return runs without their parameters where these are large."""
    size = sum(w.nbytes for name in ("best_w", "last_w") for w in runs[name])
    if size <= most:
        return runs
    nothing = pd.Series([NO_PARAMETERS] * len(runs), index=runs.index, dtype=object)
    return runs.assign(best_w=nothing, last_w=nothing)
