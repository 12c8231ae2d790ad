"""From the fields of a file, or the arguments of a call, to an experiment: every list expanded."""

from __future__ import annotations

import re
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any, NoReturn, cast, get_args

import numpy as np

from harness.gradients import SOURCES, build_source
from harness.problems import PROBLEMS
from harness.problems.base import BaseProblem
from harness.runs.claims import claims_of
from harness.runs.described import RowsKept
from harness.sweeps.axes import expanded, named
from harness.sweeps.experiment import DEFAULT_FIGURE, Experiment
from harness.sweeps.plugins import load_plugins
from optimizers.budget import Budget
from optimizers.errors import InputError, unknown_name
from optimizers.optimizer import Optimizer
from optimizers.printable import shown
from optimizers.registry import OPTIMIZERS, ClassRegistry
from optimizers.specification import parse

HERE = Path()
"""The folder in which a command is given."""

FIELDS = (
    "question",
    "problems",
    "gradients",
    "seeds",
    "budget",
    "optimizers",
    "timeout",
    "gradient_reference",
    "trace",
    "figures",
    "plugins",
    "zip",
    "exclude",
    "claims",
)

MOST_SEEDS = 100_000
"""More seeds than this are a slip of the finger, and would fill the memory before anything runs."""

LARGEST_SEED = 2**63 - 1
"""The largest whole number that a column of a table holds."""


def build_experiment(name: str, table: dict[str, Any], base: Path = HERE) -> Experiment:
    """Build an experiment from the table of its file, every list expanded.

    Arguments:
        name: the experiment's name.
        table: its fields.
        base: the folder that paths in it are relative to.

    Raises:
        InputError: for a field that is missing, unknown or wrong.
    """
    for key in table:
        if key not in FIELDS:
            raise unknown_name("field", key, FIELDS)
    for key in ("problems", "optimizers", "budget"):
        if key not in table:
            raise InputError(f"field '{key}' is missing: an experiment needs problems, optimizers and budget")
    question, timeout = table.get("question", ""), _plain(table.get("timeout"))
    for key, text in (("name", name), ("question", question)):
        if not isinstance(text, str):
            raise InputError(f"field '{key}' is {shown(text)}, expected text")
    if timeout is not None and not _positive(timeout):
        raise InputError(f"field 'timeout' is {shown(timeout)}, expected seconds above 0, or no such field")
    # Before anything that they bring is looked up.
    plugins = [load_plugins(base / file) for file in _files(table.get("plugins", []))]
    return Experiment(
        name=name,
        question=question,
        problems=[problem for entry in _entries(table, "problems") for problem in _problems(entry, base)],
        optimizers=[optimizer for entry in _entries(table, "optimizers") for optimizer in _optimizers(entry)],
        gradients=[source for entry in _sources(table) for source in _expanded_source(entry)],
        seeds=_seeds(table.get("seeds", 10)),
        budget=_budgets(table["budget"]),
        timeout=timeout,
        gradient_reference=_reference(table.get("gradient_reference")),
        trace=_rows_kept(table.get("trace", "looks")),
        plugins=plugins,
        figures=_figures(table),
        zip=table.get("zip", ()),
        exclude=_entries(table, "exclude") if table.get("exclude", []) != [] else (),
        claims=claims_of(table.get("claims", [])),
    )


def _rows_kept(value: Any) -> RowsKept:
    if not isinstance(value, str):
        raise InputError(f"field 'trace' is {shown(value)}, expected {' or '.join(get_args(RowsKept))}")
    if value not in get_args(RowsKept):
        raise unknown_name("value of the field 'trace'", value, get_args(RowsKept))
    return cast(RowsKept, value)


def _reference(name: Any) -> str | None:
    return None if name is None else build_source(name).label


def _budgets(value: Any) -> list[Budget]:
    """Build budgets from tables of limits, whose lists are axes, and from numbers, which are costs."""
    if value == []:
        raise InputError("field 'budget' is an empty list, expected at least one")
    if isinstance(value, list) and not any(isinstance(entry, list) for entry in value):
        return [budget for entry in value for budget in _budgets(entry)]
    if isinstance(value, Budget):
        return [value]
    if isinstance(value, dict):
        return [Budget(**choice) for choice in expanded(value, Budget)]
    return [Budget(cost=value)]


def _positive(value: Any) -> bool:
    number = isinstance(value, int | float) and not isinstance(value, bool)
    return number and 0 < value <= sys.float_info.max


def _plain(value: Any) -> Any:
    """Turn NumPy's numbers into Python's."""
    return value.item() if isinstance(value, np.number) else value


def _entries(table: dict[str, Any], name: str) -> list[Any]:
    entries = table[name]
    if isinstance(entries, str | dict | BaseProblem | Optimizer):
        entries = [entries]
    if not isinstance(entries, list):
        raise InputError(f"field '{name}' is {shown(entries)}, expected a list of names or tables")
    if not entries:
        raise InputError(f"field '{name}' is an empty list, expected at least one")
    return [each for entry in entries for each in named(entry)]


def _files(value: Any) -> list[str]:
    files = [value] if isinstance(value, str) else value
    if not isinstance(files, list) or not all(isinstance(file, str) for file in files):
        raise InputError(f"field 'plugins' is {shown(value)}, expected a list of files such as [\"mine.py\"]")
    return files


def _sources(table: dict[str, Any]) -> list[Any]:
    given = table.get("gradients", ["analytic"])
    entries = [given] if isinstance(given, str | dict) else given
    if not isinstance(entries, list) or not entries:
        raise InputError(f"field 'gradients' is {shown(given)}, expected a list of names, at least one")
    return [each for entry in entries for each in named(entry)]


def _expanded_source(entry: Any) -> list[str]:
    given = _read(SOURCES, entry, "gradients", 'a name such as "analytic"')
    return [SOURCES.build(choice).label for choice in expanded(given, SOURCES.find(given["name"]))]


def _seeds(value: Any) -> list[int]:
    value = _range(_plain(value))
    number = isinstance(value, int) and not isinstance(value, bool)
    if number and value > MOST_SEEDS:
        raise InputError(f"field 'seeds' is {shown(value)}, expected a number of seeds up to {MOST_SEEDS}")
    seeds = list(range(value)) if number else [*map(_plain, value)] if isinstance(value, list) else value
    if not isinstance(seeds, list) or not seeds:
        raise InputError(
            f"field 'seeds' is {shown(value)}, expected a number of seeds, 1 or more, a list, "
            'or a range such as "100:200"'
        )
    for seed in seeds:
        if isinstance(seed, bool) or not isinstance(seed, int) or not 0 <= seed <= LARGEST_SEED:
            raise InputError(f"field 'seeds' holds {shown(seed)}, expected whole numbers from 0 to 2^63 - 1")
    return seeds


def _range(value: Any) -> Any:
    """Turn "100:200" into the seeds from 100 to 199."""
    if not isinstance(value, str) or not re.fullmatch(r"\d{1,19}:\d{1,19}", value):
        return value
    first, _, end = value.partition(":")
    if not 0 < int(end) - int(first) <= MOST_SEEDS:
        raise InputError(
            f"field 'seeds' is {shown(value)}, expected FIRST:END, the end above the first, and up to "
            f"{MOST_SEEDS} seeds"
        )
    return list(range(int(first), int(end)))


def _figures(table: dict[str, Any]) -> list[dict[str, Any]]:
    entries = table.get("figures", [DEFAULT_FIGURE])
    if isinstance(entries, str | dict):
        entries = [entries]
    if not isinstance(entries, list):
        raise InputError(f"field 'figures' is {shown(entries)}, expected a list of names or tables")
    figures = []
    for entry in entries:
        figure = parse(entry, "figure") if isinstance(entry, str) else entry
        if not isinstance(figure, dict) or not isinstance(figure.get("name"), str):
            raise InputError(
                f"field 'figures' holds {shown(entry)}, expected a table with name = \"convergence\""
            )
        figures.append(figure)
    return figures


def _refuse_own(kind: str, entry: dict[str, Any]) -> NoReturn:
    brought = "data or code" if kind == "problem" else "code"
    raise InputError(
        f"{kind} {shown(entry['own'])} is your own (digest {shown(entry.get('digest'))}): its {brought} "
        "cannot be built again from a file; run it from Python, with harness.run and this folder"
    )


def _problems(entry: Any, base: Path) -> list[BaseProblem]:
    if isinstance(entry, BaseProblem):
        return [entry]
    if isinstance(entry, dict) and "own" in entry:
        _refuse_own("problem", entry)
    given = _read(PROBLEMS, entry, "problems", 'a problem, or a name such as "iris"')
    family = PROBLEMS.find(given["name"])
    for option in family.files:
        if isinstance(given.get(option), str):
            given[option] = str(base / given[option])
    return [PROBLEMS.build(choice).built() for choice in expanded(given, family)]


def _read(registry: ClassRegistry[Any], entry: Any, field: str, expected: str) -> dict[str, Any]:
    named = isinstance(entry, Mapping) and isinstance(entry.get("name"), str)
    if not isinstance(entry, str) and not named:
        raise InputError(f"field '{field}' holds {shown(entry)}, expected {expected}")
    return registry.read(entry)


def _optimizers(entry: Any) -> list[Optimizer]:
    if isinstance(entry, Optimizer):
        return [entry]
    if isinstance(entry, dict) and "own" in entry:
        _refuse_own("optimizer", entry)
    given = _read(OPTIMIZERS, entry, "optimizers", 'Adam(), or a name such as "adam"')
    return [OPTIMIZERS.build(choice) for choice in expanded(given, OPTIMIZERS.find(given["name"]))]
