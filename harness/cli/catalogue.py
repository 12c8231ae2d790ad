"""What there is, by kind: the names, a line for each, and a page for one."""

from __future__ import annotations

import ast
import importlib
import inspect
import json
import pkgutil
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, fields
from pathlib import Path
from typing import Any

from optimizers.errors import unknown_name
from optimizers.named import Named, kebab_case
from optimizers.plugins import plugins

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
        place: module and name of the entries by their names, a mapping. It is imported when it is asked for:
            `harness list` has no use for pandas, matplotlib and SymPy.
        line: returns what an entry is, in one line.
        page: returns the paragraphs of an entry's page.
        titled: whether its name stands above them; a file or a record says it itself.
        more: returns a second line, or nothing.
        lines: returns the lines of all entries, where none needs to be imported for that.
    """

    singular: str
    place: tuple[str, str]
    line: Callable[[Entry], str] = _first_line
    page: Callable[[Entry], list[str]] = _text
    titled: bool = True
    more: Callable[[Entry], str] | None = None
    lines: Callable[[], dict[str, str]] | None = None

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
    import tomllib

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
    return "yes" if callable(value) else value


def _equation(entry: Entry) -> str:
    return str(entry.equation)


def _column_page(entry: Entry) -> list[str]:
    return [f"{entry.holds}\n\nIn: {entry.table}\nType: {entry.kind}"]


def _plot_lines() -> dict[str, str]:
    """Return the first line of every plot: to import it would import Matplotlib."""
    import harness.plots

    def is_plot(node: ast.stmt, module: str) -> bool:
        return isinstance(node, ast.FunctionDef) and node.name == module

    return _lines_of_files(harness.plots.__path__, is_plot, "harness.plots", lambda name, _: name)


def _executor_lines() -> dict[str, str]:
    """Return the first line of every executor: to import it would import pandas, for the runs."""
    import harness.sweeps

    def is_executor(node: ast.stmt, module: str) -> bool:
        concrete = isinstance(node, ast.ClassDef) and not any("ABC" in ast.dump(base) for base in node.bases)
        return concrete and isinstance(node, ast.ClassDef) and kebab_case(node.name) == module

    paths = [f"{path}/executors" for path in harness.sweeps.__path__]
    return _lines_of_files(paths, is_executor, "harness.executors", lambda _, member: str(member.name()))


def _lines_of_files(
    paths: Iterable[str],
    is_member: Callable[[ast.stmt, str], bool],
    group: str,
    name_of: Callable[[str, Any], str],
) -> dict[str, str]:
    """Return the first lines of the members of a family, as their files have them.

    Arguments:
        paths: folders of the files.
        is_member: whether a statement of a module, by its name, defines a member.
        group: entry points of other packages' members, which are imported.
        name_of: returns the name of such a one, of the name of its entry point and of itself.
    """
    lines: dict[str, str] = {}
    for folder in map(Path, paths):
        for module in pkgutil.iter_modules([str(folder)]):
            for node in ast.parse((folder / f"{module.name}.py").read_text(encoding="utf-8")).body:
                if isinstance(node, ast.FunctionDef | ast.ClassDef) and is_member(node, module.name):
                    lines[module.name] = (ast.get_docstring(node) or "").partition("\n")[0]
    for name, member in plugins(group):
        called = name_of(name, member).replace("-", "_")
        lines.setdefault(called, (inspect.getdoc(member) or "").partition("\n")[0])
    return {name.replace("_", "-"): lines[name] for name in sorted(lines)}


def _statistic_lines() -> dict[str, str]:
    """Return the first line of every statistic, read from its file: to import it would import pandas."""
    if plugins("harness.statistics"):
        # Which have imported pandas already.
        from harness.analysis import STATISTICS

        return {name: statistic.summary() for name, statistic in STATISTICS.items()}
    import harness

    lines = {}
    for file in (Path(harness.__path__[0]) / "analysis").glob("*.py"):
        for node in ast.parse(file.read_text(encoding="utf-8")).body:
            if isinstance(node, ast.ClassDef) and _has_source(node):
                lines[kebab_case(node.name)] = (ast.get_docstring(node) or "").partition("\n")[0]
    return dict(sorted(lines.items()))


def _has_source(node: ast.ClassDef) -> bool:
    """Say whether a class names the paper that its formula is from, as statistics do, not their bases."""
    given = [part.target for part in node.body if isinstance(part, ast.AnnAssign) and part.value is not None]
    return any(isinstance(target, ast.Name) and target.id == "source" for target in given)


def _format_lines() -> dict[str, str]:
    """Return the first line of every exchange format: to import it would import pandas."""
    folder = Path(__file__).parent.parent / "exchange"

    def is_format(node: ast.stmt, module: str) -> bool:
        return isinstance(node, ast.ClassDef) and kebab_case(node.name) == module

    return _lines_of_files([str(folder)], is_format, "harness.formats", lambda _, member: str(member.name()))


def _study_lines() -> dict[str, str]:
    """Return the title of every study, read from its file: to import it would import pandas."""
    if plugins("harness.studies"):
        from harness.studies import STUDIES

        return {name: study.title for name, study in STUDIES.items()}
    lines = {}
    for file in (Path(__file__).parent.parent / "studies").glob("*/study.py"):
        for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Assign) and ast.unparse(node.targets[0]) == "title":
                lines[file.parent.name.replace("_", "-")] = str(ast.literal_eval(node.value))
    return dict(sorted(lines.items()))


def _study_page(entry: Entry) -> list[str]:
    how = f"harness study {entry.name()} runs it and writes a page: printed, ours, and what to believe."
    return [entry.title, entry.question, f"It concluded: {entry.claimed}", f"Source: {entry.citation}", how]


KINDS: dict[str, Kind] = {
    "optimizers": Kind(
        "optimizer",
        ("optimizers.registry", "OPTIMIZERS"),
        page=_optimizer_page,
        more=lambda entry: f"needs {', '.join(sorted(entry.needs))}; {entry.source}",
    ),
    "schedules": Kind(
        "schedule",
        ("optimizers.descent.schedule", "SCHEDULES"),
        line=_equation,
        page=_record_page,
        titled=False,
    ),
    "problems": Kind("problem", ("harness.problems", "PROBLEMS"), page=_problem_page),
    "gradients": Kind("gradient", ("harness.gradients", "SOURCES"), page=_source_page),
    "examples": Kind("example", ("harness.coursework", "EXAMPLES"), page=_example_page, titled=False),
    "experiments": Kind(
        "experiment",
        ("harness.sweeps.experiment_file", "EXPERIMENTS"),
        line=_question,
        page=_experiment_page,
        titled=False,
    ),
    "executors": Kind(
        "executor",
        ("harness.sweeps.executors", "EXECUTORS"),
        page=_problem_page,
        lines=_executor_lines,
    ),
    "plots": Kind("plot", ("harness.plots", "PLOTS"), page=_plot_page, lines=_plot_lines),
    "statistics": Kind(
        "statistic", ("harness.analysis", "STATISTICS"), page=_statistic_page, lines=_statistic_lines
    ),
    "studies": Kind("study", ("harness.studies", "STUDIES"), page=_study_page, lines=_study_lines),
    "formats": Kind("format", ("harness.exchange", "FORMATS"), page=_source_page, lines=_format_lines),
    "activations": Kind(
        "activation",
        ("harness.network.activations", "ACTIVATIONS"),
        line=_equation,
        page=_record_page,
        titled=False,
    ),
    "losses": Kind(
        "loss", ("harness.network.losses", "LOSSES"), line=_equation, page=_record_page, titled=False
    ),
    "initializers": Kind(
        "initializer",
        ("harness.network.initializers", "INITIALIZERS"),
        line=_equation,
        page=_record_page,
        titled=False,
    ),
    "columns": Kind(
        "column", ("harness.runs.columns", "COLUMNS"), line=lambda entry: str(entry.holds), page=_column_page
    ),
}


def listing(kind: str) -> dict[str, str]:
    """Return every name of a kind with one line that says what it is.

    >>> listing("gradients")["analytic"][:15]
    'Backpropagation'
    """
    found = KINDS[kind]
    if found.lines is not None:
        return found.lines()
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
