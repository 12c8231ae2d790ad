"""Worked example: backpropagation as a loop over layers, which has to start at the right one."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from harness.coursework.derivation import Derivation, Finding
from harness.coursework.example import Formula
from harness.coursework.first_difference import flat
from harness.coursework.points import away_from_target
from harness.coursework.sources import Point
from harness.network.layout import Layer
from harness.network.network import Network
from optimizers.objective import Array


@dataclass(frozen=True)
class Loop:
    """Backpropagation with layers counted from 1, the input, to L; the loop of deltas ends at layer 2.

    Attributes:
        below_the_output: how far below L the loop starts.
    """

    below_the_output: int

    def deltas(
        self, layers: list[Layer], x: Array, y: Array, unset: float
    ) -> tuple[list[Array], list[Array]]:
        """Return the activations and the deltas of layers 1 to L.

        Arguments:
            layers: parameters of layers 2 to L.
            x: inputs.
            y: targets.
            unset: what is in memory where no delta was set: zero, or NaN to follow where it goes.
        """
        activations = [x]
        for weights, biases in layers:
            activations.append(1.0 / (1.0 + np.exp(-(weights @ activations[-1] + biases))))
        last = len(activations)
        deltas = [np.full_like(level, unset) for level in activations]
        output = activations[-1]
        deltas[-1] = (output - y) * output * (1.0 - output)
        for layer in range(last - self.below_the_output, 1, -1):
            level, above = activations[layer - 1], layers[layer - 1]
            deltas[layer - 1] = above.weights.T @ deltas[layer] * level * (1.0 - level)
        return activations, deltas

    def __call__(self, layers: list[Layer], x: Array, y: Array) -> list[Layer]:
        """Return ``dE/dW_l = delta_l a_(l-1)'`` and ``dE/db_l = delta_l``, in memory that was zero."""
        activations, deltas = self.deltas(layers, x, y, unset=0.0)
        return [
            Layer(np.outer(delta, below), delta)
            for delta, below in zip(deltas[1:], activations[:-1], strict=True)
        ]

    def never_set(self, last: int) -> list[int]:
        """Return the layers above the input that the loop never reaches."""
        return sorted(set(range(2, last)) - set(range(last - self.below_the_output, 1, -1)))


def _lines(start: str) -> tuple[str, ...]:
    return (
        "delta_L = (a_L - y) a_L (1 - a_L)",
        f"for l = {start}, ..., 2:  delta_l = (W_(l+1)' delta_(l+1)) a_l (1 - a_l)",
        "for l = 2, ..., L:    W_l := W_l - alpha delta_l a_(l-1)'",
    )


_ALPHA = 0.5
_PATTERNS = 100
_PRINTED = Formula(_lines("L-2"), Loop(2))
_CORRECT = Formula(_lines("L-1"), Loop(1))


@dataclass(frozen=True)
class Backprop3321(Derivation):
    """Backpropagation as a loop over layers, pattern by pattern.

    Network 3-3-2-1 with the sigmoid throughout, E = (a_L - y)^2 / 2. Layers are counted from 1, the input,
    to L = 4, the output.
    """

    printed: Formula = _PRINTED
    correct: Formula = _CORRECT

    network: ClassVar[Network] = Network(
        sizes=(3, 3, 2, 1), activation=("sigmoid",), output="sigmoid", loss="half-squared"
    )

    def draw(self, rng: np.random.Generator) -> Point:
        """Draw weights and inputs, and a target away from the output."""
        return away_from_target(self.network, rng)

    def causes(self, finding: Finding) -> list[str]:
        """Fill the memory of the deltas with NaN and look how far it goes."""
        if not isinstance(self.printed.function, Loop):
            return []
        return [self._unset(self.printed.function, finding.points[0])]

    def remarks(self, finding: Finding) -> list[str]:
        """Train with either loop, pattern by pattern, and look which parameters move."""
        if not isinstance(self.printed.function, Loop) or not isinstance(self.correct.function, Loop):
            return []
        point = finding.points[0]
        return [
            f"The correct loop: {self._unset(self.correct.function, point)}.",
            f"After {_PATTERNS} patterns, one update each with alpha = {_ALPHA}, the printed loop has moved "
            f"{self._moved(self.printed.function, point)} of {self.network.size} parameters, the correct one "
            f"{self._moved(self.correct.function, point)}.",
        ]

    def _unset(self, loop: Loop, point: Point) -> str:
        layers = self.network.layers(point.w)
        _, deltas = loop.deltas(layers, point.x, point.y, unset=np.nan)
        last = len(deltas)
        touched = [layer for layer in range(2, last + 1) if np.isnan(deltas[layer - 1]).any()]
        if not touched:
            return f"the deltas of all layers from {last} down to 2 are set"
        never = loop.never_set(last)
        drawn_in = [layer for layer in touched if layer not in never]
        return f"the deltas of {_counted(never)} are never set" + (
            f" and those of {_counted(drawn_in)} are computed from them" if drawn_in else ""
        )

    def _moved(self, loop: Loop, point: Point) -> int:
        w, rng = point.w.copy(), np.random.default_rng(0)
        for _ in range(_PATTERNS):
            x = rng.normal(size=self.network.sizes[0])
            w -= _ALPHA * flat(loop(self.network.layers(w), x, rng.random(1)))
        return int(np.count_nonzero(w != point.w))


def _counted(layers: list[int]) -> str:
    return f"layer{'s' if len(layers) > 1 else ''} {', '.join(map(str, layers))}"
