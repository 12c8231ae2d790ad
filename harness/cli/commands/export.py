"""``harness export``: write results for other programs."""

from __future__ import annotations

from pathlib import Path

import click

from harness.cli.group import ANY_PATH, OnceCommand
from harness.cli.terminal import echo


@click.command(
    name="export",
    cls=OnceCommand,
    short_help="Write the results in a folder in the format of another program.",
    examples=(
        (
            "harness export output/quickstart --to csv --output tables",
            "Write three tables as CSV, to the last bit.",
        ),
        ("harness export output/quickstart --to ioh --output logs", "Write logs for IOHanalyzer."),
    ),
)
@click.argument("folder", type=ANY_PATH)
@click.option(
    "--to",
    "form",
    metavar="FORMAT",
    default="csv",
    show_default=True,
    help="Write this format, one of `harness list formats`, with options as in ioh:axis=iteration.",
)
@click.option(
    "--output",
    type=ANY_PATH,
    metavar="FOLDER",
    required=True,
    help="Write into this folder, which is new or empty.",
)
@click.option(
    "--replace",
    is_flag=True,
    help="Replace an earlier export in that folder; anything else in it is refused.",
)
def command(folder: Path, form: str, output: Path, replace: bool) -> None:
    """Write the results in FOLDER in the format of another program.

    A file README.md is left beside what is written: it says which columns come back unchanged.
    """
    from harness.api import load
    from harness.exchange import build_format

    chosen = build_format(form)
    results = load(folder)
    for file in results.export(chosen, output, replace=replace):
        echo(f"file: {file}")
    for remark in (*results.remarks(), *chosen.remarks(results)):
        echo(remark)
