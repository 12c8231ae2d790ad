"""Writes the summary table and the figures of an experiment, and its reference copy."""

from __future__ import annotations

import inspect
import io
import shutil
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from harness.analysis.summary import summarize
from harness.plots import known_plots
from harness.results import Results
from harness.store import Store, write_whole
from optimizers.errors import InputError, unknown_name

FIGURE_DOTS_PER_INCH = 150


def check_figures(figures: Sequence[dict[str, Any]]) -> None:
    """Check the plots of an experiment and their options before anything runs.

    Raises:
        InputError: for an unknown plot or option.
    """
    plots = known_plots()
    for figure in figures:
        options = dict(figure)
        name = options.pop("name")
        if name not in plots:
            raise unknown_name("plot", name, plots)
        known = [option for option in inspect.signature(plots[name]).parameters if option != "results"]
        for option in options:
            if option not in known:
                raise unknown_name(f"option of plot '{name}'", option, known)


def write_artifacts(results: Results, figures: Sequence[dict[str, Any]], folder: Path) -> list[Path]:
    """Write ``summary.csv``, ``skipped.csv`` where a pair was skipped, and every figure.

    Arguments:
        results: the runs.
        figures: each the name of a plot, and its options.
        folder: where to.

    Returns:
        The files, the figures last.
    """
    files = [folder / "summary.csv"]
    write_whole(files[0], summarize(results).to_csv(index=False).encode())
    if len(results.skipped):
        files.append(folder / "skipped.csv")
        write_whole(files[-1], results.skipped.to_csv(index=False).encode())
    for figure in figures:
        options = dict(figure)
        name = options.pop("name")
        suffix = "".join(f"-{value}" for value in options.values() if isinstance(value, str))
        files.append(folder / f"{name}{suffix}.png")
        write_figure(known_plots()[name](results, **options), files[-1])
    return files


def write_figure(figure: Any, path: Path) -> None:
    """Write a figure as an image; the ending of the file says which kind.

    Raises:
        InputError: for an ending that matplotlib does not know.
    """
    buffer = io.BytesIO()
    try:
        figure.savefig(buffer, format=path.suffix.lstrip(".") or "png", dpi=FIGURE_DOTS_PER_INCH)
    except ValueError as error:
        raise InputError(f"{path} cannot be written: {error}") from None
    write_whole(path, buffer.getvalue())


def write_reference(
    results: Results, figures: Sequence[dict[str, Any]], source: Path, folder: Path
) -> list[Path]:
    """Replace a folder by a compact copy of an experiment: one part of runs, one of traces, all artifacts.

    Arguments:
        results: the runs.
        figures: the experiment's plots.
        source: folder of the experiment.
        folder: the reference folder, for example ``results/ga-vs-backprop``.

    Returns:
        The artifacts.
    """
    for part in ("runs", "trace"):
        shutil.rmtree(folder / part, ignore_errors=True)
    store = Store(folder)
    rows = [{str(name): value for name, value in row.items()} for row in results.runs.to_dict("records")]
    store.append(rows, [results.trace])
    store.write_plan(list(results.runs["run_id"]), results.skipped, results.name, results.question)
    for name in ("experiment.toml", "provenance.json"):
        write_whole(folder / name, (source / name).read_bytes())
    return write_artifacts(results, figures, folder)
