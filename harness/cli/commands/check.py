"""``harness check``: the gradient sources of a problem against each other."""

from __future__ import annotations

import click

from harness.cli.group import OnceCommand
from harness.cli.terminal import console, echo


@click.command(
    name="check", cls=OnceCommand, short_help="Hold the gradient sources of a problem against each other."
)
@click.argument("problem")
@click.option(
    "--seed", type=click.IntRange(min=0), default=0, show_default=True, help="Which start and split."
)
@click.option("--gradient", multiple=True, help="A gradient source; may be given again [all of them].")
def command(problem: str, seed: int, gradient: tuple[str, ...]) -> None:
    """Hold the gradient sources against each other, and against fifty digits, at PROBLEM's start."""
    from harness.gradient_check import check
    from harness.problems import load
    from harness.report.table import render_check

    loaded = load(problem)
    echo(f"{loaded!r}\n")
    render_check(check(loaded, seed, gradient), console())
