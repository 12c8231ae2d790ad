"""A comparison for papers and other programs: CSV, Markdown, LaTeX."""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Iterator, Sequence
from typing import Any

import pandas as pd

from harness.analysis.numbers import significant
from harness.analysis.ranking import Rank
from harness.analysis.summary import summarize
from harness.report.comparison import Comparison
from harness.runs.csv_cells import csv_of
from harness.runs.tables import gradient_column

HEADINGS = ("rank", "optimizer", "solved", "cost to target", "final loss")

CAPTION = (
    "Medians over all runs; cost in forward-pass equivalents; a range of ranks holds who is not told apart."
)

SPECIAL = {
    **{sign: f"\\{sign}" for sign in "&%$#_{}"},
    "\\": "\\textbackslash{}",
    "~": "\\textasciitilde{}",
    "^": "\\textasciicircum{}",
    "<": "\\textless{}",
    ">": "\\textgreater{}",
}


def as_csv(comparison: Comparison) -> str:
    """Return the verdicts of single problems, a row each."""
    return csv_of(comparison.verdicts).decode()


def as_markdown(comparison: Comparison) -> str:
    """Return sentences, notes and the ranking of each problem, the best in bold only where it is decided."""
    lines = [f"- {plain(sentence)}" for sentence in comparison.sentences]
    lines += ["", *(f"{plain(note)}\n" for note in comparison.notes)]
    for problem, rows in _problems(comparison):
        lines += [f"### {plain(problem)}", "", f"| {' | '.join(HEADINGS)} |", "|--:|:--|--:|--:|--:|"]
        for best, cells in rows:
            cells = [plain(cell) for cell in cells]
            lines.append(f"| {' | '.join(f'**{cell}**' if best and cell else cell for cell in cells)} |")
        lines.append("")
    return "\n".join([*lines, CAPTION]) + "\n"


def as_latex(comparison: Comparison) -> str:
    """Return the ranking as a table for the package booktabs, and the sentences as a list below it.

    The best of a problem is in bold only where it is decided to be ahead of all others.
    """
    lines = ["\\begin{tabular}{rlrrr}", "\\toprule", f"{' & '.join(HEADINGS)} \\\\"]
    for problem, rows in _problems(comparison):
        lines += ["\\midrule", f"\\multicolumn{{5}}{{l}}{{{latex(problem)}}} \\\\"]
        for best, cells in rows:
            written = [
                latex(cell).replace("-", "--") if not n else latex(cell) for n, cell in enumerate(cells)
            ]
            bold = [f"\\textbf{{{cell}}}" if best and cell else cell for cell in written]
            lines.append(f"{' & '.join(bold)} \\\\")
    lines += ["\\bottomrule", "\\end{tabular}", "", f"% {CAPTION}", "", "\\begin{itemize}"]
    lines += [f"\\item {latex(sentence)}" for sentence in comparison.sentences]
    return "\n".join([*lines, "\\end{itemize}", *(f"% {note}" for note in comparison.notes)]) + "\n"


def latex(text: str) -> str:
    r"""Write text so that LaTeX prints it.

    >>> print(latex("95 % of a_b"))
    95 \% of a\_b
    """
    return "".join(SPECIAL.get(letter, letter) for letter in text)


def _problems(comparison: Comparison) -> Iterator[tuple[str, list[tuple[bool, list[str]]]]]:
    """Yield each problem with its rows, the best first: whether it is decided to be it, and its cells."""
    summary = summarize(comparison.tables)
    summary = summary.assign(gradient=gradient_column(summary))
    numbers = {(row["problem"], row["optimizer"], row["gradient"]): row for row in _rows(summary)}
    named, ranks = comparison.named, comparison.decided.ranks
    for problem in dict.fromkeys(rank.problem for rank in ranks):
        found = [rank for rank in ranks if rank.problem == problem]
        yield (
            problem,
            [
                (comparison.is_best(rank), _cells(rank, numbers[problem, *rank.line], named(rank.line)))
                for rank in found
            ],
        )


def _rows(summary: pd.DataFrame) -> Sequence[dict[Any, Any]]:
    return summary.to_dict(orient="records")


def _cells(rank: Rank, numbers: dict[Any, Any], name: str) -> list[str]:
    cost = float(numbers["cost_to_target_median"])
    spent = "not reached" if math.isinf(cost) else "" if math.isnan(cost) else significant(cost)
    solved = "" if rank.solved is None else f"{rank.solved}/{rank.n}"
    return [rank.places, name, solved, spent, significant(float(numbers["loss_median"]))]


def plain(text: str) -> str:
    """Keep what Markdown would take for its own signs."""
    return re.sub(r"([\\|*_`<>\[\]])", r"\\\1", text)


FORMATS: dict[str, Callable[[Comparison], str]] = {
    "csv": as_csv,
    "markdown": as_markdown,
    "latex": as_latex,
    "json": Comparison.as_json,
}
"""What `harness compare` writes, by its option."""
