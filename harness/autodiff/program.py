"""A traced function: straight-line code over arrays of fixed shapes."""

from __future__ import annotations

import itertools
import math
from collections.abc import Hashable, Sequence
from dataclasses import dataclass
from typing import Any

from optimizers.objective import Array

Shape = tuple[int, ...]


@dataclass(frozen=True)
class Instruction:
    """One step: apply a primitive to variables, with settings that are fixed at tracing."""

    primitive: str
    inputs: tuple[int, ...]
    settings: tuple[Hashable, ...]
    output: int


@dataclass(frozen=True, eq=False)
class Program:
    """Instructions in the order of their evaluation; each variable is written once.

    Attributes:
        shapes: shape of each variable.
        inputs: variables that the caller fills.
        constants: variables that hold fixed arrays.
        instructions: what is done.
        outputs: variables that are the answer.
    """

    shapes: tuple[Shape, ...]
    inputs: tuple[int, ...]
    constants: dict[int, Array]
    instructions: tuple[Instruction, ...]
    outputs: tuple[int, ...]

    def size(self, variable: int) -> int:
        """Return how many numbers a variable holds."""
        return math.prod(self.shapes[variable])

    def __str__(self) -> str:
        lines = [f"inputs {', '.join(self._named(variable) for variable in self.inputs)}"]
        for step in self.instructions:
            arguments = ", ".join([*(f"v{place}" for place in step.inputs), *(str(s) for s in step.settings)])
            lines.append(f"{self._named(step.output)} = {step.primitive}({arguments})")
        lines.append(f"outputs {', '.join(f'v{variable}' for variable in self.outputs)}")
        return "\n".join(lines)

    def _named(self, variable: int) -> str:
        return f"v{variable}[{'x'.join(map(str, self.shapes[variable]))}]"


_numbers = itertools.count()


class Trace:
    """A program in the making. Equal instructions are written once.

    Attributes:
        number: traces are numbered as they begin, so that of two that are in the making the inner one is the
            later.
        finished: whether the program has been made; nothing can be added any more.
        captured: inputs that stand for variables of outer traces which the function reads, by the outer trace
            and variable.
    """

    def __init__(self) -> None:
        self.number = next(_numbers)
        self.finished = False
        self.captured: dict[tuple[Trace, int], int] = {}
        self.shapes: list[Shape] = []
        self.inputs: list[int] = []
        self.constants: dict[int, Array] = {}
        self.instructions: list[Instruction] = []
        self.turned: dict[int, int] = {}
        """Tables that are transposes, by the table that they were made of."""
        self._known: dict[Any, int] = {}

    def variable(self, shape: Shape) -> int:
        """Add a variable."""
        self.shapes.append(shape)
        return len(self.shapes) - 1

    def input(self, shape: Shape) -> int:
        """Add a variable that the caller fills."""
        self.inputs.append(self.variable(shape))
        return self.inputs[-1]

    def capture(self, outer: Trace, place: int) -> int:
        """Add an input for a variable of an outer trace, or find the one that is there."""
        if (outer, place) not in self.captured:
            self.captured[outer, place] = self.input(outer.shapes[place])
        return self.captured[outer, place]

    def constant(self, array: Array) -> int:
        """Add a fixed array, or find the one that is the same."""
        key = (array.shape, array.tobytes())
        if key not in self._known:
            self._known[key] = self.variable(array.shape)
            self.constants[self._known[key]] = array
        return self._known[key]

    def emit(
        self, primitive: str, inputs: tuple[int, ...], settings: tuple[Hashable, ...], shape: Shape
    ) -> int:
        """Add an instruction, or find the one that is the same; return its output."""
        key = (primitive, inputs, settings)
        if key not in self._known:
            self._known[key] = self.variable(shape)
            self.instructions.append(Instruction(primitive, inputs, settings, self._known[key]))
        return self._known[key]

    def finish(self, outputs: Sequence[int]) -> Program:
        """Return the program of these outputs, without what they do not need; nothing is added after it."""
        self.finished = True
        needed = set(outputs)
        kept: list[Instruction] = []
        for step in reversed(self.instructions):
            if step.output in needed:
                kept.append(step)
                needed.update(step.inputs)
        constants = {place: array for place, array in self.constants.items() if place in needed}
        return Program(
            tuple(self.shapes), tuple(self.inputs), constants, tuple(reversed(kept)), tuple(outputs)
        )
