"""``harness status``: how far the runs in a folder are."""

from __future__ import annotations

import json
from pathlib import Path

import click

from harness.cli.group import ANY_PATH, OnceCommand
from harness.cli.terminal import console, echo


@click.command(
    name="status",
    cls=OnceCommand,
    short_help="Say which runs of a folder are done, failed, missing or there from other code only.",
    examples=(
        ("harness status output/quickstart", "Print how many runs are done, by problem and optimizer."),
    ),
)
@click.argument("folder", type=ANY_PATH)
@click.option("--json", "as_json", is_flag=True, help="Print the table as JSON, for a script.")
def command(folder: Path, as_json: bool) -> None:
    """Say which runs of FOLDER are done, failed, missing, or there from other code only.

    By problem and optimizer; nothing is run and nothing is written.
    """
    from harness.report.counts import render_counts
    from harness.runs.status import STATES, status_of

    status = status_of(folder)
    if as_json:
        echo(json.dumps(status.as_table(), indent=1))
        return
    render_counts(status.table, ("planned", *STATES), console())
    echo(f"\n{status.name}: {status.sentence()}.")
    for remark in status.remarks():
        echo(remark)
