"""``harness check``: the gradient sources of a problem against each other."""

from __future__ import annotations

import click

from harness.cli.group import OnceCommand
from harness.cli.terminal import console, echo


@click.command(
    name="check",
    cls=OnceCommand,
    short_help="Hold the gradient sources of a problem against each other and against 50 digits.",
    examples=(
        ("harness check iris", "Hold all gradient sources against each other on iris."),
        (
            "harness check parity:bits=3 --gradient central-difference:step=1e-4",
            "Hold central differences of this step against the digits alone.",
        ),
    ),
)
@click.argument("problem")
@click.option(
    "--seed",
    type=click.IntRange(min=0),
    metavar="SEED",
    default=0,
    show_default=True,
    help="Take the start and the split of this seed, a whole number of 0 or more.",
)
@click.option(
    "--gradient",
    metavar="SOURCE",
    multiple=True,
    show_default="all of them",
    help="Hold this gradient source against the digits, with options as in central-difference:step=1e-4; "
    "may be repeated.",
)
def command(problem: str, seed: int, gradient: tuple[str, ...]) -> None:
    """Hold the gradient sources against each other, and against fifty digits, at PROBLEM's start.

    PROBLEM is the name of one of `harness list problems`, with options as in parity:bits=3.
    Nothing is written.
    """
    from harness.gradient_check import check
    from harness.problems import load
    from harness.report.table import render_check

    loaded = load(problem)
    found = check(loaded, seed, gradient)
    echo(f"{loaded!r}\n")
    render_check(found, console())
