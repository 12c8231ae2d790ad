"""Writes the summary table and the figures of an experiment."""

from __future__ import annotations

import contextlib
import hashlib
import inspect
import re
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any, Literal, get_args, get_origin, get_type_hints

import pandas as pd
import pydantic

from harness.analysis.summary import summarize
from harness.plots import has_no_table, known_plots
from harness.report.image_files import write_plot
from harness.runs.csv_cells import csv_of
from harness.runs.parts import is_there, write_whole
from harness.runs.tables import Tables
from harness.sweeps.experiment import DEFAULT_FIGURE, Experiment
from optimizers.arguments import as_kind
from optimizers.errors import InputError, unknown_name
from optimizers.printable import shown

HANDED = ("results", "axes")
"""Arguments of a plot that are no options: no file can name them."""

LONGEST_FILE = 200
"""Bytes of a figure's name at the most."""


class UndrawnError(InputError):
    """Raised where figures cannot be drawn of these runs; everything else is written.

    Attributes:
        files: those that are.
    """

    def __init__(self, refusals: Sequence[str], files: Sequence[Path]) -> None:
        super().__init__("; ".join(refusals))
        self.files = list(files)


def check_figures(figures: Sequence[dict[str, Any]], problems: Sequence[str] | None = None) -> None:
    """Check the plots of an experiment and their options before anything runs.

    Arguments:
        figures: each the name of a plot, and its options.
        problems: names of the experiment's problems, where they are known.

    Raises:
        InputError: for an unknown plot, option or problem, or a value that is not of its kind.
    """
    if all(figure == DEFAULT_FIGURE for figure in figures) and len(figures) < 2:
        # Right as it stands: to look would import Matplotlib, before there is anything to draw.
        return
    plots = known_plots()
    files: list[str] = []
    for figure in figures:
        options = dict(figure)
        name = options.pop("name")
        if name not in plots:
            raise unknown_name("plot", name, plots)
        known = [option for option in inspect.signature(plots[name]).parameters if option not in HANDED]
        for option, value in options.items():
            if option not in known:
                raise unknown_name(f"option of plot '{name}'", option, known)
            _check_option(plots[name], name, option, value)
            named = [value] if isinstance(value, str) else value
            if option in ("problem", "problems") and problems is not None and named is not None:
                for problem in named:
                    if problem not in problems:
                        raise unknown_name(f"problem of plot '{name}'", problem, problems)
        # Only what its options are known to be can be written as a name.
        file = figure_file(figure)
        if file in files:
            raise InputError(f"two figures would be {file}: give each once, or other options")
        files.append(file)


def _check_option(plot: Any, name: str, option: str, value: Any) -> None:
    """Check one option of a plot by its type, and by the range that the plot states."""
    # With what stands beside a type: a problem itself is one by `InstanceOf`.
    hint = get_type_hints(plot, include_extras=True)[option]
    if get_origin(hint) is Literal and isinstance(value, str):
        if value not in get_args(hint):
            raise unknown_name(f"{option} of plot '{name}'", value, get_args(hint))
        return
    try:
        pydantic.TypeAdapter(hint).validate_python(value, strict=True)
    except pydantic.ValidationError as error:
        findings = [finding["msg"].removeprefix("Input should be ") for finding in error.errors()]
        raise InputError(
            f"plot '{name}': option '{option}' is {shown(value)}, expected {' or '.join(findings)}"
        ) from None
    kinds = getattr(plot, "kinds", {})
    if option in kinds:
        as_kind(f"plot '{name}': option '{option}'", value, kinds[option])


def figure_file(figure: dict[str, Any]) -> str:
    """Return the file name of a figure, which its options tell apart from others of the same plot.

    >>> figure_file({"name": "convergence", "x": "cost", "band": 0.9, "problems": ["xor", "parity:bits=4"]})
    'convergence-cost-band-0.9-xor-parity-bits-4.png'
    """
    words = []
    for name, value in figure.items():
        words += [name] if not isinstance(value, str | list) else []
        words += map(_word, value) if isinstance(value, list) else [_word(value)]
    name = re.sub(r"[^\w.]+", "-", "-".join(words))
    if len(name.encode()) > LONGEST_FILE:
        # As long as a folder takes, and still another for every choice.
        name = f"{name[:60]}-{hashlib.sha256(name.encode()).hexdigest()[:16]}"
    return name + ".png"


def _word(value: Any) -> str:
    # Python writes no whole number of thousands of digits but as a hexadecimal one.
    return f"{value:x}" if isinstance(value, int) and value.bit_length() > 1_000 else str(value)


def write_artifacts(results: Tables, figures: Sequence[dict[str, Any]], folder: Path) -> list[Path]:
    """Write ``summary.csv``, ``skipped.csv`` where a pair was skipped, every figure and the table behind it.

    Arguments:
        results: the runs.
        figures: each the name of a plot, and its options.
        folder: where to.

    Returns:
        The files, the figures last.

    Raises:
        UndrawnError: at the end, if a figure cannot be drawn of these runs.
    """
    files = [folder / "summary.csv"]
    write_whole(files[0], csv_of(summarize(results)))
    skipped = folder / "skipped.csv"
    if len(results.skipped):
        files.append(skipped)
        write_whole(skipped, csv_of(results.skipped))
    elif is_there(skipped):
        # Of an earlier form of the experiment.
        skipped.unlink()
    tables = figure_tables(results, figures)
    for name, table in tables.items():
        files.append(folder / f"{name}.csv")
        write_whole(files[-1], csv_of(table))
    refusals: list[str] = []
    for figure in figures:
        options, file = dict(figure), folder / figure_file(figure)
        name = options.pop("name")
        try:
            write_plot(name, results, options, file)
        except InputError as error:
            refusals.append(str(error))
            # What lies there is of other runs than the rest.
            old = [file.with_suffix(end) for end in (".png", ".caption.md", ".data.csv")]
            for path in (*old, *([folder / f"{name}.csv"] if name not in tables else [])):
                with contextlib.suppress(OSError):
                    path.unlink(missing_ok=True)
        else:
            files.append(file)
    if refusals:
        raise UndrawnError(refusals, files)
    return files


def figure_tables(results: Tables, figures: Sequence[dict[str, Any]]) -> dict[str, pd.DataFrame]:
    """Return the tables behind figures, by the names of their plots.

    A plot has one where its file has a function ``table`` beside it, which takes the results alone. One that
    cannot be made of these runs is left out: who draws its figure is told why.
    """
    plots = known_plots()
    tables = {}
    for name in dict.fromkeys(figure["name"] for figure in figures):
        if has_no_table(name):
            continue
        table = getattr(sys.modules[plots[name].__module__], "table", None)
        if table is not None:
            with contextlib.suppress(InputError):
                tables[name] = table(results)
    return tables


def write_check(experiment: Experiment, folder: Path) -> Path:
    """Hold the gradient sources of an experiment against each other, and keep what comes out.

    Arguments:
        experiment: its problems, at its first seed, and its gradient sources.
        folder: where ``gradient-check.csv`` goes.

    Returns:
        The file.
    """
    # Imported here: with it come all gradient sources, which other commands have no use for.
    from harness.gradient_check import check

    tables = [
        check(problem, experiment.seeds[0], experiment.gradients).assign(problem=problem.name)
        for problem in experiment.problems
    ]
    file = folder / "gradient-check.csv"
    write_whole(file, csv_of(pd.concat(tables, ignore_index=True)))
    return file
