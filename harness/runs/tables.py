"""What runs leave behind: three tidy tables and the question that they answer."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, NamedTuple

import numpy as np
import pandas as pd

from harness.runs.claims import Claim
from harness.runs.columns import RUNS, TRACE, TRACE_LABELS
from harness.runs.declaration import Declaration
from optimizers.errors import InputError
from optimizers.objective import Rows
from optimizers.printable import shown

RUN_COLUMNS, TRACE_COLUMNS = tuple(RUNS), tuple(TRACE)

SKIPPED_COLUMNS = ("problem", "optimizer", "gradient", "reason")
"""One row a combination that was refused before anything ran."""


class Entrant(NamedTuple):
    """One of those that are compared."""

    optimizer: str
    """Its label."""
    name: str
    """Its plain name."""
    gradient: str
    """Its gradient source, empty where it used none."""


ReadTrace = Callable[[pd.DataFrame], pd.DataFrame]
"""Reads the trace of runs that it is handed; it may know more of them."""


@dataclass(frozen=True, eq=False, repr=False)
class Tables:
    """The tables of one comparison, as a sweep returns them and as a folder on disk holds them.

    ``harness.Results`` is what a user gets: the same, with what can be asked of it.

    Attributes:
        name: the experiment's name.
        question: the question that the comparison was made to answer; may be empty.
        runs: one row a run, with at least ``RUN_COLUMNS``.
        held_trace: what ``trace`` returns, or what reads it when it is first asked for.
        skipped: combinations that were refused, with at least ``SKIPPED_COLUMNS``.
        plans: of each plan the ids of its runs, in their order: one for each experiment of the folder.
        notes: what has to be said of the runs beside the tables, such as runs of other code that were left.
        claims: what the experiments were declared to decide.
        held_lineup: all that the experiments compare, where only some of their runs are left.
        declaration: what they were run for until it was decided; None where the number of seeds was given.

    Raises:
        InputError: if a table lacks one of its columns.

    >>> empty = [pd.DataFrame(columns=names) for names in (RUN_COLUMNS, TRACE_COLUMNS, SKIPPED_COLUMNS)]
    >>> Tables("nothing", "", *empty)
    Tables('nothing': no runs)
    """

    name: str
    question: str
    runs: pd.DataFrame
    held_trace: pd.DataFrame | ReadTrace
    skipped: pd.DataFrame
    plans: Mapping[str, Sequence[str]] = field(default_factory=dict)
    notes: Sequence[str] = ()
    claims: Sequence[Claim] = ()
    held_lineup: Sequence[Entrant] = ()
    declaration: Declaration | None = None

    def __post_init__(self) -> None:
        expected = {"runs": RUN_COLUMNS, "trace": TRACE_COLUMNS, "skipped": SKIPPED_COLUMNS}
        known = self.known_trace()
        given = {"runs": self.runs, "trace": known, "skipped": self.skipped}
        for table, columns in expected.items():
            frame = given[table]
            missing = [] if frame is None else [column for column in columns if column not in frame]
            if missing:
                raise InputError(
                    f"{type(self).__name__}: the table '{table}' has no column {', '.join(missing)}: build "
                    f"it with columns=harness.runs.tables.{table.removesuffix('s').upper()}_COLUMNS"
                )
        if known is not None:
            object.__setattr__(self, "held_trace", labelled(known, self.runs))

    @property
    def trace(self) -> pd.DataFrame:
        """The runs' convergence tables, with at least ``TRACE_COLUMNS``.

        Each row also says of which problem, optimizer, gradient source and seed it is. Those of a folder are
        read when they are first asked for: 100,000 runs have some five million rows, which most tables of
        runs do without.

        Raises:
            InputError: if they lie in a folder and cannot be read any more.
        """
        known = self.known_trace()
        if known is None:
            known = labelled(self.held_trace(self.runs), self.runs)  # type: ignore[operator]  # is no frame
            object.__setattr__(self, "held_trace", known)
        return known

    @property
    def lineup(self) -> list[Entrant]:
        """All that the experiments compare, in their order, also where only some of the runs are left."""
        return list(dict.fromkeys([*self.held_lineup, *entrants(self.runs)]))

    def known_trace(self) -> pd.DataFrame | None:
        """Return the trace where it has been read, and None where it has not."""
        return self.held_trace if isinstance(self.held_trace, pd.DataFrame) else None

    def __repr__(self) -> str:
        return "; ".join([f"{type(self).__name__}({shown(self.name)}: {self.contents()})", *self.remarks()])

    def remarks(self) -> list[str]:
        """Return the notes, and a sentence where the runs are of more than one code, or of unknown code."""
        return [*self.notes, *_codes(self.runs)]

    def contents(self) -> str:
        """Count what is there, in words."""
        skipped = f", {len(self.skipped)} skipped" if len(self.skipped) else ""
        if not len(self.runs):
            return f"no runs{skipped}"
        sizes = [_count(self.runs[column].nunique(), column) for column in ("problem", "optimizer")]
        sources = gradient_sources(self.runs)
        if len(sources) > 1:
            sizes.append(_count(len(sources), "gradient source"))
        outcomes = self.runs["outcome"].value_counts(sort=False)
        ends = ", ".join(f"{number} {outcome}" for outcome, number in outcomes.items())
        return f"{' x '.join(sizes)}, {_count(len(self.runs), 'run')} ({ends}){skipped}"


def runs_of(trace: pd.DataFrame, runs: pd.DataFrame) -> Rows:
    """Return the number of its run for each row of a trace.

    Raises:
        InputError: if it has rows of a run that is none of these.

    >>> runs_of(pd.DataFrame({"run_id": ["b", "b", "a"]}), pd.DataFrame({"run_id": ["a", "b"]})).tolist()
    [1, 1, 0]
    """
    # A run's rows stand together, so that there are few to look up.
    ids = trace["run_id"].to_numpy(dtype=object)
    first = np.flatnonzero(np.append(True, ids[1:] != ids[:-1])) if ids.size else np.empty(0, dtype=np.int64)
    numbers = {run_id: number for number, run_id in enumerate(runs["run_id"])}
    found = np.array([numbers.get(run_id, -1) for run_id in ids[first]], dtype=np.int64)
    if (found < 0).any():
        raise InputError(f"the trace has rows of run {ids[first[found < 0]][0]}, which is none of the runs")
    return np.repeat(found, np.diff(np.append(first, ids.size)))


def labelled(trace: pd.DataFrame, runs: pd.DataFrame) -> pd.DataFrame:
    """Return a trace whose rows say of which problem, optimizer, gradient source and seed they are.

    Raises:
        InputError: if it has rows of a run that is none of these.

    >>> runs = pd.DataFrame({"run_id": ["a", "b"], "problem": "xor", "optimizer": ["adam", "rprop"],
    ...                      "gradient": "analytic", "seed": 3})
    >>> labelled(pd.DataFrame({"run_id": ["b", "b", "a"]}), runs)["optimizer"].tolist()
    ['rprop', 'rprop', 'adam']
    """
    if set(TRACE_LABELS) <= set(trace):
        return trace
    place = runs_of(trace, runs)
    columns: dict[str, Any] = {}
    for name in TRACE_LABELS:
        if name == "seed":
            columns[name] = runs[name].to_numpy()[place]
            continue
        # A category each, for a trace has a million rows of a few names.
        codes, found = pd.factorize(runs[name])
        columns[name] = pd.Categorical.from_codes(codes[place], categories=found)
    labels = pd.DataFrame(columns, index=trace.index)
    return pd.concat([trace, labels], axis=1)


def _codes(runs: pd.DataFrame) -> list[str]:
    """Say which rows are of which code, where that is not one and known.

    >>> _codes(pd.DataFrame({"fingerprint": ["a1", "", "a1"], "version": ["1", "", "1"], "commit": ""}))
    ['runs of 2 codes, told by the column fingerprint: 2 runs of a1 (version 1), 1 run of unknown code']
    """
    parts: dict[str, tuple[int, str]] = {}
    # Of these columns alone: each group is a copy of its rows.
    told = runs[["fingerprint", "version", "commit"]]
    for code, rows in told.groupby("fingerprint", sort=False):
        version, commit = (str(rows[name].iloc[-1]) for name in ("version", "commit"))
        where = ", ".join(
            [f"version {version}", f"commit {commit[:12]}"] if commit else [f"version {version}"]
        )
        parts[str(code)] = len(rows), where
    if set(parts) <= {""} and parts:
        return ["the code of these runs is unknown: they were kept by an earlier version"]
    if len(parts) < 2:
        return []
    said = [
        f"{_count(number, 'run')} of {f'{code} ({where})' if code else 'unknown code'}"
        for code, (number, where) in parts.items()
    ]
    return [f"runs of {len(parts)} codes, told by the column fingerprint: {', '.join(said)}"]


def _count(number: int, noun: str) -> str:
    """Write a number with its noun.

    >>> _count(1, "run"), _count(2, "run")
    ('1 run', '2 runs')
    """
    return f"{number} {noun}" if number == 1 else f"{number} {noun}s"


def gradient_column(table: pd.DataFrame) -> pd.Series[str]:
    """Return the gradient source of every row, an empty string where the optimizer used none.

    Arguments:
        table: runs, a summary of them, or skipped combinations.

    >>> list(gradient_column(pd.DataFrame({"gradient": ["analytic", None, "none"]})))
    ['analytic', '', '']
    """
    column = table["gradient"].astype(object)
    return column.where(column.notna() & ~column.isin(["none", "-"]), "").astype(str)


def entrants(runs: pd.DataFrame) -> list[Entrant]:
    """Return those that runs compare, in the order of their first appearance.

    Arguments:
        runs: one row a run; without the column ``optimizer_name`` the label's beginning is the name.

    >>> entrants(pd.DataFrame({"optimizer": ["adam(batch=8)", "rprop", "rprop"], "gradient": "analytic"}))[0]
    Entrant(optimizer='adam(batch=8)', name='adam', gradient='analytic')
    """
    labels = runs["optimizer"].astype(str)
    names = labels.map(lambda label: label.partition("(")[0])
    if "optimizer_name" in runs:
        names = runs["optimizer_name"].where(runs["optimizer_name"].notna(), names)
    found = pd.DataFrame({"label": labels, "name": names, "gradient": gradient_column(runs)})
    return [Entrant(*map(str, row)) for row in found.drop_duplicates().itertuples(index=False)]


def gradient_sources(table: pd.DataFrame) -> list[str]:
    """Return the gradient sources that were used, in the order of their first appearance.

    Where there is only one, no table and no legend has to name it.

    Arguments:
        table: runs, a summary of them, or skipped combinations.

    >>> gradient_sources(pd.DataFrame({"gradient": ["symbolic", "none", "analytic", "symbolic"]}))
    ['symbolic', 'analytic']
    """
    return [source for source in gradient_column(table).unique().tolist() if source]
