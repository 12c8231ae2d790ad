"""What there is, by kind: the names, a line for each, and a page for one."""

from __future__ import annotations

import ast
import importlib
import inspect
import json
import re
import tomllib
from collections.abc import Callable, Mapping
from dataclasses import dataclass, fields
from pathlib import Path
from typing import Any

from harness.cli.read_lines import class_lines, function_lines, record_lines
from optimizers.errors import unknown_name
from optimizers.named import Named, kebab_case
from optimizers.package_files import texts
from optimizers.plugins import installed

Entry = Any


def _first_line(entry: Entry) -> str:
    return (inspect.getdoc(entry) or "").partition("\n")[0]


def _text(entry: Entry) -> list[str]:
    return [(inspect.getdoc(entry) or "").partition("\n>>>")[0].rstrip()]


@dataclass(frozen=True)
class Kind:
    """One kind of things.

    Attributes:
        singular: what one is called.
        place: module and name of the entries by their names, a mapping. It is imported when it is asked for.
        group: entry points of other packages' members; empty where there are none.
        lines: reads the lines of all entries of this project from its files: to import what `harness list`
            lists would import pandas, Matplotlib, numba and SymPy.
        line: returns what an entry is, in one line.
        page: returns the paragraphs of an entry's page.
        titled: whether its name stands above them; a file or a record says it itself.
        more: returns a second line, or nothing.
    """

    singular: str
    place: tuple[str, str]
    group: str
    lines: Callable[[], dict[str, str]]
    line: Callable[[Entry], str] = _first_line
    page: Callable[[Entry], list[str]] = _text
    titled: bool = True
    more: Callable[[Entry], str] | None = None

    def entries(self) -> Mapping[str, Entry]:
        """Return the entries by their names."""
        module, name = self.place
        found: Mapping[str, Entry] = getattr(importlib.import_module(module), name)
        return found


def _optimizer_page(entry: Entry) -> list[str]:
    needs = f"Needs: {', '.join(sorted(entry.needs))}"
    space = [f"  {name}: {found}" for name, found in entry.search_space.items()]
    tuned = ["\n".join(["Search space (harness tune):", *space])] if space else []
    return [*_text(entry), f"Source: {entry.source}\n{needs}", *_option_page(entry), *tuned]


def _source_page(entry: Entry) -> list[str]:
    return [*_text(entry), f"Source: {entry.source}", *_option_page(entry)]


def _problem_page(entry: Entry) -> list[str]:
    return [*_text(entry), *_option_page(entry)]


def _statistic_page(entry: Entry) -> list[str]:
    columns = entry.declared()
    width = max(map(len, columns))
    lines = [f"  {name:<{width}}  {column.holds}" for name, column in columns.items()]
    return [*_source_page(entry), "\n".join(["Columns:", *lines])]


def _plot_page(entry: Entry) -> list[str]:
    options = {option.name: option.default for option in inspect.signature(entry).parameters.values()}
    for handed in ("results", "axes"):
        options.pop(handed, None)
    width = max(map(len, options), default=0)
    lines = [f"  {option:<{width}}  {_written(default)}" for option, default in options.items()]
    return [*_text(entry), "\n".join(["Options:", *lines])]


def _example_page(entry: Entry) -> list[str]:
    import numpy as np

    # At points that are always the same.
    return [str(entry().report(np.random.default_rng(0)))]


def _experiment_page(entry: Entry) -> list[str]:
    return [entry.read_text(encoding="utf-8").rstrip()]


def _question(entry: Entry) -> str:
    return str(tomllib.loads(entry.read_text(encoding="utf-8")).get("question", ""))


def _record_page(entry: Entry) -> list[str]:
    shown = {field.name: getattr(entry, field.name) for field in fields(entry)}
    # A face that is a function says no more than that it is there.
    said = {name: _face(value) for name, value in shown.items()}
    return ["\n".join(f"{name}: {value}" for name, value in said.items())]


def _face(value: Any) -> Any:
    if isinstance(value, type):
        # A NamedTuple: what a schedule reads.
        return ", ".join(getattr(value, "_fields", ()))
    there = callable(value) or (isinstance(value, tuple) and bool(value) and all(map(callable, value)))
    return "yes" if there else value


def _equation(entry: Entry) -> str:
    return str(entry.equation)


def _column_page(entry: Entry) -> list[str]:
    return [f"{entry.holds}\n\nIn: {entry.table}\nType: {entry.kind}"]


def _example_lines() -> dict[str, str]:
    """Return the first line of every worked example; each digit in the name of its class is a layer."""
    base = ("harness.coursework", "Example")
    return class_lines("harness.coursework", base, lambda name: re.sub(r"(\d)", r"-\1", kebab_case(name)))


def _experiment_lines() -> dict[str, str]:
    """Return the question of every experiment, which is in a line of its own."""
    folder = Path(__file__).parent.parent / "experiments"
    lines = {}
    for file in folder.glob("*.toml"):
        found = re.search(r"^question = .*$", file.read_text(encoding="utf-8"), re.MULTILINE)
        lines[file.stem] = str(tomllib.loads(found[0])["question"]) if found else ""
    return dict(sorted(lines.items()))


def _study_lines() -> dict[str, str]:
    """Return the title of every study; the folder of a study has its name."""
    lines = {}
    for module, text in texts("harness.studies").items():
        *_, folder, file = module.split(".")
        found = re.search(r"^    title = (.*)$", text, re.MULTILINE)
        if file == "study" and found:
            lines[folder.replace("_", "-")] = str(ast.literal_eval(found[1]))
    return dict(sorted(lines.items()))


def _column_lines() -> dict[str, str]:
    """Return what every column holds: to import them would import NumPy."""
    file = Path(__file__).parent.parent / "runs" / "columns.py"
    lines = {}
    for node in ast.parse(file.read_text(encoding="utf-8")).body:
        if isinstance(node, ast.AnnAssign) and isinstance(node.value, ast.Dict):
            for key, made in zip(node.value.keys, node.value.values, strict=True):
                if key is not None and isinstance(made, ast.Call) and ast.unparse(made.func) == "Column":
                    table = ast.unparse(node.target).lower()
                    lines[f"{table}.{ast.literal_eval(key)}"] = str(ast.literal_eval(made.args[1]))
    return lines


def _study_page(entry: Entry) -> list[str]:
    how = f"harness study {entry.name()} runs it and writes a page: printed, ours, and what to believe."
    return [entry.title, entry.question, f"It concluded: {entry.claimed}", f"Source: {entry.citation}", how]


def _classes(package: str, home: str, base: str) -> Callable[[], dict[str, str]]:
    return lambda: class_lines(package, (home, base))


def _records(package: str, record: str) -> Callable[[], dict[str, str]]:
    return lambda: record_lines(package, record, "equation", ("name", "equation"))


KINDS: dict[str, Kind] = {
    "optimizers": Kind(
        "optimizer",
        ("optimizers.registry", "OPTIMIZERS"),
        "harness.optimizers",
        _classes("optimizers", "optimizers", "Optimizer"),
        page=_optimizer_page,
        more=lambda entry: f"needs {', '.join(sorted(entry.needs))}; {entry.source}",
    ),
    "schedules": Kind(
        "schedule",
        ("optimizers.descent.schedule", "SCHEDULES"),
        "harness.schedules",
        _records("optimizers.descent", "Schedule"),
        line=_equation,
        page=_record_page,
        titled=False,
    ),
    "problems": Kind(
        "problem",
        ("harness.problems", "PROBLEMS"),
        "harness.problems",
        _classes("harness.problems", "harness.problems", "Family"),
        page=_problem_page,
    ),
    "gradients": Kind(
        "gradient",
        ("harness.gradients", "SOURCES"),
        "harness.gradients",
        _classes("harness.gradients", "harness.network", "GradientSource"),
        page=_source_page,
    ),
    "examples": Kind(
        "example",
        ("harness.coursework", "EXAMPLES"),
        "harness.coursework",
        _example_lines,
        page=_example_page,
        titled=False,
    ),
    "experiments": Kind(
        "experiment",
        ("harness.sweeps.experiment_file", "EXPERIMENTS"),
        "harness.experiments",
        _experiment_lines,
        line=_question,
        page=_experiment_page,
        titled=False,
    ),
    "executors": Kind(
        "executor",
        ("harness.sweeps.executors", "EXECUTORS"),
        "harness.executors",
        _classes("harness.sweeps.executors", "harness.sweeps.executors", "Executor"),
        page=_problem_page,
    ),
    "plots": Kind(
        "plot",
        ("harness.plots", "PLOTS"),
        "harness.plots",
        lambda: function_lines("harness.plots"),
        page=_plot_page,
    ),
    "statistics": Kind(
        "statistic",
        ("harness.analysis", "STATISTICS"),
        "harness.statistics",
        _classes("harness.analysis", "harness.analysis", "Statistic"),
        page=_statistic_page,
    ),
    "studies": Kind(
        "study",
        ("harness.studies", "STUDIES"),
        "harness.studies",
        _study_lines,
        line=lambda entry: str(entry.title),
        page=_study_page,
    ),
    "formats": Kind(
        "format",
        ("harness.exchange", "FORMATS"),
        "harness.formats",
        _classes("harness.exchange", "harness.exchange", "ExchangeFormat"),
        page=_source_page,
    ),
    "activations": Kind(
        "activation",
        ("harness.network.activations", "ACTIVATIONS"),
        "harness.activations",
        _records("harness.network.activations", "Activation"),
        line=_equation,
        page=_record_page,
        titled=False,
    ),
    "losses": Kind(
        "loss",
        ("harness.network.losses", "LOSSES"),
        "harness.losses",
        _records("harness.network.losses", "Loss"),
        line=_equation,
        page=_record_page,
        titled=False,
    ),
    "initializers": Kind(
        "initializer",
        ("harness.network.initializers", "INITIALIZERS"),
        "harness.initializers",
        _records("harness.network.initializers", "Initializer"),
        line=_equation,
        page=_record_page,
        titled=False,
    ),
    "columns": Kind(
        "column",
        ("harness.runs.columns", "COLUMNS"),
        "",
        _column_lines,
        line=lambda entry: str(entry.holds),
        page=_column_page,
    ),
}


def listing(kind: str) -> dict[str, str]:
    """Return every name of a kind with one line that says what it is.

    >>> listing("gradients")["analytic"][:15]
    'Backpropagation'
    """
    found = KINDS[kind]
    if not found.group or not installed(found.group):
        return found.lines()
    # What others bring has to be imported, and held against what is there.
    return {name: found.line(entry) for name, entry in found.entries().items()}


def details(kind: str) -> dict[str, str]:
    """Return a second line for each entry of a kind that has one: what an optimizer needs, and its source."""
    found = KINDS[kind]
    return {name: found.more(entry) for name, entry in found.entries().items()} if found.more else {}


def describe(kind: str, name: str) -> str:
    """Return a page on one entry: what it is, its source, its options with defaults and ranges.

    Raises:
        InputError: for an unknown name; it says which is nearest.
    """
    found = KINDS[kind]
    entries = found.entries()
    if name not in entries:
        raise unknown_name(found.singular, name, entries)
    page = found.page(entries[name])
    return "\n\n".join([name, *page] if found.titled else page)


def _option_page(entry: Entry) -> list[str]:
    return ["\n".join(_option_lines(entry))] if fields(entry) else []


def _option_lines(entry: Entry) -> list[str]:
    from optimizers.options import option_ranges

    ranges = option_ranges(entry)
    defaults = {field.name: field.default for field in fields(entry)}
    width = max((len(name) for name in ranges), default=0)
    return [
        "Options:",
        *(f"  {name:<{width}}  {_written(defaults[name])}  ({text})" for name, text in ranges.items()),
    ]


def _written(value: Any) -> str:
    """Write a default as a file would.

    >>> _written((16, 16)), _written("tanh"), _written(None), _written(False)
    ('[16, 16]', '"tanh"', 'none', 'false')
    """
    if isinstance(value, Named):
        return json.dumps(value.name())
    return "none" if value is None else json.dumps(value)
