"""Points at which gradients say something: neither tiny nor next to a kink."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from harness.coursework.sources import Point, plain_loss
from harness.network.network import Network

SLOPE = 0.2
"""Least norm of the gradient, in parts of the loss: below it a finite difference has too few digits."""

_STEP = 1e-5


def away_from_target(network: Network, rng: np.random.Generator) -> Point:
    """Draw weights and inputs from the standard normal, and targets well off the outputs."""
    w, x = rng.normal(size=network.size), rng.normal(size=network.sizes[0])
    outputs = network.predict(w, x[None])[0]
    distance = rng.choice([-1.0, 1.0], outputs.size) * rng.uniform(0.5, 1.5, outputs.size)
    return Point(w, x, outputs + distance * np.maximum(1.0, abs(outputs)))


def one_class(network: Network, rng: np.random.Generator) -> Point:
    """Draw weights and inputs from the standard normal, and one class as the target."""
    w, x = rng.normal(size=network.size), rng.normal(size=network.sizes[0])
    return Point(w, x, np.eye(network.sizes[-1])[rng.integers(network.sizes[-1])])


def steep(network: Network, draw: Callable[[np.random.Generator], Point], rng: np.random.Generator) -> Point:
    """Draw until the loss has a slope there that is not small beside the loss itself."""
    while True:
        point = draw(rng)
        moves = _STEP * np.eye(network.size)
        changes = [
            plain_loss(network, point, point.w + move) - plain_loss(network, point, point.w - move)
            for move in moves
        ]
        if np.linalg.norm(changes) / (2 * _STEP) >= SLOPE * plain_loss(network, point, point.w):
            return point
