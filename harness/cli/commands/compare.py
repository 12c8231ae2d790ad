"""``harness compare``: what the runs in a folder decide, or those of two folders against each other."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import click

from harness.cli.group import ANY_PATH, OnceCommand
from harness.cli.terminal import console, echo
from optimizers.errors import InputError

if TYPE_CHECKING:
    from harness.runs.claims import Claim
    from harness.runs.tables import Tables


@click.command(
    name="compare",
    cls=OnceCommand,
    short_help="Say what the runs in a folder decide: verdicts, ranking and table.",
    examples=(
        ("harness compare output/quickstart", "Print verdicts, ranking and table."),
        ("harness compare results/ga-vs-backprop --latex", "Print them as a table for a paper."),
        ("harness compare before after", "Hold each optimizer of one folder against itself in another."),
    ),
)
@click.argument("folder", type=ANY_PATH)
@click.argument("other", type=ANY_PATH, required=False)
@click.option("--csv", "as_csv", is_flag=True, help="Print the verdicts as CSV, a row each.")
@click.option("--markdown", is_flag=True, help="Print Markdown: sentences, and a table for each problem.")
@click.option(
    "--latex", is_flag=True, help="Print LaTeX: a table for the package booktabs, and the sentences."
)
@click.option("--json", "as_json", is_flag=True, help="Print all of it as JSON, for a script.")
@click.option(
    "--robust",
    is_flag=True,
    help="Decide every verdict again under each choice that could be otherwise; that takes up to minutes.",
)
def command(
    folder: Path,
    other: Path | None,
    as_csv: bool,
    markdown: bool,
    latex: bool,
    as_json: bool,
    robust: bool,
) -> None:
    """Say what the runs in FOLDER decide: verdicts first, then the ranking, then the table.

    The claims of the experiment, each on each of its problems and over all of them; where it has none, every
    optimizer against the best and against the first. With a second folder its runs are held against those of
    the first, each optimizer against itself.

    With --robust each verdict is decided again with another target, budget, axis, measure and other options,
    and without each problem: under how many of these choices it holds, and the smallest change that turns it.
    """
    from harness.api import load
    from harness.report.comparison import Comparison
    from harness.report.comparison_formats import FORMATS
    from harness.report.comparison_text import render_comparison
    from harness.report.robust_comparison import RobustComparison
    from harness.report.robust_formats import ROBUST_FORMATS, render_robust
    from harness.report.two_folders import beside
    from harness.runs.plans import figures_of

    wanted = {"csv": as_csv, "markdown": markdown, "latex": latex, "json": as_json}
    chosen = [name for name, is_wanted in wanted.items() if is_wanted]
    if len(chosen) > 1:
        raise InputError(f"--{chosen[0]} and --{chosen[1]} are two forms: give one of them")
    results = load(folder)
    figures = figures_of(folder) if other is None else []
    tables: Tables = results
    claims: Sequence[Claim] | None = None
    if other is not None:
        tables, claims = beside(results, load(other), folder, other)
    if robust:
        again = RobustComparison.of(tables, claims)
        written = ROBUST_FORMATS[chosen[0]](again) if chosen else ""
    else:
        comparison = Comparison.of(tables, claims)
        written = FORMATS[chosen[0]](comparison) if chosen else ""
    if chosen:
        echo(written.rstrip("\n"))
        return
    if tables.question:
        echo(f"{tables.question}\n")
    if robust:
        render_robust(again, console())
    else:
        render_comparison(comparison, figures, console())
    for remark in tables.remarks():
        echo(remark)
