"""Stored folders: every file of a small one bit-flipped, zeroed, cut, swapped, missing, in odd company."""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

import harness
from harness.results import Results
from harness.sweeps.experiment import Experiment
from harness.sweeps.fields import build_experiment
from harness.sweeps.sweep import sweep
from optimizers.errors import InputError

from .oracle import hold_runs
from .tally import Damaged, Tally, Wrong, asked, typed

CLOCKS = ["seconds", "observation_seconds", "compile_seconds"]
EARLIER = Path(__file__).parent.parent / "data" / "folder-of-an-earlier-version"
SHOWN_EVERY, RESUMED_EVERY = 50, 100


def declared(seeds: int) -> Experiment:
    """Return the small experiment of these folders."""
    table = {"problems": ["xor"], "optimizers": ["adam", "rprop"], "budget": 12, "seeds": seeds}
    return build_experiment("small", table)


def make(folder: Path) -> None:
    """Make a folder of two plans and two pairs of parts, with a declaration and the tables of a command."""
    for seeds in (1, 3):
        sweep(declared(seeds), folder)


def in_place(kind: str, content: bytes, place: int, rng: np.random.Generator) -> bytes:
    """Return a file's content with one damage at a place."""
    changed = bytearray(content)
    if kind == "flip":
        changed[place] ^= 1 << int(rng.integers(8))
    elif kind == "zero":
        length = int(rng.integers(1, 65))
        changed[place : place + length] = bytes(len(changed[place : place + length]))
    elif kind == "cut":
        del changed[place:]
    elif kind == "drop":
        del changed[place : place + int(rng.integers(1, 9))]
    else:
        changed[place:place] = rng.bytes(int(rng.integers(1, 9)))
    return bytes(changed)


IN_PLACE = ("flip", "flip", "zero", "cut", "drop", "insert")


def _foreign(folder: Path, rng: np.random.Generator) -> None:
    where = sorted(path for path in [folder, *folder.rglob("*")] if path.is_dir())
    name = (
        "x",
        ".DS_Store",
        "0.parquet",
        "0" * 20 + ".json",
        "\u202e",
        "a b.parquet",
        "~lock",
        "part.tmp",
        "README.md",
    )
    path = where[int(rng.integers(len(where)))] / name[int(rng.integers(len(name)))]
    content = (b"", b"PAR1", rng.bytes(100), b"{}", b"[]", b"null", b"\xff\xfe", b"run_id,cost\na,1\n")
    path.write_bytes(content[int(rng.integers(len(content)))])


def _folder_in_the_way(folder: Path, rng: np.random.Generator) -> None:
    path = _any_file(folder, rng)
    path.unlink()
    path.mkdir()


def _pipe(folder: Path, rng: np.random.Generator) -> None:
    path = _any_file(folder, rng)
    if rng.random() < 0.5:
        path.unlink()
    else:
        path = path.with_name("1" + path.name)
    os.mkfifo(path)


def _loop(folder: Path, rng: np.random.Generator) -> None:
    path = _any_file(folder, rng)
    path.unlink()
    path.symlink_to(path.name if rng.random() < 0.5 else path.parent)


def _missing(folder: Path, rng: np.random.Generator) -> None:
    path = _any_file(folder, rng)
    if rng.random() < 0.7:
        path.unlink()
    elif path.parent != folder:
        shutil.rmtree(path.parent)


def _swapped(folder: Path, rng: np.random.Generator) -> None:
    one, other = _any_file(folder, rng), _any_file(folder, rng)
    content = one.read_bytes()
    one.write_bytes(other.read_bytes())
    other.write_bytes(content)


def _earlier(folder: Path, rng: np.random.Generator) -> None:
    """Put a file of another version's folder among these, or in place of one."""
    files = sorted(path for path in EARLIER.rglob("*") if path.is_file())
    path = files[int(rng.integers(len(files)))]
    target = folder / path.relative_to(EARLIER)
    if rng.random() < 0.5:
        alike = [one for one in folder.rglob(f"*{path.suffix}") if one.is_file()]
        target = alike[int(rng.integers(len(alike)))] if alike else target
    target.parent.mkdir(parents=True, exist_ok=True)
    shutil.copyfile(path, target)


def _copied(folder: Path, rng: np.random.Generator) -> None:
    path = _any_file(folder, rng)
    shutil.copyfile(path, path.with_name("0" * 20 + "-copy" + path.suffix))


def _any_file(folder: Path, rng: np.random.Generator) -> Path:
    files = sorted(path for path in folder.rglob("*") if path.is_file() and not path.is_symlink())
    return files[int(rng.integers(len(files)))]


WHOLE: dict[str, Callable[[Path, np.random.Generator], None]] = {
    "foreign": _foreign,
    "folder": _folder_in_the_way,
    "pipe": _pipe,
    "loop": _loop,
    "missing": _missing,
    "swapped": _swapped,
    "earlier": _earlier,
    "copied": _copied,
}
"""What happens to whole files."""


class Kept:
    """A whole folder, and what it says when nothing has happened to it."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.results = harness.load(folder)
        self.trace = self.results.trace
        hold_runs(self.results)

    def hold(self, found: Results, *, may_lack: bool) -> None:
        """Raise where results say anything else than the whole folder, or lack runs without a word."""
        foreign = set(found.runs["run_id"]) - set(self.results.runs["run_id"])
        ours = set(found.runs["run_id"]) - foreign
        pairs = ((found.runs, self.results.runs), (found.trace, self.trace))
        for table, expected in pairs:
            part = table[table["run_id"].isin(ours)]
            whole = expected[expected["run_id"].isin(ours)]
            if (
                not part.drop(columns=["problem", "optimizer"])
                .reset_index(drop=True)
                .equals(whole.drop(columns=["problem", "optimizer"]).reset_index(drop=True))
            ):
                raise Wrong("other numbers than were stored")
        lacking = len(self.results.runs) - len(ours)
        if lacking and not may_lack:
            raise Damaged(f"{lacking} runs are gone")
        if lacking and not found.remarks():
            raise Damaged(f"{lacking} runs are missing, and nothing says so")


def load_or_name(kept: Kept, folder: Path, file: str) -> None:
    """Load a damaged folder; what is loaded is what was stored, and what is refused is named."""
    try:
        found = harness.load(folder)
        kept.hold(found, may_lack=True)
    except InputError as error:
        if file and Path(file).name not in str(error) and Path(file).stem[:20] not in str(error):
            raise AssertionError(f"names no file: {error}") from None
        raise


def without_clocks(results: Any) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Return both tables without what differs from one time to the next."""
    runs = results.runs.drop(columns=[*CLOCKS, "host", "provenance"]).sort_values("run_id", ignore_index=True)
    trace = results.trace.drop(columns=CLOCKS[:1]).sort_values(["run_id", "iteration"], ignore_index=True)
    return runs, trace


def resume(kept: Kept, folder: Path) -> None:
    """Run again what is missing; then all is there as it was."""
    again, _ = sweep(declared(3), folder)
    ours = again.runs["run_id"].isin(kept.results.runs["run_id"])
    if not ours.all():
        raise Wrong("runs that nobody asked for")
    for table, expected in zip(without_clocks(again), without_clocks(kept.results), strict=True):
        try:
            pd.testing.assert_frame_equal(table, expected, check_exact=True)
        except AssertionError as error:
            raise Damaged(f"resumed to something else: {str(error)[:200]}") from None
    if left := replace(again, notes=()).remarks():
        raise Damaged(f"resumed, and still: {left[0][:200]}")
    kept_now = harness.load(folder).runs["run_id"]
    if not set(kept.results.runs["run_id"]) <= set(kept_now):
        raise Damaged("resumed runs are not in the folder")


def campaign(tally: Tally, cases: int, seed: int, place: Path) -> None:
    """Damage every file at so many places, one after the other, and whole files in every tenth round."""
    whole, copy = place / "whole", place / "copy"
    make(whole)
    kept, number = Kept(whole), 0
    rng = np.random.default_rng(seed)
    files = [path for path in sorted(whole.rglob("*")) if path.is_file() and path.stat().st_size]
    for case in range(cases):
        shutil.copytree(whole, copy)
        for file in files:
            _damage_place(
                kept, copy / file.relative_to(whole), IN_PLACE[case % len(IN_PLACE)], number, rng, tally
            )
            number += 1
        for kind, change in WHOLE.items() if case % 10 == 0 else ():
            shutil.rmtree(copy)
            shutil.copytree(whole, copy)
            change(copy, rng)
            what = f"{kind}, round {case}"
            tally.add(what, asked(lambda: load_or_name(kept, copy, ""), seconds=5))
            _sampled(kept, copy, what, number, tally)
            number += 7
        shutil.rmtree(copy)


def _damage_place(
    kept: Kept, target: Path, kind: str, number: int, rng: np.random.Generator, tally: Tally
) -> None:
    """Damage one file of a copy at one place, see what comes of it, and mend it."""
    content = target.read_bytes()
    copy = next(parent for parent in target.parents if parent.name == "copy")
    spot = int(rng.integers(len(content)))
    target.write_bytes(in_place(kind, content, spot, rng))
    name = str(target.relative_to(copy))
    tally.add(f"{kind} {name} at {spot}", asked(lambda: load_or_name(kept, copy, name)))
    _sampled(kept, copy, f"{kind} {name} at {spot}", number, tally)
    target.write_bytes(content)


def _sampled(kept: Kept, copy: Path, what: str, number: int, tally: Tally) -> None:
    """Show a damaged folder at the terminal, and resume a copy of it, now and then."""
    if number % SHOWN_EVERY == 0:
        words = (["show", "results"], ["status"], ["compare"])[number // SHOWN_EVERY % 3]
        tally.add(f"{' '.join(words)}: {what}", typed([*words, str(copy)], seconds=10))
    if number % RESUMED_EVERY == 0:
        resumed = copy.with_name("resumed")
        shutil.copytree(copy, resumed, symlinks=True, ignore=_pipes)
        tally.add(f"resumed: {what}", asked(lambda: resume(kept, resumed)))
        shutil.rmtree(resumed)


def _pipes(folder: str, names: list[str]) -> list[str]:
    return [name for name in names if Path(folder, name).is_fifo()]
