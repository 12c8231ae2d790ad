"""Captions of figures: how each is to be read, and what it does not show."""

from __future__ import annotations

import inspect
import re
import textwrap
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any

from harness.runs.tables import Tables
from optimizers.printable import printable, shown

if TYPE_CHECKING:
    from matplotlib.figure import Figure


def caption(
    name: str,
    plot: Callable[..., Any],
    figure: Figure,
    results: Tables,
    options: Mapping[str, Any],
    data: str,
) -> str:
    """Write the caption of a figure, in Markdown.

    Arguments:
        name: of the plot.
        plot: its function; where the figure does not say how it is to be read, the plot's description does.
        figure: what was drawn.
        results: the runs.
        options: of the plot, as far as they were given.
        data: file of the numbers that are drawn, empty where there are none.
    """
    reading = getattr(figure, "reading", "") or description(plot)
    hides, key = getattr(figure, "hides", ""), getattr(figure, "key", {})
    given = ", ".join(f"{option}={shown(value)}" for option, value in options.items())
    parts = [f"**{results.question or results.name}**", reading]
    if hides:
        parts.append(f"Not shown: {hides[0].lower()}{hides[1:]}")
    parts += [f"{short}: `{label}`" for short, label in key.items()]
    parts.append(f"Runs: {results.contents()}.")
    parts += [f"{remark}." for remark in results.remarks()]
    drawn = f"Drawn by the plot `{name}`{f' with {given}' if given else ''}"
    parts.append(f"{drawn}{f'; its numbers are in `{data}`' if data else ''}.")
    return (
        printable(
            "\n\n".join(
                textwrap.fill(part, 110, break_on_hyphens=False, break_long_words=False) for part in parts
            )
        )
        + "\n"
    )


def description(plot: Callable[..., Any]) -> str:
    """Return what a plot says of itself, up to its arguments."""
    text = re.split(r"\n\s*(?:Arguments|Returns|Raises):|\n\s*>>>", inspect.getdoc(plot) or "")[0]
    return " ".join(text.replace("``", "`").split())
