"""Experiment files: made by a grammar of the schema with odd values in every field, or mutated."""

from __future__ import annotations

import contextlib
import hashlib
import tomllib
from pathlib import Path
from typing import Any

import hypothesis
import numpy as np
from mutated_files import mutated

import harness
from harness.report.artifacts import check_figures
from harness.sweeps.experiment import Experiment
from harness.sweeps.experiment_file import read_experiment, shipped_experiments
from harness.sweeps.planning import plan
from optimizers.options import option_values

from .grammar import experiment_files
from .oracle import hold_runs
from .tally import Said, Tally, Wrong, asked, typed


def read(path: Path) -> tuple[Experiment, list[str]]:
    """Do what a command does before its first run; return the experiment and its runs."""
    experiment = read_experiment(str(path))
    check_figures(experiment.figures, [problem.name for problem in experiment.problems])
    return experiment, [run.run_id for run in plan(experiment)[0]]


def contradictions(content: bytes, experiment: Experiment) -> list[str]:
    """Return the fields of a file, as tomllib reads it, that an experiment has otherwise."""
    raw = tomllib.loads(content.decode("utf-8-sig"))
    seeds, budget = raw.get("seeds", 10), raw["budget"]
    if isinstance(seeds, str):
        first, _, end = seeds.partition(":")
        seeds = list(range(int(first), int(end)))
    limits = budget if isinstance(budget, dict) else {"cost": budget}
    single = not isinstance(budget, list) and not any(isinstance(limit, list) for limit in limits.values())
    sources = raw.get("gradients", ["analytic"])
    wanted: dict[str, tuple[object, object]] = {
        "question": (raw.get("question", ""), experiment.question),
        "timeout": (raw.get("timeout"), experiment.timeout),
        "trace": (raw.get("trace", "looks"), experiment.trace),
        "seeds": (seeds if isinstance(seeds, list) else list(range(seeds)), list(experiment.seeds)),
        "gradients": (_number_of(sources), len(experiment.gradients)),
        "problems": (_number_of(raw["problems"]), len(experiment.problems)),
        **(
            {limit: (value, getattr(experiment.budget, limit)) for limit, value in limits.items()}
            if single
            else {}
        ),
    }
    entries = raw["optimizers"] if isinstance(raw["optimizers"], list) else [raw["optimizers"]]
    for given in entries:
        if isinstance(given, dict) and isinstance(given["name"], str):
            wanted |= _options_taken(given, experiment)
    return [
        f"{name}: {found!r} for {said!r}"
        for name, (said, found) in wanted.items()
        if said != found and not (isinstance(found, float) and found == float(str(said)))
    ]


def _number_of(entries: Any) -> int:
    """How many members some entries have at the least; lists inside of them are axes."""
    if not isinstance(entries, list):
        entries = [entries]
    if any(isinstance(each, dict) for each in entries) or any(":" in str(each) for each in entries):
        raise _ExpandedError
    return len(entries)


class _ExpandedError(Exception):
    """Report entries with axes of their own, whose number is not counted here."""


def _options_taken(given: dict[str, Any], experiment: Experiment) -> dict[str, tuple[object, object]]:
    """Return each option of a table with the values that the optimizers of that name have in its place."""
    wanted: dict[str, tuple[object, object]] = {}
    for option, value in given.items():
        if option in ("zip", "optimizer"):
            # Lists that go together; an optimizer's name, which is a table once it is taken.
            continue
        for choice in value if isinstance(value, list) else [value]:
            taken = [
                optimizer.name() if option == "name" else option_values(optimizer)[option]
                for optimizer in experiment.optimizers
                if optimizer.name() == given["name"]
            ]
            plain = None if choice == "none" else choice
            # A whole number of 19 digits in place of a real one is rounded, as everywhere.
            rounded = float(plain) if isinstance(plain, int) else plain
            if not any(one in taken for one in (plain, value, rounded, [rounded])):
                wanted[f"{given['name']}: {option}"] = (choice, taken)
    return wanted


def check_file(path: Path, content: bytes) -> None:
    """Read a file; hold what is taken against tomllib's reading, and its declaration against itself."""
    experiment, runs = read(path)
    with contextlib.suppress(_ExpandedError):
        if found := contradictions(content, experiment):
            raise Wrong(f"{found[0][:300]}")
    again = path.with_name("declared.toml")
    again.write_text(experiment.declaration(), encoding="utf-8")
    if read(again)[1] != runs:
        raise Wrong(f"the declaration of {path.name} has other runs")


MOST_RUN = 6
"""Runs of a file that is run."""


def run_file(path: Path, folder: Path) -> Any:
    """Return the answer to running a file, with what it says of budget and seeds cut down."""

    def check(said: Said) -> None:
        hold_runs(harness.load(folder))

    return typed(
        ["run", str(path), "--cost", "6", "--seeds", "1", "--workers", "1", "--output", str(folder)],
        check=check,
    )


def _small(path: Path) -> bool:
    experiment = read_experiment(str(path))
    sizes = [problem.start(0).size for problem in experiment.problems]
    count = len(sizes) * len(experiment.optimizers) * len(experiment.gradients)
    return count <= MOST_RUN and max(sizes) < 500


def try_file(content: bytes, place: Path, tally: Tally, number: int) -> None:
    """Read one file; of those that are taken every twentieth is also run, of all every fiftieth typed."""
    name = hashlib.sha256(content).hexdigest()[:12]
    path = place / f"{name}.toml"
    path.write_bytes(content)
    answer = asked(lambda: check_file(path, content))
    tally.add(name, answer)
    if answer.how == "results" and number % 20 == 0 and _small(path):
        tally.add(f"run {name}", run_file(path, place / name))
    elif number % 50 == 0:
        tally.add(f"typed {name}", typed(["run", str(path), "--dry-run"]))
    if not any(name in fault for fault in tally.faults):
        path.unlink()


def campaign(tally: Tally, cases: int, seed: int, place: Path) -> None:
    """Try files, half of them made by the grammar and half mutated from the shipped ones."""
    (place / "grammar").mkdir()
    (place / "mutated").mkdir()
    shipped = [path.read_text(encoding="utf-8") for path in shipped_experiments().values()]
    rng = np.random.default_rng(seed)
    for number in range(cases - cases // 2):
        content = mutated(shipped[int(rng.integers(len(shipped)))], rng)
        if rng.random() < 0.5:
            content = bytes_mutated(content, rng)
        try_file(content, place / "mutated", tally, number)

    made = 0

    @hypothesis.seed(seed)
    @hypothesis.settings(
        max_examples=max(1, cases // 2),
        database=None,
        deadline=None,
        phases=[hypothesis.Phase.generate],
        suppress_health_check=list(hypothesis.HealthCheck),
    )
    @hypothesis.given(experiment_files())
    def each(content: bytes) -> None:
        nonlocal made
        try_file(content, place / "grammar", tally, made)
        made += 1

    each()


def bytes_mutated(content: bytes, rng: np.random.Generator) -> bytes:
    """Return a file with some bytes flipped, zeroed, taken out or doubled."""
    changed = bytearray(content)
    for _ in range(int(rng.integers(1, 5))):
        if not changed:
            break
        place, length = int(rng.integers(len(changed))), int(rng.integers(1, 9))
        kind = int(rng.integers(5))
        if kind == 0:
            changed[place] ^= 1 << int(rng.integers(8))
        elif kind == 1:
            changed[place : place + length] = bytes(length)
        elif kind == 2:
            del changed[place : place + length]
        elif kind == 3:
            changed[place:place] = changed[place : place + length]
        else:
            changed[place:place] = rng.bytes(length)
    return bytes(changed)
