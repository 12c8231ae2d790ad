"""Derivatives of a program as more instructions: forward with tangents, back with cotangents.

Both walk a program and emit into the trace of their inputs, so that they apply to their own results again:
a Hessian is one after the other.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from harness.autodiff.primitive import PRIMITIVES
from harness.autodiff.program import Instruction, Program, Trace
from harness.autodiff.reach import Reach, carried, contribution, everywhere, masked, of_seed
from harness.autodiff.tracer import Traced, emit, lifted, trace_of


def _started(program: Program, trace: Trace, inputs: Sequence[Traced]) -> dict[int, Traced]:
    values = {place: lifted(trace, value) for place, value in zip(program.inputs, inputs, strict=True)}
    values.update({place: lifted(trace, array) for place, array in program.constants.items()})
    return values


def _step(trace: Trace, step: Instruction, values: dict[int, Traced]) -> tuple[list[Traced], Traced]:
    operands = [values[place] for place in step.inputs]
    values[step.output] = emit(step.primitive, *operands, settings=step.settings)
    return operands, values[step.output]


class _Flow:
    """Tangents or cotangents of variables, added up, and where each can be other than 0."""

    def __init__(self) -> None:
        self.terms: dict[int, Traced] = {}
        self.reach: dict[int, Reach] = {}

    def add(self, place: int, term: Any, reach: Reach) -> None:
        if term is None:
            return
        if place in self.terms:
            self.terms[place] = self.terms[place] + term
            self.reach[place] = self.reach[place].joined(reach)
        else:
            self.terms[place], self.reach[place] = term, reach


def push_forward(
    program: Program, inputs: Sequence[Traced], tangents: Sequence[Traced | None], lean: bool = False
) -> tuple[list[Traced], list[Traced | None]]:
    """Emit a program and carry tangents of its inputs forward (Wengert 1964).

    Arguments:
        program: the function.
        inputs: where it is taken.
        tangents: a direction for each input, None for zero.
        lean: take all slopes to be finite, so that no zero of a direction meets an infinite one (a third less
            to compute for a network), and the lean rules of primitives.

    Returns:
        The outputs, and the derivative of each along the direction, None for zero.
    """
    trace = trace_of(*inputs)
    values = _started(program, trace, inputs)
    flow = _Flow()
    for place, tangent in zip(program.inputs, tangents, strict=True):
        if tangent is not None:
            tangent = lifted(trace, tangent)
            flow.add(place, tangent, everywhere() if lean else of_seed(tangent))
    for step in program.instructions:
        operands, out = _step(trace, step, values)
        fixed = [place not in flow.terms for place in step.inputs]
        primitive = PRIMITIVES[step.primitive]
        rules = primitive.lean if lean and primitive.lean else primitive.push
        for number, (rule, place) in enumerate(zip(rules, step.inputs, strict=True)):
            if rule is not None and place in flow.terms:
                reach = flow.reach[place]
                tangent = flow.terms[place]
                term = contribution(step, rule, tangent, out, operands, number, fixed)
                if not _finite_slope(step):
                    term = masked(reach, step, term)
                behind = carried(reach, step, rule, tangent.shape, out, operands, number, fixed)
                flow.add(step.output, term, behind)
    return [values[place] for place in program.outputs], [flow.terms.get(place) for place in program.outputs]


def _finite_slope(step: Instruction) -> bool:
    """Say whether a slope is finite wherever its input is, so that no zero of a direction meets an infinity.

    A power from the first on has such a slope. A mask would take three operations more for each entry, where
    the cube itself takes two.
    """
    return step.primitive == "power" and float(step.settings[0]) >= 1.0  # type: ignore[arg-type]


def pull_back(
    program: Program,
    inputs: Sequence[Traced],
    cotangents: Sequence[Any],
    wanted: Sequence[int],
    lean: bool = False,
) -> tuple[list[Traced], list[Traced | None]]:
    """Emit a program and carry cotangents of its outputs back (reverse mode; Linnainmaa 1970).

    Arguments:
        program: the function.
        inputs: where it is taken.
        cotangents: a weight for each output.
        wanted: which inputs are differentiated by; nothing is done for the others.
        lean: take the lean rules of primitives. For 4-8-3 on 150 rows the slope of tanh takes 0.3 us so, and
            3.2 with all its digits: backpropagation takes it so as well.

    Returns:
        The outputs, and the derivative of the weighted outputs by each wanted input, None for zero.
    """
    trace = trace_of(*inputs)
    values = _started(program, trace, inputs)
    steps = []
    depends = {program.inputs[place] for place in wanted}
    for step in program.instructions:
        steps.append((step, *_step(trace, step, values)))
        if depends.intersection(step.inputs):
            depends.add(step.output)
    flow = _Flow()
    for place, cotangent in zip(program.outputs, cotangents, strict=True):
        cotangent = lifted(trace, cotangent)
        flow.add(place, cotangent, of_seed(cotangent))
    for step, operands, out in reversed(steps):
        if step.output not in flow.terms:
            continue
        back, reach = flow.terms[step.output], flow.reach[step.output]
        fixed = [place not in depends for place in step.inputs]
        primitive = PRIMITIVES[step.primitive]
        rules = primitive.lean if lean and primitive.lean else primitive.pull
        for number, (rule, place) in enumerate(zip(rules, step.inputs, strict=True)):
            if rule is not None and place in depends:
                term = contribution(step, rule, back, out, operands, number, fixed)
                term = masked(reach, step, term)
                behind = carried(reach, step, rule, back.shape, out, operands, number, fixed)
                flow.add(place, term, behind)
    outputs = [values[place] for place in program.outputs]
    return outputs, [flow.terms.get(program.inputs[place]) for place in wanted]
