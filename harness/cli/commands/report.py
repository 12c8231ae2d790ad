"""``harness report``: write one page of HTML with all that is to be known of results."""

from __future__ import annotations

import os
from pathlib import Path

import click

from harness.cli.group import ANY_PATH, OnceCommand
from harness.cli.terminal import echo


@click.command(
    name="report",
    cls=OnceCommand,
    short_help="Write one page of HTML about a folder of results: verdicts, charts and all runs.",
    examples=(
        ("harness report output/quickstart", "Write output/quickstart/report.html."),
        ("harness report results", "Write a page for each folder of results, and one that leads to them."),
    ),
)
@click.argument("folders", type=ANY_PATH, nargs=-1, required=True, metavar="FOLDER...")
@click.option(
    "--output",
    type=ANY_PATH,
    metavar="FILE",
    show_default="report.html in FOLDER",
    help="Write the page to this file, which ends in .html.",
)
@click.option(
    "--robust",
    is_flag=True,
    help="Decide every verdict again under each choice that could be otherwise; that takes up to minutes.",
)
def command(folders: tuple[Path, ...], output: Path | None, robust: bool) -> None:
    """Write one page of HTML about the results in FOLDER, which any browser shows without a network.

    Question and verdicts first, then charts in which optimizers and problems can be chosen, then the table of
    all runs, what was skipped and failed, options, and where it is from. It needs the extra `report`.

    Of several folders, or one that holds folders of results, each gets its page, and --output is a page that
    leads to them [index.html in the folder that holds them all].
    """
    from harness.api import load
    from harness.report.html.folders import result_folders
    from harness.report.html.libraries import check_page
    from harness.runs.parts import write_whole

    if output is not None:
        check_page(output)
    found = list(dict.fromkeys(place for folder in folders for place in result_folders(folder)))
    several = len(found) > 1 or found[0] != folders[0]
    pages = []
    for folder in found:
        page = output if output is not None and not several else folder / "report.html"
        results = load(folder)
        pages.append((results, results.report(page, folder=folder, robust=robust)))
        echo(f"page: {page}")
        for remark in results.remarks():
            echo(remark)
    if several:
        from harness.report.html.index import write_index

        above = [place.resolve() for place in folders]
        around = folders[0] if len(folders) == 1 else Path(os.path.commonpath(above))
        index = output if output is not None else around / "index.html"
        write_whole(index, write_index(pages, index).encode())
        echo(f"index: {index}")
