"""A broken experiment file is refused in one short sentence, and one that is taken is what it says."""

from __future__ import annotations

import hashlib
import time
import tomllib
from collections import Counter
from pathlib import Path

import numpy as np
import pytest
from mutated_files import mutated

from harness.report.artifacts import check_figures, figure_file
from harness.sweeps.experiment import Experiment
from harness.sweeps.experiment_file import read_experiment, shipped_experiments
from harness.sweeps.planning import plan
from optimizers import InputError
from optimizers.options import option_values

LONGEST = 700
"""Characters of a sentence: one that lists all optimizers has most of them."""

MOST_SECONDS = 60.0


def read(path: Path) -> list[str]:
    """Do what a command does before its first run; return the runs."""
    experiment = read_experiment(str(path))
    check_figures(experiment.figures, [problem.name for problem in experiment.problems])
    return [run.run_id for run in plan(experiment)[0]]


def contradictions(content: bytes, experiment: Experiment) -> list[str]:
    """Return the fields of a file that an experiment does not have as they are written there."""
    raw = tomllib.loads(content.decode("utf-8-sig"))
    seeds, budget = raw.get("seeds", 10), raw["budget"]
    limits = budget if isinstance(budget, dict) else {"cost": budget}
    sources = raw.get("gradients", ["analytic"])
    wanted: dict[str, tuple[object, object]] = {
        "question": (raw.get("question", ""), experiment.question),
        "timeout": (raw.get("timeout"), experiment.timeout),
        "seeds": (seeds if isinstance(seeds, list) else list(range(seeds)), list(experiment.seeds)),
        "gradients": (1 if isinstance(sources, str) else len(sources), len(experiment.gradients)),
        **{limit: (value, getattr(experiment.budget, limit)) for limit, value in limits.items()},
    }
    entries = raw["optimizers"] if isinstance(raw["optimizers"], list) else [raw["optimizers"]]
    for entry in entries:
        given = {"name": entry} if isinstance(entry, str) else entry
        for option, value in given.items():
            for choice in value if isinstance(value, list) else [value]:
                # An option that is a list has its axis one list deeper.
                taken = [
                    optimizer.name() if option == "name" else option_values(optimizer)[option]
                    for optimizer in experiment.optimizers
                    if optimizer.name() == given["name"]
                ]
                plain = None if choice == "none" else choice
                # A whole number of 19 digits in place of a real one is rounded, as everywhere.
                rounded = float(plain) if isinstance(plain, int) else plain
                if (
                    plain not in taken
                    and value not in taken
                    and rounded not in taken
                    and [rounded] not in taken
                ):
                    wanted[f"{given['name']}: {option}"] = (choice, taken)
    return [
        f"{name}: {found!r} for {said!r}"
        for name, (said, found) in wanted.items()
        if said != found and not (isinstance(found, float) and found == float(str(said)))
    ]


def study(folder: Path, cases: int) -> Counter[str]:
    texts = [path.read_text(encoding="utf-8") for path in shipped_experiments().values()]
    rng = np.random.default_rng(20261125)
    counted: Counter[str] = Counter()
    for _ in range(cases):
        content = mutated(texts[int(rng.integers(len(texts)))], rng)
        # A name of its own for each, by which a failure is found again.
        path = folder / f"{hashlib.sha256(content).hexdigest()[:12]}.toml"
        path.write_bytes(content)
        began = time.monotonic()
        try:
            runs = read(path)
        except InputError as error:
            sentence = str(error).replace(str(folder), "")
            counted["refused"] += 1
            if len(sentence) > LONGEST or "\n" in sentence or not sentence.isprintable():
                pytest.fail(f"{path}: {sentence!r}")
        else:
            counted["taken"] += 1
            assert not contradictions(content, read_experiment(str(path))), path
            again = folder / "declared.toml"
            again.write_text(read_experiment(str(path)).declaration(), encoding="utf-8")
            assert read(again) == runs, path
        if time.monotonic() - began > MOST_SECONDS:
            counted["slow"] += 1
    return counted


def test_a_sample_of_broken_files(tmp_path: Path) -> None:
    counted = study(tmp_path, 80)
    assert counted.total() == 80
    assert counted["refused"] > 50


@pytest.mark.slow
def test_five_thousand_broken_files(tmp_path: Path) -> None:
    counted = study(tmp_path, 5_000)
    print(counted)
    assert counted["refused"] + counted["taken"] == 5_000
    assert not counted["slow"]


@pytest.mark.parametrize("option", ["budget = { cost = 0x%s }", "problems = [0x%s]"])
def test_a_figure_s_number_of_thousands_of_digits_is_refused(option: str, tmp_path: Path) -> None:
    path = tmp_path / "mine.toml"
    path.write_text(
        'problems = "xor"\noptimizers = "adam"\nbudget = 20\n'
        f'figures = [{{ name = "convergence", {option % ("f" * 5_000)} }}]\n',
        encoding="utf-8",
    )
    with pytest.raises(InputError, match=r"problems|budget"):
        read(path)


def test_a_number_of_thousands_of_digits_has_a_figure_of_its_own() -> None:
    files = {figure_file({"name": "network-diagram", "seeds": [16**5_000 + last]}) for last in range(2)}
    assert len(files) == 2
    assert max(map(len, files)) < 255
