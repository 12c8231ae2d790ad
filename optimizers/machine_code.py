"""Keeps the machine code of a function its own, so that its bits depend on its sources alone, and on disk.

numba copies the code of every function that is called into the object of the caller, as a definition that
another object may replace, optimises the copy once more, and leaves it to the linker which of the copies is
called: the one of whatever object was loaded first. The copies differ. A sum of two products has two ways
to become one fused multiply-add, and each round of optimisation may choose anew. So ``adamw``, whose update
calls that of ``adam``, had two traces of other last bits: one where ``adam`` had been loaded by itself before
(always so in the process that compiled it), one where both came from the cache.

Here each object calls its own copies. They are made private after the optimisation, so the machine code is
the one that numba makes anyway.
"""

from __future__ import annotations

import contextlib
import hashlib
import pickle
import warnings
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import llvmlite.binding as llvm
from numba.core.caching import CompileResultCacheImpl, FunctionCache, UserProvidedCacheLocator
from numba.core.codegen import JITCodeLibrary
from numba.core.compiler import Compiler

_Library: Any = JITCodeLibrary
_Compiler: Any = Compiler
_Implementation: Any = CompileResultCacheImpl
_Cache: Any = FunctionCache


_COPIES = (llvm.Linkage.linkonce_odr, llvm.Linkage.weak_odr)
"""How numba marks a definition that came from another object; bodies of parallel loops are the latter."""


class SelfContained(_Library):  # type: ignore[misc]
    """An object of machine code that calls its own copy of each function that it was linked with."""

    _shared_module: Any

    def _finalize_final_module(self) -> None:
        if self._shared_module is None:
            # What callers of this function are linked with: there its copies must still be shared. It goes
            # through bitcode as it does from the cache: LLVM may order the uses of a value otherwise.
            shared = llvm.parse_bitcode(self._final_module.as_bitcode())
            for function in shared.functions:
                if not function.is_declaration and function.linkage == llvm.Linkage.external:
                    function.linkage = "linkonce_odr"
            self._shared_module = shared
            for function in self._final_module.functions:
                if not function.is_declaration and function.linkage in _COPIES:
                    function.linkage = "internal"
        super()._finalize_final_module()


class SelfContainedCompiler(_Compiler):  # type: ignore[misc]
    """Compile a function, and what is compiled for it on the way, to objects that are self-contained."""

    def _compile_core(self) -> Any:
        # numba compiles under a lock of the whole process, so nobody else's function comes in between.
        codegen = self.state.targetctx.codegen()
        before = codegen._library_class
        codegen._library_class = SelfContained
        try:
            return super()._compile_core()
        finally:
            codegen._library_class = before


class _OneFolder(_Implementation):  # type: ignore[misc]
    """Nowhere but in the folder of the digest: numba would go on to one where an edit is not seen."""

    _locator_classes = (UserProvidedCacheLocator,)


class _Entries:
    """One file for each signature and processor, with a digest of what it holds.

    numba keeps an index for all signatures of a function. Two processes that write it at once can leave one
    signature with the machine code of another, and a truncated file stops the program.
    """

    def __init__(self, folder: str, base: str) -> None:
        self._folder, self._base = Path(folder), base

    def _path(self, key: Any) -> Path:
        return self._folder / f"{self._base}.{hashlib.sha256(repr(key).encode()).hexdigest()[:16]}.nbc"

    def load(self, key: Any) -> Any:
        """Return what was saved; None where there is nothing, or nothing whole."""
        with contextlib.suppress(OSError):
            stored = self._path(key).read_bytes()
            digest, data = stored[:32], stored[32:]
            if hashlib.sha256(data).digest() == digest:
                return pickle.loads(data)
        return None

    def save(self, key: Any, data: Any) -> None:
        """Write an entry under a passing name first, so that nobody reads half of it."""
        import tempfile

        from numba.core.serialize import dumps

        written = dumps(data)
        path = self._path(key)
        with tempfile.NamedTemporaryFile(dir=self._folder, suffix=".tmp", delete=False) as file:
            passing = Path(file.name)
            try:
                file.write(hashlib.sha256(written).digest() + written)
                file.close()
                passing.replace(path)
            except BaseException:
                passing.unlink(missing_ok=True)
                raise

    def flush(self) -> None:
        """Forget all entries of the function."""
        for path in self._folder.glob(f"{self._base}.*.nbc"):
            path.unlink(missing_ok=True)


class MachineCode(_Cache):  # type: ignore[misc]
    """The machine code of one function on disk; a disk that fails costs a compilation, never a run."""

    _impl_class = _OneFolder

    def __init__(self, function: Any) -> None:
        super().__init__(function)
        self._cache_file = _Entries(self._cache_path, self._impl.filename_base)

    @contextlib.contextmanager
    def _guard_against_spurious_io_errors(self) -> Iterator[None]:
        try:
            yield
        except OSError as error:
            self.disable()
            warn_of_no_cache(self._cache_path, error)


def warn_of_no_cache(folder: str, error: Exception) -> None:
    """Say once a process that machine code cannot be kept."""
    global _warned
    if not _warned:
        _warned = True
        warnings.warn(
            f"machine code is not kept, so that each process compiles anew: {folder} cannot be written "
            f"({error}): free it, or set NUMBA_CACHE_DIR to another folder",
            RuntimeWarning,
            stacklevel=2,
        )


_warned = False
