"""Whatever is typed, the command does it or says in one sentence why not."""

from __future__ import annotations

import os
import shlex
import subprocess
import sys
from collections import Counter
from pathlib import Path

import numpy as np
import pytest
from command_lines import command_line, environment

import harness
from harness.cli.entry import main
from optimizers import Adam

ROOT = Path(__file__).parent.parent

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


@pytest.mark.parametrize(
    "words",
    [
        ["run", "one.toml", "--seeds", "3", "--seeds", "4"],
        ["run", "one.toml", "--output", "out", "--cost", "5", "--output", "out"],
        ["check", "xor", "--seed=1", "--seed", "2"],
    ],
    ids=" ".join,
)
def test_an_option_given_twice_is_refused(
    words: list[str], place: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit) as left:
        main(words)
    twice = "--seeds" if "--seeds" in words else "--output" if "--output" in words else "--seed"
    assert left.value.code == 2
    assert capsys.readouterr().err == (
        f"harness: option {twice} is given 2 times, expected once: leave out one\n"
    )
    assert not (place / "output").exists()


def test_an_image_of_no_known_kind_is_refused_before_anything_is_read(
    place: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit):
        main(["plot", "absent", "--output", "figure.pgf"])
    assert capsys.readouterr().err == (
        "harness: figure.pgf is no image that is written here: let it end in .png, .pdf or .svg\n"
    )


def surrounded(cases: int, seed: int) -> Counter[int]:
    """Call commands as processes of their own in odd surroundings."""
    rng = np.random.default_rng(seed)
    counted: Counter[int] = Counter()
    begin = "from harness.cli.entry import main; main()"
    for _ in range(cases):
        given, words = environment(rng), command_line(rng)
        shown = f"{given} {shlex.join(words)[:500]}"
        done = subprocess.run(
            [sys.executable, "-c", begin, *(word.encode("utf-8", "surrogateescape") for word in words)],
            env={**os.environ, "PYTHONPATH": str(ROOT), **given},
            capture_output=True,
            check=False,
            timeout=120,
        )
        said = done.stderr.decode("utf-8", "replace")
        assert done.returncode in (0, 2), (shown, said)
        assert "Traceback" not in said, (shown, said)
        if done.returncode == 2:
            assert said.rstrip("\n").split("\n")[-1].startswith("harness: "), (shown, said)
        counted[done.returncode] += 1
    return counted


def test_a_sample_of_command_lines_in_odd_surroundings(place: Path) -> None:
    assert surrounded(8, 20261125).total() == 8


@pytest.mark.slow
def test_two_hundred_command_lines_in_odd_surroundings(place: Path) -> None:
    counted = surrounded(200, 20261126)
    assert min(counted[0], counted[2]) > 20


def test_a_path_of_any_length_and_letters_is_said_in_one_sentence(
    place: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    long = f"{'y' * 5000}\x1b[2J"
    monkeypatch.setattr("harness.cli.group.commands.main", lambda **given: Path(long).read_text())
    for words in (["list"], ["report", "kept", "--output", long]):
        with pytest.raises(SystemExit) as left:
            main(words)
        said = capsys.readouterr().err.removesuffix("\n")
        assert left.value.code == 2
        assert said.startswith("harness: yyy")
        assert len(said) < LONGEST
        assert said.isprintable()
