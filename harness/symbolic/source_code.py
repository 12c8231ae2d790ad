"""Writes the Python of a compiled ``value_and_gradient`` for one network, from SymPy's derivatives."""

from __future__ import annotations

import ast

import numpy as np
import sympy

from harness.autodiff.derivatives import traced
from harness.network.network import Network
from harness.network.plain_loss import summed_loss
from harness.symbolic.interpreter import interpret
from harness.symbolic.named_functions import Names, gradient
from harness.symbolic.statements import Writer, simplified
from harness.symbolic.symbols import column, parameters

_FILE = '''"""One row's loss and gradient of network {network}, written by SymPy {version}.

Parameters are w0, w1 ... in their order, inputs x0 ..., targets y0 ... .
"""

from harness.network.kernels import ROWS
from harness.symbolic.kernels import (
    exponential,
    heaviside,
    hyperbolic_tangent,
    log_sum_exp,
    maximum,
    sigmoid,
    softplus,
)
from optimizers.compilation import compiled
from optimizers.counts import GRADIENT_ROWS

MULTIPLICATIONS = {multiplications}
"""Multiplications and divisions of one row."""


@compiled()
def value_and_gradient(w, rows, data, gradient):
    """Return the mean loss and write its gradient; see ``optimizers.signatures.VALUE_AND_GRADIENT``."""
    reals, integers, counters = data.reals, data.integers, data.counters
    all_rows = integers[ROWS]
    count = rows.size if rows.size else all_rows
    counters[GRADIENT_ROWS] += count
    for i in range({size}):
        gradient[i] = 0.0
{loads}
    loss = 0.0
    for place in range(count):
        row = rows[place] if rows.size else place
{body}
    for i in range({size}):
        gradient[i] /= count
    return loss / count
'''


def multiplications(lines: list[str]) -> int:
    """Count the multiplications and divisions in lines of Python.

    >>> multiplications(["a = b * c * d - e", "f += a / (b + 1.0)"])
    3
    """
    nodes = ast.walk(ast.parse("\n".join(lines)))
    return sum(isinstance(node, ast.BinOp) and isinstance(node.op, ast.Mult | ast.Div) for node in nodes)


def row_loss(network: Network) -> tuple[object, list[object]]:
    """Return the loss of one row as one expression of parameters, inputs and targets, and the parameters."""
    names = parameters(network.sizes)
    inputs = [
        np.array(names, dtype=object),
        column("x", None, network.sizes[0]),
        column("y", None, network.sizes[-1]),
    ]
    program = traced(summed_loss(network), [array.shape for array in inputs])
    return interpret(program, inputs)[0].item(), names


def source_code(network: Network) -> str:
    """Return the source of a module with the compiled function and its number of multiplications.

    The derivative by each parameter is derived by itself, then factored, and all are freed of repetition
    (``sympy.cse``).
    """
    features, outputs = network.sizes[0], network.sizes[-1]
    loss, names = row_loss(network)
    functions = Names()
    short = functions.short(loss)
    slopes_in_names = gradient(short, names, functions)
    definitions, (value, *slopes) = simplified(functions.meanings, [short, *slopes_in_names])
    called = {name: f"w{place}" for place, name in enumerate(names)}
    called |= {name: f"x{place}" for place, name in enumerate(column("x", None, features).flat)}
    called |= {name: f"y{place}" for place, name in enumerate(column("y", None, outputs).flat)}
    writer = Writer(called)
    for name, meaning in definitions:
        writer.assign(name, meaning)
    results = [f"loss += {writer.text(value)}"]
    results += [
        f"gradient[{place}] += {writer.text(slope)}" for place, slope in enumerate(slopes) if slope != 0
    ]
    formulas = [*writer.lines, *results]
    reads = [f"x{i} = reals[{i} * all_rows + row]" for i in range(features)]
    reads += [f"y{k} = reals[{features + k} * all_rows + row]" for k in range(outputs)]
    sizes, activations = "-".join(map(str, network.sizes)), ", ".join(network.layer_activations)
    return _FILE.format(
        network=f"{sizes} ({activations}; {network.loss})",
        version=sympy.__version__,
        multiplications=multiplications(formulas),
        size=network.size,
        loads="\n".join(f"    w{place} = w[{place}]" for place in range(network.size)),
        body="\n".join(f"        {line}" for line in [*reads, *formulas]),
    )
