"""What the reference is made of, in reStructuredText: members of the registries and their docstrings."""

from __future__ import annotations

import importlib
import inspect
import re
from collections.abc import Iterable, Mapping
from dataclasses import fields
from pathlib import Path
from typing import Any

from docs.entries import ENTRIES
from harness.cli.catalogue import KINDS, describe, listing
from optimizers.options import option_ranges
from optimizers.registry import OPTIMIZERS

DOCS = Path(__file__).parent

_OPTION = re.compile(r"^ {4}(\w+): (.*\n(?: {8}.*\n)*)", re.MULTILINE)

RECORDS = ("schedules", "activations", "losses", "initializers")
"""Kinds whose members are records: an equation each, and a source where there is one."""

TEXTS = ("examples", "experiments")
"""Kinds whose members are texts, as the terminal shows them."""


def family_text(kind: str) -> str:
    """Return the sections of a kind, one for each member.

    Arguments:
        kind: one of those that ``harness list`` takes.
    """
    if kind == "columns":
        rows = ((f"``{name}``", entry.kind, entry.holds) for name, entry in KINDS[kind].entries().items())
        return table(("column", "type", "holds"), rows)
    writers = {"plots": _plot, "studies": _study, **dict.fromkeys(RECORDS, _record)}
    writer = writers.get(kind, _member)
    parts = []
    for name, entry in KINDS[kind].entries().items():
        text = _as_text(kind, name) if kind in TEXTS else writer(name, entry)
        parts.append(f"{heading(name)}\n\n{text}")
    return "\n\n".join(parts)


def public_text(module: str) -> str:
    """Return the sections of the public names of a module, modules and optimizers left out."""
    found = importlib.import_module(module)
    parts = []
    for name in sorted(found.__all__, key=str.lower):
        member = getattr(found, name)
        if inspect.ismodule(member):
            continue
        if member.__module__.partition(".")[0] != module.partition(".")[0]:
            parts.append(
                f"{heading(name)}\n\nThe same as :class:`{member.__module__.partition('.')[0]}.{name}`."
            )
            continue
        if inspect.isclass(member):
            lines = [f".. autoclass:: {module}.{name}", "   :members:", "   :inherited-members: Exception"]
        elif callable(member):
            lines = [f".. autofunction:: {module}.{name}"]
        else:
            lines = [f".. autodata:: {module}.{name}", "   :no-value:"]
        parts.append(f"{heading(name)}\n\n" + "\n".join(lines))
    return "\n\n".join(parts)


def heading(name: str) -> str:
    """Return the heading of a section."""
    return f"{name}\n{'-' * len(name)}"


def table(titles: Iterable[str], rows: Iterable[Iterable[str]]) -> str:
    """Return a table.

    >>> print(table(("name", "range"), [("``rate``", "number > 0")]))
    .. list-table::
       :header-rows: 1
    <BLANKLINE>
       * - name
         - range
       * - ``rate``
         - number > 0
    """
    lines = [".. list-table::", "   :header-rows: 1", ""]
    for row in [list(titles), *map(list, rows)]:
        lines += [f"   {'*' if place == 0 else ' '} - {cell}" for place, cell in enumerate(row)]
    return "\n".join(lines)


def _member(name: str, entry: type) -> str:
    """Return a class with options: its docstring, what it is from, its options and what it is tuned over."""
    known = entry.__module__.startswith("optimizers.") and name in OPTIMIZERS
    place = f"optimizers.{entry.__name__}" if known else f"{entry.__module__}.{entry.__qualname__}"
    content = [part for part in (_source(entry), _options(entry), _columns(entry)) if part]
    return f".. autoclass:: {place}\n\n{indented(chr(10).join(f'{part}{chr(10)}' for part in content))}"


def _source(entry: type) -> str:
    facts = []
    if source := getattr(entry, "source", ""):
        facts.append(f":Source: {escaped(source)}")
    if needs := getattr(entry, "needs", ()):
        facts.append(f":Needs: {', '.join(sorted(needs))}")
    return "\n".join(facts)


def _options(entry: type) -> str:
    """Return a list of options: default, range, what tuning tries, and what each is."""
    ranges = option_ranges(entry)
    if not ranges:
        return ""
    defaults = {field.name: field.default for field in fields(entry)}
    space: Mapping[str, Any] = getattr(entry, "search_space", {})
    said = meanings(entry)
    lines = [":Options:"]
    for option, text in ranges.items():
        tuned = f"; tuned over {space[option]}" if option in space else ""
        term = f"``{option} = {written(defaults[option])}``: {escaped(text + tuned)}"
        lines += [f"   {term}", f"      {said.get(option, '')}", ""]
    return "\n".join(lines)


def meanings(entry: type) -> dict[str, str]:
    """Return what a class says of its options, and those that it extends of theirs, in their docstrings."""
    found: dict[str, str] = {}
    for base in entry.__mro__:
        _, _, listed = (inspect.cleandoc(base.__doc__ or "")).partition("\nAttributes:\n")
        for match in _OPTION.finditer(listed.partition("\n\n")[0] + "\n"):
            found.setdefault(match[1], " ".join(match[2].split()))
    return found


def without_options(lines: list[str]) -> list[str]:
    """Return the lines of a docstring without its list of options, which stand under it in full.

    >>> without_options(["Step.", "", "Attributes:", "    rate: of a step.", "", ">>> 1", "1"])
    ['Step.', '', '>>> 1', '1']
    """
    if "Attributes:" not in lines:
        return lines
    first = lines.index("Attributes:")
    rest = lines[first + 1 :]
    end = next((place for place, line in enumerate(rest) if line and not line.startswith(" ")), len(rest))
    return lines[:first] + rest[end:]


def _columns(entry: type) -> str:
    """Return what a statistic's rows hold; nothing for another class."""
    declared = getattr(entry, "declared", None)
    if declared is None:
        return ""
    rows = ((f"``{name}``", escaped(column.holds)) for name, column in declared().items())
    return table(("column", "holds"), rows)


def _plot(name: str, entry: Any) -> str:
    text = f".. autofunction:: {entry.__module__}.{entry.__qualname__}"
    for drawn in ENTRIES:
        if drawn.plot == name:
            return f"{text}\n\n.. image:: /{drawn.picture}\n   :alt: {name}\n   :width: 500px"
    return text


def _study(name: str, entry: Any) -> str:
    return (
        f"{escaped(entry.title)}\n\n:Asked: {escaped(entry.question)}\n:Concluded: {escaped(entry.claimed)}\n"
        f":Source: {escaped(entry.citation)}\n:Again: ``harness study {name}``"
    )


def _record(name: str, entry: Any) -> str:
    equation = f":Equation: ``{entry.equation}``"
    source = getattr(entry, "source", "")
    return f"{equation}\n:Source: {escaped(source)}" if source else equation


def _as_text(kind: str, name: str) -> str:
    language = "toml" if kind == "experiments" else "text"
    shown = f".. code-block:: {language}\n\n{indented(describe(kind, name))}"
    first = listing(kind)[name]
    return f"{escaped(first)}\n\n{shown}" if first else shown


def indented(text: str) -> str:
    """Return text three letters further to the right."""
    return "\n".join(f"   {line}".rstrip() for line in text.splitlines())


def escaped(text: str) -> str:
    r"""Return text in which nothing means anything else than itself.

    >>> print(escaped("a * b_"))
    a \* b\_
    """
    return "".join(f"\\{letter}" if letter in "*_`|\\" else letter for letter in text)


def written(value: Any) -> str:
    """Return a default as Python writes it; an optimizer by its name."""
    return value.name() if hasattr(value, "name") and callable(value.name) else repr(value)
