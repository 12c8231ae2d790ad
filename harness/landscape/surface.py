"""The loss over a grid of a plane, by the objective's own values of populations."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from harness.landscape.plane import Plane
from optimizers.objective import Array, Measurable

AT_ONCE = 1_000_000
"""Numbers in the points that are evaluated together: 8 megabytes."""


class Surface(NamedTuple):
    """The loss over a grid."""

    across: Array
    """Coordinates along the first direction, shape (A,)."""
    up: Array
    """Coordinates along the second, shape (B,)."""
    losses: Array
    """Shape (B, A): a row a place along the second direction; not finite where the loss is not."""


def losses_at(objective: Measurable, points: Array) -> Array:
    """Return the loss at each of some points, shape (K, n), in double precision whatever a search is told."""
    return objective.peeks(points) if objective.rounded else objective.values(points)


def surface(objective: Measurable, plane: Plane, across: Array, up: Array) -> Surface:
    """Evaluate the loss at each point of a grid of a plane.

    Arguments:
        objective: what is evaluated; it counts what it is asked for, so it is none of a run.
        plane: the plane.
        across: coordinates along its first direction, rising.
        up: coordinates along its second direction, rising.
    """
    grid = np.column_stack([np.tile(across, up.size), np.repeat(up, across.size)])
    losses = np.empty(len(grid))
    step = max(1, AT_ONCE // plane.origin.size)
    with np.errstate(over="ignore", invalid="ignore", divide="ignore"):
        for begin in range(0, len(grid), step):
            losses[begin : begin + step] = losses_at(objective, plane.points(grid[begin : begin + step]))
    return Surface(across, up, losses.reshape(up.size, across.size))


def extent(coordinates: Array, margin: float = 0.12) -> tuple[Array, Array]:
    """Return the lower and the upper ends of a rectangle around points, with a margin on each side.

    Arguments:
        coordinates: shape (K, 2), finite.
        margin: part of the width and height. A side without any is as long as the other one.

    >>> low, high = extent(np.array([[0.0, 1.0], [2.0, 1.0]]), margin=0.5)
    >>> low.tolist(), high.tolist()
    ([-1.0, -1.0], [3.0, 3.0])
    """
    low, high = coordinates.min(axis=0), coordinates.max(axis=0)
    sides = high - low
    longest = sides.max() if sides.max() > 0 else 2.0
    missing = np.where(sides > 0, 0.0, longest)
    sides = sides + missing
    return low - missing / 2 - margin * sides, high + missing / 2 + margin * sides
