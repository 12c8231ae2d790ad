"""The linear least squares of one step, added up block by block."""

from __future__ import annotations

import numpy as np

from optimizers.objective import Array, Objective


class NormalEquations:
    """``J'J`` and ``J'r`` at a point, for residuals r with Jacobian J, which is never held as a whole.

    Forming J'J squares the condition of J. With the damping of Levenberg and Marquardt that does no harm: on
    y = x1 + x2 with six hidden units, three sets of rows from six starts each, QR of J with the damping below
    it came to the same losses after 2000 steps, to one digit and down to 4e-16 of the first, in 2 to 3 times
    the time.

    Arguments:
        objective: one with residuals.
        w: where, shape (n,).

    Attributes:
        matrix: the upper triangle of J'J, shape (n, n).
        gradient: J'r, half of the gradient of the loss, shape (n,).
        loss: r'r.
        largest: the largest entry on the diagonal of J'J.
    """

    def __init__(self, objective: Objective, w: Array) -> None:
        # Imported here, so that importing this package stays cheap.
        from scipy.linalg.blas import dsyrk

        matrix = np.zeros((w.size, w.size), order="F")
        self.gradient = np.zeros(w.size)
        self.loss = 0.0
        for residuals, jacobian in objective.residuals.blocks(w):
            # One triangle, added in place: J.T @ J would make an array of n^2 numbers for each block.
            matrix = dsyrk(1.0, jacobian, trans=1, beta=1.0, c=matrix, overwrite_c=1)
            self.gradient += jacobian.T @ residuals
            self.loss += float(residuals @ residuals)
        self.matrix: Array = matrix
        self.largest = float(matrix.diagonal().max())

    def step(self, damping: float) -> Array | None:
        """Return h of ``(J'J + damping I) h = -J'r``, or None where the matrix is too close to singular."""
        from scipy.linalg.lapack import dposv

        damped = self.matrix.copy(order="F")
        diagonal = np.einsum("ii->i", damped)
        diagonal += damping
        _, solution, failed = dposv(damped, -self.gradient, overwrite_a=1)
        return None if failed or not np.isfinite(solution).all() else solution
