"""A line for every member of a family, read from its files: importing them all takes a second.

Text is enough for what this project declares itself, one class or one record a member, at the margin of its
file; ``tests/test_cli.py`` holds what is read against what is imported, for every kind.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field

from optimizers.named import kebab_case
from optimizers.package_files import texts

_CLASS = re.compile(r"^class (\w+)(?:\(([^)]*)\))?:\n((?:(?:[ \t].*)?\n)*)", re.MULTILINE)
_ABSTRACT = re.compile(r"^    @abstractmethod\n(?:    @\w+\n)*    def (\w+)", re.MULTILINE)
_METHOD = re.compile(r"^    def (\w+)", re.MULTILINE)
_NAMED_VALUE = re.compile(r"^    (\w+)(?::[^=\n]+)? = ", re.MULTILINE)
_DESCRIPTION = re.compile(r'\s*"""(.*)')
_NAME_OF_BASE = re.compile(r"(?:^|, *)(?:\w+\.)*(\w+)(?:\[[^\]]*\])?(?=,|$)")


@dataclass
class _Class:
    """What the text of a class says."""

    bases: list[str]
    line: str
    abstract: set[str] = field(default_factory=set)
    given: set[str] = field(default_factory=set)


def _classes(text: str) -> Iterator[tuple[str, _Class]]:
    for name, bases, body in _CLASS.findall(text):
        described = _DESCRIPTION.match(body)
        found = _Class(
            _NAME_OF_BASE.findall(" ".join(bases.split()).rstrip(",")),
            described[1].removesuffix('"""') if described else "",
        )
        found.abstract = set(_ABSTRACT.findall(body))
        found.given = {*_METHOD.findall(body), *_NAMED_VALUE.findall(body)} - found.abstract
        yield name, found


def class_lines(
    package: str, base: tuple[str, str], name_of: Callable[[str], str] = kebab_case
) -> dict[str, str]:
    """Return the first line of every class of a package that a registry of classes would find, by its name.

    Arguments:
        package: whose files are read.
        base: package that holds the family's base class, and its name.
        name_of: returns the name of a member, of that of its class.

    >>> sorted(class_lines("harness.sweeps.executors", ("harness.sweeps.executors", "Executor")))
    ['automatic', 'dask', 'processes', 'serial']
    """
    home, root = base
    own = {name: found for text in texts(package).values() for name, found in _classes(text)}
    beside = {name: found for text in texts(home).values() for name, found in _classes(text)}
    known = {**beside, **own}

    def ancestors(name: str) -> list[str]:
        found = known.get(name)
        return [name, *(above for base in found.bases for above in ancestors(base))] if found else [name]

    lines = {}
    for name, found in own.items():
        family = ancestors(name)
        members = [known[each] for each in family if each in known]
        wanted = {each for member in members for each in member.abstract}
        given = {each for member in members for each in member.given}
        if root in family and not wanted - given and "ABC" not in found.bases:
            lines[name_of(name)] = found.line
    return dict(sorted(lines.items()))


def record_lines(package: str, record: str, shown: str, fields: tuple[str, ...]) -> dict[str, str]:
    """Return one field of every record of a package, by its name.

    Arguments:
        package: whose files are read.
        record: name of the class of the records.
        shown: the field.
        fields: the first fields of a record, which may be given without their names.

    >>> sorted(record_lines("optimizers.descent", "Schedule", "equation", ("name", "equation")))
    ['constant', 'cosine', 'inverse-scaling', 'step']
    """
    made = re.compile(
        rf"^(\w+)(?:: [^=\n]+)? = ((?:{record}|replace)\((?:.*\)$|\n(?:[ \t].*\n|\n)*\)))", re.MULTILINE
    )
    found: dict[str, dict[str, ast.expr]] = {}
    for text in texts(package).values():
        for variable, source in made.findall(text):
            call = ast.parse(source, mode="eval").body
            assert isinstance(call, ast.Call)
            names = ("like",) if source.startswith("replace") else fields
            found[variable] = dict(zip(names, call.args, strict=False))
            found[variable] |= {str(each.arg): each.value for each in call.keywords}
    lines = {}
    for given in found.values():
        whole = found.get(ast.unparse(given["like"]), {}) | given if "like" in given else given
        if "name" in whole and shown in whole:
            lines[str(ast.literal_eval(whole["name"]))] = str(ast.literal_eval(whole[shown]))
    return dict(sorted(lines.items()))


def function_lines(package: str) -> dict[str, str]:
    """Return the first line of every function of a package that is named like its file, by its name.

    >>> "convergence" in function_lines("harness.plots")
    True
    """
    lines = {}
    for module, text in texts(package).items():
        file = module.removeprefix(f"{package}.")
        found = re.search(rf'^def {file}\((?:.|\n)*?\) -> .*:\n    """(.*)', text, re.MULTILINE)
        if found:
            lines[file.replace("_", "-")] = found[1].removesuffix('"""')
    return dict(sorted(lines.items()))
