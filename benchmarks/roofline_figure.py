"""Draws and tabulates what ``roofline`` measured, from ``table.csv`` and the counts of ``work_counts``."""

from __future__ import annotations

from pathlib import Path

import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from benchmarks.roofline import LIMITS, kernels, work_name
from benchmarks.sizes import SIZES
from benchmarks.table import with_quartiles
from benchmarks.work_counts import OTHERS
from harness.plots.style import COLOURS, DPI, LABEL, SMALL

MARKS = {"gradient": "o", "population": "s", "generation": "^", "epoch-by-1": "v", "epoch-by-32": "D"}
SHADES = dict(zip(MARKS, COLOURS, strict=False))
BAR_OF_ONE, BAR_OF_SEVERAL = 0.85, 0.80
"""The part of the machine's time that gradients and populations of the larger networks should reach, on one
thread and on several."""

BARRED_SIZES = tuple(size.name for size in SIZES[3:])


def frame_of(table: pd.DataFrame) -> pd.DataFrame:
    """Return a line for each kernel and number of threads: counts, times and shares.

    Arguments:
        table: ``table.csv``; kernels that it does not hold are left out.
    """
    cells = {(row.work, row.peer): row for row in table[table["benchmark"] == "roofline"].itertuples()}
    counts = sorted({int(work.rpartition(", ")[2].split()[0]) for work, _ in cells})
    lines = []
    for kernel in kernels():
        for threads in counts:
            work = work_name(kernel.name, threads)
            if (work, "at peak") not in cells:
                continue
            peak, whole, slower = (cells[work, limit] for limit in LIMITS)
            others = {name: getattr(kernel.work, name) for name in OTHERS}
            lines.append(
                {
                    "kernel": kernel.kind,
                    "size": kernel.size.name,
                    "threads": threads,
                    "products": kernel.work.products,
                    **others,
                    "moved": kernel.work.moved,
                    "at peak": peak.theirs,
                    "at all rates": whole.theirs,
                    "ours": peak.ours,
                    "share of peak": peak.ratio,
                    "share of all rates": whole.ratio,
                    "share at its clock": slower.ratio,
                    "shown": [
                        with_quartiles(peak, "ours"),
                        *(with_quartiles(r, "ratio") for r in (peak, whole, slower)),
                    ],
                }
            )
    return pd.DataFrame(lines)


def markdown(frame: pd.DataFrame) -> str:
    """Return the table of counts, times in microseconds and shares."""
    heads = [
        *("kernel", "network x rows", "threads", "multiply-adds"),
        *("tanh", "exponentials", "logarithms", "divisions", "additions"),
        *(
            "at peak, us",
            "at all rates, us",
            "ours, us",
            "share of peak",
            "share of all rates",
            "share at its clock",
        ),
    ]
    lines = [f"| {' | '.join(heads)} |", "|---" * len(heads) + "|"]
    for row in frame.to_dict("records"):
        counts = [f"{row[name]:,}" for name in ("products", *OTHERS)]
        limits = [f"{row[name]:.3g}" for name in ("at peak", "at all rates")]
        cells = [row["kernel"], row["size"], str(row["threads"]), *counts, *limits, *row["shown"]]
        lines.append(f"| {' | '.join(cells)} |")
    return "\n".join(lines) + "\n"


def draw(table: pd.DataFrame, folder: Path, machine: dict[str, str]) -> list[Path]:
    """Write ``roofline.png`` and ``roofline.md``; nothing where kernels were not measured."""
    rates = table[table["benchmark"] == "machine"].set_index("work")
    frame = frame_of(table)
    if frame.empty or rates.empty:
        return []
    counts = sorted(frame["threads"].unique())
    figure = Figure(figsize=(3.9 * len(counts) + 0.4, 7.4), layout="constrained")
    axes = figure.subplots(2, len(counts), squeeze=False, sharey="row")
    for column, threads in enumerate(counts):
        part = frame[frame["threads"] == threads]
        named = "one thread" if threads == 1 else f"{threads} threads"
        _roofline(axes[0, column], part, 1e9 * rates["ours" if threads == 1 else "theirs"], named)
        _shares(axes[1, column], part, threads)
    axes[0, 0].set_ylabel("multiply-adds a second", fontsize=LABEL)
    axes[1, 0].set_ylabel("part of the machine's own time", fontsize=LABEL)
    handles, names = axes[0, 0].get_legend_handles_labels()
    figure.legend(handles, names, loc="outside lower center", ncols=len(names), fontsize=SMALL, frameon=False)
    described = f"{machine['cpu']}, {machine['threads']} threads, {machine['date']}"
    figure.suptitle(f"What the kernels reach of what the machine can do\n{described}", fontsize=LABEL + 1)
    paths = [folder / "roofline.png", folder / "roofline.md"]
    figure.savefig(paths[0], dpi=DPI)
    paths[1].write_text(markdown(frame), encoding="utf-8")
    return paths


def _roofline(panel: Axes, part: pd.DataFrame, rates: pd.Series, named: str) -> None:
    intensity = part["products"] / part["moved"]
    low, high = 0.5 * intensity.min(), 2.0 * intensity.max()
    peak, dgemm = float(rates["multiply-adds"]), float(rates["dgemm"])
    for name, style in (("first cache", ":"), ("second cache", "-."), ("memory", "-")):
        bandwidth = float(rates[f"triad in {name}"])
        ridge = peak / bandwidth
        panel.plot(
            [low / 100, ridge], [low / 100 * bandwidth, peak], color="0.45", linestyle=style, linewidth=1
        )
        if ridge > low:
            # Where each roof ends, and nothing else is.
            panel.text(ridge, 1.05 * peak, name, fontsize=SMALL, color="0.3", rotation=35, va="bottom")
    panel.axhline(peak, color="0.2", linewidth=1)
    panel.axhline(dgemm, color="0.2", linewidth=1, linestyle=(0, (4, 3)))
    for name, rate in (("peak", peak), ("dgemm", dgemm)):
        _beside(panel, name, high, rate)
    for kind, rows in part.groupby("kernel", sort=False):
        panel.plot(
            rows["products"] / rows["moved"],
            1e6 * rows["products"] / rows["ours"],
            color=SHADES[kind],
            marker=MARKS[kind],
            markersize=5,
            linestyle="none",
            label=str(kind).replace("-", " "),
        )
    panel.set_xscale("log")
    panel.set_yscale("log")
    panel.set_xlim(low, high)
    panel.set_ylim(0.3 * float((1e6 * part["products"] / part["ours"]).min()), 8 * peak)
    panel.set_xlabel("multiply-adds for a byte that has to move", fontsize=LABEL)
    panel.set_title(named, fontsize=LABEL, loc="left")
    panel.tick_params(labelsize=SMALL)


def _beside(panel: Axes, text: str, right: float, y: float) -> None:
    """Write a line's name beside the panel: within it marks may be anywhere."""
    panel.annotate(
        text,
        (right, y),
        (4, 0),
        textcoords="offset points",
        fontsize=SMALL,
        va="center",
        annotation_clip=False,
    )


def _shares(panel: Axes, part: pd.DataFrame, threads: int) -> None:
    names = [size.name for size in SIZES]
    for kind, rows in part.groupby("kernel", sort=False):
        places = [names.index(size) for size in rows["size"]]
        look = {"color": SHADES[kind], "marker": MARKS[kind], "markersize": 5, "linewidth": 1}
        panel.plot(places, rows["share of all rates"], linestyle="-", **look)
        panel.plot(places, rows["share of peak"], linestyle=(0, (1, 2)), markerfacecolor="white", **look)
        cross = {**look, "marker": "_", "markersize": 11, "markeredgewidth": 1.6}
        panel.plot(places, rows["share at its clock"], linestyle="none", **cross)
    bar = BAR_OF_ONE if threads == 1 else BAR_OF_SEVERAL
    barred = [names.index(name) for name in BARRED_SIZES]
    panel.plot([barred[0] - 0.3, barred[-1] + 0.3], [bar] * 2, color="0.2", linewidth=1.5)
    _beside(panel, f"aim\n{bar:.2f}", len(names) - 0.7, bar)
    panel.set_xlim(-0.3, len(names) - 0.7)
    panel.axhline(1.0, color="0.2", linewidth=1)
    # Above 1 is what does one kind of work in the shade of another.
    panel.set_ylim(0, max(1.1, 1.05 * float(part["share at its clock"].max())))
    panel.set_xticks(
        range(len(names)), [name.replace(" x ", "\nx ") for name in names], fontsize=SMALL, rotation=30
    )
    panel.tick_params(axis="y", labelsize=SMALL)
    panel.set_title(
        "full: all that is counted; hollow: multiply-adds alone\ndash: all, at the clock the kernel ran at",
        fontsize=SMALL,
        loc="left",
    )
