"""Worked example: the activations of one layer of relu units."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from harness.coursework.derivation import Derivation, Gradient
from harness.coursework.example import Formula
from harness.coursework.figures import Keep, exactly
from harness.coursework.sources import Point
from harness.network.layout import Layer
from harness.network.network import Network
from optimizers.objective import Array


def derivatives(layers: list[Layer], x: Array, y: Array, keep: Keep = exactly) -> list[Layer]:
    """Return what the activations make of the gradient: ``dE/db_j = a_j`` and ``dE/dW_ij = a_j x_i``.

    For ``E = sum_j a_j^2 / 2``, which is the half squared loss at a target of zero.
    """
    activations = np.maximum(keep(layers[0].weights @ x + layers[0].biases), 0.0)
    return [Layer(np.outer(activations, x), activations)]


_LINES = ("a_j = max(z_j, 0),  z_j = sum_i W_ij x_i + b_j",)
_W = np.array([0.2, 0.5, -0.3, -0.1, 0.4, -0.4, 0.1, 0.2, -0.3])
_X = np.array([0.7, 0.5])
_FIGURES = {"z_1": "0.49", "z_2": "-0.06", "z_3": "-0.22", "a_1": "0.49", "a_2": "0", "a_3": "0"}
_ALIVE = 0.1
_FORMULA = Formula(_LINES, derivatives)


@dataclass(frozen=True)
class ReluLayer(Derivation):
    """The activations of one layer of three relu units.

    x = (0.7, 0.5), W = [[0.2, -0.3, 0.4], [0.5, -0.1, -0.4]] (a column a unit), b = (0.1, 0.2, -0.3).

    Nothing is differentiated here, and yet every gradient source can check it: with E = sum_j a_j^2 / 2 the
    derivative dE/db_j is the activation a_j itself, and dE/dW_ij is a_j x_i.
    """

    printed: Formula = _FORMULA
    correct: Formula = _FORMULA
    printed_figures: tuple[tuple[str, str], ...] = tuple(_FIGURES.items())

    network: ClassVar[Network] = Network(sizes=(2, 3), output="relu", loss="half-squared")
    printed_points: ClassVar[tuple[Point, ...]] = (Point(_W, _X, np.zeros(3)),)

    def draw(self, rng: np.random.Generator) -> Point:
        """Draw weights and inputs until no unit is next to its kink and one of them is on."""
        while True:
            w, x = rng.normal(size=self.network.size), rng.normal(size=2)
            (layer,) = self.network.layers(w)
            sums = layer.weights @ x + layer.biases
            if abs(sums).min() > _ALIVE and sums.max() > 0.0:
                return Point(w, x, np.zeros(3))

    def values(self, formula: Gradient, keep: Keep) -> Mapping[str, float]:
        """Return the sums, and the activations as the derivatives by the biases."""
        (layer,) = self.network.layers(_W)
        sums = layer.weights @ _X + layer.biases
        (found,) = formula([layer], _X, np.zeros(3), keep)
        return {f"z_{j + 1}": z for j, z in enumerate(sums)} | {
            f"a_{j + 1}": a for j, a in enumerate(found.biases)
        }
