"""Prints rows as they are measured, and keeps them as a table and a figure."""

from __future__ import annotations

from dataclasses import asdict
from pathlib import Path

import pandas as pd

from benchmarks.measurement import Row


def print_title(name: str, text: str) -> None:
    print(f"\n{name}\n{text.strip()}\n")
    print(f"{'work':38}{'peer':18}{'ours':>12}{'theirs':>12} {'unit':10}{'ratio':>9}", flush=True)


def print_row(row: Row) -> None:
    line = f"{row.work:38}{row.peer:18}{row.ours:12.4g}{row.theirs:12.4g} {row.unit:10}{row.ratio:9.2f}"
    print(line, flush=True)


def frame_of(rows: list[Row]) -> pd.DataFrame:
    return pd.DataFrame([asdict(row) for row in rows])


def write_table(rows: list[Row], folder: Path) -> None:
    """Write what has been measured so far: a table of an hour is not lost with its last line."""
    frame_of(rows).to_csv(folder / "table.csv", index=False, float_format="%.6g")


def _short(number: float) -> str:
    """Write three digits of a number, without an exponent.

    >>> _short(1234.5), _short(0.0027967)
    ('1230', '0.0028')
    """
    return f"{float(f'{number:.3g}'):g}"


def markdown(frame: pd.DataFrame) -> str:
    """Return the ratios as tables for a README: a line for each piece of work, a column for each peer."""
    parts = []
    for name, part in frame.groupby("benchmark", sort=False):
        ours = part.groupby("work", sort=False)[["ours", "unit"]].first()
        ratios = part.pivot_table(index="work", columns="peer", values="ratio", sort=False)
        heads = ["", "ours", *ratios.columns]
        lines = [f"| {' | '.join(heads)} |", "|---" * len(heads) + "|"]
        for work, row in ratios.iterrows():
            taken = f"{_short(ours.loc[work, 'ours'])} {ours.loc[work, 'unit']}"
            cells = ["" if pd.isna(ratio) else _short(ratio) for ratio in row]
            lines.append(f"| {' | '.join([str(work), taken, *cells])} |")
        parts.append(f"**{str(name).replace('-', ' ')}**\n\n" + "\n".join(lines))
    return "\n\n".join(parts) + "\n"
