"""Experiments as they are declared: a question, and the runs that answer it. One TOML file each."""

from __future__ import annotations

import itertools
import json
import tomllib
from collections.abc import Sequence
from dataclasses import dataclass, field, fields
from importlib import resources
from pathlib import Path
from typing import Any

from harness.gradients import build_source
from harness.problems import known_problems, load, parse
from harness.problems.base import BaseProblem
from optimizers.errors import InputError, unknown_name
from optimizers.observer import Budget
from optimizers.optimizer import Optimizer
from optimizers.options import option_ranges, option_values
from optimizers.registry import build_optimizer, known_optimizers

FIELDS = ("question", "problems", "gradients", "seeds", "budget", "optimizers", "timeout", "figures")


@dataclass(frozen=True)
class Experiment:
    """A named set of runs: every problem, with every optimizer, gradient source and seed.

    Attributes:
        name: the name of its folder.
        question: what it is to answer.
        problems: what is searched.
        optimizers: how it is searched.
        gradients: names of gradient sources.
        seeds: each decides split, start, row order and the optimizer's own randomness.
        budget: the most that one run may spend.
        timeout: seconds after which a run is given up, or None.
        figures: the plots that answer the question, each a name and its options.
    """

    name: str
    question: str
    problems: Sequence[BaseProblem]
    optimizers: Sequence[Optimizer]
    gradients: Sequence[str]
    seeds: Sequence[int]
    budget: Budget
    timeout: float | None = None
    figures: Sequence[dict[str, Any]] = field(default=({"name": "convergence", "x": "cost"},))

    def __post_init__(self) -> None:
        for name in ("problems", "optimizers", "gradients", "seeds"):
            if not getattr(self, name):
                raise InputError(f"experiment '{self.name}': {name} is empty, expected at least one")
        for source in self.gradients:
            build_source(source)
        listed: dict[str, list[str | int]] = {
            "problem": [problem.name for problem in self.problems],
            "optimizer": [optimizer.label for optimizer in self.optimizers],
            "seed": list(self.seeds),
        }
        for label, names in listed.items():
            twice = next((name for name in names if names.count(name) > 1), None)
            if twice is not None:
                raise InputError(f"experiment '{self.name}': {label} {twice!r} is there twice: give it once")

    def declaration(self) -> str:
        """Return the experiment as TOML, everything spelled out; own data appear by their name only."""
        lines = [f"question = {json.dumps(self.question)}"]
        lines.append(f"problems = {json.dumps([problem.name for problem in self.problems])}")
        lines.append(f"gradients = {json.dumps(list(self.gradients))}")
        lines.append(f"seeds = {json.dumps(list(self.seeds))}")
        limits = {limit.name: getattr(self.budget, limit.name) for limit in fields(self.budget)}
        given = [f"{name} = {value!r}" for name, value in limits.items() if value is not None]
        lines.append(f"budget = {{ {', '.join(given)} }}")
        if self.timeout is not None:
            lines.append(f"timeout = {self.timeout!r}")
        for figure in self.figures:
            lines += ["", "[[figures]]", *(f"{name} = {json.dumps(value)}" for name, value in figure.items())]
        for optimizer in self.optimizers:
            lines += ["", "[[optimizers]]", f'name = "{optimizer.name()}"']
            # TOML has no null: an option that is None is left to its default, which is None as well.
            lines += [
                f"{name} = {json.dumps([value] if isinstance(value, list) else value)}"
                for name, value in option_values(optimizer).items()
                if value is not None
            ]
        return "\n".join(lines) + "\n"


def shipped_experiments() -> dict[str, Path]:
    """Return the files of the shipped experiments by name."""
    folder = Path(str(resources.files("harness") / "experiments"))
    return {path.stem: path for path in sorted(folder.glob("*.toml"))}


def read_experiment(name_or_file: str, **changes: Any) -> Experiment:
    """Read a shipped experiment by its name, or any by its file.

    Arguments:
        name_or_file: ``"quickstart"`` or ``"mine.toml"``.
        changes: fields that replace those of the file, such as ``seeds=3``.

    Raises:
        InputError: for an unknown name, an unreadable file, or a field that is wrong.

    >>> read_experiment("quickstart").name
    'quickstart'
    """
    shipped = shipped_experiments()
    path = shipped.get(name_or_file, Path(name_or_file))
    if name_or_file not in shipped and path.suffix != ".toml":
        raise unknown_name("experiment", name_or_file, shipped)
    try:
        table = tomllib.loads(path.read_text(encoding="utf-8"))
    except tomllib.TOMLDecodeError as error:
        raise InputError(f"{path} is no valid TOML: {error}") from None
    except UnicodeDecodeError:
        raise InputError(f"{path} is no text in UTF-8: save it as such") from None
    except OSError as error:
        raise InputError(f"{path} cannot be read: {error.strerror}; give the path of a .toml file") from None
    try:
        return build_experiment(path.stem, table | changes)
    except InputError as error:
        raise InputError(f"{path.name}: {error}") from None


def build_experiment(name: str, table: dict[str, Any]) -> Experiment:
    """Build an experiment from the table of its file, every list expanded.

    Raises:
        InputError: for a field that is missing, unknown or wrong.
    """
    for key in table:
        if key not in FIELDS:
            raise unknown_name("field", key, FIELDS)
    for key in ("problems", "optimizers", "budget"):
        if key not in table:
            raise InputError(f"field '{key}' is missing: an experiment needs problems, optimizers and budget")
    question, timeout = table.get("question", ""), table.get("timeout")
    if not isinstance(question, str):
        raise InputError(f"field 'question' is {question!r}, expected text")
    if timeout is not None and (
        isinstance(timeout, bool) or not isinstance(timeout, int | float) or timeout <= 0
    ):
        raise InputError(f"field 'timeout' is {timeout!r}, expected seconds above 0")
    return Experiment(
        name=name,
        question=question,
        problems=[problem for entry in _entries(table, "problems") for problem in _problems(entry)],
        optimizers=[optimizer for entry in _entries(table, "optimizers") for optimizer in _optimizers(entry)],
        gradients=_names(table.get("gradients", ["analytic"]), "gradients"),
        seeds=_seeds(table.get("seeds", 10)),
        budget=read_budget(table["budget"]),
        timeout=timeout,
        figures=_figures(table),
    )


def read_budget(value: Any) -> Budget:
    """Build a budget from a table of limits, or from a number that is a cost."""
    if isinstance(value, Budget):
        return value
    if isinstance(value, dict):
        return Budget(**value)
    return Budget(cost=value)


def _entries(table: dict[str, Any], name: str) -> list[Any]:
    entries = table[name]
    if isinstance(entries, str | dict):
        entries = [entries]
    if not isinstance(entries, list):
        raise InputError(f"field '{name}' is {entries!r}, expected a list of names or tables")
    if not entries:
        raise InputError(f"field '{name}' is an empty list, expected at least one")
    return entries


def _names(value: Any, name: str) -> list[str]:
    names = [value] if isinstance(value, str) else value
    if not isinstance(names, list) or not names or not all(isinstance(entry, str) for entry in names):
        raise InputError(f"field '{name}' is {value!r}, expected a list of names, at least one")
    return names


def _seeds(value: Any) -> list[int]:
    seeds = list(range(value)) if isinstance(value, int) and not isinstance(value, bool) else value
    if not isinstance(seeds, list) or not seeds:
        raise InputError(f"field 'seeds' is {value!r}, expected a number of seeds, 1 or more, or a list")
    for seed in seeds:
        if isinstance(seed, bool) or not isinstance(seed, int) or seed < 0:
            raise InputError(f"field 'seeds' holds {seed!r}, expected whole numbers from 0 on")
    return seeds


def _figures(table: dict[str, Any]) -> list[dict[str, Any]]:
    figures = []
    for entry in table.get("figures", [{"name": "convergence", "x": "cost"}]):
        figure = {"name": entry} if isinstance(entry, str) else entry
        if not isinstance(figure, dict) or not isinstance(figure.get("name"), str):
            raise InputError(f"field 'figures' holds {entry!r}, expected a table with name = \"convergence\"")
        figures.append(figure)
    return figures


def _expanded(given: dict[str, Any], owner: type) -> list[dict[str, Any]]:
    """Expand each list into its elements; where an option is a list itself, a list of lists is an axis."""
    ranges = option_ranges(owner)
    axes = []
    for name, value in given.items():
        is_list = ranges.get(name, "").startswith("list of")
        axis = isinstance(value, list) and (not is_list or any(isinstance(entry, list) for entry in value))
        if axis and not value:
            raise InputError(f"option '{name}' is an empty list, expected at least one value")
        axes.append([(name, entry) for entry in value] if axis else [(name, value)])
    return [dict(choice) for choice in itertools.product(*axes)]


def _problems(entry: Any) -> list[BaseProblem]:
    if isinstance(entry, BaseProblem):
        return [entry]
    given = parse(entry) if isinstance(entry, str) else entry
    if not isinstance(given, dict) or not isinstance(given.get("name"), str):
        raise InputError(f"field 'problems' holds {entry!r}, expected a name such as \"iris\"")
    families = known_problems()
    if given["name"] not in families:
        raise unknown_name("problem", given["name"], families)
    return [load(**choice) for choice in _expanded(given, families[given["name"]])]


def _optimizers(entry: Any) -> list[Optimizer]:
    if isinstance(entry, Optimizer):
        return [entry]
    given = {"name": entry} if isinstance(entry, str) else entry
    if not isinstance(given, dict) or not isinstance(given.get("name"), str):
        raise InputError(f"field 'optimizers' holds {entry!r}, expected a name such as \"adam\"")
    classes = known_optimizers()
    if given["name"] not in classes:
        raise unknown_name("optimizer", given["name"], classes)
    return [build_optimizer(choice) for choice in _expanded(given, classes[given["name"]])]
