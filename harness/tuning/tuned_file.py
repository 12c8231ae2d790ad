"""Tuned options as a file: written by tuning, taken in place of an experiment's own."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from harness.problems.base import BaseProblem
from harness.runs.csv_cells import csv_of
from harness.runs.parts import is_there, read_bytes, write_whole
from harness.runs.provenance import provenance
from harness.sweeps.claims import claims_left
from harness.sweeps.experiment import Experiment
from harness.sweeps.experiment_file import EXPERIMENTS
from harness.sweeps.toml_text import toml_text
from harness.tuning.contenders import Contender, contenders
from harness.tuning.tuning import PER, Tuning
from optimizers.errors import InputError
from optimizers.optimizer import Optimizer
from optimizers.options import option_values
from optimizers.printable import listed, shown

FILE = "tuned.toml"
"""Its name in the folder of a tuning."""

SHIPPED = "tuned"
"""Folder, beside the shipped experiments, of those that come with them."""


def write_tuning(tuning: Tuning, folder: Path) -> list[Path]:
    """Write what tuning leaves beside its runs: the options, the history, the costs and the curve.

    Returns:
        The files.
    """
    tables = {"trials": tuning.trials(), "tuning-cost": tuning.costs(), "tuning-curve": tuning.curve()}
    files = [write_tuned(tuning, folder)]
    for name, table in tables.items():
        files.append(folder / f"{name}.csv")
        write_whole(files[-1], csv_of(table))
    return files


def write_tuned(tuning: Tuning, folder: Path) -> Path:
    """Write the tuned options, with the command that finds them again.

    Returns:
        The file.
    """
    entry = provenance()
    head = {
        "command": tuning.protocol.command,
        "experiment": tuning.protocol.experiment,
        "cost": tuning.protocol.cost,
        "seeds": list(tuning.protocol.seeds),
        "per": tuning.protocol.per,
        "fingerprint": entry["fingerprint"],
        "commit": entry["commit"] or "",
    }
    lines = [f"{name} = {toml_text(value)}" for name, value in head.items()]
    for chosen in tuning.chosen:
        values = option_values(chosen.tuned)
        tuned = {name: values[name] for name in chosen.space}
        lines += [
            "",
            "[[optimizers]]",
            f"label = {toml_text(chosen.label)}",
            f"problems = {toml_text(list(chosen.problems))}",
            # TOML has no null.
            f"options = {toml_text({name: 'none' if v is None else v for name, v in tuned.items()})}",
        ]
    file = folder / FILE
    write_whole(file, ("\n".join(lines) + "\n").encode())
    return file


def tuned_file(given: str, experiment: str) -> Path:
    """Return the file with tuned options that a command names.

    Arguments:
        given: a folder of a tuning or a file, or nothing for what comes with the experiment.
        experiment: its name.

    Raises:
        InputError: if the experiment comes without any.
    """
    if not given:
        return shipped_tuned(experiment)
    return Path(given) if Path(given).suffix == ".toml" else Path(given) / FILE


def shipped_tuned(experiment: str) -> Path:
    """Return the file with the tuned options of a shipped experiment.

    Raises:
        InputError: if it has none.
    """
    path = EXPERIMENTS.get(experiment)
    file = None if path is None else path.parent / SHIPPED / f"{experiment}.toml"
    if file is None or not file.is_file():
        raise InputError(
            f"experiment {shown(experiment)} comes without tuned options: tune it with `harness tune`, "
            "and give the folder that it prints"
        )
    return file


def other_budget(experiment: Experiment, file: Path) -> str:
    """Say that options were tuned with another budget than they are compared with; nothing if it is one."""
    cost, asked = _read(file)["cost"], [budget.cost for budget in experiment.budgets]
    if asked == [cost]:
        return ""
    compared = " and ".join("none in cost" if one is None else f"one of {one:.12g}" for one in asked)
    return f"the options were tuned with a budget of {cost:.12g} a run, and are compared with {compared}"


def tuned_experiments(experiment: Experiment, file: Path) -> list[Experiment]:
    """Return an experiment with tuned options in place of its own.

    It is several where each problem has its own options, one for each problem.

    Arguments:
        experiment: what is to be run, with seeds that tuning has not seen.
        file: as ``write_tuned`` leaves it.

    Raises:
        InputError: for a file that is none, an optimizer or a problem that was not tuned, or a seed that was
            tuned with.
    """
    table = _read(file)
    seen = sorted(set(table["seeds"]) & set(experiment.seeds))
    if seen:
        raise InputError(
            f"seed {seen[0]} was tuned with, so that it says nothing of what is new: take seeds that "
            f"{file.name} does not list"
        )
    name = f"{experiment.name}-tuned"
    listed = contenders(experiment.optimizers)
    if table["per"] != "problem":
        return [_with_tuned(experiment, name, experiment.problems, [_tuned(c, table, None) for c in listed])]
    return [
        _with_tuned(experiment, name, [problem], [_tuned(found, table, problem.name) for found in listed])
        for problem in experiment.problems
    ]


def _with_tuned(
    experiment: Experiment, name: str, problems: Sequence[BaseProblem], optimizers: Sequence[Optimizer]
) -> Experiment:
    """Return an experiment with tuned options, and the claims that it can still decide."""
    members = {**experiment.members, "problem": problems, "optimizer": optimizers}
    claims = claims_left(experiment.claims, members)
    return replace(experiment, name=name, problems=problems, optimizers=optimizers, claims=claims)


def _tuned(contender: Contender, table: Mapping[str, Any], problem: str | None) -> Optimizer:
    """Return the tuned configuration of an optimizer; on a problem that refuses it, it is as declared."""
    entries = [entry for entry in table["optimizers"] if entry["label"] == contender.label]
    if not entries:
        known = listed(dict.fromkeys(entry["label"] for entry in table["optimizers"]))
        raise InputError(
            f"optimizer {contender.label} was not tuned: tune this experiment, or leave it out "
            f"(tuned: {known})"
        )
    found = [entry for entry in entries if problem is None or problem in entry["problems"]]
    if not found:
        if any(problem in entry["problems"] for entry in table["optimizers"]):
            return contender.declared[0]
        raise InputError(f"problem {problem} was not tuned: tune this experiment, or leave it out")
    options = found[0]["options"]
    unknown = sorted(set(options) - set(contender.space))
    if unknown:
        raise InputError(
            f"optimizer {contender.label}: option {unknown[0]} is none to be tuned: tune it again"
        )
    return contender.configuration(
        {name: None if value == "none" else value for name, value in options.items()}
    )


def _read(file: Path) -> dict[str, Any]:
    none = InputError(
        f"{file} holds no tuned options: give the folder that `harness tune` printed at its end"
    )
    if not is_there(file):
        raise none
    try:
        table = tomllib.loads(read_bytes(file).decode())
        for entry in table["optimizers"]:
            if not isinstance(entry["label"], str) or not isinstance(entry["options"], dict):
                raise TypeError("options")
            entry["problems"] = list(map(str, entry["problems"]))
        if not all(isinstance(seed, int) for seed in table["seeds"]) or table["per"] not in PER:
            raise TypeError("seeds")
        table["cost"] = float(table["cost"])
    except InputError:
        raise
    except (ValueError, KeyError, TypeError, RecursionError):
        raise none from None
    return table
