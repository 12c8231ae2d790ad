"""Worked example: an exponential output, differentiated by hand for any target."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from harness.coursework.derivation import Derivation, Gradient
from harness.coursework.example import Formula
from harness.coursework.figures import Keep, exactly
from harness.coursework.points import away_from_target
from harness.coursework.sources import Point
from harness.network.layout import Layer
from harness.network.network import Network
from optimizers.objective import Array


def _sums(layers: list[Layer], x: Array) -> Array:
    return np.array(layers[0].weights @ x + layers[0].biases)


def _forward(layers: list[Layer], x: Array, keep: Keep) -> tuple[Array, Array]:
    hidden = keep(1.0 / (1.0 + np.exp(-_sums(layers, x))))
    return hidden, keep(np.exp(layers[1].weights @ hidden + layers[1].biases))


def derivatives(layers: list[Layer], x: Array, y: Array, keep: Keep = exactly) -> list[Layer]:
    """Return ``dJ/dW2_1j = (p - y) p a_j`` and ``dJ/dW1_ji = (p - y) p W2_1j a_j (1 - a_j) x_i``."""
    hidden, output = _forward(layers, x, keep)
    delta = (output - y) * output
    below = layers[1].weights.T @ delta * hidden * (1.0 - hidden)
    return [Layer(np.outer(below, x), below), Layer(np.outer(delta, hidden), delta)]


_NETWORK = Network(sizes=(2, 2, 1), activation=("sigmoid",), output="exponential", loss="half-squared")
_W = np.array([4.0, 4.0, 1.0, -2.0, 2.0, -1.0, -3.0, -1.0, 2.0])
_X = np.array([0.5, -0.5])
_LINES = (
    "dJ/dW2_1j = (p - y) p a_j",
    "dJ/dW1_ji = (p - y) p W2_1j a_j (1 - a_j) x_i",
)
_FIGURES = {
    "z_1": "2",
    "z_2": "0.5",
    "a_1": "0.881",
    "a_2": "0.622",
    "p": "0.282",
    "dJ/dW2_11, times y": "-0.248442",
    "dJ/dW2_11, constant": "0.070060644",
    "dJ/dW1_11, times y": "0.04434689",
    "dJ/dW1_11, constant": "-0.01250582",
}
_FORMULA = Formula(_LINES, derivatives)


@dataclass(frozen=True)
class ExpOutput(Derivation):
    """An exponential output behind two sigmoid units.

    Network 2-2-1 on x = (0.5, -0.5): hidden weights, bias first, (2, 4, 4) and (-1, 1, -2) with the sigmoid;
    output p = exp(z) with weights (2, -3, -1); J = (p - y)^2 / 2. The derivatives are linear in y, and the
    printed figures are the two numbers of each.
    """

    printed: Formula = _FORMULA
    correct: Formula = _FORMULA
    printed_figures: tuple[tuple[str, str], ...] = tuple(_FIGURES.items())

    network: ClassVar[Network] = _NETWORK
    # Two targets decide a linear function.
    printed_points: ClassVar[tuple[Point, ...]] = (
        Point(_W, _X, np.array([0.0])),
        Point(_W, _X, np.array([1.0])),
    )

    def draw(self, rng: np.random.Generator) -> Point:
        """Draw weights and inputs, and a target away from the output."""
        return away_from_target(self.network, rng)

    def values(self, formula: Gradient, keep: Keep) -> Mapping[str, float]:
        """Return sums, activations and the two derivatives as linear functions of the target."""
        layers = self.network.layers(_W)
        sums, (hidden, output) = _sums(layers, _X), _forward(layers, _X, keep)
        figures = {"z_1": sums[0], "z_2": sums[1], "a_1": hidden[0], "a_2": hidden[1], "p": output[0]}
        at_zero, at_one = (formula(layers, _X, np.array([y]), keep) for y in (0.0, 1.0))
        for name, layer in (("dJ/dW2_11", 1), ("dJ/dW1_11", 0)):
            constant = at_zero[layer].weights[0, 0]
            figures[f"{name}, times y"] = at_one[layer].weights[0, 0] - constant
            figures[f"{name}, constant"] = constant
        return figures
