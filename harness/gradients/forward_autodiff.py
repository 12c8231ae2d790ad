"""The gradient by automatic differentiation in forward mode."""

from __future__ import annotations

from typing import Any, ClassVar

import numpy as np

from harness.autodiff.evaluator import Evaluator
from harness.gradients.plain_forms import plain_refusal
from harness.gradients.traced_functions import Current, counted_cost, slope_program, trace_refusal
from harness.gradients.traced_programs import (
    DIRECTION_AT,
    SLOPE_AT,
    TILE,
    find_line,
    forward_tile,
    load_parameters,
    load_rows,
    pack,
    products,
    run_tile,
)
from harness.network.kernels import ROWS
from harness.network.network import Network
from harness.network.source import Function, GradientSource, ValueAndGradient
from optimizers.compilation import compiled
from optimizers.counts import GRADIENT_ROWS
from optimizers.errors import InputError
from optimizers.objective import Array
from optimizers.signatures import Data


class ForwardAutodiff(GradientSource):
    """Automatic differentiation in forward mode: one pass with a tangent for each parameter.

    ``dE/dw_i = d/dh E(w + h e_i)`` at h = 0, carried through the traced program of the loss rule by rule
    (``harness.autodiff``). Exact like the reverse mode, but its cost grows with the number of parameters.
    """

    traces: ClassVar[bool] = True
    source: ClassVar[str] = (
        "Wengert (1964), A simple automatic derivative evaluation program, Communications of the ACM 7; "
        "Griewank, Walther (2008), Evaluating derivatives, 2nd ed., ch. 3"
    )

    def build(self, network: Network, data: Data) -> tuple[Any, Data]:
        """Return the loop over parameters and tiles, and the traced programs as data."""
        return value_and_gradient, pack(network, data, forward_tile)

    def cost(self, network: Network) -> float:
        """Return one pass with a tangent for each parameter, in multiply-adds of the traced program."""
        return network.size * products(forward_tile(network, 1).program) / network.products

    def refusal(self, network: Network) -> str | None:
        """Refuse what has no gradient, and what has no plain form that can be traced."""
        return plain_refusal(network, _traced)

    def function_refusal(self, function: Function, n: int) -> str | None:
        """Refuse a function that cannot be traced, with the line."""
        return trace_refusal(function, n)

    def build_function(self, function: Function, n: int) -> tuple[ValueAndGradient, float]:
        """Return a plain function with its traced program, run once for each parameter with a tangent.

        The cost is counted: one for the value, and the operations of n passes with a tangent,
        the function's own being 1.
        """
        if reason := self.function_refusal(function, n):
            raise InputError(reason)
        current = Current(function, lambda: Evaluator(slope_program(function, n)))

        def value_and_gradient(w: Array) -> tuple[float, Array]:
            evaluate = current.get()
            return float(function(w)), np.array([evaluate([w, unit])[0].item() for unit in np.eye(n)])

        return value_and_gradient, counted_cost(function, slope_program(function, n), n, times=n) or 1.0


@compiled()
def value_and_gradient(w: Any, rows: Any, data: Any, gradient: Any) -> float:
    """Return the mean loss and write its gradient; see ``optimizers.signatures.VALUE_AND_GRADIENT``."""
    integers, workspace = data.integers, data.workspace
    count = rows.size if rows.size else integers[ROWS]
    data.counters[GRADIENT_ROWS] += count
    n = w.size
    for i in range(n):
        gradient[i] = 0.0
    loss, first = 0.0, 0
    while first < count:
        line = find_line(integers, 0, count - first)
        load_parameters(w, data, line)
        load_rows(data, rows, first, line)
        direction = integers[line + DIRECTION_AT]
        for i in range(n):
            workspace[direction + i] = 0.0
        value = 0.0
        for i in range(n):
            workspace[direction + i] = 1.0
            value = run_tile(data, line)
            workspace[direction + i] = 0.0
            gradient[i] += workspace[integers[line + SLOPE_AT]]
        loss += value
        first += integers[line + TILE]
    for i in range(n):
        gradient[i] /= count
    return loss / count


def _traced(network: Network) -> object:
    return forward_tile(network, 1)
