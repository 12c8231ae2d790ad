"""The gradient by automatic differentiation in reverse mode."""

from __future__ import annotations

from typing import Any, ClassVar

import numpy as np

from harness.autodiff.evaluator import Evaluator
from harness.gradients.plain_forms import plain_refusal
from harness.gradients.traced_functions import Current, counted_cost, gradient_program, trace_refusal
from harness.gradients.traced_programs import (
    SLOPE_AT,
    TILE,
    find_line,
    gradient_place,
    load_parameters,
    load_rows,
    pack,
    products,
    reverse_tile,
    run_tile,
    tiles_of,
)
from harness.network.kernels import BOARD, GROUP_SHARE, GROUPS, PARAMETERS, ROWS, W_AT, share_groups, told
from harness.network.network import Network
from harness.network.source import Function, GradientSource, ValueAndGradient
from harness.numerics.shared_work import SHARE, reals_at
from optimizers.compilation import compiled
from optimizers.counts import GRADIENT_ROWS
from optimizers.errors import InputError
from optimizers.function_addresses import address
from optimizers.objective import Array
from optimizers.signatures import Data

U = np.uint64


class ReverseAutodiff(GradientSource):
    """Automatic differentiation in reverse mode: the loss as plain code, traced, and walked back.

    Nothing here knows of networks: the program of ``harness.network.plain_loss`` is carried back rule by rule
    (``harness.autodiff``). Backpropagation is the special case that comes out.
    """

    traces: ClassVar[bool] = True
    source: ClassVar[str] = (
        "Linnainmaa (1970); Griewank, Walther (2008), Evaluating derivatives, 2nd ed., ch. 3: cheap gradients"
    )

    def build(self, network: Network, data: Data) -> tuple[Any, Data]:
        """Return the loop that runs the traced programs, and their code as data."""
        packed = pack(network, data, reverse_tile)
        if packed.integers[BOARD]:
            packed.integers[GROUP_SHARE] = address(share_of_rows, SHARE)
        return value_and_gradient, packed

    def cost(self, network: Network) -> float:
        """Return the multiply-adds of the traced program, as a multiple of a forward pass's."""
        return products(reverse_tile(network, 1).program) / network.products

    def refusal(self, network: Network) -> str | None:
        """Refuse what has no gradient, and what has no plain form that can be traced."""
        return plain_refusal(network, _traced)

    def function_refusal(self, function: Function, n: int) -> str | None:
        """Refuse a function that cannot be traced, with the line."""
        return trace_refusal(function, n)

    def build_function(self, function: Function, n: int) -> tuple[ValueAndGradient, float]:
        """Return a plain function with its traced program, walked back.

        The cost is counted: one for the value, and the operations of the program back, the
        function's own being 1.
        """
        if reason := self.function_refusal(function, n):
            raise InputError(reason)
        current = Current(function, lambda: Evaluator(gradient_program(function, n)))

        def value_and_gradient(w: Array) -> tuple[float, Array]:
            return float(function(w)), current.get()([w])[0]

        return value_and_gradient, counted_cost(function, gradient_program(function, n), n) or 1.0


@compiled()
def _add_tile(data: Any, line: int, target: int) -> None:
    workspace, source = data.workspace, U(data.integers[line + SLOPE_AT])
    place = U(target)
    for i in range(U(data.integers[PARAMETERS])):
        workspace[place + i] += workspace[source + i]


@compiled()
def _clear(data: Any, target: int) -> None:
    place = U(target)
    for i in range(U(data.integers[PARAMETERS])):
        data.workspace[place + i] = 0.0


@compiled()
def _group(w: Any, data: Any, group: int) -> None:
    """Write the summed gradient and loss of one group; the tiles of the larger of two sizes come first."""
    integers = data.integers
    rows = integers[:0]
    count, groups, tiles = integers[ROWS], integers[GROUPS], tiles_of(integers)
    begin = group * count // groups
    span = (group + 1) * count // groups - begin
    target = gradient_place(integers, group)
    _clear(data, target)
    larger = -(-span // tiles)
    loss, loaded = 0.0, -1
    for turn in range(2):
        for tile in range(tiles):
            first = tile * span // tiles
            size = (tile + 1) * span // tiles - first
            if size == 0 or (size == larger) == (turn == 1):
                continue
            line = find_line(integers, group, size)
            if line != loaded:
                load_parameters(w, data, line)
                loaded = line
            load_rows(data, rows, begin + first, line)
            loss += run_tile(data, line)
            _add_tile(data, line, target)
    data.workspace[target + integers[PARAMETERS]] = loss


@compiled()
def share_of_rows(place: int, group: int, thread: int) -> None:
    """Work out loss and gradient of one group of rows, see ``shared_work.SHARE``; each has its own memory."""
    data = told(place)
    integers = data.integers
    _group(reals_at(integers[W_AT], integers[PARAMETERS]), data, group)


@compiled()
def _given(w: Any, rows: Any, data: Any) -> float:
    """Sum loss and gradient of given rows, in tiles that are halved until they fit."""
    integers = data.integers
    target = gradient_place(integers, 0)
    _clear(data, target)
    loss, first, loaded = 0.0, 0, -1
    while first < rows.size:
        line = find_line(integers, 0, rows.size - first)
        if line != loaded:
            load_parameters(w, data, line)
            loaded = line
        load_rows(data, rows, first, line)
        loss += run_tile(data, line)
        _add_tile(data, line, target)
        first += integers[line + TILE]
    return loss


@compiled()
def _add_groups(data: Any, groups: int, count: int, gradient: Any) -> None:
    workspace = data.workspace
    factor = 1.0 / count
    for i in range(U(gradient.size)):
        gradient[i] = 0.0
    for group in range(groups):
        start = U(gradient_place(data.integers, group))
        for i in range(U(gradient.size)):
            gradient[i] += workspace[start + i]
    for i in range(U(gradient.size)):
        gradient[i] *= factor


@compiled()
def value_and_gradient(w: Any, rows: Any, data: Any, gradient: Any) -> float:
    """Return the mean loss and write its gradient; see ``optimizers.signatures.VALUE_AND_GRADIENT``."""
    integers = data.integers
    count = rows.size if rows.size else integers[ROWS]
    data.counters[GRADIENT_ROWS] += count
    if rows.size:
        loss = _given(w, rows, data)
        _add_groups(data, 1, count, gradient)
        return loss / count
    groups = integers[GROUPS]
    if integers[BOARD] != 0 and groups > 1:
        share_groups(w, data)
    else:
        for group in range(groups):
            _group(w, data, group)
    loss = 0.0
    for group in range(groups):
        loss += data.workspace[gradient_place(integers, group) + integers[PARAMETERS]]
    _add_groups(data, groups, count, gradient)
    return loss / count


def _traced(network: Network) -> object:
    return reverse_tile(network, 1)
