"""Derivatives of plain functions as traced programs, and what they cost beside the function itself."""

from __future__ import annotations

from collections.abc import Callable
from typing import Generic, TypeVar

import numpy as np

from harness.autodiff.derivatives import traced
from harness.autodiff.primitive import PRIMITIVES
from harness.autodiff.program import Program, Trace
from harness.autodiff.staleness import Readings
from harness.autodiff.tracer import Traced
from harness.autodiff.transformations import pull_back, push_forward
from harness.gradients.remembered import Remembered
from harness.network.source import Function

MOVES = frozenset({"reshape", "take", "put", "repeat", "held"})
"""Primitives that move numbers and compute none."""


Made = TypeVar("Made")


class Current(Generic[Made]):
    """What is made of a function, made anew where what the function reads from outside has changed.

    The value of a plain function is worked out by itself: a derivative that was kept would belong to another
    function.
    """

    def __init__(self, function: Function, make: Callable[[], Made]) -> None:
        self._function = function
        self._make = make
        self._kept = (Readings(function), make())

    def get(self) -> Made:
        """Return what belongs to the function as it is now."""
        readings, made = self._kept
        if not readings.hold():
            readings = Readings(self._function)
            made = self._make()
            self._kept = readings, made
        return made


_programs: Remembered[Program] = Remembered()


def program_of(function: Function, n: int, shape_only: bool = False) -> Program:
    """Trace a plain function, or return the program that it was traced to before.

    Arguments:
        function: the function.
        n: how many numbers it takes.
        shape_only: see ``Remembered``; operations are wanted, and none of the numbers.

    Raises:
        Exception: whatever code that cannot be traced raises.
    """
    return _programs.get(function, n, lambda: traced(function, [(n,)]), shape_only)


def operations(program: Program) -> int:
    """Return how many numbers a program computes: one operation each, a multiply-add for products."""
    count = 0
    for step in program.instructions:
        rule = PRIMITIVES[step.primitive].products
        if rule is not None:
            count += rule(*(program.shapes[place] for place in step.inputs), *step.settings)
        elif step.primitive in ("sum", "highest", "length"):
            count += program.size(step.inputs[0])
        elif step.primitive not in MOVES:
            count += program.size(step.output)
    return count


def trace_refusal(function: Function, n: int, remedy: str = "take central-difference") -> str | None:
    """Say why a plain function cannot be traced, and the remedy; None if it can."""
    try:
        program = program_of(function, n, shape_only=True)
    except Exception as error:
        return f"the function cannot be traced ({str(error).replace(': ', ', ')}): {remedy}"
    if [program.size(place) for place in program.outputs] != [1]:
        return f"the function returns more than one number: {remedy} of one"
    return None


def counted_cost(function: Function, derivative: Function | Program, n: int, times: int = 1) -> float | None:
    """Return the cost of value and derivative in evaluations of the function, None if it cannot be traced.

    Arguments:
        function: the function.
        derivative: its derivative, or a program of it.
        n: how many numbers it takes.
        times: how often the derivative's program is run.
    """
    try:
        own = operations(program_of(function, n, shape_only=True))
        more = derivative if isinstance(derivative, Program) else program_of(derivative, n, shape_only=True)
    except Exception:
        # Code that cannot be traced may raise anything.
        return None
    return 1.0 + times * operations(more) / max(1, own)


def gradient_program(function: Function, n: int) -> Program:
    """Return a program from w to the gradient, by reverse mode."""
    trace = Trace()
    w = Traced(trace, trace.input((n,)))
    program = program_of(function, n)
    _, (slope,) = pull_back(program, [w], [np.ones(program.shapes[program.outputs[0]])], [0])
    return trace.finish([trace.constant(np.zeros(n)) if slope is None else slope.place])


def slope_program(function: Function, n: int) -> Program:
    """Return a program from w and a direction to the derivative along it, by forward mode."""
    trace = Trace()
    w, direction = (Traced(trace, trace.input((n,))) for _ in range(2))
    _, (slope,) = push_forward(program_of(function, n), [w], [direction])
    return trace.finish([trace.constant(np.zeros(())) if slope is None else slope.place])


def hessian_program(function: Function, n: int) -> Program:
    """Return a program from w and a vector to the Hessian times the vector, by forward over reverse mode."""
    trace = Trace()
    w, vector = (Traced(trace, trace.input((n,))) for _ in range(2))
    _, (product,) = push_forward(gradient_program(function, n), [w], [vector])
    return trace.finish([trace.constant(np.zeros(n)) if product is None else product.place])
