"""Lays a program out in one block of memory, as a list of compiled steps, and runs it."""

from __future__ import annotations

import threading
from collections import Counter, defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from harness.autodiff.kernels import COUNT, FIRST, FUNCTION, OUT, SECOND, STEP, THIRD, WIDTH, A, B
from harness.autodiff.primitive import PRIMITIVES
from harness.autodiff.program import Instruction, Program
from optimizers.compilation import compiled
from optimizers.function_addresses import address, caller
from optimizers.objective import Array, Rows

ALIGNMENT = 8
_call = caller(STEP)


@compiled()
def evaluate(memory: Any, code: Any, first: int, steps: int) -> None:
    """Run the steps of a program, which begin at ``first`` in the code."""
    for step in range(steps):
        place = first + step * WIDTH
        _call(code[place], memory, code, place)


@dataclass(frozen=True)
class Layout:
    """A program as the evaluator reads it.

    Attributes:
        code: the steps, ``WIDTH`` whole numbers each, then lists of places.
        steps: number of steps.
        memory: numbers for every variable, with constants filled in.
        offsets: where each variable begins in the memory. Variables that are read no more have given their
            room to others; inputs, constants and outputs keep theirs.
    """

    code: Rows
    steps: int
    memory: Array
    offsets: dict[int, int]

    def moved(self, memory: int, code: int) -> Rows:
        """Return the code for a memory and a code that begin at other places of larger ones."""
        shifted = self.code.copy()
        steps = shifted[: self.steps * WIDTH].reshape(self.steps, WIDTH)
        steps[:, OUT : THIRD + 1] += memory
        lists = np.isin(
            steps[:, FUNCTION], [address(PRIMITIVES[name].value, STEP) for name in ("take", "put")]
        )
        steps[lists, A] += code
        return shifted


class _Room:
    """Gives out stretches of memory, first those that were given back."""

    def __init__(self) -> None:
        self.end = 0
        self._free: defaultdict[int, list[int]] = defaultdict(list)

    def take(self, size: int) -> int:
        length = self._length(size)
        return self._free[length].pop() if self._free[length] else self.take_new(size)

    def take_new(self, size: int) -> int:
        """Take room that nothing has written to: for what is filled in once and has to stay."""
        self.end += self._length(size)
        return self.end - self._length(size)

    def give_back(self, begin: int, size: int) -> None:
        self._free[self._length(size)].append(begin)

    @staticmethod
    def _length(size: int) -> int:
        return -(-max(size, 1) // ALIGNMENT) * ALIGNMENT


def _places(step: Instruction) -> Rows:
    return np.frombuffer(step.settings[0], dtype=np.int64)  # type: ignore[call-overload, no-any-return]


def _stretch(step: Instruction) -> int | None:
    """Return where the smaller array begins in the larger if they are a stretch of it, side by side.

    The output lies in the input for a reshape or a slice, the input in the output for what puts it there.
    """
    if step.primitive == "reshape":
        return 0
    if step.primitive not in ("take", "put"):
        return None
    places = _places(step)
    side_by_side = places.size and np.array_equal(places, np.arange(places[0], places[0] + places.size))
    return int(places[0]) if side_by_side else None


def _folded(program: Program) -> Program:
    """Work out once what depends on constants alone."""
    fixed = set(program.constants)
    for step in program.instructions:
        if fixed.issuperset(step.inputs):
            fixed.add(step.output)
    rest = tuple(step for step in program.instructions if step.output not in fixed)
    found = fixed - set(program.constants)
    needed = sorted(
        found.intersection([*program.outputs, *(place for step in rest for place in step.inputs)])
    )
    if not needed:
        return program
    steps = tuple(step for step in program.instructions if step.output in found)
    part = replace(program, inputs=(), instructions=steps, outputs=tuple(needed))
    constants = program.constants | dict(zip(needed, _run_once(part), strict=True))
    read = {place for step in rest for place in step.inputs} | set(program.outputs)
    constants = {place: array for place, array in constants.items() if place in read}
    return replace(program, constants=constants, instructions=rest)


def _joined(program: Program) -> tuple[dict[int, tuple[int, int]], set[int]]:
    """Find outputs that are put together from stretches, as the gradient by one long vector is.

    Returns:
        For each piece the output it lies in and where it begins there, and the variables that need no step
        of their own any more.
    """
    steps = {step.output: step for step in program.instructions}
    reads = Counter(place for step in program.instructions for place in step.inputs)
    reads.update(program.outputs)
    pieces: dict[int, tuple[int, int]] = {}
    idle: set[int] = set()
    for output in set(program.outputs):
        sums, leaves, waiting = set(), [], [output]
        while waiting:
            place = waiting.pop()
            step = steps.get(place)
            if step is not None and step.primitive == "add" and (place == output or reads[place] == 1):
                sums.add(place)
                waiting += step.inputs
            else:
                leaves.append((place, step))
        spans = {}
        for place, step in leaves:
            begin = _stretch(step) if step is not None and step.primitive == "put" else None
            source = step.inputs[0] if step is not None else -1
            while source in steps and steps[source].primitive == "reshape" and reads[source] == 1:
                idle_source, source = source, steps[source].inputs[0]
                sums.add(idle_source)
            alone = source in steps and reads[source] == 1 and _stretch(steps[source]) is None
            if begin is not None and alone and reads[place] == 1:
                spans[begin] = (source, place)
        ends = {begin + program.size(source) for begin, (source, _) in spans.items()}
        whole = {0, *ends} == {*spans, program.size(output)}
        if len(leaves) > 1 and len(spans) == len(leaves) and whole:
            pieces.update({source: (output, begin) for begin, (source, _) in spans.items()})
            idle |= sums | {place for _, place in spans.values()}
    return pieces, idle


def lay_out(program: Program) -> Layout:
    """Return a program's layout: room for each variable, and a step for each instruction that does work."""
    return _lay_out(_folded(program))


def _lay_out(program: Program) -> Layout:
    pieces, idle = _joined(program)
    owner: dict[int, int] = {}
    """The variable whose room another one lies in."""
    for step in program.instructions:
        if step.primitive != "put" and step.output not in idle and _stretch(step) is not None:
            owner[step.output] = owner.get(step.inputs[0], step.inputs[0])
    last_read: dict[int, int] = {}
    for number, step in enumerate(program.instructions):
        last_read.update({owner.get(place, place): number for place in step.inputs})
    kept = {owner.get(place, place) for place in (*program.inputs, *program.constants, *program.outputs)}
    kept |= set(pieces)

    room = _Room()
    offsets = {place: room.take(program.size(place)) for place in (*program.inputs, *program.constants)}
    offsets |= {
        place: room.take(program.size(place)) for place, _ in set(pieces.values()) if place not in offsets
    }
    offsets |= {place: offsets[whole] + begin for place, (whole, begin) in pieces.items()}
    numbers = [(offsets[place], array.ravel()) for place, array in program.constants.items()]
    rows: list[list[int]] = []
    lists: list[tuple[int, Rows]] = []
    for number, step in enumerate(program.instructions):
        if step.output in idle:
            continue
        if step.output in owner:
            begin = _stretch(step)
            assert begin is not None
            offsets[step.output] = offsets[step.inputs[0]] + begin
            continue
        if step.output not in pieces:
            offsets[step.output] = room.take(program.size(step.output))
        row = [0] * WIDTH
        row[FUNCTION], row[OUT] = address(PRIMITIVES[step.primitive].value, STEP), offsets[step.output]
        for place, variable in enumerate(step.inputs):
            row[FIRST + place] = offsets[variable]
        row[COUNT] = program.size(step.output)
        if step.primitive in ("affine", "power"):
            fixed = np.array([float(setting) for setting in step.settings])  # type: ignore[arg-type]
            row[SECOND] = room.take_new(fixed.size)
            numbers.append((row[SECOND], fixed))
        elif step.primitive in ("take", "put"):
            row[B] = _places(step).size
            lists.append((len(rows), _places(step)))
        elif (rule := PRIMITIVES[step.primitive].sizes) is not None:
            sizes = rule(*(program.shapes[place] for place in step.inputs), *step.settings)
            row[A : A + len(sizes)] = sizes
        rows.append(row)
        for variable in {owner.get(place, place) for place in step.inputs} - kept:
            if last_read[variable] == number:
                room.give_back(offsets[variable], program.size(variable))
    end = len(rows) * WIDTH
    for place, listed in lists:
        rows[place][A] = end
        end += listed.size
    steps = np.array(rows, dtype=np.int64).ravel()
    memory = np.zeros(room.end)
    for begin, array in numbers:
        memory[begin : begin + array.size] = array
    return Layout(np.concatenate([steps, *(listed for _, listed in lists)]), len(rows), memory, offsets)


def _run_once(program: Program) -> list[Array]:
    return Evaluator(program, folded=True)([])


class Evaluator:
    """A program ready to run on plain arrays, from any thread.

    Arguments:
        program: what is run.
        folded: whether what depends on constants alone is left as it is.
    """

    def __init__(self, program: Program, folded: bool = False) -> None:
        program = program if folded else _folded(program)
        layout = _lay_out(program)
        self._layout = layout

        def stretch(place: int) -> slice:
            return slice(layout.offsets[place], layout.offsets[place] + program.size(place))

        self._inputs = [stretch(place) for place in program.inputs]
        self._outputs = [(stretch(place), program.shapes[place]) for place in program.outputs]
        # A memory for each thread: a lock would keep the others waiting, for compiled steps run side by side.
        self._own = threading.local()

    def __call__(self, inputs: Sequence[Array]) -> list[Array]:
        """Run the program; return its outputs."""
        layout, own = self._layout, self._own.__dict__
        memory = own.get("memory")
        if memory is None:
            memory = own["memory"] = layout.memory.copy()
        for place, array in zip(self._inputs, inputs, strict=True):
            memory[place] = array.ravel()
        evaluate(memory, layout.code, 0, layout.steps)
        return [memory[place].reshape(shape).copy() for place, shape in self._outputs]
