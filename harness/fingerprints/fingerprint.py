"""Digests of what a user wrote: two functions have one fingerprint only where they compute the same.

What counts is what Python runs: the bytecode with its constants, the values that a closure has caught,
defaults, attributes, and step by step every helper, class and constant that the code names. Text of a source
file does not count, for two functions may stand on one line, and the file may have changed since it was read.
File names and line numbers have no part in it. Python's own version has one: its bytecode changes with it.

What comes with an installed library counts by its module, its name and the version of the library; what comes
with this package by its name, for ``harness.runs.provenance.package_fingerprint`` covers its sources.
"""

from __future__ import annotations

import ctypes
import enum
import functools
import hashlib
import io
import random
import struct
import sys
import types
import typing
import weakref
from collections.abc import Iterator
from typing import Any

import numpy as np

from harness.fingerprints.code import CodeWalk
from harness.fingerprints.origins import OWN, top_of
from optimizers.compiled_function import CompiledFunction
from optimizers.errors import InputError

STATEFUL = (
    np.random.Generator,
    np.random.BitGenerator,
    np.random.RandomState,
    random.Random,
    io.IOBase,
    weakref.ref,
    ctypes.CDLL,
)
"""What answers otherwise each time that it is asked, or lives outside the process."""

FROM_C = (
    types.BuiltinFunctionType,
    types.MethodDescriptorType,
    types.WrapperDescriptorType,
    types.MethodWrapperType,
    types.ClassMethodDescriptorType,
    types.GetSetDescriptorType,
    types.MemberDescriptorType,
)
"""Functions and methods that C code brings."""

CONTAINERS = (list, tuple, dict, set, frozenset, str, bytes, bytearray, int, float, complex, np.ndarray)
"""Plain values, and what a class of a user may be built on."""

WRITTEN = (np.dtype, types.GenericAlias, types.UnionType, typing.TypeVar, range, slice)
"""What its own representation says all of."""


def fingerprint(*values: Any, what: str = "the function", own: str = "") -> str:
    """Return a digest of functions, classes or objects with all that their code depends on.

    Arguments:
        values: what a user wrote or handed in.
        what: what it is, for the error.
        own: name of an installed top-level package whose code counts by itself and not by its version.

    Raises:
        InputError: where something cannot be fingerprinted, such as an open file; it names it and the remedy.

    >>> first, second = [lambda w, c=c: (w - c) ** 2 for c in (1, 2)]
    >>> fingerprint(first) == fingerprint(second)
    False
    """
    walk = _Walk(what, own)
    return hashlib.sha256(b"".join(walk.digest(value) for value in values)).hexdigest()[:32]


class _Walk(CodeWalk):
    """One way through everything that a value depends on; each part's digest made of its parts'."""

    def __init__(self, what: str, own: str) -> None:
        super().__init__(own)
        self._what = what
        self._known: dict[int, tuple[bytes, Any]] = {}

    def digest(self, value: Any, name: str = "") -> bytes:
        """Return the digest of a value; ``name`` is what the code calls it."""
        place = id(value)
        if place in self._known:
            return self._known[place][0]
        if any(place == above for above, _ in self._path):
            return b"again " + type(value).__qualname__.encode()
        self._path.append((place, name))
        total = hashlib.sha256()
        try:
            for part in self._parts(value):
                # Lengths keep ("ab", "c") and ("a", "bc") apart.
                total.update(struct.pack("<q", len(part)) + part)
        except RecursionError:
            raise self._refusal(value) from None
        self._path.pop()
        # The value is kept as well, so that no other can take its place in memory meanwhile.
        self._known[place] = total.digest(), value
        return self._known[place][0]

    def _refusal(self, value: Any) -> InputError:
        names = [name for _, name in self._path if name]
        named = f" '{names[-1]}'," if names else ""
        kind = f"{type(value).__module__}.{type(value).__qualname__}".removeprefix("builtins.")
        return InputError(
            f"{self._what} depends on{named} a {kind}, which cannot be fingerprinted: take it out of "
            "the code, or say yourself what defines the problem, with key="
        )

    def _parts(self, value: Any) -> Iterator[bytes]:
        kind = type(value)
        # Runs keep their ids: what `compiled` makes was of numba's own class once.
        yield (b"CPUDispatcher" if isinstance(value, CompiledFunction) else kind.__qualname__.encode())
        if kind in CONTAINERS or isinstance(value, bool | np.generic | types.NoneType):
            yield from self._contents(value)
        elif isinstance(value, STATEFUL) or hasattr(kind, "__next__"):
            raise self._refusal(value)
        elif isinstance(value, types.FunctionType):
            yield from self._function(value)
        elif isinstance(value, types.CodeType):
            yield from self._code(value)
        elif isinstance(value, types.ModuleType):
            yield from self._module(value, set())
        elif isinstance(value, type):
            yield from self._class(value)
        elif isinstance(value, FROM_C):
            yield from self._from_c(value)
        elif isinstance(value, types.CellType):
            yield from self._cell(value)
        elif isinstance(value, types.MethodType):
            yield from self._all(value.__func__, value.__self__)
        elif isinstance(value, functools.partial | functools.partialmethod):
            yield from self._all(value.func, value.args, value.keywords, vars(value))
        elif isinstance(value, property):
            yield from self._all(value.fget, value.fset, value.fdel)
        elif isinstance(value, staticmethod | classmethod):
            yield from self._all(value.__func__)
        elif isinstance(value, functools.cached_property):
            yield from self._all(value.func)
        elif isinstance(value, types.MappingProxyType):
            yield from self._all(dict(value))
        elif (
            isinstance(value, WRITTEN)
            or kind.__module__ == "typing"
            or value is Ellipsis
            or value is NotImplemented
        ):
            yield repr(value).encode()
        elif isinstance(value, enum.Enum):
            yield from self._all(kind, value.name, value.value)
        else:
            yield from self._object(value)

    def _contents(self, value: Any) -> Iterator[bytes]:
        """Write a plain value; equal numbers of different types are different."""
        if isinstance(value, np.ndarray | np.generic):
            table = np.asarray(value)
            # Code may go through an array in the order that it lies in memory.
            order = "" if table.flags.c_contiguous else f" {table.strides}"
            yield f"{np.lib.format.dtype_to_descr(table.dtype)} {table.shape}{order}".encode()
            if table.dtype.hasobject:
                yield from self._all(*table.ravel().tolist())
            else:
                yield table.tobytes()
        elif isinstance(value, list | tuple):
            yield from self._all(*value)
        elif isinstance(value, dict):
            for key, entry in value.items():
                yield self.digest(key)
                yield self.digest(entry, key if isinstance(key, str) else "")
        elif isinstance(value, set | frozenset):
            # Their order follows from the hash seed of the process.
            yield from sorted(self.digest(entry) for entry in value)
        elif isinstance(value, str):
            yield value.encode(errors="surrogatepass")
        elif isinstance(value, bytes | bytearray):
            yield bytes(value)
        elif isinstance(value, float):
            yield struct.pack("<d", value)
        elif isinstance(value, complex):
            yield struct.pack("<dd", value.real, value.imag)
        elif isinstance(value, int):
            yield hex(value).encode()

    def _object(self, value: Any) -> Iterator[bytes]:
        """Write an object: a compiled function by the one it was made of, any other by class and state."""
        kind = type(value)
        source = _uncompiled(value)
        if source is not None:
            options = getattr(value, "targetoptions", {})
            yield repr(sorted((name, str(option)) for name, option in options.items())).encode()
            yield self.digest(source)
            return
        home = _home(value)
        if home is not None and self._by_name(home):
            yield self._name_of(home, value.__name__)
            return
        if isinstance(value, np.ufunc):
            raise self._refusal(value)
        yield self.digest(kind)
        base = next((base for base in CONTAINERS if isinstance(value, base)), None)
        if base is not None:
            plain = np.ma.getdata(value).view(np.ndarray) if base is np.ndarray else base(value)
            yield from self._contents(plain)
            if isinstance(value, np.ma.MaskedArray):
                yield from self._all(np.ma.getmaskarray(value), value.fill_value)
                return
        elif self._by_name(kind.__module__) and top_of(kind.__module__) not in OWN:
            yield from self._reduced(value)
            return
        if getattr(kind, "__getstate__", None) is not getattr(object, "__getstate__", None):
            yield self.digest(value.__getstate__())
            return
        state = dict(getattr(value, "__dict__", {}))
        for cls in kind.__mro__:
            slots = vars(cls).get("__slots__", ())
            for name in (slots,) if isinstance(slots, str) else slots:
                if name not in ("__dict__", "__weakref__") and hasattr(value, name):
                    state[name] = getattr(value, name)
        yield from self._named(state)

    def _reduced(self, value: Any) -> Iterator[bytes]:
        """Write an object of a library by what it would be copied from."""
        try:
            parts = value.__reduce_ex__(4)
        except Exception:
            raise self._refusal(value) from None
        if isinstance(parts, str):
            yield self._name_of(type(value).__module__, parts)
            return
        # Items of a list or of a dictionary come as iterators, at the end.
        yield from self._all(*parts[:3], *(None if part is None else list(part) for part in parts[3:5]))


def _uncompiled(value: Any) -> types.FunctionType | None:
    """Return the Python function behind one that numba compiled or that a cache wraps, or None."""
    known = {"numba": ("py_func", "_pyfunc"), "functools": ("__wrapped__",)}
    # What `compiled` makes is a class of this project's, derived from numba's.
    makers = {kind.__module__.partition(".")[0] for kind in type(value).__mro__}
    found = (getattr(value, place, None) for by in known.keys() & makers for place in known[by])
    return next((source for source in found if isinstance(source, types.FunctionType)), None)


def _home(value: Any) -> str | None:
    """Return the module that has this very thing under its name, or None; ufuncs do not say their own."""
    name = getattr(value, "__name__", None) if callable(value) else None
    if not isinstance(name, str):
        return None
    homes = [
        getattr(value, "__module__", None),
        *(["numpy", "scipy.special"] if isinstance(value, np.ufunc) else []),
    ]
    return next(
        (home for home in homes if home and getattr(sys.modules.get(home), name, None) is value), None
    )
