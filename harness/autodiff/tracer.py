"""Runs NumPy-like code once with stand-ins for its arrays, and writes down what it does to them."""

from __future__ import annotations

import sys
from collections.abc import Callable, Hashable, Iterator
from pathlib import Path
from typing import Any

import numpy as np

from harness.autodiff.primitive import PRIMITIVES
from harness.autodiff.program import Shape, Trace
from harness.autodiff.registry import (
    ATTRIBUTES,
    FUNCTIONS,
    METHODS,
    SYNTAX,
    UFUNC_METHODS,
    UFUNCS,
    public_name,
)
from harness.autodiff.remedies import GENERAL, REMEDIES, of_method, of_scipy
from optimizers.errors import InputError
from optimizers.objective import Array
from optimizers.printable import MOST_SAID, shortened, shown

MOST_MEMBERS = 1000
"""Entries of a traced array that ``np.asarray`` takes apart: each becomes an instruction of its own."""


class TraceError(InputError):
    """Report code that cannot be traced, with the line it stands in and the remedy."""


def refused(what: str, remedy: str) -> TraceError:
    """Build the error for the user's line that is being traced: the first outside this package and NumPy."""
    frame = sys._getframe(1)
    while frame.f_back is not None and not _of_user(frame.f_code.co_filename):
        frame = frame.f_back
    place = f"{Path(frame.f_code.co_filename).name}, line {frame.f_lineno}"
    return TraceError(f"{place}: {what} cannot be traced: {remedy}")


def _of_user(file: str) -> bool:
    path = Path(file)
    return (
        Path(__file__).parent not in path.parents and "numpy" not in path.parts and "scipy" not in path.parts
    )


def sentence(error: Exception) -> TraceError:
    """Turn an error that came up while a function was traced into a sentence with the function's line."""
    place = ""
    step = error.__traceback__
    while step is not None:
        if _of_user(step.tb_frame.f_code.co_filename):
            place = f"{Path(step.tb_frame.f_code.co_filename).name}, line {step.tb_lineno}: "
        step = step.tb_next
    said = shortened(str(error).split("\n")[0].rstrip("."))
    return TraceError(f"{place}this cannot be traced: {said[:MOST_SAID] or type(error).__name__}")


def _function_of_scipy() -> str | None:
    """Return the name of the SciPy function that asks for plain numbers, as the user called it, if one does.

    SciPy's ufuncs are traced; its functions in plain Python call ``np.asarray`` first.
    """
    name, frame = None, sys._getframe(2)
    while frame is not None and {"scipy", "numpy"}.intersection(Path(frame.f_code.co_filename).parts):
        if "scipy" in Path(frame.f_code.co_filename).parts:
            name = frame.f_code.co_name
        frame = frame.f_back  # type: ignore[assignment]
    return name


class Traced(np.lib.mixins.NDArrayOperatorsMixin):
    """Stands in for an array of a fixed shape; what NumPy does to it becomes instructions.

    Attributes:
        origin: the program in the making that it belongs to.
        place: its variable there.
        condition: whether NumPy's array would be one of truth values; its numbers are 0 and 1.
    """

    __array_priority__ = 1000

    def __init__(self, trace: Trace, place: int, condition: bool = False) -> None:
        self.origin = trace
        self.place = place
        self.condition = condition

    @property
    def shape(self) -> Shape:
        """Shape of the array that it stands for."""
        return self.origin.shapes[self.place]

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
        """The type that NumPy's array would have: bool for a condition, else float64."""
        return np.dtype(bool if self.condition else np.float64)

    def __repr__(self) -> str:
        return f"<traced array of shape {self.shape}>"

    def __array_ufunc__(self, ufunc: Any, method: str, *inputs: Any, **options: Any) -> Any:
        if any(part is not None for part in options.pop("out", ())):
            raise refused("a write into an array, by out=", "make a new array, as in x = x + y")
        name = ufunc.__name__
        entry = UFUNCS.get(name) if method == "__call__" else UFUNC_METHODS.get((name, method))
        if entry is None:
            shown = name if method == "__call__" else f"{name}.{method}"
            raise refused(f"the function {shown}", "write it with functions that can be, such as exp and log")
        return entry(*inputs, **options)

    def __array_function__(self, function: Any, types: Any, arguments: Any, options: Any) -> Any:
        if function not in FUNCTIONS:
            raise refused(f"the function {public_name(function)}", REMEDIES.get(function, GENERAL))
        return FUNCTIONS[function](*arguments, **options)

    def __array__(self, dtype: Any = None, copy: Any = None) -> Any:
        """Return an array of objects, a traced number each: ``np.array([w[0], w[1]])`` puts it together."""
        if (name := _function_of_scipy()) is not None:
            raise refused(f"SciPy's function {name}", of_scipy(name))
        if dtype is not None and np.dtype(dtype) != object:
            raise refused(
                "turning a traced array into plain numbers", "use np.stack or np.array([...]) without a dtype"
            )
        if self.size > MOST_MEMBERS:
            raise refused(
                f"taking an array of {self.size:,} entries apart", "leave np.asarray out, or use np.stack"
            )
        parts = np.empty(self.shape, dtype=object)
        for index in np.ndindex(self.shape):
            parts[index] = self[index] if self.shape else self
        return parts

    def __bool__(self) -> bool:
        raise refused(
            "a branch or a loop that depends on the data", "use np.where, or a fixed number of steps"
        )

    def _number(self) -> Any:
        raise refused(
            "turning a traced array into a Python number",
            "use np.exp in place of math.exp, np.stack in place of B[0] = ..., and so on",
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
        return SYNTAX["index"](self, key)

    def __getattr__(self, name: str) -> Any:
        if name in ATTRIBUTES:
            return ATTRIBUTES[name](self)
        if name in METHODS:
            return _bound(METHODS[name], self)
        if name in UFUNCS and not self.shape:
            # NumPy's functions of an array of objects call the method of that name of each.
            return _bound(UFUNCS[name], self)
        if not name.startswith("_") and hasattr(np.ndarray, name):
            raise refused(f"the attribute {name} of an array", of_method(name))
        raise AttributeError(f"a traced array has no attribute {shown(name)}")


def _bound(entry: Callable[..., Any], x: Traced) -> Callable[..., Any]:
    return lambda *arguments, **options: entry(x, *arguments, **options)


def members(array: Any) -> list[Traced]:
    """Return the traced numbers among the members of an array of objects."""
    return [member for member in array.ravel() if isinstance(member, Traced)]


def real(value: Any) -> Array:
    """Return a plain value as numbers.

    Raises:
        TraceError: for what is no array of real numbers: masked, complex, dates, text, None, records.
    """
    if np.ma.isMaskedArray(value):
        raise refused("a masked array", "fill it first, with .filled(...)")
    try:
        array = np.asarray(value)
    except ValueError as error:
        raise refused("a ragged list", str(error).split(".")[0]) from None
    if array.dtype.kind not in "biuf":
        raise refused(f"a value of type {_kind(value, array)}", "hand in real numbers")
    return np.array(array, dtype=np.float64)


def _kind(value: Any, array: Any) -> str:
    return str(array.dtype) if array.dtype != object else type(value).__name__


def lifted(trace: Trace, value: Any) -> Traced:
    """Return a value as a traced array of a trace; one of an outer trace becomes an input of this one."""
    if isinstance(value, Traced):
        if value.origin is trace:
            return value
        if value.origin.finished or value.origin.number > trace.number:
            raise refused("an array of a trace that has ended", "hand it in as an argument")
        return Traced(trace, trace.capture(value.origin, value.place), value.condition)
    if not isinstance(value, np.ndarray):
        try:
            value = np.asarray(value)
        except ValueError as error:
            raise refused("a ragged list", str(error).split(".")[0]) from None
    if value.dtype == object and members(value):
        together: Traced = SYNTAX["put together"](trace, value)
        return together
    return Traced(trace, trace.constant(real(value)), condition=value.dtype == bool)


def trace_of(*values: Any) -> Trace:
    """Return the innermost trace that some values belong to."""
    traces = []
    for value in values:
        if isinstance(value, Traced):
            traces.append(value.origin)
        elif isinstance(value, list | tuple):
            traces += [trace_of(*value)] if holds_traced(value) else []
        elif isinstance(value, np.ndarray) and value.dtype == object:
            traces += [member.origin for member in members(value)]
    return max(traces, key=lambda trace: trace.number)


def holds_traced(value: Any) -> bool:
    """Say whether a value is traced, or a list or an array of objects with one that is."""
    if isinstance(value, list | tuple):
        return any(holds_traced(part) for part in value)
    if isinstance(value, np.ndarray) and value.dtype == object:
        return bool(members(value))
    return isinstance(value, Traced)


def emit(primitive: str, *inputs: Any, settings: tuple[Hashable, ...] = ()) -> Traced:
    """Add an instruction to the trace of its inputs."""
    trace = trace_of(*inputs)
    if trace.finished:
        raise refused("an array of a trace that has ended", "hand it in as an argument")
    operands = [lifted(trace, value) for value in inputs]
    shape = PRIMITIVES[primitive].shape(*(operand.shape for operand in operands), *settings)
    return Traced(trace, trace.emit(primitive, tuple(o.place for o in operands), settings, shape))
