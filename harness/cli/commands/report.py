"""``harness report``: write one page of HTML with all that is to be known of results."""

from __future__ import annotations

from pathlib import Path

import click

from harness.cli.group import ANY_PATH, OnceCommand
from harness.cli.terminal import echo


@click.command(name="report", cls=OnceCommand, short_help="Write a page with verdicts, charts and all runs.")
@click.argument("folder", type=ANY_PATH)
@click.option("--output", type=ANY_PATH, help="The page, .html [report.html in FOLDER].")
@click.option("--robust", is_flag=True, help="Every verdict again under each choice that could be otherwise.")
def command(folder: Path, output: Path | None, robust: bool) -> None:
    """Write one page of HTML about the results in FOLDER, which any browser shows without a network.

    Question and verdicts first, then charts in which optimizers and problems can be chosen, then the table of
    all runs, what was skipped and failed, options, and where it is from. It needs the extra `report`.
    """
    from harness.api import load
    from harness.report.html.libraries import check_page

    page = output if output is not None else folder / "report.html"
    check_page(page)
    results = load(folder)
    echo(f"page: {results.report(page, folder=folder, robust=robust)}")
    for remark in results.remarks():
        echo(remark)
