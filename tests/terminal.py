"""The command line within this process, and what it answers."""

from __future__ import annotations

from typing import NamedTuple

import pytest

from harness.cli.entry import main


class Answer(NamedTuple):
    status: int
    out: str
    err: str


def called(capsys: pytest.CaptureFixture[str], *arguments: str) -> Answer:
    with pytest.raises(SystemExit) as left:
        main(list(arguments))
    captured = capsys.readouterr()
    return Answer(int(left.value.code or 0), captured.out, captured.err)
