"""What a function reads from outside, and whether it is still what it was.

A traced function is kept, with the numbers that it read from outside as constants. `Readings` looks at what
those are: closure, defaults, the globals and module members that its code names, bound objects and instances
with their attributes, containers, the functions that it calls, and the contents of arrays. At each call it
compares, and where anything differs the function is traced anew.

What cannot be looked into (a random generator, an iterator, a file, a data frame) makes the function
volatile: it is traced at every call. So does the use of ``np.random``, ``random``, ``time``, ``datetime`` or
``os``.

Not noticed: members of other installed packages that are replaced, what is read through ``globals()``,
``getattr`` with a name put together, ``eval`` or compiled code.
"""

from __future__ import annotations

import functools
import sys
import sysconfig
import types
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np

from harness.autodiff.tracer import Traced

MOST_READINGS = 2000
"""A function that reads more objects than this is traced at every call: to compare them takes as long."""

VOLATILE = frozenset({"random", "numpy.random", "time", "datetime", "os", "secrets", "_datetime"})
"""Modules whose functions answer differently every time."""

PLAIN = (
    int,
    float,
    complex,
    str,
    bytes,
    type(None),
    range,
    slice,
    type(Ellipsis),
    np.generic,
    types.CodeType,
)
"""Types whose objects do not change."""

LOOKED_INTO = (types.FunctionType, np.ndarray, list, tuple, set, frozenset, dict)
"""Types whose objects are looked into where they are members of a class."""

OF_DATACLASSES = ("__dataclass_fields__", "__dataclass_params__")
"""What the decorator keeps for itself in a class: nothing that a method reads, and nothing to look into."""

_MISSING = object()
_INSTALLED = [Path(sysconfig.get_path(name)) for name in ("stdlib", "platstdlib", "purelib", "platlib")]


class _VolatileError(Exception):
    """Raised for what cannot be looked into."""


@functools.lru_cache(maxsize=4096)
def _is_installed(name: str) -> bool:
    """Say whether a module belongs to Python or to an installed package, this one too: its members stay."""
    if name.partition(".")[0] in ("harness", "optimizers"):
        return True
    module = sys.modules.get(name)
    file = getattr(module, "__file__", None)
    if module is None or file is None:
        return module is not None and name != "__main__"
    return any(place in Path(file).parents for place in _INSTALLED)


def _names(code: types.CodeType) -> set[str]:
    """Return the names that code and the functions within it use."""
    found = set(code.co_names)
    for constant in code.co_consts:
        if isinstance(constant, types.CodeType):
            found |= _names(constant)
    return found


def same(old: Any, new: Any) -> bool:
    """Say whether two plain values or arrays are the same to the last bit."""
    if old is new:
        return True
    if type(old) is not type(new):
        return False
    if isinstance(old, np.ndarray):
        return bool(old.dtype == new.dtype and old.shape == new.shape and old.tobytes() == new.tobytes())
    if isinstance(old, float):
        return old.hex() == float(new).hex()
    return isinstance(old, PLAIN) and bool(repr(old) == repr(new))


class Readings:
    """What a function reads from outside, as it was when this was made.

    Attributes:
        volatile: whether it reads what cannot be looked into.
    """

    def __init__(self, function: Any) -> None:
        self.volatile = False
        self._functions: list[tuple[Any, Any, Any, Any]] = []
        self._cells: list[tuple[types.CellType, Any]] = []
        self._entries: list[tuple[Any, str, Any]] = []
        self._spaces: list[tuple[Any, int]] = []
        self._slots: list[tuple[Any, str, Any]] = []
        self._containers: list[tuple[Any, list[Any]]] = []
        self._arrays: list[tuple[Any, Any, Any, bytes]] = []
        self._seen: dict[int, Any] = {}
        try:
            self._look(function)
        except (_VolatileError, RecursionError):
            self.volatile = True

    def hold(self) -> bool:
        """Say whether everything is as it was."""
        # Written out, for this is all that a call costs beside the program: most is told by identity.
        if self.volatile:
            return False
        for function, code, defaults, by_name in self._functions:
            if (
                function.__code__ is not code
                or function.__defaults__ is not defaults
                or function.__kwdefaults__ is not by_name
            ):
                return False
        for cell, old in self._cells:
            new = _cell(cell)
            if new is not old and not same(old, new):
                return False
        for space, name, old in self._entries:
            new = space.get(name, _MISSING)
            if new is not old and not same(old, new):
                return False
        for space, count in self._spaces:
            if len(space) != count:
                return False
        for owner, name, old in self._slots:
            if not same(old, getattr(owner, name, _MISSING)):
                return False
        for container, copy in self._containers:
            members = list(_members(container))
            if len(members) != len(copy) or not all(map(same, copy, members)):
                return False
        for array, shape, dtype, bits in self._arrays:
            if array.shape != shape or array.dtype is not dtype or array.tobytes() != bits:
                return False
        return True

    def _read(self, space: Any, name: str) -> None:
        """Note what stands under a name."""
        value = space[name]
        self._entries.append((space, name, value))
        self._look(value)

    def _look(self, value: Any) -> None:
        if isinstance(value, PLAIN) or id(value) in self._seen:
            return
        # The object is kept with its id, so that no other object gets the id.
        self._seen[id(value)] = value
        if len(self._seen) > MOST_READINGS:
            raise _VolatileError
        if isinstance(value, Traced):
            raise _VolatileError
        if isinstance(value, np.ndarray):
            self._look_at_array(value)
        elif isinstance(value, list | tuple | set | frozenset | dict):
            members = list(_members(value))
            if not isinstance(value, tuple | frozenset):
                self._containers.append((value, members))
            for member in members:
                self._look(member)
        elif isinstance(value, types.ModuleType | np.ufunc | np.dtype):
            return
        elif isinstance(value, types.FunctionType):
            self._look_at_function(value)
        elif isinstance(value, types.MethodType):
            self._look(value.__func__)
            self._look(value.__self__)
        elif isinstance(value, functools.partial):
            self._look((value.func, value.args, value.keywords))
        elif isinstance(value, types.BuiltinFunctionType | types.MethodWrapperType):
            self._look_at_builtin(value)
        elif isinstance(value, type):
            self._look_at_class(value)
        elif hasattr(value, "__wrapped__") and _is_installed(type(value).__module__):
            self._look(value.__wrapped__)
        else:
            self._look_at_instance(value)

    def _look_at_array(self, array: Any) -> None:
        if array.dtype.hasobject or type(array) is not np.ndarray:
            raise _VolatileError
        self._arrays.append((array, array.shape, array.dtype, array.tobytes()))

    def _look_at_function(self, function: Any) -> None:
        # And not ``__module__``, which a decorator writes over.
        module = function.__globals__.get("__name__", "")
        if module in VOLATILE:
            raise _VolatileError
        if _is_installed(module):
            # Such as that of ``functools.singledispatch``, around a function that may read something.
            self._look(function.__dict__.get("__wrapped__"))
            return
        self._functions.append((function, function.__code__, function.__defaults__, function.__kwdefaults__))
        self._look(function.__defaults__)
        self._look(function.__kwdefaults__)
        self._look(function.__dict__)
        names = _names(function.__code__)
        for cell in function.__closure__ or ():
            held = _cell(cell)
            self._cells.append((cell, held))
            if isinstance(held, types.ModuleType):
                self._look_at_members(held, names)
            elif held is not _MISSING:
                self._look(held)
        space = function.__globals__
        for name in names:
            if name in space:
                self._read(space, name)
                found = space[name]
            else:
                # A module that is imported inside the function.
                found = sys.modules.get(name)
            if isinstance(found, types.ModuleType):
                self._look_at_members(found, names)

    def _look_at_members(self, module: types.ModuleType, names: set[str]) -> None:
        if module.__name__ in VOLATILE:
            raise _VolatileError
        installed = _is_installed(module.__name__)
        space = vars(module)
        for name in names & space.keys():
            member = space[name]
            if isinstance(member, types.ModuleType):
                if member is not module and id(member) not in self._seen:
                    self._seen[id(member)] = member
                    self._look_at_members(member, names)
            elif not installed:
                self._read(space, name)

    def _look_at_builtin(self, function: Any) -> None:
        owner = getattr(function, "__self__", None)
        if isinstance(owner, types.ModuleType):
            if owner.__name__ in VOLATILE:
                raise _VolatileError
        elif owner is not None:
            self._look(owner)

    def _look_at_class(self, kind: type) -> None:
        for base in kind.__mro__:
            if base.__module__ in VOLATILE:
                raise _VolatileError
            if _is_installed(base.__module__):
                continue
            space = base.__dict__
            self._spaces.append((space, len(space)))
            self._look(type(base))
            for name, member in list(space.items()):
                if name in ("__dict__", "__weakref__", "__doc__", "__module__", *OF_DATACLASSES):
                    continue
                # A lock of theirs is nothing to look into.
                is_cached = isinstance(member, functools.cached_property)
                inner = (
                    member.func if is_cached else getattr(member, "__func__", getattr(member, "fget", member))
                )
                self._entries.append((space, name, member))
                # Others that stand in a class, such as what its metaclass keeps, cannot be looked into.
                if isinstance(inner, LOOKED_INTO) or hasattr(inner, "__dict__"):
                    self._look(inner)

    def _look_at_instance(self, value: Any) -> None:
        self._look(type(value))
        held = getattr(value, "__dict__", None)
        slots = [
            _mangled(name, base)
            for base in type(value).__mro__
            for name in _as_tuple(base.__dict__.get("__slots__", ()))
            if name not in ("__dict__", "__weakref__")
        ]
        if held is None and (not slots or _is_installed(type(value).__module__)):
            raise _VolatileError
        if held is not None:
            self._look(held)
        for name in slots:
            member = getattr(value, name, _MISSING)
            self._slots.append((value, name, member))
            if member is not _MISSING:
                self._look(member)


def _as_tuple(slots: Any) -> tuple[str, ...]:
    return (slots,) if isinstance(slots, str) else tuple(slots)


def _mangled(name: str, owner: type) -> str:
    """Return the attribute that a name in the source of a class is.

    >>> _mangled("__a", int), _mangled("__a__", int), _mangled("_a", int)
    ('_int__a', '__a__', '_a')
    """
    is_private = name.startswith("__") and not name.endswith("__") and owner.__name__.strip("_")
    return f"_{owner.__name__.lstrip('_')}{name}" if is_private else name


def _cell(cell: Any) -> Any:
    try:
        return cell.cell_contents
    except ValueError:
        return _MISSING


def _members(container: Any) -> Iterator[Any]:
    if isinstance(container, dict):
        for name, member in container.items():
            yield name
            yield member
    else:
        yield from container
