"""Writes the summary table and the figures of an experiment, and its reference copy."""

from __future__ import annotations

import contextlib
import hashlib
import inspect
import re
import shutil
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any, Literal, NamedTuple, get_args, get_origin, get_type_hints

import pandas as pd
import pydantic

from harness.analysis.summary import summarize
from harness.plots import has_no_table, known_plots
from harness.report.image_files import write_plot
from harness.report.thinning import spread_evenly
from harness.runs.columns import NO_PARAMETERS
from harness.runs.csv_cells import csv_of
from harness.runs.declaration import FILE
from harness.runs.parts import is_there, write_whole
from harness.runs.plans import Plan, records
from harness.runs.store import Store
from harness.runs.tables import Tables
from harness.sweeps.experiment import DEFAULT_FIGURE, Experiment
from optimizers.arguments import as_kind
from optimizers.errors import InputError, unknown_name
from optimizers.printable import shown

HANDED = ("results", "axes")
"""Arguments of a plot that are no options: no file can name them."""

LONGEST_FILE = 200
"""Bytes of a figure's name at the most."""

FEWEST_REFERENCE_ROWS = 3
"""Rows that a run keeps at the least, and one more where the best is none of them."""

MOST_REFERENCE_ROWS = 20_000
"""Rows of a reference copy's trace: under a megabyte. Of a longer one each run keeps as many."""

MOST_REFERENCE_BYTES = 1_000_000
"""Parameters that a reference copy holds at the most; it is kept under version control."""


class UndrawnError(InputError):
    """Raised where figures cannot be drawn of these runs; everything else is written.

    Attributes:
        files: those that are.
    """

    def __init__(self, refusals: Sequence[str], files: Sequence[Path]) -> None:
        super().__init__("; ".join(refusals))
        self.files = list(files)


class ReferenceSize(NamedTuple):
    """How much a reference copy holds of one experiment, where it is not to be as much as usual."""

    rows: int
    """Of its trace, in place of ``MOST_REFERENCE_ROWS``."""
    parameter_bytes: int
    """Of the parameters of all runs, in place of ``MOST_REFERENCE_BYTES``; where they take more there are
    none."""


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
    for name, table in figure_tables(results, figures).items():
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


def write_reference(
    results: Tables,
    figures: Sequence[dict[str, Any]],
    source: Path,
    folder: Path,
    size: ReferenceSize | None = None,
) -> list[Path]:
    """Replace a folder by a compact copy of an experiment: one part of runs, one of traces, all artifacts.

    Parameters are left out where those of all runs would take more than a megabyte, and of long traces some
    rows of each run are kept, its first, its best and its last among them; the folder itself has all.

    Arguments:
        results: the runs.
        figures: the experiment's plots.
        source: folder of the experiment.
        folder: the reference folder, for example ``results/ga-vs-backprop``.
        size: how much of traces and parameters goes into it; None for as much as usual.

    Returns:
        The artifacts.
    """
    if folder.resolve() == source.resolve():
        raise InputError(
            f"{folder} is the folder of the reference copy itself: leave out --reference, or choose another "
            "folder with --output"
        )
    if folder.is_dir() and any(folder.iterdir()) and not (folder / "experiment.toml").is_file():
        raise InputError(
            f"{folder} holds something else than a reference copy: move it away, for it would be replaced"
        )
    names = [
        "experiment.toml",
        *(f"provenance/{name}.json" for name in dict.fromkeys(results.runs["provenance"]) if name),
        *(f"commands/{path.name}" for path in sorted((source / "commands").glob("*.json"))),
    ]
    if results.declaration is not None:
        names.append(FILE)
    declared = {}
    for name in names:
        try:
            declared[name] = (source / name).read_bytes()
        except OSError as error:
            raise InputError(
                f"{source / name} cannot be read: {error.strerror}; run the experiment in another folder"
            ) from None
    # Read before anything is removed: they may lie in that folder.
    trace = results.trace
    for part in ("runs", "trace", "plans", "provenance", "commands"):
        shutil.rmtree(folder / part, ignore_errors=True)
    for old in ("plan.json", "provenance.json", FILE):
        # Of an earlier version, or declaration. Where it cannot be removed the next write fails, and says so.
        with contextlib.suppress(OSError):
            (folder / old).unlink()
    store, size = Store(folder), size or ReferenceSize(MOST_REFERENCE_ROWS, MOST_REFERENCE_BYTES)
    store.append_tables(_compact(results.runs, size.parameter_bytes), _thinned(trace, size.rows))
    # With its claims and figures, which say what the runs are to answer.
    declaration = declared["experiment.toml"].decode()
    runs, skipped = tuple(results.runs["run_id"]), records(results.skipped)
    store.write_plan(Plan(results.name, results.question, runs, skipped, declaration=declaration))
    for name, content in declared.items():
        write_whole(folder / name, content)
    return write_artifacts(results, figures, folder)


def _thinned(trace: pd.DataFrame, most: int) -> pd.DataFrame:
    """Return a trace with as many rows of each run, evenly spaced, as there is room for."""
    if len(trace) <= most:
        return trace
    each = max(most // trace["run_id"].nunique(), FEWEST_REFERENCE_ROWS)
    best = trace["best_loss"].to_numpy() == trace.groupby("run_id")["best_loss"].transform("min").to_numpy()
    first_best = best & ~trace[best].duplicated("run_id").reindex(trace.index, fill_value=True).to_numpy()
    kept: pd.DataFrame = trace[spread_evenly(trace, each - 1) | first_best]
    return kept.reset_index(drop=True)


def _compact(runs: pd.DataFrame, most: int) -> pd.DataFrame:
    """Return runs without their parameters where these are large."""
    size = sum(w.nbytes for name in ("best_w", "last_w") for w in runs[name])
    if size <= most:
        return runs
    nothing = pd.Series([NO_PARAMETERS] * len(runs), index=runs.index, dtype=object)
    return runs.assign(best_w=nothing, last_w=nothing)
