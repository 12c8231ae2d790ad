"""Draws the ratios of a table: how many times slower each peer is, work by work."""

from __future__ import annotations

from pathlib import Path

import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from harness.plots.style import COLOURS, DASHES, DPI, LABEL, MARKERS, SMALL

LIMITS = ("dgemm",)
"""What is no peer but a limit of the machine: its ratio is a part of it."""


def draw(table: pd.DataFrame, folder: Path, machine: dict[str, str]) -> Path | None:
    """Draw a panel for each benchmark that has several pieces of work and a peer; None if there is none."""
    compared = table[~table["peer"].isin(LIMITS) & ~table["benchmark"].isin(["growth", "command-line"])]
    groups = {
        name: part
        for name, part in compared.groupby("benchmark", sort=False)
        if part["work"].nunique() > 1 and name != "comparison"
    }
    if not groups:
        return None
    peers = list(dict.fromkeys(compared["peer"]))
    figure = Figure(figsize=(7.2, 0.9 + 2.3 * len(groups)), layout="constrained")
    axes = figure.subplots(len(groups), 1, squeeze=False).ravel()
    for panel, (name, part) in zip(axes, groups.items(), strict=True):
        _panel(panel, name, part, peers)
    described = f"{machine['cpu']}, {machine['threads']} threads, {machine['date']}"
    figure.suptitle(f"Time of each peer over ours (above 1: ours is faster)\n{described}", fontsize=LABEL + 1)
    path = folder / "ratios.png"
    figure.savefig(path, dpi=DPI)
    return path


def _panel(panel: Axes, name: str, part: pd.DataFrame, peers: list[str]) -> None:
    works = list(dict.fromkeys(part["work"]))
    for peer, rows in part.groupby("peer", sort=False):
        number = peers.index(str(peer))
        places = [works.index(work) for work in rows["work"]]
        panel.plot(
            places,
            rows["ratio"],
            color=COLOURS[number % len(COLOURS)],
            linestyle=DASHES[number // len(COLOURS)],
            marker=MARKERS[number % len(MARKERS)],
            markersize=4,
            linewidth=1,
            label=peer,
        )
    panel.axhline(1.0, color="0.35", linewidth=0.8, linestyle=(0, (4, 3)))
    panel.set_yscale("log")
    panel.yaxis.set_major_formatter(lambda number, _: f"{number:g}")
    panel.set_xticks(range(len(works)), works, fontsize=SMALL)
    panel.tick_params(axis="y", labelsize=SMALL)
    panel.set_title(name.replace("-", " "), fontsize=LABEL, loc="left")
    panel.set_ylabel("times slower than ours", fontsize=LABEL)
    panel.legend(fontsize=SMALL, loc="center left", bbox_to_anchor=(1.0, 0.5), frameon=False)
    panel.grid(axis="y", color="0.9", linewidth=0.6)
    panel.set_axisbelow(True)
