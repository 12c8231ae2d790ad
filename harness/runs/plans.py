"""What a folder's experiments consist of: one plan for each, in a file named by its digest."""

from __future__ import annotations

import contextlib
import datetime
import functools
import hashlib
import json
import tomllib
from dataclasses import dataclass, fields
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from harness.runs.claims import Claim, claims_of
from harness.runs.parts import DamagedError, files_in, is_there, read_bytes
from harness.runs.tables import SKIPPED_COLUMNS
from optimizers.objective import Rows

OLD = "plan.json"
"""The one plan of a folder of an earlier version."""


@dataclass(frozen=True)
class Plan:
    """The runs that one command asked for, in the order they were declared.

    Attributes:
        name: the experiment's name.
        question: what it is to answer.
        runs: the runs' ids.
        skipped: the combinations that were refused, each a table of ``SKIPPED_COLUMNS``.
        fingerprint: of the code that the runs were asked of; empty in folders of earlier versions.
        other_code: whether runs of other code were taken for them.
        declaration: the experiment as TOML.
        kinds: what runs that stand together are of (problem, optimizer and gradient source) and how many
            they are (runs); empty in folders of earlier versions.
    """

    name: str
    question: str
    runs: tuple[str, ...]
    skipped: tuple[dict[str, Any], ...]
    fingerprint: str = ""
    other_code: bool = True
    declaration: str = ""
    kinds: tuple[dict[str, Any], ...] = ()

    @functools.cached_property
    def digest(self) -> str:
        """The name of its file."""
        return _digest(self._table())

    @property
    def claims(self) -> tuple[Claim, ...]:
        """What it was declared to decide."""
        # Most have none, and a declaration may be long.
        table = tomllib.loads(self.declaration) if "claims" in self.declaration else {}
        return claims_of(table.get("claims", []))

    def _table(self) -> dict[str, Any]:
        """Return what its file holds; a plan of an earlier version stays what it is."""
        # Not by ``asdict``, which copies every id of a million.
        table = {entry.name: getattr(self, entry.name) for entry in fields(self)}
        return table if self.kinds else {name: table[name] for name in table if name != "kinds"}

    def text(self, after: str = "") -> str:
        """Return the plan as JSON, with the time; that of the last command stands.

        Arguments:
            after: when the last plan of the folder was written: this one is later, whatever the clock says.
        """
        time = datetime.datetime.now(datetime.UTC)
        with contextlib.suppress(ValueError, OverflowError, TypeError):
            time = max(time, datetime.datetime.fromisoformat(after) + datetime.timedelta(microseconds=1))
        now = time.isoformat(timespec="microseconds")
        seal = _digest([self.digest, now])
        return json.dumps({**self._table(), "written": now, "seal": seal}, indent=1)

    def skipped_table(self) -> pd.DataFrame:
        """Return the refused combinations as a table."""
        return pd.DataFrame(list(self.skipped), columns=list(SKIPPED_COLUMNS))

    def chosen(self, rows: pd.DataFrame) -> pd.DataFrame:
        """Return the one row of each of its runs that is finished, in its order; see ``places``."""
        return rows.take(self.places(rows))

    def places(self, rows: pd.DataFrame) -> Rows:
        """Return where the one row of each of its runs is that is finished, in its order.

        Of several rows of a run, the last of the plan's own code is taken, and one of other code only where
        the plan says so.

        Arguments:
            rows: finished runs, the oldest first, with the columns run_id and fingerprint at least.
        """
        # An index of pandas would hold a million texts twice more.
        numbers = {run: number for number, run in enumerate(dict.fromkeys(self.runs))}
        place = np.array([numbers.get(run, -1) for run in rows["run_id"].to_numpy(object)], dtype=np.int64)
        asked, own = place >= 0, (rows["fingerprint"] == self.fingerprint).to_numpy(dtype=np.bool_)
        taken = np.full(len(self.runs), -1)
        for wanted in (asked & ~own, asked & own) if self.other_code else (asked & own,):
            found = np.flatnonzero(wanted)
            # Of several the last stands.
            taken[place[found]] = found
        return taken[taken >= 0]


def records(table: pd.DataFrame) -> tuple[dict[str, Any], ...]:
    """Return the rows of a table as a plan keeps them."""
    return tuple({str(name): value for name, value in row.items()} for row in table.to_dict(orient="records"))


def read_plans(folder: Path) -> list[Plan]:
    """Return the plans of a folder, the last written first.

    Raises:
        DamagedError: if a file is damaged.
        InputError: if the system does not hand one out.
    """
    found = [read_plan(path) for path in plan_files(folder)]
    return [plan for _, plan in sorted(found, key=lambda pair: pair[0], reverse=True)]


def figures_of(folder: Path) -> list[dict[str, Any]]:
    """Return the figures that the last experiment of a folder declares; none of an earlier version.

    Raises:
        DamagedError: if a plan is damaged.
    """
    declared = next((tomllib.loads(plan.declaration) for plan in read_plans(folder)), {})
    return list(declared.get("figures", []))


def plan_files(folder: Path) -> list[Path]:
    """Return the files of a folder's plans, that of an earlier version first."""
    old = folder / OLD
    return ([old] if is_there(old) else []) + files_in(folder / "plans", ".json")


def read_plan(path: Path) -> tuple[str, Plan]:
    """Read one plan and when it was written.

    Raises:
        DamagedError: if it is not what was written: its name is its digest, and the time is sealed with it.
        InputError: if the system does not hand it out.
    """
    content = read_bytes(path)
    try:
        table = json.loads(content)
        written, seal = str(table.pop("written", "")), table.pop("seal", None)
        digest = _digest(table)
        if path.name != OLD and (digest != path.stem or seal not in (None, _digest([digest, written]))):
            raise ValueError("digest")
        runs, skipped, kinds = table.pop("runs"), table.pop("skipped"), table.pop("kinds", [])
        if not isinstance(runs, list) or not all(isinstance(run, str) for run in runs):
            raise ValueError("runs")
        texts = {name: table.pop(name) for name in ("name", "question")}
        refused, listed = (tuple(dict(entry) for entry in entries) for entries in (skipped, kinds))
        plan = Plan(**texts, runs=tuple(runs), skipped=refused, kinds=listed, **table)
        plan.skipped_table()
        if kinds and sum(int(entry["runs"]) for entry in plan.kinds) != len(runs):
            raise ValueError("kinds")
        if not all(isinstance(value, str) for value in (plan.name, plan.question, plan.fingerprint)):
            raise ValueError("texts")
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError):
        raise DamagedError(path, "is damaged") from None
    return written, plan


def file_name(path: Path) -> str:
    """Return the name that a plan's file has in the folder of plans, that of an earlier version as well."""
    if path.name != OLD:
        return path.name
    table = json.loads(read_bytes(path))
    return f"{_digest({name: table[name] for name in table if name not in ('written', 'seal')})}.json"


def _digest(parts: Any) -> str:
    return hashlib.sha256(json.dumps(parts, sort_keys=True).encode()).hexdigest()[:16]
