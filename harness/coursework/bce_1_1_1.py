"""Worked example: the smallest chain of two sigmoids under binary cross-entropy."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from harness.coursework.derivation import Derivation, Gradient
from harness.coursework.example import Formula
from harness.coursework.figures import Keep, exactly
from harness.coursework.first_difference import flat
from harness.coursework.sources import Point
from harness.network.layout import Layer
from harness.network.network import Network
from optimizers.objective import Array


def _forward(layers: list[Layer], x: Array, keep: Keep) -> tuple[Array, Array]:
    first = keep(1.0 / (1.0 + np.exp(-(layers[0].weights @ x + layers[0].biases))))
    return first, keep(1.0 / (1.0 + np.exp(-(layers[1].weights @ first + layers[1].biases))))


def derivatives(layers: list[Layer], x: Array, y: Array, keep: Keep = exactly) -> list[Layer]:
    """Return ``dE/dw2 = (yhat - y) a1`` and ``dE/dw1 = (yhat - y) w2 a1 (1 - a1) x``; b without input."""
    first, output = _forward(layers, x, keep)
    delta = output - y
    below = layers[1].weights.T @ delta * first * (1.0 - first)
    return [Layer(np.outer(below, x), below), Layer(np.outer(delta, first), delta)]


_LINES = (
    "dE/dw2 = (yhat - y) a1",
    "dE/db2 = (yhat - y)",
    "dE/dw1 = (yhat - y) w2 a1 (1 - a1) x",
    "dE/db1 = (yhat - y) w2 a1 (1 - a1)",
    "w := w - 0.1 dE/dw",
)
_W, _X, _Y = np.array([0.2, 0.1, 0.4, 0.2]), np.array([0.5]), np.array([1.0])
_NAMES = ("w1", "b1", "w2", "b2")
_LEARNING_RATE = 0.1
_FIGURES = {
    "a1": "0.5498",
    "yhat": "0.6035",
    "dE/dw2": "-0.2180",
    "dE/db2": "-0.3965",
    "dE/dw1": "-0.0196",
    "dE/db1": "-0.0393",
    "w2 after one step": "0.4218",
    "w1 after one step": "0.202",
    "b2 after one step": "0.2397",
    "b1 after one step": "0.1039",
}
_FORMULA = Formula(_LINES, derivatives)


@dataclass(frozen=True)
class Bce111(Derivation):
    """Two sigmoids in a chain under binary cross-entropy, and one step of gradient descent.

    Network 1-1-1 with the sigmoid twice, E = -y log yhat - (1 - y) log(1 - yhat). At x = 0.5, y = 1,
    w1 = 0.2, b1 = 0.1, w2 = 0.4, b2 = 0.2; learning rate 0.1.
    """

    printed: Formula = _FORMULA
    correct: Formula = _FORMULA
    printed_figures: tuple[tuple[str, str], ...] = tuple(_FIGURES.items())

    network: ClassVar[Network] = Network(
        sizes=(1, 1, 1), activation=("sigmoid",), loss="binary-cross-entropy"
    )
    printed_points: ClassVar[tuple[Point, ...]] = (Point(_W, _X, _Y),)

    def draw(self, rng: np.random.Generator) -> Point:
        """Draw weights, an input and one of the two classes."""
        return Point(rng.normal(size=4), rng.normal(size=1), np.array([float(rng.integers(2))]))

    def values(self, formula: Gradient, keep: Keep) -> Mapping[str, float]:
        """Return activations, derivatives and the parameters after one step."""
        layers = self.network.layers(_W)
        first, output = _forward(layers, _X, keep)
        figures = {"a1": first[0], "yhat": output[0]}
        slopes = flat(formula(layers, _X, _Y, keep))
        for name, number, slope in zip(_NAMES, _W, slopes, strict=True):
            figures |= {f"dE/d{name}": slope, f"{name} after one step": number - _LEARNING_RATE * slope}
        return figures
