"""Reads logs of IOHprofiler: those that were exported here, and those of other programs."""

from __future__ import annotations

import itertools
import json
import math
import re
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import numpy as np

from harness.exchange.frames import identities, tables_of
from harness.runs.columns import RUNS, TRACE
from harness.runs.parts import is_there, read_bytes
from harness.runs.tables import Tables
from optimizers.errors import InputError
from optimizers.printable import shown

SUITE = "neural-harness"
"""Suite of logs that were exported here, whose attributes are this project's columns."""

OF_RUN = tuple(
    name
    for name, column in RUNS.items()
    if column.kind != "parameters"
    and name not in ("problem", "parameters", "confusion", "provenance", "host")
)
"""Columns that become attributes of a run."""


def read_logs(folder: Path, by_instance: bool) -> Tables:
    """Read all logs below a folder.

    Arguments:
        folder: with a JSON file for each algorithm and function, anywhere in it.
        by_instance: whether an instance is a problem of its own, or a repetition.

    Raises:
        InputError: if there are none, or they are damaged.
    """
    runs: dict[str, list[Any]] = {}
    trace: dict[str, list[Any]] = {}
    notes: list[str] = []
    found = sorted(folder.rglob("*.json"), key=_numbered)
    if not found:
        raise InputError(
            f"{folder} holds no JSON file of IOHprofiler: give the folder that a logger has made"
        )
    seeds: dict[tuple[str, str], int] = {}
    origins = set()
    for file in found:
        try:
            described = json.loads(read_bytes(file))
            own = described["suite"] == SUITE
            origins.add(own)
            for scenario in described["scenarios"]:
                for row, rows in _scenario(file, described, scenario, own, by_instance):
                    if not own:
                        who = row["problem"], row["optimizer"]
                        row["seed"] = seeds[who] = seeds.get(who, -1) + 1
                        row["run_id"] = identities("ioh", [(*who, row["seed"])])[0]
                    for name, value in row.items():
                        runs.setdefault(name, []).append(value)
                    count = len(rows["loss"])
                    rows["run_id"] = [row["run_id"]] * count
                    for name, column in TRACE.items():
                        nothing = 0 if column.kind == "whole" else math.nan
                        trace.setdefault(name, []).extend(rows.get(name, [nothing] * count))
            if described.get("maximization") and not own:
                notes.append(f"{file.name}: values were maximised, the losses here are their negatives")
        except InputError:
            raise
        except (ValueError, KeyError, TypeError, AttributeError, RecursionError, OverflowError) as error:
            raise InputError(
                f"{file} is no log of IOHprofiler ({type(error).__name__} {shown(str(error))}): take it away "
                "or log again"
            ) from None
    if not runs:
        raise InputError(f"{folder} holds logs of IOHprofiler without a run: log again")
    if len(origins) > 1:
        raise InputError(
            f"{folder} holds exports of results beside logs of others: import one after the other"
        )
    if len(set(runs["run_id"])) < len(runs["run_id"]):
        raise InputError(f"{folder} holds a run twice: take away the copies of the logs")
    return tables_of(folder.resolve().name, "", runs, trace, notes=notes)


def _scenario(
    file: Path, described: Mapping[str, Any], scenario: Mapping[str, Any], own: bool, by_instance: bool
) -> Iterator[tuple[dict[str, Any], dict[str, list[Any]]]]:
    """Yield what is known of each run of a scenario, and the columns of its trace."""
    path = Path(str(scenario["path"]).replace("\\", "/"))
    if path.is_absolute() or ".." in path.parts:
        raise InputError(f"{file} names the table {shown(str(path))} outside its own folder: mend it")
    if not is_there(file.parent / path):
        raise InputError(f"{file.parent / path} is not there, though {file.name} names it: bring it back")
    blocks = _blocks(file.parent / path)
    listed = scenario["runs"]
    if len(blocks) != len(listed):
        raise InputError(
            f"{file.parent / path} has {len(blocks)} runs, but {file.name} names {len(listed)}: log again"
        )
    for entry, block in zip(listed, blocks, strict=True):
        if own:
            yield _own_run(described, scenario, entry, block)
        else:
            yield _foreign_run(described, scenario, entry, block, by_instance)


def _foreign_run(
    described: Mapping[str, Any],
    scenario: Mapping[str, Any],
    entry: Any,
    block: dict[str, list[float]],
    by_instance: bool,
) -> tuple[dict[str, Any], dict[str, list[Any]]]:
    sign = -1.0 if described["maximization"] else 1.0
    evaluations, values = block["evaluations"], sign * np.array(block["raw_y"])
    best, exact = entry["best"], math.nan
    if best["y"] is not None:
        # The table is written with ten decimals, this with all.
        exact = sign * float(best["y"])
        here = (np.array(evaluations) == best["evals"]) & (np.abs(values - exact) < 1e-9)
        values = np.where(here, exact, values)
    dimension = int(scenario["dimension"])
    more = f", instance {entry['instance']}" if by_instance else ""
    row = {
        "problem": f"{described['function_name']} (dimension {dimension}{more})",
        "optimizer": str(described["algorithm"]["name"]),
        "parameters": dimension,
        "sentence": f"{entry['evals']} evaluations, as imported",
        "cost": float(entry["evals"]),
        "iterations": int(entry["evals"]),
        "value_rows": int(entry["evals"]),
        # Values are those of all that was tried; what a search answers with is the best.
        "final_loss": exact,
        "best_loss": exact,
        "best_w": np.array(best.get("x", []), dtype=np.float64),
        "version": f"ioh {described['version']}",
    }
    whole = [int(count) for count in evaluations]
    lowest = np.fmin.accumulate(np.where(np.isfinite(values), values, np.inf))
    columns: dict[str, list[Any]] = {"iteration": whole, "value_rows": whole, "cost": evaluations}
    return row, {**columns, "loss": values.tolist(), "best_loss": lowest.tolist()}


def _own_run(
    described: Mapping[str, Any], scenario: Mapping[str, Any], entry: Any, block: dict[str, list[float]]
) -> tuple[dict[str, Any], dict[str, list[Any]]]:
    """Return a run that was exported here."""
    row = {name: value_of(RUNS[name].kind, entry[name]) for name in OF_RUN}
    row["problem"], row["parameters"] = str(described["function_name"]), int(scenario["dimension"])
    row["best_w"] = np.array([value_of("number", one) for one in entry["best"]["x"]], dtype=np.float64)
    if not entry["evals"]:
        # It failed before its first look, and has a line only so that runs can be told apart.
        return row, {"loss": []}
    columns: dict[str, list[Any]] = {
        name: [int(one) for one in values] if TRACE[name].kind == "whole" else values
        for name, values in block.items()
        if name in TRACE
    }
    return row, {**columns, "loss": block["raw_y"]}


def _blocks(file: Path) -> list[dict[str, list[float]]]:
    """Return the runs of a table, each with its columns; a line of names begins each."""
    try:
        lines = read_bytes(file).decode("utf-8").splitlines()
    except UnicodeDecodeError:
        raise InputError(f"{file} is no text: log again") from None
    blocks: list[tuple[list[str], list[list[float]]]] = []
    for number, line in enumerate(lines, start=1):
        cells = line.split()
        if not cells:
            continue
        if cells[0].strip('"') == "evaluations":
            blocks.append((cells, []))
            continue
        try:
            if len(cells) != len(blocks[-1][0]):
                raise ValueError
            blocks[-1][1].append([float(cell) for cell in cells])
        except (ValueError, IndexError):
            raise InputError(
                f"{file}: line {number} is {shown(line)}, expected a number for each name of the line before "
                "the run: log again"
            ) from None
    found = []
    for names, rows in blocks:
        if "raw_y" not in names:
            raise InputError(f"{file} has no column raw_y: log with it")
        columns = np.array(rows, dtype=np.float64).reshape(len(rows), len(names)).T.tolist()
        block = dict(zip(names, columns, strict=True))
        counts = block["evaluations"]
        whole = all(0 <= count < 2**63 and count == int(count) for count in counts)
        if not whole or not all(before < after for before, after in itertools.pairwise(counts)):
            raise InputError(f"{file} has evaluations that are not whole numbers in rising order: log again")
        found.append(block)
    return found


def value_of(kind: str, found: Any) -> Any:
    """Return a cell of a table as Python's own value."""
    if kind == "text":
        return str(found)
    return int(found) if kind == "whole" else math.nan if found is None else float(found)


def _numbered(path: Path) -> list[tuple[int, str]]:
    """Sort files so that the tenth comes after the second."""
    return [(int(part or 0), text) for text, part in re.findall(r"(\D*)(\d*)", str(path))]
