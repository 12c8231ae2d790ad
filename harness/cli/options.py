"""Options that several commands have, each written once."""

from __future__ import annotations

import click

COST = click.option(
    "--cost",
    type=float,
    metavar="COST",
    show_default="as the experiment has it",
    help="Let each run spend so many forward-pass equivalents; 1 is one forward pass of all training rows.",
)
WORKERS = click.option(
    "--workers",
    type=int,
    metavar="NUMBER",
    show_default="one a core where there is work enough",
    help="Do the runs in so many processes of this machine.",
)
RETRY = click.option(
    "--retry",
    metavar="OUTCOME",
    multiple=True,
    show_default="none",
    help="Do runs of this outcome again, failed or timeout; may be repeated.",
)
REUSE = click.option(
    "--reuse",
    metavar="other-code",
    show_default="they are done again",
    help="Take finished runs of other code for those of this code, which is said by the word other-code.",
)
