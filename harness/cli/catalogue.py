"""What there is, by kind: the names, a line for each, and a page for one."""

from __future__ import annotations

import ast
import inspect
import json
import pkgutil
from collections.abc import Callable, Mapping
from dataclasses import fields
from pathlib import Path
from typing import Any

from optimizers.errors import unknown_name
from optimizers.named import Named
from optimizers.plugins import plugins

Entry = Any
Kind = Callable[[], Mapping[str, Entry]]


def _optimizers() -> Mapping[str, Entry]:
    from optimizers.registry import known_optimizers

    return known_optimizers()


def _problems() -> Mapping[str, Entry]:
    from harness.problems import known_problems

    return known_problems()


def _gradients() -> Mapping[str, Entry]:
    from harness.gradients import known_sources

    return known_sources()


def _examples() -> Mapping[str, Entry]:
    from harness.coursework import known_examples

    return known_examples()


def _experiments() -> Mapping[str, Entry]:
    from harness.sweeps.experiment_file import shipped_experiments

    return shipped_experiments()


def _plots() -> Mapping[str, Entry]:
    from harness.plots import known_plots

    return known_plots()


def _activations() -> Mapping[str, Entry]:
    from harness.network.activations import known_activations

    return known_activations()


def _losses() -> Mapping[str, Entry]:
    from harness.network.losses import known_losses

    return known_losses()


KINDS: dict[str, Kind] = {
    "optimizers": _optimizers,
    "problems": _problems,
    "gradients": _gradients,
    "examples": _examples,
    "experiments": _experiments,
    "plots": _plots,
    "activations": _activations,
    "losses": _losses,
}


def listing(kind: str) -> dict[str, str]:
    """Return every name of a kind with one line that says what it is.

    >>> listing("gradients")["analytic"][:15]
    'Backpropagation'
    """
    if kind == "plots":
        return _plot_lines()
    return {name: _line(kind, entry) for name, entry in KINDS[kind]().items()}


def _plot_lines() -> dict[str, str]:
    """Return the first line of every plot, read from its file: to import it would import Matplotlib."""
    import harness.plots

    lines = {}
    for folder in map(Path, harness.plots.__path__):
        for module in pkgutil.iter_modules([str(folder)]):
            for node in ast.parse((folder / f"{module.name}.py").read_text(encoding="utf-8")).body:
                if isinstance(node, ast.FunctionDef) and node.name == module.name:
                    lines[module.name] = (ast.get_docstring(node) or "").partition("\n")[0]
    for name, plot in plugins("harness.plots"):
        lines.setdefault(name.replace("-", "_"), (inspect.getdoc(plot) or "").partition("\n")[0])
    return {name.replace("_", "-"): lines[name] for name in sorted(lines)}


def _line(kind: str, entry: Entry) -> str:
    if kind == "experiments":
        import tomllib

        return str(tomllib.loads(entry.read_text(encoding="utf-8"))["question"])
    if kind in ("activations", "losses"):
        return str(entry.equation)
    return (inspect.getdoc(entry) or "").partition("\n")[0]


def details(kind: str) -> dict[str, str]:
    """Return, for the optimizers, a second line on what each needs and where it comes from."""
    if kind != "optimizers":
        return {}
    return {
        name: f"needs {', '.join(sorted(entry.needs))}; {entry.source}"
        for name, entry in KINDS[kind]().items()
    }


def describe(kind: str, name: str) -> str:
    """Return a page on one entry: what it is, its source, its options with defaults and ranges.

    The page on a worked example is its report, computed at points that are always the same.

    Raises:
        InputError: for an unknown name; it says which is nearest.
    """
    entries = KINDS[kind]()
    if name not in entries:
        raise unknown_name(kind.removesuffix("s") if kind != "losses" else "loss", name, entries)
    entry = entries[name]
    if kind == "examples":
        import numpy as np

        return str(entry().report(np.random.default_rng(0)))
    if kind == "experiments":
        return str(entry.read_text(encoding="utf-8").rstrip())
    if kind in ("activations", "losses"):
        values = {field.name: getattr(entry, field.name) for field in fields(entry)}
        # Of functions, NumPy's among them, it is enough to know that they are there.
        return "\n".join(f"{name}: {'yes' if callable(v) else v}" for name, v in values.items())
    text = inspect.getdoc(entry) or ""
    page = [name, "", text.partition("\n>>>")[0].rstrip()]
    if kind == "plots":
        options = {option.name: option.default for option in inspect.signature(entry).parameters.values()}
        options.pop("results")
        width = max(map(len, options), default=0)
        page += ["", "Options:", *(f"  {option:<{width}}  {_written(options[option])}" for option in options)]
    if kind in ("optimizers", "gradients"):
        page += ["", f"Source: {entry.source}"]
    if kind == "optimizers":
        page += [f"Needs: {', '.join(sorted(entry.needs))}"]
    if kind in ("optimizers", "problems", "gradients") and fields(entry):
        page += ["", *_option_lines(entry)]
    return "\n".join(page)


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
