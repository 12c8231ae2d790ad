"""What a plot returns: axes that a notebook shows, on a figure that knows how it is to be read."""

from __future__ import annotations

import io
import re
from collections.abc import Iterable, Mapping
from typing import Any

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.text import Text
from PIL import Image

from optimizers.errors import InputError
from optimizers.printable import printable

DPI = 150

FORMULA = re.compile(r"\$(10\^\{-?\d+\}|\\mathdefault\{[^$]*\})\$")
"""What an axis writes as a formula; a name with dollar signs is none."""


class NotebookFigure(Figure):
    """A figure that a notebook shows without pyplot having been imported.

    Names are drawn as they are: nothing in them is a formula, or a character that an image cannot hold.
    """

    reading: str = ""
    """How it is to be read, in sentences; empty where the plot's own description has to do."""
    key: Mapping[str, str] = {}
    """The whole label by what stands for it, of labels that are too long."""
    hides: str = ""
    """What it does not show, in sentences."""
    data: pd.DataFrame | None = None
    """The numbers that are drawn."""

    def draw(self, renderer: Any) -> None:
        """Draw the figure."""
        for panel in self.axes:
            # Labels of ticks are written when they are asked for.
            panel.xaxis.get_ticklabels(which="both")
            panel.yaxis.get_ticklabels(which="both")
        for text in self.findobj(Text):
            assert isinstance(text, Text)
            written = printable(text.get_text())
            if written != text.get_text():
                text.set_text(written)
            text.set_parse_math("$" not in written or FORMULA.fullmatch(written) is not None)
            # Somebody's matplotlibrc may ask for LaTeX, to which a name with an underscore is an error.
            text.set_usetex(False)
        super().draw(renderer)

    def _repr_png_(self) -> bytes:
        """Draw the figure for a notebook."""
        drawn = io.BytesIO()
        self.savefig(drawn, format="png", dpi=DPI)
        return _with_few_colours(drawn.getvalue())


class Panel(Axes):
    """Axes that a notebook shows with the figure that they are on."""

    def _repr_png_(self) -> bytes | None:
        return _picture(self.get_figure(root=True))


class Panels(np.ndarray):
    """Axes of one figure, shape (panels,) in the order of reading, which a notebook shows as one."""

    @property
    def figure(self) -> Figure:
        """The figure that all of them are on."""
        found: Figure = self.flat[0].get_figure(root=True)
        return found

    def _repr_png_(self) -> bytes | None:
        return _picture(self.figure) if self.size else None


def _with_few_colours(png: bytes) -> bytes:
    """Return an opaque picture with 256 colours: a third of the bytes, and a notebook keeps them as text."""
    picture = Image.open(io.BytesIO(png))
    if picture.mode == "RGBA" and picture.getchannel("A").getextrema() != (255, 255):
        return png
    few = picture.convert("RGB").quantize(256, method=Image.Quantize.MAXCOVERAGE, dither=Image.Dither.NONE)
    written = io.BytesIO()
    few.save(written, format="png", optimize=True, dpi=(DPI, DPI))
    return written.getvalue()


def _picture(figure: Any) -> bytes | None:
    # Somebody else's figure, into which a panel was drawn, is shown by whoever has made it.
    return figure._repr_png_() if isinstance(figure, NotebookFigure) else None


def described(
    panels: Iterable[Axes], *, reading: str = "", hides: str = "", data: pd.DataFrame | None = None
) -> Axes | Panels:
    """Return what a plot returns: its Axes, or an array of them where there are several.

    Arguments:
        panels: all that were drawn into, at least one.
        reading: how the figure is to be read, in sentences; they go into the caption beside a saved figure.
        hides: what it does not show, in sentences.
        data: the numbers that are drawn, a row a mark; they are saved beside it.
    """
    found = list(panels)
    figure = found[0].get_figure(root=True)
    if isinstance(figure, NotebookFigure):
        figure.reading, figure.hides, figure.data = reading, hides, data
    if len(found) == 1:
        return found[0]
    array = np.empty(len(found), dtype=object)
    array[:] = found
    return array.view(Panels)


def figure_of(drawn: Any) -> Figure:
    """Return the figure that a plot has drawn on, whether it has returned that, its Axes or an array of them.

    Raises:
        InputError: for anything else.
    """
    first = drawn.flat[0] if isinstance(drawn, np.ndarray) and drawn.size else drawn
    figure = first.get_figure(root=True) if isinstance(first, Axes) else first
    if not isinstance(figure, Figure):
        raise InputError(
            f"a plot returned an object of the class {type(drawn).__name__}, expected its Axes, an array of "
            "them, or a figure of Matplotlib"
        )
    return figure
