"""The group of all commands: finds them by their files, and imports none but the one that is called."""

from __future__ import annotations

import importlib
import pkgutil
from collections import Counter
from importlib.metadata import version
from pathlib import Path
from typing import Any

import click

import harness.cli.commands
from harness.cli.terminal import echo
from harness.foreign import DISTRIBUTION, foreign_packages
from optimizers.errors import InputError, unknown_name

ANY_PATH = click.Path(readable=False, path_type=Path)
"""Of a folder that cannot be read it is said later what that means."""


class OnceCommand(click.Command):
    """A command that takes an option once; of two that contradict each other click takes the last."""

    def parse_args(self, context: click.Context, arguments: list[str]) -> list[str]:
        """Take the options of a line; refuse one that is given twice."""
        _, _, order = self.make_parser(context).parse_args(args=list(arguments))
        for option, count in Counter(order).items():
            if count > 1 and isinstance(option, click.Option) and not (option.multiple or option.is_flag):
                raise InputError(
                    f"option {option.opts[0]} is given {count} times, expected once: leave out one"
                )
        return super().parse_args(context, arguments)


class Commands(click.Group):
    """Commands, of which a misspelt one is answered with the nearest."""

    def list_commands(self, context: click.Context) -> list[str]:
        """Return the names of all commands."""
        return sorted(_files())

    def get_command(self, context: click.Context, cmd_name: str) -> click.Command | None:
        """Import a command by its name; None where there is no such one."""
        file = _files().get(cmd_name)
        if file is None:
            return None
        module = importlib.import_module(f"{harness.cli.commands.__name__}.{file}")
        found: click.Command = module.command
        return found

    def resolve_command(self, ctx: click.Context, args: list[str]) -> Any:
        """Return the command that a line begins with, or answer with the nearest name."""
        if args and self.get_command(ctx, args[0]) is None and not args[0].startswith("-"):
            raise unknown_name("command", args[0], self.list_commands(ctx))
        return super().resolve_command(ctx, args)


def _files() -> dict[str, str]:
    """Return the file of each command; `import`, a word of Python's, has an underscore behind it there."""
    found = pkgutil.iter_modules(harness.cli.commands.__path__)
    return {module.name.removesuffix("_"): module.name for module in found}


def _say_version(context: click.Context, option: click.Parameter, asked: bool) -> None:
    """Say the version, and which package of others may stand in the place of this one's."""
    if not asked or context.resilient_parsing:
        return
    echo(f"harness, version {version(DISTRIBUTION)}")
    if found := foreign_packages():
        click.echo(f"harness: {found}", err=True)
    context.exit()


@click.group(
    cls=Commands,
    name="harness",
    invoke_without_command=True,
    context_settings={"help_option_names": ["-h", "--help"]},
)
@click.option(
    "--version",
    is_flag=True,
    is_eager=True,
    expose_value=False,
    callback=_say_version,
    help="Show the version and exit.",
)
@click.pass_context
def commands(context: click.Context) -> None:
    """Compare ways of training a small neural network, and tell the truth about them."""
    if context.invoked_subcommand is None:
        echo(context.get_help())
