"""Derivatives of a program as more instructions: forward with tangents, back with cotangents.

Both walk a program and emit into the trace of their inputs, so that they apply to their own results again:
a Hessian is one after the other.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from harness.autodiff.primitives import PRIMITIVES
from harness.autodiff.program import Instruction, Program, Trace
from harness.autodiff.tracer import Traced, emit, lifted


def _started(program: Program, trace: Trace, inputs: Sequence[Traced]) -> dict[int, Traced]:
    values = dict(zip(program.inputs, inputs, strict=True))
    values.update({place: lifted(trace, array) for place, array in program.constants.items()})
    return values


def _step(trace: Trace, step: Instruction, values: dict[int, Traced]) -> tuple[list[Traced], Traced]:
    operands = [values[place] for place in step.inputs]
    values[step.output] = emit(step.primitive, *operands, settings=step.settings)
    return operands, values[step.output]


def push_forward(
    program: Program, inputs: Sequence[Traced], tangents: Sequence[Traced | None]
) -> tuple[list[Traced], list[Traced | None]]:
    """Emit a program and carry tangents of its inputs forward (Wengert 1964).

    Arguments:
        program: the function.
        inputs: where it is taken.
        tangents: a direction for each input, None for zero.

    Returns:
        The outputs, and the derivative of each along the direction, None for zero.
    """
    trace = inputs[0].origin
    values = _started(program, trace, inputs)
    moving = {
        place: tangent for place, tangent in zip(program.inputs, tangents, strict=True) if tangent is not None
    }
    for step in program.instructions:
        operands, out = _step(trace, step, values)
        rules = PRIMITIVES[step.primitive].push
        for rule, place in zip(rules, step.inputs, strict=True):
            if rule is not None and place in moving:
                _add(moving, step.output, rule(moving[place], out, *operands, *step.settings))
    return [values[place] for place in program.outputs], [moving.get(place) for place in program.outputs]


def pull_back(
    program: Program, inputs: Sequence[Traced], cotangents: Sequence[Any], wanted: Sequence[int]
) -> tuple[list[Traced], list[Traced | None]]:
    """Emit a program and carry cotangents of its outputs back (reverse mode; Linnainmaa 1970).

    Arguments:
        program: the function.
        inputs: where it is taken.
        cotangents: a weight for each output.
        wanted: which inputs are differentiated by; nothing is done for the others.

    Returns:
        The outputs, and the derivative of the weighted outputs by each wanted input, None for zero.
    """
    trace = inputs[0].origin
    values = _started(program, trace, inputs)
    steps = []
    depends = {program.inputs[place] for place in wanted}
    for step in program.instructions:
        steps.append((step, *_step(trace, step, values)))
        if depends.intersection(step.inputs):
            depends.add(step.output)
    back: dict[int, Traced] = {}
    for place, cotangent in zip(program.outputs, cotangents, strict=True):
        _add(back, place, lifted(trace, cotangent))
    for step, operands, out in reversed(steps):
        if step.output not in back:
            continue
        rules = PRIMITIVES[step.primitive].pull
        for rule, place in zip(rules, step.inputs, strict=True):
            if rule is not None and place in depends:
                _add(back, place, rule(back[step.output], out, *operands, *step.settings))
    outputs = [values[place] for place in program.outputs]
    return outputs, [back.get(program.inputs[place]) for place in wanted]


def _add(sums: dict[int, Traced], place: int, term: Traced) -> None:
    sums[place] = term if place not in sums else sums[place] + term
