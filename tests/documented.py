"""What documents show: their blocks of code, and the commands in them as the command line reads them."""

from __future__ import annotations

import re
import shlex
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple

import click

from docs.gallery import DOCS
from harness.cli.group import Commands

ROOT = DOCS.parent
MADE = {"gallery.md"}
"""Pages that a program writes."""
PAGES = sorted(
    path
    for path in DOCS.rglob("*.md")
    if path.name not in MADE and not {"_build", "gallery"} & set(path.relative_to(DOCS).parts)
)
"""Pages of the site that are written by hand."""

_FENCE = re.compile(r"^```(\{code-block\} )?([\w-]+)\n(.*?)^```$", re.MULTILINE | re.DOTALL)
_CAPTION = re.compile(r":caption: (\S+)\n")


class Block(NamedTuple):
    """One block of code."""

    language: str
    caption: str
    """The file that it is; empty for a block that is none."""
    text: str
    line: int


def blocks(page: Path) -> list[Block]:
    """Return the blocks of code of a document."""
    text = page.read_text(encoding="utf-8")
    found = []
    for match in _FENCE.finditer(text):
        caption = _CAPTION.match(match[3])
        body = match[3][caption.end() :] if caption else match[3]
        found.append(
            Block(match[2], caption[1] if caption else "", body, text.count("\n", 0, match.start()) + 1)
        )
    return found


def files() -> dict[str, str]:
    """Return the text of every file that a page of the site shows, by its name."""
    return {block.caption: block.text for page in PAGES for block in blocks(page) if block.caption}


def commands(page: Path) -> list[str]:
    """Return the commands of the harness that a document shows, in their order."""
    return list(_commands(page))


def _commands(page: Path) -> Iterator[str]:
    for block in blocks(page):
        if block.language == "sh":
            whole = block.text.replace("\\\n", " ")
            yield from (line for line in whole.splitlines() if line.startswith("harness "))


def parsed(command: str) -> tuple[str, dict[str, Any]]:
    """Return the name and the arguments of a command, as the command line reads them."""
    program, name, *words = shlex.split(command, comments=True)
    assert program == "harness"
    group = Commands("harness")
    found = group.get_command(click.Context(group), name)
    assert found is not None, command
    return name, found.make_context(name, words).params
