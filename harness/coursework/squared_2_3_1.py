"""Worked example: the squared error of a linear output, with the sign lost on the way."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from harness.coursework.derivation import Derivation, Finding, Suspect, raised
from harness.coursework.example import Formula
from harness.coursework.points import away_from_target
from harness.coursework.sources import Point
from harness.network.layout import Layer
from harness.network.network import Network
from optimizers.objective import Array


def sigmoid(z: Array) -> Array:
    """Return ``s(z) = 1 / (1 + exp(-z))``."""
    return np.array(1.0 / (1.0 + np.exp(-z)))


def once(activation: Array) -> Array:
    """Return the derivative of the sigmoid from its activation, ``O (1 - O)``."""
    return activation * (1.0 - activation)


def twice(activation: Array) -> Array:
    """Return ``s(O) (1 - s(O))``, which takes the activation for the sum."""
    return once(sigmoid(activation))


def derivatives(sign: float, slope: Callable[[Array], Array]) -> Callable[..., list[Layer]]:
    """Return ``dE/da_k0 = sign 2 (y - O) O_k`` and ``dE/da_ik = sign 2 (y - O) a_k0 slope(O_k) O_i``."""

    def formula(layers: list[Layer], x: Array, y: Array) -> list[Layer]:
        hidden = sigmoid(layers[0].weights @ x + layers[0].biases)
        delta = sign * 2.0 * (y - (layers[1].weights @ hidden + layers[1].biases))
        below = layers[1].weights.T @ delta * slope(hidden)
        return [Layer(np.outer(below, x), below), Layer(np.outer(delta, hidden), delta)]

    return formula


_STEP = 1e-3
_PRINTED = Formula(
    (
        "dE/da_k0 = 2 (y - O) O_k",
        "dE/da_ik = 2 (y - O) a_k0 s(O_k) (1 - s(O_k)) O_i",
    ),
    derivatives(1.0, twice),
)
_CORRECT = Formula(
    (
        "dE/da_k0 = -2 (y - O) O_k",
        "dE/da_ik = -2 (y - O) a_k0 O_k (1 - O_k) O_i",
    ),
    derivatives(-1.0, once),
)


@dataclass(frozen=True)
class Squared231(Derivation):
    """The squared error of a linear output behind three sigmoid units.

    Network 2-3-1 with bias units (O_0 = 1), E = (y - O)^2. O_i are the inputs, O_k = s(z_k) the hidden
    activations with the sigmoid s, a_ik leads from input i to hidden unit k and a_k0 on to the output O.
    """

    printed: Formula = _PRINTED
    correct: Formula = _CORRECT

    network: ClassVar[Network] = Network(sizes=(2, 3, 1), activation=("sigmoid",), loss="squared")
    suspects: ClassVar[tuple[Suspect, ...]] = (
        Suspect("the sigmoid is applied twice, for O_k is s(z_k) already", derivatives(-1.0, twice)),
    )

    def draw(self, rng: np.random.Generator) -> Point:
        """Draw weights and inputs, and a target away from the output."""
        return away_from_target(self.network, rng)

    def remarks(self, finding: Finding) -> list[str]:
        """Take a small step against either gradient and look at the loss."""
        count = len(finding.points)
        printed = raised(self.network, finding.points, finding.printed, _STEP)
        right = raised(self.network, finding.points, finding.right, _STEP)
        return [
            f"A step of {_STEP} against the printed gradient raises the loss at {printed} of {count} points; "
            f"against the right one at {right}."
        ]
