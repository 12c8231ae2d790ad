"""The network's loss as traced programs, one for each number of rows in a tile, packed for a compiled loop.

A program has a fixed shape, so rows are worked through in tiles of two neighbouring sizes that fill a group
of rows exactly, and rows in a given order in tiles of 512, 256, 128 ... 1. Groups are those of the network's
kernels: their number depends on the data alone, so that threads change no bit.

Integers: the network's own header (rows, groups, sizes), then a table with a line for each program and group,
then the code. Reals are the network's. The workspace holds a memory for each line, and a gradient for each
group.
"""

from __future__ import annotations

import functools
from dataclasses import dataclass
from typing import Any

import numpy as np

from harness.autodiff.derivatives import traced
from harness.autodiff.evaluator import Layout, evaluate, lay_out
from harness.autodiff.primitive import PRIMITIVES
from harness.autodiff.program import Program, Trace
from harness.autodiff.tracer import Traced
from harness.autodiff.transformations import pull_back, push_forward
from harness.network.kernels import GROUPS, LAYERS, LENGTH, PARAMETERS, ROWS, SIZES
from harness.network.network import Network
from harness.network.plain_loss import summed_loss
from optimizers.compilation import compiled
from optimizers.signatures import Data

U = np.uint64

LARGEST_TILE = 512
MOST_NUMBERS = 1_000_000
"""Numbers of a tile's memory beside four times the parameters; wider networks take smaller tiles. Measured as
multiples of ``analytic`` at 128 rows and 240,000 numbers, 256 and 480,000, 512 and 1,000,000: 1.7, 1.5 and
1.3 on 30-16-1, 1.7, 1.5 and 1.2 on 30-64-64-2, 1.6, 1.3 and 1.2 on 64-256-10."""

LINE = 9
CODE, STEPS, TILE, W_AT, DIRECTION_AT, X_AT, Y_AT, LOSS_AT, SLOPE_AT = range(LINE)
"""A line of the table: where the code begins, steps, rows, and where in the workspace the arrays are (a
program in reverse mode has no direction)."""

TABLE, LINES, TILES, GRADIENTS = range(4)
"""Behind the network's own integers: where the table begins, its lines a group, tiles a group, and where the
gradients of the groups are in the workspace."""


@dataclass(frozen=True)
class Tile:
    """A program for so many rows: summed loss and derivative, from w, (direction,) X and Y."""

    rows: int
    program: Program
    layout: Layout


@functools.lru_cache(maxsize=256)
def reverse_tile(network: Network, rows: int) -> Tile:
    """Return loss and gradient over some rows, by reverse mode."""
    trace = Trace()
    w, X, Y = _stand_ins(trace, network, rows)
    program = traced(summed_loss(network), [w.shape, X.shape, Y.shape])
    (value,), (slope,) = pull_back(program, [w, X, Y], [np.ones(())], [0], lean=True)
    assert slope is not None
    return _tile(trace, rows, [value.place, slope.place])


@functools.lru_cache(maxsize=256)
def forward_tile(network: Network, rows: int) -> Tile:
    """Return loss and derivative along a direction over some rows, by forward mode."""
    trace = Trace()
    w = Traced(trace, trace.input((network.size,)))
    direction = Traced(trace, trace.input((network.size,)))
    X = Traced(trace, trace.input((network.sizes[0], rows)))
    Y = Traced(trace, trace.input((network.sizes[-1], rows)))
    program = traced(summed_loss(network), [w.shape, X.shape, Y.shape])
    (value,), (slope,) = push_forward(program, [w, X, Y], [direction, None, None], lean=True)
    assert slope is not None
    return _tile(trace, rows, [value.place, slope.place])


def _stand_ins(trace: Trace, network: Network, rows: int) -> tuple[Traced, Traced, Traced]:
    shapes = ((network.size,), (network.sizes[0], rows), (network.sizes[-1], rows))
    w, X, Y = (Traced(trace, trace.input(shape)) for shape in shapes)
    return w, X, Y


def _tile(trace: Trace, rows: int, outputs: list[int]) -> Tile:
    program = trace.finish(outputs)
    return Tile(rows, program, lay_out(program))


def products(program: Program) -> int:
    """Return the multiply-adds of a program's matrix products: what its cost is counted in."""
    count = 0
    for step in program.instructions:
        rule = PRIMITIVES[step.primitive].products
        if rule is not None:
            count += rule(*(program.shapes[place] for place in step.inputs), *step.settings)
    return count


def pack(network: Network, data: Data, make: Any) -> Data:
    """Return the data of a traced source: programs, code and memories beside the network's own numbers.

    Arguments:
        network: the network.
        data: its packed data; reals and counters are shared.
        make: ``reverse_tile`` or ``forward_tile``.
    """
    reals, own, counters = data.reals, data.integers, data.counters
    count, groups = int(own[ROWS]), int(own[GROUPS])
    largest = LARGEST_TILE
    while largest > 1 and make(network, largest).layout.memory.size > MOST_NUMBERS + 4 * network.size:
        largest //= 2
    spans = {(group + 1) * count // groups - group * count // groups for group in range(groups)}
    tiles = -(-max(spans) // largest)
    even = {rows for span in spans for rows in (span // tiles, -(-span // tiles))} - {0}
    ladder = [2**power for power in range(largest.bit_length())]
    sizes = sorted({*even, *ladder}, reverse=True)
    table = own.size + 4
    lines = np.zeros((groups, len(sizes), LINE), dtype=np.int64)
    code: list[Any] = []
    memories: list[Any] = []
    at = table + lines.size
    place = 0
    for group in range(groups):
        for number, rows in enumerate(sizes):
            if group and rows not in even:
                continue
            tile: Tile = make(network, rows)
            inputs, outputs = tile.program.inputs, tile.program.outputs
            offsets = [tile.layout.offsets[variable] + place for variable in (*inputs, *outputs)]
            # w, a direction in forward mode, X and Y; then loss and slope.
            w_at, *direction, X_at, Y_at, loss_at, slope_at = offsets
            arrays = (w_at, *(direction or [-1]), X_at, Y_at, loss_at, slope_at)
            lines[group, number] = (at, tile.layout.steps, rows, *arrays)
            code.append(tile.layout.moved(place, at))
            memories.append(tile.layout.memory)
            at += code[-1].size
            place += memories[-1].size
    extra = [table, len(sizes), tiles, place]
    integers = np.concatenate([own, extra, lines.ravel(), *code])
    integers[LENGTH] = integers.size
    workspace = np.concatenate([*memories, np.zeros(groups * (network.size + 1))])
    return Data(reals, integers.astype(np.int64), workspace, counters)


@compiled()
def _places(integers: Any) -> int:
    """Return where the places of this file begin, behind the network's own integers."""
    layers = integers[LAYERS]
    return SIZES + layers + 1 + 2 * layers


@compiled()
def find_line(integers: Any, group: int, rows: int) -> int:
    """Return the line of the largest tile of a group that so many rows fill."""
    places = _places(integers)
    lines = integers[places + LINES]
    first = integers[places + TABLE] + group * lines * LINE
    for number in range(lines):
        size = integers[first + number * LINE + TILE]
        if 0 < size <= rows:
            return first + number * LINE
    return first


@compiled()
def load_parameters(w: Any, data: Any, line: int) -> None:
    """Copy the parameters into the memory of one tile."""
    workspace, start = data.workspace, U(data.integers[line + W_AT])
    for i in range(U(w.size)):
        workspace[start + i] = w[i]


@compiled()
def load_rows(data: Any, rows: Any, first: int, line: int) -> None:
    """Copy inputs and targets of the rows of one tile into its memory, unit by unit."""
    reals, integers, workspace = data.reals, data.integers, data.workspace
    count, m = integers[ROWS], integers[line + TILE]
    features, outputs = integers[SIZES], integers[SIZES + integers[LAYERS]]
    X, Y = integers[line + X_AT], integers[line + Y_AT]
    if rows.size == 0:
        for i in range(features + outputs):
            source = U(i * count + first)
            target = U(X + i * m if i < features else Y + (i - features) * m)
            for r in range(U(m)):
                workspace[target + r] = reals[source + r]
        return
    by_row = count * (features + outputs)
    for r in range(m):
        row = rows[first + r]
        source = U(by_row + row * features)
        for i in range(features):
            workspace[U(X + i * m + r)] = reals[source + U(i)]
        for k in range(outputs):
            workspace[U(Y + k * m + r)] = reals[U((features + k) * count + row)]


@compiled()
def run_tile(data: Any, line: int) -> float:
    """Run the program of one line; return its loss."""
    integers, workspace = data.integers, data.workspace
    evaluate(workspace, integers, integers[line + CODE], integers[line + STEPS])
    return workspace[U(integers[line + LOSS_AT])]


@compiled()
def tiles_of(integers: Any) -> int:
    """Return the tiles that a group of rows is worked through in."""
    return integers[_places(integers) + TILES]


@compiled()
def gradient_place(integers: Any, group: int) -> int:
    """Return where the gradient of a group is in the workspace; its loss follows."""
    return integers[_places(integers) + GRADIENTS] + group * (integers[PARAMETERS] + 1)
