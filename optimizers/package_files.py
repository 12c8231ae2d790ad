"""What the files of a package say, read without importing them: to import all optimizers takes a second."""

from __future__ import annotations

import functools
import re
from collections.abc import Iterator, Mapping
from importlib.util import find_spec
from pathlib import Path

from optimizers.named import kebab_case

_CLASS = re.compile(r"^class (\w+)", re.MULTILINE)


@functools.cache
def texts(package: str) -> Mapping[str, str]:
    """Return the text of every file of a package and of those in it, by the name of its module.

    Nothing is found where a package is no folder, such as an archive.

    >>> "optimizers.descent.adam" in texts("optimizers"), "optimizers" in texts("optimizers.descent")
    (True, False)
    """
    found = {}
    spec = find_spec(package)
    for folder in map(Path, (spec and spec.submodule_search_locations) or ()):
        for file in sorted(folder.rglob("*.py")):
            parts = file.relative_to(folder).with_suffix("").parts
            if "__init__" not in parts:
                found[".".join((package, *parts))] = file.read_text(encoding="utf-8")
    return found


def with_class(package: str, name: str) -> Iterator[str]:
    """Yield the modules of a package that define a class whose name in kebab-case is the one given.

    >>> list(with_class("optimizers", "lbfgs"))
    ['optimizers.scipy.methods']
    """
    for module, text in texts(package).items():
        if any(kebab_case(found) == name for found in _CLASS.findall(text)):
            yield module


def part_with_class(package: str, name: str) -> str | None:
    """Return in which part of a package the class of a name is; nobody else's may have that name.

    >>> part_with_class("optimizers", "adam"), part_with_class("optimizers", "multi-start")
    ('descent', 'multi_start')
    """
    module = next(with_class(package, name), None)
    return None if module is None else module.removeprefix(f"{package}.").partition(".")[0]


def with_record(package: str, name: str) -> Iterator[str]:
    """Yield the modules of a package in which something is made with the name: first, or as ``name=``.

    >>> list(with_record("optimizers.descent", "cosine"))
    ['optimizers.descent.schedules']
    """
    named = re.compile(rf"\((?:[^()\"']*\bname=|\s*)[\"']{re.escape(name)}[\"']")
    for module, text in texts(package).items():
        if named.search(text):
            yield module
