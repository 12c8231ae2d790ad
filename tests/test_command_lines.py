"""Whatever is typed, the command does it or says in one sentence why not."""

from __future__ import annotations

import shlex
from collections import Counter
from pathlib import Path

import numpy as np
import pytest
from command_lines import command_line

import harness
from harness.entry import main
from optimizers import Adam

LONGEST = 900
"""Characters of a sentence: one that lists all options of a command or all optimizers has most of them."""


@pytest.fixture
def place(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder with an experiment, results, an empty folder and a file, where commands are called."""
    monkeypatch.chdir(tmp_path)
    harness.run("xor", Adam(), budget=30, seeds=2, folder="kept")
    Path("one.toml").write_text(
        'problems = "xor"\noptimizers = "adam"\nbudget = 20\nseeds = 1\n', encoding="utf-8"
    )
    Path("wrong.toml").write_text('problems = "xro"\noptimizers = "adam"\nbudget = 20\n', encoding="utf-8")
    Path("empty").mkdir()
    Path("file").write_text("mine", encoding="utf-8")
    return tmp_path


def study(cases: int, capsys: pytest.CaptureFixture[str]) -> Counter[int]:
    rng = np.random.default_rng(20261125)
    counted: Counter[int] = Counter()
    for _ in range(cases):
        words = command_line(rng)
        shown = shlex.join(words)[:500]
        with pytest.raises(SystemExit) as left:
            main(words)
        out, err = capsys.readouterr()
        status = left.value.code
        assert status in (0, 2), shown
        if status == 2:
            last = err.removesuffix("\n")
            assert last.startswith("harness: "), (shown, err)
            assert len(last) < LONGEST, (shown, last)
            assert last.isprintable(), (shown, last)
        assert not any(character in out + err for character in "\x1b\x07\x9b"), shown
        counted[status] += 1
    return counted


def test_a_sample_of_command_lines(place: Path, capsys: pytest.CaptureFixture[str]) -> None:
    counted = study(120, capsys)
    assert counted.total() == 120
    assert min(counted[0], counted[2]) > 10
    assert len(harness.load(place / "kept").runs) == 2


@pytest.mark.slow
def test_two_thousand_command_lines(place: Path, capsys: pytest.CaptureFixture[str]) -> None:
    counted = study(2_000, capsys)
    assert counted.total() == 2_000
    assert len(harness.load(place / "kept").runs) >= 2
