"""Where code comes from: this project, an installed library, or the user."""

from __future__ import annotations

import functools
import platform
import site
import sys
import sysconfig
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

OWN = ("harness", "optimizers")
"""Top-level packages of this project."""


def top_of(module: str) -> str:
    """Return the top-level package of a module.

    >>> top_of("numpy.linalg")
    'numpy'
    """
    return module.partition(".")[0]


@functools.cache
def is_installed(top: str) -> bool:
    """Say whether a top-level module comes with Python or lies where libraries are installed.

    >>> is_installed("numpy"), is_installed("math"), is_installed("__main__")
    (True, True, False)
    """
    if top == "__main__":
        return False
    if top in sys.stdlib_module_names or top in sys.builtin_module_names:
        return True
    spec = getattr(sys.modules.get(top), "__spec__", None)
    places = [spec.origin or "", *(spec.submodule_search_locations or [])] if spec is not None else []
    return any(
        Path(place).is_relative_to(folder) for place in filter(None, places) for folder in _libraries()
    )


@functools.cache
def _libraries() -> tuple[Path, ...]:
    folders = [sysconfig.get_path("purelib"), sysconfig.get_path("platlib"), *site.getsitepackages()]
    return tuple({Path(folder) for folder in [*folders, site.getusersitepackages()]})


@functools.cache
def version_of(top: str) -> str:
    """Return the version of an installed top-level module; Python's for what comes with it.

    >>> import numpy
    >>> version_of("numpy") == numpy.__version__
    True
    """
    if top in sys.stdlib_module_names:
        return platform.python_version()
    said = getattr(sys.modules.get(top), "__version__", None)
    if isinstance(said, str):
        return said
    try:
        return version(top)
    except PackageNotFoundError:
        return ""


def resolves(module: str, name: str, value: object) -> bool:
    """Say whether a module has this very thing under its qualified name.

    >>> import math
    >>> resolves("math", "sin", math.sin), resolves("math", "sin", math.cos)
    (True, False)
    """
    found: object = sys.modules.get(module)
    for part in name.split("."):
        found = getattr(found, part, None)
    return found is value
