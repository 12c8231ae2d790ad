"""Command lines: every command and every option, misspelt, misplaced, with odd values, in any company."""

from __future__ import annotations

import shlex
from functools import cache
from pathlib import Path
from typing import Any

import click
import numpy as np
from command_lines import OPTIONS, WORDS

import harness
from harness.cli.group import commands
from optimizers import Adam, Rprop

from .tally import Answer, Damaged, Tally, typed

USUAL: tuple[tuple[float, tuple[str, ...]], ...] = (
    (1, ("run", "one.toml")),
    (3, ("run", "one.toml", "--only", "optimizer=adma")),
    (4, ("run", "one.toml", "--output", "out", "--dry-run")),
    (0.5, ("run", "kept")),
    (2, ("run", "kept", "--dry-run")),
    (2, ("run", "one.toml", "--until-decided", "--max-seeds", "10", "--dry-run")),
    (4, ("list", "optimizers")),
    (0.5, ("list",)),
    (4, ("show", "optimizer", "adam")),
    (2, ("show", "problem", "iris")),
    (2, ("show", "plot", "convergence")),
    (2, ("show", "derivation", "xor")),
    (3, ("show", "results", "kept")),
    (3, ("show", "kept", "--statistic", "paired-ratio")),
    (2, ("show", "experiment", "quickstart")),
    (3, ("compare", "kept")),
    (2, ("compare", "kept", "other")),
    (1, ("compare", "kept", "--robust")),
    (0.5, ("plot", "kept", "convergence", "--output", "out.png")),
    (4, ("plot", "kept", "convergance", "--set", "x=cost")),
    (0.2, ("report", "kept", "--output", "out.html")),
    (3, ("report", "kept", "absent", "--output", "out.html")),
    (0.3, ("study", "mine", "--quick")),
    (3, ("study", "mine", "--output", "absent/below", "--workers", "x")),
    (2, ("study", "--new", "mine")),
    (1, ("tune", "one.toml", "--trials", "2", "--seeds", "3")),
    (3, ("tune", "one.toml", "--trials", "0")),
    (0.5, ("check", "xor")),
    (3, ("check", "xor", "--gradient", "anlytic")),
    (4, ("status", "kept")),
    (2, ("merge", "kept", "other", "--into", "out")),
    (2, ("merge", "kept", "--into", "other")),
    (2, ("export", "kept", "--to", "csv", "--output", "out")),
    (2, ("import", "brought", "--from", "csv", "--output", "out")),
)
"""Lines that work or nearly do, with how often each is taken."""

VALUES: dict[str, tuple[str, ...]] = {
    **OPTIONS,
    "--set": (
        *OPTIONS["--set"],
        "x=cost",
        "band=2",
        "band=nan",
        "problems=xro",
        "=1",
        "optimizers.adam.learning_rate=[0.1,inf]",
    ),
    "--max-seeds": ("10", "0", "-1", "x", "9" * 30, "1.5", ""),
    "--executor": (
        "serial",
        "serial:workers=1",
        "processes:workers=0",
        "dask:x=1",
        "sreial",
        "",
        "processes:workers=x",
    ),
    "--address": ("x", "", "tcp://[", "\udcff"),
    "--fail-on": ("failed", "failed,diverged", "solved", "faild", "", ","),
    "--statistic": (
        "paired-ratio",
        "paired-ratio:measure=seconds",
        "probability-ahead",
        "pared-ratio",
        "",
        "ert:x=1",
        "finals",
    ),
    "--width": ("80", "0", "-1", "nan", "inf", "1e9", "x", "170"),
    "--optimizer": ("adam", "rprop", "adma", "", "y" * 5000),
    "--animate": ("out.gix", "out", "", "file/below.gif"),
    "--new": ("mine", "", "../x", "a/b", "y" * 300, "Ümlaut", "con", "1"),
    "--x": ("cost", "iteration", "seconds", "tim", ""),
}
RARE = {"--watch": 0.02, "--animate": 0.3, "--check": 0.2, "--robust": 0.2, "--executor": 0.5}
"""Options that take long where they work, with how often they are kept once drawn."""

ODD = (
    "",
    " ",
    "-",
    "--",
    "-1",
    "0",
    "nan",
    "1e400",
    "9" * 5000,
    "\u0661",
    "a\nb",
    "\x1b[31m",
    "\udcff",
    "None",
    "x=y",
    "[",
    "{}",
    "$x$",
    "../../x",
    "y" * 5000,
    "\u202e",
    "%s",
    "a,b",
    ":",
    "x:",
    ":x",
    "true",
    "\t",
    "'",
    '"',
    "\\",
)
MORE_WORDS = (
    "other",
    "brought",
    "mine",
    "quickstrat",
    "experiment",
    "statistic",
    "derivation",
    "paired-ratio",
    *ODD,
)


@cache
def taken() -> dict[str, dict[str, bool]]:
    """Return each command with its options, and whether one takes a value."""
    found: dict[str, dict[str, bool]] = {}
    context = click.Context(commands)
    for name in commands.list_commands(context):
        command = commands.get_command(context, name)
        assert command is not None
        found[name] = {
            parameter.opts[0]: not parameter.is_flag
            for parameter in command.params
            if isinstance(parameter, click.Option)
        }
    return found


def misspelt(word: str, rng: np.random.Generator) -> str:
    """Return a word with one letter lost, doubled, swapped with the next, or in the other case."""
    if len(word) < 2:
        return word + "x"
    place = int(rng.integers(len(word) - 1))
    kind = int(rng.integers(4))
    if kind == 0:
        return word[:place] + word[place + 1 :]
    if kind == 1:
        return word[: place + 1] + word[place:]
    if kind == 2:
        return word[:place] + word[place + 1] + word[place] + word[place + 2 :]
    return word[:place] + word[place].swapcase() + word[place + 1 :]


def _one(values: Any, rng: np.random.Generator) -> str:
    # A choice of NumPy's would cut words at a NUL.
    return str(values[int(rng.integers(len(values)))])


def _option(command: str, rng: np.random.Generator) -> list[str]:
    """Return an option of the command, or of another one, with a value that may be odd or missing."""
    known = taken().get(command, {})
    if not known or rng.random() < 0.2:
        known = taken()[_one([name for name in taken() if taken()[name]], rng)]
    option = _one(list(known), rng)
    if rng.random() > RARE.get(option, 1.0):
        return []
    typed_as = misspelt(option, rng) if rng.random() < 0.1 else option
    values = VALUES.get(option) or ODD
    if not known[option] and rng.random() < 0.9:
        return [typed_as]
    value = _one(values if rng.random() < 0.7 else ODD, rng)
    kind = rng.random()
    return [typed_as] if kind < 0.05 else [f"{typed_as}={value}"] if kind < 0.3 else [typed_as, value]


def command_line(rng: np.random.Generator) -> list[str]:
    """Return the words of one command: one that works or nearly, with up to four things done to it."""
    weights = np.array([weight for weight, _ in USUAL])
    words = list(USUAL[int(rng.choice(len(USUAL), p=weights / weights.sum()))][1])
    for _ in range(int(rng.integers(0, 5))):
        place, kind = int(rng.integers(len(words))) if words else 0, int(rng.integers(6))
        if kind == 0 and words:
            words[place] = misspelt(words[place], rng)
        elif kind == 1 and words:
            # Nothing is written to a folder of the machine's own.
            pool = MORE_WORDS if place and words[place - 1].startswith("--") else (*WORDS, *MORE_WORDS)
            words[place] = _one(pool, rng)
        elif kind == 2 and words:
            del words[place]
        elif kind == 3:
            words.insert(place, _one(MORE_WORDS, rng))
        else:
            words += _option(words[0] if words else "", rng)
    return [word for word in words if "quickstart" not in word or "show" in words]


def prepare(place: Path) -> None:
    """Put an experiment, two folders of results, an empty folder, a file and an export into a place."""
    harness.run("xor", [Adam(), Rprop()], budget=30, seeds=3, folder=place / "kept")
    other = harness.run("xor", Rprop(), budget=40, seeds=2, folder=place / "other")
    other.export("csv", place / "brought")
    one = 'problems = "xor"\noptimizers = "adam"\nbudget = 20\nseeds = 1\nfigures = []\n'
    (place / "one.toml").write_text(one, encoding="utf-8")
    (place / "wrong.toml").write_text(one.replace("xor", "xro"), encoding="utf-8")
    (place / "empty").mkdir()
    (place / "file").write_text("mine", encoding="utf-8")


def rows_of(folder: Path) -> dict[str, Any]:
    runs = harness.load(folder).runs
    return dict(zip(runs["run_id"], zip(runs["best_loss"], runs["cost"], strict=True), strict=True))


def hold_kept(place: Path, before: dict[str, Any]) -> None:
    """Raise ``Damaged`` where a run that was in a folder is gone or another."""
    for name, rows in before.items():
        now = rows_of(place / name)
        lost = [run for run in rows if now.get(run) != rows[run]]
        if lost:
            raise Damaged(f"{len(lost)} runs of {name} are gone or others")
    if (place / "file").read_text(encoding="utf-8") != "mine":
        raise Damaged("the file was written over")


def campaign(tally: Tally, cases: int, seed: int, place: Path) -> None:
    """Type lines; every two hundred of them what is kept is looked at."""
    prepare(place)
    before = {name: rows_of(place / name) for name in ("kept", "other")}
    rng = np.random.default_rng(seed)
    for number in range(cases):
        words = command_line(rng)
        tally.add(shlex.join(words)[:400], typed(words))
        if number % 200 == 199 or number == cases - 1:
            try:
                hold_kept(place, before)
            except Damaged as error:
                tally.add(f"one of the lines up to {number}", Answer("damaged", str(error)))
