"""Keeps the machine code of a function its own, so that its bits depend on its sources alone, and on disk.

numba copies the code of every function that is called into the object of the caller, as a definition that
another object may replace, optimises the copy once more, and leaves it to the linker which of the copies is
called: the one of whatever object was loaded first. The copies differ. A sum of two products has two ways
to become one fused multiply-add, and each round of optimisation may choose anew. So ``adamw``, whose update
calls that of ``adam``, had two traces of other last bits: one where ``adam`` had been loaded by itself before
(always so in the process that compiled it), one where both came from the cache.

Here each object calls its own copies. They are made private after the optimisation, so the machine code is
the one that numba makes anyway.

numba also makes machine code, an entry for Python and one for C of every function, though most are only ever
copied into their callers. Here a function has what somebody asked for (``Use``): those three were two fifths
of a cold start.
"""

from __future__ import annotations

import contextlib
import enum
import gc
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
from numba.core.environment import lookup_environment

from optimizers.generator_unboxing import uncounted_generators
from optimizers.private_folder import NotPrivateError, make_private

_Library: Any = JITCodeLibrary
_Compiler: Any = Compiler
_Implementation: Any = CompileResultCacheImpl
_Cache: Any = FunctionCache
_Locator: Any = UserProvidedCacheLocator


class Use(enum.IntEnum):
    """What a function was compiled for; each serves those above it as well."""

    CALLERS = 0
    """To be copied into compiled functions: optimised, and no machine code."""
    ADDRESS = 1
    """To be called by address: machine code."""
    PYTHON = 2
    """To be called from Python: machine code, and an entry that takes objects of Python."""


_COPIES = (llvm.Linkage.linkonce_odr, llvm.Linkage.weak_odr)
"""How numba marks a definition that came from another object; bodies of parallel loops are the latter."""


_WIDEST = '"prefer-vector-width"="512"'


class SelfContained(_Library):  # type: ignore[misc]
    """An object of machine code that calls its own copy of each function that it was linked with.

    There is no machine code before it is asked for.
    """

    _shared_module: Any
    _generated = False

    def add_ir_module(self, module: Any) -> None:
        """Take in what numba made of a function, and let loops use the widest vectors that there are.

        LLVM prefers half of them on processors of Intel's with 512 bits, for early ones slowed down.
        """
        for function in module.functions:
            set.add(function.attributes, _WIDEST)
        super().add_ir_module(module)

    def _finalize_final_module(self) -> None:
        if self._shared_module is not None:
            # From the cache, where the machine code is.
            self._generated = True
            super()._finalize_final_module()
            return
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
        self._finalize_dynamic_globals()
        self._finalized = True

    def generate(self) -> bool:
        """Make the machine code, and say whether there is any: of what is kept for callers there is none."""
        self._ensure_finalized()
        if not self._generated and any(self._final_module.functions):
            self._generated = True
            super()._finalize_final_module()
            for variable in self._final_module.global_variables:
                environment = lookup_environment(variable.name)
                if environment is not None:
                    self._codegen.set_env(variable.name, environment)
        return self._generated

    @property
    def generated(self) -> bool:
        """Say whether there is machine code."""
        return self._generated

    def get_pointer_to_function(self, name: str) -> int:
        """Return the address of a function, 0 where the object has none of that name."""
        self._ensure_finalized()
        defined = any(each.name == name and not each.is_declaration for each in self._shared_module.functions)
        return int(super().get_pointer_to_function(name)) if defined and self.generate() else 0

    @property
    def codegen(self) -> Any:
        """What numba tells of the function's environment as soon as it is compiled."""
        return self._codegen if self._generated else _NoMachineCode

    def serialize_using_object_code(self) -> Any:
        """Return what the cache keeps: machine code where there is any, and what callers are linked with."""
        self._ensure_finalized()
        if self._generated:
            return super().serialize_using_object_code()
        return self.name, "bitcode", self._shared_module.as_bitcode()

    @classmethod
    def _unserialize(cls, codegen: Any, state: Any) -> Any:
        name, kind, data = state
        if kind != "bitcode":
            return super()._unserialize(codegen, state)
        self = codegen.create_library(name)
        self._shared_module = llvm.parse_bitcode(data)
        self._finalized = True
        return self


class _NoMachineCode:
    """Where nothing is in memory yet, nothing is set there; ``generate`` does it."""

    @staticmethod
    def set_env(name: str, environment: Any) -> None:
        """Do nothing."""


@contextlib.contextmanager
def _self_contained(codegen: Any) -> Iterator[None]:
    # numba compiles under a lock of the whole process, so nobody else's function comes in between.
    before = codegen._library_class
    codegen._library_class = SelfContained
    try:
        yield
    finally:
        codegen._library_class = before


@contextlib.contextmanager
def _uncollected() -> Iterator[None]:
    """Leave the search for garbage until afterwards: it took a twelfth of the time of compiling."""
    before = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if before:
            gc.enable()


class SelfContainedCompiler(_Compiler):  # type: ignore[misc]
    """Compile a function, and what is compiled for it on the way, to objects that are self-contained."""

    def _compile_core(self) -> Any:
        with _uncollected(), _self_contained(self.state.targetctx.codegen()), uncounted_generators():
            return super()._compile_core()


class _PrivateFolder(_Locator):  # type: ignore[misc]
    """The folder of the digest, also where somebody has deleted it since: written by its owner alone."""

    def ensure_cache_path(self) -> None:
        """Make the folder, and see that it can be written, by nobody else."""
        make_private(Path(self.get_cache_path()).parent)
        super().ensure_cache_path()


class _OneFolder(_Implementation):  # type: ignore[misc]
    """Nowhere but in the folder of the digest: numba would go on to one where an edit is not seen."""

    _locator_classes = (_PrivateFolder,)

    def rebuild(self, target_context: Any, payload: Any) -> Any:
        """Return what was kept, loaded."""
        with _self_contained(target_context.codegen()):
            return super().rebuild(target_context, payload)


class _Entries:
    """One file for each signature, processor and use, with a digest of what it holds.

    numba keeps an index for all signatures of a function. Two processes that write it at once can leave one
    signature with the machine code of another, and a truncated file stops the program.
    """

    def __init__(self, folder: str, base: str) -> None:
        self._folder, self._base = Path(folder), base
        self.use = Use.PYTHON

    def _path(self, key: Any, use: Use) -> Path:
        digest = hashlib.sha256(repr(key).encode()).hexdigest()[:16]
        return self._folder / f"{self._base}.{digest}.{use.name.lower()}.nbc"

    def load(self, key: Any) -> Any:
        """Return what was saved for the present use or for more; None where there is nothing whole."""
        for use in list(Use)[self.use :]:
            with contextlib.suppress(OSError):
                stored = self._path(key, use).read_bytes()
                digest, data = stored[:32], stored[32:]
                if hashlib.sha256(data).digest() == digest:
                    return pickle.loads(data)
        return None

    def save(self, key: Any, data: Any) -> None:
        """Write an entry under a passing name first, so that nobody reads half of it."""
        import tempfile

        from numba.core.serialize import dumps

        written = dumps(data)
        path = self._path(key, self.use)
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
    def of(self, use: Use) -> Iterator[None]:
        """Load and save what a use needs."""
        before = self._cache_file.use
        self._cache_file.use = use
        try:
            yield
        finally:
            self._cache_file.use = before

    def save_overload(self, signature: Any, compiled: Any) -> None:
        """Save a compiled function, with its machine code where the present use needs it."""
        if self._cache_file.use is not Use.CALLERS:
            compiled.library.generate()
        super().save_overload(signature, compiled)

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
        reason = (
            f"{error.strerror}: set NUMBA_CACHE_DIR to another folder"
            if isinstance(error, NotPrivateError)
            else f"{folder} cannot be written ({error}): free it, or set NUMBA_CACHE_DIR to another folder"
        )
        warnings.warn(
            f"machine code is not kept, so that each process compiles anew: {reason}",
            RuntimeWarning,
            stacklevel=2,
        )


_warned = False
