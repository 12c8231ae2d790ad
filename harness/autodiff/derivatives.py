"""What a user calls: gradients, Jacobians, Hessians and products with them, of any traceable function.

A function is traced at its first call for given shapes, and what was traced is kept as long as what the
function reads from outside is the same; `harness.autodiff.staleness` says what is compared at each call.
Every function here also accepts traced arrays, so they compose: ``gradient(lambda w: gradient(f)(w)[0])`` is
a row of the Hessian, and an inner function may read the arrays of an outer one.

Arguments by position are arrays of real numbers. Arguments by keyword are handed to the function as they are:
they are fixed, and where one changes the function is traced anew.

Where a function has a kink its slope is the mean of both sides for ``abs``, ``maximum`` and the like; a
length (``norm``, ``hypot``, ``std``) has the slope 0 where it is 0.
"""

from __future__ import annotations

import functools
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from harness.autodiff.calls import Call, Form, Function, Options, Recorded, formed, plain, record, traced
from harness.autodiff.tracer import Traced, holds_traced, lifted, trace_of
from harness.autodiff.transformations import pull_back, push_forward
from optimizers.errors import InputError
from optimizers.named import is_function
from optimizers.printable import shown

__all__ = [
    "directional_derivative",
    "gradient",
    "hessian",
    "hessian_vector_product",
    "jacobian",
    "jvp",
    "traced",
    "value_and_gradient",
    "vjp",
]

Argument = int | tuple[int, ...]


def _recorded(function: Function, inputs: Sequence[Traced], options: Options) -> Recorded:
    return record(function, [x.shape for x in inputs], options, [x.condition for x in inputs])


def _zero_where_none(parts: Sequence[Any], like: Sequence[Traced]) -> list[Any]:
    return [np.zeros(x.shape) if part is None else part for part, x in zip(parts, like, strict=True)]


def _single(recorded: Recorded) -> None:
    program = recorded.program
    if len(program.outputs) != 1 or program.size(program.outputs[0]) != 1:
        shapes = [program.shapes[place] for place in program.outputs]
        raise InputError(f"the function returns shapes {shapes}, expected one number: take jacobian instead")


def _places(argument: Argument) -> tuple[int, ...]:
    """Return the places of the arguments to differentiate by."""
    places = argument if isinstance(argument, tuple) else (argument,)
    for place in places:
        if isinstance(place, bool | np.bool) or not isinstance(place, int | np.integer) or place < 0:
            raise InputError(
                f"argument is {shown(argument)}, expected a place such as 0, or a tuple of places"
            )
    if not places:
        raise InputError("argument is (), expected a place such as 0, or a tuple of places")
    return tuple(int(place) for place in places)


def _there(places: Sequence[int], arguments: Sequence[Any]) -> None:
    if max(places) >= len(arguments):
        raise InputError(
            f"argument is {max(places)}, but the function is called with {len(arguments)} by position: "
            "count from 0, and hand in by position what is differentiated by"
        )


def _same_shape(name: str, found: Any, like: str, wanted: Any) -> None:
    shapes = [x.shape if isinstance(x, Traced) else np.shape(x) for x in (found, wanted)]
    if shapes[0] != shapes[1]:
        raise InputError(f"{name} has shape {shapes[0]}, expected {shapes[1]} as {like}")


def _kept(function: Function, call: Callable[..., Any]) -> Callable[..., Any]:
    """Mark a derivative as made of a function, so that what this one reads is found."""
    if not is_function(function):
        raise InputError(f"the function is {shown(function)}, expected a callable")
    call.__wrapped__ = function  # type: ignore[attr-defined]
    return call


def value_and_gradient(function: Function, argument: Argument = 0) -> Callable[..., tuple[Any, Any]]:
    """Return a function that gives the value and the gradient of another one, by reverse mode.

    Arguments:
        function: takes arrays, returns one number.
        argument: place of the argument to differentiate by, or a tuple of places for a tuple of gradients.

    Raises:
        InputError: for a place that is none; at the call, if the function returns more than one number.

    >>> value_and_gradient(lambda w: (w * w).sum())([1.0, 2.0])
    (5.0, array([2., 4.]))
    >>> gradient(lambda w, x: (w * x).sum(), argument=(0, 1))([1.0, 2.0], [3.0, 4.0])
    (array([3., 4.]), array([1., 2.]))
    """
    places = _places(argument)

    def emitted(options: Options, *inputs: Traced) -> tuple[list[Any], Form]:
        recorded = _recorded(function, inputs, options)
        _single(recorded)
        program = recorded.program
        one = np.ones(program.shapes[program.outputs[0]])
        (value,), parts = pull_back(program, [*inputs, *recorded.outer], [one], places)
        return [value, *_zero_where_none(parts, [inputs[place] for place in places])], list

    call = Call(function, emitted)

    def both(*arguments: Any, **options: Any) -> tuple[Any, Any]:
        _there(places, arguments)
        value, *slopes = call(arguments, options)
        shown = np.reshape(value, ()) if isinstance(value, Traced) else float(value.reshape(()))
        return shown, tuple(slopes) if isinstance(argument, tuple) else slopes[0]

    return _kept(function, both)


def gradient(function: Function, argument: Argument = 0) -> Callable[..., Any]:
    """Return the gradient of a function that returns one number, by reverse mode.

    >>> gradient(lambda x: np.sin(x) * x)(0.5).round(12).item()
    0.918216819549
    """
    both = value_and_gradient(function, argument)

    def slope(*arguments: Any, **options: Any) -> Any:
        return both(*arguments, **options)[1]

    return _kept(function, slope)


def jvp(
    function: Function, primals: Sequence[Any], tangents: Sequence[Any], **options: Any
) -> tuple[Any, Any]:
    """Return a function's value and its derivative along a direction, by forward mode.

    Arguments:
        function: takes arrays, returns an array, or a tuple or list of arrays.
        primals: where: a list or tuple with an array for each argument.
        tangents: the direction, an array of the same shape for each.
        options: arguments by keyword, handed to the function.

    >>> jvp(lambda w: w * w, [np.array([1.0, 2.0])], [np.array([1.0, 0.5])])
    (array([1., 4.]), array([2., 2.]))
    """
    for name, value in (("primals", primals), ("tangents", tangents)):
        if not isinstance(value, list | tuple):
            raise InputError(
                f"{name} is a {type(value).__name__}, expected a list with an array for each argument"
            )
    if len(primals) != len(tangents):
        raise InputError(f"{len(tangents)} tangents for {len(primals)} primals: hand in one for each")
    for place, (primal, tangent) in enumerate(zip(primals, tangents, strict=True)):
        _same_shape(f"tangent {place}", tangent, "its primal", primal)
    return _pushed(function, range(len(primals)))([*primals, *tangents], options)


def _pushed(function: Function, moving: Sequence[int]) -> Callable[..., tuple[Any, Any]]:
    """Return value and tangent, from arguments and then a tangent for each one that moves."""

    def emitted(options: Options, *inputs: Traced) -> tuple[list[Any], Form]:
        count = len(inputs) - len(moving)
        recorded = _recorded(function, inputs[:count], options)
        kind, half = recorded.kind, len(recorded.program.outputs)
        tangents: list[Any] = [None] * (count + len(recorded.outer))
        for place, tangent in zip(moving, inputs[count:], strict=True):
            tangents[place] = tangent
        outputs, slopes = push_forward(recorded.program, [*inputs[:count], *recorded.outer], tangents)

        def form(parts: list[Any]) -> tuple[Any, Any]:
            return formed(kind, parts[:half]), formed(kind, parts[half:])

        return [*outputs, *_zero_where_none(slopes, outputs)], form

    return Call(function, emitted)


def vjp(function: Function, *primals: Any, **options: Any) -> tuple[Any, Callable[[Any], tuple[Any, ...]]]:
    """Return a function's value, and the function that carries a cotangent of it back.

    The function is traced once, now: ``back`` belongs to this value whatever is changed later.

    >>> value, back = vjp(lambda w: w * w, np.array([1.0, 2.0]))
    >>> back(np.array([1.0, 10.0]))
    (array([ 2., 40.]),)
    """
    if not primals:
        raise InputError("vjp has no primals: hand in an array for each argument of the function")
    points = [x if holds_traced(x) else plain(f"argument {k}", x) for k, x in enumerate(primals)]
    shapes = [x.shape if isinstance(x, Traced) else np.shape(x) for x in points]
    conditions = [bool(getattr(x, "dtype", None) == np.bool_) for x in points]
    recorded = record(function, shapes, options, conditions)
    program = recorded.program

    def values(_: Options, *inputs: Traced) -> tuple[list[Any], Form]:
        everything = [*inputs, *recorded.outer]
        return list(push_forward(program, everything, [None] * len(everything))[0]), list

    def pulled(_: Options, *inputs: Traced) -> tuple[list[Any], Form]:
        count = len(program.outputs)
        at = inputs[count:]
        parts = pull_back(program, [*at, *recorded.outer], inputs[:count], range(len(at)))[1]
        return _zero_where_none(parts, at), tuple

    found = Call(_nothing, values)(points, {})
    call = Call(_nothing, pulled)

    def back(cotangent: Any) -> tuple[Any, ...]:
        if recorded.kind is None:
            weights = [cotangent]
        elif isinstance(cotangent, list | tuple) and len(cotangent) == len(found):
            weights = list(cotangent)
        else:
            raise InputError(f"the cotangent is no list of {len(found)}: hand in one for each output")
        for place, (weight, value) in enumerate(zip(weights, found, strict=True)):
            _same_shape(f"cotangent {place}", weight, "the value", value)
        return tuple(call([*weights, *points], {}))

    return formed(recorded.kind, found), back


def _nothing() -> None:
    """Read nothing: what is recorded already does not change."""


def jacobian(function: Function, argument: int = 0) -> Callable[..., Any]:
    """Return the Jacobian of a function, shape ``(*output, *input)``.

    A function that returns a tuple or a list has one Jacobian for each member. Forward mode where there are
    fewer inputs than outputs, reverse mode elsewhere.

    >>> jacobian(lambda w: np.stack([w[0] * w[1], w[1]]))(np.array([2.0, 3.0])).tolist()
    [[3.0, 2.0], [0.0, 1.0]]
    """
    (place,) = places = _places(argument) if not isinstance(argument, tuple) else (-1,)
    if place < 0:
        raise InputError(f"argument is {shown(argument)}, expected one place such as 0")

    def emitted(options: Options, *inputs: Traced) -> tuple[list[Any], Form]:
        recorded = _recorded(function, inputs, options)
        outputs = range(len(recorded.program.outputs))
        tables = [_table(recorded, inputs, place, output) for output in outputs]
        return tables, functools.partial(formed, recorded.kind)

    call = Call(function, emitted)

    def table(*arguments: Any, **options: Any) -> Any:
        _there(places, arguments)
        return call(arguments, options)

    return _kept(function, table)


def _table(recorded: Recorded, inputs: Sequence[Traced], place: int, output: int) -> Any:
    """Emit the Jacobian of one output by one input."""
    program = recorded.program
    everything = [*inputs, *recorded.outer]
    trace, x = trace_of(*everything), inputs[place]
    shape = program.shapes[program.outputs[output]]
    size, width = program.size(program.outputs[output]), x.size
    if not size or not width:
        return np.zeros((*shape, *x.shape))
    rows = []
    for number in range(min(size, width)):
        if width < size:
            tangents: list[Any] = [None] * len(everything)
            tangents[place] = lifted(trace, _unit(number, x.shape))
            outputs, found = push_forward(program, everything, tangents)
            rows.append(_zero_where_none(found, outputs)[output])
        else:
            weights = [np.zeros(program.shapes[p]) for p in program.outputs]
            weights[output] = _unit(number, shape)
            _, found = pull_back(program, everything, weights, [place])
            rows.append(_zero_where_none(found, [x])[0])
    long = [np.reshape(lifted(trace, row), (-1,)) for row in rows]
    return np.reshape(np.stack(long, 1 if width < size else 0), (*shape, *x.shape))


def _unit(place: int, shape: tuple[int, ...]) -> Any:
    unit = np.zeros(shape)
    unit.flat[place] = 1.0
    return unit


def hessian(function: Function, argument: int = 0) -> Callable[..., Any]:
    """Return the Hessian of a function that returns one number: forward over reverse mode.

    >>> hessian(lambda w: w[0] * w[1] ** 2)(np.array([1.0, 2.0])).tolist()
    [[0.0, 4.0], [4.0, 2.0]]
    """
    slope = gradient(function, argument)
    whole = jacobian(slope, argument)
    pushed = _pushed(slope, _places(argument))

    def rows(*arguments: Any, **options: Any) -> Any:
        _there(_places(argument), arguments)
        if any(holds_traced(part) for part in arguments):
            return whole(*arguments, **options)
        points = [plain(f"argument {k}", x) for k, x in enumerate(arguments)]
        shape = points[argument].shape
        found = [pushed([*points, _unit(place, shape)], options)[1] for place in range(points[argument].size)]
        if any(isinstance(row, Traced) for row in found):
            return whole(*arguments, **options)
        return np.array(found).reshape((*shape, *shape))

    return _kept(function, rows)


def hessian_vector_product(function: Function) -> Callable[..., Any]:
    """Return the product of a function's Hessian with a vector, for the price of a few gradients.

    The derivative of the gradient along the vector (Pearlmutter 1994, eq. 1), forward over reverse mode.
    Called with w, the vector, and what else the function takes.

    >>> hessian_vector_product(lambda w: w[0] * w[1] ** 2)([1.0, 2.0], [1.0, 0.0]).tolist()
    [0.0, 4.0]
    """
    return directional_derivative(gradient(function))


def directional_derivative(function: Function) -> Callable[..., Any]:
    """Return the rate of change of a function along a vector, by forward mode.

    Called with w, the vector, and what else the function takes.

    >>> directional_derivative(lambda w: (w * w).sum())([1.0, 2.0], [0.0, 1.0]).item()
    4.0
    """
    pushed = _pushed(function, (0,))

    def rate(w: Any, v: Any, *others: Any, **options: Any) -> Any:
        _same_shape("the vector", v, "w", w)
        return pushed([w, *others, v], options)[1]

    return _kept(function, rate)
