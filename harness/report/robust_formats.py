"""A robust comparison in a terminal, and for papers and other programs: CSV, Markdown, LaTeX."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import pandas as pd
from rich.console import Console

from harness.report.comparison_formats import latex, plain
from harness.report.comparison_text import print_lines
from harness.report.robust_comparison import RobustComparison
from harness.report.table import render_numbers
from harness.runs.csv_cells import csv_of

HEADINGS = (
    "problem",
    "claim",
    "verdict",
    "choices",
    "holds",
    "ahead",
    "behind",
    "equal",
    "undecided",
    "turned by",
)
COUNTS = {
    "choices": "choices",
    "held": "held",
    "ahead": "better",
    "behind": "worse",
    "equivalent": "equivalent",
    "undecided": "undecided",
}
CAPTION = "Of each verdict under how many choices it holds, what else comes out, and the smallest change."


def as_csv(comparison: RobustComparison) -> str:
    """Return a row a verdict."""
    return csv_of(comparison.claims).decode()


def as_markdown(comparison: RobustComparison) -> str:
    """Return sentences, notes and the table."""
    lines = [f"- {plain(sentence)}" for sentence in comparison.sentences]
    lines += ["", *(f"{plain(note)}\n" for note in comparison.notes)]
    lines += [f"| {' | '.join(HEADINGS)} |", "|:--|:--|:--|--:|--:|--:|--:|--:|--:|:--|"]
    lines += [f"| {' | '.join(map(plain, cells))} |" for cells in _cells(comparison)]
    return "\n".join([*lines, "", CAPTION]) + "\n"


def as_latex(comparison: RobustComparison) -> str:
    """Return the table for the package booktabs, and the sentences as a list below it."""
    lines = ["\\begin{tabular}{lllrrrrrrl}", "\\toprule", f"{' & '.join(HEADINGS)} \\\\", "\\midrule"]
    lines += [f"{' & '.join(map(latex, cells))} \\\\" for cells in _cells(comparison)]
    lines += ["\\bottomrule", "\\end{tabular}", "", f"% {CAPTION}", "", "\\begin{itemize}"]
    lines += [f"\\item {latex(sentence)}" for sentence in comparison.sentences]
    return "\n".join([*lines, "\\end{itemize}", *(f"% {note}" for note in comparison.notes)]) + "\n"


def render_robust(comparison: RobustComparison, console: Console) -> None:
    """Print sentences, notes and the table."""
    print_lines(comparison.sentences, console)
    console.print()
    print_lines(comparison.notes, console, "dim")
    console.print()
    if comparison.found:
        render_numbers(_numbers(comparison), console)


def _numbers(comparison: RobustComparison) -> pd.DataFrame:
    """Return the counts of each verdict, what it is about in one column of text."""
    named, claims = comparison.named, comparison.claims
    about = [
        f"{problem}: {named(one.line)} against {named(one.other)}, {one.answer}"
        for problem, one in zip(claims["problem"], comparison.found, strict=True)
    ]
    counts = {name: claims[column] for name, column in COUNTS.items()}
    return pd.DataFrame({"verdict": about, **counts})


def _cells(comparison: RobustComparison) -> Iterator[list[str]]:
    named = comparison.named
    for row, one in zip(comparison.claims.to_dict(orient="records"), comparison.found, strict=True):
        counts = [str(row[name]) for name in ("better", "worse", "equivalent", "undecided")]
        holds = f"{100 * row['share']:.0f} %" if row["choices"] else "-"
        claim = f"{named(one.line)} against {named(one.other)}"
        cells = [row["problem"], claim, row["verdict"], str(row["choices"]), holds, *counts]
        yield [*cells, row["turned_by"] or "nothing"]


ROBUST_FORMATS: dict[str, Callable[[RobustComparison], str]] = {
    "csv": as_csv,
    "markdown": as_markdown,
    "latex": as_latex,
    "json": RobustComparison.as_json,
}
"""What `harness compare --robust` writes, by its option."""
