"""The group of all commands: finds them by their files, and imports none but the one that is called."""

from __future__ import annotations

import importlib
import pkgutil
import re
from collections import Counter
from collections.abc import Iterable, Sequence
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

ORDER = (
    "run", "list", "show", "compare", "plot", "report", "study", "tune", "check", "status", "merge", "export",
    "import",
)  # fmt: skip
"""Commands in the order in which a newcomer needs them; others follow by their names."""

Examples = Sequence[tuple[str, str]]
"""Lines to type, and what each does."""

FIRST: Examples = (
    ("harness run quickstart", "Compare three optimizers on XOR in a few seconds."),
    ("harness list optimizers", "List all optimizers with their papers."),
    ("harness report output/quickstart", "Write what came out as a page for a browser."),
)


HELD = "\u2011"
"""A hyphen at which no line is broken, as long as a text is wrapped."""


class Formatter(click.HelpFormatter):
    """Breaks lines at spaces alone: what can be typed is not torn at a hyphen."""

    def write(self, string: str) -> None:
        """Take what is wrapped."""
        super().write(string.replace(HELD, "-"))

    def write_text(self, text: str) -> None:
        """Write a paragraph."""
        super().write_text(text.replace("-", HELD))

    def write_dl(self, rows: Iterable[tuple[str, str]], col_max: int = 30, col_spacing: int = 2) -> None:
        """Write terms, each with what it is beside it."""
        super().write_dl([(term, text.replace("-", HELD)) for term, text in rows], col_max, col_spacing)


class HelpContext(click.Context):
    """What a command is called in; it writes help by the formatter above."""

    formatter_class = Formatter


class OnceCommand(click.Command):
    """A command that takes an option once; of two that contradict each other click takes the last.

    Arguments:
        examples: lines that stand at the end of its help.
    """

    context_class = HelpContext

    def __init__(self, *positional: Any, examples: Examples, **named: Any) -> None:
        super().__init__(*positional, **named)
        self.examples = examples

    def parse_args(self, context: click.Context, arguments: list[str]) -> list[str]:
        """Take the options of a line; refuse one that is given twice."""
        _, _, order = self.make_parser(context).parse_args(args=list(arguments))
        for option, count in Counter(order).items():
            if count > 1 and isinstance(option, click.Option) and not (option.multiple or option.is_flag):
                raise InputError(
                    f"option {option.opts[0]} is given {count} times, expected once: leave out one"
                )
        return super().parse_args(context, arguments)

    def format_options(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """Write the options; a default that is said in words has no brackets of its own."""
        options = [one for one in self.get_params(ctx) if isinstance(one, click.Option)]
        records = [record for one in options if (record := one.get_help_record(ctx)) is not None]
        with formatter.section("Options"):
            formatter.write_dl(
                [(name, re.sub(r"\[default: \((.*)\)\]$", r"[default: \1]", text)) for name, text in records]
            )

    def format_epilog(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """Write the examples."""
        _write_examples(self.examples, formatter)


class Commands(click.Group):
    """Commands, of which a misspelt one is answered with the nearest."""

    context_class = HelpContext

    def list_commands(self, context: click.Context) -> list[str]:
        """Return the names of all commands."""
        return [*(name for name in ORDER if name in _files()), *sorted(_files().keys() - set(ORDER))]

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

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """Write what each command does, whole: click would cut a sentence to the width of the line."""
        with formatter.section("Commands"):
            formatter.write_dl(
                [
                    (name, str(command.short_help))
                    for name in self.list_commands(ctx)
                    if (command := self.get_command(ctx, name)) is not None
                ]
            )

    def format_epilog(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """Write what a newcomer may type first."""
        _write_examples(FIRST, formatter)


def _write_examples(examples: Examples, formatter: click.HelpFormatter) -> None:
    """Write lines to type, each with what it does below it: they are too long to stand beside."""
    with formatter.section("Examples"):
        for line, sentence in examples:
            # Not to be wrapped: a line is copied whole.
            formatter.write(f"{'':{formatter.current_indent}}{line}\n")
            with formatter.indentation():
                formatter.write_text(sentence)


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
    """Compare ways of training a small neural network, and tell the truth about them.

    An experiment is run into a folder, and what is to be known of its runs is asked of that folder. Every
    command explains itself: harness run --help.
    """
    if context.invoked_subcommand is None:
        echo(context.get_help())
