"""What the command line writes to: a console with a width, and lines without what a terminal acts on."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from optimizers.printable import printable

if TYPE_CHECKING:
    from rich.console import Console

USUAL_WIDTH = 80
NARROWEST = 20
"""Columns below which what the surroundings say of the width is no width (``COLUMNS=0``)."""


def console() -> Console:
    """Return a console on standard output."""
    # Imported here: it takes a tenth of the time of `harness list`, which does without.
    from rich.console import Console

    found = Console()
    return found if found.width >= NARROWEST else Console(width=USUAL_WIDTH)


def echo(text: object = "", *, err: bool = False) -> None:
    """Write a line, whatever a file or a name that is in it holds."""
    click.echo(printable(str(text)), err=err)
