"""Reads data of COCO: those that were exported here, and those of its own loggers."""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import pandas as pd

from harness.exchange.csv import read_table
from harness.exchange.frames import frame, identities, tables_of
from harness.runs.columns import RUNS
from harness.runs.parts import is_there, read_bytes
from harness.runs.tables import Tables
from optimizers.errors import InputError
from optimizers.objective import Array
from optimizers.printable import shown

RUNS_FILE = "runs.csv"
"""Table of the runs of an export."""


class Columns(NamedTuple):
    """What a block says of one run, row by row."""

    evaluations: Array
    best: Array
    measured: Array
    best_measured: Array


def read_export(
    folder: Path, layout: Callable[[pd.DataFrame], Iterable[tuple[Path, pd.DataFrame]]]
) -> Tables:
    """Read what was exported here.

    Arguments:
        folder: of the export.
        layout: returns for runs which of them stand in which file, in their order.

    Raises:
        InputError: if a file is missing or damaged.
    """
    notes: list[str] = []
    runs = frame(read_table(folder / RUNS_FILE, RUNS, notes), RUNS)
    if not len(runs):
        raise InputError(f"{folder / RUNS_FILE} has no runs: export again")
    columns: dict[str, dict[str, list[Any]]] = {}
    for path, listed in layout(runs):
        blocks = _blocks(folder / path)
        if len(blocks) != len(listed):
            raise InputError(
                f"{folder / path} has {len(blocks)} runs, but {RUNS_FILE} names {len(listed)}: export again"
            )
        for run_id, start_loss, block in zip(listed["run_id"], listed["start_loss"], blocks, strict=True):
            if len(block.best) == 1 and math.isnan(block.measured[0]) and math.isnan(start_loss):
                # It failed before its first look, and has a row only so that runs can be told apart.
                continue
            columns[run_id] = _trace(run_id, block.evaluations, block.measured)
    trace = {
        name: [cell for run_id in runs["run_id"] if run_id in columns for cell in columns[run_id][name]]
        for name in _trace("", np.empty(0), np.empty(0))
    }
    return tables_of(
        folder.resolve().name, "", {str(name): list(runs[name]) for name in runs}, trace, notes=notes
    )


def read_logs(folder: Path, by_instance: bool) -> Tables:
    """Read data of COCO's own loggers.

    Arguments:
        folder: with index files that end in .info, anywhere in it.
        by_instance: whether an instance is a problem of its own, or a repetition.

    Raises:
        InputError: if there are none, they are damaged, or of two objectives.
    """
    found = sorted(folder.rglob("*.info"))
    if not found:
        raise InputError(f"{folder} holds no .info file of COCO: give the folder of an experiment, unpacked")
    runs: dict[str, list[Any]] = {}
    trace: dict[str, list[Any]] = {}
    seeds: dict[tuple[str, str], int] = {}
    for file in found:
        for entry in _entries(file):
            blocks = _merged(file.parent / entry.path)
            if len(blocks) != len(entry.runs):
                raise InputError(
                    f"{file.parent / entry.path} has {len(blocks)} runs, but {file.name} names "
                    f"{len(entry.runs)}: take away what was not finished"
                )
            for (instance, count), block in zip(entry.runs, blocks, strict=True):
                more = f", instance {instance}" if by_instance else ""
                problem = f"{entry.suite} f{entry.function} (dimension {entry.dimension}{more})"
                who = problem, entry.algorithm
                seeds[who] = seeds.get(who, -1) + 1
                run_id = identities("coco", [(*who, seeds[who])])[0]
                # The difference has more digits than what was measured.
                offset = block.best_measured[0] - block.best[0] if len(block.best) else 0.0
                is_best = block.measured == block.best_measured
                losses = np.where(is_best, block.best, block.measured - offset)
                hit = np.flatnonzero(block.best <= entry.precision)
                row = {
                    "run_id": run_id,
                    "problem": problem,
                    "optimizer": entry.algorithm,
                    "seed": seeds[who],
                    "parameters": entry.dimension,
                    "target": entry.precision,
                    "outcome": "solved" if hit.size else "budget",
                    "sentence": f"{count} evaluations of instance {instance}, as imported",
                    "cost": float(count),
                    "iterations": count,
                    "value_rows": count,
                    "final_loss": float(block.best[-1]) if len(block.best) else math.nan,
                    "cost_to_target": float(block.evaluations[hit[0]]) if hit.size else math.nan,
                    "version": f"coco {entry.version}".strip(),
                }
                for name, value in row.items():
                    runs.setdefault(name, []).append(value)
                for name, values in (_trace(run_id, block.evaluations, losses, block.best)).items():
                    trace.setdefault(name, []).extend(values)
    if not runs:
        raise InputError(f"{folder} holds .info files of COCO without a run: give another folder")
    return tables_of(folder.resolve().name, "", runs, trace)


def _trace(run_id: str, evaluations: Array, losses: Array, best: Array | None = None) -> dict[str, list[Any]]:
    """Return the columns of one run's trace."""
    whole = evaluations.astype(np.int64).tolist()
    if best is None:
        best = np.fmin.accumulate(np.where(np.isfinite(losses), losses, np.inf))
    return {
        "run_id": [run_id] * len(whole),
        "iteration": whole,
        "value_rows": whole,
        "cost": evaluations.tolist(),
        "loss": losses.tolist(),
        "best_loss": best.tolist(),
    }


class Entry(NamedTuple):
    """What an index says of one function in one dimension."""

    suite: str
    function: int
    dimension: int
    algorithm: str
    precision: float
    version: str
    path: Path
    runs: list[tuple[int, int]]
    """Instance and evaluations of each."""


def _entries(file: Path) -> list[Entry]:
    """Return the entries of an index: three lines each."""
    lines = [line.strip() for line in _text(file).splitlines() if line.strip()]
    found = []
    for header, comment, data in zip(lines[::3], lines[1::3], lines[2::3], strict=False):
        given = dict(re.findall(r"(\w+)\s*=\s*('[^']*'|[^,]+)", header))
        words = {name.lower(): value.strip().strip("'") for name, value in given.items()}
        if "indicator" in words or "biobj" in words.get("suite", ""):
            raise InputError(f"{file} is of two objectives, and a loss is one number: import others")
        if "constrained" in words.get("suite", ""):
            raise InputError(f"{file} is of a suite with constraints, which no loss has: import others")
        path, *parts = [part.strip() for part in data.split(",")]
        place = Path(path.replace("\\", "/"))
        try:
            if not comment.startswith("%"):
                raise ValueError("no comment")
            ends = [re.fullmatch(r"(\d+):(\d+)\|\S+", part) for part in parts]
            entry = Entry(
                suite=words.get("suite", "bbob"),
                function=int(words.get("funcid", words.get("function", ""))),
                dimension=int(words["dim"]),
                algorithm=words.get("algid", words.get("algorithm", file.parent.name)),
                precision=float(words.get("precision", "1e-8")),
                version=words.get("coco_version", ""),
                path=place,
                runs=[(int(end[1]), int(end[2])) for end in ends if end is not None],
            )
            if not all(ends):
                raise ValueError("a run that did not end")
        except (ValueError, KeyError) as error:
            raise InputError(
                f"{file} has the entry {shown(header)}, which is none of COCO's ({error}): mend it"
            ) from None
        if place.is_absolute() or ".." in place.parts:
            raise InputError(f"{file} names the table {shown(path)} outside its own folder: mend it")
        found.append(entry)
    if len(lines) % 3:
        raise InputError(
            f"{file} has {len(lines)} lines, expected three for each function and dimension: mend it"
        )
    return found


def _merged(file: Path) -> list[Columns]:
    """Return the runs of a table of improvements with the rows of the table of all that lies beside it."""
    tables = [
        _blocks(place) for place in (file, file.with_suffix(".tdat")) if place == file or is_there(place)
    ]
    if len({len(table) for table in tables}) > 1:
        raise InputError(f"{file} has another number of runs than the .tdat file beside it: log again")
    merged = []
    for parts in zip(*tables, strict=True):
        together = Columns(*(np.concatenate(column) for column in zip(*parts, strict=True)))
        _, first = np.unique(together.evaluations, return_index=True)
        merged.append(Columns(*(column[first] for column in together)))
    return merged


def _blocks(file: Path) -> list[Columns]:
    """Return the runs of a table: a line of headings begins each.

    Raises:
        InputError: if it is not there, or no such table.
    """
    if not is_there(file):
        raise InputError(f"{file} is not there, though an index names it: bring it back")
    blocks: list[list[list[float]]] = []
    for number, line in enumerate(_text(file).splitlines(), start=1):
        if line.startswith("%"):
            blocks.append([])
            continue
        cells = line.split()
        if not cells:
            continue
        try:
            rows = blocks[-1]
            # The second is the constraints' count, or in data before 2022 the present value; neither is used.
            rows.append([float(cells[place]) for place in (0, 2, 3, 4)])
            if not 1 <= rows[-1][0] < 2**63 or rows[-1][0] != int(rows[-1][0]):
                raise ValueError
            if len(rows) > 1 and rows[-1][0] < rows[-2][0]:
                raise ValueError
        except (ValueError, IndexError, OverflowError):
            raise InputError(
                f"{file}: line {number} is {shown(line)}, expected evaluations that rise and values below "
                "a line that begins with %: log again"
            ) from None
    return [Columns(*np.array(rows, dtype=np.float64).reshape(len(rows), 4).T) for rows in blocks]


def _text(file: Path) -> str:
    try:
        return read_bytes(file).decode("utf-8")
    except UnicodeDecodeError:
        raise InputError(f"{file} is no text: log again") from None
