"""Writes figures as images, each with its caption and the numbers that are drawn beside it."""

from __future__ import annotations

import io
import sys
import warnings
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from harness.plots import known_plots
from harness.report.captions import caption
from harness.runs.csv_cells import csv_of
from harness.runs.parts import write_whole
from harness.runs.tables import Tables
from optimizers.errors import InputError

FIGURE_DOTS_PER_INCH = 300

IMAGES = ("png", "pdf", "svg")
"""Kinds of images; the first is that of a file without an ending."""


def check_image(path: Path) -> str:
    """Return the kind of image that the ending of a file names, without having drawn anything.

    Raises:
        InputError: for another ending; matplotlib's others need programs that may be missing, such as LaTeX.
    """
    kind = path.suffix.removeprefix(".").lower() or IMAGES[0]
    if kind not in IMAGES:
        raise InputError(f"{path} is no image that is written here: let it end in .png, .pdf or .svg")
    return kind


def write_plot(name: str, results: Tables, options: Mapping[str, Any], path: Path) -> None:
    """Draw a plot into an image, and leave a caption and the numbers that are drawn beside it.

    Arguments:
        name: of the plot.
        results: the runs.
        options: of the plot, by their names.
        path: the image; ``fig.pdf`` has ``fig.caption.md`` and ``fig.data.csv`` beside it.

    Raises:
        InputError: for an ending other than .png, .pdf and .svg, or where a file cannot be written.
    """
    plot = known_plots()[name]

    from harness.plots.figure import figure_of

    drawn = plot(results, **options)
    write_figure(drawn, path)
    data = getattr(figure_of(drawn), "data", None)
    table = getattr(sys.modules[plot.__module__], "table", None)
    if data is None and table is not None:
        data = table(results)
    file = ""
    if data is not None:
        file = path.with_suffix(".data.csv").name
        write_whole(path.with_name(file), csv_of(data))
    written = caption(name, plot, figure_of(drawn), results, options, file)
    write_whole(path.with_suffix(".caption.md"), written.encode())


def write_figure(drawn: Any, path: Path) -> None:
    """Write a figure as an image; the ending of the file says which kind.

    Letters are embedded as TrueType, which journals ask for, and the bytes say nothing of when it was drawn.

    Arguments:
        drawn: what a plot has returned: a figure, its Axes or an array of them.
        path: the image.

    Raises:
        InputError: for an ending other than .png, .pdf and .svg, or where the file cannot be written.
    """
    # Not before it is needed: most commands draw nothing.
    import matplotlib
    from matplotlib.backends.backend_agg import FigureCanvasAgg

    from harness.plots.figure import figure_of

    kind, buffer = check_image(path), io.BytesIO()
    undated: Any = {"png": {}, "pdf": {"CreationDate": None}, "svg": {"Date": None}}[kind]
    embedded: Any = {"pdf.fonttype": 42, "ps.fonttype": 42, "svg.hashsalt": "harness"}
    with warnings.catch_warnings(), matplotlib.rc_context(embedded):
        # A letter that the font does not have is drawn as a box, which says enough.
        warnings.filterwarnings("ignore", "Glyph .* missing from font", UserWarning)
        figure = figure_of(drawn)
        if kind == "png":
            # ``savefig`` would draw it twice, first for its layout, which drawing works out as well.
            figure.set_dpi(FIGURE_DOTS_PER_INCH)
            canvas: Any = FigureCanvasAgg(figure)
            canvas.print_png(buffer, metadata=undated)
        else:
            figure.savefig(buffer, format=kind, dpi=FIGURE_DOTS_PER_INCH, metadata=undated)
    write_whole(path, buffer.getvalue())
