"""What a user calls: gradients, Jacobians, Hessians and products with them, of any traceable function.

A function is traced at its first call for given shapes, and what is traced is kept: arrays that it reads
from outside are taken as they were then. Every function here also accepts traced arrays, so they compose:
``gradient(lambda w: gradient(f)(w)[0])`` is a row of the Hessian.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from harness.autodiff.evaluator import Evaluator
from harness.autodiff.program import Program, Shape, Trace
from harness.autodiff.tracer import Traced, lifted, sentence
from harness.autodiff.transformations import pull_back, push_forward
from optimizers.errors import InputError
from optimizers.objective import Array

Function = Callable[..., Any]


def traced(function: Function, shapes: Sequence[Shape]) -> Program:
    """Run a function once with stand-ins for arrays of these shapes, and return what it does.

    Raises:
        TraceError: for what cannot be traced, with the line.
    """
    trace = Trace()
    stand_ins = [Traced(trace, trace.input(shape)) for shape in shapes]
    try:
        answer = function(*stand_ins)
    except InputError:
        raise
    except (TypeError, ValueError, IndexError) as error:
        raise sentence(error) from error
    answers = answer if isinstance(answer, tuple | list) else (answer,)
    return trace.finish([lifted(trace, part).place for part in answers])


class _Compiled:
    """A function of traced arrays that also takes plain ones: compiled for each set of shapes."""

    def __init__(self, emitted: Callable[..., Sequence[Any]]) -> None:
        self._emitted = emitted
        self._known: dict[tuple[Shape, ...], Evaluator] = {}

    def __call__(self, *arguments: Any) -> list[Any]:
        if any(isinstance(argument, Traced) for argument in arguments):
            trace = next(a.origin for a in arguments if isinstance(a, Traced))
            return list(self._emitted(*(lifted(trace, argument) for argument in arguments)))
        arrays = [np.asarray(argument, dtype=np.float64) for argument in arguments]
        shapes = tuple(array.shape for array in arrays)
        if shapes not in self._known:
            trace = Trace()
            stand_ins = [Traced(trace, trace.input(shape)) for shape in shapes]
            outputs = [lifted(trace, part).place for part in self._emitted(*stand_ins)]
            self._known[shapes] = Evaluator(trace.finish(outputs))
        return self._known[shapes](arrays)


def _zero_where_none(parts: Sequence[Any], like: Sequence[Traced]) -> list[Any]:
    return [np.zeros(x.shape) if part is None else part for part, x in zip(parts, like, strict=True)]


def _single(program: Program) -> None:
    if len(program.outputs) != 1 or program.size(program.outputs[0]) != 1:
        shapes = [program.shapes[place] for place in program.outputs]
        raise InputError(f"the function returns shapes {shapes}, expected one number: take jacobian instead")


def value_and_gradient(function: Function, argument: int = 0) -> Callable[..., tuple[Any, Any]]:
    """Return a function that gives the value and the gradient of another one, by reverse mode.

    Arguments:
        function: takes arrays, returns one number.
        argument: place of the argument to differentiate by.

    Raises:
        InputError: at the call, if the function returns more than one number.

    >>> value_and_gradient(lambda w: (w * w).sum())([1.0, 2.0])
    (5.0, array([2., 4.]))
    """

    def emitted(*inputs: Traced) -> list[Any]:
        program = traced(function, [x.shape for x in inputs])
        _single(program)
        one = np.ones(program.shapes[program.outputs[0]])
        (value,), parts = pull_back(program, inputs, [one], [argument])
        return [value, *_zero_where_none(parts, [inputs[argument]])]

    compiled = _Compiled(emitted)

    def both(*arguments: Any) -> tuple[Any, Any]:
        value, slope = compiled(*arguments)
        return (value if isinstance(value, Traced) else float(value.reshape(()))), slope

    return both


def gradient(function: Function, argument: int = 0) -> Callable[..., Any]:
    """Return the gradient of a function that returns one number, by reverse mode.

    >>> gradient(lambda x: np.sin(x) * x)(0.5).round(12).item()
    0.918216819549
    """
    both = value_and_gradient(function, argument)
    return lambda *arguments: both(*arguments)[1]


def jvp(function: Function, primals: Sequence[Any], tangents: Sequence[Any]) -> tuple[Any, Any]:
    """Return a function's value and its derivative along a direction, by forward mode.

    Arguments:
        function: takes arrays, returns one array.
        primals: where.
        tangents: the direction, an array for each primal.

    >>> jvp(lambda w: w * w, [np.array([1.0, 2.0])], [np.array([1.0, 0.5])])
    (array([1., 4.]), array([2., 2.]))
    """
    return _pushed(function, len(primals))(*primals, *tangents)


def _pushed(function: Function, count: int) -> Callable[..., tuple[Any, Any]]:
    def emitted(*inputs: Traced) -> list[Any]:
        program = traced(function, [x.shape for x in inputs[:count]])
        outputs, tangents = push_forward(program, inputs[:count], inputs[count:])
        return [outputs[0], *_zero_where_none(tangents, outputs)[:1]]

    compiled = _Compiled(emitted)

    def both(*arguments: Any) -> tuple[Any, Any]:
        value, tangent = compiled(*arguments)
        return value, tangent

    return both


def vjp(function: Function, *primals: Any) -> tuple[Any, Callable[[Any], tuple[Any, ...]]]:
    """Return a function's value, and the function that carries a cotangent of it back.

    >>> value, back = vjp(lambda w: w * w, np.array([1.0, 2.0]))
    >>> back(np.array([1.0, 10.0]))
    (array([ 2., 40.]),)
    """

    def emitted(cotangent: Traced, *inputs: Traced) -> list[Any]:
        program = traced(function, [x.shape for x in inputs])
        _, parts = pull_back(program, inputs, [cotangent], range(len(inputs)))
        return _zero_where_none(parts, inputs)

    pulled = _Compiled(emitted)
    value = function(*primals)
    return value, lambda cotangent: tuple(pulled(cotangent, *primals))


def jacobian(function: Function) -> Callable[[Any], Any]:
    """Return the Jacobian of a function of one array, shape (*output, *input).

    Forward mode where there are fewer inputs than outputs, reverse mode elsewhere.

    >>> jacobian(lambda w: np.stack([w[0] * w[1], w[1]]))(np.array([2.0, 3.0])).tolist()
    [[3.0, 2.0], [0.0, 1.0]]
    """

    def emitted(x: Traced) -> list[Any]:
        program = traced(function, [x.shape])
        shape = program.shapes[program.outputs[0]]
        size, width = program.size(program.outputs[0]), x.size
        if width < size:
            columns = []
            for place in range(width):
                direction = np.zeros(width)
                direction[place] = 1.0
                outputs, tangents = push_forward(program, [x], [lifted(x.origin, direction.reshape(x.shape))])
                columns.append(np.reshape(_zero_where_none(tangents, outputs)[0], (size,)))
            return [np.reshape(np.stack([lifted(x.origin, c) for c in columns], 1), (*shape, *x.shape))]
        rows = []
        for place in range(size):
            weight = np.zeros(size)
            weight[place] = 1.0
            _, parts = pull_back(program, [x], [weight.reshape(shape)], [0])
            rows.append(np.reshape(_zero_where_none(parts, [x])[0], (width,)))
        return [np.reshape(np.stack([lifted(x.origin, row) for row in rows]), (*shape, *x.shape))]

    compiled = _Compiled(emitted)
    return lambda w: compiled(w)[0]


def hessian(function: Function) -> Callable[[Any], Any]:
    """Return the Hessian of a function of one array that returns one number: forward over reverse mode.

    >>> hessian(lambda w: w[0] * w[1] ** 2)(np.array([1.0, 2.0])).tolist()
    [[0.0, 4.0], [4.0, 2.0]]
    """
    product = hessian_vector_product(function)

    def rows(w: Any) -> Any:
        if isinstance(w, Traced):
            return jacobian(gradient(function))(w)
        point: Array = np.asarray(w, dtype=np.float64)
        unit = np.eye(point.size).reshape(point.size, *point.shape)
        table = np.array([product(point, direction) for direction in unit])
        return table.reshape(*point.shape, *point.shape)

    return rows


def hessian_vector_product(function: Function) -> Callable[[Any, Any], Any]:
    """Return the product of a function's Hessian with a vector, for the price of a few gradients.

    The derivative of the gradient along the vector (Pearlmutter 1994, eq. 1), forward over reverse mode.

    >>> hessian_vector_product(lambda w: w[0] * w[1] ** 2)([1.0, 2.0], [1.0, 0.0]).tolist()
    [0.0, 4.0]
    """
    pushed = _pushed(gradient(function), 1)
    return lambda w, v: pushed(w, v)[1]


def directional_derivative(function: Function) -> Callable[[Any, Any], Any]:
    """Return the rate of change of a function along a vector, by forward mode.

    >>> directional_derivative(lambda w: (w * w).sum())([1.0, 2.0], [0.0, 1.0]).item()
    4.0
    """
    pushed = _pushed(function, 1)
    return lambda w, v: pushed(w, v)[1]
