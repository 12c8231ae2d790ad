"""What the differences of values have in common: the step, and candidates that are evaluated block by block.

The candidates, copies of ``w`` that differ in one number each, go through the network's ``values`` in blocks,
which lie in the workspace of the source's own data, behind the typical sizes of the parameters; ``w`` itself
is never written to. Microseconds for a gradient by central differences on two cores:

    network    rows   one value at a time   blocks, one thread   blocks, two threads
    2-2-1         4                   4.3                  3.9
    4-8-3       150                   266                  251                   146
    30-16-1     569                20,800               21,100                11,600
    64-32-10  1,797             1,010,000            1,000,000               504,000

So blocks cost nothing where they gain nothing, and bring in the second thread where it pays. ``values`` gives
the bits of ``value``, with one thread or many.
"""

from __future__ import annotations

from typing import Any, ClassVar

import numpy as np

from harness.network import kernels
from harness.network.activations import find_activation
from harness.network.data import at_cache_lines, population_kernel, value_kernel
from harness.network.network import Network
from harness.network.source import Function, GradientSource, ValueAndGradient
from optimizers.compilation import compiled
from optimizers.differences import Differences
from optimizers.function_addresses import address, caller
from optimizers.objective import Array
from optimizers.options import Positive, options
from optimizers.signatures import VALUE, VALUES, Data

EPSILON = float(np.finfo(np.float64).eps)

STEP, ONE_VALUE, MANY_VALUES, CANDIDATES, LINEAR, INS = range(-6, 0)
"""Places in ``integers``, behind what the network keeps there: the bits of a fixed step (0: from theory), the
addresses of ``value`` and ``values``, the candidates of a block, where the parameters of an output layer
without an activation begin (n: there is none), and the units below it."""

BLOCK_NUMBERS = 2**20
"""Numbers of a block of candidates, 8 MB. 2^14 to 2^20 measure alike; large blocks wait less for threads."""

_value, _values = caller(VALUE), caller(VALUES)


@compiled()
def loss_at(w: Any, rows: Any, data: Any) -> float:
    """Return the loss itself, by the network's own kernel."""
    return _value(data.integers[ONE_VALUE], w, rows, data)


@compiled()
def losses_of(candidates: Any, rows: Any, data: Any, losses: Any) -> None:
    """Write the loss of each candidate."""
    _values(data.integers[MANY_VALUES], candidates, rows, data, losses)


@compiled()
def block(w: Any, data: Any) -> Any:
    """Return the block of candidates, each a copy of ``w``, and the place for their losses."""
    workspace, count = data.workspace, data.integers[CANDIDATES]
    end = workspace.size - count
    candidates = workspace[end - count * w.size : end].reshape((count, w.size))
    for p in range(count):
        for i in range(w.size):
            candidates[p, i] = w[i]
    return candidates, workspace[end:]


@compiled()
def step_of(w: Any, i: int, data: Any, relative: float) -> float:
    """Return the fixed step, or ``relative * max(s_i, abs(w_i))`` with the size s_i of the parameter."""
    fixed = np.int64(data.integers[STEP]).view(np.float64)
    if fixed > 0.0:
        return fixed
    n, workspace = w.size, data.workspace
    sizes = workspace[workspace.size - data.integers[CANDIDATES] * (n + 1) - n :]
    linear, ins = data.integers[LINEAR], data.integers[INS]
    if i < linear:
        return relative * max(sizes[i], abs(w[i]))
    biases = n - (n - linear) // (ins + 1)
    unit = i - biases if i >= biases else (i - linear) // ins
    largest = max(1.0, abs(w[biases + unit]) / sizes[biases + unit])
    for j in range(linear + unit * ins, linear + (unit + 1) * ins):
        largest = max(largest, abs(w[j]) / sizes[j])
    return relative * sizes[i] * largest


def typical_sizes(network: Network, reals: Array, rows: int) -> Array:
    """Return the size of each parameter over which the loss changes, shape (n,).

    A hidden unit bends where its sum changes by about 1. So a weight of the first layer has the size
    ``1 / root mean square of its input``, and the others have the size 1. An output unit without an
    activation has the size of its targets, or that of its largest part where that is larger; ``step_of``
    finds that out, for it changes with the parameters. Mean squares count to the nearest power of 2, so that
    data of standard deviation 1 leave the steps of theory as they are.

    Arguments:
        network: the network.
        reals: inputs and targets as ``harness.network.data.pack`` lays them out.
        rows: number of rows.
    """
    features, outputs = network.sizes[0], network.sizes[-1]
    table = reals[: (features + outputs) * rows].reshape(features + outputs, rows)
    largest = np.abs(table).max(axis=1)
    # Beyond these, steps would not be normal numbers any more; and NumPy's squares overflow.
    largest = np.where(largest == 0.0, 1.0, np.clip(largest, 1e-270, 1e270))
    squares = np.mean((table / largest[:, None]) ** 2, axis=1)
    powers = np.log2(largest) + np.log2(np.where(squares > 0.0, squares, 1.0)) / 2
    scales = 2.0 ** np.rint(powers)
    sizes = np.ones(network.size)
    layers = network.layers(sizes)
    layers[0].weights[:] /= scales[:features]
    if _linear(network):
        layers[-1].weights[:] *= scales[features:, None]
        layers[-1].biases[:] *= scales[features:]
    return sizes


def _linear(network: Network) -> bool:
    return find_activation(network.output_activation).linear


@options
class Difference(GradientSource):
    """The gradient from values alone, a coordinate at a time.

    Attributes:
        step: how far to go along each coordinate; none balances truncation against round-off. A step that
            is lost in the rounding of a parameter gives NaN: no distance was gone.
    """

    step: Positive | None = None

    by_values: ClassVar[bool] = True
    relative: ClassVar[float]
    """The step of a parameter of size 1 that balances truncation against round-off."""
    sides: ClassVar[int]
    """Values a coordinate, beside the loss itself."""
    function: ClassVar[Any]
    """The compiled ``value_and_gradient``."""

    def build(self, network: Network, data: Data) -> tuple[Any, Data]:
        """Return the compiled function, with room for a block of candidates in a workspace of its own."""
        reals, integers, workspace, counters = data.reals, data.integers, data.workspace, data.counters
        fitting = BLOCK_NUMBERS // (self.sides * network.size)
        count = self.sides * min(network.size, max(kernels.SLOTS, fitting))
        own = np.zeros(6, dtype=np.int64)
        own[STEP] = np.float64(self.step or 0.0).view(np.int64)
        own[ONE_VALUE], own[MANY_VALUES] = (
            address(value_kernel(data), VALUE),
            address(population_kernel(data), VALUES),
        )
        own[CANDIDATES], own[INS] = count, network.sizes[-2]
        own[LINEAR] = network.size - (own[INS] + 1) * network.sizes[-1] if _linear(network) else network.size
        room = at_cache_lines(workspace.size + network.size + count * (network.size + 1), np.float64)
        room[workspace.size : workspace.size + network.size] = typical_sizes(
            network, reals, int(integers[kernels.ROWS])
        )
        more = np.concatenate([integers, own])
        more[kernels.LENGTH] = more.size
        return type(self).function, Data(reals, more, room, counters)

    def function_refusal(self, function: Function, n: int) -> str | None:
        """Refuse nothing: every function has values."""
        return None

    def build_function(self, function: Function, n: int) -> tuple[ValueAndGradient, float]:
        """Return the differences of a plain function; ``sides n + 1``.

        The steps are those of ``optimizers.differences``, in proportion to the parameters, unless one is
        given.
        """
        # As with ``FunctionObjective``: the first point tells the sizes.
        scheme = "central-difference" if self.sides == 2 else "forward-difference"
        differences = Differences(scheme, step=self.step)

        def value_and_gradient(w: Array) -> tuple[float, Array]:
            loss = float(function(w))
            return loss, differences(lambda v: float(function(v)), w, loss)

        return value_and_gradient, self.sides * n + 1.0
