"""A plane of parameter space: where it lies, which point is where on it, and what of paths it shows."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from optimizers.objective import Array


@dataclass(frozen=True, eq=False)
class Plane:
    """The points ``origin + a first + b second``.

    Attributes:
        origin: the point at a = b = 0, shape (n,).
        first: direction of the horizontal axis, shape (n,).
        second: direction of the vertical axis, shape (n,), independent of the first.
        names: what the two axes are.
        explained: part of the variance of what the plane was chosen by that lies along each axis; None where
            it was chosen by chance.

    >>> plane = Plane(np.zeros(3), np.array([2.0, 0.0, 0.0]), np.array([0.0, 1.0, 0.0]), ("a", "b"))
    >>> plane.coordinates(np.array([[4.0, 3.0, 9.0]])).tolist()
    [[2.0, 3.0]]
    >>> plane.points(np.array([[2.0, 3.0]])).tolist()
    [[4.0, 3.0, 0.0]]
    """

    origin: Array
    first: Array
    second: Array
    names: tuple[str, str]
    explained: tuple[float, float] | None = None

    @property
    def directions(self) -> Array:
        """Both directions, shape (2, n)."""
        return np.array([self.first, self.second])

    def coordinates(self, points: Array) -> Array:
        """Return where the nearest point of the plane is to each of some points.

        Arguments:
            points: shape (K, n).

        Returns:
            Shape (K, 2).
        """
        # Directions drawn by chance are not orthogonal, so this is a problem of least squares.
        found = np.linalg.lstsq(self.directions.T, (points - self.origin).T, rcond=None)[0]
        return np.ascontiguousarray(found.T, dtype=np.float64)

    def points(self, coordinates: Array) -> Array:
        """Return points of the plane.

        Arguments:
            coordinates: shape (K, 2).

        Returns:
            Shape (K, n).
        """
        points: Array = self.origin + coordinates @ self.directions
        return points

    def distances(self, points: Array) -> Array:
        """Return how far each of some points, shape (K, n), is from the plane."""
        beside = points - self.points(self.coordinates(points))
        away: Array = np.sqrt(np.sum(beside**2, axis=1))
        return away
