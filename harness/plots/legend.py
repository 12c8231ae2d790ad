"""The legend below all panels: what stands in it, in how many columns, and how tall it is."""

from __future__ import annotations

import math
import re
from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D

from harness.plots.media import Medium
from harness.plots.text import fold, inches, keyed
from optimizers.specification import separated

PIECE, MARK = 4.0, 1.2
"""Length of the piece of line before a label, in the size of the letters, and where marks have no lines."""
GAPS = 0.25
"""Room in inches on a page for what stands free beside a piece of line and its label."""
LINES_OF_LABEL = 3
"""Lines of the legend that one label may take; of a longer one the beginning stands there, with a number."""

BRACKETS = (("[", "]"), ("{", "}"), ("(", ")"))
"""What options of a label stand in that are no options of its own."""

Line = tuple[str, str]
"""What one line of a figure is: an optimizer and its gradient source."""


class Legend(NamedTuple):
    """What a legend explains, laid out for a width."""

    looks: Sequence[Mapping[str, Any]]
    labels: Sequence[str]
    title: str
    """What all lines have in common, where the labels name gradient sources or other options alone."""
    shortened: Mapping[str, str]
    """The whole label by what stands for it, of labels that are too long."""
    piece: float
    columns: int

    @classmethod
    def of(cls, looks: Mapping[Line, Mapping[str, Any]], medium: Medium) -> Legend:
        """Lay out the legend of some lines, as ``line_looks`` returns them; there may be none."""
        title, whole = _named(looks, int(LINES_OF_LABEL * medium.width / inches(1, medium.label)))
        lines = any(look.get("linestyle") not in ("", "none", "None") for look in looks.values())
        piece = PIECE if lines else MARK
        key = piece * medium.label / 72 + GAPS * medium.scale
        room = medium.width - key
        title = fold(title, medium.width, medium.label)
        short = keyed(whole, int(LINES_OF_LABEL * room / inches(1, medium.label)))
        labels = [fold(short[label], room, medium.label) for label in whole]
        shortened = {text: label for label, text in short.items() if text != label}
        columns = _columns([key + _width(label, medium) for label in labels], medium.width)
        return cls(list(looks.values()), labels, title, shortened, piece, columns)

    @property
    def lines(self) -> int:
        """Lines of text that it takes, one below the other."""
        below = math.ceil(sum(label.count("\n") + 1 for label in self.labels) / self.columns)
        return below + (self.title.count("\n") + 1 if self.title else 0)

    def draw(self, figure: Figure, medium: Medium) -> None:
        """Draw it below all panels."""
        self._on(figure, medium.label, loc="outside lower center", ncols=self.columns)

    def draw_into(self, panel: Axes, medium: Medium) -> None:
        """Draw it within Axes that somebody else has made."""
        self._on(panel, medium.small)

    def _on(self, place: Figure | Axes, size: float, **where: Any) -> None:
        if not self.labels:
            return
        handles = [Line2D([], [], **look) for look in self.looks]
        shape: dict[str, Any] = {"frameon": False, "handlelength": self.piece, "fontsize": size, **where}
        legend = place.legend(handles, self.labels, **shape)
        if self.title:
            legend.set_title(self.title)
            legend.get_title().set_fontsize(size)
        for text in (*legend.get_texts(), legend.get_title()):
            text.set_parse_math(False)


def _named(looks: Mapping[Line, Mapping[str, Any]], letters: int) -> tuple[str, list[str]]:
    """Return what all labels have in common, in so many letters at the most, and the labels without it."""
    labels = [str(look["label"]) for look in looks.values()]
    optimizers = {optimizer for optimizer, _ in looks}
    if len(labels) > 1 and len(optimizers) == 1:
        (optimizer,) = optimizers
        if optimizer and labels == [f"{optimizer}, {gradient}" for _, gradient in looks]:
            return optimizer, [gradient for _, gradient in looks]
    common = _in_common(labels)
    return common if common and len(common[0]) <= letters else ("", labels)


def _in_common(labels: Sequence[str]) -> tuple[str, list[str]] | None:
    """Return the options that configurations of one optimizer share, and for each what is its own.

    >>> _in_common(["adam(batch=4, learning_rate=0.1)", "adam(batch=4, learning_rate=0.5)"])
    ('adam(batch=4)', ['learning_rate=0.1', 'learning_rate=0.5'])
    >>> _in_common([f"multi-start(method=lbfgs(memory=4, patience=2), hidden=[4, {n}])" for n in (1, 2)])
    ('multi-start(method=lbfgs(memory=4, patience=2))', ['hidden=[4, 1]', 'hidden=[4, 2]'])
    >>> _in_common(["adam(learning_rate=0.1)", "adam(learning_rate=0.5)"])
    """
    parts = [re.fullmatch(r"([^(),]+)\((.*)\)", label) for label in labels]
    names = {part[1] if part else "" for part in parts}
    if len(labels) < 2 or len(names) > 1 or "" in names:
        return None
    options = [[option.strip() for option in separated(part[2], BRACKETS)] for part in parts if part]
    shared = [option for option in options[0] if all(option in some for some in options)]
    own = [", ".join(option for option in some if option not in shared) for some in options]
    return (f"{names.pop()}({', '.join(shared)})", own) if shared and all(own) else None


def _width(label: str, medium: Medium) -> float:
    return inches(max(len(line) for line in label.split("\n")), medium.label)


def _columns(sizes: Sequence[float], width: float) -> int:
    """Return how many columns of labels fit beside each other into the width of a figure."""
    for columns in range(len(sizes), 1, -1):
        # Matplotlib fills a legend column by column, in this way.
        if sum(max(part) for part in np.array_split(np.array(sizes), columns)) <= width:
            return columns
    return 1
