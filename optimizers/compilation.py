"""How every numba function of the project is compiled, and where its machine code is kept.

The policy lives here so that no kernel repeats it:

- ``error_model="numpy"``: a division by zero gives an infinity, as in NumPy. The other model puts a
  branch behind each division, and LLVM then refuses to vectorise the loop.
- the fast-math flag ``contract`` only (fused multiply-add). ``reassociate=True`` adds ``reassoc`` and is
  for sums of products alone: it lets LLVM split a sum over vector lanes. In an exponential the same
  flag folds the range reduction away and the loss is wrong by 1e-2. Never ``nnan`` or ``ninf``: a run
  that diverges has to show it.
- the disk cache, in a folder named after a digest of the sources. numba itself looks at the
  edit time of the one file that holds a function, and goes on using stale code when a function that
  was inlined from ANOTHER file has changed.
"""

from __future__ import annotations

import functools
import hashlib
import os
import re
import sys
import warnings
from collections.abc import Callable
from pathlib import Path
from typing import Any

import llvmlite
import numba
from numba.misc.appdirs import AppDirs

from optimizers.compiled_function import CompiledFunction, UncompiledFunction
from optimizers.machine_code import MachineCode, warn_of_no_cache
from optimizers.private_folder import make_private
from optimizers.silent_math import silence_math

# numba's own annotations do not know its settings.
_config: Any = numba.config

UNCOMPILED = bool(_config.DISABLE_JIT)
"""Whether functions run as Python, as ``NUMBA_DISABLE_JIT`` asks for."""

if UNCOMPILED:
    warnings.warn(
        "NUMBA_DISABLE_JIT is set, so nothing is compiled: runs take thousands of times as long, and come to "
        "other last bits; unset it for anything but tests and debugging",
        RuntimeWarning,
        stacklevel=2,
    )

MARKER = "optimizers.compilation"
_SETTINGS = ("OPT", "LOOP_VECTORIZE", "SLP_VECTORIZE", "BOUNDSCHECK", "DEBUGINFO_DEFAULT", "USING_SVML")
"""What of numba's configuration is in the machine code, and not in numba's own key (processor, signature)."""


_packages: set[str] = set()
"""Packages that have compiled something in this process: a package that is built upon comes before."""


@functools.cache
def _source_digest(package: str) -> str:
    """Digest every source that a compiled function of a package may have read something from.

    Those are its files that compile anything, and what they import, step by step, from the package itself
    and from others that compile: it may be a function or a constant that is now in the machine code.
    """
    roots = {name: _location(name) for name in {package, "optimizers", *_packages}}
    own = roots[package]
    waiting = _compiling(own) if own is not None else []
    sources: dict[Path, bytes] = {}
    names: set[str] = set()
    while waiting:
        path = waiting.pop()
        if path in sources:
            continue
        sources[path] = path.read_bytes()
        new = set(_imported(sources[path], path, roots)) - names
        names |= new
        for imported in new:
            top, _, rest = imported.partition(".")
            root = roots.get(top)
            if root is not None and root.is_dir():
                file = root / rest.replace(".", "/")
                waiting += [
                    found for found in (file.with_suffix(".py"), file / "__init__.py") if found.is_file()
                ]
    settings = [getattr(_config, name, None) for name in _SETTINGS]
    digest = hashlib.sha256(f"{numba.__version__} {llvmlite.__version__} {settings}".encode())
    for path in sorted(sources):
        digest.update(str(path).encode() + sources[path])
    return digest.hexdigest()[:16]


_LISTED = rb"(\([^)]*\)|(?:[^\n#;\\]|\\\n)+)"
_FROM = re.compile(rb"from[ \t]+([.\w]+)[ \t]+import[ \t]*" + _LISTED)
_IMPORT = re.compile(rb"import[ \t]+" + _LISTED)
_NAMES = re.compile(rb"(?:^|,)[\s(\\]*([.\w]+)")


def _imported(source: bytes, path: Path, roots: dict[str, Path | None]) -> list[str]:
    """Return the full names of what a source imports; ``from a import b`` may mean the module ``a.b``.

    Read by pattern: a syntax tree of each file took 300 ms of every start.
    """
    found: list[str] = []
    for match in _IMPORT.finditer(source):
        if _begins(source, match.start()):
            found += [name.decode() for name in _NAMES.findall(match[1])]
    for match in _FROM.finditer(source):
        if not _begins(source, match.start()):
            continue
        origin, names = match.groups()
        level = len(origin) - len(origin.lstrip(b"."))
        module = origin[level:].decode()
        if level:
            top, root = next((name, r) for name, r in roots.items() if r and path.is_relative_to(r))
            inside = path.parents[level - 1].relative_to(root).parts if root and root.is_dir() else ()
            module = ".".join(part for part in (top, *inside, module) if part)
        names = re.sub(rb"#.*", b"", names)
        found += [module, *(f"{module}.{name.decode()}" for name in _NAMES.findall(names))]
    return found


def _begins(source: bytes, place: int) -> bool:
    """Say whether a statement begins there, and not the example of a docstring.

    An example of ``optimizers`` that imports ``harness`` made its digest a matter of what had been imported
    before, and worker processes compiled anew.
    """
    before = source[source.rfind(b"\n", 0, place) + 1 : place].strip()
    return not before or before.endswith((b";", b":"))


def _location(package: str) -> Path | None:
    """Return the folder of a package that is imported, or the file of a module that is none."""
    module = sys.modules.get(package)
    file = getattr(module, "__file__", None)
    if file is None:
        return None
    return Path(file).parent if hasattr(module, "__path__") else Path(file)


def _compiling(root: Path) -> list[Path]:
    files = [root] if root.is_file() else list(root.rglob("*.py"))
    return [path for path in files if MARKER.encode() in path.read_bytes()]


def cache_directory(package: str) -> Path:
    """Return the folder that holds a package's machine code.

    ``NUMBA_CACHE_DIR`` moves it; otherwise it is in the user's cache folder. Deleting it costs one
    compilation and nothing else.

    Arguments:
        package: top-level package whose functions are compiled, for example ``"harness"``.
    """
    chosen = os.environ.get("NUMBA_CACHE_DIR")
    return (Path(chosen) if chosen else _user_folder()) / _source_digest(package)


@functools.cache
def _own(folder: Path) -> None:
    """See once that a folder is this user's; one that is not is looked at again for each function."""
    make_private(folder)


@functools.cache
def _user_folder() -> Path:
    return Path(AppDirs("harness", False).user_cache_dir)


def compiled(
    *,
    reassociate: bool = False,
    parallel: bool = False,
    allocates: bool = False,
    within_callers: bool = False,
    plain: Callable[..., Any] | None = None,
) -> Callable[[Callable[..., Any]], Any]:
    """Compile a function with the project's flags and keep its machine code on disk.

    Nothing is compiled before the first call, or before the function's address is taken: importing a
    module has to stay cheap.

    Arguments:
        reassociate: allow the order of additions to change. For sums of products only.
        parallel: let ``numba.prange`` use threads.
        allocates: let the function make new arrays, or call what does; a parallel one always may. Without
            it numba leaves out the reference counts of the arrays that are handed on, two atomic operations
            each: 590 ns to 206 ns for the loss of a 2-2-1 network on four rows.
        within_callers: put a copy of the function wherever compiled code calls it. LLVM calls large ones, and
            hands on seven numbers for each array: without calls a step of 2-2-1 takes 134 ns in place of 157.
        plain: what runs in its place where compilation is off, of a function that Python cannot run, such as
            one with a call of C or with instructions of the processor's own.

    >>> @compiled()
    ... def twice(x):
    ...     return 2 * x
    >>> twice(21)
    42
    """
    options = {
        "error_model": "numpy",
        "fastmath": {"contract", "reassoc", "nsz"} if reassociate else {"contract"},
        "parallel": parallel,
        "nogil": True,
        "_nrt": allocates or parallel,
        # Left out where it is not asked for: a user's function is identified by its options.
        **({"forceinline": True} if within_callers else {}),
    }

    def decorate(function: Callable[..., Any]) -> Any:
        # A function typed at a prompt or in a doctest has no file, so no place in the cache.
        cached = Path(function.__code__.co_filename).is_file()
        package = function.__module__.partition(".")[0]
        _packages.add(package)
        if UNCOMPILED:
            silence_math(function)
            return UncompiledFunction(function, options, plain or function)
        dispatcher = CompiledFunction(function, targetoptions=options)
        if not cached:
            return dispatcher
        before = _config.CACHE_DIR
        _config.CACHE_DIR = str(cache_directory(package))
        try:
            _own(Path(_config.CACHE_DIR))
            # numba reads the folder when caching is switched on; the user's own setting comes back.
            dispatcher._cache = MachineCode(function)
        except (OSError, RuntimeError) as error:
            warn_of_no_cache(_config.CACHE_DIR, error)
        finally:
            _config.CACHE_DIR = before
        return dispatcher

    return decorate
