"""The results of several sweeps as one."""

from __future__ import annotations

import functools

import pandas as pd

from harness.runs.columns import TRACE_LABELS
from harness.runs.settings import told_apart
from harness.runs.tables import Tables


def joined(parts: list[Tables]) -> Tables:
    """Return the tables of several sweeps as one; a run that is in several of them is there once.

    Arguments:
        parts: one at least; the first gives name and question.
    """
    runs = told_apart(
        pd.concat([tables.runs for tables in parts], ignore_index=True).drop_duplicates(
            "run_id", ignore_index=True
        )
    )
    read = all(tables.known_trace() is not None for tables in parts)
    skipped = pd.concat([tables.skipped for tables in parts], ignore_index=True).drop_duplicates()
    return Tables(
        parts[0].name,
        parts[0].question,
        runs,
        _traces(parts, runs) if read else functools.partial(_traces, parts),
        skipped.reset_index(drop=True),
        {plan: listed for tables in parts for plan, listed in tables.plans.items()},
        list(dict.fromkeys(note for tables in parts for note in tables.notes)),
        list(dict.fromkeys(claim for tables in parts for claim in tables.claims)),
    )


def _traces(parts: list[Tables], runs: pd.DataFrame) -> pd.DataFrame:
    """Return the traces of some runs of several tables, each from the first that has it."""
    traces, left = [], set(runs["run_id"])
    for tables in parts:
        traces.append(tables.trace[tables.trace["run_id"].isin(left)])
        left -= set(tables.runs["run_id"])
    return pd.concat(traces, ignore_index=True).drop(columns=list(TRACE_LABELS), errors="ignore")
