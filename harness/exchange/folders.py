"""Exports results into a folder, keeps what was imported as a folder of results, replaces nothing unasked."""

from __future__ import annotations

import contextlib
import shutil
import time
from pathlib import Path

from harness.exchange.exchange_format import ExchangeFormat
from harness.runs.columns import COLUMNS, RUNS
from harness.runs.parts import is_there, unreadable, unwritable, write_whole
from harness.runs.plans import Plan, read_plans, records
from harness.runs.store import Store
from harness.runs.tables import Tables
from optimizers.errors import InputError

README = "README.md"
MARK = "Written by `harness export`"
"""Begins the second paragraph of the README of an export, which says that the folder may be replaced."""


def export(tables: Tables, form: ExchangeFormat, folder: Path, replace: bool = False) -> list[Path]:
    """Write results in a format, with a README that says what is what.

    Arguments:
        tables: the results.
        form: the format.
        folder: where to; it is made.
        replace: whether an earlier export in that folder is replaced.

    Returns:
        The files, the README last.

    Raises:
        InputError: if the folder holds anything that it was not asked to replace, or cannot be written.
    """
    aside = None
    if _holds_something(folder):
        if not replace:
            raise InputError(
                f"{folder} is not empty, and nothing in it is overwritten: choose another folder, or say "
                "that an earlier export is to be replaced (--replace, replace=True)"
            )
        if not _is_export(folder):
            raise InputError(f"{folder} holds something else than an export: choose another folder")
        aside = folder.with_name(f".{folder.name}.{time.time_ns()}.replaced")
    try:
        if aside is not None:
            folder.replace(aside)
        folder.mkdir(parents=True, exist_ok=True)
    except (OSError, ValueError) as error:
        raise unwritable(folder, getattr(error, "strerror", error)) from None
    try:
        files = form.write(tables, folder)
        write_whole(folder / README, _readme(tables, form).encode("utf-8", "backslashreplace"))
    except BaseException:
        with contextlib.suppress(OSError):
            shutil.rmtree(folder)
            if aside is not None:
                aside.replace(folder)
        raise
    if aside is not None:
        shutil.rmtree(aside, ignore_errors=True)
    return [*files, folder / README]


def read(form: ExchangeFormat, folder: Path) -> Tables:
    """Read a folder of another program, or an export.

    Raises:
        InputError: if there is no such folder, or the format cannot be read from it.
    """
    if reason := form.reading_refusal():
        raise InputError(f"{form.name()} cannot be imported: {reason}")
    if not is_there(folder) or not folder.is_dir():
        raise InputError(f"{folder} is no folder: give the one that holds the files of {form.name()}")
    return form.read(folder)


def keep(tables: Tables, folder: Path, add: bool = False) -> None:
    """Keep results as a folder of results like any other.

    Arguments:
        tables: the results.
        folder: where to; it is made.
        add: whether they may go beside results that the folder has already.

    Raises:
        InputError: if the folder holds anything that nothing was to be added to, or cannot be written.
    """
    if _holds_something(folder):
        if not add:
            raise InputError(
                f"{folder} is not empty: choose another folder, or say that the runs go beside the results "
                "in it (--add, add=True)"
            )
        if not read_plans(folder):
            raise InputError(f"{folder} holds something else than results: choose another folder")
    store = Store(folder)
    ids = list(tables.runs["run_id"])
    new = ~tables.runs["run_id"].isin(store.finished()["run_id"])
    if new.any():
        rows = tables.trace["run_id"].isin(tables.runs["run_id"][new])
        store.append_tables(tables.runs.loc[new, list(RUNS)], tables.trace[rows])
    store.write_plan(Plan(tables.name, tables.question, tuple(ids), records(tables.skipped)))


def _holds_something(folder: Path) -> bool:
    if not is_there(folder):
        return False
    if not folder.is_dir():
        raise InputError(f"{folder} is a file: choose another folder")
    try:
        return any(folder.iterdir())
    except OSError as error:
        raise unreadable(folder, error) from None


def _is_export(folder: Path) -> bool:
    try:
        return MARK in (folder / README).read_text(encoding="utf-8")
    except (OSError, ValueError):
        return False


def _readme(tables: Tables, form: ExchangeFormat) -> str:
    """Return what a reader of the folder has to know."""
    lines = [f"# {' '.join(tables.name.split())}", "", *([tables.question, ""] if tables.question else [])]
    lines += [f"{MARK}: {tables.contents()}, in the format `{form.label}` ({form.source}).", ""]
    remarks = [*tables.remarks(), *form.remarks(tables)]
    lines += [*(f"- {remark}" for remark in remarks), *([""] if remarks else [])]
    comes_back = form.reading_refusal() is None
    lines += [
        "What comes back unchanged when it is imported again:" if comes_back else "What is in it unchanged:",
        "",
    ]
    lines += ["| column | type | what it holds |", "|---|---|---|"]
    lines += [
        f"| {name} | {column.kind} | {column.holds.replace('|', ',')} |"
        for name, column in COLUMNS.items()
        if name in form.holds
    ]
    return "\n".join(lines) + "\n"
