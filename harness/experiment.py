"""Experiments as they are declared: a question, and the runs that answer it. One TOML file each."""

from __future__ import annotations

import itertools
import json
import math
import sys
import tomllib
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field, fields
from importlib import resources
from pathlib import Path
from typing import Any, NoReturn

import numpy as np

from harness.gradients import build_source
from harness.identity import digest_of, is_own_optimizer, is_own_problem, own_code
from harness.problems import known_problems, load, parse
from harness.problems.base import BaseProblem
from optimizers.errors import InputError, unknown_name
from optimizers.observer import Budget
from optimizers.optimizer import Optimizer
from optimizers.options import changed_options, option_ranges, option_values
from optimizers.registry import build_optimizer, known_optimizers
from optimizers.shown import shown

FIELDS = (
    "question",
    "problems",
    "gradients",
    "seeds",
    "budget",
    "optimizers",
    "timeout",
    "gradient_reference",
    "figures",
)

DEFAULT_FIGURE = {"name": "convergence", "x": "cost"}

MOST_SEEDS = 100_000
"""More seeds than this are a slip of the finger, and would fill the memory before anything runs."""

MOST_RUNS = 1_000_000
"""Runs of one experiment; more would fill the memory before anything runs."""

LARGEST_FILE = 10_000_000
"""Bytes of an experiment's file, a thousand times what one takes."""

LARGEST_SEED = 2**63 - 1
"""The largest whole number that a column of a table holds."""


@dataclass(frozen=True)
class Experiment:
    """A named set of runs: every problem, with every optimizer, gradient source and seed.

    Attributes:
        name: the name of its folder.
        question: what it is to answer.
        problems: what is searched.
        optimizers: how it is searched.
        gradients: gradient sources, each a name with its options, such as "central-difference:step=1e-6".
        seeds: each decides split, start, row order and the optimizer's own randomness.
        budget: the most that one run may spend.
        timeout: seconds after which a run is given up, before the next call of a slow function at the latest,
            or None.
        gradient_reference: gradient source that each run's own is held against at every look, or None.
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
    gradient_reference: str | None = None
    figures: Sequence[dict[str, Any]] = field(default=(DEFAULT_FIGURE,))

    def __post_init__(self) -> None:
        for name in ("problems", "optimizers", "gradients", "seeds"):
            if not getattr(self, name):
                raise InputError(f"experiment '{self.name}': {name} is empty, expected at least one")
        runs = math.prod(
            len(getattr(self, name)) for name in ("problems", "optimizers", "gradients", "seeds")
        )
        if runs > MOST_RUNS:
            raise InputError(
                f"experiment '{self.name}' has {runs:.3g} runs, expected up to {MOST_RUNS:.0e}: split it"
            )
        # One spelling for each, so that tables and the same source twice are told by the name alone.
        object.__setattr__(self, "gradients", [build_source(source).label for source in self.gradients])
        listed: dict[str, list[str | int]] = {
            "problem": [problem.name for problem in self.problems],
            "optimizer": [optimizer.label for optimizer in self.optimizers],
            "gradient source": list(self.gradients),
            "seed": list(self.seeds),
        }
        for label, names in listed.items():
            twice = next((name for name, count in Counter(names).items() if count > 1), None)
            if twice is not None:
                remedy = "give it once, or another name" if label == "problem" else "give it once"
                raise InputError(f"experiment '{self.name}': {label} {shown(twice)} is there twice: {remedy}")

    def declaration(self) -> str:
        """Return the experiment as TOML, everything spelled out.

        What a user brought (own data, a function, an own class of optimizers) cannot be written down. It is
        declared as own, with a digest, so that the file never runs something else under its name.
        """
        limits = {limit.name: getattr(self.budget, limit.name) for limit in fields(self.budget)}
        declared: dict[str, Any] = {
            "question": self.question,
            "problems": [
                {"own": problem.name, "digest": digest_of(problem.key)}
                if is_own_problem(problem)
                else problem.name
                for problem in self.problems
            ],
            "gradients": list(self.gradients),
            "seeds": list(self.seeds),
            "budget": {name: value for name, value in limits.items() if value is not None},
        }
        if self.timeout is not None:
            declared["timeout"] = self.timeout
        if self.gradient_reference is not None:
            declared["gradient_reference"] = self.gradient_reference
        if not self.figures:
            declared["figures"] = []
        lines = [f"{name} = {_toml(value)}" for name, value in declared.items()]
        for figure in self.figures:
            lines += ["", "[[figures]]", *(f"{name} = {_toml(value)}" for name, value in figure.items())]
        for optimizer in self.optimizers:
            lines += ["", "[[optimizers]]"]
            if is_own_optimizer(optimizer):
                code = own_code(self.problems[0], optimizer, [])
                lines += [f"own = {_toml(optimizer.label)}", f"digest = {_toml(code)}"]
                continue
            lines.append(f'name = "{optimizer.name()}"')
            changed = changed_options(optimizer)
            for name, value in option_values(optimizer).items():
                # TOML has no null: what is None by default is left out, and "none" stands for any other.
                if value is None and name in changed:
                    lines.append(f'{name} = "none"')
                elif value is not None:
                    # A list would be an axis; a list in a list is one value.
                    lines.append(f"{name} = {_toml([value] if isinstance(value, list) else value)}")
        return "\n".join(lines) + "\n"


def _toml(value: Any) -> str:
    """Write a value as TOML.

    >>> print(_toml({"name": "two-spirals", "hidden": [16, 16], "target": 0.1, "a b": True}))
    { name = "two-spirals", hidden = [16, 16], target = 0.1, "a b" = true }
    """
    if isinstance(value, dict):
        bare = {name: name if name.isascii() and name.isidentifier() else _toml(name) for name in value}
        return f"{{ {', '.join(f'{bare[name]} = {_toml(entry)}' for name, entry in value.items())} }}"
    if isinstance(value, list | tuple):
        return f"[{', '.join(_toml(entry) for entry in value)}]"
    if isinstance(value, float):
        return repr(float(value))
    # JSON's text is TOML's but for the delete character, and for the halves of a pair that ASCII would take.
    return json.dumps(value, ensure_ascii=False).replace("\x7f", "\\u007f")


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
    table = _read_table(path)
    try:
        return build_experiment(_folder_name(path.stem), table | changes)
    except InputError as error:
        raise InputError(f"{path.name}: {error}") from None


def _read_table(path: Path) -> dict[str, Any]:
    """Read a TOML file."""
    try:
        if path.stat().st_size > LARGEST_FILE:
            raise InputError(
                f"{path} has more than {LARGEST_FILE // 10**6} megabytes: give an experiment's file"
            )
        return tomllib.loads(path.read_text(encoding="utf-8-sig"))
    except tomllib.TOMLDecodeError as error:
        raise InputError(f"{path} is no valid TOML: {error}") from None
    except UnicodeDecodeError:
        raise InputError(f"{path} is no text in UTF-8: save it as such") from None
    except OSError as error:
        raise InputError(f"{path} cannot be read: {error.strerror}; give the path of a .toml file") from None
    except RecursionError:
        raise InputError(f"{path} has lists or tables nested too deeply: write them flat") from None
    except InputError:
        raise
    except ValueError as error:
        # Python refuses decimal numbers of thousands of digits, and names with a NUL.
        said = (
            "a number of thousands of digits" if "digits" in str(error) else f"what cannot be read ({error})"
        )
        raise InputError(f"{path} holds {said}: take it out") from None


def _folder_name(stem: str) -> str:
    """Return the name of an experiment's file, which is that of its folder.

    Raises:
        InputError: for a name that would lead out of the folder of results, or that no folder can have.
    """
    if not stem.strip(" .") or not stem.isprintable() or set(stem) & set("/\\") or len(stem.encode()) > 200:
        raise InputError(
            f"the name of the file, {shown(stem)}, is to be that of a folder of results: "
            "give it one of up to 200 letters, digits, '-' and '_'"
        )
    return stem


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
    question, timeout = table.get("question", ""), _plain(table.get("timeout"))
    for key, text in (("name", name), ("question", question)):
        if not isinstance(text, str):
            raise InputError(f"field '{key}' is {shown(text)}, expected text")
    if timeout is not None and not _positive(timeout):
        raise InputError(f"field 'timeout' is {shown(timeout)}, expected seconds above 0, or no such field")
    return Experiment(
        name=name,
        question=question,
        problems=[problem for entry in _entries(table, "problems") for problem in _problems(entry)],
        optimizers=[optimizer for entry in _entries(table, "optimizers") for optimizer in _optimizers(entry)],
        gradients=_names(table.get("gradients", ["analytic"]), "gradients"),
        seeds=_seeds(table.get("seeds", 10)),
        budget=read_budget(table["budget"]),
        timeout=timeout,
        gradient_reference=_reference(table.get("gradient_reference")),
        figures=_figures(table),
    )


def _reference(name: Any) -> str | None:
    return None if name is None else build_source(name).label


def read_budget(value: Any) -> Budget:
    """Build a budget from a table of limits, or from a number that is a cost."""
    if isinstance(value, Budget):
        return value
    if isinstance(value, dict):
        return Budget(**value)
    return Budget(cost=value)


def _positive(value: Any) -> bool:
    number = isinstance(value, int | float) and not isinstance(value, bool)
    return number and 0 < value <= sys.float_info.max


def _plain(value: Any) -> Any:
    """Turn NumPy's numbers into Python's."""
    return value.item() if isinstance(value, np.number) else value


def _entries(table: dict[str, Any], name: str) -> list[Any]:
    entries = table[name]
    if isinstance(entries, str | dict):
        entries = [entries]
    if not isinstance(entries, list):
        raise InputError(f"field '{name}' is {shown(entries)}, expected a list of names or tables")
    if not entries:
        raise InputError(f"field '{name}' is an empty list, expected at least one")
    return entries


def _names(value: Any, name: str) -> list[str]:
    names = [value] if isinstance(value, str) else value
    if not isinstance(names, list) or not names or not all(isinstance(entry, str) for entry in names):
        raise InputError(f"field '{name}' is {shown(value)}, expected a list of names, at least one")
    return names


def _seeds(value: Any) -> list[int]:
    value = _plain(value)
    number = isinstance(value, int) and not isinstance(value, bool)
    if number and value > MOST_SEEDS:
        raise InputError(f"field 'seeds' is {shown(value)}, expected a number of seeds up to {MOST_SEEDS}")
    seeds = list(range(value)) if number else [*map(_plain, value)] if isinstance(value, list) else value
    if not isinstance(seeds, list) or not seeds:
        raise InputError(f"field 'seeds' is {shown(value)}, expected a number of seeds, 1 or more, or a list")
    for seed in seeds:
        if isinstance(seed, bool) or not isinstance(seed, int) or not 0 <= seed <= LARGEST_SEED:
            raise InputError(f"field 'seeds' holds {shown(seed)}, expected whole numbers from 0 to 2^63 - 1")
    return seeds


def _figures(table: dict[str, Any]) -> list[dict[str, Any]]:
    entries = table.get("figures", [DEFAULT_FIGURE])
    if isinstance(entries, str | dict):
        entries = [entries]
    if not isinstance(entries, list):
        raise InputError(f"field 'figures' is {shown(entries)}, expected a list of names or tables")
    figures = []
    for entry in entries:
        figure = {"name": entry} if isinstance(entry, str) else entry
        if not isinstance(figure, dict) or not isinstance(figure.get("name"), str):
            raise InputError(
                f"field 'figures' holds {shown(entry)}, expected a table with name = \"convergence\""
            )
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
    if math.prod(map(len, axes)) > MOST_SEEDS:
        raise InputError(f"the options have {math.prod(map(len, axes)):.3g} combinations: give fewer values")
    return [dict(choice) for choice in itertools.product(*axes)]


def _refuse_own(kind: str, entry: dict[str, Any]) -> NoReturn:
    brought = "data or code" if kind == "problem" else "code"
    raise InputError(
        f"{kind} {shown(entry['own'])} is your own (digest {shown(entry.get('digest'))}): its {brought} "
        "cannot be built again from a file; run it from Python, with harness.run and this folder"
    )


def _problems(entry: Any) -> list[BaseProblem]:
    if isinstance(entry, BaseProblem):
        return [entry]
    if isinstance(entry, dict) and "own" in entry:
        _refuse_own("problem", entry)
    given = parse(entry) if isinstance(entry, str) else entry
    if not isinstance(given, dict) or not isinstance(given.get("name"), str):
        raise InputError(
            f"field 'problems' holds {shown(entry)}, expected a problem, or a name such as \"iris\""
        )
    families = known_problems()
    if given["name"] not in families:
        raise unknown_name("problem", given["name"], families)
    return [load(**choice) for choice in _expanded(given, families[given["name"]])]


def _optimizers(entry: Any) -> list[Optimizer]:
    if isinstance(entry, Optimizer):
        return [entry]
    if isinstance(entry, dict) and "own" in entry:
        _refuse_own("optimizer", entry)
    given = {"name": entry} if isinstance(entry, str) else entry
    if not isinstance(given, dict) or not isinstance(given.get("name"), str):
        raise InputError(
            f"field 'optimizers' holds {shown(entry)}, expected Adam(), or a name such as \"adam\""
        )
    classes = known_optimizers()
    if given["name"] not in classes:
        raise unknown_name("optimizer", given["name"], classes)
    return [build_optimizer(choice) for choice in _expanded(given, classes[given["name"]])]
