"""Draws the ratios of a table: how many times slower each peer is, work by work."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import LogLocator, NullFormatter

from harness.plots.style import COLOURS, DASHES, DPI, LABEL, MARKERS, SMALL

LIMITS = ("dgemm",)
"""What is no peer but a limit of the machine: its ratio is a part of it."""

OTHER_FIGURES = (
    "growth",
    "command-line",
    "comparison",
    "machine",
    "roofline",
    "busy",
    "workers",
    "precision",
)
"""Benchmarks whose ratios say something else than how many times slower a peer is, or of one work only."""

LOOKS = {
    "torch": (0, 0, 0),
    "torch-compile": (0, 1, 1),
    "scikit-learn": (1, 0, 1),
    "pygad.torchga": (1, 2, 3),
    "jax": (2, 0, 2),
    "jax (autodiff)": (2, 1, 5),
    "fann": (3, 0, 3),
    "pygad": (4, 0, 4),
    "pygad.gann": (4, 1, 4),
    "evosax": (5, 0, 5),
    "numpy": (5, 1, 8),
    "pure-python": (6, 0, 6),
    "autodiff": (6, 3, 7),
    "bare": (6, 1, 8),
}
"""Numbers of colour, dashes and marker: a library has one colour, and no two of a panel look alike."""


def draw(table: pd.DataFrame, folder: Path, machine: dict[str, str]) -> Path | None:
    """Draw a panel for each benchmark that has several pieces of work and a peer; None if there is none."""
    compared = table[~table["peer"].isin(LIMITS) & ~table["benchmark"].isin(OTHER_FIGURES)]
    groups = {
        name: part for name, part in compared.groupby("benchmark", sort=False) if part["work"].nunique() > 1
    }
    if not groups:
        return None
    peers = list(dict.fromkeys(compared["peer"]))
    columns = min(2, len(groups))
    lines = -(-len(groups) // columns)
    figure = Figure(figsize=(7.2 * columns, 0.9 + 2.3 * lines), layout="constrained")
    axes = figure.subplots(lines, columns, squeeze=False).ravel()
    for panel, (name, part) in zip(axes, groups.items(), strict=False):
        _panel(panel, name, part, peers)
    for panel in axes[len(groups) :]:
        panel.remove()
    described = f"{machine['cpu']}, {machine['threads']} threads, {machine['date']}"
    figure.suptitle(f"Time of each peer over ours (above 1: ours is faster)\n{described}", fontsize=LABEL + 1)
    path = folder / "ratios.png"
    figure.savefig(path, dpi=DPI)
    return path


def look_of(peer: str, peers: list[str]) -> dict[str, Any]:
    """Return colour, dashes and marker of a peer: the known ones keep theirs, others take what is left."""
    if peer in LOOKS:
        colour, dashes, marker = LOOKS[peer]
    else:
        number = [name for name in peers if name not in LOOKS].index(peer)
        colour, marker = number % len(COLOURS), number % len(MARKERS)
        dashes = 2 + number // len(COLOURS)
    return {"color": COLOURS[colour], "linestyle": DASHES[dashes % len(DASHES)], "marker": MARKERS[marker]}


def _panel(panel: Axes, name: str, part: pd.DataFrame, peers: list[str]) -> None:
    works = list(dict.fromkeys(part["work"]))
    for peer, rows in part.groupby("peer", sort=False):
        places = [works.index(work) for work in rows["work"]]
        ratios = rows["ratio"]
        # From quartile to quartile; the median of few rounds lies between them, rounding apart.
        away = [ratios - rows["ratio_low"], rows["ratio_high"] - ratios]
        panel.errorbar(
            places,
            ratios,
            yerr=np.clip(np.nan_to_num(away), 0, None),
            markersize=4,
            linewidth=1,
            elinewidth=0.8,
            capsize=2,
            label=peer,
            **look_of(str(peer), peers),
        )
    panel.axhline(1.0, color="0.35", linewidth=0.8, linestyle=(0, (4, 3)))
    panel.set_yscale("log")
    low, high = panel.get_ylim()
    panel.yaxis.set_major_locator(LogLocator(subs=(1.0, 2.0, 5.0) if high < 30 * low else (1.0,)))
    panel.yaxis.set_major_formatter(lambda number, _: f"{number:g}")
    panel.yaxis.set_minor_formatter(NullFormatter())
    panel.set_xticks(range(len(works)), [work.replace(" x ", "\nx ") for work in works], fontsize=SMALL)
    panel.tick_params(axis="y", labelsize=SMALL)
    panel.set_title(name.replace("-", " "), fontsize=LABEL, loc="left")
    panel.set_ylabel("times slower than ours", fontsize=LABEL)
    panel.legend(fontsize=SMALL, loc="center left", bbox_to_anchor=(1.0, 0.5), frameon=False)
    panel.grid(axis="y", color="0.9", linewidth=0.6)
    panel.set_axisbelow(True)
