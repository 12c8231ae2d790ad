"""Prints rows as they are measured, and keeps them as a table and a figure."""

from __future__ import annotations

import math
from dataclasses import asdict
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from benchmarks.measurement import Row

BARRED = ("jax", "fann", "torch", "torch-compile", "evosax", "pygad", "pygmo, NumPy", "pycma")
"""Peers that the project means to be ahead of: their tables end with the mean and the worst."""

FIRST = {"machine": "one thread"}
"""What the first column holds where it is not our own time."""


def print_title(name: str, text: str) -> None:
    print(f"\n{name}\n{text.strip()}\n")
    heads = f"{'work':38}{'peer':18}{'ours':>12}{'theirs':>12} {'unit':10}{'ratio':>9}"
    print(f"{heads}  {'quartiles':>9}", flush=True)


def print_row(row: Row) -> None:
    # A ratio is a few times as much, or a part; what is neither is an error.
    ratio = f"{row.ratio:9.2f}" if abs(row.ratio) >= 1e-4 else f"{row.ratio:9.1e}"
    line = f"{row.work:38}{row.peer:18}{row.ours:12.4g}{row.theirs:12.4g} {row.unit:10}{ratio}"
    quartiles = "" if math.isnan(row.ratio_low) else f"  {row.ratio_low:.2f} to {row.ratio_high:.2f}"
    print(line + quartiles, flush=True)


def frame_of(rows: list[Row]) -> pd.DataFrame:
    return pd.DataFrame([asdict(row) for row in rows])


def write_table(rows: list[Row], folder: Path, before: pd.DataFrame | None = None) -> None:
    """Write what has been measured so far, in a table of before or by itself.

    Row by row: a table of an hour is not lost with its last line.
    """
    frame = frame_of(rows) if before is None else renewed(before, frame_of(rows))
    frame.to_csv(folder / "table.csv", index=False, float_format="%.6g")


def renewed(table: pd.DataFrame, new: pd.DataFrame) -> pd.DataFrame:
    """Return a table with the rows of some benchmarks measured anew, in the place of the old ones.

    >>> old = frame_of([Row("a", "x", "p", 1, 2, "s", 2), Row("b", "y", "p", 1, 3, "s", 3)])
    >>> renewed(old, frame_of([Row("a", "x", "p", 1, 4, "s", 4)]))["ratio"].tolist()
    [4, 3]
    """
    replaced = table["benchmark"].isin(set(new["benchmark"]))
    place = int(replaced.to_numpy().argmax()) if replaced.any() else len(table)
    kept = [table.iloc[:place], new, table.iloc[place:][~replaced.iloc[place:]]]
    return pd.concat([part for part in kept if len(part)], ignore_index=True)


def _short(number: float) -> str:
    """Write three digits of a number, without an exponent.

    >>> _short(1234.5), _short(0.0027967)
    ('1230', '0.0028')
    """
    return f"{float(f'{number:.3g}'):g}"


def with_quartiles(row: Any, name: str) -> str:
    """Write a median with its quartiles.

    >>> with_quartiles(Row("a", "b", "c", 1, 2, "s", 2.41, 9, ratio_low=2.3, ratio_high=2.5), "ratio")
    '2.41 (2.3 to 2.5)'
    """
    low, high = getattr(row, f"{name}_low"), getattr(row, f"{name}_high")
    number = _short(getattr(row, name))
    return number if math.isnan(low) else f"{number} ({_short(low)} to {_short(high)})"


def header(frame: pd.DataFrame, machine: dict[str, str]) -> str:
    """Say when and where it was measured, with which versions, and in how many rounds."""
    place = ("cpu", "threads", "date")
    rest = ", ".join(f"{name} {version}" for name, version in machine.items() if name not in place)
    where = f"{machine['cpu']}, {machine['threads']} threads, {machine['date']}"
    most = int(frame["rounds"].max())
    return f"*{where}; {rest}. Medians of up to {most} rounds, in brackets lower and upper quartiles.*"


def markdown(frame: pd.DataFrame, machine: dict[str, str]) -> str:
    """Return the ratios as tables for a README: a line for each piece of work, a column for each peer."""
    parts = [header(frame, machine)]
    for name, part in frame.groupby("benchmark", sort=False):
        works, peers = list(dict.fromkeys(part["work"])), list(dict.fromkeys(part["peer"]))
        cells = {(row.work, row.peer): row for row in part.itertuples()}
        firsts = {row.work: row for row in reversed(cells.values())}
        heads = ["", FIRST.get(str(name), "ours"), *peers]
        lines = [f"| {' | '.join(heads)} |", "|---" * len(heads) + "|"]
        for work in works:
            found = [cells.get((work, peer)) for peer in peers]
            taken = f"{with_quartiles(firsts[work], 'ours')} {firsts[work].unit}"
            ratios = ["" if row is None else with_quartiles(row, "ratio") for row in found]
            lines.append(f"| {' | '.join([work, taken, *ratios])} |")
        lines += _summary(part, peers, len(works))
        parts.append(f"**{str(name).replace('-', ' ')}**\n\n" + "\n".join(lines))
    return "\n\n".join(parts) + "\n"


IN_SHORT = (
    *("gradient-step", "epoch", "population", "generation", "sweep"),
    *("comparison", "overhead", "busy", "command-line"),
)
"""Benchmarks that README shows."""


def in_short(frame: pd.DataFrame, machine: dict[str, str]) -> str:
    """Return those of the tables that README shows."""
    return markdown(frame[frame["benchmark"].isin(IN_SHORT)], machine)


def _summary(part: pd.DataFrame, peers: list[str], works: int) -> list[str]:
    """Return the geometric mean and the lowest ratio of each peer that the project means to be ahead of."""
    ratios = {peer: part.loc[part["peer"] == peer, "ratio"] for peer in peers if peer in BARRED}
    if works < 2 or not ratios:
        return []
    lines = []
    for title, measure in (
        ("geometric mean", lambda found: float(np.exp(np.log(found).mean()))),
        ("lowest", lambda found: float(found.min())),
    ):
        cells = [_short(measure(ratios[peer])) if peer in ratios else "" for peer in peers]
        lines.append(f"| {' | '.join([title, '', *cells])} |")
    return lines
