"""What of a folder's plans is done, what is missing, what failed, and what is there from other code only."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pandas as pd

from harness.runs.folder_lock import holder
from harness.runs.parts import DamagedError, is_there
from harness.runs.plans import Plan, plan_files, read_plan
from harness.runs.settings import with_axes, with_short_names
from harness.runs.store import Store
from optimizers.errors import InputError

STATES = ("done", "failed", "missing", "other code")
"""What a planned run may be. ``failed`` are those that are there and may be done again: also what ran into
its timeout."""

PASSING = ("failed", "timeout")
"""Outcomes that may have a reason which passes: a full disk, a memory too small, a machine too busy."""

LABELS = ("problem", "optimizer", "gradient")

UNKNOWN = "unknown"
"""Name of what a plan of an earlier version does not say of runs that are missing."""


@dataclass(frozen=True)
class Status:
    """How far a folder is.

    Attributes:
        folder: the folder.
        name: name of the last experiment.
        table: one row a problem, optimizer and gradient source: how many runs are planned, and of them how
            many are in each of ``STATES``.
        unplanned: finished runs that are in no plan.
        damaged: damaged files.
        holder: the process that does runs in it now, or nothing.
    """

    folder: Path
    name: str
    table: pd.DataFrame
    unplanned: int
    damaged: tuple[str, ...]
    holder: str

    @property
    def totals(self) -> dict[str, int]:
        """How many runs are planned, and how many are in each state."""
        return {name: int(self.table[name].sum()) for name in ("planned", *STATES)}

    def sentence(self) -> str:
        """Say it in one line."""
        counts = self.totals
        planned = counts.pop("planned")
        words = {"other code": "of other code only"}
        said = [f"{count} {words.get(state, state)}" for state, count in counts.items() if count]
        return f"{planned} planned run{'' if planned == 1 else 's'}: {', '.join(said) or 'none done'}"

    def remarks(self) -> list[str]:
        """Return what else there is to say, a sentence each."""
        said = [f"{self.folder} is in use by {self.holder}"] if self.holder else []
        if self.unplanned:
            said.append(f"finished runs in no plan: {self.unplanned}; a file of plans/ is gone")
        return [
            *said,
            *(f"{file} is damaged: run the experiment again, which puts it aside" for file in self.damaged),
        ]

    def as_table(self) -> dict[str, Any]:
        """Return all of it as plain values, for JSON."""
        rows = [
            {str(key).replace(" ", "_"): value for key, value in row.items()}
            for row in self.table.to_dict("records")
        ]
        return {
            "folder": str(self.folder),
            "name": self.name,
            **{name.replace(" ", "_"): count for name, count in self.totals.items()},
            "unplanned": self.unplanned,
            "damaged": list(self.damaged),
            "in_use_by": self.holder,
            "runs": rows,
        }


def status_of(folder: Path) -> Status:
    """Find out how far a folder is; nothing in it is changed, and what is damaged is named, not refused.

    A run that several plans ask for counts once, for the one that was written last.

    Raises:
        InputError: if the folder holds no plan, or the system does not hand a file out.
    """
    if not is_there(folder) or not folder.is_dir():
        raise InputError(f"{folder} is no folder: give the one that `harness run` printed at its end")
    plans, damaged = _plans(folder)
    rows, broken = Store(folder).undamaged()
    damaged += [str(error.path) for error in broken]
    if not plans:
        raise InputError(
            f"{folder} holds no plan that can be read ({', '.join(damaged)}): run the experiment again"
            if damaged
            else f"{folder} holds no results: give the folder that `harness run` printed at its end"
        )
    states: dict[str, str] = {}
    labels: dict[str, tuple[str, ...]] = {}
    there = set(rows["run_id"])
    for plan in plans:
        chosen = plan.chosen(rows)
        outcomes = dict(zip(chosen["run_id"], chosen["outcome"], strict=True))
        named = _labels(plan, chosen)
        for run in plan.runs:
            if run not in states:
                states[run] = _state(run, outcomes, there)
                labels[run] = named.get(run, (UNKNOWN,) * len(LABELS))
    table = pd.DataFrame([labels[run] for run in states], columns=list(LABELS)).assign(
        planned=1, **{state: [int(found == state) for found in states.values()] for state in STATES}
    )
    counted = table.groupby(list(LABELS), sort=False, as_index=False).sum()
    return Status(folder, plans[0].name, counted, len(there - states.keys()), tuple(damaged), holder(folder))


def _plans(folder: Path) -> tuple[list[Plan], list[str]]:
    """Return the plans that can be read, the last written first, and the files that cannot."""
    found, damaged = [], []
    for path in plan_files(folder):
        try:
            found.append(read_plan(path))
        except DamagedError:
            damaged.append(str(path))
    return [plan for _, plan in sorted(found, key=lambda pair: pair[0], reverse=True)], damaged


def _state(run: str, outcomes: Mapping[str, str], there: set[str]) -> str:
    if run in outcomes:
        return "failed" if outcomes[run] in PASSING else "done"
    return "other code" if run in there else "missing"


def _labels(plan: Plan, chosen: pd.DataFrame) -> dict[str, tuple[str, ...]]:
    """Return problem, optimizer and gradient source of a plan's runs."""
    if plan.kinds:
        kinds = [
            tuple(str(kind[name]) for name in LABELS) for kind in plan.kinds for _ in range(kind["runs"])
        ]
        return dict(zip(plan.runs, kinds, strict=True))
    # Of an earlier version: what is there says it.
    named = with_axes(*with_short_names(chosen)) if len(chosen) else chosen
    return {str(row[0]): tuple(map(str, row[1:])) for row in named[["run_id", *LABELS]].values.tolist()}
