"""The summary as people read it: a table for the terminal, with notes on what its entries mean."""

from __future__ import annotations

import textwrap
from collections.abc import Iterable
from typing import Any

import numpy as np
import pandas as pd
from rich.console import Console
from rich.table import Table
from rich.text import Text

from harness.analysis.numbers import significant
from harness.runs.tables import gradient_column, gradient_sources
from optimizers.printable import printable

HEADINGS = {
    "problem": "problem",
    "optimizer": "optimizer",
    "gradient": "gradient",
    "solved": "solved",
    "loss": "final\nloss",
    "quartiles": "quartiles\nof the loss",
    "cost_to_target": "cost to\ntarget",
    "test_accuracy": "test\naccuracy",
    "cost": "cost",
    "seconds": "seconds",
}
DISPENSABLE = ("seconds", "quartiles", "gradient", "cost", "test_accuracy")
"""Columns that give way, in this order, where the terminal is too narrow; the gradient source is then
written under the optimizer."""
LABELS = ("optimizer", "gradient")
NARROWEST_LABEL, WIDEST_LABEL = 12, 48
"""A column of labels is never narrower; columns do not give way to one that is wider."""
GAP, INDENT, OPTION_INDENT = 2, 1, 3


def as_text(summary: pd.DataFrame) -> pd.DataFrame:
    """Write a summary as readers see it; columns that apply to no row are left out.

    Arguments:
        summary: as ``summarize`` returns it.

    Returns:
        A frame of strings: problem, optimizer, gradient (where there are several sources), solved, loss,
        quartiles, cost_to_target, test_accuracy, cost, seconds.
    """
    spent = summary[["cost_median", "seconds_median"]].replace(np.inf, np.nan)
    to_target = summary["cost_to_target_median"].astype(float)
    cells = {
        "problem": summary["problem"].astype(str),
        "optimizer": summary["optimizer"].astype(str),
        "gradient": gradient_column(summary).replace("", "-"),
        "solved": summary["solved"].astype(str) + "/" + summary["runs"].astype(str),
        "loss": summary["loss_median"].map(significant),
        "quartiles": summary["loss_q1"].map(significant) + ".." + summary["loss_q3"].map(significant),
        "cost_to_target": to_target.map(significant).mask(np.isinf(to_target), "not reached"),
        "test_accuracy": summary["test_accuracy_median"].map(significant),
        "cost": spent["cost_median"].map(significant),
        "seconds": spent["seconds_median"].map(significant),
    }
    if len(gradient_sources(summary)) < 2:
        del cells["gradient"]
    if to_target.isna().all():
        del cells["solved"], cells["cost_to_target"]
    if summary["test_accuracy_median"].isna().all():
        del cells["test_accuracy"]
    return pd.DataFrame(cells).map(printable)


def notes(text: pd.DataFrame) -> list[str]:
    """Return the sentences that a table needs below it.

    Arguments:
        text: the columns of ``as_text`` that are shown.
    """
    lines = ["Medians over all runs; cost in forward-pass equivalents."] if len(text) else []
    if "cost_to_target" in text and (text["cost_to_target"] == "not reached").any():
        lines.append("not reached: no more than half of the runs got to the target.")
    if any(text[name].str.contains("inf").any() for name in ("loss", "quartiles") if name in text):
        lines.append("inf: a run that diverged or failed counts as an infinite loss.")
    return lines


def skipped_lines(summary: pd.DataFrame, skipped: pd.DataFrame) -> list[str]:
    """Say which combinations were refused: one line a reason, what shares a reason named together.

    Arguments:
        summary: as ``summarize`` returns it; gradient sources are named if there are several in all.
        skipped: columns problem, optimizer, gradient, reason.

    >>> ran = pd.DataFrame({"gradient": ["analytic"]})
    >>> skipped_lines(ran, pd.DataFrame({"problem": ["xor", "iris"], "optimizer": "perceptron-rule",
    ...     "gradient": "analytic", "reason": "it trains no hidden layers"}))
    ['perceptron-rule on xor, iris: it trains no hidden layers']
    """
    table = skipped.assign(gradient=gradient_column(skipped))
    several = len({*gradient_sources(summary), *gradient_sources(skipped)}) > 1
    lines = []
    for reason, group in table.groupby("reason", sort=False):
        problems = _gather(((row.optimizer, row.gradient), row.problem) for row in group.itertuples())
        sources = _gather(((name, where), gradient) for (name, gradient), where in problems.items())
        names = _gather(((where, gradients), name) for (name, where), gradients in sources.items())
        pairs = []
        for (where, gradients), optimizers in names.items():
            used = [gradient for gradient in gradients if gradient]
            source = f" with {', '.join(used)}" if several and used else ""
            pairs.append(f"{', '.join(optimizers)} on {', '.join(where)}{source}")
        lines.append(f"{'; '.join(pairs)}: {reason}")
    return lines


def _gather(pairs: Iterable[tuple[Any, Any]]) -> dict[Any, tuple[Any, ...]]:
    """Collect the distinct values of every key, both in the order they come."""
    gathered: dict[Any, dict[Any, None]] = {}
    for key, value in pairs:
        gathered.setdefault(key, {})[value] = None
    return {key: tuple(values) for key, values in gathered.items()}


def render(summary: pd.DataFrame, skipped: pd.DataFrame, console: Console) -> None:
    """Print a summary as a table grouped by problem, and below it what was skipped and why.

    Arguments:
        summary: as ``summarize`` returns it.
        skipped: columns problem, optimizer, gradient, reason.
        console: where to print; where it is narrow, quartiles, seconds, cost and accuracy give way, which
            is then said, and labels are folded at their commas.
    """
    lines = []
    if len(summary):
        text = as_text(summary)
        widths, dropped = _layout(text, console.width)
        lines = notes(text.drop(columns=dropped))
        console.print(_table(text.iloc[:0], widths, header=True))
        for problem, group in text.groupby("problem", sort=False):
            console.print(Text(str(problem), style="bold"))
            console.print(_table(group, widths, header=False))
        console.print()
        if dropped:
            names = ", ".join(HEADINGS[name].replace("\n", " ") for name in dropped)
            lines.append(f"Left out, for they do not fit into {console.width} columns: {names}.")
    for line in lines:
        console.print(Text(wrapped(line, console.width), style="dim"))
    if len(skipped):
        console.print(Text("\nskipped", style="bold"))
        for line in skipped_lines(summary, skipped):
            console.print(Text(wrapped(printable(line), console.width, "  ", "    ")))


def _layout(text: pd.DataFrame, width: int) -> tuple[dict[str, int], list[str]]:
    """Return the width of every column that fits, and the columns that do not."""
    widths = {
        name: max(len(line) for cell in [HEADINGS[name], *text[name]] for line in cell.split("\n"))
        for name in text.columns
        if name != "problem"
    }
    longest = max(widths["optimizer"] + INDENT, len(HEADINGS["optimizer"]))
    # Folding goes as far as one option a line; columns give way before a word would be broken.
    least = max(len(line) for label in text["optimizer"] for line in _folded(label, 0).split("\n"))
    dispensable = [name for name in DISPENSABLE if name in widths]
    dropped: list[str] = []
    while True:
        room = width - sum(size + GAP for name, size in widths.items() if name != "optimizer")
        if room >= min(least, WIDEST_LABEL) or len(dropped) == len(dispensable):
            break
        dropped.append(dispensable[len(dropped)])
        size = widths.pop(dropped[-1])
        if dropped[-1] == "gradient":
            least = max(least, size + OPTION_INDENT)
            longest = max(longest, least)
    widths["optimizer"] = min(max(room, NARROWEST_LABEL), longest)
    return widths, [name for name in dropped if name != "gradient"]


def _table(text: pd.DataFrame, widths: dict[str, int], *, header: bool) -> Table:
    """Build one problem's part of the table, or its heading."""
    table = Table(box=None, show_header=header, padding=(0, GAP, 0, 0), pad_edge=False, header_style="bold")
    for name, size in widths.items():
        # A heading of one line stands on the second of two.
        heading = HEADINGS[name] if "\n" in HEADINGS[name] else f"\n{HEADINGS[name]}"
        table.add_column(Text(heading), justify="left" if name in LABELS else "right", width=size)
    for _, row in text.iterrows():
        label = _folded(row["optimizer"], widths["optimizer"])
        if "gradient" in row and "gradient" not in widths:
            label += f"\n{' ' * OPTION_INDENT}{row['gradient']}"
        cells = [row[name] for name in widths if name != "optimizer"]
        table.add_row(Text(label, overflow="fold"), *(Text(cell) for cell in cells))
    return table


def _folded(label: str, width: int) -> str:
    """Indent a label and break it at its parenthesis and commas where it is too long.

    >>> _folded("adam(learning_rate=0.05, batch=32)", 24).splitlines()
    [' adam(', '   learning_rate=0.05,', '   batch=32)']
    """
    name, parenthesis, options = label.partition("(")
    if len(label) + INDENT <= width or not parenthesis:
        return f"{' ' * INDENT}{label}"
    lines = [f"{' ' * INDENT}{name}("]
    for option in options.split(", "):
        joined = f"{lines[-1]}, {option}"
        if len(lines) > 1 and len(joined) <= width:
            lines[-1] = joined
        else:
            lines[-1] += "," if len(lines) > 1 else ""
            lines.append(f"{' ' * OPTION_INDENT}{option}")
    return "\n".join(lines)


def wrapped(line: str, width: int, first: str = "", later: str = "") -> str:
    """Break a sentence between words only, never at a hyphen of a name."""
    whole: dict[str, Any] = {"break_on_hyphens": False, "break_long_words": False}
    return textwrap.fill(line, width, initial_indent=first, subsequent_indent=later, **whole)


def render_check(table: pd.DataFrame, console: Console) -> None:
    """Print how far gradient sources agree, a line each, and below it which do not serve and why.

    Arguments:
        table: from ``harness.check.check``.
        console: where to.
    """
    shown = Table(box=None, padding=(0, GAP, 0, 0), pad_edge=False)
    shown.add_column("gradient source", no_wrap=True)
    for heading in ("relative error", "against", "1 - cosine", "cost", "us"):
        shown.add_column(heading, justify="left" if heading == "against" else "right", no_wrap=True)
    for row in table[table["reason"] == ""].to_dict("records"):
        numbers = [significant(float(row[name])) for name in ("cost", "microseconds")]
        shown.add_row(
            row["source"],
            f"{row['relative_error']:.1e}",
            row["against"],
            f"{abs(1 - row['cosine']):.1e}",
            *numbers,
        )
    console.print(shown)
    console.print("\ncost in forward-pass equivalents; relative error: norm of the difference over the norm")
    for refused in table[table["reason"] != ""].to_dict("records"):
        line = f"{refused['source']}: {refused['reason']}"
        console.print(Text(textwrap.fill(line, console.width, subsequent_indent="  ")))


def render_numbers(table: pd.DataFrame, console: Console) -> None:
    """Print the numbers behind a figure: what a row is about on a line of its own, its numbers below.

    Arguments:
        table: such as ``harness.analysis.perceptron_bound.bound_table`` returns.
        console: where to.
    """
    names = list(map(str, table.columns))
    numbers = [name for name in names if pd.api.types.is_numeric_dtype(table[name])]
    cells = {
        name: [significant(cell) if isinstance(cell, float) else str(cell) for cell in table[name]]
        for name in numbers
    }
    headings = {name: name.split("_")[::-1] for name in numbers}
    widths = {name: max(map(len, [*headings[name], *cells[name]])) for name in numbers}
    words_of = [table[name].astype(str) for name in names if name not in numbers]
    if INDENT + sum(GAP + width for width in widths.values()) > console.width:
        # Columns that do not fit would be broken anywhere; with its name beside it a number can be.
        for place in range(len(table)):
            console.print(Text(printable(": ".join(words.iloc[place] for words in words_of))))
            named = ", ".join(f"{name.replace('_', ' ')} {cells[name][place]}" for name in numbers)
            console.print(Text(wrapped(named, console.width, " " * OPTION_INDENT, " " * OPTION_INDENT)))
        return
    for line in (1, 0):
        words = (headings[name][line] if line < len(headings[name]) else "" for name in numbers)
        console.print(Text(_in_columns(words, widths.values()), style="bold"))
    for place in range(len(table)):
        console.print(Text(printable(": ".join(words.iloc[place] for words in words_of))))
        console.print(Text(_in_columns((cells[name][place] for name in numbers), widths.values())))


def _in_columns(cells: Iterable[str], widths: Iterable[int]) -> str:
    """Set cells to the right of their columns."""
    padded = [cell.rjust(width) for cell, width in zip(cells, widths, strict=True)]
    return (" " * (INDENT + GAP) + (" " * GAP).join(padded)).rstrip()
