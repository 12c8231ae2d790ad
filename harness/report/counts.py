"""Counts of runs by problem and optimizer, as a small table for a terminal."""

from __future__ import annotations

from collections.abc import Sequence

import pandas as pd
from rich.console import Console
from rich.table import Table
from rich.text import Text

from harness.runs.tables import gradient_sources
from optimizers.printable import printable

GAP = 2


def render_counts(table: pd.DataFrame, columns: Sequence[str], console: Console) -> None:
    """Print counts, a line each optimizer below the name of its problem; zeros are left empty.

    Arguments:
        table: columns problem, optimizer and gradient, and those of the counts.
        columns: the counts, or texts; a name of theirs is the heading.
        console: where to.
    """
    several = len(gradient_sources(table)) > 1
    labels = [f"  {row}" for row in table["optimizer"]]
    if several:
        labels = [
            f"{label} by {source}" if source not in ("", "none") else label
            for label, source in zip(labels, table["gradient"], strict=True)
        ]
    cells = {name: [_cell(cell) for cell in table[name]] for name in columns}
    shown = Table(box=None, padding=(0, GAP, 0, 0), pad_edge=False, header_style="bold")
    shown.add_column(Text("optimizer"), overflow="fold")
    for name in columns:
        shown.add_column(Text(name), justify="right", no_wrap=True)
    last = None
    for place, problem in enumerate(table["problem"]):
        if problem != last:
            shown.add_row(Text(printable(str(problem)), style="bold"))
            last = problem
        shown.add_row(Text(printable(labels[place])), *(Text(cells[name][place]) for name in columns))
    console.print(shown)


def _cell(cell: object) -> str:
    return "" if cell == 0 else str(cell)
