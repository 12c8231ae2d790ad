"""``harness import``: make results of what another program has logged."""

from __future__ import annotations

from pathlib import Path

import click

from harness.cli.group import ANY_PATH, OnceCommand
from harness.cli.terminal import echo


@click.command(name="import", cls=OnceCommand, short_help="Read logs of other programs.")
@click.argument("folder", type=ANY_PATH)
@click.option(
    "--from",
    "form",
    required=True,
    help="Which format (see `harness list formats`); options may follow it, as in ioh:instances=problems.",
)
@click.option("--output", type=ANY_PATH, required=True, help="Folder of results; new or empty.")
@click.option("--add", is_flag=True, help="Put the runs beside the results that are in it.")
def command(folder: Path, form: str, output: Path, add: bool) -> None:
    """Read the logs in FOLDER and keep them as results, which `show results` and `plot` take."""
    from harness.api import import_results
    from harness.exchange import build_format

    found = import_results(folder, build_format(form), output, add=add)
    echo(f"{found.contents()}: kept in {output}")
    for remark in found.remarks():
        echo(remark)
