"""The table of Nevergrad's benchmarks: a row for each run and budget."""

from __future__ import annotations

import csv
import io
import math
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any, ClassVar

import numpy as np
import pandas as pd

from harness.exchange.exchange_format import ExchangeFormat
from harness.exchange.frames import identities, tables_of, told_by_gradient
from harness.runs.csv_cells import guarded, unguarded
from harness.runs.parts import is_there, read_bytes, write_whole
from harness.runs.tables import Tables
from optimizers.errors import InputError
from optimizers.options import Sizes, options
from optimizers.printable import shown

FILE = "benchmark.csv"
OURS = "neural-harness"
"""Function class of what was exported here, where the name alone says the problem."""

RESULTS = ("loss", "elapsed_budget", "elapsed_time", "pseudotime", "error", "num_objectives", "seed")
SETTINGS = ("optimizer_name", "budget", "num_workers", "batch_mode")
NEEDED = ("optimizer_name", "budget", "loss", "elapsed_time", "elapsed_budget")
"""Columns that ``nevergrad.benchmark.plotting`` asks for too."""

COLUMNS = (*RESULTS, "function_class", "name", "dimension", *SETTINGS)


@options
class Nevergrad(ExchangeFormat):
    """Nevergrad: the table of its benchmarks, for ``python -m nevergrad.benchmark.plotting``.

    A row is a run with a budget: the loss is the best that was found at a cost of the budget or less. A run
    that ended before keeps what it had. The gradient source goes into the optimizer's name where there are
    several.

    Of tables that others have written, rows of one optimizer, function and seed are one run at several
    budgets. What else tells functions apart goes into the problem's name.

    Attributes:
        budgets: whole costs; none takes 1, 3, 10, 30 and so on up to the highest cost of a problem, and that.
    """

    budgets: Sizes = ()

    source: ClassVar[str] = "https://facebookresearch.github.io/nevergrad/benchmarking.html"
    holds: ClassVar[frozenset[str]] = frozenset({"runs.problem", "runs.seed", "runs.parameters"})

    def remarks(self, tables: Tables) -> list[str]:
        """Say what a loss at a budget is."""
        return ["the loss at a budget is the lowest recorded one at a cost of the budget or less"]

    def write(self, tables: Tables, folder: Path) -> list[Path]:
        """Write the table."""
        rows_of = dict(iter(tables.trace.groupby("run_id", sort=False)))
        names = told_by_gradient(tables.runs)
        highest = tables.runs["cost"].astype(float).groupby(tables.runs["problem"]).max().to_dict()
        buffer = io.StringIO(newline="")
        writer = csv.writer(buffer)
        writer.writerow(COLUMNS)
        for name, run in zip(names, tables.runs.to_dict("records"), strict=True):
            budgets = self.budgets or tuple(_budgets(highest[run["problem"]]))
            writer.writerows(
                _rows(str(name), run, rows_of.get(run["run_id"], tables.trace.iloc[:0]), budgets)
            )
        file = folder / FILE
        write_whole(file, buffer.getvalue().encode("utf-8", "backslashreplace"))
        return [file]

    def read(self, folder: Path) -> Tables:
        """Read the tables of a folder."""
        files = [folder / FILE] if is_there(folder / FILE) else sorted(folder.glob("*.csv"))
        if not files:
            raise InputError(f"{folder} holds no CSV file: give the folder of Nevergrad's benchmark table")
        rows = [row for file in files for row in _table(file)]
        described = [name for name in (rows[0] if rows else {}) if name not in (*RESULTS, *SETTINGS)]
        described = [name for name in described if not name.startswith("info/")]
        varying = [name for name in described if len({row.get(name) for row in rows}) > 1 and name != "name"]
        groups: dict[tuple[str, str, str, int], list[dict[str, Any]]] = {}
        for row in rows:
            problem = row.get("name") or row.get("function_class") or "function"
            optimizer = row["optimizer_name"]
            if row.get("function_class") == OURS:
                problem, optimizer = unguarded(problem), unguarded(optimizer)
            elif varying:
                problem += f" ({', '.join(f'{name}={row.get(name)}' for name in varying)})"
            again = 0
            while _follows(groups.get(key := (problem, optimizer, row["seed"], again), []), row):
                again += 1
            groups.setdefault(key, []).append(row)
        runs: dict[str, list[Any]] = {}
        trace: dict[str, list[Any]] = {}
        counts: dict[tuple[str, str], int] = {}
        for (problem, optimizer, seed, again), listed in groups.items():
            number = counts[problem, optimizer] = counts.get((problem, optimizer), -1) + 1
            run_id = identities("nevergrad", [(problem, optimizer, seed, again)])[0]
            last = listed[-1]
            row = {
                "run_id": run_id,
                "problem": problem,
                "optimizer": optimizer,
                "seed": int(seed) if seed.isdecimal() and not again and int(seed) < 2**63 else number,
                "parameters": int(float(last.get("dimension") or 0)),
                "outcome": "failed" if last["error"] else "budget",
                "sentence": last["error"] or f"budget {last['budget']:.12g}, as imported",
                "cost": last["elapsed_budget"],
                "seconds": last["elapsed_time"],
                "setting": f"cost={last['budget']:.12g}",
            }
            for name, value in row.items():
                runs.setdefault(name, []).append(value)
            spent = 0.0
            lowest = math.inf
            for one in listed:
                if not one["elapsed_budget"] > spent:
                    continue
                spent = one["elapsed_budget"]
                lowest = min(lowest, one["loss"]) if math.isfinite(one["loss"]) else lowest
                values = (run_id, int(spent), spent, one["elapsed_time"], one["loss"], lowest)
                for name, value in zip(_TRACE, values, strict=True):
                    trace.setdefault(name, []).append(value)
        runs = runs or {name: [] for name in ("run_id", "problem", "optimizer", "seed")}
        return tables_of(folder.resolve().name, "", runs, trace or {name: [] for name in _TRACE})


_TRACE = ("run_id", "iteration", "cost", "seconds", "loss", "best_loss")


def _follows(listed: list[dict[str, Any]], row: dict[str, Any]) -> bool:
    """Say whether a row cannot be of the run of these: it is of no seed, or of no higher budget."""
    return bool(listed) and (not row["seed"].isdecimal() or not row["budget"] > listed[-1]["budget"])


def _budgets(highest: float) -> Iterator[int]:
    """Yield two budgets a decade, and the highest.

    >>> list(_budgets(57.5)), list(_budgets(float("nan")))
    ([1, 3, 10, 30, 58], [1])
    """
    last = max(1, math.ceil(highest * (1 - 1e-12))) if math.isfinite(highest) else 1
    decade = 1
    while decade < last:
        yield decade
        if 3 * decade < last:
            yield 3 * decade
        decade *= 10
    yield last


def _rows(
    name: str, run: dict[Any, Any], rows: pd.DataFrame, budgets: Sequence[int]
) -> Iterator[list[object]]:
    """Yield a row for each budget."""
    cost, losses, seconds = (
        rows[column].to_numpy(dtype=np.float64) for column in ("cost", "loss", "seconds")
    )
    lowest = np.fmin.accumulate(np.where(np.isfinite(losses), losses, np.nan)) if losses.size else losses
    error = str(run["sentence"]).partition(":")[0] if run["outcome"] == "failed" else ""
    for budget in budgets:
        done = int(np.searchsorted(cost, budget, side="right"))
        spent = min(budget, max(1, math.ceil(cost[-1] * (1 - 1e-12)))) if done else 0
        loss = float(lowest[done - 1]) if done else math.nan
        time = float(seconds[done - 1]) if done else 0.0
        yield [
            repr(loss), spent, repr(time), spent, error, 1, run["seed"],
            OURS, guarded(run["problem"]), run["parameters"], guarded(name), budget, 1, True,
        ]  # fmt: skip


def _table(file: Path) -> list[dict[str, Any]]:
    """Return the rows of a table, with what is needed as numbers."""
    try:
        text = read_bytes(file).decode("utf-8-sig")
        reader = csv.DictReader(io.StringIO(text, newline=""), strict=True)
        names = reader.fieldnames or []
        missing = [name for name in NEEDED if name not in names]
        if missing:
            raise InputError(
                f"{file} has no column {', '.join(missing)}, as Nevergrad's tables have: take others"
            )
        rows: list[dict[str, Any]] = list(reader)
    except (UnicodeDecodeError, csv.Error) as error:
        raise InputError(f"{file} is no CSV in UTF-8 ({error}): save it as such") from None
    for number, row in enumerate(rows, start=2):
        try:
            if None in row or None in row.values():
                raise ValueError("cells")
            for name in ("budget", "loss", "elapsed_time", "elapsed_budget"):
                row[name] = float(row[name]) if row[name] else math.nan
            if not 0 <= row["budget"] < 2**63:
                raise ValueError("budget")
            seed, failed = row.get("seed", ""), row.get("error", "")
            row["seed"] = seed.removesuffix(".0")
            row["error"] = "" if failed.lower() == "nan" else failed
            int(float(row.get("dimension") or 0))
        except (ValueError, OverflowError) as error:
            said = shown(str(error))
            raise InputError(f"{file}: row {number} is none of Nevergrad's ({said}): mend it") from None
    return rows
