"""Worked example: softmax and cross-entropy again, with the softmax derivative multiplied in twice."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from harness.coursework.derivation import Derivation, Suspect
from harness.coursework.example import Formula
from harness.coursework.points import one_class
from harness.coursework.softmax_2_3_3 import softmax, softmax_jacobian
from harness.coursework.sources import Point
from harness.network.layout import Layer
from harness.network.network import Network
from optimizers.objective import Array


def derivatives(again: Callable[[Array, Array], Array]) -> Callable[..., list[Layer]]:
    """Return ``dE/dz_i = a_i - n_i`` for the biases, and ``dE/dW_ij = (a_i - n_i) again_i h_j``."""

    def formula(layers: list[Layer], x: Array, y: Array) -> list[Layer]:
        (layer,) = layers
        z = layer.weights @ x + layer.biases
        activations = softmax(z)
        delta = activations - y
        return [Layer(np.outer(delta * again(z, activations), x), delta)]

    return formula


_PRINTED = Formula(
    ("dE/dz_i = a_i - n_i", "dE/dW_ij = (a_i - n_i) a_i (1 - a_i) h_j"),
    derivatives(lambda z, activations: activations * (1.0 - activations)),
)
_CORRECT = Formula(
    ("dE/dz_i = a_i - n_i", "dE/dW_ij = (a_i - n_i) h_j"),
    derivatives(lambda z, activations: np.ones_like(z)),
)


@dataclass(frozen=True)
class SoftmaxChain(Derivation):
    """The chain rule through softmax and categorical cross-entropy, step by step.

    E = -sum_i n_i log a_i with a = softmax(z), z = W h + b and targets n. The four activations h of the
    layer below stand here as the inputs of a network 4-3. The first step differentiates by z, and so by the
    biases; the second by the weights.
    """

    printed: Formula = _PRINTED
    correct: Formula = _CORRECT

    network: ClassVar[Network] = Network(sizes=(4, 3), loss="categorical-cross-entropy")
    suspects: ClassVar[tuple[Suspect, ...]] = (
        Suspect(
            "the softmax derivative is multiplied in a second time",
            derivatives(lambda z, activations: np.diag(softmax_jacobian(z))),
        ),
    )

    def draw(self, rng: np.random.Generator) -> Point:
        """Draw weights and inputs, and the true class."""
        return one_class(self.network, rng)
