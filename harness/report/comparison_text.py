"""A comparison in a terminal: verdicts first, then the ranking, then the table."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import pandas as pd
from rich.console import Console
from rich.text import Text

from harness.analysis.summary import summarize
from harness.report.artifacts import figure_tables
from harness.report.comparison import Comparison
from harness.report.table import render, render_numbers, skipped_lines, wrapped
from harness.runs.tables import Tables
from optimizers.printable import printable

RANKS = (
    "Ranks that each can have; who shares one is not told apart. In brackets the mean probability of being "
    "ahead of another."
)


def render_comparison(comparison: Comparison, figures: Sequence[Mapping[str, Any]], console: Console) -> None:
    """Print the verdicts, the ranking and the table.

    Arguments:
        comparison: what was decided.
        figures: those of the experiment. Where one has numbers behind it, these are the answer, for the
            question was no race.
        console: where to.
    """
    tables = comparison.tables
    numbers = answers(tables, figures)
    declaration = comparison.decided.declaration
    if numbers and declaration is None:
        render_answers(numbers, tables.skipped, console)
        return
    print_lines(comparison.sentences, console)
    console.print()
    print_lines(comparison.notes, console, "dim")
    if declaration is not None:
        console.print(Text("\ndeclared", style="bold"))
        print_lines(declaration.sentences()[1:], console)
    if len(comparison.decided.verdicts):
        console.print(Text("\nranking", style="bold"))
        print_lines([*comparison.rank_lines(), *comparison.mean_ranks()], console)
        print_lines([RANKS], console, "dim")
    console.print()
    render(summarize(tables), tables.skipped, console)


def render_short(comparison: Comparison, console: Console) -> None:
    """Print the claims, or the best of each problem against the reference; nothing of one alone."""
    if comparison.decided.verdicts or comparison.decided.notes:
        print_lines(comparison.short(lambda line: _folded(line, console).count("\n") + 1), console)
        console.print()


def answers(tables: Tables, figures: Sequence[Mapping[str, Any]]) -> dict[str, pd.DataFrame]:
    """Return the numbers that answer a question that is no race, by the names of their plots."""
    return figure_tables(tables, [dict(figure) for figure in figures])


def render_answers(numbers: Mapping[str, pd.DataFrame], skipped: pd.DataFrame, console: Console) -> None:
    """Print the numbers behind figures, each below the name of its plot, and what was skipped and why."""
    for place, (name, table) in enumerate(numbers.items()):
        console.print(Text(f"{name}:\n" if not place else f"\n{name}:\n"))
        render_numbers(table, console)
    for line in skipped_lines(pd.DataFrame({"gradient": []}), skipped):
        print_lines([f"skipped {line}"], console)


def print_lines(lines: Iterable[str], console: Console, style: str = "") -> None:
    """Print lines, each folded at the console's width."""
    for line in lines:
        console.print(Text(_folded(line, console), style=style))


def _folded(line: str, console: Console) -> str:
    """Break a sentence where the console ends; a number and its sign stay on one line."""
    whole = wrapped(printable(line).replace(" %", "\u00a0%"), console.width, "", "  ")
    return whole.replace("\u00a0%", " %")
