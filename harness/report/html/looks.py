"""How each optimizer looks on the page: as in every figure, and in colours that show on a dark page."""

from __future__ import annotations

from typing import Any

from harness.plots.families import family_of
from harness.plots.style import line_looks
from harness.plots.text import keyed
from harness.runs.tables import Tables
from optimizers.printable import printable

DARK_PAGE = "#14171c"
"""The ground of the dark page; ``assets/page.css`` has it as well."""
CONTRAST = 3.0
"""Least contrast of a line with the dark page, what WCAG 2.2 asks of graphics (1.4.11)."""
DARK = {
    "#08306B": "#C3DAFB",
    "#6B1F04": "#FFD9C9",
    "#00441B": "#D4F7E0",
    "#1B6E5A": "#35D3C0",
    "#67004F": "#FFD6F4",
    "#9B3F86": "#C64FD0",
    "#6E4A00": "#FFECC4",
    "#000000": "#FFFFFF",
    "#404040": "#D0D0D0",
}
"""What stands on the dark page for shades that are too dark for it: its hue, apart from the others."""
ROW_LETTERS = 20
"""Letters of a label at the left of a row, on a telephone too."""
SYMBOLS = {
    "o": "circle",
    "s": "square",
    "^": "triangle-up",
    "D": "diamond",
    "v": "triangle-down",
    "P": "cross",
    "X": "x",
    "<": "triangle-left",
    ">": "triangle-right",
}
"""Plotly's names of Matplotlib's markers."""
DASH = 1.7
"""Width of a line on the page in pixels, which is the unit of Matplotlib's dashes."""


def page_looks(tables: Tables) -> list[dict[str, Any]]:
    """Return what the page has to know of each optimizer and gradient source, in the experiment's order."""
    names = {entry.optimizer: entry.name for entry in tables.lineup}
    looks = line_looks(tables)
    # Where one optimizer meets several gradient sources, these alone tell the lines apart.
    alone = len({optimizer for optimizer, _ in looks}) == 1 < len(looks)
    labels = [printable(gradient if alone else str(look["label"])) for (_, gradient), look in looks.items()]
    short = keyed(labels, ROW_LETTERS)
    lines = []
    for ((optimizer, gradient), look), label in zip(looks.items(), labels, strict=True):
        style = look["linestyle"]
        dash = "solid" if style == "solid" else ",".join(f"{DASH * part:.1f}px" for part in style[1])
        lines.append(
            {
                "optimizer": printable(optimizer),
                "gradient": printable(gradient),
                # With the number that stands for it in a row.
                "label": label + (f" [{short[label].rpartition('[')[2]}" if short[label] != label else ""),
                "short": short[label],
                "family": family_of(names.get(optimizer, optimizer), gradient),
                "light": look["color"],
                "dark": DARK.get(look["color"], look["color"]),
                "dash": dash,
                "symbol": SYMBOLS[look["marker"]],
            }
        )
    return lines


def contrast(one: str, other: str) -> float:
    """Return the contrast of two colours, from 1 to 21 (WCAG 2.2, relative luminance).

    >>> round(contrast("#ffffff", "#000000"), 1)
    21.0
    """
    low, high = sorted(_luminance(colour) for colour in (one, other))
    return (high + 0.05) / (low + 0.05)


def _channels(colour: str) -> tuple[float, float, float]:
    red, green, blue = (int(colour[place : place + 2], 16) / 255 for place in (1, 3, 5))
    return red, green, blue


def _luminance(colour: str) -> float:
    linear = [
        part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in _channels(colour)
    ]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]
