"""One row a problem, optimizer and gradient source; medians and quartiles over all runs, failures included."""

from __future__ import annotations

import math
import textwrap
from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike
from rich.console import Console
from rich.table import Table
from rich.text import Text

from harness.results import gradient_column, gradient_sources

if TYPE_CHECKING:
    from harness.results import Results

NO_RESULT = ("diverged", "failed")
"""Outcomes whose last loss is no result of a search, whatever number it happened to be."""

HEADINGS = {
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
DISPENSABLE = ("quartiles", "seconds", "cost")
"""Columns that give way, in this order, where the terminal is too narrow."""
WIDEST_LABEL = 48
GAP = 2


def quantile(values: ArrayLike, fraction: float) -> Any:
    """Return a quantile over the first axis, where anything that is not finite counts as +inf.

    The estimator is the averaged inverse of the empirical distribution (Hyndman and Fan, 1996, type 2):
    an order statistic, or the mean of two neighbours where the fraction falls exactly between them. The
    median is then the ordinary one for any number of runs, and no two values are ever weighted against
    each other by a difference, so that infinities give an infinity and never NaN.

    Arguments:
        values: numbers, shape (runs, ...), at least one run.
        fraction: which quantile, from 0 to 1.

    Returns:
        The quantile, shape (...).

    >>> quantile([1.0, 4.0, np.nan, 2.0], 0.5), quantile([1.0, np.inf, np.nan, 2.0], 0.5)
    (np.float64(3.0), np.float64(inf))
    """
    numbers = np.asarray(values, dtype=np.float64)
    ordered = np.sort(np.where(np.isfinite(numbers), numbers, np.inf), axis=0)
    # A hair of rounding, for a fraction such as (1 - 0.8) / 2 that ought to hit a run exactly.
    place = round(len(ordered) * fraction, 9)
    lower = max(math.ceil(place) - 1, 0)
    upper = min(math.floor(place), len(ordered) - 1)
    return 0.5 * ordered[lower] + 0.5 * ordered[upper]


def summarize(results: Results) -> pd.DataFrame:
    """Summarise runs: one row a problem, optimizer and gradient source, in the order they first appear.

    No run is ever dropped. The final loss of a run that diverged or failed counts as +inf, and so does the
    cost to the target of a run that never got there: ``cost_to_target_median`` is inf unless more than
    half of the runs solved the problem (NaN where it has no target). A run without a test accuracy ranks
    below all others; where the median falls on such a run it is NaN.

    Arguments:
        results: the tables of a comparison.

    Returns:
        Columns problem, optimizer, gradient, runs, solved (count), loss_median, loss_q1, loss_q3,
        cost_to_target_median, test_accuracy_median, cost_median (costs in forward-pass equivalents) and
        seconds_median. See ``quantile`` for the estimator.

    >>> from harness.results import RUN_COLUMNS, SKIPPED_COLUMNS, TRACE_COLUMNS, Results
    >>> runs = pd.DataFrame([{"problem": "xor", "optimizer": "adam", "gradient": "analytic", "target": 0.01,
    ...     "outcome": outcome, "final_loss": loss, "cost_to_target": cost} for outcome, loss, cost in
    ...     [("solved", 0.01, 60.0), ("solved", 0.01, 80.0), ("diverged", np.nan, np.nan)]], columns=RUN_COLUMNS)
    >>> empty = [pd.DataFrame(columns=names) for names in (TRACE_COLUMNS, SKIPPED_COLUMNS)]
    >>> row = summarize(Results("example", "", runs, *empty)).iloc[0]
    >>> row["solved"], row["loss_median"], row["loss_q3"], row["cost_to_target_median"]
    (2, 0.01, inf, 80.0)
    """
    runs = results.runs.assign(gradient=gradient_column(results.runs))
    rows = []
    for (problem, optimizer, gradient), group in runs.groupby(
        ["problem", "optimizer", "gradient"], sort=False, dropna=False
    ):
        loss = group["final_loss"].astype(float).mask(group["outcome"].isin(NO_RESULT), math.inf)
        to_target = quantile(group["cost_to_target"], 0.5) if group["target"].notna().any() else math.nan
        accuracy = -quantile(-group["test_accuracy"].astype(float), 0.5)
        rows.append(
            {
                "problem": problem,
                "optimizer": optimizer,
                "gradient": gradient,
                "runs": len(group),
                "solved": int((group["outcome"] == "solved").sum()),
                "loss_median": quantile(loss, 0.5),
                "loss_q1": quantile(loss, 0.25),
                "loss_q3": quantile(loss, 0.75),
                "cost_to_target_median": to_target,
                "test_accuracy_median": accuracy if math.isfinite(accuracy) else math.nan,
                "cost_median": quantile(group["cost"], 0.5),
                "seconds_median": quantile(group["seconds"], 0.5),
            }
        )
    columns = ["problem", "optimizer", "gradient", "runs", "solved", "loss_median", "loss_q1", "loss_q3"]
    columns += [f"{name}_median" for name in ("cost_to_target", "test_accuracy", "cost", "seconds")]
    return pd.DataFrame(rows, columns=columns)


def significant(number: float) -> str:
    """Write a number with three significant digits, as short as they allow.

    >>> [significant(number) for number in (0.5, 12345.0, 0.0000123, 0.0, math.inf, math.nan)]
    ['0.500', '12300', '1.23e-5', '0', 'inf', '-']
    """
    if math.isnan(number):
        return "-"
    if number == 0 or math.isinf(number):
        return f"{number:.0f}"
    mantissa, exponent = f"{number:.2e}".split("e")
    power = int(exponent)
    if -4 < power < 6:
        return f"{float(f'{mantissa}e{power}'):.{max(2 - power, 0)}f}"
    return f"{mantissa}e{power}"


def as_text(summary: pd.DataFrame) -> pd.DataFrame:
    """Write a summary as readers see it; columns that apply to no row are left out.

    Arguments:
        summary: as ``summarize`` returns it.

    Returns:
        A frame of strings: problem, optimizer, gradient (where there are several sources), solved, loss,
        quartiles, cost_to_target, test_accuracy, cost, seconds.
    """
    median = {name: summary[f"{name}_median"].map(significant) for name in ("loss", "cost", "seconds")}
    to_target = summary["cost_to_target_median"]
    cells = {
        "problem": summary["problem"].astype(str),
        "optimizer": summary["optimizer"].astype(str),
        "gradient": gradient_column(summary).replace("", "-"),
        "solved": summary["solved"].astype(str) + "/" + summary["runs"].astype(str),
        "loss": median["loss"],
        "quartiles": summary["loss_q1"].map(significant) + " .. " + summary["loss_q3"].map(significant),
        "cost_to_target": to_target.map(significant).mask(np.isinf(to_target), "not reached"),
        "test_accuracy": summary["test_accuracy_median"].map(significant),
        "cost": median["cost"],
        "seconds": median["seconds"],
    }
    if len(gradient_sources(summary)) < 2:
        del cells["gradient"]
    if to_target.isna().all():
        del cells["solved"], cells["cost_to_target"]
    if summary["test_accuracy_median"].isna().all():
        del cells["test_accuracy"]
    return pd.DataFrame(cells)


def notes(summary: pd.DataFrame) -> list[str]:
    """Return the sentences that a summary's numbers need beside them."""
    lines = ["Medians over all runs; cost in forward-pass equivalents."] if len(summary) else []
    if np.isinf(summary["cost_to_target_median"]).any():
        lines.append("not reached: no more than half of the runs got to the target.")
    if np.isinf(summary[["loss_median", "loss_q1", "loss_q3"]]).any(axis=None):
        lines.append("inf: a run that diverged or failed counts as an infinite loss.")
    return lines


def skipped_lines(skipped: pd.DataFrame) -> list[str]:
    """Say which combinations were refused: one line a reason, what shares a reason named together.

    Arguments:
        skipped: columns problem, optimizer, gradient, reason.

    >>> skipped_lines(pd.DataFrame({"problem": ["xor", "iris"], "optimizer": "perceptron-rule",
    ...     "gradient": "analytic", "reason": "it trains no hidden layers"}))
    ['perceptron-rule on xor, iris: it trains no hidden layers']
    """
    table = skipped.assign(gradient=gradient_column(skipped))
    several = len(gradient_sources(skipped)) > 1
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
        console: where to print; where it is narrow, labels are folded at their commas, and quartiles,
            seconds and cost give way, which the table then says.
    """
    lines = notes(summary)
    if len(summary):
        text = as_text(summary)
        widths, dropped = _layout(text, console.width)
        console.print(_table(text.iloc[:0], widths, header=True))
        for problem, group in text.groupby("problem", sort=False):
            console.print(Text(str(problem), style="bold"))
            console.print(_table(group, widths, header=False))
        if dropped:
            names = ", ".join(dropped)
            lines.append(f"Left out, for they do not fit into {console.width} columns: {names}.")
    for line in lines:
        console.print(Text(_wrapped(line, console.width), style="dim"))
    if len(skipped):
        console.print(Text("\nskipped", style="bold"))
        for line in skipped_lines(skipped):
            console.print(Text(_wrapped(line, console.width, "  ", "    ")))


def _layout(text: pd.DataFrame, width: int) -> tuple[dict[str, int], list[str]]:
    """Return the width of every column that fits, and the columns that do not."""
    columns = [name for name in text.columns if name != "problem"]
    widths = {}
    for name in columns:
        cells = [*HEADINGS[name].split("\n"), *text[name]]
        widths[name] = max(len(cell) for cell in cells)
    labels = list(text["optimizer"])
    longest = max(len(label) for label in labels) + GAP
    # Folding goes no further than one option a line; columns give way before a word is broken.
    least = min(max(len(line) for label in labels for line in _folded(label, 0).split("\n")), WIDEST_LABEL)
    dropped = []
    for name in (None, *DISPENSABLE):
        if name is not None:
            dropped.append(name)
            del widths[name]
        room = width - sum(widths.values()) + widths["optimizer"] - GAP * (len(widths) - 1)
        if room >= least:
            break
    widths["optimizer"] = min(max(room, 12), max(longest, len(HEADINGS["optimizer"])))
    return widths, dropped


def _table(text: pd.DataFrame, widths: dict[str, int], *, header: bool) -> Table:
    """Build one problem's part of the table, or its heading."""
    table = Table(box=None, show_header=header, padding=(0, GAP, 0, 0), pad_edge=False, header_style="bold")
    for name, size in widths.items():
        left = name in ("optimizer", "gradient")
        heading = Text(HEADINGS[name])
        table.add_column(heading, justify="left" if left else "right", width=size, vertical="bottom")
    for _, row in text.iterrows():
        cells = [Text(row[name]) for name in widths]
        cells[0] = Text(_folded(row["optimizer"], widths["optimizer"]), overflow="fold")
        table.add_row(*cells)
    return table


def _folded(label: str, width: int) -> str:
    """Indent a label and break it at its parenthesis and commas where it is too long.

    >>> print(_folded("adam(learning_rate=0.05, batch=32)", 24))
      adam(
        learning_rate=0.05,
        batch=32)
    """
    if len(label) + GAP <= width or "(" not in label:
        return f"{' ' * GAP}{label}"
    name, options = label.split("(", 1)
    lines = [f"{' ' * GAP}{name}("]
    for option in options.split(", "):
        joined = f"{lines[-1]} {option}," if len(lines) > 1 else ""
        if joined and len(joined) <= width:
            lines[-1] = joined
        else:
            lines.append(f"{' ' * 2 * GAP}{option},")
    return "\n".join(lines).removesuffix(",")


def _wrapped(line: str, width: int, first: str = "", later: str = "") -> str:
    """Break a sentence between words only, never at a hyphen of a name."""
    return textwrap.fill(
        line, width, initial_indent=first, subsequent_indent=later, break_on_hyphens=False, break_long_words=False
    )
