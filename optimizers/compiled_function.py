"""A compiled function that has what somebody asked for, and nothing beforehand; or the same uncompiled."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterator
from typing import Any

import numpy as np
from numba.core.compiler_lock import global_compiler_lock
from numba.core.registry import CPUDispatcher
from numba.core.sigutils import normalize_signature

from optimizers.machine_code import MachineCode, SelfContainedCompiler, Use

_Dispatcher: Any = CPUDispatcher


class CompiledFunction(_Dispatcher):  # type: ignore[misc]
    """What ``compiled`` makes: numba's dispatcher, which knows what a signature is compiled for.

    Who calls it from Python gets an entry for Python, ``address`` the machine code, a compiled function
    what is copied into it. Where more is asked for than there is, it is compiled anew.
    """

    _wanted = Use.ADDRESS

    def __init__(
        self,
        py_func: Callable[..., Any],
        locals: Any = None,
        targetoptions: dict[str, Any] | None = None,
        pipeline_class: Any = SelfContainedCompiler,
    ) -> None:
        # Written out as numba's own decorator does: a user's function is identified by them, too.
        defaults = {"boundscheck": None, "no_cfunc_wrapper": False, "no_cpython_wrapper": False}
        options = {**defaults, **(targetoptions or {}), "nopython": True}
        super().__init__(py_func, locals, options, pipeline_class)
        # Its own: what is said of the function to others stays the same whatever it was compiled for.
        self._compiler.targetoptions = {**options, "no_cfunc_wrapper": True}

    def get_call_template(self, args: Any, kws: Any) -> Any:
        """Compile for a compiled function that calls this one."""
        with self._for(Use.CALLERS):
            return super().get_call_template(args, kws)

    def _compile_for_args(self, *args: Any, **kws: Any) -> Any:
        with self._for(Use.PYTHON):
            return super()._compile_for_args(*args, **kws)

    @contextlib.contextmanager
    def _for(self, use: Use) -> Iterator[None]:
        with global_compiler_lock:
            before, self._wanted = self._wanted, use
            try:
                yield
            finally:
                self._wanted = before

    def compile(self, sig: Any) -> Any:
        """Compile for a signature where it was not yet; directly asked for, to be called by address."""
        with contextlib.ExitStack() as stack:
            stack.enter_context(global_compiler_lock)
            if isinstance(self._cache, MachineCode):
                stack.enter_context(self._cache.of(self._wanted))
            arguments = tuple(normalize_signature(sig)[0])
            there = self.overloads.get(arguments)
            if there is not None and self._use(there) < self._wanted:
                if self._wanted is Use.ADDRESS and there.library.generate():
                    self._cache.save_overload(sig, there)
                else:
                    del self.overloads[arguments]
            self._compiler.targetoptions["no_cpython_wrapper"] = self._wanted is not Use.PYTHON
            return super().compile(sig)

    def add_overload(self, cres: Any) -> None:
        """Keep what was compiled; Python is shown what has an entry for it."""
        if self._use(cres) is Use.PYTHON:
            super().add_overload(cres)
        else:
            self.overloads[tuple(cres.signature.args)] = cres

    @staticmethod
    def _use(cres: Any) -> Use:
        if not cres.library.generated:
            return Use.CALLERS
        entry = cres.library.get_pointer_to_function(cres.fndesc.llvm_cpython_wrapper_name)
        return Use.PYTHON if entry else Use.ADDRESS


class UncompiledFunction(CompiledFunction):
    """What ``compiled`` makes where compilation is off: a call runs the source, in NumPy's arithmetic.

    Arguments:
        function: the source; others see the same of it, its options included, as where it is compiled.
        options: for numba.
        plain: what a call runs.
    """

    def __init__(
        self, function: Callable[..., Any], options: dict[str, Any], plain: Callable[..., Any]
    ) -> None:
        super().__init__(function, targetoptions=options)
        self._plain = plain

    def __call__(self, *arguments: Any) -> Any:
        """Run the source. A division by zero and an overflow are silent, as in machine code."""
        with np.errstate(all="ignore"):
            return self._plain(*arguments)
