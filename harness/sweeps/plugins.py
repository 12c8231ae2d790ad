"""Files that a user names, which bring members of their own to any family."""

from __future__ import annotations

import hashlib
import importlib.util
import sys
from pathlib import Path
from types import ModuleType

from optimizers.errors import InputError
from optimizers.printable import said_by, shortened
from optimizers.registry import Registry

PACKAGE = "harness_plugins"
"""Name before the names of such files among Python's modules, so that none of them hides another module."""

FAMILIES = (
    "harness.problems",
    "harness.gradients",
    "harness.analysis",
    "harness.plots",
    "harness.exchange",
    "harness.sweeps.executors",
    "optimizers.descent.schedule",
)
"""Modules of the families that may not have been imported; each of the others is imported by one of them."""

_loaded: dict[Path, ModuleType] = {}


def load_plugins(file: Path) -> str:
    """Import a file and enter what it defines into the families.

    It is imported once; its folder is searched for what it imports itself.

    Arguments:
        file: path of a Python file.

    Returns:
        Its absolute path.

    Raises:
        InputError: if it cannot be imported, or brings nothing, or a name that is taken.
    """
    called = shortened(str(file))
    try:
        path = file.resolve()
        there = path.suffix == ".py" and path.is_file()
    except (OSError, ValueError):
        # A name that is too long, or has a NUL.
        there = False
    if not there:
        raise InputError(f"plugin {called} is no Python file that is there: give the path of a .py file")
    if path in _loaded:
        return str(path)
    name = f"{PACKAGE}.{path.stem}_{hashlib.sha256(str(path).encode()).hexdigest()[:8]}"
    specification = importlib.util.spec_from_file_location(name, path)
    assert specification is not None
    assert specification.loader is not None
    module = importlib.util.module_from_spec(specification)
    # A package of its own, and modules by name: what is pickled is found again in a worker.
    sys.modules.setdefault(PACKAGE, ModuleType(PACKAGE))
    sys.modules[name] = module
    sys.path.append(str(path.parent))
    try:
        specification.loader.exec_module(module)
    except (Exception, SystemExit) as error:
        del sys.modules[name]
        raise InputError(f"plugin {called} breaks: {said_by(error)}; mend it") from None
    finally:
        sys.path.remove(str(path.parent))
    brought = [name for family in _families() for name in family.adopt(module, f"plugin {called}")]
    if not brought:
        kinds = ", ".join(family.expected for family in _families())
        raise InputError(f"plugin {called} brings nothing: define {kinds} in it")
    _loaded[path] = module
    return str(path)


def loaded_plugins() -> list[str]:
    """Return the files that were loaded, for a worker to load them too."""
    return [str(path) for path in _loaded]


def _families() -> list[Registry[object]]:
    """Return all families; those that nothing has asked for yet are imported."""
    for name in FAMILIES:
        importlib.import_module(name)
    return Registry.families
