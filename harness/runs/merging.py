"""Puts folders of runs together: files as they are, each checked before any is copied."""

from __future__ import annotations

import functools
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from harness.runs.columns import RUNS
from harness.runs.declaration import FILE, read_declaration
from harness.runs.folder_lock import locked
from harness.runs.kept_traces import check_pair
from harness.runs.parts import files_in, is_there, read_bytes, write_whole
from harness.runs.plans import file_name, plan_files, read_plan
from harness.runs.reading import read_part
from harness.runs.status import PASSING
from harness.runs.store import Store
from optimizers.errors import InputError

OTHERWISE = (
    *("seconds", "observation_seconds", "compile_seconds"),
    *("version", "commit", "host", "provenance", "fingerprint"),
)
"""Columns that a run done again does not repeat: the clock, and where it was done."""


@dataclass
class Merged:
    """What a merge has come to.

    Attributes:
        runs: different runs of one code in the folder now.
        parts: pairs of parts that were copied.
        left: pairs of parts whose runs were all there already.
        plans: plans in the folder now.
        differing: runs that are there twice from the same code and came to different numbers.
    """

    runs: int = 0
    parts: int = 0
    left: int = 0
    plans: int = 0
    differing: list[str] = field(default_factory=list)


@dataclass
class _Source:
    """A folder, read."""

    folder: Path
    pairs: dict[str, tuple[Path, Path]]
    """Its parts, by their stems."""
    tables: dict[str, pd.DataFrame]
    """The runs of each."""
    plans: dict[str, tuple[str, Path]]
    """When each was written, and its file, by the name that it has in the folder of plans."""

    @property
    def last(self) -> str:
        """When its last plan was written."""
        return max((written for written, _ in self.plans.values()), default="")


def merge(
    folders: Sequence[Path], into: Path, wait: bool = True, announce: Callable[[str], None] | None = None
) -> Merged:
    """Copy what several folders hold into one, which may hold runs already.

    Parts are copied byte for byte under their names, which are their digests. A part whose runs are all there
    already, from the same code, is left out; of a run that is in two parts the one that was written last
    stands, as in any folder.

    Arguments:
        folders: where from; they stay as they are.
        into: where to.
        wait: whether to wait for another process that does runs there.
        announce: called with a sentence before it waits.

    Raises:
        InputError: if a folder holds no results, a file of one is damaged, or one was declared to decide
            something and another was not; nothing is copied then.

    >>> import harness, tempfile
    >>> place = Path(tempfile.mkdtemp())
    >>> for shard in ("1/2", "2/2"):
    ...     _ = harness.run("xor", "adam", budget=9, seeds=6, shard=shard, folder=place / shard[0])
    >>> merge([place / "1", place / "2"], place / "both").runs
    6
    """
    with locked(into, wait, announce):
        there = _read(into)
        sources = [_read(folder) for folder in folders if folder.resolve() != into.resolve()]
        for source in sources:
            if not source.plans:
                raise InputError(
                    f"{source.folder} holds no results: give a folder that `harness run` has filled"
                )
        merged, known = Merged(), _Known()
        for table in there.tables.values():
            known.enter(table, merged)
        copies: dict[Path, Path] = {}
        for source in sources:
            _choose(source, into, known, copies, merged)
        _see_that_names_differ(copies, there)
        copies |= _declaration([there, *sources] if there.plans else sources, into)
        # The trace first, for a run is there when its row is.
        for target in sorted(copies, key=lambda path: path.parent.name != "trace"):
            write_whole(target, read_bytes(copies[target]))
        _copy_plans(sources, there, into)
        merged.runs, merged.plans = len(known.places), len(plan_files(into))
    return merged


def _read(folder: Path) -> _Source:
    """Read all that a folder holds, and see that none of it is damaged."""
    if not is_there(folder) or not folder.is_dir():
        raise InputError(f"{folder} is no folder: give one that `harness run` printed at its end")
    pairs, tables = Store(folder).pairs(), {}
    for stem, pair in pairs.items():
        tables[stem] = read_part(pair[0])
        check_pair(*pair, tables[stem]["run_id"], functools.partial(tables.__getitem__, stem))
    plans = {file_name(path): (read_plan(path)[0], path) for path in plan_files(folder)}
    return _Source(folder, pairs, tables, plans)


class _Known:
    """The runs that there are, by their ids and codes, and where their rows are."""

    def __init__(self) -> None:
        self.places: dict[tuple[str, str], tuple[pd.DataFrame, int]] = {}

    def enter(self, table: pd.DataFrame, merged: Merged) -> bool:
        """Enter the runs of a part; say whether it holds anything that was not there."""
        new = False
        for number, key in enumerate(zip(table["run_id"], table["fingerprint"], strict=True)):
            if key not in self.places:
                self.places[key], new = (table, number), True
                continue
            known, place = self.places[key]
            one, other = known.iloc[place], table.iloc[number]
            if not _same(one, other):
                new = True
                by_chance = {one["outcome"], other["outcome"]} & set(PASSING) or "seconds=" in one["setting"]
                if not by_chance and key[0] not in merged.differing:
                    merged.differing.append(key[0])
        return new


def _same(one: pd.Series[Any], other: pd.Series[Any]) -> bool:
    """Say whether two rows of a run came to the same, to the last bit."""
    for name in RUNS:
        if name not in OTHERWISE:
            a, b = (np.asarray(row[name]) for row in (one, other))
            if not np.array_equal(a, b, equal_nan=a.dtype.kind == "f" and b.dtype.kind == "f"):
                return False
    return True


def _choose(source: _Source, into: Path, known: _Known, copies: dict[Path, Path], merged: Merged) -> None:
    """Choose the parts of a folder that hold something new."""
    for stem, table in source.tables.items():
        if not known.enter(table, merged):
            merged.left += 1
            continue
        merged.parts += 1
        for path in source.pairs[stem]:
            target = into / path.parent.name / path.name
            if target in copies and read_bytes(copies[target]) != read_bytes(path):
                raise _namesakes(path, copies[target])
            copies[target] = path
    for kind in ("provenance", "commands"):
        for path in files_in(source.folder / kind, ".json"):
            copies.setdefault(into / kind / path.name, path)


def _declaration(sources: Sequence[_Source], into: Path) -> dict[Path, Path]:
    """Return where the one declaration of all folders goes, and where it is; nothing where there is none."""
    declared = [read_declaration(source.folder) for source in sources]
    for source, found in zip(sources, declared, strict=True):
        if (found and found.digest) != (declared[0] and declared[0].digest):
            raise InputError(
                f"{sources[0].folder} and {source.folder} were not declared to decide the same: merge "
                "folders of one declaration"
            )
    return {into / FILE: sources[0].folder / FILE} if sources and declared[0] is not None else {}


def _see_that_names_differ(copies: dict[Path, Path], there: _Source) -> None:
    """See that nothing is replaced by something else; names of earlier versions have no digest."""
    for pair in there.pairs.values():
        for path in pair:
            if path in copies and read_bytes(copies[path]) != read_bytes(path):
                raise _namesakes(copies[path], path)


def _namesakes(one: Path, other: Path) -> InputError:
    return InputError(f"{one} and {other} have one name and hold different runs: rename one pair of them")


def _copy_plans(sources: Sequence[_Source], there: _Source, into: Path) -> None:
    """Copy the plans, of two of one name the one that was written last, and the last declaration."""
    newest = max([there, *sources], key=lambda source: source.last)
    for source in sources:
        for name, (written, path) in source.plans.items():
            if name not in there.plans or there.plans[name][0] < written:
                there.plans[name] = written, into / "plans" / name
                write_whole(into / "plans" / name, read_bytes(path))
    declared = newest.folder / "experiment.toml"
    if newest is not there and is_there(declared):
        write_whole(into / declared.name, read_bytes(declared))
