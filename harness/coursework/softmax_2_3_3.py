"""Worked example: softmax and cross-entropy, with only the diagonal of the softmax Jacobian."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from harness.coursework.derivation import Derivation, Finding, Suspect, raised
from harness.coursework.example import Formula
from harness.coursework.points import one_class
from harness.coursework.sources import Point
from harness.network.layout import Layer
from harness.network.network import Network
from optimizers.objective import Array

Delta = Callable[[Array, Array, Array], Array]
"""From the sums z of the output layer, its activations O and the labels l to dE/dz."""


def softmax(z: Array) -> Array:
    """Return ``O_n = exp(z_n) / sum_m exp(z_m)``."""
    powers = np.exp(z - z.max())
    return np.array(powers / powers.sum())


def softmax_jacobian(z: Array) -> Array:
    """Return the Jacobian dO/dz of softmax, by automatic differentiation."""
    from harness.autodiff import jacobian

    return np.array(jacobian(lambda z: np.exp(z) / np.sum(np.exp(z)))(z - z.max()))


def hidden_activations(layers: list[Layer], x: Array) -> Array:
    """Return the activations of the sigmoid layer."""
    return np.array(1.0 / (1.0 + np.exp(-(layers[0].weights @ x + layers[0].biases))))


def output_weights(delta: Delta) -> Callable[..., list[Layer]]:
    """Return ``dE/da_kn = delta_n O_k`` as a formula that says nothing of the hidden layer."""

    def formula(layers: list[Layer], x: Array, y: Array) -> list[Layer]:
        hidden = hidden_activations(layers, x)
        z = layers[1].weights @ hidden + layers[1].biases
        found = delta(z, softmax(z), y)
        silent = Layer(np.full_like(layers[0].weights, np.nan), np.full_like(layers[0].biases, np.nan))
        return [silent, Layer(np.outer(found, hidden), found)]

    return formula


def all_weights(layers: list[Layer], x: Array, y: Array) -> list[Layer]:
    """Return the correct gradient of both layers."""
    hidden = hidden_activations(layers, x)
    delta = softmax(layers[1].weights @ hidden + layers[1].biases) - y
    below = layers[1].weights.T @ delta * hidden * (1.0 - hidden)
    return [Layer(np.outer(below, x), below), Layer(np.outer(delta, hidden), delta)]


def _diagonal_only(z: Array, activations: Array, labels: Array) -> Array:
    # dE/dO_n = -l_n / O_n, carried through dO_n/dz_n alone.
    return -labels / activations * np.diag(softmax_jacobian(z))


_PRINTED = Formula(
    ("dE/da_kn = -l_n (1 - O_n) O_k", "a := a - dE/da"),
    output_weights(lambda z, activations, labels: -labels * (1.0 - activations)),
)
_CORRECT = Formula(("dE/da_kn = (O_n - l_n) O_k", "a := a - eta dE/da"), all_weights)


@dataclass(frozen=True)
class Softmax233(Derivation):
    """The output weights under softmax and cross-entropy, behind three sigmoid units.

    Network 2-3-3, E = -sum_n l_n log O_n with one label l_n = 1. O_k are the hidden activations (O_0 = 1),
    O_n the outputs, a_kn the output weights.
    """

    printed: Formula = _PRINTED
    correct: Formula = _CORRECT

    network: ClassVar[Network] = Network(
        sizes=(2, 3, 3), activation=("sigmoid",), loss="categorical-cross-entropy"
    )
    suspects: ClassVar[tuple[Suspect, ...]] = (
        Suspect("only the diagonal of the softmax Jacobian is taken", output_weights(_diagonal_only)),
    )

    def draw(self, rng: np.random.Generator) -> Point:
        """Draw weights and inputs, and the true class."""
        return one_class(self.network, rng)

    def causes(self, finding: Finding) -> list[str]:
        """Look at the derivatives class by class."""
        true = [part for part in finding.departures if "true class" in part.part]
        others = [part for part in finding.departures if "other classes" in part.part]
        if any(part.departs for part in true) or any(part.factor != 0.0 for part in others):
            return []
        return ["the derivative is right for the true class alone and zero for all others"]

    def remarks(self, finding: Finding) -> list[str]:
        """Take the step that an update rule without a learning rate takes."""
        if not any(":=" in line and "eta" not in line for line in self.printed.lines):
            return []
        count = raised(self.network, finding.points, finding.right, 1.0)
        return [
            "The update rule is printed without the learning rate eta, which makes it 1; with the right "
            f"gradient such a step raises the loss at {count} of {len(finding.points)} points."
        ]
