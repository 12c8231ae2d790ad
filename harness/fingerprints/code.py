"""The part of a fingerprint that is about code: functions, classes and modules, and what they name."""

from __future__ import annotations

import dis
import hashlib
import importlib
import sys
import types
from abc import ABC, abstractmethod
from collections.abc import Iterator, Mapping, Set
from pathlib import Path
from typing import Any

from harness.fingerprints.origins import OWN, is_installed, resolves, top_of, version_of

UNREAD = {
    "__dict__",
    "__weakref__",
    "__doc__",
    "__module__",
    "__qualname__",
    "__annotations__",
    "__signature__",
}
"""Members of a class that change no number."""

MADE = (
    "__pydantic_",
    "__dataclass_",
    "_abc_",
    "__abstract",
    "__static",
    "__annot",
    "__first",
    "__match",
    "__slotn",
)
"""Beginnings of the names of members that a decorator or Python makes of the others."""

GENERATED = {"__init__", "__repr__", "__eq__", "__hash__", "__setattr__", "__delattr__", "__replace__"}
"""Methods that ``dataclass`` and ``options`` write from the fields."""


class CodeWalk(ABC):
    """Write what functions, classes and modules consist of.

    Arguments:
        own: name of an installed top-level package whose code counts by itself and not by its version.
    """

    def __init__(self, own: str) -> None:
        self._own = own
        self._path: list[tuple[int, str]] = []

    @abstractmethod
    def digest(self, value: Any, name: str = "") -> bytes:
        """Return the digest of a value; ``name`` is what the code calls it."""

    def _all(self, *values: Any) -> Iterator[bytes]:
        for value in values:
            yield self.digest(value)

    def _named(self, values: Mapping[str, Any]) -> Iterator[bytes]:
        for name in sorted(values):
            yield name.encode(errors="surrogatepass")
            yield self.digest(values[name], name)

    def _function(self, function: types.FunctionType) -> Iterator[bytes]:
        # Not __module__, which functools.wraps copies from another function.
        module = str(function.__globals__.get("__name__", ""))
        if self._by_name(module):
            yield self._name_of(module, function.__qualname__)
            if not resolves(module, function.__qualname__, function):
                # Made by a factory, of values that may be the user's.
                yield from self._all(function.__defaults__, function.__kwdefaults__, function.__closure__)
                yield from self._named(vars(function))
            return
        yield from self._all(function.__code__, function.__defaults__, function.__kwdefaults__)
        for name, cell in zip(function.__code__.co_freevars, function.__closure__ or (), strict=True):
            yield self.digest(cell, name)
        yield from self._named(vars(function))
        yield from self._globals(function)

    def _globals(self, function: types.FunctionType) -> Iterator[bytes]:
        """Write what the code finds by name outside of itself, as far as it names it."""
        names: set[str] = set()
        attributes: set[str] = set()
        imports: set[str] = set()
        for code in _codes(function.__code__):
            for step in dis.get_instructions(code):
                if step.opname in ("LOAD_GLOBAL", "LOAD_NAME"):
                    names.add(step.argval)
                elif step.opname in ("LOAD_ATTR", "LOAD_METHOD", "IMPORT_FROM"):
                    attributes.add(step.argval)
                elif step.opname == "IMPORT_NAME":
                    imports.add(step.argval)
        space = function.__globals__
        found: dict[str, Any] = {name: space[name] for name in names if name in space}
        for name in imports:
            # A relative import names its module within the package of the function.
            module = _imported(name) or _imported(f"{space.get('__package__') or ''}.{name}")
            if module is not None:
                found[f"import {name}"] = module
        for name in sorted(found):
            yield name.encode()
            if isinstance(found[name], types.ModuleType):
                yield from self._module(found[name], attributes)
            else:
                yield self.digest(found[name], name)
        yield from sorted(name.encode() for name in names - set(found))

    def _module(self, module: types.ModuleType, attributes: Set[str]) -> Iterator[bytes]:
        """Write a module: an installed one by its version, any other by what the code may take from it."""
        if self._by_name(module.__name__):
            yield self._name_of(module.__name__, "")
            return
        yield self._name_of(module.__name__.rpartition(".")[2], "")
        for name in sorted(attributes & set(vars(module))):
            value = vars(module)[name]
            yield name.encode()
            if not isinstance(value, types.ModuleType):
                yield self.digest(value, name)
            elif all(place != id(value) for place, _ in self._path):
                self._path.append((id(value), name))
                yield from self._module(value, attributes)
                self._path.pop()

    def _code(self, code: types.CodeType) -> Iterator[bytes]:
        yield code.co_code
        yield from self._all(code.co_consts, code.co_names, code.co_varnames, code.co_freevars)
        yield from self._all(code.co_cellvars, code.co_flags, code.co_exceptiontable)
        yield from self._all(code.co_argcount, code.co_posonlyargcount, code.co_kwonlyargcount)

    def _cell(self, cell: types.CellType) -> Iterator[bytes]:
        try:
            content = cell.cell_contents
        except ValueError:
            yield b"empty"
            return
        yield self.digest(content)

    def _class(self, cls: type) -> Iterator[bytes]:
        if self._by_name(cls.__module__):
            yield self._name_of(cls.__module__, cls.__qualname__)
            if not resolves(cls.__module__, cls.__qualname__, cls):
                yield from self._all(*cls.__bases__)
            return
        yield cls.__name__.encode()
        yield from self._all(*cls.__bases__)
        members = {
            name: member
            for name, member in vars(cls).items()
            if name not in UNREAD
            and not name.startswith(MADE)
            and not (name in GENERATED and _is_generated(member))
            and not isinstance(member, types.GetSetDescriptorType | types.MemberDescriptorType)
        }
        yield from self._named(members)
        for field in getattr(cls, "__dataclass_fields__", {}).values():
            yield field.name.encode()
            if callable(field.default_factory):
                yield self.digest(field.default_factory, field.name)

    def _from_c(self, value: Any) -> Iterator[bytes]:
        owner = getattr(value, "__self__", None)
        if owner is not None and not isinstance(owner, types.ModuleType):
            yield self.digest(owner)
        holder = getattr(value, "__objclass__", None)
        module = getattr(value, "__module__", None) or getattr(holder, "__module__", None)
        yield self._name_of(module or "builtins", value.__qualname__)

    def _by_name(self, module: str) -> bool:
        """Say whether a module counts by its name and version and not by its code."""
        top = top_of(module)
        return top in OWN or (top != self._own and is_installed(top))

    def _name_of(self, module: str, name: str) -> bytes:
        """Return a name, and the version or the compiled file that says which code it stands for."""
        top = top_of(module)
        said = "" if top in OWN else version_of(top) if is_installed(top) else _compiled_file(module)
        return f"{module}.{name} {said}".encode()


def _is_generated(member: Any) -> bool:
    """Say whether a method was written by ``dataclass``, pydantic or ``options``."""
    code = getattr(member, "__code__", None)
    if member is None or code is None or code.co_filename == "<string>":
        return True
    return top_of(str(member.__globals__.get("__name__", ""))) in (*OWN, "pydantic")


def _compiled_file(module: str) -> str:
    """Return a digest of the file of a compiled module of the user's own; nothing for any other."""
    file = getattr(sys.modules.get(module), "__file__", None)
    if not isinstance(file, str) or file.endswith((".py", ".pyc")):
        return ""
    try:
        return hashlib.sha256(Path(file).read_bytes()).hexdigest()
    except OSError:
        return ""


def _codes(code: types.CodeType) -> Iterator[types.CodeType]:
    """Yield a code object and all that are nested in it."""
    yield code
    for constant in code.co_consts:
        if isinstance(constant, types.CodeType):
            yield from _codes(constant)


def _imported(name: str) -> types.ModuleType | None:
    if name in sys.modules:
        return sys.modules[name]
    try:
        return importlib.import_module(name)
    except Exception:
        # The function itself will meet it, and says more.
        return None
