"""Calls of derivatives: what goes in and comes out, what is kept of a trace, and for how long it holds."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from harness.autodiff.evaluator import Evaluator
from harness.autodiff.program import Program, Shape, Trace
from harness.autodiff.staleness import Readings, same
from harness.autodiff.tracer import Traced, TraceError, holds_traced, lifted, real, sentence, trace_of
from optimizers.errors import InputError
from optimizers.objective import Array

Function = Callable[..., Any]
Options = Mapping[str, Any]

MOST_KEPT = 8
"""Programs of one set of shapes that are kept: one for each set of numbers that is read from outside."""


@dataclass(frozen=True)
class Recorded:
    """What a function does, and how its answer is put together.

    Attributes:
        program: from its inputs, and then the variables of outer traces that it reads, to its outputs.
        outer: those variables.
        kind: list or tuple where the function returns one, None for a single array.
    """

    program: Program
    outer: list[Traced]
    kind: type | None


def record(
    function: Function, shapes: Sequence[Shape], options: Options, conditions: Sequence[bool] = ()
) -> Recorded:
    """Run a function once with stand-ins for arrays of these shapes.

    Raises:
        TraceError: for what cannot be traced, with the line, and for an answer that is no array.
    """
    trace = Trace()
    flags = conditions or [False] * len(shapes)
    stand_ins = [Traced(trace, trace.input(shape), flag) for shape, flag in zip(shapes, flags, strict=True)]
    try:
        answer = function(*stand_ins, **options)
    except InputError:
        raise
    except (TypeError, ValueError, IndexError) as error:
        raise sentence(error) from error
    kind = list if isinstance(answer, list) else tuple if isinstance(answer, tuple) else None
    parts = answer if kind else (answer,)
    if not parts:
        raise TraceError("the function returns nothing: return a number or an array")
    outputs = [_output(trace, part).place for part in parts]
    program = trace.finish(outputs)
    return Recorded(program, [Traced(outer, place) for outer, place in trace.captured], kind)


def _output(trace: Trace, part: Any) -> Traced:
    if isinstance(part, Traced):
        return lifted(trace, part)
    if part is None or isinstance(part, dict | str | bytes | list | tuple | set):
        shown = "None" if part is None else f"a {type(part).__name__}"
        raise TraceError(f"the function returns {shown}: return a number or an array, or a tuple of them")
    try:
        return lifted(trace, part)
    except TraceError as error:
        said = str(error).split(": ", 1)[1]
        raise TraceError(f"the function returns what cannot be used: {said}") from None


def traced(function: Function, shapes: Sequence[Shape]) -> Program:
    """Run a function once with stand-ins for arrays of these shapes, and return what it does.

    Raises:
        TraceError: for what cannot be traced, with the line.
    """
    recorded = record(function, shapes, {})
    if recorded.outer:
        raise TraceError("the function reads an array of an outer trace: hand it in as an argument")
    return recorded.program


def plain(name: str, value: Any) -> Array:
    """Return an argument as numbers, conditions as they are.

    Raises:
        InputError: for what is no array of real numbers.
    """
    if type(value) is np.ndarray and value.dtype in (np.float64, np.bool_):
        return value
    try:
        array = np.asarray(value)
        return array if array.dtype == np.bool_ and not np.ma.isMaskedArray(value) else real(value)
    except (TraceError, ValueError):
        kind = "a masked array" if np.ma.isMaskedArray(value) else _described(value)
        raise InputError(
            f"{name} is {kind}, expected real numbers: hand it in by keyword if it is fixed"
        ) from None


def _described(value: Any) -> str:
    if value is None or isinstance(value, bool):
        return repr(value)
    if isinstance(value, np.ndarray):
        return f"an array of type {value.dtype}"
    return f"a {type(value).__name__} that is no array of them"


Form = Callable[[list[Any]], Any]
"""Puts an answer together from the outputs."""

FLOAT = np.dtype(np.float64)

Emitted = Callable[..., tuple[Sequence[Any], Form]]
"""Emits outputs from options and traced arrays."""


def formed(kind: type | None, parts: Sequence[Any]) -> Any:
    """Return one thing for each output of a function in the form of its answer."""
    if kind is None:
        return parts[0]
    return list(parts) if kind is list else tuple(parts)


@dataclass(frozen=True)
class _Kept:
    readings: Readings
    options: dict[str, Any]
    evaluator: Evaluator
    form: Form

    def serve(self, options: Options) -> bool:
        mine = self.options
        if (options or mine) and (
            options.keys() != mine.keys() or not all(same(mine[name], options[name]) for name in mine)
        ):
            return False
        return self.readings.hold()


class Call:
    """A function of traced arrays that also takes plain ones: compiled for each set of shapes.

    Arguments:
        function: what the user wrote, whose readings are compared at each call.
        emitted: takes options and traced arrays, emits the outputs, and says how they make the answer.
    """

    def __init__(self, function: Function, emitted: Emitted) -> None:
        self._function = function
        self._emitted = emitted
        self._kept: dict[Any, tuple[_Kept, ...]] = {}

    def __call__(self, arguments: Sequence[Any], options: Options) -> Any:
        """Return the answer, traced where an argument is, or where the function reads a traced array."""
        arrays: Sequence[Any] = arguments
        for argument in arguments:
            if type(argument) is not np.ndarray or argument.dtype is not FLOAT:
                if any(map(holds_traced, arguments)):
                    return self._within(trace_of(*arguments), arguments, options)
                arrays = [plain(f"argument {place}", each) for place, each in enumerate(arguments)]
                break
        key = tuple([array.shape if array.dtype is FLOAT else (array.shape,) for array in arrays])
        known = self._kept.get(key, ())
        for kept in known:
            if kept.serve(options):
                return kept.form(kept.evaluator(arrays))
        # Looked at before the function is run: what it changes itself is noticed at the next call.
        readings = Readings((self._function, tuple(options.values())))
        trace = Trace()
        stand_ins = [Traced(trace, trace.input(array.shape), array.dtype.kind == "b") for array in arrays]
        parts, form = self._emitted(options, *stand_ins)
        outputs = [lifted(trace, part).place for part in parts]
        if trace.captured:
            outer = max((owner for owner, _ in trace.captured), key=lambda owner: owner.number)
            return self._within(outer, arrays, options)
        evaluator = Evaluator(trace.finish(outputs))
        if not readings.volatile:
            copied = {name: _copy(value) for name, value in options.items()}
            self._kept[key] = (_Kept(readings, copied, evaluator, form), *known[: MOST_KEPT - 1])
        return form(evaluator(arrays))

    def _within(self, trace: Trace, arguments: Sequence[Any], options: Options) -> Any:
        parts, form = self._emitted(options, *(lifted(trace, argument) for argument in arguments))
        return form(list(parts))


def _copy(value: Any) -> Any:
    return value.copy() if type(value) is np.ndarray else value
