"""``harness import``: make results of what another program has logged."""

from __future__ import annotations

from pathlib import Path

import click

from harness.cli.group import ANY_PATH, OnceCommand
from harness.cli.terminal import echo


@click.command(
    name="import",
    cls=OnceCommand,
    short_help="Read the logs of another program, and keep them as a folder of results.",
    examples=(
        ("harness import logs --from ioh --output output/theirs", "Read the logs of IOHexperimenter."),
        ("harness import exdata --from coco --output output/theirs", "Read the data of COCO's loggers."),
    ),
)
@click.argument("folder", type=ANY_PATH)
@click.option(
    "--from",
    "form",
    metavar="FORMAT",
    required=True,
    help="Read this format, one of `harness list formats`, with options as in ioh:instances=problems.",
)
@click.option(
    "--output",
    type=ANY_PATH,
    metavar="FOLDER",
    required=True,
    help="Keep the results in this folder, which is new or empty.",
)
@click.option("--add", is_flag=True, help="Put the runs beside the results that are in that folder.")
def command(folder: Path, form: str, output: Path, add: bool) -> None:
    """Read the logs in FOLDER and keep them as results, which the other commands take like any others.

    Runs that were read have the fingerprint `imported`: no code of this project did them.
    """
    from harness.api import import_results
    from harness.exchange import build_format

    found = import_results(folder, build_format(form), output, add=add)
    echo(f"{found.contents()}: kept in {output}")
    for remark in found.remarks():
        echo(remark)
