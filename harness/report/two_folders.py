"""The runs of two folders in one table, what both have told by the folder that it is from."""

from __future__ import annotations

from pathlib import Path

import pandas as pd

from harness.runs.claims import Claim
from harness.runs.tables import TRACE_COLUMNS, Tables, gradient_column
from optimizers.errors import InputError
from optimizers.printable import printable


def beside(one: Tables, other: Tables, folder: Path, other_folder: Path) -> tuple[Tables, tuple[Claim, ...]]:
    """Return the runs of two folders as one table, and what is claimed of them.

    Of each optimizer that both have it is claimed that it is better in the second folder than in the first.
    Where there is none, nothing is claimed, and all are held against each other.

    Arguments:
        one: of the first folder.
        other: of the second.
        folder: the first one.
        other_folder: the second.

    Raises:
        InputError: if they are one folder, have no problem in common, or mean two things by one name.
    """
    if folder.resolve() == other_folder.resolve():
        raise InputError(f"{folder} is given twice: give another folder, or it alone")
    _refuse_other_problems(one, other)
    if not set(one.runs["problem"]) & set(other.runs["problem"]):
        raise InputError(
            f"{folder} and {other_folder} have no problem in common: give folders of one experiment"
        )
    behind = _told_apart(folder, other_folder)
    names = [dict.fromkeys(tables.runs["optimizer"]) for tables in (one, other)]
    common = [name for name in names[0] if name in names[1]]
    parts = []
    for tables, place in zip((one, other), behind, strict=True):
        labels = tables.runs["optimizer"]
        said = labels.where(~labels.isin(common), labels + f" in {place}")
        parts.append(tables.runs.assign(optimizer=said, run_id=tables.runs["run_id"] + f" in {place}"))
    tables = Tables(
        f"{one.name} in {behind[0]} and {behind[1]}",
        one.question,
        pd.concat(parts, ignore_index=True),
        lambda _: _traces((one, other), behind),
        pd.concat([one.skipped, other.skipped], ignore_index=True).drop_duplicates(ignore_index=True),
        notes=list(dict.fromkeys([*one.notes, *other.notes, *_budgets(one, other), *_stopped(one, other)])),
    )
    return tables, tuple(claim for name in common for claim in _claims(name, one, other, behind))


def _traces(both: tuple[Tables, Tables], behind: tuple[str, str]) -> pd.DataFrame:
    """Return the traces of two folders under the ids that their runs have here."""
    parts = [
        tables.trace[list(TRACE_COLUMNS)].assign(run_id=tables.trace["run_id"] + f" in {place}")
        for tables, place in zip(both, behind, strict=True)
    ]
    return pd.concat([part for part in parts if len(part)] or parts[:1], ignore_index=True)


def _claims(name: str, one: Tables, other: Tables, behind: tuple[str, str]) -> list[Claim]:
    """Return the claims of one optimizer, one for each gradient source that both folders have of it."""
    sources = [set(gradient_column(t.runs[t.runs["optimizer"] == name])) for t in (one, other)]
    claims = []
    for source in sorted(sources[0] & sources[1]):
        by = f" by {source}" if source else ""
        claims.append(Claim(f"{name} in {behind[1]}{by}", f"{name} in {behind[0]}{by}"))
    return claims


def _told_apart(folder: Path, other: Path) -> tuple[str, str]:
    """Return names of two folders that differ.

    >>> _told_apart(Path("output/one"), Path("output/two")), _told_apart(Path("a/mine"), Path("b/mine"))
    (('one', 'two'), ('a/mine', 'b/mine'))
    """
    names = folder.resolve().name, other.resolve().name
    one, two = names if names[0] != names[1] else (str(folder), str(other))
    # A name on a disk is any bytes, and a column of texts takes letters alone.
    return printable(one), printable(two)


def _refuse_other_problems(one: Tables, other: Tables) -> None:
    keys = [dict(zip(t.runs["problem"], t.runs["problem_key"], strict=True)) for t in (one, other)]
    for name in keys[0]:
        if keys[1].get(name, keys[0][name]) != keys[0][name]:
            raise InputError(
                f"{name} is another problem in the second folder (its data, network or target differ), so "
                "that runs of one seed have no common start: compare folders of one experiment"
            )


def _stopped(one: Tables, other: Tables) -> list[str]:
    """Say where the number of seeds followed from the runs."""
    declared = any(tables.declaration is not None for tables in (one, other))
    said = (
        "seeds were added until declared claims were decided: intervals of other comparisons are too narrow"
    )
    return [said] if declared else []


def _budgets(one: Tables, other: Tables) -> list[str]:
    """Say where budgets differ, for a run with more of it gets further."""
    found = [", ".join(sorted(set(map(str, tables.runs["setting"])))) for tables in (one, other)]
    return [f"the budgets differ: {found[0]} against {found[1]}"] if found[0] != found[1] else []
