"""Runs NumPy-like code once with stand-ins for its arrays, and writes down what it does to them."""

from __future__ import annotations

import sys
from collections.abc import Hashable, Iterator
from pathlib import Path
from typing import Any

import numpy as np

from harness.autodiff.program import Shape, Trace
from optimizers.errors import InputError
from optimizers.objective import Array


class TraceError(InputError):
    """Report code that cannot be traced, with the line it stands in and the remedy."""


def refused(what: str, remedy: str) -> TraceError:
    """Build the error for the user's line that is being traced: the first outside this package and NumPy."""
    frame = sys._getframe(1)
    inside = Path(__file__).parent
    while frame.f_back is not None:
        path = Path(frame.f_code.co_filename)
        if inside not in path.parents and "numpy" not in path.parts and "scipy" not in path.parts:
            break
        frame = frame.f_back
    place = f"{Path(frame.f_code.co_filename).name}, line {frame.f_lineno}"
    return TraceError(f"{place}: {what} cannot be traced: {remedy}")


class Traced(np.lib.mixins.NDArrayOperatorsMixin):
    """Stands in for an array of a fixed shape; what NumPy does to it becomes instructions."""

    __array_priority__ = 1000

    def __init__(self, trace: Trace, place: int) -> None:
        self.trace = trace
        self.place = place

    @property
    def shape(self) -> Shape:
        """Shape of the array that it stands for."""
        return self.trace.shapes[self.place]

    @property
    def ndim(self) -> int:
        """Number of axes."""
        return len(self.shape)

    @property
    def size(self) -> int:
        """Number of entries."""
        return int(np.prod(self.shape, dtype=int))

    @property
    def dtype(self) -> Any:
        """Always float64."""
        return np.dtype(np.float64)

    def __repr__(self) -> str:
        return f"<traced array of shape {self.shape}>"

    def __array_ufunc__(self, ufunc: Any, method: str, *inputs: Any, **options: Any) -> Any:
        from harness.autodiff.functions import REDUCTIONS, UFUNCS

        if options.pop("out", None) is not None:
            raise refused("a write into an array", "make a new array, as in x = x + y")
        name = ufunc.__name__
        if method == "reduce" and name in REDUCTIONS:
            return REDUCTIONS[name](*inputs, **options)
        if method != "__call__" or name not in UFUNCS:
            shown = name if method == "__call__" else f"{name}.{method}"
            raise refused(f"the function {shown}", "write it with functions that can be, such as exp and log")
        if options:
            raise refused(f"the option {', '.join(options)} of {name}", "leave it out, or use np.where")
        return UFUNCS[name](*inputs)

    def __array_function__(self, function: Any, types: Any, arguments: Any, options: Any) -> Any:
        from harness.autodiff.functions import FUNCTIONS

        name = function.__name__
        if name not in FUNCTIONS:
            raise refused(f"the function np.{name}", "write it with functions that can be")
        return FUNCTIONS[name](*arguments, **options)

    def __array__(self, *_: Any, **__: Any) -> Any:
        raise refused("turning a traced array into numbers", "keep to NumPy's functions of arrays")

    def __bool__(self) -> bool:
        raise refused(
            "a branch or a loop that depends on the data", "use np.where, or a fixed number of steps"
        )

    def _number(self) -> Any:
        raise refused(
            "turning a traced array into a Python number", "use np.exp in place of math.exp, and so on"
        )

    __float__ = __int__ = __index__ = __complex__ = _number

    def __setitem__(self, *_: Any) -> None:
        raise refused("a write into an array", "make a new array, with np.where or np.concatenate")

    def __hash__(self) -> int:
        return id(self)

    def __len__(self) -> int:
        if not self.shape:
            raise TypeError("a traced number has no length")
        return self.shape[0]

    def __iter__(self) -> Iterator[Any]:
        return (self[row] for row in range(len(self)))

    def __getitem__(self, key: Any) -> Any:
        from harness.autodiff.functions import indexed

        return indexed(self, key)

    def __getattr__(self, name: str) -> Any:
        from harness.autodiff.functions import METHODS

        if name == "T":
            return METHODS["transpose"](self)
        if name in METHODS:
            return lambda *arguments, **options: METHODS[name](self, *arguments, **options)
        raise AttributeError(f"a traced array has no attribute {name!r}")


def lifted(trace: Trace, value: Any) -> Traced:
    """Return a value as a traced array of a trace."""
    if isinstance(value, Traced):
        if value.trace is not trace:
            raise refused("an array of another trace", "hand it in as an argument")
        return value
    array: Array = np.array(value, dtype=np.float64)
    return Traced(trace, trace.constant(array))


def trace_of(*values: Any) -> Trace:
    """Return the trace that some values belong to."""
    return next(value.trace for value in values if isinstance(value, Traced))


def emit(primitive: str, *inputs: Any, settings: tuple[Hashable, ...] = ()) -> Traced:
    """Add an instruction to the trace of its inputs."""
    from harness.autodiff.primitives import PRIMITIVES

    trace = trace_of(*inputs)
    operands = [lifted(trace, value) for value in inputs]
    shape = PRIMITIVES[primitive].shape(*(operand.shape for operand in operands), *settings)
    return Traced(trace, trace.emit(primitive, tuple(o.place for o in operands), settings, shape))
