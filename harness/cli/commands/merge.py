"""``harness merge``: put folders of results together, such as those of an experiment's shards."""

from __future__ import annotations

from pathlib import Path

import click

from harness.cli.group import ANY_PATH, OnceCommand
from harness.cli.terminal import echo


@click.command(name="merge", cls=OnceCommand, short_help="Put folders of results together.")
@click.argument("folders", nargs=-1, required=True, type=ANY_PATH)
@click.option("--into", required=True, type=ANY_PATH, help="Where to; it may hold results already.")
@click.option("--no-wait", is_flag=True, help="End where another process does runs in that folder.")
def command(folders: tuple[Path, ...], into: Path, no_wait: bool) -> None:
    """Copy what FOLDERS hold into one, byte for byte; a run that several have is kept once."""
    from harness.runs.merging import merge

    merged = merge(folders, into, not no_wait, lambda note: echo(f"{note}\n", err=True))
    left = f", {merged.left} left out whose runs were there" if merged.left else ""
    plans = f"{merged.plans} plan{'' if merged.plans == 1 else 's'}"
    parts = f"{merged.parts} part{'' if merged.parts == 1 else 's'}"
    echo(f"{into}: {merged.runs} runs in {plans}; {parts} copied{left}.")
    if merged.differing:
        echo(
            f"{len(merged.differing)} runs are there twice, from the same code and with different numbers, "
            f"such as {merged.differing[0]}: the one that was written last stands."
        )
