"""The linear least squares of one step, by orthogonal transformations, block by block."""

from __future__ import annotations

import numpy as np

from optimizers.objective import Array, Objective

EPSILON = float(np.finfo(np.float64).eps)

CLOSE_ENOUGH = 0.1
"""Part of the radius by which the length of a step may differ from it (sigma of More 1978)."""

MOST_TRIALS = 50
"""Dampings tried for one radius. Two or three are enough as a rule, and each takes n multiply-adds."""


class OrthogonalEquations:
    """Residuals r with Jacobian J at a point, as ``J = Q R``, of which Q is never formed.

    The blocks of J, with r beside them, go through one QR factorisation after another, and only its triangle
    R of n + 1 columns is carried along. So J is never held as a whole, and its condition is not squared as
    in J'J. R, its columns divided by the scale of the parameters, is then taken apart into singular values,
    after which the step of any damping takes n^2 multiply-adds.

    Arguments:
        objective: one with residuals.
        w: where, shape (n,).

    Attributes:
        loss: r'r.
        norms: lengths of the columns of J, shape (n,).
        finite: whether r and J are.
    """

    def __init__(self, objective: Objective, w: Array) -> None:
        n = w.size
        triangle: Array = np.zeros((0, n + 1))
        self.loss, self.finite = 0.0, True
        for residuals, jacobian in objective.residuals.blocks(w):
            self.loss += float(residuals @ residuals)
            self.finite = self.finite and bool(np.isfinite(jacobian).all() and np.isfinite(residuals).all())
            if self.finite:
                block = np.column_stack([jacobian, residuals])
                triangle = np.asarray(np.linalg.qr(np.vstack([triangle, block]), mode="r"))
        self.finite = self.finite and bool(np.isfinite(triangle).all())
        self._triangle, self._turned = triangle[:n, :n], triangle[:n, n]
        # A length is a sum of squares, which is lost for numbers beyond 1e154 or below 1e-154.
        largest = np.abs(self._triangle).max(axis=0, initial=0.0)
        unit = np.where(largest > 0.0, largest, 1.0)
        self.norms: Array = largest * np.linalg.norm(self._triangle / unit, axis=0)

    def scale(self, sizes: Array) -> None:
        """Write the equations in parameters that are multiplied by ``sizes``, shape (n,)."""
        left, self._values, self._right = np.linalg.svd(self._triangle / sizes, full_matrices=False)
        self._part = left.T @ self._turned
        self.gradient: Array = self._right.T @ (self._values * self._part)
        known = self._values > EPSILON * self._values.size * self._values.max(initial=0.0)
        self._undamped = bool(known.all()) and self._values.size == sizes.size
        self.promise = float(self._part[known] @ self._part[known])
        """The decrease that the linear model promises where there is no damping."""

    def step(self, damping: float) -> Array:
        """Return the step p of ``(R'R + damping I) p = -R'r``, in scaled parameters."""
        return -(self._right.T @ self._divided(damping))

    def promised(self, damping: float) -> float:
        """Return the decrease that the linear model promises for that step."""
        divided = self._divided(damping)
        moved = self._values * divided
        return float(moved @ moved + 2.0 * damping * (divided @ divided))

    def damping_for(self, radius: float, guess: float) -> float:
        """Return the damping whose step is about as long as the radius, or none where that step is shorter.

        Newton's method for ``1 / radius - 1 / length`` between bounds (More 1978, section 5).
        """
        # Where columns depend on each other, next to none: steps along what has no effect are left out.
        least = 0.0 if self._undamped else EPSILON * EPSILON
        if float(np.linalg.norm(self._divided(least))) <= (1.0 + CLOSE_ENOUGH) * radius:
            return least
        low, high = least, max(least, float(np.linalg.norm(self.gradient)) / radius)
        damping = min(max(guess, low), high) or 1e-3 * high
        for _ in range(MOST_TRIALS):
            divided = self._divided(damping)
            length = float(np.linalg.norm(divided))
            beyond = length - radius
            if abs(beyond) <= CLOSE_ENOUGH * radius:
                break
            low, high = (max(low, damping), high) if beyond > 0.0 else (low, min(high, damping))
            bend = float(divided @ (divided / (self._values**2 + damping))) / length**2
            wanted = damping + beyond / radius / bend
            damping = wanted if low < wanted < high else (low * high) ** 0.5 or 1e-3 * high
        return damping

    def _divided(self, damping: float) -> Array:
        """Return ``s c / (s^2 + damping)``, the step in the singular directions, c the part of r in each."""
        if damping == 0.0:
            undamped: Array = self._part / self._values
            return undamped
        divided: Array = self._values * self._part / (self._values**2 + damping)
        return divided
