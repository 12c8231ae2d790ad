"""What `--help` says: whole sentences at any width, and examples that can be typed."""

from __future__ import annotations

import re
import shlex

import click
import pytest

from harness.cli.entry import main
from harness.cli.group import FIRST, ORDER, OnceCommand, commands

CONTEXT = click.Context(commands, info_name="harness")
NAMES = commands.list_commands(CONTEXT)
every_command = pytest.mark.parametrize("name", NAMES)


def command(name: str) -> OnceCommand:
    found = commands.get_command(CONTEXT, name)
    assert isinstance(found, OnceCommand)
    return found


def helped(
    capsys: pytest.CaptureFixture[str], width: int, monkeypatch: pytest.MonkeyPatch, *words: str
) -> str:
    monkeypatch.setenv("COLUMNS", str(width))
    with pytest.raises(SystemExit) as left:
        main([*words, "--help"])
    out, err = capsys.readouterr()
    assert (left.value.code, err) == (0, "")
    return out


def is_sentence(text: str) -> bool:
    return bool(re.fullmatch(r"[A-Z][^\n]* [^\n]*[^.\s]\.", text))


@pytest.mark.parametrize("width", [40, 60, 80, 120])
def test_every_command_is_said_whole(
    width: int, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    out = helped(capsys, width, monkeypatch)
    said = " ".join(out.split())
    for name in NAMES:
        assert is_sentence(short := str(command(name).short_help))
        assert f" {name} {short}" in said
    assert max(map(len, out.splitlines())) <= max(width, 50)


def test_a_newcomer_reads_first_what_is_needed_first() -> None:
    assert NAMES[: len(ORDER)] == list(ORDER)
    assert NAMES[len(ORDER) :] == sorted(NAMES[len(ORDER) :])


@every_command
def test_every_option_is_a_sentence_with_its_default(name: str) -> None:
    for option in command(name).params:
        if not isinstance(option, click.Option):
            continue
        assert is_sentence(option.help or ""), option.opts
        if not (option.is_flag or option.required):
            assert option.show_default, option.opts
            assert option.metavar, option.opts


@every_command
@pytest.mark.parametrize("width", [60, 80])
def test_nothing_is_cut_or_torn(
    name: str, width: int, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    out = helped(capsys, width, monkeypatch, name)
    said = " ".join(out.split())
    for option in command(name).params:
        if isinstance(option, click.Option):
            assert " ".join(str(option.help).split()) in said
    help_, _, examples = out.partition("\nExamples:\n")
    assert "..." not in help_.replace("FOLDER...", "").replace("FOLDERS...", "")
    assert "[default: (" not in help_
    assert re.findall(r"(?m)^  \[?[A-Z]+\]?(?:\.\.\.)?\s*$", help_) == [], "an argument is no option"
    assert max(map(len, help_.splitlines())) <= width
    for line, sentence in command(name).examples:
        assert f"  {line}\n" in examples
        assert is_sentence(sentence)


@pytest.mark.parametrize(
    "line", [line for name in NAMES for line, _ in command(name).examples] + [line for line, _ in FIRST]
)
def test_an_example_is_a_line_that_its_command_takes(line: str) -> None:
    program, name, *words = shlex.split(line)
    assert program == "harness"
    context = click.Context(command(name), info_name=name)
    # Whatever is wrong with it is a UsageError.
    command(name).parse_args(context, words)
