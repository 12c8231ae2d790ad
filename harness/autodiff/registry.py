"""What can be traced: primitives and NumPy's functions, each entered by the file that has it.

The tracer knows these tables and nothing of what is in them. A file of ``harness/autodiff/primitives`` or
``harness/autodiff/functions`` writes into them when it is imported; files are found by themselves.
"""

from __future__ import annotations

import importlib
import pkgutil
from collections.abc import Callable, Hashable, Iterator, Mapping
from typing import Any, TypeVar

Key = TypeVar("Key", bound=Hashable)
Entry = TypeVar("Entry")


class Table(Mapping[Key, Entry]):
    """Entries of the files of a package, which are imported when a look-up finds nothing.

    The package itself comes first: most programs, and every network's, need no more than what that imports.

    Arguments:
        package: name of the package.
    """

    def __init__(self, package: str) -> None:
        self._found: dict[Key, Entry] = {}
        self._package = package
        self._imported = 0

    def __setitem__(self, key: Key, entry: Entry) -> None:
        self._found[key] = entry

    def __getitem__(self, key: Key) -> Entry:
        while key not in self._found and self._import_more():
            pass
        return self._found[key]

    def __iter__(self) -> Iterator[Key]:
        while self._import_more():
            pass
        return iter(self._found)

    def __len__(self) -> int:
        return len(list(iter(self)))

    def _import_more(self) -> bool:
        """Import the package, at the second call all its files; say whether there was something left."""
        if self._imported == 2:
            return False
        package = importlib.import_module(self._package)
        if self._imported == 1:
            for module in pkgutil.iter_modules(package.__path__):
                importlib.import_module(f"{self._package}.{module.name}")
        self._imported += 1
        return True


_FUNCTIONS = "harness.autodiff.functions"

UFUNCS: Table[str, Any] = Table(_FUNCTIONS)
"""By the name of the ufunc, NumPy's or SciPy's."""

UFUNC_METHODS: Table[tuple[str, str], Any] = Table(_FUNCTIONS)
"""By the names of ufunc and method, such as ``("add", "reduce")``."""

FUNCTIONS: Table[Any, Any] = Table(_FUNCTIONS)
"""By the NumPy function itself: ``np.trace`` and ``np.linalg.trace`` are two."""

METHODS: Table[str, Any] = Table(_FUNCTIONS)
"""By the name of the method of an array."""

ATTRIBUTES: Table[str, Callable[[Any], Any]] = Table(_FUNCTIONS)
"""By the name of the attribute of an array."""

SYNTAX: Table[str, Callable[..., Any]] = Table(_FUNCTIONS)
"""What Python does without a name: ``x[key]`` is "index", ``np.array([x, y])`` is "put together"."""


def public_name(function: Any) -> str:
    """Return a NumPy function's name as users write it.

    >>> import numpy as np
    >>> public_name(np.linalg.norm)
    'np.linalg.norm'
    """
    module = str(getattr(function, "__module__", None) or "numpy")
    if module.startswith("harness.autodiff"):
        module = "harness.autodiff"
    return f"{module.replace('numpy', 'np', 1)}.{function.__name__}"
