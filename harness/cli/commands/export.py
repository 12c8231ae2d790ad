"""``harness export``: write results for other programs."""

from __future__ import annotations

from pathlib import Path

import click

from harness.cli.group import ANY_PATH, OnceCommand
from harness.cli.terminal import echo


@click.command(name="export", cls=OnceCommand, short_help="Write results for other programs.")
@click.argument("folder", type=ANY_PATH)
@click.option(
    "--to",
    "form",
    default="csv",
    show_default=True,
    help="Which format (see `harness list formats`); options may follow it, as in ioh:axis=iteration.",
)
@click.option("--output", type=ANY_PATH, required=True, help="Folder that is written; new or empty.")
@click.option("--replace", is_flag=True, help="Replace an earlier export in that folder.")
def command(folder: Path, form: str, output: Path, replace: bool) -> None:
    """Write the results in FOLDER in another program's format."""
    from harness.api import load
    from harness.exchange import build_format

    chosen = build_format(form)
    results = load(folder)
    for file in results.export(chosen, output, replace=replace):
        echo(f"file: {file}")
    for remark in (*results.remarks(), *chosen.remarks(results)):
        echo(remark)
