"""The gradient of a network as a textbook derives it: sums and activations forward, deltas back.

Each piece is differentiated by SymPy; the chain rule puts them together under the names of the layers, so
that no formula is longer than a layer is wide. ``Derivation.expanded`` replaces the names again, and the
tests hold what it gives against SymPy's derivative of the loss as a whole.
"""

from __future__ import annotations

import itertools
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import sympy

from harness.autodiff.derivatives import traced
from harness.network.activations import find_activation
from harness.network.network import Network
from harness.network.plain_loss import refusal
from harness.symbolic.derivations import Derivation
from harness.symbolic.functions import derivative
from harness.symbolic.interpreter import interpret
from harness.symbolic.size_limits import too_many_parameters
from harness.symbolic.symbols import column, parameters, symbol
from optimizers.errors import InputError


@dataclass(frozen=True)
class _Layer:
    """The names of one layer's numbers, and what they stand for."""

    inputs: list[Any]
    sums: list[Any]
    sum_values: list[Any]
    activations: list[Any]
    activation_values: list[Any]
    deltas: list[Any]
    number: int

    def slope(self, unit: int, place: int) -> Any:
        """Return the derivative of one activation by one sum, in terms of the activations."""
        found = derivative(self.activation_values[unit], self.sums[place])
        return self.in_activations(found)

    def in_activations(self, expression: Any) -> Any:
        """Return an expression in sums with the activations named in it."""
        return expression.xreplace(dict(zip(self.activation_values, self.activations, strict=True)))


def _plain(function: Callable[..., Any] | None, *inputs: Any) -> Any:
    """Return what a plain function makes of arrays of symbols."""
    assert function is not None
    return interpret(traced(function, [array.shape for array in inputs]), inputs)[0]


def _forward(network: Network) -> list[_Layer]:
    layers: list[_Layer] = []
    below = column("x", None, network.sizes[0])
    for layer, (ins, outs) in enumerate(itertools.pairwise(network.sizes), start=1):
        z, a = column("z", layer, outs), column("a", layer, outs)
        weights = [[symbol("w", layer, o + 1, i + 1) for i in range(ins)] for o in range(outs)]
        values = [
            sympy.Add(*(w * x for w, x in zip(row, below.flat, strict=True)), symbol("b", layer, o + 1))
            for o, row in enumerate(weights)
        ]
        activated = _plain(find_activation(network.layer_activations[layer - 1]).plain, z)
        delta = column("delta", layer, outs)
        layers.append(
            _Layer(
                *(list(below.flat), list(z.flat), values, list(a.flat), list(activated.flat)),
                *(list(delta.flat), layer),
            )
        )
        below = a
    return layers


def _output_deltas(network: Network, top: _Layer, loss: Any) -> list[Any]:
    if network.loss_entry.takes_in is not None:
        return [top.in_activations(derivative(loss, z)) for z in top.sums]
    return [
        sympy.Add(*(derivative(loss, a) * top.slope(u, place) for u, a in enumerate(top.activations)))
        for place in range(len(top.sums))
    ]


def _hidden_deltas(layer: _Layer, above: _Layer) -> list[Any]:
    return [
        sympy.Add(
            *(delta * symbol("w", above.number, k, u + 1) for k, delta in enumerate(above.deltas, start=1))
        )
        * layer.slope(u, u)
        for u in range(len(layer.sums))
    ]


def network_derivation(network: Network) -> Derivation:
    """Derive the gradient of one row's loss; see ``harness.symbolic.derivation``.

    ``delta_L = dE/dz_L``, ``delta_l = f'(z_l) * (W_(l+1)' delta_(l+1))``, ``dE/dW_l = delta_l a_(l-1)'``:
    Rumelhart, Hinton, Williams (1986), Learning representations by back-propagating errors, eqs. 4 to 7.
    """
    if reason := network.no_gradient or refusal(network):
        raise InputError(f"no derivation: {reason}")
    if excess := too_many_parameters(network.size):
        raise InputError(f"no derivation: {excess}: take fewer units, as in hidden=[2]")
    layers = _forward(network)
    top = layers[-1]
    outputs = "z" if network.loss_entry.takes_in is not None else "a"
    numbers = column(outputs, top.number, len(top.sums)), column("y", None, len(top.sums))
    loss = _plain(network.loss_entry.plain, *numbers).item()
    backward = list(zip(top.deltas, _output_deltas(network, top, loss), strict=True))
    for layer, above in zip(layers[-2::-1], layers[:0:-1], strict=True):
        backward += list(zip(layer.deltas, _hidden_deltas(layer, above), strict=True))
    forward: list[tuple[Any, Any]] = []
    gradient: list[Any] = []
    for layer in layers:
        forward += zip(layer.sums, layer.sum_values, strict=True)
        forward += zip(layer.activations, layer.activation_values, strict=True)
        gradient += [delta * below for delta in layer.deltas for below in layer.inputs]
        gradient += layer.deltas
    return Derivation(
        title=_title(network),
        letter="E",
        parameters=tuple(parameters(network.sizes)),
        forward=tuple(forward),
        value=loss,
        backward=tuple(backward),
        gradient=tuple(gradient),
        words=_words(network),
        notes=_notes(network),
    )


def _title(network: Network) -> str:
    names = network.layer_activations
    activations = ", ".join(f"layer {number} {name}" for number, name in enumerate(names, start=1))
    return (
        f"How does the loss E of one row depend on each of the {network.size} parameters?\n"
        f"Network {'-'.join(map(str, network.sizes))} ({activations}), loss {network.loss}."
    )


def _words(network: Network) -> tuple[tuple[str, str], ...]:
    top = len(network.sizes) - 1
    under = f"unit j of layer {top - 1}" if top > 1 else "input j"
    return (
        ("x[i]", "input i"),
        ("y[i]", "target of output i"),
        (f"w{top}[i,j]", f"weight of layer {top}, to its unit i from {under}"),
        (f"b{top}[i]", f"bias of unit i of layer {top}"),
        (f"z{top}[i]", f"sum that goes into unit i of layer {top}"),
        (f"a{top}[i]", f"activation of unit i of layer {top}"),
        (f"delta{top}[i]", f"derivative of E by z{top}[i]"),
    )


def _notes(network: Network) -> tuple[str, ...]:
    condition = ", for targets that sum to 1" if network.loss_entry.targets == "distribution" else ""
    notes = [f"The loss is E = {network.loss_entry.equation}{condition}."]
    if any(part.kinks for part in network.parts.values()):
        notes.append("(z > 0) is 1 where that holds and 0 where it does not, 1/2 at z = 0.")
    notes.append("The loss of a data set is the mean over its rows, and so is its gradient.")
    return tuple(notes)
