"""``harness merge``: put folders of results together, such as those of an experiment's shards."""

from __future__ import annotations

from pathlib import Path

import click

from harness.cli.group import ANY_PATH, OnceCommand
from harness.cli.terminal import echo
from optimizers.printable import how_many


@click.command(
    name="merge",
    cls=OnceCommand,
    short_help="Copy folders of results into one, such as those of the shards of an experiment.",
    examples=(("harness merge part1 part2 part3 --into all", "Put the runs of three machines together."),),
)
@click.argument("folders", nargs=-1, required=True, type=ANY_PATH)
@click.option(
    "--into",
    required=True,
    type=ANY_PATH,
    metavar="FOLDER",
    help="Copy into this folder, which may hold results already.",
)
@click.option(
    "--no-wait",
    is_flag=True,
    help="End at once where another process does runs in that folder, in place of waiting.",
)
def command(folders: tuple[Path, ...], into: Path, no_wait: bool) -> None:
    """Copy what FOLDERS hold into one, byte for byte; a run that several have is kept once."""
    from harness.runs.merging import merge

    merged = merge(folders, into, not no_wait, lambda note: echo(f"{note}\n", err=True))
    left = f", {merged.left} left out whose runs were there" if merged.left else ""
    runs, plans, parts = (
        how_many(merged.runs, "run"),
        how_many(merged.plans, "plan"),
        how_many(merged.parts, "part"),
    )
    echo(f"{into}: {runs} in {plans}; {parts} copied{left}.")
    if merged.differing:
        count = len(merged.differing)
        are = "is" if count == 1 else "are"
        echo(
            f"{how_many(count, 'run')} {are} there twice, from the same code and with "
            f"different numbers, such as {merged.differing[0]}: the one that was written last stands."
        )
