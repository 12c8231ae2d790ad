"""``harness list``: what there is, by kind."""

from __future__ import annotations

import click

from harness.cli.catalogue import KINDS, details, listing
from harness.cli.group import OnceCommand
from harness.cli.terminal import echo
from optimizers.errors import unknown_name


@click.command(
    name="list",
    cls=OnceCommand,
    short_help="List what there is, by kind: optimizers, problems, gradients, plots and so on.",
    examples=(
        ("harness list", "List everything, a line each."),
        ("harness list optimizers", "List all optimizers, with what they need and their papers."),
    ),
)
@click.argument("kind", required=False)
def command(kind: str | None) -> None:
    """List what there is, of one KIND or of all.

    KIND is one of optimizers, schedules, problems, gradients, examples, experiments, executors, plots,
    statistics, studies, formats, activations, losses, initializers and columns. `harness show` has a page on
    each entry.
    """
    if kind is not None and kind not in KINDS:
        raise unknown_name("kind", kind, KINDS)
    for name in (kind,) if kind else KINDS:
        if kind is None:
            echo(f"{name}:")
        entries, more = listing(name), details(name) if kind else {}
        width = max(len(entry) for entry in entries)
        for entry, line in entries.items():
            echo(f"  {entry:<{width}}  {line}")
            if entry in more:
                echo(f"  {'':<{width}}  {more[entry]}")
        if kind is None:
            echo()
