"""What ``harness run`` writes and prints when it is done."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from harness.cli.terminal import console, echo
from optimizers.printable import how_many

if TYPE_CHECKING:
    from harness.runs.tables import Tables
    from harness.sweeps.experiment import Experiment
    from optimizers.errors import InputError

KINDS = {".png": "figure", ".html": "page"}


def written(
    results: Tables, declared: Experiment, folder: Path, reference: Path | None
) -> tuple[list[Path], InputError | None]:
    """Write tables and figures, and the reference copy where one is asked for.

    Returns:
        The files, and what is to be said of figures that could not be drawn, behind what the runs came to.
    """
    from harness.report.artifacts import UndrawnError, write_artifacts
    from harness.report.reference_copy import write_reference

    try:
        files = write_artifacts(results, declared.figures, folder)
        if reference is not None:
            files = write_reference(results, declared.figures, folder, reference)
    except UndrawnError as undrawn:
        return undrawn.files, undrawn
    return files, None


def as_json_text(results: Tables, done: int, folder: Path, files: Sequence[Path]) -> str:
    """Return the same as JSON, for a script."""
    from harness.report.json_summary import as_text

    return as_text(results, done, folder, files)


def report_done(
    results: Tables, done: int, declared: Experiment, folder: Path, files: Sequence[Path]
) -> None:
    """Print the question, the verdicts, the table, and where things are."""
    from harness.analysis.summary import summarize
    from harness.report.comparison import Comparison
    from harness.report.comparison_text import answers, render_answers, render_short
    from harness.report.table import render

    before = len(results.runs) - done
    if declared.question:
        echo(f"{declared.question}\n")
    numbers = answers(results, declared.figures)
    if numbers and results.declaration is None:
        render_answers(numbers, results.skipped, console())
    else:
        render_short(Comparison.of(results), console())
        render(summarize(results), results.skipped, console())
    echo(
        f"\n{how_many(done, 'run')} done now, {before} found in {folder}."
        if done
        else f"\nNothing to run: {how_many(before, 'run')} of this experiment found in {folder}."
    )
    failed = int((results.runs["outcome"] == "failed").sum())
    if failed:
        echo(f"{how_many(failed, 'run')} failed: the same command with --retry failed does them again.")
    for remark in results.remarks():
        echo(remark)
    for file in files:
        echo(f"{KINDS.get(file.suffix, 'table')}: {file}")
